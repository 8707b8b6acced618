package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ephor/test/harness"
)

// The world of places is three people and two groups; the first is role-assignable and
// holds a role, so that who is in it may do what others may not.
const (
	seaters = 3
	teams   = 2
)

var relations = [...]string{"member", "owner"}

// A spot is a place that somebody can have.
type spot struct{ who, team, relation int }

// A seat is a window in which somebody is eligible for a spot, or has it.
type seat struct {
	id, kind string
	spot
	from, to time.Time
	on       string // of an activation: the eligibility it stands on
}

func (s *seat) covers(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

// A hall is the model's whole state.
type hall struct {
	now      time.Time
	disabled [seaters]bool
	gone     [teams]bool
	standing map[spot]bool
	seats    []*seat
}

// ground is whether what an activation stands on covers an instant.
func (h *hall) ground(s *seat, at time.Time) bool {
	if s.kind != activated {
		return true
	}
	return slices.ContainsFunc(h.seats, func(e *seat) bool { return e.id == s.on && e.covers(at) })
}

// sits tells whether somebody is in a group now.
func (h *hall) sits(p spot) bool {
	if h.gone[p.team] {
		return false
	}
	if h.standing[p] {
		return true
	}
	return !h.disabled[p.who] && h.seated(p)
}

// seated tells whether a window puts somebody in a spot now, who would only have to be
// enabled.
func (h *hall) seated(p spot) bool {
	return slices.ContainsFunc(h.seats, func(s *seat) bool {
		return s.spot == p && s.kind != eligible && s.covers(h.now) && h.ground(s, h.now)
	})
}

// held are somebody's windows of some kinds that are not over.
func (h *hall) held(p spot, kinds ...string) (all []*seat) {
	for _, s := range h.seats {
		if s.spot == p && slices.Contains(kinds, s.kind) && h.now.Before(s.to) {
			all = append(all, s)
		}
	}
	return all
}

// open tells whether a window is, or will by itself be, in force.
func (h *hall) open(s *seat) bool {
	next := h.now
	if s.from.After(next) {
		next = s.from
	}
	return h.now.Before(s.to) && h.ground(s, next)
}

func (h *hall) drop(gone ...*seat) {
	h.seats = slices.DeleteFunc(h.seats, func(s *seat) bool { return slices.Contains(gone, s) })
}

// A duet is the server and the model, taken through the same history.
type duet struct {
	*both
	*hall
}

func placeSeed() harness.Seed {
	s := harness.Seed{People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}}, Groups: []harness.Group{{Name: "plain"}}}
	for i := range seaters {
		s.People = append(s.People, harness.Person{Name: name(i)})
	}
	s.Groups = append(s.Groups, harness.Group{Name: team(0), Assignable: true, Roles: []string{"Groups Administrator"}}, harness.Group{Name: team(1)})
	return s
}

func team(i int) string { return fmt.Sprintf("team%d", i) }

func TestPlacesInGroupsAgreeWithTheModelAtEveryInstant(t *testing.T) {
	t.Parallel()
	harness.EachAlone(t, placeSeed(), func(t *testing.T, h *harness.House) {
		check(t, func(t *rapid.T, steps counted) {
			house, drop := h.Anew(placeSeed())
			defer drop()
			d := &duet{
				both: &both{T: t, house: house, ref: newReference(beginning), callers: map[[2]int]*harness.Caller{}, former: map[int]*harness.Caller{}},
				hall: &hall{now: beginning, standing: map[spot]bool{}},
			}
			d.turn(beginning)
			d.seat(spot{0, 0, 0}, eligible, 24*time.Hour, 0)
			t.Repeat(steps(d.actions()))
			d.whole()
		})
	})
}

// compare holds everything that can be seen against the model.
func (d *duet) compare() {
	d.Helper()
	for g := range teams {
		if d.gone[g] {
			continue
		}
		for r, relation := range relations {
			var want []string
			for p := range seaters {
				if d.sits(spot{p, g, r}) {
					want = append(want, name(p))
				}
			}
			d.sameNames("/groups/{"+team(g)+"}/"+relation+"s", "id", want)
		}
		d.sameRows(g, "assignmentScheduleInstances", func(s *seat) bool {
			return s.kind != eligible && s.covers(d.now) && d.ground(s, d.now) && !d.disabled[s.who]
		}, true)
		d.sameRows(g, "eligibilityScheduleInstances", func(s *seat) bool { return s.kind == eligible && s.covers(d.now) && !d.disabled[s.who] }, false)
		d.sameRows(g, "eligibilitySchedules", func(s *seat) bool { return s.kind == eligible && d.now.Before(s.to) }, false)
	}
	d.sameRights()
}

// sameNames holds the people in a list against the model's.
func (d *duet) sameNames(path, property string, want []string) {
	d.Helper()
	var got []string
	for _, row := range d.admin.Want(200, "GET", path, "").Values() {
		for p := range seaters {
			if row[property] == d.house.ID(name(p)).String() {
				got = append(got, name(p))
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		d.Fatalf("at %s GET %s has %v, want %v", wire(d.now), path, got, want)
	}
}

// sameRows holds a list of PIM's against the model's windows, and standing places.
func (d *duet) sameRows(g int, set string, shows func(*seat) bool, standing bool) {
	d.Helper()
	var want []string
	for _, s := range d.seats {
		if s.team == g && shows(s) {
			want = append(want, name(s.who)+" "+relations[s.relation]+" "+strings.ToLower(s.kind)+" "+wire(s.from))
		}
	}
	for p := range d.standing {
		if standing && p.team == g {
			want = append(want, name(p.who)+" "+relations[p.relation]+" assigned ")
		}
	}
	var got []string
	for _, row := range d.admin.Want(200, "GET", placesPath+set+"?$filter=groupId eq '{"+team(g)+"}'", "").Values() {
		kind, _ := row["assignmentType"].(string)
		from, _ := row["startDateTime"].(string)
		if info, ok := row["scheduleInfo"].(map[string]any); ok {
			from, _ = info["startDateTime"].(string)
		}
		if kind == "" {
			kind = eligible
		}
		for p := range seaters {
			if row["principalId"] == d.house.ID(name(p)).String() {
				access, _ := row["accessId"].(string)
				got = append(got, name(p)+" "+access+" "+kind+" "+from)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		d.Fatalf("at %s %s of %s are %q, want %q", wire(d.now), set, team(g), got, want)
	}
}

// sameRights asks whether each person may do what the first group's role is for.
func (d *duet) sameRights() {
	d.Helper()
	for p := range seaters {
		want := !d.disabled[p] && d.sits(spot{p, 0, 0})
		ruling, err := d.admin.Decide(harness.Question{Subject: name(p), Action: "groups/basic/update", Kind: "group", Resource: "plain"})
		if err != nil || ruling.Decision != want {
			d.Fatalf("at %s %s has the role of its group: %t, %v; want %t", wire(d.now), name(p), ruling.Decision, err, want)
		}
	}
}
