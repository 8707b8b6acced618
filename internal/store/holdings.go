package store

import (
	"maps"

	"ephor/internal/pim"
)

// What somebody holds, of roles and of groups, to have or to activate, is in two tables:
// one list of them has the columns of both.
var (
	// Holdings are the schedules in force now, of every sort.
	Holdings = withSort(scheduleTable(inForce), map[string]Column{
		"sort":  spelled("CASE WHEN s.role_id > '' THEN 'role' ELSE 'group' END", "role", "group"),
		"state": spelled("CASE WHEN s.kind = 0 THEN 'eligible' ELSE 'active' END", "eligible", "active"),
	})
	// HeldPlaces are the standing places in groups.
	HeldPlaces = withSort(GroupPlaces, map[string]Column{
		"sort":            spelled("'group'", "role", "group"),
		"state":           spelled("'active'", "eligible", "active"),
		"role":            idOf("''"),
		"directory_scope": scoped("''"),
		"app_scope":       scoped("''"),
	})
)

func withSort(t *Table[pim.Schedule], more map[string]Column) *Table[pim.Schedule] {
	with := *t
	with.Columns = maps.Clone(t.Columns)
	maps.Copy(with.Columns, more)
	return &with
}
