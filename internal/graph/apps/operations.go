package apps

import (
	"slices"

	"ephor/internal/edm"
	"ephor/internal/op"
)

// Operations are all of this package, but for those on deleted objects.
func Operations() op.Operations {
	registrations, clients := applicationOperations(), principalOperations()
	return slices.Concat(
		registrations, clients, roleGrantOperations(), assignmentOperations(), consentOperations(),
		ownerOperations("Application", "/applications", locateApplication, readApplications),
		ownerOperations("ServicePrincipal", "/servicePrincipals", locatePrincipal, readPrincipals),
		op.Operations{applications.CountOperation(registrations, "listApplications"), principals.CountOperation(clients, "listServicePrincipals")},
	)
}

// Types are the types of what is served here.
func Types() []edm.Description {
	return slices.Concat(applicationEntity.Describe(), principalEntity.Describe(), roleGrantEntity.Describe(), consentEntity.Describe())
}
