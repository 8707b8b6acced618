package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"ephor/internal/store"
	"ephor/test/harness"
)

// How long before its end an extension may be asked for, and after it a renewal had: the
// tenant's settings, shorter than Graph's so that histories cross them.
const (
	extendable = 2 * 24 * time.Hour
	renewable  = 5 * 24 * time.Hour
)

func bounds(house *harness.House) {
	house.Write(func(tx *store.WriteTx) error {
		s, err := tx.PIMSettings()
		s.ExtendWithin, s.RenewWithin = extendable, renewable
		tx.PutPIMSettings(s)
		return err
	})
}

// The states that a request does not leave by time alone.
const (
	pending  = "PendingAdminDecision"
	done     = "Provisioned"
	denied   = "Denied"
	canceled = "Canceled"
	revoked  = "Revoked"
)

// unknown is the schedule of a grant made at the door that names none.
const unknown = "?"

// A request is what was asked, and what became of it.
type request struct {
	id    string
	kind  string // the side
	who   int
	role  int
	by    int       // the person who asked, -1 for the administrator
	state string    // "" while time alone decides: Granted until from, then Provisioned
	from  time.Time // when its grant begins
	asked asking    // of what waits for approval: what was asked for
	at    time.Time // and when
	judge int       // who decided it, -1 while nobody has
	made  string    // the schedule that it made, or is about; "" for none
}

// status is what a request shows.
func (r *reference) status(q *request) string {
	switch {
	case q.state == unapproved && !r.now.Before(q.at.Add(decidable)):
		return timedOut
	case q.state != "":
		return q.state
	case q.from.After(r.now):
		return "Granted"
	}
	return "Provisioned"
}

// waits is the request, if any, that waits for an administrator.
func (r *reference) waits(kind string, who, role int) *request {
	for _, q := range r.requests {
		if q.kind == kind && q.who == who && q.role == role && q.state == pending {
			return q
		}
	}
	return nil
}

// answered says what an administrator's word makes of what waits for one: made is the
// schedule that was given, "" if something was taken away.
func (r *reference) answered(kind string, a asking, made string) {
	q := r.waits(kind, a.who, a.role)
	switch {
	case q == nil:
	case made == "":
		q.state = denied
	default:
		q.state, q.made = done, made
	}
}

// withdrawn says that a grant is taken away: if it has not begun, its request is canceled.
func (r *reference) withdrawn(g *grant) {
	if q := r.requests[g.id]; q != nil && g.from.After(r.now) && q.state == "" {
		q.state = canceled
	}
}

// extends judges what an extension comes to, by whomever.
func (r *reference) extends(j *judgement, kind string, a asking) (from, to time.Time) {
	held := r.held(a.who, a.role, kind)
	if len(held) == 0 {
		j.refuse(missing)
		return r.now, r.now
	}
	old := held[0]
	from = r.now
	if old.from.After(from) {
		from = old.from
	}
	if a.schedule() == "" || old.to.Equal(never) {
		j.refuse(invalid)
	}
	begins, to, ok := windowFrom(from, a, 0)
	if !ok || !begins.Equal(from) || !to.After(old.to) {
		j.refuse(invalid)
	}
	return from, to
}

// extend judges adminExtend.
func (r *reference) extend(kind string, a asking) (j judgement, from, to time.Time) {
	r.takes(&j, a)
	from, to = r.extends(&j, kind, a)
	r.allows(&j, kind, a, from, to)
	return j, from, to
}

// renews judges what can be renewed: what has ended by itself, lately, and is not held.
func (r *reference) renews(j *judgement, kind string, a asking) {
	if len(r.held(a.who, a.role, kind)) > 0 {
		j.refuse(exists)
	}
	if r.lately(kind, a) == nil {
		j.refuse(missing)
	}
}

// lately is the grant that ended last, if that was not too long ago.
func (r *reference) lately(kind string, a asking) (last *grant) {
	for _, g := range r.grants {
		over := g.kind == kind && g.who == a.who && g.role == a.role && !r.lasts(g)
		if over && !g.to.Add(renewable).Before(r.now) && (last == nil || g.to.After(last.to)) {
			last = g
		}
	}
	return last
}

