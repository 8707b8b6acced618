package authz

import (
	"sync"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// guards are what stands behind a group, so that who is in it is not for just anybody to
// decide. None is an ordinary group.
type guards uint8

const (
	guardRoles    guards = 1 << iota // roles: it is role-assignable, or leads to a group that is
	guardApproval                    // it may approve that others get a role
	guardPlaces                      // PIM gives places in it for a time
)

// A backing is the guards of a group, and the next instant at which time alone may take
// one away.
type backing struct {
	guards guards
	until  when.Instant
}

// Guarded reports whether the group's members, owners, rule and policy are guarded.
func (s *Snapshot) Guarded(group guid.ID, now when.Instant) bool {
	o := s.object(group)
	return s.behind(group, o, now).guards != 0
}

// behind is what stands behind a group.
func (s *Snapshot) behind(id guid.ID, o object, now when.Instant) backing {
	b := backing{until: when.Never}
	if o.Kind != directory.KindGroup {
		return b
	}
	if o.Flags.Has(Approver) {
		b.guards |= guardApproval
	}
	if s.links(o).rest().onto > 0 {
		b.guards |= guardPlaces
	}
	if o.Flags.Has(RoleAssignable) {
		b.guards |= guardRoles
	} else if p := s.privilege(id, o, now); !p.None() {
		b.guards |= guardRoles
		b.until = p.Until
	}
	return b
}

// armed reports whether ref is an application or service principal with privilege, and
// the next instant at which time alone takes some away.
func (s *Snapshot) armed(ref directory.Ref, o object, now when.Instant) (bool, when.Instant) {
	if ref.Kind != directory.KindApplication && ref.Kind != directory.KindServicePrincipal {
		return false, when.Never
	}
	p := s.privilege(ref.ID, o, now)
	return !p.None(), p.Until
}

// The actions by which somebody could grant any role.
const (
	managePIM         = "microsoft.directory/privilegedIdentityManagement/allProperties/allTasks"
	manageAssignments = "microsoft.directory/roleAssignments/allProperties/allTasks"
)

var granting = sync.OnceValue(func() *roledata.Set { return mustActions(managePIM, manageAssignments) })

// mustActions is the set of these actions; it panics on an unknown one.
func mustActions(names ...string) *roledata.Set {
	s := new(roledata.Set)
	for _, name := range names {
		a, found := roledata.ActionOf(name)
		if !found {
			panic("authz: unknown action " + name)
		}
		s.Add(a)
	}
	return s
}
