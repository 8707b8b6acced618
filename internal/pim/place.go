package pim

import (
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/fault"
)

const (
	atPrincipal = "principalId"
	atRole      = "roleDefinitionId"
	atGroup     = "groupId"
	atScope     = "directoryScopeId"
)

// admits reports why r's principal cannot be given r's target, whatever the policy says.
func (f Facts) admits(r Request) error {
	if err := f.known(r); err != nil {
		return err
	}
	if r.Target.Group.IsZero() {
		if !f.Role.Enabled {
			return invalid(atRole, "The role is disabled.")
		}
		if r.Target.Scope.Kind != ScopeTenant && !f.TakesScope {
			return fault.BadRequest(atScope, "The given built-in role is not supported to be assigned to a single resource scope.")
		}
	}
	if why := f.Principal.cannotHold(r.Side, r.Target); why != "" {
		return invalid(atPrincipal, why)
	}
	return nil
}

// known reports which of the things that r names does not exist.
func (f Facts) known(r Request) error {
	if f.Principal.Kind == directory.KindNone {
		return unknown(r, "SubjectNotFound", "The subject is not found.", atPrincipal, r.Principal.String())
	}
	if r.Target.Role.IsZero() == r.Target.Group.IsZero() {
		return invalid(atRole, "Exactly one of a role and a group must be named.")
	}
	if !r.Target.Group.IsZero() {
		if !f.Group {
			return unknown(r, "ResourceNotFound", "The resource is not found.", atGroup, r.Target.Group.String())
		}
		return nil
	}
	if !f.Role.Exists {
		return unknown(r, "RoleNotFound", "The role is not found.", atRole, r.Target.Role.String())
	}
	return f.knownScope(r)
}

// about is the property that says what r asks for: the role, or the group.
func (r Request) about() string {
	if r.Target.Group.IsZero() {
		return atRole
	}
	return atGroup
}

// knownScope reports that the scope names nothing that a role can be scoped to. A unit is
// named as such and never as an object: its id alone stands in the id of an assignment,
// which must not mean two things.
func (f Facts) knownScope(r Request) error {
	s := r.Target.Scope
	switch {
	case s.Kind == ScopeTenant && s.ID.IsZero():
		return nil
	case s.App:
		return invalid("appScopeId", "appScopeId can only be /.")
	case s.Kind == ScopeUnit && f.Scope == directory.KindUnit:
		return nil
	case s.Kind == ScopeObject && f.Scope == directory.KindUnit:
		return invalid(atScope, "An administrative unit is written "+unitPrefix+"{id}.")
	case s.Kind == ScopeObject && scopable(f.Scope):
		return nil
	}
	return unknown(r, "ResourceNotFound", "The resource is not found.", atScope, s.ID.String())
}

// scopable reports whether a role can be scoped to a single object of the kind.
func scopable(k directory.Kind) bool {
	switch k {
	case directory.KindUser, directory.KindGroup, directory.KindServicePrincipal, directory.KindApplication:
		return true
	}
	return false
}

// cannotHold says why p cannot be given t on side, "" when it can (behaviour.md §6).
func (p Principal) cannotHold(side Side, t Target) string {
	switch p.Kind {
	case directory.KindUser:
		return ""
	case directory.KindServicePrincipal:
		if side == Eligibility {
			return "A service principal cannot activate anything, so it cannot be eligible; assign it."
		}
		return ""
	case directory.KindGroup:
		if !t.Group.IsZero() {
			return "A group cannot be given a place in a group."
		}
		if !p.RoleAssignable {
			return "The group is not role-assignable."
		}
		return ""
	}
	return fmt.Sprintf("A principal is a user, a role-assignable group or a service principal, not %q.", p.Kind)
}
