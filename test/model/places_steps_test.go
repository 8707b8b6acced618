package model

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ephor/test/harness"
)

func (d *duet) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":               func(*rapid.T) { d.compare() },
		"entitle":        func(t *rapid.T) { d.seat(d.spot(t), eligible, d.length(t), d.later(t)) },
		"assign":         func(t *rapid.T) { d.seat(d.spot(t), assigned, d.length(t), d.later(t)) },
		"activate":       d.activate,
		"activate again": d.activate,
		"deactivate":     d.deactivate,
		"take":           d.takeAway,
		"join":           d.join,
		"leave":          d.leave,
		"enable":         d.enable,
		"delete":         d.destroy,
		"clock":          d.clock,
		"edge":           d.edge,
		"tick":           func(*rapid.T) { d.tick() },
	}
}

func (d *duet) spot(t *rapid.T) spot {
	if len(d.seats) > 0 && rapid.IntRange(0, 2).Draw(t, "likely") > 0 {
		return rapid.SampledFrom(d.seats).Draw(t, "seat").spot
	}
	return spot{rapid.IntRange(0, seaters-1).Draw(t, "who"), rapid.IntRange(0, teams-1).Draw(t, "team"), rapid.IntRange(0, len(relations)-1).Draw(t, "relation")}
}

func (d *duet) length(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{time.Hour, longest, shortest, 24 * time.Hour, shortest - time.Second, longest + time.Second}).Draw(t, "length")
}

func (d *duet) later(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{0, 0, 0, time.Hour, tick}).Draw(t, "later")
}

func (d *duet) about(p spot) string {
	return fmt.Sprintf(`"principalId":"{%s}","groupId":"{%s}","accessId":"%s"`, name(p.who), team(p.team), relations[p.relation])
}

const placesPath = "/identityGovernance/privilegedAccess/group/"

// request posts a schedule request, and tells its id if it was granted.
func (d *duet) request(c *harness.Caller, side, action string, p spot, from time.Time, length time.Duration, want judgement, status string) (string, bool) {
	d.Helper()
	body := fmt.Sprintf(`{"action":%q,%s,"justification":"because"`, action, d.about(p))
	if length > 0 {
		body += fmt.Sprintf(`,"scheduleInfo":{"startDateTime":%q,"expiration":{"type":"afterDuration","duration":"PT%dS"}}`, wire(from), int(length.Seconds()))
	}
	a, done := d.call(c, "POST", placesPath+side+"ScheduleRequests", body+"}", want, 201)
	if done && a.Str("status") != status {
		d.Fatalf("%s is %s, want %s", action, a.Str("status"), status)
	}
	return a.Str("id"), done
}

func (d *duet) status(from time.Time) string {
	if from.After(d.now) {
		return "Granted"
	}
	return "Provisioned"
}

var noGroup = refusal{404, "ResourceNotFound"}

// seat gives somebody a window, as an administrator.
func (d *duet) seat(p spot, kind string, length, later time.Duration) {
	var want judgement
	from := d.now.Add(later)
	if d.gone[p.team] {
		want.refuse(noGroup)
	}
	if len(d.held(p, kind)) > 0 || kind == assigned && d.standing[p] {
		want.refuse(exists)
	}
	if length < shortest {
		want.breaks("ExpirationRule")
	}
	side := "eligibility"
	if kind == assigned {
		side = "assignment"
	}
	if id, done := d.request(d.admin, side, "adminAssign", p, from, length, want, d.status(from)); done {
		d.seats = append(d.seats, &seat{id: id, kind: kind, spot: p, from: from, to: from.Add(length)})
	}
}

// caller is a person's token, and whether it is one that holds.
func (d *duet) caller(t *rapid.T, who int) (*harness.Caller, bool) {
	d.ref.beings[who].disabled = d.disabled[who]
	c := d.as(who, false)
	if c == nil {
		t.Skip("who cannot act never could")
	}
	return c, !d.disabled[who]
}

func (d *duet) activate(t *rapid.T) {
	p, length, later := d.spot(t), d.length(t), d.later(t)
	c, holds := d.caller(t, p.who)
	from := d.now.Add(later)
	to := from.Add(length)
	var want judgement
	if d.gone[p.team] {
		want.refuse(noGroup)
	}
	if d.standing[p] || d.seated(p) {
		want.refuse(exists)
	}
	for _, s := range d.held(p, activated) {
		if d.open(s) && s.from.Before(to) && from.Before(s.to) {
			want.refuse(exists)
		}
	}
	var on *seat
	for _, e := range d.held(p, eligible) {
		if e.covers(d.now) {
			on = e
		}
	}
	switch {
	case on == nil:
		want.breaks("EligibilityRule")
	case to.After(on.to):
		want.breaks("ExpirationRule")
	}
	if length < shortest || length > longest {
		want.breaks("ExpirationRule")
	}
	if !holds {
		want = judgement{refusals: []refusal{noToken}}
	}
	id, done := d.request(c, "assignment", "selfActivate", p, from, length, want, d.status(from))
	if !done {
		return
	}
	for _, s := range d.held(p, activated) { // what had lost its ground is gone for good
		if !d.open(s) {
			d.drop(s)
		}
	}
	d.seats = append(d.seats, &seat{id: id, kind: activated, spot: p, from: from, to: to, on: on.id})
}

