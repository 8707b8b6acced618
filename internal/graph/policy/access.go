package policy

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/pim"
)

// Actions of those who may read or change policies without owning anything.
const (
	readPIM          = "microsoft.directory/privilegedIdentityManagement/allProperties/read"
	managePIM        = "microsoft.directory/privilegedIdentityManagement/allProperties/allTasks"
	readGroups       = "microsoft.directory/groups/allProperties/read"
	changeMembers    = "microsoft.directory/groups/members/update"
	changeAssignable = "microsoft.directory/groupsAssignableToRoles/allProperties/update"
)

// The permissions of operations.md 2. Those of directory roles are by kind of call; what
// only documentation has is accepted too.
var (
	readRolePolicies    = []string{"RoleManagementPolicy.Read.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "RoleManagementPolicy.ReadWrite.Directory"}
	readRolePoliciesApp = []string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", "RoleManagementPolicy.Read.Directory", "RoleManagementPolicy.ReadWrite.Directory"}
	writeRolePolicies   = []string{"RoleManagementPolicy.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"}
	readGroupPolicies   = []string{"RoleManagementPolicy.Read.AzureADGroup", "RoleManagementPolicy.ReadWrite.AzureADGroup"}
	writeGroupPolicies  = []string{"RoleManagementPolicy.ReadWrite.AzureADGroup"}
	readEitherPolicy    = slices.Concat(readRolePolicies, readGroupPolicies)
	readEitherPolicyApp = slices.Concat(readRolePoliciesApp, readGroupPolicies)
	changeEitherPolicy  = slices.Concat(writeRolePolicies, writeGroupPolicies)
	readEither          = face.ReadsPIM(readEitherPolicy, readEitherPolicyApp, authz.Anyone)
	changeEither        = face.WritesPIM(changeEitherPolicy, changeEitherPolicy, authz.Anyone)
	readOfRole          = face.ReadsPIM(readRolePolicies, readRolePoliciesApp, authz.Role(readPIM, managePIM))
	readOfPlainGroup    = face.ReadsPIM(readGroupPolicies, readGroupPolicies, authz.Inside, authz.Role(readPIM, managePIM, readGroups, changeMembers))
	readOfAssignable    = face.ReadsPIM(readGroupPolicies, readGroupPolicies, authz.Inside, authz.Role(readPIM, managePIM, readGroups, changeAssignable))
	changeOfRole        = face.WritesPIM(writeRolePolicies, writeRolePolicies, authz.Role(managePIM))
	changeOfGroup       = authz.Rule{
		Family: authz.PIM, Delegated: writeGroupPolicies, Application: writeGroupPolicies, Guarded: writeGroupPolicies,
		Ways: []authz.Way{authz.Owner, authz.Role(changeMembers)}, Group: authz.GroupGoverns, TenantOnly: true,
	}.Compile()
)

// readDemands and changeDemands tell the policies of roles from those of groups: who may
// grant what lies behind a policy may change it, and nobody else (design, Who may touch
// whom).
func readDemands(c *op.Call) []*authz.Rule {
	switch {
	case !ofGroup(c):
		return []*authz.Rule{readOfRole}
	case isAssignable(c):
		return []*authz.Rule{readOfAssignable}
	}
	return []*authz.Rule{readOfPlainGroup}
}

func changeDemands(c *op.Call) []*authz.Rule {
	if ofGroup(c) {
		return []*authz.Rule{changeOfGroup}
	}
	return []*authz.Rule{changeOfRole}
}

// ofGroup reports whether the call is about the policies of a group, one that is there or
// not.
func ofGroup(c *op.Call) bool {
	if name, ok := named(c); ok {
		return name.Scope == pim.PolicyOfGroup
	}
	s, err := readScope(c.Query.Filter, true)
	return err == nil && c.Op.Collection && s.kind == pim.PolicyOfGroup
}

func isAssignable(c *op.Call) bool {
	f, _ := c.Snap.Object(c.Object.ID)
	return f.Flags.Has(authz.RoleAssignable)
}
