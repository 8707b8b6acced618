package store

import (
	"encoding/json"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// A round is gatherings that ask together, in one transaction: what each of them needs to
// know is asked once for all. The operations of one group of the lane are such a round, and
// one that asks by itself is a round of one.
type round struct {
	tx     *ReadTx
	of     map[guid.ID][]*gathering // by whose request it is
	all    []*gathering
	values map[string]any // fill the texts of questions
}

// newRound sorts what the requests name into lists. These are of one length, a power of two,
// so that there are few texts; they say their last again.
func newRound(tx *ReadTx, all ...*gathering) *round {
	r := &round{tx: tx, all: all, of: map[guid.ID][]*gathering{}}
	var principals, roles, groups, scopes, targets distinct
	for _, g := range all {
		q := &g.request
		r.of[q.Principal] = append(r.of[q.Principal], g)
		target, _ := policyKey(q.Target)
		principals.add(q.Principal)
		roles.add(q.Target.Role)
		groups.add(q.Target.Group)
		scopes.add(q.Target.Scope.ID)
		targets.add(target)
	}
	size := 1
	for size < len(all) {
		size *= 2
	}
	r.values = map[string]any{
		"principals": principals.spread(size), "roles": roles.spread(size), "groups": groups.spread(size), "scopes": scopes.spread(size),
		"targets": targets.spread(size), "now": int64(tx.now),
	}
	return r
}

// distinct are ids, each once.
type distinct struct {
	seen map[guid.ID]bool
	list spread
}

func (s *distinct) add(id guid.ID) {
	if s.seen[id] {
		return
	}
	if s.seen == nil {
		s.seen = map[guid.ID]bool{}
	}
	s.seen[id] = true
	s.list = append(s.list, text(id))
}

// spread is the ids, the last again and again.
func (s *distinct) spread(size int) spread {
	for len(s.list) < size {
		s.list = append(s.list, s.list[len(s.list)-1])
	}
	return s.list
}

// questions are all that the requests alone lead to. Whoever adds one sees to it that stir
// notices a change of what it is about.
func (r *round) questions() []question {
	asked := []question{r.parties(), r.rules(), r.held(), r.activations()}
	carried := false
	for _, g := range r.all {
		carried = carried || g.request.Action == pim.SelfActivate
		asked = append(asked, g.own()...)
	}
	if carried {
		asked = append(asked, r.carried())
	}
	return asked
}

// ask is a question whose text the round's values fill.
func (r *round) ask(sql string, row func(scan func(dest ...any) error) error) question {
	c := &clause{}
	sql = c.fill(sql, r.values)
	return question{statement{sql, c.args}, row}
}

// parties asks who and what the requests name.
func (r *round) parties() question {
	const sql = "SELECT id, kind, enabled, role_assignable, '[]' FROM object WHERE deleted_at = " + never + " AND id IN ({principals}, {groups}, {scopes})" +
		" UNION ALL SELECT id, 6, enabled, 0, CASE WHEN built_in = 1 THEN '[]' ELSE actions END FROM role_definition WHERE id IN ({roles})"
	return r.ask(sql, func(scan func(dest ...any) error) error {
		var p party
		err := scan(&p.id, (*kindColumn)(&p.kind), &p.enabled, &p.assignable, jsonColumn{&p.does})
		for _, g := range r.all {
			g.meets(&p)
		}
		return err
	})
}

// rules asks for policies, the tenant's bounds, and which other requests are waiting.
func (r *round) rules() question {
	for _, g := range r.all {
		g.facts.Policy, g.facts.Settings = pim.DefaultRolePolicy(), pim.DefaultSettings()
		if g.request.Target.Role.IsZero() {
			g.facts.Policy = pim.DefaultGroupPolicy()
		}
	}
	const sql = "SELECT 'policy', target_id, relation, 0, '', '', '', '', rules FROM policy WHERE target_id IN ({targets})" +
		" UNION ALL SELECT 'settings', '', 0, 0, '', '', '', '', value FROM setting WHERE name = '" + pimSetting + "'" +
		" UNION ALL SELECT 'pending', principal_id, relation, side, role_id, group_id, directory_scope, app_scope, body FROM request" +
		" WHERE open = 1 AND status <> 'Granted' AND principal_id IN ({principals}) AND due_at > {now}"
	return r.ask(sql, func(scan func(dest ...any) error) error {
		var what, value, scope, app string
		var who, role, group guid.ID
		var relation, side int64
		if err := scan(&what, &who, &relation, &side, &role, &group, &scope, &app, &value); err != nil {
			return err
		}
		switch what {
		case "policy":
			return r.policy(who, directory.Relation(relation), value)
		case "settings":
			return r.settings(value)
		}
		for _, g := range r.of[who] {
			t := g.request.Target
			ownScope, ownApp := scopeTexts(t)
			if t.Role != role || t.Group != group || int64(t.Relation) != relation || ownScope != scope || ownApp != app || int64(g.request.Side) != side {
				continue
			}
			var waiting pim.Request
			if err := json.Unmarshal([]byte(value), &waiting); err != nil {
				return err
			}
			g.facts.Pending = append(g.facts.Pending, waiting)
		}
		return nil
	})
}

// policy gives those whom it is about their rules.
func (r *round) policy(target guid.ID, relation directory.Relation, rules string) error {
	for _, g := range r.all {
		if id, of := policyKey(g.request.Target); id != target || of != relation {
			continue
		}
		if err := (policyColumn{&g.facts.Policy}).Scan(rules); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) settings(value string) error {
	for _, g := range r.all {
		if err := json.Unmarshal([]byte(value), &g.facts.Settings); err != nil {
			return err
		}
	}
	return nil
}

// held asks for the principals' own schedules.
func (r *round) held() question {
	const sql = "SELECT " + scheduleColumns + " FROM schedule WHERE open = 1 AND principal_id IN ({principals}) ORDER BY principal_id, id"
	return r.ask(sql, func(scan func(dest ...any) error) error {
		s, err := scanSchedule(scan)
		if err != nil || !r.tx.honoured(s.Principal, s.ID) {
			return err
		}
		for _, g := range r.of[s.Principal] {
			g.holds(s)
		}
		return nil
	})
}

// activations asks for what stands on the principals' eligibilities for the requests' roles or
// groups. These are compared as no index has them: they are what a hundred thousand schedules
// have in common, and an engine might go by the index of those.
func (r *round) activations() question {
	sql := "SELECT e.principal_id, " + prefixed("s", scheduleColumns) + " FROM schedule e JOIN schedule s ON s.open = 1 AND s.via_eligibility > '' AND s.via_eligibility = e.id" +
		" WHERE e.open = 1 AND e.principal_id IN ({principals}) AND e.kind = 0 AND e.role_id || '' IN ({roles}) AND e.group_id || '' IN ({groups}) ORDER BY s.id"
	return r.ask(sql, func(scan func(dest ...any) error) error {
		var who guid.ID
		s, err := scanSchedule(func(dest ...any) error { return scan(append([]any{&who}, dest...)...) })
		for _, g := range r.of[who] {
			g.active = append(g.active, s)
		}
		return err
	})
}

// carried asks for the eligibilities that the principals have as members of groups, standing
// or for a time. Only role-assignable groups carry roles.
func (r *round) carried() question {
	sql := "SELECT p.who, p.place, p.timed, p.ends, o.role_assignable, " + prefixed("e", scheduleColumns) +
		" FROM (SELECT m.member_id AS who, m.id AS place, 0 AS timed, 0 AS ends, m.group_id AS holder FROM membership m WHERE m.member_id IN ({principals}) AND m.relation = 0" +
		" UNION ALL SELECT s.principal_id, s.id, 1, s.end_at, s.group_id FROM schedule s WHERE s.principal_id IN ({principals}) AND s.group_id > '' AND s.relation = 0 AND s.kind > 0 AND " + inForce + ") AS p" +
		" JOIN object o ON o.id = p.holder AND o.kind = 2 AND o.deleted_at = " + never +
		" JOIN schedule e ON e.principal_id = p.holder AND e.open = 1 AND e.kind = 0" +
		" ORDER BY e.id, p.place"
	return r.ask(sql, func(scan func(dest ...any) error) error {
		h := pim.Held{Place: true}
		var who guid.ID
		var timed, assignable bool
		s, err := scanSchedule(func(dest ...any) error {
			return scan(append([]any{&who, &h.Membership, &timed, &h.PlaceEnds, &assignable}, dest...)...)
		})
		if err != nil || !r.tx.honoured(s.Principal, s.ID) || timed && !r.tx.honoured(who, h.Membership) {
			return err
		}
		h.Schedule = s
		for _, g := range r.of[who] {
			g.carries(h, assignable)
		}
		return nil
	})
}
