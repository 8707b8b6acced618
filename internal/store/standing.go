package store

import (
	"ephor/internal/directory"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// A standing place in a group is a grant made outside PIM. PIM lists it among its own, and
// it is ended or given dates by the same requests; it lives in another table, under the id
// of the place.

// standingGrant is a standing place in a group as the grant that it is.
func standingGrant(m directory.Membership) pim.Schedule {
	return pim.Schedule{
		ID: m.ID, Kind: pim.Assigned, Principal: m.Member.ID, Target: pim.Target{Group: m.Group, Relation: m.Relation},
		Window:     when.Window{Start: m.Since, End: when.Never},
		Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never},
		Created:    m.Since, Modified: when.Never,
	}
}

// standingPlaceOf reports whether s is a standingGrant: PIM itself gives places in groups
// by requests only.
func standingPlaceOf(s *pim.Schedule) bool { return !s.Target.Group.IsZero() && s.OutsidePIM() }

// placed asks for the principal's standing place in the group, which is a grant made outside
// PIM: it is had, ended and given dates as one that PIM has made.
func (g *gathering) placed() question {
	t := g.request.Target
	sql := "SELECT " + prefixed("m", membershipColumns) + " FROM membership m WHERE m.group_id = $1 AND m.relation = $2 AND m.member_id = $3"
	return question{statement{sql, []any{t.Group, int64(t.Relation), g.request.Principal}}, func(scan func(dest ...any) error) error {
		m, err := scanMembership(scan)
		m.Since = min(m.Since, g.tx.now) // it is there, also where a clock was set back
		g.facts.Standing = append(g.facts.Standing, pim.Held{Schedule: standingGrant(m), Place: true})
		return err
	}}
}

// GroupPlaces are the standing places in live groups, as the grants made outside PIM that
// they are: schedules and instances of a group list them beside its own.
var GroupPlaces = inGroup(&Table[pim.Schedule]{
	From: "membership m", Where: alive("m.group_id") + " AND " + alive("m.member_id"), ID: "m.id", Order: byID("m.id"),
	Select: prefixed("m", membershipColumns),
	Row: func(scan func(dest ...any) error) (pim.Schedule, error) {
		m, err := scanMembership(scan)
		return standingGrant(m), err
	},
	Columns: map[string]Column{
		"id":              selective(required(idOf("m.id"))),
		"principal":       selective(required(idOf("m.member_id"))),
		"group":           indexed(required(idOf("m.group_id"))),
		"relation":        numbered("m.relation", 0, directory.Member.String(), directory.Owner.String()),
		"assignment_type": spelled("'Assigned'", pim.Assigned.String(), pim.Activated.String()),
		"member_type":     spelled("'Direct'", "Direct", "Group", "Inherited"),
		"status":          spelled("'Provisioned'", "Granted", "Provisioned"),
		"start":           required(at("m.since")),
		"end":             at(never),
		"created":         required(at("m.since")),
		"modified":        at(never),
		"request":         idOf("''"),
		"eligibility":     idOf("''"),
	},
}, "id")

// inGroup lets filters write the ids in a column of schedules as the wire does those of
// places in groups.
func inGroup[T any](t *Table[T], column string) *Table[T] {
	c := t.Columns[column]
	c.Spell = func(s string) (any, bool) {
		_, id, ok := pim.ParseGroupScheduleID(s)
		return id.String(), ok
	}
	t.Columns[column] = c
	return t
}
