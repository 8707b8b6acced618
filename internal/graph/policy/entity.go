package policy

import (
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A policy is the rules for one target under the name by which they were asked for.
type policy struct {
	pim.PolicyName
	store.Policy
}

// policyEntity is microsoft.graph.unifiedRoleManagementPolicy, in the order of
// A:policyroot-list-rolemanagementpolicies.
var policyEntity = edm.Declare(edm.Entity[policy]{
	Name: "unifiedRoleManagementPolicy",
	Properties: []edm.Property[policy]{
		text("id", func(p *policy) string { return p.ID() }),
		text("displayName", func(p *policy) string { return string(p.Scope) }),
		text("description", func(p *policy) string { return string(p.Scope) }),
		{Name: "isOrganizationDefault", Type: edm.Boolean, Write: func(w *edm.Writer, _ *policy) { w.Bool(false) }},
		text("scopeId", func(p *policy) string { return p.ScopeID() }),
		text("scopeType", func(p *policy) string { return string(p.Scope) }),
		face.InstantOf("lastModifiedDateTime", "", func(p *policy) when.Instant { return p.Modified }),
		{Name: "lastModifiedBy", Type: edm.Complex, Of: identity, Write: writeEditor},
	},
})

// assignmentEntity is microsoft.graph.unifiedRoleManagementPolicyAssignment.
var assignmentEntity = edm.Declare(edm.Entity[policy]{
	Name: "unifiedRoleManagementPolicyAssignment",
	Properties: []edm.Property[policy]{
		text("id", func(p *policy) string { return p.AssignmentID() }),
		text("policyId", func(p *policy) string { return p.ID() }),
		text("scopeId", func(p *policy) string { return p.ScopeID() }),
		text("scopeType", func(p *policy) string { return string(p.Scope) }),
		text("roleDefinitionId", func(p *policy) string { return p.RoleID() }),
	},
})

var identity = &edm.ComplexType{Name: "identity", Fields: []edm.Field{{Name: "displayName", Type: edm.String}, {Name: "id", Type: edm.String}}}

func text[T any](name string, of func(*T) string) edm.Property[T] {
	return edm.Property[T]{Name: name, Type: edm.String, NonNull: true, Write: func(w *edm.Writer, v *T) { w.Str(of(v)) }}
}

// writeEditor puts who changed the policy last: by name, the id being null always
// (behaviour.md §7).
func writeEditor(w *edm.Writer, p *policy) {
	w.Begin()
	w.Name("displayName")
	w.OptStr(p.By)
	w.Name("id")
	w.Null()
	w.End()
}
