package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ephor/test/harness"
)

// The world of scopes is two people and one role, which is held in the whole tenant, in two
// units, or on two groups that may be in them.
const (
	holders = 2
	tenant  = 0
	units   = 2 // scopes 1 and 2
	things  = 2 // scopes 3 and 4
	scopes  = 1 + units + things
)

func unitOf(scope int) bool  { return scope >= 1 && scope <= units }
func thingOf(scope int) bool { return scope > units }

// A hold is a window in which somebody is eligible for the role at a scope, or has it.
type hold struct {
	id, kind string
	who, at  int
	from, to time.Time
	on       string // of an activation: the eligibility that it stands on
}

func (g *hold) covers(t time.Time) bool { return !t.Before(g.from) && t.Before(g.to) }

// A realm is the model's whole state.
type realm struct {
	now   time.Time
	holds []*hold
	in    map[[2]int]bool // a unit, and a thing that is in it
	gone  map[int]bool    // units that are deleted
}

// contains tells whether all that is in one scope is in another.
func (r *realm) contains(outer, inner int) bool {
	return outer == inner || outer == tenant || unitOf(outer) && thingOf(inner) && !r.gone[outer] && r.in[[2]int{outer, inner}]
}

// ground tells whether what an activation stands on carries it at an instant.
func (r *realm) ground(g *hold, at time.Time) bool {
	if g.kind != activated {
		return true
	}
	return slices.ContainsFunc(r.holds, func(e *hold) bool { return e.id == g.on && e.covers(at) && r.contains(e.at, g.at) })
}

func (r *realm) inForce(g *hold) bool { return g.covers(r.now) && !r.gone[g.at] && r.ground(g, r.now) }

// open tells whether a hold is, or will by itself be, in force.
func (r *realm) open(g *hold) bool {
	next := r.now
	if g.from.After(next) {
		next = g.from
	}
	return r.now.Before(g.to) && r.ground(g, next)
}

// may tells whether somebody may do to a thing what the role is for.
func (r *realm) may(who, thing int) bool {
	return slices.ContainsFunc(r.holds, func(g *hold) bool {
		reaches := g.at == tenant || g.at == thing || unitOf(g.at) && r.contains(g.at, thing)
		return g.who == who && g.kind != eligible && reaches && r.inForce(g)
	})
}

func (r *realm) held(who, at int, kinds ...string) (all []*hold) {
	for _, g := range r.holds {
		if g.who == who && g.at == at && slices.Contains(kinds, g.kind) && r.now.Before(g.to) {
			all = append(all, g)
		}
	}
	return all
}

func (r *realm) drop(gone ...*hold) {
	r.holds = slices.DeleteFunc(r.holds, func(g *hold) bool { return slices.Contains(gone, g) })
}

// on are the activations that stand on some eligibilities.
func (r *realm) on(some []*hold) (all []*hold) {
	for _, g := range r.holds {
		if g.kind == activated && slices.ContainsFunc(some, func(e *hold) bool { return e.id == g.on }) {
			all = append(all, g)
		}
	}
	return all
}

// A pairing is the server and the model of scopes, taken through the same history.
type pairing struct {
	*both
	*realm
	units [units]string // their ids
}

func scopeSeed() harness.Seed {
	s := harness.Seed{People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}}}
	for i := range holders {
		s.People = append(s.People, harness.Person{Name: name(i)})
	}
	for i := range things {
		s.Groups = append(s.Groups, harness.Group{Name: thing(1 + units + i)})
	}
	return s
}

func thing(scope int) string { return fmt.Sprintf("thing%d", scope) }

// text is a scope as the wire writes it.
func (p *pairing) text(scope int) string {
	switch {
	case unitOf(scope):
		return "/administrativeUnits/" + p.units[scope-1]
	case thingOf(scope):
		return "/" + p.house.ID(thing(scope)).String()
	}
	return "/"
}

func TestScopesAgreeWithTheModelAtEveryInstant(t *testing.T) {
	t.Parallel()
	harness.EachAlone(t, scopeSeed(), func(t *testing.T, h *harness.House) {
		check(t, func(rt *rapid.T, steps counted) {
			house, drop := h.Anew(scopeSeed())
			defer drop()
			p := &pairing{
				both:  &both{T: rt, house: house, ref: newReference(beginning), callers: map[[2]int]*harness.Caller{}, former: map[int]*harness.Caller{}},
				realm: &realm{now: beginning, in: map[[2]int]bool{}, gone: map[int]bool{}},
			}
			p.turn(beginning)
			for i := range units {
				p.units[i] = p.admin.Want(201, "POST", "/directory/administrativeUnits", fmt.Sprintf(`{"displayName":"unit%d"}`, i)).Str("id")
			}
			p.give(eligible, 0, 1, 24*time.Hour)
			p.join(1, 1+units)
			rt.Repeat(steps(p.actions()))
			p.whole()
		})
	})
}

