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
	// SignsIn reports whether a user or service principal has all that it must sign in with.
	SignsIn func(guid.ID) bool
	// Activates reports whether a user who is eligible could activate the target without
	// anybody else's word, with what they sign in with.
	Activates func(user guid.ID, t pim.Target) bool
	// Placed are those to whom PIM gives, or may give, membership of a group.
	Placed func(group guid.ID) []guid.ID
}

// LosesLastAdministrator reports whether a change, from before to after, brings nearer
// the instant from which on nobody could become Global Administrator by themselves: no
// enabled principal that can sign in would have the role, or be eligible for it without
// approval. What time takes away by itself is not the change's doing.
func LosesLastAdministrator(before, after *Snapshot, r Recovery, now when.Instant) bool {
	return after.Unadministered(r, now) < before.Unadministered(r, now)
}

// Unadministered is the first instant, not before now, at which nobody could become
// Global Administrator by themselves; when.Never if there is always somebody.
func (s *Snapshot) Unadministered(r Recovery, now when.Instant) when.Instant {
	l := lastOnes{s: s, r: r}
	for id := range s.admins.all() {
		l.principal(id)
		if slices.ContainsFunc(l.windows, func(w when.Window) bool { return w.Start <= now && w.End == when.Never }) {
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
	windows []when.Window
}

func (l *lastOnes) add(w when.Window) {
	if !w.Empty() {
		l.windows = append(l.windows, w)
	}
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
		} else if l.takes(id, g) {
			l.add(g.window)
		}
	}
}

// group adds the windows in which a member of a group, standing or for a time, could take
// what its grant g gives.
func (l *lastOnes) group(id guid.ID, o object, g *grant) {
	if !o.Live() || !o.Flags.Has(RoleAssignable) {
		return
	}
	in := l.s.links(o).rest()
	if slices.ContainsFunc(in.members, func(member guid.ID) bool { return l.takes(member, g) }) {
		l.add(g.window)
		return
	}
	if in.onto == 0 {
		return
	}
	place := pim.Target{Group: id, Relation: directory.Member}
	for _, member := range l.r.Placed(id) {
		if !l.takes(member, g) {
			continue
		}
		m := l.s.object(member)
		held := l.s.links(m)
		for i := range held.grants {
			p := &held.grants[i]
			if p.reach == asMember && p.at == id && l.has(member, m.Kind, p, place) {
				l.add(p.window.Intersect(g.window))
			}
		}
	}
}

// takes reports whether a principal can act, and could have the role by grant g: its own, or
// that of a group that it is in.
func (l *lastOnes) takes(id guid.ID, g *grant) bool {
	o := l.s.object(id)
	if !o.able() || !l.r.SignsIn(id) {
		return false
	}
	if o.Kind == directory.KindServicePrincipal { // which is nothing without a permission to use the role by
		api, _ := l.s.clients.get(graph)
		if l.s.links(o).application(api).And(paths()).Empty() {
			return false
		}
	}
	return l.has(id, o.Kind, g, pim.Target{Role: roledata.GlobalAdministrator})
}

// has reports whether grant g gives its holder, of a kind, what it is for, at once or once
// activated. Service principals activate nothing, and what is activated stands on an
// eligibility, which counts by itself.
func (l *lastOnes) has(id guid.ID, kind directory.Kind, g *grant, t pim.Target) bool {
	return g.kind == pim.Assigned || g.kind == pim.Eligible && kind == directory.KindUser && l.r.Activates(id, t)
}
