package authz

import (
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// HoldsTarget reports whether the principal has a schedule of that kind for that very
// role and scope in force at now.
func (s *Snapshot) HoldsTarget(principal guid.ID, t pim.Target, kind pim.Kind, now when.Instant) bool {
	slot, known := s.slots.get(t.Role)
	if !known || t.Role.IsZero() {
		return false
	}
	o := s.object(principal)
	for i := range o.tied().grants {
		g := &o.links.grants[i]
		if g.kind == kind && g.ofRole() && g.role == slot && g.reach == reaches[t.Scope.Kind] && g.at == t.Scope.ID && s.Holds(principal, g.id, now) {
			return true
		}
	}
	return false
}

// reaches are the reaches of roles, by the kind of their scope.
var reaches = [...]reach{pim.ScopeTenant: inTenant, pim.ScopeUnit: inUnit, pim.ScopeObject: onObject}
