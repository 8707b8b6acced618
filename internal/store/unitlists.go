package store

import (
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
