package pim

import (
	"crypto/sha256"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// A PolicyScope is what kind of thing a policy is for, as its scopeType spells it. A
// role's policy is had under two names, which are one policy (behaviour.md §7).
type PolicyScope string

// The scopes of policies.
const (
	PolicyOfDirectory PolicyScope = "Directory"
	PolicyOfRole      PolicyScope = "DirectoryRole"
	PolicyOfGroup     PolicyScope = "Group"
)

// ParsePolicyScope reads a scopeType in any casing; it reports false for an unknown one.
func ParsePolicyScope(s string) (PolicyScope, bool) {
	for _, scope := range [...]PolicyScope{PolicyOfDirectory, PolicyOfRole, PolicyOfGroup} {
		if strings.EqualFold(s, string(scope)) {
			return scope, true
		}
	}
	return "", false
}

// A PolicyName names the policy of a target, and the assignment of that policy to it. Both
// ids are made from the target alone, so they never change, and none is stored.
type PolicyName struct {
	Scope  PolicyScope
	Tenant guid.ID // of a role's
	Target Target
}

// RolePolicyName is the name of a role's policy, in one of its two spellings.
func RolePolicyName(scope PolicyScope, tenant, role guid.ID) PolicyName {
	return PolicyName{Scope: scope, Tenant: tenant, Target: Target{Role: role}}
}

// GroupPolicyName is the name of the policy for a place in a group.
func GroupPolicyName(group guid.ID, relation directory.Relation) PolicyName {
	return PolicyName{Scope: PolicyOfGroup, Target: Target{Group: group, Relation: relation}}
}

// ScopeID is the policy's scopeId.
func (n PolicyName) ScopeID() string {
	if n.Scope == PolicyOfGroup {
		return n.Target.Group.String()
	}
	return "/"
}

// RoleID is what the policy's assignment calls roleDefinitionId: the role, or the place.
func (n PolicyName) RoleID() string {
	if n.Scope == PolicyOfGroup {
		return n.Target.Relation.String()
	}
	return n.Target.Role.String()
}

// ID is the policy's id: {scopeType}_{tenant or group}_{guid} (behaviour.md, Id formats).
// The guid of a role's policy is the role's; a group's two are digests.
func (n PolicyName) ID() string {
	if n.Scope == PolicyOfGroup {
		return string(n.Scope) + "_" + n.Target.Group.String() + "_" + placeDigest(n.Target).String()
	}
	return string(n.Scope) + "_" + n.Tenant.String() + "_" + n.Target.Role.String()
}

// AssignmentID is the id of the policy's assignment to its target.
func (n PolicyName) AssignmentID() string { return n.ID() + "_" + n.RoleID() }

// placeDigest is a GUID for a place in a group, in the form of a random one.
func placeDigest(t Target) guid.ID {
	sum := sha256.Sum256(append([]byte("policy/"+t.Relation.String()+"/"), t.Group[:]...))
	id := guid.ID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8, as RFC 9562 has it for digests
	return id
}

// ParsePolicyID is the inverse of PolicyName.ID within a tenant; it reports false for any
// other text. That there is such a role or group it does not say.
func ParsePolicyID(s string, tenant guid.ID) (PolicyName, bool) {
	kind, rest, _ := strings.Cut(s, "_")
	first, second, two := strings.Cut(rest, "_")
	scope, known := ParsePolicyScope(kind)
	owner, ok := guid.Parse(first)
	id, also := guid.Parse(second)
	if !two || !known || !ok || !also {
		return PolicyName{}, false
	}
	if scope != PolicyOfGroup {
		return RolePolicyName(scope, tenant, id), owner == tenant
	}
	for _, relation := range [...]directory.Relation{directory.Member, directory.Owner} {
		if n := GroupPolicyName(owner, relation); placeDigest(n.Target) == id {
			return n, true
		}
	}
	return PolicyName{}, false
}

// ParsePolicyAssignmentID is the inverse of PolicyName.AssignmentID, as ParsePolicyID is
// of PolicyName.ID.
func ParsePolicyAssignmentID(s string, tenant guid.ID) (PolicyName, bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 0 {
		return PolicyName{}, false
	}
	n, ok := ParsePolicyID(s[:i], tenant)
	return n, ok && strings.EqualFold(s[i+1:], n.RoleID())
}
