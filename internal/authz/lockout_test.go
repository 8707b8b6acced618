package authz

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// anybody is a tenant in which all can sign in and activate what they are eligible for, and
// anybody might have a place in any group.
func anybody(w world) Recovery {
	return Recovery{
		Doors:     func(guid.ID) []when.Window { return ever },
		Activates: func(guid.ID, pim.Target) []when.Window { return ever },
		Placed: func(guid.ID) iter.Seq[guid.ID] {
			return slices.Values([]guid.ID{named("ada"), named("bob"), named("robot")})
		},
	}
}

var ever = []when.Window{always}

func nobody(guid.ID, pim.Target) []when.Window { return nil }

// stepless is who may activate the role, but no place in a group.
func stepless(_ guid.ID, t pim.Target) []when.Window {
	if t.Group.IsZero() {
		return ever
	}
	return nil
}

func span(start, end when.Instant) when.Window { return when.Window{Start: start, End: end} }

// until is that somebody can sign in for some time only, and the others always.
func until(name string, windows ...when.Window) Recovery {
	doors := func(id guid.ID) []when.Window {
		if id == named(name) {
			return windows
		}
		return ever
	}
	return Recovery{Doors: doors, Activates: func(id guid.ID, _ pim.Target) []when.Window { return doors(id) }}
}

const year = noon + 365*when.Day

func sole(w world) { w.users("ada", "bob"); w.assign("ada", globalAdmin) }

