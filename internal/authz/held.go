package authz

import (
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// Knows reports whether the snapshot holds the principal's schedule with that id, in force or
// not.
func (s *Snapshot) Knows(principal, schedule guid.ID) bool {
	return s.links(s.object(principal)).grant(schedule) != nil
}

// HoldsTarget reports whether the principal has a schedule of that kind for that very
// role and scope in force at now.
func (s *Snapshot) HoldsTarget(principal guid.ID, t pim.Target, kind pim.Kind, now when.Instant) bool {
	slot, known := s.slots.get(t.Role)
	if !known || t.Role.IsZero() {
		return false
	}
	l := s.links(s.object(principal))
	for i := range l.grants {
		g := &l.grants[i]
		if g.kind == kind && g.ofRole() && g.slot == slot && g.reach == reaches[t.Scope.Kind] && g.at == t.Scope.ID && s.Holds(principal, g.id, now) {
			return true
		}
	}
	return false
}

// reaches are the reaches of roles, by the kind of their scope.
var reaches = [...]reach{pim.ScopeTenant: inTenant, pim.ScopeUnit: inUnit, pim.ScopeObject: onObject}

// Administers reports whether the principal has a role at the scope of the unit in force at
// now, by itself or through a role-assignable group.
func (s *Snapshot) Administers(principal, unit guid.ID, now when.Instant) bool {
	o := s.object(principal)
	if s.scopedTo(principal, o, unit, now) {
		return true
	}
	l := s.links(o)
	for i := range l.places {
		p := &l.places[i]
		if group := s.at(&p.group); p.relation == directory.Member && group.Flags.Has(RoleAssignable) && s.scopedTo(p.group.id, group, unit, now) {
			return true
		}
	}
	return false
}

func (s *Snapshot) scopedTo(id guid.ID, o object, unit guid.ID, now when.Instant) bool {
	l := s.links(o)
	for i := range l.grants {
		if g := &l.grants[i]; g.reach == inUnit && g.at == unit && g.kind != pim.Eligible && s.Holds(id, g.id, now) {
			return true
		}
	}
	return false
}
