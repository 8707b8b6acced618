package model

import (
	"encoding/base64"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ephor/internal/guid"
	"ephor/test/harness"
)

// tick is the wire's smallest step of time.
const tick = 100 * time.Nanosecond

// actions are the steps of a history.
func (b *both) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":               func(*rapid.T) { b.compare() },
		"assign":         b.assign,
		"entitle":        b.assign, // as often again: without eligibilities little happens
		"update":         b.update,
		"remove":         b.remove,
		"extend":         b.extend,
		"renew":          b.renew,
		"ask for more":   b.askExtension,
		"ask for again":  b.askRenewal,
		"cancel":         b.cancel,
		"activate":       b.activate,
		"activate again": func(t *rapid.T) { b.activateFor(t, b.plainly(t)) },
		"deactivate":     b.deactivate,
		"need approval":  b.needApproval,
		"decide":         b.decide,
		"decide again":   b.decide,
		"assign plainly": b.assignPlainly,
		"remove plainly": b.removePlainly,
		"join":           b.join,
		"leave":          b.leave,
		"enable":         b.enable,
		"role":           b.enableRole,
		"delete":         b.destroy,
		"restore":        b.restore,
		"revoke":         b.revoke,
		"clock":          b.clock,
		"edge":           b.edge,
		"tick":           func(*rapid.T) { b.tick() },
	}
}

// A pair is a principal and a role.
type pair struct{ who, role int }

// pair draws one: mostly of those that make something happen, else any of the first so
// many principals and a role.
func (b *both) pair(t *rapid.T, whom int, likely []pair) pair {
	if len(likely) > 0 && rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
		return rapid.SampledFrom(likely).Draw(t, "pair")
	}
	return pair{rapid.IntRange(0, whom-1).Draw(t, "who"), rapid.IntRange(0, roles-1).Draw(t, "role")}
}

// holding are the pairs of which there are grants of some kinds.
func (b *both) holding(kinds ...string) []pair {
	var all []pair
	for _, g := range b.ref.grants {
		if slices.Contains(kinds, g.kind) {
			all = append(all, pair{g.who, g.role})
		}
	}
	return all
}

// able are the people and roles that may be activated.
func (b *both) able() []pair {
	var all []pair
	for p := range people {
		for role := range roles {
			var j judgement
			if b.ref.choose(&j, asking{who: p, role: role}, b.ref.now); j.granted() && b.ref.acts(p) {
				all = append(all, pair{p, role})
			}
		}
	}
	return all
}

// asking draws how a schedule request for a pair is made.
func (b *both) asking(t *rapid.T, of pair) asking {
	a := asking{
		who: of.who, role: of.role,
		silent: rapid.IntRange(0, 9).Draw(t, "silent") == 0,
		dry:    rapid.IntRange(0, 9).Draw(t, "dry") == 0,
	}
	if rapid.IntRange(0, 2).Draw(t, "later") == 0 {
		at := b.instant(t)
		a.start = &at
	}
	switch rapid.IntRange(0, 5).Draw(t, "end") {
	case 0:
		at := b.instant(t)
		a.until = &at
	case 1, 2, 3:
		a.length = rapid.SampledFrom([]time.Duration{
			time.Hour, shortest, longest, shortest - time.Second, longest + time.Second, 40 * 24 * time.Hour,
		}).Draw(t, "length")
	case 4:
		a.unending = true
	}
	return a
}

// instant draws one that matters: an edge of a window, a tick beside one, or not far off.
func (b *both) instant(t *rapid.T) time.Time {
	at := rapid.SampledFrom(b.ref.edges()).Draw(t, "edge")
	return at.Add(rapid.SampledFrom([]time.Duration{
		0, time.Hour, -tick, tick, shortest, shortest - tick, longest, longest + tick, -time.Hour, 24 * time.Hour,
	}).Draw(t, "beside"))
}

func (b *both) kind(t *rapid.T) string {
	return rapid.SampledFrom([]string{eligible, assigned}).Draw(t, "kind")
}

func (b *both) assign(t *rapid.T) {
	kind := rapid.SampledFrom([]string{eligible, eligible, assigned}).Draw(t, "kind")
	a := b.asking(t, b.pair(t, principals, nil))
	want, from, to := b.ref.assign(kind, a)
	if id, done := b.ask(b.admin, kind, "adminAssign", a, want, from); done {
		b.ref.given(id, kind, a, from, to)
	}
}

func (b *both) update(t *rapid.T) {
	kind := b.kind(t)
	a := b.asking(t, b.pair(t, principals, b.holding(kind)))
	if a.schedule() == "" {
		a.unending = true
	}
	want, from, to := b.ref.update(kind, a)
	if id, done := b.ask(b.admin, kind, "adminUpdate", a, want, from); done {
		b.ref.updated(id, kind, a, from, to)
	}
}

func (b *both) remove(t *rapid.T) {
	kind := b.kind(t)
	of := b.pair(t, principals, b.holding(taking(kind)...))
	a := asking{who: of.who, role: of.role, silent: true}
	if _, done := b.ask(b.admin, kind, "adminRemove", a, b.ref.remove(kind, a), b.ref.now); done {
		b.ref.removed(kind, a)
	}
}

// self is the person with what they ask for; where they cannot act, only the refusal of
// their token is expected.
func (b *both) self(t *rapid.T, likely []pair) (c *harness.Caller, a asking, barred bool) {
	a = b.asking(t, b.pair(t, people, likely))
	a.alone = rapid.IntRange(0, 9).Draw(t, "alone") == 0
	return b.as(a.who, a.alone), a, !b.ref.acts(a.who)
}

