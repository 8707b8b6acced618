package store

import (
	"cmp"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/when"
)

// A Place is one row of a group's members or owners: who, and until when.
type Place struct {
	Group  guid.ID
	Member directory.Ref
	Until  when.Instant // when.Never for a standing place

	schedule guid.ID // zero for a standing place
}

func scanPlace(scan func(dest ...any) error) (Place, error) {
	var p Place
	err := scan(&p.Group, &p.Member.ID, (*kindColumn)(&p.Member.Kind), &p.Until, &p.schedule)
	return p, err
}

// alive is the condition that the object with an id in a column is not deleted.
func alive(id string) string {
	return probe("object l WHERE l.id = " + id + " AND l.deleted_at = " + never)
}

// placeTable is one source of places in groups, in the order of an id, with the kind of
// member in a column.
func placeTable(from, scan, where, id, kind, columns string) *Table[Place] {
	return &Table[Place]{
		From: from, Scan: scan, Where: where, ID: id, Order: byID(id), Row: scanPlace, Select: columns,
		Columns: map[string]Column{"kind": {SQL: kind, Kind: odata.KindInt}},
		Held:    func(p *Place) (principal, schedule guid.ID) { return p.Member.ID, p.schedule },
	}
}

const (
	standingPlace = "m.group_id, m.member_id, m.member_kind, " + never + ", ''"
	timedPlace    = "s.group_id, s.principal_id, " + timedKind + ", s.end_at, s.id"
	timedKind     = "(SELECT o.kind FROM object o WHERE o.id = s.principal_id)"
)

// The sources of places: standing ones, and windows in force; by group, and by member.
var (
	standingIn = placeTable("membership m", "m.group_id = {group} AND m.relation = {relation}", alive("m.member_id"), "m.member_id", "m.member_kind", standingPlace)
	standingOf = placeTable("membership m", "m.member_id = {member} AND m.relation = {relation}", alive("m.group_id"), "m.group_id", "m.member_kind", standingPlace)
	timedIn    = placeTable("schedule s", "s.open = 1 AND s.group_id > '' AND s.group_id = {group}", "s.relation = {relation} AND s.kind > 0 AND "+inForce, "s.principal_id", timedKind, timedPlace)
	timedOf    = placeTable("schedule s", "s.open = 1 AND s.principal_id = {member}", "s.group_id > '' AND s.relation = {relation} AND s.kind > 0 AND "+inForce, "s.group_id", timedKind, timedPlace)
)

// Members are who is in a group now, as member or owner, in the order of their ids: by a
// standing place, or by a window in force. Kinds limits them to members of those kinds,
// unless it is nil.
func (tx *ReadTx) Members(group guid.ID, r directory.Relation, kinds []directory.Kind, limit int, after *Position) (Page[Place], error) {
	values := map[string]any{"group": text(group), "relation": int64(r)}
	return tx.places(standingIn, timedIn, values, kinds, limit, after, func(p Place) guid.ID { return p.Member.ID })
}

// Around are the groups that somebody is in now, as member or owner, in the order of their
// ids.
func (tx *ReadTx) Around(member guid.ID, r directory.Relation, limit int, after *Position) (Page[Place], error) {
	values := map[string]any{"member": text(member), "relation": int64(r)}
	return tx.places(standingOf, timedOf, values, nil, limit, after, func(p Place) guid.ID { return p.Group })
}

// places merges pages of both sources into one. Who has a standing place is listed with
// that.
func (tx *ReadTx) places(standing, timed *Table[Place], values map[string]any, kinds []directory.Kind, limit int, after *Position, id func(Place) guid.ID) (Page[Place], error) {
	var sources []Source[Place]
	for _, t := range []*Table[Place]{standing, timed} {
		q := ListQuery{Values: values}
		if kinds != nil {
			c := Condition{Column: t.Column("kind")}
			for _, k := range kinds {
				c.Values = append(c.Values, int64(k))
			}
			q.Rows = []Condition{c}
		}
		sources = append(sources, Source[Place]{t, q})
	}
	return ListAll(tx, sources, limit, after, id)
}

// A Source is a table and what is asked of it, whose rows are listed with those of others.
type Source[T any] struct {
	Table *Table[T]
	Query ListQuery
}

// ListAll answers one page of the rows of several sources, in the order of their ids, which
// must be that of each. Rows with the same id are one: that of the first source.
func ListAll[T any](tx *ReadTx, sources []Source[T], limit int, after *Position, id func(T) guid.ID) (Page[T], error) {
	var merged Page[T]
	for _, source := range sources {
		q := source.Query
		q.Limit, q.After, q.Order = limit, after.in(source.Table.ID), nil
		page, err := List(tx, source.Table, q)
		if err != nil {
			return Page[T]{}, err
		}
		merged.Rows = append(merged.Rows, page.Rows...)
		if page.Next != nil && (merged.Next == nil || page.Next.ID < merged.Next.ID) {
			merged.Next = page.Next
		}
	}
	slices.SortStableFunc(merged.Rows, func(a, b T) int { return id(a).Compare(id(b)) })
	merged.Rows = slices.CompactFunc(merged.Rows, func(a, b T) bool { return id(a) == id(b) })
	if merged.Next != nil { // one source is not known beyond its page, so neither is the whole
		merged.Rows = slices.DeleteFunc(merged.Rows, func(row T) bool { return cmp.Compare(id(row).String(), merged.Next.ID) > 0 })
	}
	if len(merged.Rows) > limit {
		merged.Rows = merged.Rows[:limit]
		merged.Next = &Position{ID: id(merged.Rows[limit-1]).String()}
	}
	return merged, nil
}

// CountAll is how many rows several sources have together.
func CountAll[T any](tx *ReadTx, sources []Source[T]) (sum int64, err error) {
	for _, s := range sources {
		n, err := Count(tx, s.Table, s.Query)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// in is the position as one in the order of another source's id.
func (p *Position) in(id string) *Position {
	if p == nil {
		return nil
	}
	return &Position{By: id, Text: p.ID, ID: p.ID}
}