func (p *pairing) actions() map[string]func(*rapid.T) {
	who := func(t *rapid.T) int { return rapid.IntRange(0, holders-1).Draw(t, "who") }
	at := func(t *rapid.T) int { return rapid.IntRange(0, scopes-1).Draw(t, "scope") }
	long := func(t *rapid.T) time.Duration {
		return rapid.SampledFrom([]time.Duration{time.Hour, longest, shortest, 24 * time.Hour, shortest - time.Second, longest + time.Second}).Draw(t, "length")
	}
	place := func(t *rapid.T) (int, int) {
		return rapid.IntRange(1, units).Draw(t, "unit"), rapid.IntRange(1+units, scopes-1).Draw(t, "thing")
	}
	return map[string]func(*rapid.T){
		"":               func(*rapid.T) { p.compare() },
		"entitle":        func(t *rapid.T) { p.give(eligible, who(t), at(t), long(t)) },
		"assign":         func(t *rapid.T) { p.give(assigned, who(t), at(t), long(t)) },
		"activate":       func(t *rapid.T) { p.activate(who(t), at(t), long(t)) },
		"activate again": func(t *rapid.T) { p.activate(0, rapid.IntRange(1+units, scopes-1).Draw(t, "thing"), time.Hour) },
		"take": func(t *rapid.T) {
			p.takeAway(rapid.SampledFrom([]string{eligible, assigned}).Draw(t, "kind"), who(t), at(t))
		},
		"join":   func(t *rapid.T) { p.join(place(t)) },
		"leave":  func(t *rapid.T) { p.leave(place(t)) },
		"delete": func(t *rapid.T) { p.destroy(rapid.IntRange(1, units).Draw(t, "unit")) },
		"clock": func(t *rapid.T) {
			p.now = p.now.Add(rapid.SampledFrom([]time.Duration{tick, time.Minute, shortest, time.Hour, longest}).Draw(t, "by"))
			p.turn(p.now)
		},
		"edge": func(t *rapid.T) {
			for _, g := range p.holds {
				for _, at := range []time.Time{g.from, g.to} {
					if at.After(p.now) && rapid.Bool().Draw(t, "this one") {
						p.now = at
						p.turn(p.now)
						return
					}
				}
			}
		},
		"tick": func(*rapid.T) { p.tick() },
	}
}

var noScope = refusal{404, "ResourceNotFound"}

// asks posts a request, and tells its id if it was granted.
func (p *pairing) asks(c *harness.Caller, kind, action string, who, at int, length time.Duration, want judgement) (string, bool) {
	p.Helper()
	set := "roleAssignmentScheduleRequests"
	if kind == eligible {
		set = "roleEligibilityScheduleRequests"
	}
	body := fmt.Sprintf(`{"action":%q,"principalId":"{%s}","roleDefinitionId":"%s","directoryScopeId":%q,"justification":"because"`, action, name(who), harness.Role("Groups Administrator"), p.text(at))
	if length > 0 {
		body += fmt.Sprintf(`,"scheduleInfo":{"expiration":{"type":"afterDuration","duration":"PT%dS"}}`, int(length.Seconds()))
	}
	a, done := p.call(c, "POST", directoryPath+set, body+"}", want, 201)
	return a.Str("id"), done
}

func (p *pairing) give(kind string, who, at int, length time.Duration) {
	var want judgement
	if p.gone[at] {
		want.refuse(noScope)
	}
	if len(p.held(who, at, kind)) > 0 {
		want.refuse(exists)
	}
	if length < shortest {
		want.breaks("ExpirationRule")
	}
	if id, done := p.asks(p.admin, kind, "adminAssign", who, at, length, want); done {
		p.holds = append(p.holds, &hold{id: id, kind: kind, who: who, at: at, from: p.now, to: p.now.Add(length)})
	}
}

