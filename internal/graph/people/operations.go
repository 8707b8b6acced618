package people

import (
	"slices"

	"ephor/internal/edm"
	"ephor/internal/op"
)

// Operations are all of this package, but for those on deleted objects.
func Operations() op.Operations {
	people, groupings := userOperations(), groupOperations()
	return slices.Concat(
		people, passwordOperations(), methodOperations(), managerOperations(), ownedOperations(), groupings, memberOperations(), membershipOperations(),
		unitOperations(), unitMemberOperations(), actionOperations(), validateOperations(), objectOperations(), tenantOperations(), domainOperations(),
		op.Operations{users.CountOperation(people, "listUsers"), groups.CountOperation(groupings, "listGroups")},
	)
}

// Types are the types of what is served here.
func Types() []edm.Description {
	return slices.Concat(userEntity.Describe(), groupEntity.Describe(), organizationEntity.Describe(), unitEntity.Describe(), domainEntity.Describe(),
		anyMethod.Describe(), passwordMethod.Describe(), softwareOathMethod.Describe(), fido2Method.Describe(), temporaryAccessPassMethod.Describe())
}
