package store

import (
	"fmt"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
)

// PIMFacts gathers what pim.Decide judges a request by, as it is in this transaction. Most
// of it is asked in one go; only what the principal holds leads to further questions.
func (tx *ReadTx) PIMFacts(r pim.Request) (pim.Facts, error) {
	g, err := tx.gather(r)
	if err != nil {
		return pim.Facts{}, fmt.Errorf("gather facts for request %s: %w", r.ID, err)
	}
	g.facts.TakesScope = takesScope(r.Target, g.facts.Scope, g.actions)
	g.standingOn()
	for _, part := range []func() error{g.footings, g.lockout} {
		if err := part(); err != nil {
			return pim.Facts{}, fmt.Errorf("gather facts for request %s: %w", r.ID, err)
		}
	}
	return g.facts, nil
}

// Apply does what a granted request says: to schedules, to requests that it answers, and
// the request itself, which a plain role assignment does not leave. A dry run changes
// nothing. A schedule with the request's id is new, and nobody looks whether it is.
func (tx *WriteTx) Apply(v pim.Verdict) error {
	if v.Request.DryRun {
		return nil
	}
	if err := tx.revoke(v.End); err != nil {
		return err
	}
	for _, r := range v.Close {
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
	}
	for _, s := range v.Put {
		put := tx.PutSchedule
		if s.ID == v.Request.ID {
			put = tx.addSchedule
		}
		if err := put(s); err != nil {
			return err
		}
	}
	if role := v.Request.Target.Role; v.Request.Action == pim.AdminAssign && !role.IsZero() {
		tx.ActivateRole(role)
	}
	if v.Request.OutsidePIM {
		return nil
	}
	return tx.applyRequest(v)
}

// applyRequest stores what became of a verdict's request, and of its approval.
func (tx *WriteTx) applyRequest(v pim.Verdict) error {
	switch {
	case v.Stored && v.Approval != nil:
		if err := tx.rewriteRequest(v.Request); err != nil {
			return err
		}
		return tx.updateApproval(v.Request, v.Approval)
	case v.Stored:
		return tx.UpdateRequest(v.Request)
	case v.Approval == nil:
		return tx.InsertRequest(v.Request)
	}
	if err := tx.insertRequest(v.Request, v.Approval.Due()); err != nil {
		return err
	}
	return tx.insertApproval(v.Request, v.Approval)
}

// A gathering is facts in the making.
type gathering struct {
	tx      *ReadTx
	request pim.Request
	facts   pim.Facts
	actions []string       // what the role does
	active  []pim.Schedule // what stands on the principal's eligibilities
}

// own are the questions that few requests lead to.
func (g *gathering) own() (asked []question) {
	r := &g.request
	if !r.Target.Group.IsZero() {
		asked = append(asked, g.placed())
	}
	if r.Target.Scope.Kind == pim.ScopeObject {
		asked = append(asked, g.units())
	}
	if r.Action == pim.AdminRenew || r.Action == pim.SelfRenew {
		asked = append(asked, g.over())
	}
	if r.Action.Self() && r.By.User != r.Principal {
		asked = append(asked, g.callerIn())
	}
	return asked
}

// A party is somebody or something that a request names.
type party struct {
	id                  guid.ID
	kind                directory.Kind
	enabled, assignable bool
	does                []string // of a role of the tenant's own
}

// meets notes what p is, if the request names it.
func (g *gathering) meets(p *party) {
	r := &g.request
	if p.kind == directory.KindRole {
		if p.id == r.Target.Role {
			g.facts.Role, g.actions = pim.Role{Exists: true, Enabled: p.enabled}, p.does
		}
		return
	}
	if p.id == r.Principal {
		g.facts.Principal = pim.Principal{Kind: p.kind, Enabled: p.enabled, RoleAssignable: p.assignable}
	}
	g.facts.Group = g.facts.Group || p.id == r.Target.Group && p.kind == directory.KindGroup
	if p.id == r.Target.Scope.ID {
		g.facts.Scope = p.kind
	}
}

// units asks for the units that hold the object of the target's scope.
func (g *gathering) units() question {
	sql := "SELECT m.unit_id FROM unit_member m JOIN object u ON u.id = m.unit_id AND u.deleted_at = " + never + " WHERE m.member_id = $1 ORDER BY m.unit_id"
	return question{statement{sql, []any{g.request.Target.Scope.ID}}, func(scan func(dest ...any) error) error {
		var id guid.ID
		err := scan(&id)
		g.facts.Units = append(g.facts.Units, id)
		return err
	}}
}