// lockouts are changes, and whether nobody is left after them.
var lockouts = []struct {
	name          string
	given, change func(world)
	is            Recovery
	loses         bool
}{
	{"removing the only assignment", sole, func(w world) { w.DropSchedule(named("ada"), named("ada has "+globalAdmin.String())) }, Recovery{}, true},
	{"disabling the only one", sole, func(w world) { w.put(directory.KindUser, Disabled, "ada") }, Recovery{}, true},
	{"deleting the only one", sole, func(w world) { w.put(directory.KindUser, Deleted, "ada") }, Recovery{}, true},
	{"ending the only one next year", sole, func(w world) { w.assign("ada", globalAdmin, during(noon, year)) }, Recovery{}, true},
	{"starting the only one tomorrow", sole, func(w world) { w.assign("ada", globalAdmin, during(noon+when.Day, when.Never)) }, Recovery{}, true},
	{"disabling the role", sole, func(w world) {
		w.PutRole(directory.RoleDefinition{Object: alive(globalAdmin, directory.KindRole)})
	}, Recovery{}, true},
	{"taking the only credential", sole, func(world) {}, until("ada"), true},
	{"putting an end to the only credential", sole, func(world) {}, until("ada", span(noon, year)), true},
	{"a credential that starts later", sole, func(world) {}, until("ada", span(noon+when.Tick, when.Never)), true},
	{"one credential after the other", sole, func(world) {}, until("ada", span(year, when.Never), span(noon, year)), false},
	{"one credential after the other, with a gap", sole, func(world) {}, until("ada", span(noon, year), span(year+when.Tick, when.Never)), true},
	{"leaving who can sign in until next year", sole, func(w world) {
		w.assign("bob", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, until("bob", span(noon, year)), true},
	{"leaving an eligible one who can sign in until next year", sole, func(w world) {
		w.eligible("bob", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, until("bob", span(noon, year)), true},
	{"leaving a member who can sign in until next year", sole, func(w world) {
		w.group("ops", "bob")
		w.assign("ops", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, until("bob", span(noon, year)), true},
	{"handing over to who can sign in for just that long", sole, func(w world) {
		w.assign("bob", globalAdmin, during(noon, year))
		w.assign("ada", globalAdmin, during(year, when.Never))
	}, until("bob", span(noon, year)), false},
	{"disabling somebody else", sole, func(w world) { w.put(directory.KindUser, Disabled, "bob") }, Recovery{}, false},
	{"giving the only one a place in one of many groups", func(w world) {
		sole(w)
		for i := range 400 { // more than there are roles
			w.group(fmt.Sprint("group", i), "bob")
		}
	}, func(w world) { w.seat("seat", pim.Assigned, "ada", "group399", directory.Member, during(noon, year)) }, Recovery{}, false},
	{"handing over at once", sole, func(w world) {
		w.assign("ada", globalAdmin, during(noon-when.Day, year))
		w.eligible("bob", globalAdmin, during(year, when.Never))
	}, Recovery{}, false},
	{"handing over with a gap", sole, func(w world) {
		w.assign("ada", globalAdmin, during(noon-when.Day, year))
		w.eligible("bob", globalAdmin, during(year+when.Tick, when.Never))
	}, Recovery{}, true},
	{"leaving the eligible ones", sole, func(w world) {
		w.eligible("bob", globalAdmin)
		w.DropSchedule(named("ada"), named("ada has "+globalAdmin.String()))
	}, Recovery{}, false},
	{"leaving eligible ones who need approval", sole, func(w world) {
		w.eligible("bob", globalAdmin)
		w.DropSchedule(named("ada"), named("ada has "+globalAdmin.String()))
	}, Recovery{Activates: nobody}, true},
	{"leaving an activation", sole, func(w world) {
		w.schedule("x", pim.Activated, "bob", pim.Target{Role: globalAdmin}, nil)
		w.DropSchedule(named("ada"), named("ada has "+globalAdmin.String()))
	}, Recovery{}, true},
	{"leaving a service principal that is assigned", sole, func(w world) {
		w.client("robot", "RoleManagement.ReadWrite.Directory")
		w.assign("robot", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, false},
	{"leaving a service principal that may call nothing", sole, func(w world) {
		w.client("robot", "User.Read.All")
		w.assign("robot", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, true},
	{"leaving a member for a time", sole, func(w world) {
		w.group("ops")
		w.assign("ops", globalAdmin)
		w.seat("bob in ops", pim.Assigned, "bob", "ops", directory.Member)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, false},
	{"leaving a member until next year", sole, func(w world) {
		w.group("ops")
		w.assign("ops", globalAdmin)
		w.seat("bob in ops", pim.Assigned, "bob", "ops", directory.Member, during(noon-when.Day, year))
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, true},
	{"leaving who may become a member, of what may be activated", sole, func(w world) {
		w.group("ops")
		w.eligible("ops", globalAdmin)
		w.seat("bob in ops", pim.Eligible, "bob", "ops", directory.Member)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, false},
	{"leaving who may become a member with approval only", sole, func(w world) {
		w.group("ops")
		w.assign("ops", globalAdmin)
		w.seat("bob in ops", pim.Eligible, "bob", "ops", directory.Member)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{Activates: stepless}, true},
	{"leaving a member for a time in a group that is deleted", sole, func(w world) {
		w.group("ops")
		w.assign("ops", globalAdmin)
		w.seat("bob in ops", pim.Assigned, "bob", "ops", directory.Member)
		w.put(directory.KindGroup, RoleAssignable|Deleted, "ops")
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, true},
	{"ending the only place in the group", func(w world) {
		w.users("ada")
		w.group("ops")
		w.assign("ops", globalAdmin)
		w.seat("ada in ops", pim.Assigned, "ada", "ops", directory.Member)
	}, func(w world) { w.DropSchedule(named("ada"), named("ada in ops")) }, Recovery{}, true},
	{"leaving a group with a member", sole, func(w world) {
		w.group("ops", "bob")
		w.eligible("ops", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, false},
	{"leaving an empty group", sole, func(w world) {
		w.group("ops")
		w.own("bob", "ops")
		w.eligible("ops", globalAdmin)
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, true},
	{"leaving one scoped to a unit", sole, func(w world) {
		w.unit("sales", false)
		w.assign("bob", globalAdmin, inside("sales"))
		w.put(directory.KindUser, Disabled, "ada")
	}, Recovery{}, true},
	{"the last member leaving the group", func(w world) {
		w.users("ada")
		w.group("ops", "ada")
		w.assign("ops", globalAdmin)
	}, func(w world) { w.DropMembership(membership("ada", "ops", directory.Member)) }, Recovery{}, true},
	{"anything, when time has emptied it", func(w world) {
		w.users("ada", "bob")
		w.assign("ada", globalAdmin, during(noon-when.Day, noon))
	}, func(w world) { w.put(directory.KindUser, Disabled, "ada") }, Recovery{}, false},
	{"what keeps the end where it was", func(w world) {
		w.users("ada", "bob")
		w.assign("ada", globalAdmin, during(noon, year))
	}, func(w world) { w.assign("bob", globalAdmin, during(noon, year)) }, Recovery{}, false},
}

func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	for _, c := range lockouts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			c.given(w)
			before := w.Publish(Version{})
			c.change(w)
			was, is := anybody(w), anybody(w)
			if c.is.Doors != nil {
				is.Doors = c.is.Doors
			}
			if c.is.Activates != nil {
				is.Activates = c.is.Activates
			}
			if got := w.View().Unadministered(is, noon) < before.Unadministered(was, noon); got != c.loses {
				t.Errorf("loses %v, want %v", got, c.loses)
			}
		})
	}
}