func (d *duet) deactivate(t *rapid.T) {
	p := d.spot(t)
	c, holds := d.caller(t, p.who)
	var want judgement
	var ends []*seat
	for _, s := range d.held(p, activated) {
		if d.open(s) && s.covers(d.now) {
			ends = append(ends, s)
			if d.now.Before(s.from.Add(shortest)) {
				want.refuse(tooYoung)
			}
		}
	}
	if len(ends) == 0 {
		want.refuse(missing)
		if d.gone[p.team] {
			want.refuse(noGroup)
		}
	}
	if !holds {
		want = judgement{refusals: []refusal{noToken}}
	}
	if _, done := d.request(c, "assignment", "selfDeactivate", p, d.now, 0, want, "Revoked"); done {
		d.drop(ends...)
	}
}

// taken is what an administrator's removal of active places ends; false when there is
// nothing to be ended.
func (d *duet) taken(p spot) ([]*seat, bool) {
	held := d.held(p, assigned, activated)
	something := d.standing[p] || slices.ContainsFunc(held, func(s *seat) bool { return s.kind == assigned || d.open(s) })
	return held, something
}

func (d *duet) takeAway(t *rapid.T) {
	p := d.spot(t)
	var want judgement
	if d.gone[p.team] {
		want.refuse(noGroup)
	}
	if rapid.Bool().Draw(t, "eligibility") {
		held := d.held(p, eligible)
		if len(held) == 0 {
			want.refuse(missing)
		}
		if _, done := d.request(d.admin, "eligibility", "adminRemove", p, d.now, 0, want, "Revoked"); done {
			for _, s := range d.held(p, activated) {
				if slices.ContainsFunc(held, func(e *seat) bool { return e.id == s.on }) {
					d.drop(s)
				}
			}
			d.drop(held...)
		}
		return
	}
	held, something := d.taken(p)
	if !something {
		want.refuse(missing)
	}
	if _, done := d.request(d.admin, "assignment", "adminRemove", p, d.now, 0, want, "Revoked"); done {
		delete(d.standing, p)
		d.drop(held...)
	}
}

func (d *duet) reference(p spot) string {
	return "/groups/{" + team(p.team) + "}/" + relations[p.relation] + "s"
}

func (d *duet) join(t *rapid.T) {
	p := d.spot(t)
	var want judgement
	if d.gone[p.team] {
		want.refuse(notFound)
	} else if d.standing[p] || d.seated(p) {
		want.refuse(conflict)
	}
	body := `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/{` + name(p.who) + `}"}`
	if _, done := d.call(d.admin, "POST", d.reference(p)+"/$ref", body, want, 204); done {
		d.standing[p] = true
	}
}

func (d *duet) leave(t *rapid.T) {
	p := d.spot(t)
	var want judgement
	held, something := d.taken(p)
	if d.gone[p.team] || !something {
		want.refuse(notFound)
	}
	if p.relation == 1 && d.standing[p] && d.owners(p.team) <= 1 {
		want.refuse(conflict) // a group keeps its last owner
	}
	if _, done := d.call(d.admin, "DELETE", d.reference(p)+"/{"+name(p.who)+"}/$ref", "", want, 204); done {
		delete(d.standing, p)
		d.drop(held...)
	}
}

func (d *duet) owners(team int) (n int) {
	for p := range d.standing {
		if p.team == team && p.relation == 1 {
			n++
		}
	}
	return n
}

func (d *duet) enable(t *rapid.T) {
	p, on := rapid.IntRange(0, seaters-1).Draw(t, "person"), rapid.IntRange(0, 2).Draw(t, "off") > 0
	d.call(d.admin, "PATCH", "/users/{"+name(p)+"}", fmt.Sprintf(`{"accountEnabled":%t}`, on), judgement{}, 204)
	if !on {
		d.void(p)
	}
	d.disabled[p], d.ref.beings[p].disabled = !on, !on
}

func (d *duet) destroy(t *rapid.T) {
	g := rapid.IntRange(0, teams-1).Draw(t, "team")
	if d.gone[g] {
		d.call(d.admin, "POST", "/directory/deletedItems/{"+team(g)+"}/restore", "", judgement{}, 200)
	} else {
		d.call(d.admin, "DELETE", "/groups/{"+team(g)+"}", "", judgement{}, 204)
	}
	d.gone[g] = !d.gone[g]
}

func (d *duet) set(t *rapid.T, to time.Time) {
	if to.Before(beginning) || to.After(beginning.Add(farthest)) {
		t.Skip("out of bounds")
	}
	d.turn(to)
	d.now = to
}

func (d *duet) clock(t *rapid.T) {
	d.set(t, d.now.Add(rapid.SampledFrom([]time.Duration{tick, shortest, time.Hour, longest, 24 * time.Hour, -time.Minute}).Draw(t, "by")))
}

func (d *duet) edge(t *rapid.T) {
	if len(d.seats) == 0 {
		t.Skip("nothing begins or ends")
	}
	s := rapid.SampledFrom(d.seats).Draw(t, "seat")
	at := rapid.SampledFrom([]time.Time{s.from, s.to, s.to, s.from.Add(shortest)}).Draw(t, "edge")
	d.set(t, at.Add(rapid.SampledFrom([]time.Duration{0, -tick, tick}).Draw(t, "beside")))
}