// takesScope reports whether the target's role can be held at its scope, which names an
// object of that kind. A role of the tenant's own is scoped to units that may have what it
// is about, and to single groups and applications (au-scopable-roles.json).
func takesScope(t pim.Target, kind directory.Kind, actions []string) bool {
	if t.Scope.Kind == pim.ScopeTenant || t.Role.IsZero() {
		return true
	}
	_, builtIn := roledata.ByID(t.Role)
	switch {
	case kind == directory.KindUnit && builtIn:
		return roledata.ScopableToUnit(t.Role)
	case kind == directory.KindUnit:
		return roledata.CustomScopableToUnit(actions)
	case builtIn:
		return roledata.ScopableToObject(t.Role, roledata.Object(kind.String()))
	}
	return kind == directory.KindApplication || kind == directory.KindServicePrincipal || kind == directory.KindGroup
}

// holds notes a schedule of the principal's: those for the very same target, the eligibilities
// at any scope, and how many there are of what is counted.
func (g *gathering) holds(s pim.Schedule) {
	g.tally(s)
	t := g.request.Target
	if s.Target.Role != t.Role || s.Target.Group != t.Group {
		return
	}
	h := pim.Held{Schedule: s, Membership: s.Via.Membership, Place: s.Via.Membership.IsZero()}
	if s.Target == t && s.Window.End <= g.tx.now {
		g.ended(s) // which is only not recorded yet
	} else if s.Target == t {
		g.facts.Standing = append(g.facts.Standing, h)
	}
	if s.Kind == pim.Eligible && s.Target.Relation == t.Relation {
		g.facts.Eligibilities = append(g.facts.Eligibilities, h)
	}
}

// carries notes an eligibility that the principal has through a group.
func (g *gathering) carries(h pim.Held, assignable bool) {
	r := &g.request
	if r.Action == pim.SelfActivate && h.Schedule.Target.Role == r.Target.Role && h.Schedule.Target.Group == r.Target.Group && (assignable || r.Target.Role.IsZero()) {
		g.facts.Eligibilities = append(g.facts.Eligibilities, h)
	}
}

// tally counts what a principal may have so many of.
func (g *gathering) tally(s pim.Schedule) {
	switch {
	case s.Kind == pim.Activated || s.Window.End <= g.tx.now:
	case pim.Custom(s.Target.Role):
		g.facts.Custom++
	case s.Target.Narrow():
		g.facts.Narrow++
	}
}

// ended notes what is over, if it is what the request is about.
func (g *gathering) ended(s pim.Schedule) {
	if s.Target == g.request.Target && (s.Kind == pim.Eligible) == (g.request.Side == pim.Eligibility) {
		g.facts.Ended = append(g.facts.Ended, s)
	}
}

// over asks for what the principal held until time ended it, and that is recorded.
func (g *gathering) over() question {
	t := g.request.Target
	sql := "SELECT " + prefixed("s", scheduleColumns) + " FROM schedule s WHERE s.open = 0 AND s.principal_id = $1 AND s.role_id = $2 AND s.group_id = $3 AND s.kind < 2 ORDER BY s.id"
	return question{statement{sql, []any{g.request.Principal, t.Role, t.Group}}, func(scan func(dest ...any) error) error {
		s, err := scanSchedule(scan)
		if err == nil {
			g.ended(s)
		}
		return err
	}}
}

// callerIn asks whether the caller is a member, standing or for a time, of the group in
// whose name they ask.
func (g *gathering) callerIn() question {
	c := &clause{}
	sql := "SELECT m.id, 0 FROM membership m WHERE m.group_id = {group} AND m.member_id = {caller} AND m.relation = 0" +
		" UNION ALL SELECT s.id, 1 FROM schedule s WHERE s.group_id > '' AND s.group_id = {group} AND s.principal_id = {caller} AND s.relation = 0 AND s.kind > 0 AND " + inForce
	sql = c.fill(sql, map[string]any{"group": text(g.request.Principal), "caller": text(g.request.By.User), "now": int64(g.tx.now)})
	return question{statement{sql, c.args}, func(scan func(dest ...any) error) error {
		var id guid.ID
		var timed bool
		err := scan(&id, &timed)
		if err == nil && (!timed || g.tx.honoured(g.request.By.User, id)) {
			g.facts.Principal.CallerIn = true
		}
		return err
	}}
}

