package authz

import (
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A judge weighs all that a subject holds against one question. It lives on the stack of
// the decision, and is small: to clear a large one takes longer than to look for a role.
type judge struct {
	s        *Snapshot
	now      when.Instant
	subject  guid.ID
	actor    object // of the subject
	resource directory.Ref
	object   object        // of the resource
	part     roledata.Part // the sort of the object

	any        *roledata.Set // any of these will do, in place of action
	action     roledata.Action
	global     bool // so will the Global Administrator role, in place of any
	table      int8 // judges the target, unless noTable
	plain      bool // targets without privilege need no table
	write      bool
	restricted bool // the object is in a restricted management unit
	tenantOnly bool // only roles held in the whole tenant count

	target Privilege // of the object, once asked for
	asked  bool

	steps   int32        // groups looked at
	until   when.Instant // of an allow: the last end of a grant that gives it
	opens   when.Instant // of a refusal: the first instant that could give it
	allowed bool
	reason  Reason
}

// A trail is a group that the subject is in, and the groups by which it is. The subject's own
// is nil.
type trail struct {
	group *links
	by    *trail
}

// leads reports whether the trail may go on to a group: it has not been there, and is not
// too long.
func (t *trail) leads(group *links) bool {
	for depth := 0; t != nil; t = t.by {
		if depth++; depth == maxDepth || t.group == group {
			return false
		}
	}
	return true
}

// prepare readies the judge for a question about its resource.
func (j *judge) prepare(table int8, write bool) {
	j.table, j.write = table, write
	j.opens, j.reason = when.Never, NoRole
	if !write || j.s.restricted.len() == 0 {
		return
	}
	for _, unit := range j.s.links(j.object).units {
		if restricted, _ := j.s.restricted.get(unit); restricted {
			j.restricted = true
		}
	}
}

// decision is what has come out.
func (j *judge) decision() Decision {
	if j.allowed {
		return Decision{Allowed: true, Reason: Allowed, Until: j.until}
	}
	return Decision{Reason: j.reason, Until: j.opens}
}

// from weighs what is held within window w by the subject, or by the group at the end of a
// trail, which it is in for that time.
func (j *judge) from(l *links, w when.Window, t *trail) {
	if j.settled() {
		return
	}
	confers := t == nil || l.facts.Flags.Has(RoleAssignable)
	for i := range l.grants {
		g := &l.grants[i]
		if g.kind == pim.Eligible {
			break // eligibilities come last
		}
		switch {
		case g.window.End <= j.now:
		case !g.ofRole():
			if g.reach == asMember {
				j.through(&spot{g.at, g.slot}, w.Intersect(j.s.span(l, g, 0)), t)
			}
		case confers:
			j.weigh(l, g, w)
		}
	}
	for i := range l.places {
		if p := &l.places[i]; p.relation == directory.Member {
			j.through(&p.group, w, t)
		}
	}
}

// through weighs what a group gives to who is in it within window w.
func (j *judge) through(at *spot, w when.Window, t *trail) {
	if w.Empty() || w.End <= j.now {
		return
	}
	g := j.s.at(at)
	l := j.s.links(g)
	if g.Kind != directory.KindGroup || !g.Live() || !t.leads(l) {
		return
	}
	if j.steps++; j.steps <= maxSteps {
		j.from(l, w, &trail{l, t})
	}
}

// weigh weighs one grant of a role, among links l, that the subject has within window w.
func (j *judge) weigh(l *links, g *grant, w when.Window) {
	r := j.s.role(g)
	if r == nil || !j.gives(r, g.reach) {
		return
	}
	w = w.Intersect(j.s.span(l, g, 0))
	if w.Empty() || w.End <= j.now {
		return
	}
	short := j.short(r, g)
	switch {
	case short == Allowed && w.Covers(j.now):
		j.allow(w.End)
	case short == Allowed:
		j.opens = min(j.opens, w.Start)
	case short == TargetPrivileged:
		j.opens = min(j.opens, max(w.Start, j.target.Until))
	}
	if short != Allowed && w.Covers(j.now) {
		j.reason = max(j.reason, short)
	}
}

// settled reports whether nothing more could change the answer.
func (j *judge) settled() bool { return j.allowed && j.until == when.Never }

// allow notes that something allows it, until end.
func (j *judge) allow(end when.Instant) {
	j.allowed, j.until = true, max(j.until, end)
}

// gives reports whether role r at some reach holds what is asked for.
func (j *judge) gives(r *role, at reach) bool {
	if j.partly(r) {
		return true
	}
	if j.any == nil {
		return r.gives(j.action, at)
	}
	if j.global && r.id == roledata.GlobalAdministrator {
		return true
	}
	return meet(&r.own, j.any) || at == inTenant && meet(&r.inherited, j.any)
}

// partly reports whether role r holds what is asked for on objects of this sort alone.
func (j *judge) partly(r *role) bool {
	for i := range r.parts {
		p := &r.parts[i]
		if p.Of&j.part != 0 && (j.any != nil && meet(&p.Own, j.any) || j.any == nil && p.Own.Has(j.action)) {
			return true
		}
	}
	return false
}

// meet reports whether two sets have an action in common.
func meet(a, b *roledata.Set) bool {
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// short is why grant g of role r does not suffice for the object, or Allowed.
func (j *judge) short(r *role, g *grant) Reason {
	if !j.within(g) {
		return OutOfScope
	}
	if j.restricted && !j.unlocks(r, g) {
		return RestrictedUnit
	}
	if j.table == noTable {
		if j.write && g.reach != inTenant && !j.plainMember() {
			return TargetPrivileged
		}
		return Allowed
	}
	actor := &r.reaches[j.table]
	if g.reach != inTenant {
		actor = &r.inUnit[j.table]
	}
	p := j.privilege()
	if p.within(actor) || j.plain && p.None() {
		return Allowed
	}
	return TargetPrivileged
}

// plainMember reports whether the object is none of those that can be in a unit, or has no
// privilege: who administers a unit, or what is in it, reaches nobody else.
func (j *judge) plainMember() bool {
	inUnits := j.resource.Kind == directory.KindUser || j.resource.Kind == directory.KindGroup
	return !inUnits || j.privilege().None()
}

// within reports whether the object is in the scope of g: a unit's members are, the unit
// itself is not.
func (j *judge) within(g *grant) bool {
	switch g.reach {
	case inTenant:
		return true
	case inUnit:
		if j.tenantOnly || !j.s.links(j.object).in(g.at) {
			return false
		}
		unit := j.s.object(g.at)
		return unit.Kind == directory.KindUnit && unit.Live()
	}
	return !j.tenantOnly && g.at == j.resource.ID && j.resource.Kind != directory.KindTenant
}

// unlocks reports whether g reaches what is in a restricted management unit: it is a role
// scoped to such a unit that holds the object. Role-assignable groups stay with those who
// manage roles (sensitive-actions.json, restrictedManagementAdministrativeUnit).
func (j *judge) unlocks(r *role, g *grant) bool {
	if j.object.Flags.Has(RoleAssignable) {
		manages := r.id == roledata.GlobalAdministrator || r.id == roledata.PrivilegedRoleAdministrator
		return manages && g.reach == inTenant
	}
	restricted, _ := j.s.restricted.get(g.at)
	return g.reach == inUnit && restricted
}

// privilege is the privilege of the object.
func (j *judge) privilege() *Privilege {
	switch {
	case j.asked:
	case j.object.tie == 0 && j.object.Kind != directory.KindApplication && !j.object.Flags.Has(Approver):
		j.target.Until, j.asked = when.Never, true
	default:
		j.target, j.asked = j.s.privilege(j.resource.ID, j.object, j.now), true
	}
	return &j.target
}

// implicit weighs what a user may do without holding anything: on any object, on its own,
// and on those that it owns. Service principals may do nothing so.
func (j *judge) implicit() {
	if j.actor.Kind != directory.KindUser {
		return
	}
	i := j.s.implicit(j.actor.Facts)
	self := j.subject == j.resource.ID && j.resource.Kind == directory.KindUser
	switch {
	case i.anywhere.Has(j.action) && !j.restricted:
		j.allow(when.Never)
	case i.self.Has(j.action) && self:
		j.allow(when.Never)
	case i.owned.Has(j.action):
		j.owned()
	case i.self.Has(j.action):
		j.reason = SelfOnly
	}
}

// owned weighs ownership, which does not reach into restricted management units.
func (j *judge) owned() {
	j.reason = OwnerOnly
	if j.resource.Kind != directory.KindGroup || j.restricted {
		return
	}
	if w := j.s.owns(j.actor, j.resource.ID, j.now); w.Covers(j.now) {
		j.allow(w.End)
	}
}
