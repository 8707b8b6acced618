package authz

import (
	"cmp"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// Recovery is what a snapshot does not know about who could become Global Administrator.
type Recovery struct {
	// Credential reports whether a user or service principal has one to sign in with.
	Credential func(guid.ID) bool
	// Approval reports that activating the role waits for somebody's approval.
	Approval bool
}

// LosesLastAdministrator reports whether a change, from before to after, brings nearer
// the instant from which on nobody could become Global Administrator by themselves: no
// enabled principal with a credential would have the role, or be eligible for it without
// approval. What time takes away by itself is not the change's doing.
func LosesLastAdministrator(before, after *Snapshot, was, is Recovery, now when.Instant) bool {
	return after.Unadministered(is, now) < before.Unadministered(was, now)
}

// Unadministered is the first instant, not before now, at which nobody could become
// Global Administrator by themselves; when.Never if there is always somebody.
func (s *Snapshot) Unadministered(r Recovery, now when.Instant) when.Instant {
	var windows []when.Window
	for id := range s.admins.all() {
		windows = s.candidates(windows, id, r)
	}
	slices.SortFunc(windows, func(a, b when.Window) int { return cmp.Compare(a.Start, b.Start) })
	covered := now
	for _, w := range windows {
		if w.Start > covered {
			break
		}
		covered = max(covered, w.End)
	}
	return covered
}

// candidates adds the windows in which the principal with the given id, or a member of
// it, could become Global Administrator.
func (s *Snapshot) candidates(windows []when.Window, id guid.ID, r Recovery) []when.Window {
	o := s.object(id)
	if !s.reliable(id, &o, r) {
		return windows
	}
	for i := range o.tied().grants {
		g := &o.links.grants[i]
		role := s.role(g)
		if g.reach != inTenant || role == nil || role.id != roledata.GlobalAdministrator {
			continue
		}
		assigned := g.kind == pim.Assigned
		eligible := g.kind == pim.Eligible && !r.Approval && o.Kind != directory.KindServicePrincipal
		if assigned || eligible {
			windows = append(windows, g.window)
		}
	}
	return windows
}

// reliable reports whether the object is a principal that can act, or a group with a
// standing member that can. Service principals take a group's roles, but activate none.
func (s *Snapshot) reliable(id guid.ID, o *object, r Recovery) bool {
	if o.Kind != directory.KindGroup {
		return o.able() && r.Credential(id)
	}
	if !o.Live() || !o.Flags.Has(RoleAssignable) {
		return false
	}
	return slices.ContainsFunc(o.tied().rest().members, func(member guid.ID) bool {
		m := s.object(member)
		return m.Kind == directory.KindUser && m.able() && r.Credential(member)
	})
}
