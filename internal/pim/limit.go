package pim

import (
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/roledata"
)

// How many eligibilities and assignments one principal has at most (behaviour.md §11).
const (
	mostCustom = 150 // of custom roles
	mostNarrow = 100 // of built-in roles below the tenant
)

// Custom reports whether a role is one of the tenant's own.
func Custom(role guid.ID) bool {
	_, builtIn := roledata.ByID(role)
	return !role.IsZero() && !builtIn
}

// Narrow reports whether the target is a built-in role below the tenant.
func (t Target) Narrow() bool {
	return !t.Role.IsZero() && !Custom(t.Role) && t.Scope.Kind != ScopeTenant
}

// room refuses one more of what r's principal has as many of as it may.
func (f Facts) room(r Request) error {
	switch {
	case Custom(r.Target.Role) && f.Custom >= mostCustom:
		return fault.Quota(fault.Principal, "A principal has at most %d assignments of and eligibilities for custom roles.", mostCustom).About(atPrincipal)
	case r.Target.Narrow() && f.Narrow >= mostNarrow:
		return fault.Quota(fault.Principal, "A principal has at most %d assignments of and eligibilities for built-in roles below the whole tenant.", mostNarrow).About(atPrincipal)
	}
	return nil
}
