package store

import (
	"fmt"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
)

const membershipColumns = "id, group_id, relation, member_id, member_kind, since"

func scanMembership(scan func(dest ...any) error) (directory.Membership, error) {
	var m directory.Membership
	err := scan(&m.ID, &m.Group, (*relationColumn)(&m.Relation), &m.Member.ID, (*kindColumn)(&m.Member.Kind), &m.Since)
	return m, err
}

// memberships are the places that a condition finds.
func (tx *ReadTx) memberships(condition string, args ...any) ([]directory.Membership, error) {
	var all []directory.Membership
	err := tx.query("SELECT "+membershipColumns+" FROM membership WHERE "+condition, args, func(scan func(dest ...any) error) error {
		m, err := scanMembership(scan)
		all = append(all, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load memberships: %w", err)
	}
	return all, nil
}

// Owned is how many objects somebody owns by a standing place, up to most.
func (tx *ReadTx) Owned(owner guid.ID, most int) (n int64, err error) {
	_, err = tx.one("SELECT count(*) FROM (SELECT m.id FROM membership m WHERE m.member_id = $1 AND m.relation = 1 LIMIT $2) AS m", []any{owner, int64(most)}, &n)
	if err != nil {
		return 0, fmt.Errorf("count what %s owns: %w", owner, err)
	}
	return n, nil
}

// Membership is a principal's standing place of that relation in a group.
func (tx *ReadTx) Membership(group guid.ID, relation directory.Relation, member guid.ID) (m directory.Membership, found bool, err error) {
	all, err := tx.memberships("group_id = $1 AND relation = $2 AND member_id = $3", group, int64(relation), member)
	if err != nil || len(all) == 0 {
		return m, false, err
	}
	return all[0], true, nil
}

// manyPlaces bounds the groups of one member, and the owners of one group, that are read
// without paging.
const manyPlaces = 1000

// Places are the standing places of a member in live groups, at most a thousand, by group.
func (tx *ReadTx) Places(member guid.ID, relation directory.Relation) ([]directory.Membership, error) {
	var all []directory.Membership
	err := tx.query("SELECT "+prefixed("m", membershipColumns)+" FROM membership m JOIN object g ON g.id = m.group_id AND g.deleted_at = "+never+
		" WHERE m.member_id = $1 AND m.relation = $2 ORDER BY m.group_id, m.id LIMIT $3", []any{member, int64(relation), int64(manyPlaces)}, func(scan func(dest ...any) error) error {
		m, err := scanMembership(scan)
		all = append(all, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load places of %s: %w", member, err)
	}
	return all, nil
}

// Owners is how many standing owners a group has.
func (tx *ReadTx) Owners(group guid.ID) (int64, error) {
	var n int64
	_, err := tx.one("SELECT count(*) FROM membership WHERE group_id = $1 AND relation = $2", []any{group, int64(directory.Owner)}, &n)
	if err != nil {
		return 0, fmt.Errorf("count owners of %s: %w", group, err)
	}
	return n, nil
}

// InsertMembership gives a principal a place in a group. One that it has already is a fault
// (errors.md, 2).
func (tx *WriteTx) InsertMembership(m directory.Membership) error {
	_, there, err := tx.Membership(m.Group, m.Relation, m.Member.ID)
	if err != nil {
		return err
	}
	if there {
		return AlreadyIn(m.Relation)
	}
	tracked, err := tx.tracked(m.Group)
	if err != nil {
		return err
	}
	tx.exec(insertMembership, m.ID, m.Group, int64(m.Relation), m.Member.ID, int64(m.Member.Kind), m.Since)
	tx.changed(aMembership, membershipName(m))
	if !tracked {
		return nil
	}
	tx.stage().PutMembership(m)
	return tx.trackWithin(m)
}

// trackWithin brings the members of a group that has a place in a tracked one into the
// snapshot: they are in both.
func (tx *WriteTx) trackWithin(m directory.Membership) error {
	if m.Member.Kind != directory.KindGroup || m.Relation != directory.Member {
		return nil
	}
	return tx.track(m.Member.ID)
}

// AlreadyIn is the fault of giving somebody a place in a group that they have.
func AlreadyIn(relation directory.Relation) *fault.Fault {
	return fault.BadRequest(relation.String()+"s", "One or more added object references already exist for the following modified properties: '%ss'.", relation)
}

var insertMembership = insertInto("membership", strings.Split(membershipColumns, ", ")...)

// DeleteMembership takes a principal out of a group. A place that it does not have is a
// fault.
func (tx *WriteTx) DeleteMembership(group guid.ID, relation directory.Relation, member guid.ID) error {
	m, there, err := tx.Membership(group, relation, member)
	if err != nil {
		return err
	}
	if !there {
		return fault.NotFound(member.String())
	}
	tx.exec("DELETE FROM membership WHERE id = $1", m.ID)
	tx.left(m)
	return nil
}

// left keeps the snapshot in step with a place that is gone. Taking one out of a group that
// is not tracked changes nothing.
func (tx *WriteTx) left(m directory.Membership) {
	tx.stage().DropMembership(m)
	tx.changed(aMembership, membershipName(m))
}

// membershipName names a place in the list of changes.
func membershipName(m directory.Membership) string {
	return m.Group.String() + "/" + m.Relation.String() + "/" + m.Member.ID.String() + "/" + m.ID.String()
}

// dropPlaces ends the places of an object, and those in it.
func (tx *WriteTx) dropPlaces(id guid.ID) error {
	places, err := tx.memberships("member_id = $1 OR group_id = $1 ORDER BY id", id)
	if err != nil {
		return err
	}
	for _, m := range places {
		tx.left(m)
	}
	tx.exec("DELETE FROM membership WHERE member_id = $1 OR group_id = $1", id)
	return nil
}

// tracked reports whether the snapshot holds the members of a group or unit.
func (tx *ReadTx) tracked(id guid.ID) (bool, error) {
	o, found, err := tx.object(id)
	return found && o.Tracked, err
}

// track brings the members of a group or unit into the snapshot, once: a window, a policy
// or a restriction has named it.
func (tx *WriteTx) track(id guid.ID) error {
	if f, known := tx.Snap().Object(id); known && f.Kind != directory.KindGroup && f.Kind != directory.KindUnit {
		return nil
	}
	o, found, err := tx.object(id)
	if err != nil || !found || o.Tracked {
		return err
	}
	switch o.Kind {
	case directory.KindGroup:
		places, err := tx.memberships("group_id = $1 ORDER BY relation, member_id", id)
		if err != nil {
			return err
		}
		if err := tx.amend(id, func(o *objectRow) { o.Tracked = true }); err != nil {
			return err
		}
		for _, m := range places {
			tx.stage().PutMembership(m)
			if err := tx.trackWithin(m); err != nil {
				return err
			}
		}
		return nil
	case directory.KindUnit:
		members, err := tx.unitMembers("unit_id = $1", id)
		if err != nil {
			return err
		}
		for _, m := range members {
			tx.stage().PutUnitMember(m.unit, m.member)
		}
	default:
		return nil
	}
	return tx.amend(id, func(o *objectRow) { o.Tracked = true })
}

// prefixed is a list of columns, each of the table with that alias.
func prefixed(alias, columns string) string {
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}

// A relationColumn is scanned from a BIGINT column that holds a relation.
type relationColumn directory.Relation

// Scan reads a relation that there is.
func (r *relationColumn) Scan(src any) error {
	n, ok := src.(int64)
	if !ok || n < 0 || n > int64(directory.Owner) {
		return errColumn
	}
	*r = relationColumn(n)
	return nil
}