// footings reads what the principal's activations that are not over stand on.
func (g *gathering) footings() error {
	for i := range g.facts.Standing {
		h := &g.facts.Standing[i]
		if h.Schedule.Kind != pim.Activated {
			continue
		}
		if err := g.footing(h); err != nil {
			return err
		}
	}
	return nil
}

// footing reads what one activation stands on: the eligibility, and the place that carried
// it, in the live group whose eligibility it is.
func (g *gathering) footing(h *pim.Held) error {
	e, found, err := g.tx.Schedule(h.Schedule.Via.Eligibility)
	own := h.Membership.IsZero() && e.Principal == g.request.Principal
	if err != nil || !found || e.Kind != pim.Eligible || !h.Schedule.Target.Within(e.Target, g.facts.Units) || h.Place && !own {
		return err
	}
	h.Eligibility = e.Window
	if own {
		return nil
	}
	c := &clause{}
	sql := "SELECT 1 FROM object o WHERE o.id = " + c.hole(e.Principal) + " AND o.kind = 2 AND o.deleted_at = " + never +
		only(!e.Target.Role.IsZero(), " AND o.role_assignable = 1") + " AND (EXISTS (SELECT 1 FROM membership m WHERE m.id = {place} AND m.group_id = o.id AND m.member_id = {principal} AND m.relation = 0)" +
		" OR EXISTS (SELECT 1 FROM schedule s WHERE s.id = {place} AND s.group_id = o.id AND s.principal_id = {principal} AND s.relation = 0 AND s.kind > 0 AND " + inForce + "))"
	sql = c.fill(sql, map[string]any{"place": text(h.Membership), "principal": text(g.request.Principal), "now": int64(g.tx.now)})
	h.Place, err = g.tx.one(sql, c.args, new(int64))
	return err
}

// standingOn are the activations that stand on the principal's eligibilities for the target.
func (g *gathering) standingOn() {
	for _, h := range g.facts.Standing {
		for _, s := range g.active {
			if h.Schedule.Kind == pim.Eligible && s.Via.Eligibility == h.Schedule.ID {
				g.facts.Activations = append(g.facts.Activations, s)
			}
		}
	}
}

// lockout asks what would be if what the request takes away were gone, and what an update
// puts in its place were there. Only what leads to Global Administrator can be the last of it.
func (g *gathering) lockout() error {
	before := g.tx.Snap()
	if !before.MakesAdministrator(g.request.Target) {
		return nil
	}
	edit, dropped := before.Edit(), false
	for _, h := range g.facts.Standing {
		if g.takes(h.Schedule) {
			dropped = true
			drop(edit, h.Schedule)
		}
	}
	if !dropped {
		return nil
	}
	if s, replaced := g.request.Replacement(g.tx.now); replaced {
		edit.PutSchedule(s)
	}
	recovery, err := g.tx.Recovery()
	if err != nil {
		return err
	}
	g.facts.LocksOut = authz.LosesLastAdministrator(before, edit.View(), recovery, g.tx.now)
	return g.tx.err // what recovery could not say
}

// drop takes a grant, or the standing place that it is, out of an edit.
func drop(edit *authz.Edit, s pim.Schedule) {
	if standingPlaceOf(&s) {
		edit.DropMembership(directory.Membership{ID: s.ID, Group: s.Target.Group, Relation: s.Target.Relation, Member: directory.Ref{ID: s.Principal}})
		return
	}
	edit.DropSchedule(s.Principal, s.ID)
}

// takes reports whether the request, if granted, might end the schedule: one of its
// principal for its target. A request that was granted for later might be called off.
func (g *gathering) takes(s pim.Schedule) bool {
	r := &g.request
	eligible := s.Kind == pim.Eligible
	switch {
	case r.Status == pim.Granted:
		return s.ID == r.Scheduled
	case r.Action == pim.AdminUpdate || r.Action == pim.AdminRemove:
		return eligible == (r.Side == pim.Eligibility)
	}
	return r.Action == pim.SelfDeactivate && s.Kind == pim.Activated
}

// StandsOn are the schedules not recorded as ended that were activated through an
// eligibility.
func (tx *ReadTx) StandsOn(eligibility guid.ID) ([]pim.Schedule, error) {
	return tx.schedules("s.via_eligibility > '' AND s.via_eligibility = $1 ORDER BY s.id", eligibility)
}
