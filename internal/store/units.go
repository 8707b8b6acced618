package store

import (
	"fmt"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

const unitColumns = "id, display_name, description, visibility, restricted, created_at, deleted_at"

var insertUnit, updateUnit = unitStatements()

func unitStatements() (insert, update string) {
	columns := append(strings.Split(unitColumns, ", ")[1:], "display_name_key", "description_key")
	return insertInto("unit", append(columns, "id")...), updateOf("unit", columns...)
}

func unitArgs(u *directory.Unit) []any {
	return []any{u.DisplayName, u.Description, u.Visibility, u.Restricted, u.Created, u.Deleted, fold(u.DisplayName), fold(u.Description), u.ID}
}

func scanUnit(scan func(dest ...any) error) (directory.Unit, error) {
	var u directory.Unit
	u.Kind = directory.KindUnit
	err := scan(&u.ID, &u.DisplayName, &u.Description, &u.Visibility, &u.Restricted, &u.Created, &u.Deleted)
	return u, err
}

func unitFacts(u *directory.Unit) func(*objectRow) {
	return func(o *objectRow) {
		o.ID, o.Kind, o.Enabled, o.Restricted, o.Deleted = u.ID, directory.KindUnit, true, u.Restricted, u.Deleted
		o.Tracked = o.Tracked || u.Restricted
	}
}

// unitShelf keeps units, deleted ones included.
var unitShelf = &shelf[directory.Unit]{
	table: "unit", columns: unitColumns, row: scanUnit,
	id:    func(u *directory.Unit) guid.ID { return u.ID },
	bytes: func(u *directory.Unit) int { return 512 + len(u.Description) },
}

func ownUnit(u *directory.Unit) directory.Unit { return *u }

// unitOf is the unit with that id that lives, or that does not.
func (tx *ReadTx) unitOf(id guid.ID, live bool) (directory.Unit, bool, error) {
	k, found, err := unitShelf.of(tx, id)
	if err != nil || !found || k.Row.Live() != live {
		return directory.Unit{}, false, err
	}
	return k.Row, true, nil
}

// Unit is the live administrative unit with that id.
func (tx *ReadTx) Unit(id guid.ID) (directory.Unit, bool, error) {
	return tx.unitOf(id, true)
}

// UnitsOf are the live units among ids, at most a thousand, in the order of their ids.
func (tx *ReadTx) UnitsOf(ids []guid.ID) ([]directory.Unit, error) {
	all, err := unitShelf.those(tx, ids, func(u *directory.Unit) bool { return u.Live() }, ownUnit)
	if err != nil {
		return nil, fmt.Errorf("load administrative units: %w", err)
	}
	return all, nil
}

// unitFamily writes units.
var unitFamily = &family[directory.Unit]{
	insert: insertUnit, update: updateUnit, args: unitArgs, facts: unitFacts, of: (*ReadTx).unitOf,
	object: func(u *directory.Unit) *directory.Object { return &u.Object },
	lists: func(u *directory.Unit) []valueList {
		return []valueList{wordList(directory.KindUnit, nameWords, u.DisplayName), wordList(directory.KindUnit, descriptionWords, u.Description)}
	},
	remove: func(tx *WriteTx, u *directory.Unit) { tx.exec("DELETE FROM unit WHERE id = $1", u.ID) },
}

// InsertUnit adds a unit without members.
func (tx *WriteTx) InsertUnit(u directory.Unit) error { return unitFamily.create(tx, &u) }

// UpdateUnit puts u in the place of the live unit with its id. Whether its members may be
// managed from outside never changes.
func (tx *WriteTx) UpdateUnit(u directory.Unit) error {
	return unitFamily.alter(tx, &u, func(old *directory.Unit) error {
		if old.Restricted != u.Restricted {
			return fault.BadRequest("isMemberManagementRestricted", "The property 'isMemberManagementRestricted' is fixed when the unit is created.")
		}
		return nil
	})
}

// DeleteUnit marks the live unit as deleted at an instant; its members stay noted.
func (tx *WriteTx) DeleteUnit(id guid.ID, at when.Instant) error {
	return unitFamily.delete(tx, id, at)
}

// RestoreUnit gives a deleted unit back.
func (tx *WriteTx) RestoreUnit(id guid.ID) (directory.Unit, error) { return unitFamily.restore(tx, id) }

// PurgeUnit removes a deleted unit for good.
func (tx *WriteTx) PurgeUnit(id guid.ID) error { return unitFamily.purge(tx, id) }

// A unitPlace says that an object is in a unit.
type unitPlace struct{ unit, member guid.ID }

func (p unitPlace) String() string { return p.unit.String() + "/" + p.member.String() }

func (tx *ReadTx) unitMembers(condition string, args ...any) ([]unitPlace, error) {
	var all []unitPlace
	err := tx.query("SELECT unit_id, member_id FROM unit_member WHERE "+condition+" ORDER BY unit_id, member_id", args, func(scan func(dest ...any) error) error {
		var p unitPlace
		err := scan(&p.unit, &p.member)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load unit members: %w", err)
	}
	return all, nil
}

var insertUnitMember = insertInto("unit_member", "unit_id", "member_id", "member_kind")

// InsertUnitMember puts an object into a unit. One that is in it already is a fault.
func (tx *WriteTx) InsertUnitMember(unit guid.ID, member directory.Ref) error {
	there, err := tx.unitMembers("unit_id = $1 AND member_id = $2", unit, member.ID)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fault.BadRequest("members", "One or more added object references already exist for the following modified properties: 'members'.")
	}
	n, err := tx.unitsOf(member.ID)
	if err != nil {
		return err
	}
	if n >= MostUnits {
		return fault.Quota(fault.Principal, "An object is in at most %d administrative units.", MostUnits)
	}
	tracked, err := tx.tracked(unit)
	if err != nil {
		return err
	}
	tx.exec(insertUnitMember, unit, member.ID, int64(member.Kind))
	if tracked {
		tx.stage().PutUnitMember(unit, member.ID)
	}
	tx.changed(aUnitMember, unitPlace{unit, member.ID}.String())
	return nil
}

// DeleteUnitMember takes an object out of a unit. One that is not in it is a fault.
func (tx *WriteTx) DeleteUnitMember(unit, member guid.ID) error {
	there, err := tx.unitMembers("unit_id = $1 AND member_id = $2", unit, member)
	if err != nil {
		return err
	}
	if len(there) == 0 {
		return fault.NotFound(member.String())
	}
	tx.exec("DELETE FROM unit_member WHERE unit_id = $1 AND member_id = $2", unit, member)
	tx.leftUnit(there[0])
	return tx.endInside(there[0])
}

// endInside ends what was activated at an object by eligibility for a unit that the object
// has left, so that it does not revive when the object comes back.
func (tx *WriteTx) endInside(p unitPlace) error {
	all, err := tx.schedules("s.scope_id > '' AND s.scope_id = $1 AND s.via_eligibility > '' ORDER BY s.id", p.member)
	if err != nil {
		return err
	}
	for _, s := range all {
		e, found, err := tx.Schedule(s.Via.Eligibility)
		if err != nil {
			return err
		}
		if found && e.Target.Scope == (pim.Scope{Kind: pim.ScopeUnit, ID: p.unit}) {
			if err := tx.revoke([]pim.Schedule{s}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *WriteTx) leftUnit(p unitPlace) {
	tx.stage().DropUnitMember(p.unit, p.member)
	tx.changed(aUnitMember, p.String())
}

// dropUnitPlaces ends an object's places in units, and those in it.
func (tx *WriteTx) dropUnitPlaces(id guid.ID) error {
	there, err := tx.unitMembers("unit_id = $1 OR member_id = $1", id)
	if err != nil {
		return err
	}
	for _, p := range there {
		tx.leftUnit(p)
	}
	tx.exec("DELETE FROM unit_member WHERE unit_id = $1 OR member_id = $1", id)
	return nil
}
