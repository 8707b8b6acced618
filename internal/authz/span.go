package authz

import (
	"math"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// always is the window of what time does not end.
var always = when.Window{Start: math.MinInt64, End: when.Never}

// never is the window of what is not in force at any time.
var never = when.Window{}

// MostNested is how many groups are looked at, each in the next, for who is in the last.
const MostNested = maxDepth

const (
	maxDepth = 8   // groups in groups in groups
	maxSteps = 512 // groups looked at in one decision
)

// span is the time in which grant g among links l is in force, for all that stands there
// now: its own window, and, for an activation, that of the eligibility that it stands on
// and that of the membership that carried it. Without them it is never in force.
func (s *Snapshot) span(l *links, g *grant, depth int) when.Window {
	switch g.kind {
	case pim.Assigned:
		return g.window
	case pim.Activated:
		return g.window.Intersect(s.basis(l, g, depth))
	}
	return never
}

// basis is the time in which the activation g among links l has something to stand on.
func (s *Snapshot) basis(l *links, g *grant, depth int) when.Window {
	if g.via == nil || g.via.Eligibility.IsZero() || depth > maxDepth {
		return never
	}
	if g.via.Membership.IsZero() {
		return s.eligible(l, g)
	}
	at, carried := s.carrier(l, g.via.Membership, depth)
	group := s.at(&at)
	if !group.Live() || group.Kind != directory.KindGroup {
		return never
	}
	if g.ofRole() && !group.Flags.Has(RoleAssignable) {
		return never
	}
	return carried.Intersect(s.eligible(s.links(group), g))
}

// eligible is the time in which an eligibility among links l carries the activation g: the
// very one that g was made from, for the same thing or for the role at a wider scope.
func (s *Snapshot) eligible(l *links, g *grant) when.Window {
	e := l.grant(g.via.Eligibility)
	if e == nil || e.kind != pim.Eligible || !e.carries(g) && !s.inside(g, e) {
		return never
	}
	return e.window
}

// inside reports whether g is a role on an object that is, now, a member of the live unit in
// which eligibility e is for the same role.
func (s *Snapshot) inside(g, e *grant) bool {
	if g.reach != onObject || e.reach != inUnit || g.slot != e.slot {
		return false
	}
	unit, object := s.object(e.at), s.object(g.at)
	return unit.Kind == directory.KindUnit && unit.Live() && s.links(object).in(e.at)
}

// carrier is the group of the membership with the given id among links l, and the time for
// which it is there: a standing place, or one that PIM gives for a time.
func (s *Snapshot) carrier(l *links, membership guid.ID, depth int) (spot, when.Window) {
	for i := range l.places {
		if p := &l.places[i]; p.id == membership && p.relation == directory.Member {
			return p.group, always
		}
	}
	if g := l.grant(membership); g != nil && g.reach == asMember {
		return spot{g.at, g.slot}, s.span(l, g, depth+1)
	}
	return spot{}, never
}

// owns is the time in which o is an owner of the group with the given id.
func (s *Snapshot) owns(o object, group guid.ID, now when.Instant) when.Window {
	l := s.links(o)
	for i := range l.places {
		if p := &l.places[i]; p.group.id == group && p.relation == directory.Owner {
			return always
		}
	}
	for i := range l.grants {
		g := &l.grants[i]
		if g.reach != asOwner || g.at != group {
			continue
		}
		if w := s.span(l, g, 0); w.Covers(now) {
			return w
		}
	}
	return never
}