// renew judges adminRenew.
func (r *reference) renew(kind string, a asking) (j judgement, from, to time.Time) {
	from, to, ok := r.window(a, 0)
	if !ok || a.schedule() == "" {
		j.refuse(invalid)
	}
	r.takes(&j, a)
	r.renews(&j, kind, a)
	r.allows(&j, kind, a, from, to)
	return j, from, to
}

// asks judges what a holder asks of administrators, once what it is about is judged.
func (r *reference) asks(j *judgement, kind string, a asking, from, to time.Time) {
	r.takes(j, a)
	if r.waits(kind, a.who, a.role) != nil || kind == assigned && r.unapproved(a.who, a.role) {
		j.refuse(waiting)
	}
	if to.Before(from.Add(shortest)) {
		j.breaks("ExpirationRule")
	}
	if a.silent {
		j.breaks("JustificationRule")
	}
	if a.alone {
		j.breaks("MfaRule")
	}
}

func (r *reference) askExtension(kind string, a asking) (j judgement) {
	from, to := r.extends(&j, kind, a)
	for _, g := range r.held(a.who, a.role, kind) {
		if g.to.After(r.now.Add(extendable)) {
			j.refuse(invalid)
		}
	}
	r.asks(&j, kind, a, from, to)
	return j
}

func (r *reference) askRenewal(kind string, a asking) (j judgement) {
	from, to, ok := r.window(a, 0)
	if !ok || a.schedule() == "" {
		j.refuse(invalid)
	}
	r.renews(&j, kind, a)
	r.asks(&j, kind, a, from, to)
	return j
}

// over are the pairs that held something which has ended.
func (b *both) over(kind string) []pair {
	var all []pair
	for _, g := range b.ref.grants {
		if g.kind == kind && !b.ref.lasts(g) {
			all = append(all, pair{g.who, g.role})
		}
	}
	return all
}

func (b *both) extend(t *rapid.T) {
	kind := b.kind(t)
	a := b.longer(t, kind, b.asking(t, b.pair(t, principals, b.holding(kind))))
	want, from, to := b.ref.extend(kind, a)
	if id, done := b.ask(b.admin, kind, "adminExtend", a, want, from); done {
		b.ref.updated(id, kind, a, from, to)
	}
}

// longer makes it likelier that an extension is one: it ends after what is held.
func (b *both) longer(t *rapid.T, kind string, a asking) asking {
	held := b.ref.held(a.who, a.role, kind)
	if len(held) == 0 || held[0].to.Equal(never) || rapid.IntRange(0, 3).Draw(t, "as it comes") == 0 {
		return a
	}
	to := held[0].to.Add(rapid.SampledFrom([]time.Duration{tick, time.Hour, 24 * time.Hour, 0}).Draw(t, "longer"))
	a.start, a.until, a.length, a.unending = nil, &to, 0, false
	return a
}

func (b *both) renew(t *rapid.T) {
	kind := b.kind(t)
	a := b.asking(t, b.pair(t, principals, b.over(kind)))
	want, from, to := b.ref.renew(kind, a)
	if id, done := b.ask(b.admin, kind, "adminRenew", a, want, from); done {
		b.ref.given(id, kind, a, from, to)
	}
}

// beseech has a person ask for an extension or a renewal.
func (b *both) beseech(t *rapid.T, action string, judge func(kind string, a asking) judgement, likely func(kind string) []pair) {
	kind := b.kind(t)
	c, a, barred := b.self(t, slices.DeleteFunc(likely(kind), func(p pair) bool { return p.who >= people }))
	if c == nil {
		t.Skip("who cannot act never could")
	}
	if action == "selfExtend" {
		a = b.longer(t, kind, a)
	}
	want := judge(kind, a)
	if barred {
		want = judgement{refusals: []refusal{noToken}}
	}
	about := b.ref.about(kind, a)
	if id, done := b.ask(c, kind, action, a, want, b.ref.now); done {
		b.ref.requests[id].made = about
	}
}

// about is the schedule that an extension or renewal is about.
func (r *reference) about(kind string, a asking) string {
	if held := r.held(a.who, a.role, kind); len(held) > 0 {
		return held[0].id
	}
	if last := r.lately(kind, a); last != nil {
		return last.id
	}
	return ""
}

