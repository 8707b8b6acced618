package store

import (
	"fmt"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/odata"
)

// Units are the live administrative units.
var Units = &Table[directory.Unit]{
	From: "unit t", shelf: unitShelf, Scan: "t.deleted_at = " + never, ID: "t.id", Order: byID("t.id"), Total: directory.KindUnit.String(), Row: scanUnit,
	Select: prefixed("t", unitColumns),
	Columns: map[string]Column{
		"id":                 selective(required(idOf("t.id"))),
		"display_name":       indexed(keyed("t.display_name_key")),
		"display_name words": wordsOf(directory.KindUnit, nameWords, "t.id"),
		"description words":  wordsOf(directory.KindUnit, descriptionWords, "t.id"),
		"description":        keyed("t.description_key"),
		"restricted":         truthOf("t.restricted"),
		"created":            at("t.created_at"),
		"deleted":            at("t.deleted_at"),
	},
}

// UnitMembers are the live objects in a unit: name the unit in the query's Rows.
var UnitMembers = &Table[directory.Ref]{
	From: "unit_member m", ID: "m.member_id", Order: byID("m.member_id"),
	Where:  alive("m.member_id"),
	Select: "m.member_id, m.member_kind",
	Row: func(scan func(dest ...any) error) (directory.Ref, error) {
		var r directory.Ref
		err := scan(&r.ID, (*kindColumn)(&r.Kind))
		return r, err
	},
	Columns: map[string]Column{
		"unit":   indexed(required(idOf("m.unit_id"))),
		"member": required(idOf("m.member_id")),
		"kind":   {SQL: "m.member_kind", Kind: odata.KindInt},
	},
}

// UnitUsers and UnitGroups are the live users and groups in the unit {unit}, as users and
// groups: what may be asked of those may be asked of them, row by row.
var (
	UnitUsers  = inUnit(Users, "directory_user u", "u")
	UnitGroups = inUnit(Groups, "directory_group g", "g")
)

func inUnit[T any](of *Table[T], table, alias string) *Table[T] {
	t := *of
	t.From, t.Scan, t.Total = "unit_member m JOIN "+table+" ON "+alias+".id = m.member_id", "m.unit_id = {unit}", ""
	t.Where, t.ID, t.Twin, t.Order = of.Scan, "m.member_id", alias+".id", byID("m.member_id")
	t.Columns = make(map[string]Column, len(of.Columns))
	for name, c := range of.Columns {
		c.Indexed, c.Selective = false, false
		t.Columns[name] = c
	}
	return &t
}

// UnitsOfMember are the live units that an object is in: name the object in the query's
// Rows.
var UnitsOfMember = &Table[directory.Unit]{
	From: "unit_member m JOIN unit t ON t.id = m.unit_id", ID: "m.unit_id", Order: byID("m.unit_id"), Where: "t.deleted_at = " + never, Row: scanUnit,
	Select:  prefixed("t", unitColumns),
	Columns: map[string]Column{"member": indexed(required(idOf("m.member_id")))},
}

// MostUnits bounds the units of one object (behaviour.md §11).
const MostUnits = 30

// UnitsWith are the live units that an object is in.
func (tx *ReadTx) UnitsWith(member guid.ID) ([]directory.Unit, error) {
	page, err := List(tx, UnitsOfMember, ListQuery{Rows: []Condition{Is(UnitsOfMember.Column("member"), member)}, Limit: pageMost})
	return page.Rows, err
}

// UnitsAround are the live units that each of the objects, at most a thousand, is in, in the
// order of their ids.
func (tx *ReadTx) UnitsAround(of []guid.ID) (map[guid.ID][]directory.Unit, error) {
	around, named := map[guid.ID][]guid.ID{}, map[guid.ID]bool{}
	var ids []guid.ID
	err := tx.each("SELECT member_id, unit_id FROM unit_member WHERE member_id IN (", of, ") ORDER BY member_id, unit_id", func(scan func(dest ...any) error) error {
		var member, unit guid.ID
		err := scan(&member, &unit)
		around[member] = append(around[member], unit)
		if !named[unit] {
			named[unit] = true
			ids = append(ids, unit)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load the units of objects: %w", err)
	}
	units := map[guid.ID]directory.Unit{}
	for some := range slices.Chunk(ids, pageMost) {
		list, err := tx.UnitsOf(some)
		if err != nil {
			return nil, err
		}
		for _, u := range list {
			units[u.ID] = u
		}
	}
	all := map[guid.ID][]directory.Unit{}
	for member, list := range around {
		for _, id := range list {
			if u, live := units[id]; live {
				all[member] = append(all[member], u)
			}
		}
	}
	return all, nil
}

// InUnit reports whether an object is in a unit.
func (tx *ReadTx) InUnit(unit, member guid.ID) (bool, error) {
	there, err := tx.unitMembers("unit_id = $1 AND member_id = $2", unit, member)
	return len(there) > 0, err
}

// unitsOf is how many units an object is in, the deleted ones included: they come back with
// all their members.
func (tx *ReadTx) unitsOf(member guid.ID) (n int64, err error) {
	_, err = tx.one("SELECT count(*) FROM unit_member WHERE member_id = $1", []any{member}, &n)
	return n, err
}
