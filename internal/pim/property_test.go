package pim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// Few values of each kind, so that they often meet, and instants around noon's edges.
var (
	somebody = rapid.SampledFrom([]guid.ID{aline, helpdesk, admin, {}})
	someID   = rapid.SampledFrom([]guid.ID{eligibilityID, otherID, place, unit})
	instant  = rapid.Custom(func(t *rapid.T) when.Instant {
		h := rapid.SampledFrom([]when.Instant{-24, -8, -1, 0, 1, 5, 8, 24}).Draw(t, "hours")
		return noon + h*when.Hour + when.Instant(rapid.IntRange(-1, 1).Draw(t, "ticks"))
	})
	window = rapid.Custom(func(t *rapid.T) when.Window {
		w := when.Window{Start: instant.Draw(t, "start"), End: instant.Draw(t, "end")}
		if rapid.Bool().Draw(t, "open") {
			w.End = when.Never
		}
		return w
	})
	target = rapid.Custom(func(t *rapid.T) Target {
		return rapid.SampledFrom([]Target{
			{Role: userAdmin},
			{Role: userAdmin},
			{Role: userAdmin, Scope: Scope{Kind: ScopeUnit, ID: unit}},
			{Role: userAdmin, Scope: Scope{App: true}},
			{Role: otherID},
			{Group: helpdesk},
			{Group: helpdesk, Relation: directory.Owner},
			{},
		}).Draw(t, "target")
	})
	schedule = rapid.Custom(func(t *rapid.T) Schedule {
		return Schedule{
			ID: someID.Draw(t, "id"), Kind: Kind(rapid.IntRange(0, 3).Draw(t, "kind")), Principal: somebody.Draw(t, "principal"),
			Target: target.Draw(t, "target"), Window: window.Draw(t, "window"), Via: Via{Eligibility: someID.Draw(t, "via")},
		}
	})
	holding = rapid.Custom(func(t *rapid.T) Held {
		return Held{
			Schedule: schedule.Draw(t, "schedule"), Membership: rapid.SampledFrom([]guid.ID{{}, place}).Draw(t, "membership"),
			Place: rapid.Bool().Draw(t, "place"), Eligibility: window.Draw(t, "eligibility"),
		}
	})
)

func anyRequest(t *rapid.T) Request {
	r := Request{
		ID: activationID, Side: Side(rapid.IntRange(0, 2).Draw(t, "side")), Action: Action(rapid.IntRange(0, 10).Draw(t, "action")),
		Principal: somebody.Draw(t, "principal"), Target: target.Draw(t, "target"),
		By: Actor{User: somebody.Draw(t, "by")}, Proof: Proof{MFA: rapid.Bool().Draw(t, "mfa")},
		OutsidePIM: rapid.Bool().Draw(t, "outside"),
	}
	if rapid.Bool().Draw(t, "why") {
		r.Justification = new("why")
	}
	if rapid.Bool().Draw(t, "dates") {
		r.Schedule = &Asked{Start: instant.Draw(t, "from"), Expiration: rapid.SampledFrom([]Expiration{
			forever(),
			{End: when.Never},
			until(noon + 5*when.Hour), until(noon + 9*when.Hour), until(when.Never),
			lasting("PT5H"), lasting("PT8H"), lasting("PT8H0.0000001S"), lasting("PT1M"), lasting(""),
			{Type: 7},
		}).Draw(t, "expiration")}
	}
	return r
}

func anyFacts(t *rapid.T) Facts {
	return Facts{
		Principal: Principal{
			Kind: directory.Kind(rapid.IntRange(0, 4).Draw(t, "kind")), Enabled: rapid.Bool().Draw(t, "enabled"),
			RoleAssignable: rapid.Bool().Draw(t, "assignable"),
		},
		Role: Role{Exists: rapid.Bool().Draw(t, "exists"), Enabled: rapid.Bool().Draw(t, "role")}, Group: rapid.Bool().Draw(t, "group"),
		Scope: directory.KindUnit, TakesScope: rapid.Bool().Draw(t, "takes"),
		Standing:      rapid.SliceOfN(holding, 0, 4).Draw(t, "standing"),
		Eligibilities: rapid.SliceOfN(holding, 0, 4).Draw(t, "eligibilities"),
		Activations:   rapid.SliceOfN(schedule, 0, 4).Draw(t, "activations"),
		Pending:       anyPending(t), Ended: rapid.SliceOfN(schedule, 0, 3).Draw(t, "ended"), LocksOut: rapid.Bool().Draw(t, "lockout"),
		Policy:   rapid.SampledFrom([]Policy{DefaultRolePolicy(), DefaultGroupPolicy()}).Draw(t, "policy"),
		Settings: DefaultSettings(),
	}
}