func (b *both) askExtension(t *rapid.T) {
	b.beseech(t, "selfExtend", b.ref.askExtension, func(kind string) []pair { return b.holding(kind) })
}

func (b *both) askRenewal(t *rapid.T) { b.beseech(t, "selfRenew", b.ref.askRenewal, b.over) }

// awaits tells whether a request can still be called off.
func (r *reference) awaits(q *request) bool {
	s := r.status(q)
	return s == pending || s == unapproved || s == "Granted"
}

// meant is the request that a cancel under q's id is about: the id is also that of the
// schedule that q made, and once q is over it means what waits about that.
func (r *reference) meant(q *request) *request {
	if !r.awaits(q) {
		for _, other := range r.requests {
			if other.kind == q.kind && other.state == pending && other.made == q.id {
				return other
			}
		}
	}
	return q
}

// cancel has somebody call off a request: mostly one that waits.
func (b *both) cancel(t *rapid.T) {
	var all, open []*request
	for _, id := range slices.Sorted(maps.Keys(b.ref.requests)) {
		q := b.ref.requests[id]
		all = append(all, q)
		if b.ref.awaits(q) {
			open = append(open, q)
		}
	}
	if len(open) > 0 && rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
		all = open
	}
	if len(all) == 0 {
		t.Skip("nothing was asked")
	}
	named := rapid.SampledFrom(all).Draw(t, "request")
	q := b.ref.meant(named)
	c, want := b.admin, judgement{}
	if rapid.Bool().Draw(t, "by a person") {
		p := rapid.IntRange(0, people-1).Draw(t, "person")
		if c = b.as(p, false); c == nil {
			t.Skip("who cannot act never could")
		}
		switch {
		case !b.ref.acts(p):
			want.refuse(noToken)
		case p != q.by:
			want.refuse(forbidden)
		}
	}
	if want.granted() && !b.ref.awaits(q) {
		want.refuse(uncancellable)
	}
	set := "/roleManagement/directory/roleAssignmentScheduleRequests/"
	if q.kind == eligible {
		set = "/roleManagement/directory/roleEligibilityScheduleRequests/"
	}
	granted := b.ref.status(q) == "Granted"
	if _, done := b.call(c, "POST", set+named.id+"/cancel", "", want, 204); !done {
		return
	}
	if g := b.ref.find(q.id); granted && g != nil {
		b.ref.end(append(b.ref.standsOn([]*grant{g}), g)...)
	}
	q.state = canceled
}

// asked compares what has become of every request, and what schedule it names.
func (b *both) asked() {
	b.Helper()
	for _, kind := range []string{eligible, assigned} {
		set := "roleAssignmentScheduleRequests"
		if kind == eligible {
			set = "roleEligibilityScheduleRequests"
		}
		got := map[string]string{}
		next := directoryPath + set + "?$top=500&$select=id,status,targetScheduleId"
		for next != "" {
			a := b.admin.Want(200, "GET", next, "")
			for _, row := range a.Values() {
				got[row["id"].(string)] = fmt.Sprint(row["status"], " ", row["targetScheduleId"])
			}
			next = a.Str("@odata.nextLink")
		}
		for id, q := range b.ref.requests {
			if q.kind != kind {
				continue
			}
			made := "<nil>"
			switch {
			case b.ref.status(q) == timedOut:
			case q.made == "":
			case q.made == unknown:
				_, made, _ = strings.Cut(got[id], " ")
			default:
				made = q.made
			}
			if want := b.ref.status(q) + " " + made; got[id] != want {
				b.Fatalf("at %s request %s of %s for %d by %d shows %q, want %q", wire(b.ref.now), id, name(q.who), q.role, q.by, got[id], want)
			}
		}
	}
}

// noted is a request as it is when it has been answered.
func noted(id, kind, action string, a asking, status string, from time.Time) *request {
	q := &request{id: id, kind: kind, who: a.who, role: a.role, by: -1, from: from, made: id, judge: -1}
	if strings.HasPrefix(action, "self") {
		q.by = a.who
	}
	switch status {
	case revoked:
		q.state, q.made = revoked, ""
	case pending, unapproved:
		q.state = status
	}
	return q
}