func (b *both) activate(t *rapid.T) {
	_, a, _ := b.self(t, b.able())
	b.activateFor(t, a)
}

// plainly draws an activation with which nothing should be wrong but what the world makes
// so.
func (b *both) plainly(t *rapid.T) asking {
	of := b.pair(t, people, b.able())
	a := asking{who: of.who, role: of.role, length: rapid.SampledFrom([]time.Duration{time.Hour, longest, shortest}).Draw(t, "length")}
	if rapid.IntRange(0, 3).Draw(t, "later") == 0 {
		at := b.instant(t)
		a.start = &at
	}
	return a
}

func (b *both) activateFor(t *rapid.T, a asking) {
	c, barred := b.as(a.who, a.alone), !b.ref.acts(a.who)
	if c == nil {
		t.Skip("who cannot act never could")
	}
	want, made := b.ref.activate(a)
	if barred {
		want = judgement{refusals: []refusal{noToken}}
	}
	id, done := b.ask(c, assigned, "selfActivate", a, want, made.from)
	switch {
	case !done:
	case a.role == governed:
		q := b.ref.requests[id]
		q.asked, q.at = a, b.ref.now
	default:
		b.ref.activatedAs(id, made)
	}
}

func (b *both) deactivate(t *rapid.T) {
	c, a, barred := b.self(t, b.holding(activated))
	if c == nil {
		t.Skip("who cannot act never could")
	}
	a = asking{who: a.who, role: a.role, silent: true, alone: a.alone}
	want, ends := b.ref.deactivate(a)
	if barred {
		want = judgement{refusals: []refusal{noToken}}
	}
	if _, done := b.ask(c, assigned, "selfDeactivate", a, want, b.ref.now); done {
		b.ref.end(ends...)
	}
}

// assignmentID is the id of a role assignment (behaviour.md, Id formats).
func assignmentID(role, principal guid.ID) string {
	var raw []byte
	for _, id := range []guid.ID{role, principal} {
		raw = append(raw, id[3], id[2], id[1], id[0], id[5], id[4], id[7], id[6])
		raw = append(raw, id[8:]...)
	}
	return base64.RawURLEncoding.EncodeToString(raw) + "-1"
}

func (b *both) assignPlainly(t *rapid.T) {
	of := b.pair(t, principals, b.holding(activated))
	a := asking{who: of.who, role: of.role}
	var want judgement
	if b.ref.beings[a.who].deleted {
		want.refuse(notFound)
	}
	if b.ref.off[a.role] { // which of the two vocabularies names it is not on record
		want.refuse(conflict)
		want.refuse(invalid)
	}
	if len(b.ref.held(a.who, a.role, assigned)) > 0 {
		want.refuse(conflict)
	}
	body := `{"principalId":"{` + name(a.who) + `}","roleDefinitionId":"` + powers[a.role].role.String() + `","directoryScopeId":"/"}`
	answer, done := b.call(b.admin, "POST", "/roleManagement/directory/roleAssignments", body, want, 201)
	if !done {
		return
	}
	id := assignmentID(powers[a.role].role, b.house.ID(name(a.who)))
	if got := answer.Str("id"); got != id {
		b.Fatalf("the assignment's id is %s, want %s", got, id)
	}
	b.ref.grants = append(b.ref.grants, &grant{id: id, kind: assigned, who: a.who, role: a.role, from: b.ref.now, to: never, plain: true})
	b.ref.answered(assigned, a, unknown)
}

func (b *both) removePlainly(t *rapid.T) {
	of := b.pair(t, principals, b.holding(assigned, activated))
	a := asking{who: of.who, role: of.role}
	want := judgement{refusals: []refusal{notFound}}
	for _, g := range b.ref.held(a.who, a.role, assigned, activated) {
		if b.ref.inForce(g) {
			want = judgement{}
		}
	}
	id := assignmentID(powers[a.role].role, b.house.ID(name(a.who)))
	if _, done := b.call(b.admin, "DELETE", "/roleManagement/directory/roleAssignments/"+id, "", want, 204); done {
		b.ref.removed(assigned, a)
	}
}

// farthest keeps histories short enough that nothing deleted is purged.
const farthest = 25 * 24 * time.Hour

// set moves both clocks, within bounds.
func (b *both) set(t *rapid.T, to time.Time) {
	if to.Before(beginning) || to.After(beginning.Add(farthest)) {
		t.Skip("out of bounds")
	}
	b.Logf("%s  clock to %s", wire(b.ref.now), wire(to))
	b.turn(to)
}

func (b *both) clock(t *rapid.T) {
	b.set(t, b.ref.now.Add(rapid.SampledFrom([]time.Duration{
		time.Second, tick, time.Minute, shortest, time.Hour, longest, 24 * time.Hour, -time.Minute, -time.Hour, -24 * time.Hour,
	}).Draw(t, "by")))
}

// edge moves onto an edge of a window, or a tick before or after, mostly to the next one.
func (b *both) edge(t *rapid.T) {
	edges := b.ref.edges()
	at := rapid.SampledFrom(edges).Draw(t, "edge")
	if rapid.IntRange(0, 3).Draw(t, "next") > 0 {
		for _, e := range edges {
			if e.After(b.ref.now) {
				at = e
				break
			}
		}
	}
	b.set(t, at.Add(rapid.SampledFrom([]time.Duration{0, -tick, tick}).Draw(t, "beside")))
}
