package store

import (
	"fmt"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// The first few places of each of many objects, as $expand shows them: one query for each
// source of places, whatever the number of objects and however many places each has.

// nearest is the query for the places of objects o, from a table whose index leads from by to
// the other end in its order, with the principal and the id of the schedule, ” for none, that
// gives it. Beyond the last that is wanted nothing is read: the bound is found by itself, once
// for each object, among ends that differ, since one may have several schedules. CROSS JOIN
// says to SQLite that the objects come first.
func nearest(table, by, end, held string, places func(alias string) string) string {
	return "SELECT o.id, m." + end + ", " + held + " FROM object o CROSS JOIN " + table + " m WHERE m." + by + " = o.id AND " + places("m") +
		" AND m." + end + " <= coalesce((SELECT DISTINCT x." + end + " FROM " + table + " x WHERE x." + by + " = o.id AND " + places("x") +
		" ORDER BY x." + end + " LIMIT 1 OFFSET {skip}), '~') AND o.id IN ("
}

// standingPlaces are standing places whose other end lives.
func standingPlaces(end string) func(alias string) string {
	return func(alias string) string {
		return alias + ".relation = {relation} AND " + alive(alias+"."+end)
	}
}

// timedPlaces are the places that PIM gives now.
func timedPlaces(alias string) string {
	return alias + ".open = 1 AND " + alias + ".group_id > '' AND " + alias + ".relation = {relation} AND " + alias + ".kind > 0 AND " + conferring(alias, true)
}

// What gives a place.
const (
	noSchedule   = "'', ''"
	thatSchedule = "m.principal_id, m.id"
)

// The queries of who is in groups, and of the groups that somebody is in.
var (
	nearestIn = []string{
		nearest("membership", "group_id", "member_id", noSchedule, standingPlaces("member_id")),
		nearest("schedule", "group_id", "principal_id", thatSchedule, timedPlaces),
	}
	nearestOf = []string{
		nearest("membership", "member_id", "group_id", noSchedule, standingPlaces("group_id")),
		nearest("schedule", "principal_id", "group_id", thatSchedule, timedPlaces),
	}
)

// FirstMembers are, for each of the groups, up to most of those who are in it
// now, as member or owner, in the order of their ids. So are the owners of applications.
func (tx *ReadTx) FirstMembers(groups []guid.ID, r directory.Relation, most int) (map[guid.ID][]guid.ID, error) {
	return tx.nearest(nearestIn, groups, r, most)
}

// FirstAround are, for each of the objects, up to most of the groups that it is
// in now, as member or owner, in the order of their ids. What it owns need be no group.
func (tx *ReadTx) FirstAround(members []guid.ID, r directory.Relation, most int) (map[guid.ID][]guid.ID, error) {
	return tx.nearest(nearestOf, members, r, most)
}

func (tx *ReadTx) nearest(queries []string, of []guid.ID, r directory.Relation, most int) (map[guid.ID][]guid.ID, error) {
	all := map[guid.ID][]guid.ID{}
	for some := range slices.Chunk(of, pageMost) {
		if err := tx.nearestOf(queries, some, r, most, all); err != nil {
			return nil, fmt.Errorf("load the first places: %w", err)
		}
	}
	for id, found := range all {
		slices.SortFunc(found, guid.ID.Compare)
		found = slices.Compact(found)
		all[id] = found[:min(len(found), most)]
	}
	return all, nil
}

// nearestOf adds to all what the queries find of some objects.
func (tx *ReadTx) nearestOf(queries []string, of []guid.ID, r directory.Relation, most int, all map[guid.ID][]guid.ID) error {
	ids := make([]any, len(of))
	for i, id := range of {
		ids[i] = id
	}
	places, args := list(ids)
	for _, query := range queries {
		c := &clause{args: slices.Clone(args)}
		sql := c.fill(query, map[string]any{"relation": int64(r), "skip": int64(most - 1), "now": int64(tx.now)})
		err := tx.query(sql+places+")", c.args, func(scan func(dest ...any) error) error {
			var from, to, principal, schedule guid.ID
			err := scan(&from, &to, &principal, &schedule)
			if schedule.IsZero() || tx.honoured(principal, schedule) {
				all[from] = append(all[from], to)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// firstReports is nearest for the users whose manager somebody is.
var firstReports = []string{nearest("manager", "manager_id", "user_id", noSchedule, func(alias string) string { return alive(alias + ".user_id") })}

// FirstReports are, for each of the users, up to most of those whose manager it
// is, in the order of their ids.
func (tx *ReadTx) FirstReports(managers []guid.ID, most int) (map[guid.ID][]guid.ID, error) {
	return tx.nearest(firstReports, managers, directory.Member, most)
}

// firstInUnits is nearest for what is in units.
var firstInUnits = []string{nearest("unit_member", "unit_id", "member_id", noSchedule, func(alias string) string { return alive(alias + ".member_id") })}

// FirstInUnits are, for each of the units, up to most of what is in it, in the order of their
// ids.
func (tx *ReadTx) FirstInUnits(units []guid.ID, most int) (map[guid.ID][]guid.ID, error) {
	return tx.nearest(firstInUnits, units, directory.Member, most)
}
