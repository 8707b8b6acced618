package graph

import (
	"slices"

	"ephor/internal/edm"
	"ephor/internal/op"
)

// Operations is everything that Graph's face serves.
func Operations() op.Operations {
	return slices.Concat(
		userOperations(), groupOperations(), memberOperations(), objectOperations(), tenantOperations(),
		roleOperations(), requestOperations(), grantOperations(), auditOperations(),
		deletedOperations(), applicationOperations(), principalOperations(), roleGrantOperations(), consentOperations(),
		membershipOperations(), countOperations(),
	)
}

// Types are the entity and complex types of what is served, each once, in the order in
// which they are declared.
func Types() []edm.Description {
	all := slices.Concat(
		userEntity.Describe(), groupEntity.Describe(), applicationEntity.Describe(), principalEntity.Describe(), organizationEntity.Describe(),
		roleEntity.Describe(), assignmentEntity.Describe(), eligibilityRequestEntity.Describe(), assignmentRequestEntity.Describe(),
		eligibilityScheduleEntity.Describe(), assignmentScheduleEntity.Describe(), eligibilityInstanceEntity.Describe(), assignmentInstanceEntity.Describe(),
		auditEntity.Describe(), unitEntity.Describe(), roleGrantEntity.Describe(), consentEntity.Describe(),
	)
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(d edm.Description) bool {
		twice := seen[d.Name]
		seen[d.Name] = true
		return twice
	})
}
