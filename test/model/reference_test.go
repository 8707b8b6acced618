package model

import (
	"maps"
	"slices"
	"time"
)

// The world is four people and two role-assignable groups, who hold three roles in the
// whole tenant. Principals are numbered: people first, then groups.
const (
	people     = 4
	groups     = 2
	principals = people + groups
	roles      = 3
)

// The kinds of grant.
const (
	eligible  = "eligible"
	assigned  = "Assigned"
	activated = "Activated"
)

// never is the end that does not come.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// A grant is a window in which a principal is eligible for a role, or has it.
type grant struct {
	id       string
	kind     string
	who      int
	role     int
	from, to time.Time
	plain    bool   // made by the door that knows no schedules
	on       string // of an activation: the eligibility it stands on
	seat     int    // and the place in the group that it came by, 0 for its own
}

func (g *grant) covers(t time.Time) bool { return !t.Before(g.from) && t.Before(g.to) }

// A being is a person or a group.
type being struct {
	disabled bool
	deleted  bool
	since    time.Time // when it was deleted
	seats    map[int]int
}

// A reference is the model's whole state.
type reference struct {
	now    time.Time
	beings [principals]being
	off    [roles]bool // roles that are disabled
	grants []*grant
	taken  int // places given so far
	// requests are all that were ever made, by id.
	requests map[string]*request
}

func newReference(now time.Time) *reference {
	r := &reference{now: now, requests: map[string]*request{}}
	for g := people; g < principals; g++ {
		r.beings[g].seats = map[int]int{}
	}
	return r
}

// acts tells whether somebody can do anything at all.
func (r *reference) acts(who int) bool { return !r.beings[who].deleted && !r.beings[who].disabled }

// lasts tells whether the window of a grant is not over.
func (r *reference) lasts(g *grant) bool { return r.now.Before(g.to) }

func (r *reference) find(id string) *grant {
	for _, g := range r.grants {
		if g.id == id {
			return g
		}
	}
	return nil
}

// basis is the eligibility that an activation stands on, if that is there, and so is the
// place by which it was had.
func (r *reference) basis(g *grant) *grant {
	e := r.find(g.on)
	if e == nil {
		return nil
	}
	if g.seat == 0 && e.who == g.who {
		return e
	}
	holder := r.beings[e.who]
	if g.seat != 0 && !holder.deleted && holder.seats[g.who] == g.seat {
		return e
	}
	return nil
}

// inForce tells whether a grant confers anything now.
func (r *reference) inForce(g *grant) bool {
	if !g.covers(r.now) || !r.acts(g.who) || r.off[g.role] {
		return false
	}
	if g.kind != activated {
		return true
	}
	e := r.basis(g)
	return e != nil && e.covers(r.now)
}

// listed tells whether a grant is among the schedules: it is in force, or may be without
// anybody doing anything but enabling something.
func (r *reference) listed(g *grant) bool {
	if !r.lasts(g) || r.beings[g.who].deleted {
		return false
	}
	if g.kind != activated {
		return true
	}
	e := r.basis(g)
	return e != nil && r.lasts(e)
}

// open tells whether an activation is, or will by itself be, in force at some time.
func (r *reference) open(g *grant) bool {
	if !r.lasts(g) {
		return false
	}
	if g.kind != activated {
		return true
	}
	e, next := r.basis(g), r.now
	if g.from.After(next) {
		next = g.from
	}
	return e != nil && e.covers(next)
}

// has tells whether a person may do now what the role is for.
func (r *reference) has(person, role int) bool {
	if !r.acts(person) {
		return false
	}
	for _, g := range r.grants {
		if g.role != role || g.kind == eligible || !r.inForce(g) {
			continue
		}
		if g.who == person || g.who >= people && r.beings[g.who].seats[person] != 0 {
			return true
		}
	}
	return false
}

// held are the grants of a principal and role of some kinds that are not over.
func (r *reference) held(who, role int, kinds ...string) []*grant {
	var all []*grant
	for _, g := range r.grants {
		if g.who == who && g.role == role && slices.Contains(kinds, g.kind) && r.lasts(g) {
			all = append(all, g)
		}
	}
	return all
}

// end removes grants.
func (r *reference) end(gone ...*grant) {
	for _, g := range gone {
		r.withdrawn(g)
	}
	r.grants = slices.DeleteFunc(r.grants, func(g *grant) bool { return slices.Contains(gone, g) })
}

// standsOn are the activations, not over, that stand on one of the eligibilities.
func (r *reference) standsOn(on []*grant) []*grant {
	var all []*grant
	for _, g := range r.grants {
		if g.kind == activated && r.lasts(g) && slices.ContainsFunc(on, func(e *grant) bool { return e.id == g.on }) {
			all = append(all, g)
		}
	}
	return all
}

// edges are the instants at which something in the world begins or ends, in order.
func (r *reference) edges() []time.Time {
	found := map[time.Time]bool{r.now: true}
	for _, g := range r.grants {
		found[g.from] = true
		if !g.to.Equal(never) {
			found[g.to] = true
		}
		if g.kind == activated {
			found[g.from.Add(shortest)] = true
		}
	}
	for _, q := range r.requests {
		if q.state == unapproved {
			found[q.at.Add(decidable)] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), time.Time.Compare)
}
