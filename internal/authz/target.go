package authz

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A Privilege is all that an object holds or could come to hold: roles active, eligible
// or scheduled, its own or through membership or ownership of groups, whether it may let
// others have one as their approver, and what its application permissions lead to. Being deleted or disabled takes nothing from it. Time
// alone never adds to it.
type Privilege struct {
	Roles roledata.RoleSet
	Kinds roledata.Kinds
	// Permissions reports application permissions that lead to roles.
	Permissions bool
	// Unclear reports that there is more than could be looked at. Nobody reaches it.
	Unclear bool
	// Until is the next instant at which part of it ends by time alone.
	Until when.Instant
}

// None reports whether there is no privilege at all.
func (p *Privilege) None() bool {
	return p.Roles.Empty() && p.Kinds == 0 && !p.Permissions && !p.Unclear
}

// within reports whether actor reaches an object with this privilege.
func (p *Privilege) within(actor *roledata.Actor) bool {
	return !p.Unclear && !p.Permissions && actor.Allows(p.Roles, p.Kinds)
}

// Privilege is what the object with the given id holds or could come to hold from now on.
// An application's is that of its service principal.
func (s *Snapshot) Privilege(id guid.ID, now when.Instant) Privilege {
	o := s.object(id)
	return s.privilege(id, o, now)
}

func (s *Snapshot) privilege(id guid.ID, o object, now when.Instant) Privilege {
	v := survey{s: s, now: now}
	v.sum.Until = when.Never
	if o.Kind == directory.KindApplication {
		if appID, found := s.apps.get(id); found {
			if principal, found := s.clients.get(appID); found {
				v.of(s.links(s.object(principal)), 0)
			}
		}
		return v.sum
	}
	if o.Kind == directory.KindUser && o.Flags.Has(Approver) { // no less protected than who could take the role
		v.sum.Kinds |= roledata.RoleAssignableGroup
	}
	v.of(s.links(o), 0)
	return v.sum
}

// A survey adds up an object's privilege.
type survey struct {
	s     *Snapshot
	now   when.Instant
	sum   Privilege
	path  [maxDepth]*links // the groups from the object to here
	steps int
}

func (v *survey) of(l *links, depth int) {
	for i := range l.grants {
		if g := &l.grants[i]; g.window.End > v.now && !g.window.Empty() {
			v.sum.Until = min(v.sum.Until, g.window.End)
			v.grant(g, depth)
		}
	}
	for i := range l.places {
		v.group(&l.places[i].group, depth)
	}
	if len(l.rest().rights) > 0 {
		api, _ := v.s.clients.get(graph)
		v.sum.Permissions = v.sum.Permissions || !l.application(api).And(paths()).Empty()
	}
}

func (v *survey) grant(g *grant, depth int) {
	if !g.ofRole() {
		v.group(&spot{g.at, g.slot}, depth)
		return
	}
	if r := v.s.roles[g.slot]; r != nil {
		v.sum.Roles.Union(r.mark)
	} else {
		v.sum.Roles.Add(guid.ID{})
	}
	if g.reach == inUnit && v.s.object(g.at).Flags.Has(Restricted) {
		v.sum.Kinds |= roledata.RestrictedUnit
	}
}

// group adds what a member or owner of the group with the given id comes to. Who could
// let others have a role, as its approver, is no less protected than who could take it.
func (v *survey) group(at *spot, depth int) {
	g := v.s.at(at)
	l := v.s.links(g)
	if l != none && slices.Contains(v.path[:depth], l) {
		return
	}
	if v.steps++; depth == maxDepth || v.steps > maxSteps {
		v.sum.Unclear = true
		return
	}
	if g.Flags.Has(RoleAssignable | Approver) {
		v.sum.Kinds |= roledata.RoleAssignableGroup
	}
	v.path[depth] = l
	v.of(l, depth+1)
}
