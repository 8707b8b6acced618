package store

import (
	"encoding/json"
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

// questions are all that the request alone leads to. Whoever adds one sees to it that stir
// notices a change of what it is about.
func (g *gathering) questions() []question {
	r := &g.request
	asked := []question{g.parties(), g.rules(), g.held(), g.activations()}
	if !r.Target.Group.IsZero() {
		asked = append(asked, g.placed())
	}
	if r.Target.Scope.Kind == pim.ScopeObject {
		asked = append(asked, g.units())
	}
	switch r.Action {
	case pim.SelfActivate:
		asked = append(asked, g.carried())
	case pim.AdminRenew, pim.SelfRenew:
		asked = append(asked, g.over())
	}
	if r.Action.Self() && r.By.User != r.Principal {
		asked = append(asked, g.callerIn())
	}
	return asked
}

// parties asks who and what the request names.
func (g *gathering) parties() question {
	r := &g.request
	return question{statement{
		"SELECT id, kind, enabled, role_assignable, '[]' FROM object WHERE deleted_at = " + never + " AND id IN ($1, $2, $3)" +
			" UNION ALL SELECT id, 6, enabled, 0, CASE WHEN built_in = 1 THEN '[]' ELSE actions END FROM role_definition WHERE id = $4",
		[]any{r.Principal, r.Target.Group, r.Target.Scope.ID, r.Target.Role},
	}, func(scan func(dest ...any) error) error {
		var id guid.ID
		var kind directory.Kind
		var enabled, assignable bool
		var does []string
		if err := scan(&id, (*kindColumn)(&kind), &enabled, &assignable, jsonColumn{&does}); err != nil {
			return err
		}
		if kind == directory.KindRole {
			g.facts.Role, g.actions = pim.Role{Exists: true, Enabled: enabled}, does
			return nil
		}
		if id == r.Principal {
			g.facts.Principal = pim.Principal{Kind: kind, Enabled: enabled, RoleAssignable: assignable}
		}
		g.facts.Group = g.facts.Group || id == r.Target.Group && kind == directory.KindGroup
		if id == r.Target.Scope.ID {
			g.facts.Scope = kind
		}
		return nil
	}}
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

// rules asks for the policy, the tenant's bounds, and which other requests are waiting.
func (g *gathering) rules() question {
	r := &g.request
	g.facts.Policy, g.facts.Settings = pim.DefaultRolePolicy(), pim.DefaultSettings()
	if r.Target.Role.IsZero() {
		g.facts.Policy = pim.DefaultGroupPolicy()
	}
	id, relation := policyKey(r.Target)
	scope, app := scopeTexts(r.Target)
	return question{
		statement{
			"SELECT 'policy', rules FROM policy WHERE target_id = $1 AND relation = $2" +
				" UNION ALL SELECT 'settings', value FROM setting WHERE name = '" + pimSetting + "'" +
				" UNION ALL SELECT 'pending', body FROM request WHERE open = 1 AND status <> 'Granted' AND principal_id = $3" +
				" AND role_id = $4 AND group_id = $5 AND relation = $6 AND directory_scope = $7 AND app_scope = $8 AND side = $9 AND due_at > $10",
			[]any{id, int64(relation), r.Principal, r.Target.Role, r.Target.Group, int64(r.Target.Relation), scope, app, int64(r.Side), g.tx.now},
		},
		func(scan func(dest ...any) error) error {
			var what, value string
			if err := scan(&what, &value); err != nil {
				return err
			}
			switch what {
			case "policy":
				return policyColumn{&g.facts.Policy}.Scan(value)
			case "settings":
				return json.Unmarshal([]byte(value), &g.facts.Settings)
			}
			var waiting pim.Request
			err := json.Unmarshal([]byte(value), &waiting)
			g.facts.Pending = append(g.facts.Pending, waiting)
			return err
		},
	}
}

// held asks for the principal's own schedules for the target: those for the very same, and
// the eligibilities at any scope. The target is compared here: a role, or no group, is what
// a hundred thousand schedules have in common, and SQLite might go by the index of those.
func (g *gathering) held() question {
	t := g.request.Target
	return g.tx.schedulesWhere("s.principal_id = $1 ORDER BY s.id", []any{g.request.Principal}, func(s pim.Schedule) {
		g.tally(s)
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
	})
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

// carried asks for the eligibilities that the principal has as member of a group, standing
// or for a time. Only role-assignable groups carry roles.
func (g *gathering) carried() question {
	t := g.request.Target
	c := &clause{}
	sql := "SELECT p.place, p.timed, " + prefixed("e", scheduleColumns) + " FROM (SELECT m.id AS place, 0 AS timed, m.group_id AS holder FROM membership m WHERE m.member_id = {principal} AND m.relation = 0" +
		" UNION ALL SELECT s.id, 1, s.group_id FROM schedule s WHERE s.principal_id = {principal} AND s.group_id > '' AND s.relation = 0 AND s.kind > 0 AND " + inForce + ") AS p" +
		" JOIN object o ON o.id = p.holder AND o.kind = 2 AND o.deleted_at = " + never + only(!t.Role.IsZero(), " AND o.role_assignable = 1") +
		" JOIN schedule e ON e.principal_id = p.holder AND e.open = 1 AND e.kind = 0" +
		" ORDER BY e.id, p.place"
	sql = c.fill(sql, map[string]any{"principal": text(g.request.Principal), "now": int64(g.tx.now)})
	return question{statement{sql, c.args}, func(scan func(dest ...any) error) error {
		h := pim.Held{Place: true}
		var timed bool
		s, err := scanSchedule(func(dest ...any) error { return scan(append([]any{&h.Membership, &timed}, dest...)...) })
		if same := s.Target.Role == t.Role && s.Target.Group == t.Group; err == nil && same && g.tx.honoured(s.Principal, s.ID) && (!timed || g.tx.honoured(g.request.Principal, h.Membership)) {
			h.Schedule = s
			g.facts.Eligibilities = append(g.facts.Eligibilities, h)
		}
		return err
	}}
}

// activations asks for what stands on the principal's eligibilities for the target's role or
// group. They are compared as no index has them, for the reason that held gives.
func (g *gathering) activations() question {
	t := g.request.Target
	sql := "SELECT " + prefixed("s", scheduleColumns) + " FROM schedule e JOIN schedule s ON s.open = 1 AND s.via_eligibility > '' AND s.via_eligibility = e.id" +
		" WHERE e.open = 1 AND e.principal_id = $1 AND e.kind = 0 AND e.role_id || '' = $2 AND e.group_id || '' = $3 ORDER BY s.id"
	return question{statement{sql, []any{g.request.Principal, t.Role, t.Group}}, func(scan func(dest ...any) error) error {
		s, err := scanSchedule(scan)
		g.active = append(g.active, s)
		return err
	}}
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
// puts in its place were there. Only Global Administrator in the whole tenant can be the
// last.
func (g *gathering) lockout() error {
	t := g.request.Target
	if t.Role != roledata.GlobalAdministrator || t.Scope.Kind != pim.ScopeTenant {
		return nil
	}
	before := g.tx.Snap()
	edit, dropped := before.Edit(), false
	for _, h := range g.facts.Standing {
		if g.takes(h.Schedule) {
			dropped = true
			edit.DropSchedule(h.Schedule.Principal, h.Schedule.ID)
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
