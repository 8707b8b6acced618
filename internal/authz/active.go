package authz

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// ActiveRoles are the directory roles that a principal holds in the whole tenant at now,
// itself or through groups, sorted; until is the instant at which the first of them ends, if
// nothing changes; when.Never if none does.
func (s *Snapshot) ActiveRoles(principal guid.ID, now when.Instant) (roles []guid.ID, until when.Instant) {
	o := s.object(principal)
	if !o.able() {
		return nil, when.Never
	}
	h := holding{s: s, now: now, ends: map[guid.ID]when.Instant{}}
	h.from(s.links(o), always, nil)
	until = when.Never
	for id, end := range h.ends {
		roles, until = append(roles, id), min(until, end)
	}
	slices.SortFunc(roles, guid.ID.Compare)
	return roles, until
}

// A holding gathers the roles that somebody holds.
type holding struct {
	s     *Snapshot
	now   when.Instant
	steps int
	ends  map[guid.ID]when.Instant
}

// from gathers what is held within window w by the principal, or by the group at the end of
// path, which it is in for that time.
func (h *holding) from(l *links, w when.Window, path []guid.ID) {
	for i := range l.grants {
		g := &l.grants[i]
		in := w.Intersect(h.s.span(l, g, 0))
		switch {
		case !in.Covers(h.now):
		case !g.ofRole():
			if g.reach == asMember {
				h.through(&spot{g.at, g.slot}, in, path)
			}
		case len(path) == 0 || l.facts.Flags.Has(RoleAssignable):
			h.gather(g, in.End)
		}
	}
	for i := range l.places {
		if p := &l.places[i]; p.relation == directory.Member {
			h.through(&p.group, w, path)
		}
	}
}

// gather notes a role that is held in the whole tenant until end.
func (h *holding) gather(g *grant, end when.Instant) {
	if r := h.s.role(g); r != nil && g.reach == inTenant {
		h.ends[r.id] = max(h.ends[r.id], end)
	}
}

// through gathers what a group gives to who is in it within window w.
func (h *holding) through(at *spot, w when.Window, path []guid.ID) {
	if h.steps++; h.steps > maxSteps || len(path) == maxDepth || slices.Contains(path, at.id) {
		return
	}
	if g := h.s.at(at); g.Kind == directory.KindGroup && g.Live() {
		h.from(h.s.links(g), w, append(slices.Clip(path), at.id))
	}
}