func (p *pairing) activate(who, at int, length time.Duration) {
	var want judgement
	to := p.now.Add(length)
	if p.gone[at] {
		want.refuse(noScope)
	}
	var lapsed []*hold
	for _, g := range p.held(who, at, assigned, activated) {
		if p.inForce(g) {
			want.refuse(exists)
		}
		if g.kind == activated && !p.open(g) {
			lapsed = append(lapsed, g)
		}
	}
	if length > longest || length < shortest {
		want.breaks("ExpirationRule")
	}
	var may []*hold
	for _, e := range p.holds {
		if e.kind == eligible && e.who == who && e.covers(p.now) && p.contains(e.at, at) {
			may = append(may, e)
		}
	}
	slices.SortStableFunc(may, func(a, b *hold) int { return b.to.Compare(a.to) })
	i := slices.IndexFunc(may, func(e *hold) bool { return !to.After(e.to) })
	switch {
	case len(may) == 0:
		want.breaks("EligibilityRule")
	case i < 0:
		want.breaks("ExpirationRule")
	}
	if id, done := p.asks(p.as(who, false), assigned, "selfActivate", who, at, length, want); done {
		p.drop(lapsed...)
		p.holds = append(p.holds, &hold{id: id, kind: activated, who: who, at: at, from: p.now, to: to, on: may[i].id})
	}
}

func (p *pairing) takeAway(kind string, who, at int) {
	gone := p.held(who, at, taking(kind)...)
	var want judgement
	if !slices.ContainsFunc(gone, p.open) {
		want.refuse(missing)
	}
	if p.gone[at] { // whether that is said of a scope that is deleted is not on record
		return
	}
	if _, done := p.asks(p.admin, kind, "adminRemove", who, at, 0, want); done {
		if kind == eligible {
			gone = append(gone, p.on(gone)...)
		}
		p.drop(gone...)
	}
}

func (p *pairing) join(unit, in int) {
	if p.in[[2]int{unit, in}] || p.gone[unit] {
		return
	}
	body := `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/{` + thing(in) + `}"}`
	p.admin.Want(204, "POST", "/directory/administrativeUnits/"+p.units[unit-1]+"/members/$ref", body)
	p.in[[2]int{unit, in}] = true
}

// leave takes a thing out of a unit: what was activated there by eligibility for the unit ends
// for good.
func (p *pairing) leave(unit, in int) {
	if !p.in[[2]int{unit, in}] || p.gone[unit] {
		return
	}
	p.admin.Want(204, "DELETE", "/directory/administrativeUnits/"+p.units[unit-1]+"/members/{"+thing(in)+"}/$ref", "")
	delete(p.in, [2]int{unit, in})
	var by []*hold
	for _, e := range p.holds {
		if e.kind == eligible && e.at == unit {
			by = append(by, e)
		}
	}
	p.drop(slices.DeleteFunc(p.on(by), func(g *hold) bool { return g.at != in })...)
}

// destroy deletes a unit, or restores it.
func (p *pairing) destroy(unit int) {
	if p.gone[unit] {
		p.admin.Want(200, "POST", "/directory/deletedItems/"+p.units[unit-1]+"/restore", "")
	} else {
		p.admin.Want(204, "DELETE", "/directory/administrativeUnits/"+p.units[unit-1], "")
	}
	p.gone[unit] = !p.gone[unit]
}

// compare holds what can be seen against the model.
func (p *pairing) compare() {
	p.Helper()
	for list, kinds := range map[string][]string{"roleAssignmentScheduleInstances": {assigned, activated}, "roleEligibilityScheduleInstances": {eligible}} {
		var want, got []string
		for _, g := range p.holds {
			if slices.Contains(kinds, g.kind) && p.inForce(g) {
				want = append(want, name(g.who)+" "+p.text(g.at)+" "+strings.TrimPrefix(g.kind, eligible))
			}
		}
		for _, row := range p.admin.Want(200, "GET", directoryPath+list+"?$top=500", "").Values() {
			for who := range holders {
				if row["principalId"] == p.house.ID(name(who)).String() {
					kind, _ := row["assignmentType"].(string)
					got = append(got, fmt.Sprint(name(who), " ", row["directoryScopeId"], " ", kind))
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			p.Fatalf("at %s %s shows %q, want %q", wire(p.now), list, got, want)
		}
	}
	for who := range holders {
		for in := 1 + units; in < scopes; in++ {
			ruling, err := p.admin.Decide(harness.Question{Subject: name(who), Action: "groups/basic/update", Kind: "group", Resource: thing(in)})
			if want := p.may(who, in); err != nil || ruling.Decision != want {
				p.Fatalf("at %s %s may change %s: %v, %v; want %v; %v", wire(p.now), name(who), thing(in), ruling.Decision, err, want, maps.Clone(p.in))
			}
		}
	}
}
