package pim

import (
	"strings"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// The schedules and instances of places in groups have ids of the form
// {groupId}_{accessId}_{guid} (behaviour.md, Id formats). A schedule's GUID is that of the
// request that made it, or of the standing place that it is. An instance's is its own, but
// for a standing place, which is one thing.

// GroupScheduleID is the id of a schedule for a place in a group.
func GroupScheduleID(t Target, id guid.ID) string {
	return t.Group.String() + "_" + t.Relation.String() + "_" + id.String()
}

// ParseGroupScheduleID reads the id of a schedule. A GUID alone is one too, of whatever
// group (the reference's own examples read them so); the target is then zero.
func ParseGroupScheduleID(s string) (t Target, id guid.ID, ok bool) {
	if id, ok := guid.Parse(s); ok {
		return Target{}, id, true
	}
	parts := strings.Split(s, "_")
	if len(parts) != 3 {
		return Target{}, guid.ID{}, false
	}
	group, ok1 := guid.Parse(parts[0])
	relation, ok2 := ParseRelation(parts[1])
	id, ok3 := guid.Parse(parts[2])
	return Target{Group: group, Relation: relation}, id, ok1 && ok2 && ok3
}

// ParseRelation reads an accessId in any casing.
func ParseRelation(s string) (directory.Relation, bool) {
	for _, r := range [...]directory.Relation{directory.Member, directory.Owner} {
		if strings.EqualFold(s, r.String()) {
			return r, true
		}
	}
	return 0, false
}

// mask makes an instance's GUID of a schedule's and the reverse: it leaves the variant and
// makes of version 7 version 8.
var mask = guid.Must("5c1f3a96-e4d2-f07b-0b6d-91a8c3475e2d")

// GroupInstanceID is the id of the instance of s.
func GroupInstanceID(s Schedule) string {
	if s.OutsidePIM() {
		return GroupScheduleID(s.Target, s.ID)
	}
	return GroupScheduleID(s.Target, turned(s.ID))
}

// ScheduleOfInstance are the schedules that the GUID of an instance could be of: of a
// request's making, and a standing place.
func ScheduleOfInstance(id guid.ID) (made, standing guid.ID) { return turned(id), id }

func turned(id guid.ID) guid.ID {
	for i := range id {
		id[i] ^= mask[i]
	}
	return id
}