// anyCase is a request that may be anything, or one that is nearly allowed.
func anyCase(t *rapid.T) (Request, Facts) {
	switch rapid.IntRange(0, 3).Draw(t, "case") {
	case 0:
		return anyRequest(t), anyFacts(t)
	case 1:
		return anyUpdate(t)
	case 2:
		return anyExtension(t)
	}
	r, f := activateRequest(), activateFacts()
	r.Schedule.Start = instant.Draw(t, "start")
	r.Schedule.Expiration = anyRequest(t).expirationOr(lasting("PT8H"))
	f.Eligibilities = append(f.Eligibilities, rapid.SliceOfN(holding, 0, 3).Draw(t, "more")...)
	f.Eligibilities[0].Schedule.Window = window.Draw(t, "eligible")
	f.Standing = rapid.SliceOfN(holding, 0, 2).Draw(t, "standing")
	return r, f
}

// anyUpdate changes an eligibility that activations stand on.
func anyUpdate(t *rapid.T) (Request, Facts) {
	r, f := change(Eligibility, anyRequest(t).expirationOr(lasting("PT5H"))), assignFacts()
	r.Schedule.Start = instant.Draw(t, "start")
	f.Standing = []Held{held(eligibilityID, Eligible, noon-when.Day, when.Never)}
	for range rapid.IntRange(1, 4).Draw(t, "activations") {
		a := held(someID.Draw(t, "id"), Activated, 0, 0).Schedule
		a.Window = window.Draw(t, "window")
		f.Activations = append(f.Activations, a)
	}
	return r, f
}

// anyExtension asks for more, or for the same again, of what is or was held until some time.
func anyExtension(t *rapid.T) (Request, Facts) {
	action := rapid.SampledFrom([]Action{AdminExtend, SelfExtend, AdminRenew, SelfRenew}).Draw(t, "action")
	r, f := extending(action, Side(rapid.IntRange(0, 1).Draw(t, "side")))
	r.Schedule.Start = instant.Draw(t, "start")
	r.Schedule.Expiration = anyRequest(t).expirationOr(lasting("P2D"))
	f.Standing[0].Schedule.Window = window.Draw(t, "held")
	f.Ended, f.Pending = []Schedule{f.Standing[0].Schedule}, anyPending(t)
	for range rapid.IntRange(0, 3).Draw(t, "activations") {
		a := held(someID.Draw(t, "id"), Activated, 0, 0).Schedule
		a.Window = window.Draw(t, "window")
		f.Activations = append(f.Activations, a)
	}
	return r, f
}

func (r Request) expirationOr(e Expiration) Expiration {
	if r.Schedule == nil {
		return e
	}
	return r.Schedule.Expiration
}

// Whatever is asked and whatever holds: no panic, no other error than a fault, nothing
// put that the caller had no right to, and a dry run that says the same.
func TestNoVerdictGivesMoreThanItsGround(t *testing.T) {
	t.Parallel()
	for range 20 { // a hundred cases each
		rapid.Check(t, verdictIsGrounded)
	}
}

func verdictIsGrounded(t *rapid.T) {
	r, f := anyCase(t)
	v, err := Decide(r, f, noon)
	rehearse(t, r, f, v, err)
	if err != nil {
		if _, ok := fault.As(err); !ok {
			t.Fatalf("not a fault: %v", err)
		}
		return
	}
	for _, s := range v.Put {
		if s.Kind != Activated {
			continue
		}
		if s.ID == r.ID {
			activationIsGrounded(t, r, f, s)
		} else {
			carriedIsCovered(t, v, s)
		}
	}
	extensionAdds(t, r, f, v)
	for _, s := range v.End {
		if s.Window.End <= noon {
			t.Fatalf("what has ended already is ended again: %+v", s)
		}
	}
}

// activationIsGrounded says in its own words what an activation needs.
func activationIsGrounded(t *rapid.T, r Request, f Facts, s Schedule) {
	if r.Action != SelfActivate || s.Principal != r.By.User || s.Via.Eligibility.IsZero() {
		t.Fatalf("an activation by %s for %v", r.Action, s.Principal)
	}
	if s.Window.Start < noon || s.Window.End > s.Window.Start+8*when.Hour || s.Window.End < s.Window.Start+5*when.Minute {
		t.Fatalf("an activation for %v", s.Window)
	}
	for _, e := range f.Eligibilities {
		w := e.Schedule.Window
		if e.Schedule.ID == s.Via.Eligibility && e.Schedule.Kind == Eligible && e.Place && w.Start <= noon && s.Window.End <= w.End && s.Window.Start >= w.Start {
			return
		}
	}
	t.Fatalf("activation %v stands on no eligibility of %+v", s.Window, f.Eligibilities)
}

