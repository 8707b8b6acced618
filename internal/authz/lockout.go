package authz

import (
	"cmp"
	"iter"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// Recovery is what a snapshot does not know about who could become Global Administrator. What
// is over already need not be told.
type Recovery struct {
	// Doors is when a user or service principal has all that it must sign in with.
	Doors func(guid.ID) []when.Window
	// Activates is when a user who is eligible could activate the target without anybody
	// else's word, with what they sign in with then.
	Activates func(user guid.ID, t pim.Target) []when.Window
	// Placed are those to whom PIM gives, or may give, membership of a group.
	Placed func(group guid.ID) iter.Seq[guid.ID]
}

// LosesLastAdministrator reports whether a change, from before to after, brings nearer
// the instant from which on nobody could become Global Administrator by themselves: no
// enabled principal that can sign in would have the role, or be eligible for it without
// approval. What time takes away by itself is not the change's doing.
func LosesLastAdministrator(before, after *Snapshot, r Recovery, now when.Instant) bool {
	return after.Unadministered(r, now) < before.Unadministered(r, now)
}

// MakesAdministrator reports whether who has a target may come to be Global Administrator by
// it: it is the role in the whole tenant, or membership of a group that has schedules for it.
func (s *Snapshot) MakesAdministrator(t pim.Target) bool {
	if t.Group.IsZero() {
		return t.Role == roledata.GlobalAdministrator && t.Scope.Kind == pim.ScopeTenant
	}
	_, has := s.admins.get(t.Group)
	return has && t.Relation == directory.Member
}

// Unadministered is the first instant, not before now, at which nobody could become
// Global Administrator by themselves; when.Never if there is always somebody.
func (s *Snapshot) Unadministered(r Recovery, now when.Instant) when.Instant {
	l := lastOnes{s: s, r: r, now: now}
	for id := range s.admins.all() {
		if l.principal(id); l.covers(when.Window{Start: now, End: when.Never}, l.windows) {
			return when.Never
		}
	}
	slices.SortFunc(l.windows, func(a, b when.Window) int { return cmp.Compare(a.Start, b.Start) })
	covered := now
	for _, w := range l.windows {
		if w.Start > covered {
			break
		}
		covered = max(covered, w.End)
	}
	return covered
}

// lastOnes gathers the windows in which somebody could become Global Administrator.
type lastOnes struct {
	s       *Snapshot
	r       Recovery
	now     when.Instant
	windows []when.Window
}

// covers reports whether one of the windows is open for all of w that is not over.
func (l *lastOnes) covers(w when.Window, windows []when.Window) bool {
	return slices.ContainsFunc(windows, func(o when.Window) bool { return o.Start <= max(w.Start, l.now) && o.End >= w.End })
}

// shared is what both lists of windows have in common.
func shared(a, b []when.Window) (both []when.Window) {
	for _, x := range a {
		for _, y := range b {
			if w := x.Intersect(y); !w.Empty() {
				both = append(both, w)
			}
		}
	}
	return both
}

// principal adds the windows of one that has schedules for the role, or of a group's
// members.
func (l *lastOnes) principal(id guid.ID) {
	o := l.s.object(id)
	held := l.s.links(o)
	for i := range held.grants {
		g := &held.grants[i]
		role := l.s.role(g)
		if g.reach != inTenant || role == nil || role.id != roledata.GlobalAdministrator {
			continue
		}
		if o.Kind == directory.KindGroup {
			l.group(id, o, g)
		} else {
			l.windows = append(l.windows, l.takes(id, g)...)
		}
	}
}

// group adds the windows in which a member of a group, standing or for a time, could take
// what its grant g gives. Who could for as long as g lasts is enough.
func (l *lastOnes) group(id guid.ID, o object, g *grant) {
	if !o.Live() || !o.Flags.Has(RoleAssignable) {
		return
	}
	in := l.s.links(o).rest()
	for _, member := range in.members {
		w := l.takes(member, g)
		if l.windows = append(l.windows, w...); l.covers(g.window, w) {
			return
		}
	}
	if in.onto == 0 {
		return
	}
	for member := range l.r.Placed(id) {
		w := shared(l.takes(member, g), l.seated(member, id))
		if l.windows = append(l.windows, w...); l.covers(g.window, w) {
			return
		}
	}
}

// MayJoin reports whether a user may, at now, activate membership of a group without anybody
// else's word.
func (s *Snapshot) MayJoin(r Recovery, user, group guid.ID, now when.Instant) bool {
	place := pim.Target{Group: group, Relation: directory.Member}
	o := s.object(user)
	if o.Kind != directory.KindUser || !o.able() {
		return false
	}
	return slices.ContainsFunc(s.links(o).grants, func(g grant) bool {
		return g.kind == pim.Eligible && g.reach == asMember && g.at == group && g.window.Covers(now) &&
			slices.ContainsFunc(r.Activates(user, place), func(w when.Window) bool { return w.Covers(now) })
	})
}

// seated is when PIM gives somebody membership of a group, or they could activate it.
func (l *lastOnes) seated(member, group guid.ID) (windows []when.Window) {
	m := l.s.object(member)
	held := l.s.links(m)
	for i := range held.grants {
		if p := &held.grants[i]; p.reach == asMember && p.at == group {
			windows = append(windows, l.has(member, m.Kind, p, pim.Target{Group: group, Relation: directory.Member})...)
		}
	}
	return windows
}

// takes is when a principal can act, and could have the role by grant g: its own, or that of
// a group that it is in.
func (l *lastOnes) takes(id guid.ID, g *grant) []when.Window {
	o := l.s.object(id)
	if !o.able() {
		return nil
	}
	if o.Kind == directory.KindServicePrincipal { // which is nothing without a permission to use the role by
		api, _ := l.s.clients.get(graph)
		if l.s.links(o).application(api).And(paths()).Empty() {
			return nil
		}
	}
	return l.has(id, o.Kind, g, pim.Target{Role: roledata.GlobalAdministrator})
}

// has is when grant g gives its holder, of a kind, what it is for, at once or once activated.
// Service principals activate nothing, and what is activated stands on an eligibility, which
// counts by itself.
func (l *lastOnes) has(id guid.ID, kind directory.Kind, g *grant, t pim.Target) []when.Window {
	own := []when.Window{g.window}
	switch {
	case g.kind == pim.Assigned:
		return shared(l.r.Doors(id), own)
	case g.kind == pim.Eligible && kind == directory.KindUser:
		return shared(l.r.Activates(id, t), own)
	}
	return nil
}
