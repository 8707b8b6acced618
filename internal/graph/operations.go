package graph

import (
	"slices"

	"ephor/internal/edm"
	"ephor/internal/graph/apps"
	"ephor/internal/graph/face"
	"ephor/internal/graph/people"
	"ephor/internal/graph/policy"
	"ephor/internal/graph/privilege"
	"ephor/internal/op"
)

func init() { people.Expand("appRoleAssignments", apps.AssignedTo) }

// Operations is everything that Graph's face serves.
func Operations() op.Operations {
	deleted := face.Bins{people.DeletedUsers(), people.DeletedGroups(), apps.DeletedApplications(), apps.DeletedPrincipals(), people.DeletedUnits()}
	objects := slices.Concat(people.Operations(), apps.Operations())
	return slices.Concat(objects, op.Operations{deleteObject(objects)}, privilege.Operations(), policy.Operations(), deleted.Operations(), auditOperations(), signInOperations())
}

// Types are the entity and complex types of what is served, each once, in the order in
// which they are declared.
func Types() []edm.Description {
	all := slices.Concat(people.Types(), apps.Types(), privilege.Types(), policy.Types(), auditEntity.Describe(), signInEntity.Describe())
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(d edm.Description) bool {
		twice := seen[d.Name]
		seen[d.Name] = true
		return twice
	})
}