// extensionAdds says in its own words what an extension may do: all that was held from now
// on is held after it, and more; and asking for one does nothing.
func extensionAdds(t *rapid.T, r Request, f Facts, v Verdict) {
	switch r.Action {
	case SelfExtend, SelfRenew:
		if len(v.Put)+len(v.End)+len(v.Close) != 0 || v.Request.Status != PendingAdminDecision {
			t.Fatalf("%s does %+v", r.Action, v)
		}
	case AdminExtend:
		was, is := v.End[0].Window, v.Put[0].Window
		if is.Start != max(noon, was.Start) || is.End <= was.End || was.End <= noon || was.End == when.Never {
			t.Fatalf("extended %v to %v", was, is)
		}
		for _, a := range v.End[1:] {
			if a.Kind == Activated && f.Standing[0].Schedule.Window.Start <= max(a.Window.Start, noon) && a.Window.End <= was.End {
				t.Fatalf("an extension of %v ended the activation %v", was, a.Window)
			}
		}
	case AdminRenew:
		if len(v.End) != 0 || v.Put[0].Window.Start < noon {
			t.Fatalf("a renewal does %+v", v)
		}
	}
}

func carriedIsCovered(t *rapid.T, v Verdict, s Schedule) {
	w := v.Put[0].Window
	if s.Via.Eligibility != v.Put[0].ID || v.Put[0].Kind != Eligible || max(s.Window.Start, noon) < w.Start || s.Window.End > w.End {
		t.Fatalf("carried %v into %v", s, w)
	}
}

// rehearse holds a dry run of r against what the real one came to.
func rehearse(t *rapid.T, r Request, f Facts, v Verdict, err error) {
	r.DryRun = true
	dry, dryErr := Decide(r, f, noon)
	if diff := cmp.Diff(err, dryErr); diff != "" {
		t.Fatalf("dry run: %s", diff)
	}
	if err != nil {
		return
	}
	want := v.Request
	want.DryRun, want.Scheduled, want.Approval = true, guid.ID{}, guid.ID{}
	if !want.Status.Pending() {
		want.Status = Granted
	}
	if diff := cmp.Diff(Verdict{Request: want}, dry); diff != "" {
		t.Fatalf("dry run: %s", diff)
	}
}

// Raw fields straight from the wire's decoder: neither a panic nor a grant to a stranger.
func FuzzDecide(f *testing.F) {
	f.Add(byte(SelfActivate), byte(Assignment), int64(noon), int64(when.Never), byte(AfterDuration), "PT5H", "why", byte(0), true, int64(noon))
	f.Add(byte(AdminAssign), byte(Eligibility), int64(-1<<63), int64(1<<62), byte(AfterDateTime), "", "", byte(1), false, int64(latest))
	f.Add(byte(255), byte(255), int64(0), int64(0), byte(255), "P", "\x00", byte(255), false, int64(-1<<63))
	f.Fuzz(func(t *testing.T, action, side byte, start, end int64, kind byte, duration, why string, scope byte, mfa bool, clock int64) {
		r, facts := activateRequest(), activateFacts()
		r.Action, r.Side, r.Justification, r.Proof.MFA = Action(action), Side(side), &why, mfa
		r.Target.Scope = Scope{Kind: ScopeKind(scope), ID: unit}
		r.Schedule = &Asked{Start: when.Instant(start), Expiration: Expiration{Type: ExpirationType(kind), End: when.Instant(end), Duration: duration}}
		facts.Eligibilities[0].Schedule.Window = when.Window{Start: earliest, End: when.Never}
		v, err := Decide(r, facts, when.Instant(clock))
		if err != nil {
			return
		}
		if r.Action == SelfActivate && (!mfa || v.Put[0].Window.End > v.Put[0].Window.Start+8*when.Hour) {
			t.Fatalf("granted %+v", v)
		}
	})
}

// anyPending are requests that wait for somebody's word.
func anyPending(t *rapid.T) []Request {
	var all []Request
	for range rapid.IntRange(0, 2).Draw(t, "pending") {
		all = append(all, Request{ID: otherID, Status: rapid.SampledFrom([]Status{PendingApproval, PendingAdminDecision}).Draw(t, "state")})
	}
	return all
}
