package pim

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// The tutorial's calls to PIM at the instants of its own answers (tutorial.md, steps 3, 5
// and 6). Ours is synchronous: created and completed fall together.
func TestTutorialAtItsOwnTime(t *testing.T) {
	t.Parallel()
	now := at("2021-09-03T20:45:39.1194292Z")
	assign := Request{
		ID: eligibilityID, Side: Eligibility, Action: AdminAssign, Spelling: "AdminAssign",
		Principal: helpdesk, Target: Target{Role: userAdmin}, By: Actor{User: admin},
		Justification: new("Assign User Admin eligibility to IT Helpdesk (User) group"),
		Schedule:      &Asked{Start: at("2021-07-01T00:00:00Z"), Expiration: until(at("2022-06-30T00:00:00Z"))},
	}
	f := assignFacts()
	f.Principal = Principal{Kind: directory.KindGroup, Enabled: true, RoleAssignable: true}
	v := granted(t, assign, f, now)
	want := assign
	want.Status, want.Created, want.Completed, want.Scheduled = Provisioned, now, now, eligibilityID
	want.Schedule = &Asked{Start: now, Expiration: until(at("2022-06-30T00:00:00Z"))}
	if diff := cmp.Diff(want, v.Request); diff != "" {
		t.Errorf("step 3: %s", diff)
	}
	schedule := Schedule{
		ID: eligibilityID, Kind: Eligible, Principal: helpdesk, Target: Target{Role: userAdmin},
		Window: when.Window{Start: now, End: at("2022-06-30T00:00:00Z")}, Expiration: until(at("2022-06-30T00:00:00Z")),
		Request: eligibilityID, Created: now, Modified: when.Never,
	}
	if diff := cmp.Diff([]Schedule{schedule}, v.Put); diff != "" {
		t.Errorf("step 3: %s", diff)
	}
	tutorialActivation(t, v.Put[0])
	tutorialRemoval(t, v.Put[0])
}

func tutorialActivation(t *testing.T, eligibility Schedule) {
	t.Helper()
	now := at("2021-09-03T21:10:49.6670479Z")
	start := at("2021-09-04T15:13:00Z")
	r := activateRequest()
	r.Spelling = "SelfActivate"
	r.Justification = new("Need to invalidate all app refresh tokens for Contoso users.")
	r.Ticket = Ticket{Number: new("CONTOSO:Security-012345"), System: new("Contoso ICM")}
	r.Schedule = &Asked{Start: start, Expiration: lasting("PT5H")}
	f := activateFacts()
	f.Eligibilities = []Held{{Schedule: eligibility, Membership: place, Place: true}}
	v := granted(t, r, f, now)
	want := r
	want.Status, want.Created, want.Completed, want.Scheduled = Granted, now, start, activationID
	want.Via = Via{Eligibility: eligibilityID, Membership: place}
	if diff := cmp.Diff(want, v.Request); diff != "" {
		t.Errorf("step 5: %s", diff)
	}
	if got, want := v.Put[0].Window, (when.Window{Start: start, End: at("2021-09-04T20:13:00Z")}); got != want {
		t.Errorf("step 5: window %v, want %v", got, want)
	}
	tutorialSecond(t, v.Put[0], f, now)
}

// With the first activation still ahead, another one for now is had as well, as long as
// the two do not meet.
func tutorialSecond(t *testing.T, first Schedule, f Facts, now when.Instant) {
	t.Helper()
	f.Standing = []Held{{Schedule: first, Membership: place, Place: true, Eligibility: f.Eligibilities[0].Schedule.Window}}
	r := activateRequest()
	r.ID, r.Schedule = otherID, &Asked{Start: now, Expiration: lasting("PT5H")}
	v := granted(t, r, f, now)
	if v.Request.Status != Provisioned || v.Put[0].Window != (when.Window{Start: now, End: now + 5*when.Hour}) {
		t.Errorf("second activation: %s %v", v.Request.Status, v.Put[0].Window)
	}
	if len(v.End) != 0 {
		t.Errorf("the activation that is ahead was ended: %v", ids(v.End))
	}
}

func tutorialRemoval(t *testing.T, eligibility Schedule) {
	t.Helper()
	r := Request{
		ID: otherID, Side: Eligibility, Action: AdminRemove, Spelling: "AdminRemove",
		Principal: helpdesk, Target: Target{Role: userAdmin}, By: Actor{User: admin},
	}
	f := assignFacts()
	f.Principal = Principal{Kind: directory.KindGroup, Enabled: true, RoleAssignable: true}
	f.Standing = []Held{{Schedule: eligibility, Place: true}}
	now := at("2021-09-03T21:20:00Z")
	v := granted(t, r, f, now)
	want := r
	want.Status, want.Created, want.Completed = Revoked, now, when.Never
	if diff := cmp.Diff(want, v.Request); diff != "" {
		t.Errorf("step 6: %s", diff)
	}
	if diff := cmp.Diff([]guid.ID{eligibilityID}, ids(v.End)); diff != "" {
		t.Errorf("step 6: %s", diff)
	}
}

// Both examples of create-eligibility-request.md.
func TestCreateEligibilityRequestExamples(t *testing.T) {
	t.Parallel()
	r := Request{
		ID: guid.Must("50877283-9d40-433c-bab8-7986dc10458a"), Side: Eligibility, Action: AdminAssign, Spelling: "adminAssign",
		Principal:     guid.Must("071cc716-8147-4397-a5ba-b2105951cc0b"),
		Target:        Target{Role: guid.Must("8424c6f0-a189-499e-bbd0-26c1753c96d4")},
		Justification: new("Assign Attribute Assignment Admin eligibility to restricted user"),
		Schedule:      &Asked{Start: at("2022-04-10T00:00:00Z"), Expiration: until(at("2024-04-10T00:00:00Z"))},
		By:            Actor{User: guid.Must("3fbd929d-8c56-4462-851e-0eb9a7b3a2a5")},
	}
	now := at("2022-04-12T09:05:41.8532931Z")
	v := granted(t, r, assignFacts(), now)
	want := r
	want.Status, want.Created, want.Completed, want.Scheduled = Provisioned, now, now, r.ID
	want.Schedule = &Asked{Start: now, Expiration: until(at("2024-04-10T00:00:00Z"))}
	if diff := cmp.Diff(want, v.Request); diff != "" {
		t.Errorf("example 1: %s", diff)
	}

	f := assignFacts()
	f.Standing = []Held{{Schedule: v.Put[0], Place: true}}
	remove := Request{
		ID: guid.Must("f341269e-c926-41fa-a905-cef3b01b2a67"), Side: Eligibility, Action: AdminRemove, Spelling: "adminRemove",
		Principal: r.Principal, Target: r.Target, By: r.By,
	}
	now = at("2022-04-12T09:12:15.6859992Z")
	v = granted(t, remove, f, now)
	want = remove
	want.Status, want.Created, want.Completed = Revoked, now, when.Never
	if diff := cmp.Diff(want, v.Request); diff != "" {
		t.Errorf("example 2: %s", diff)
	}
}

// behaviour.md §13 of the quirks: run today, the tutorial's end is past.
func TestTutorialRunTodayIsRefused(t *testing.T) {
	t.Parallel()
	r := assignRequest(Eligibility)
	r.Schedule = &Asked{Start: at("2021-07-01T00:00:00Z"), Expiration: until(at("2022-06-30T00:00:00Z"))}
	v, err := Decide(r, assignFacts(), at("2026-01-01T00:00:00Z"))
	if fa := refusal(t, v, err); fa.Status != 400 || fa.Code != "InvalidRoleAssignmentRequest" {
		t.Errorf("%v", fa)
	}
}

// Which action is had on which side (behaviour.md §3).
func TestActionsBySide(t *testing.T) {
	t.Parallel()
	for action := range Action(12) {
		for _, side := range []Side{Eligibility, Assignment, 2} {
			r, f := possible(action, side)
			v, err := Decide(r, f, noon)
			activates := action == SelfActivate || action == SelfDeactivate
			if action > 0 && action <= SelfRenew && (side == Assignment || side == Eligibility && !activates) {
				if err != nil {
					t.Errorf("%s on %s: %v", action, side, err)
				}
				continue
			}
			if fa := refusal(t, v, err); fa.Status != 400 || fa.Code != "InvalidRoleAssignmentRequest" || fa.Target != "action" {
				t.Errorf("%s on %s: %v", action, side, fa)
			}
		}
	}
}

// possible is a request that is granted at noon, if the action is had on the side at all.
func possible(action Action, side Side) (Request, Facts) {
	r, f := activateRequest(), activateFacts()
	r.Action, r.Side = action, side
	kind := Eligible
	if side == Assignment {
		kind = Assigned
	}
	switch action {
	case AdminAssign, SelfActivate:
	case AdminExtend, SelfExtend:
		f.Standing = []Held{held(eligibilityID, kind, noon-when.Day, noon+when.Hour)}
	case AdminRenew, SelfRenew:
		f.Ended = []Schedule{held(eligibilityID, kind, noon-2*when.Day, noon-when.Day).Schedule}
	case SelfDeactivate:
		f.Standing = []Held{held(otherID, Activated, noon-when.Hour, noon+when.Hour)}
	default:
		f.Standing = []Held{held(eligibilityID, kind, noon-when.Day, when.Never)}
	}
	return r, f
}

// A dry run is the same decision and does nothing (behaviour.md §5).
func TestDryRunIsGrantedAndDoesNothing(t *testing.T) {
	t.Parallel()
	r := activateRequest()
	r.DryRun = true
	v := granted(t, r, activateFacts(), noon)
	if v.Request.Status != Granted || !v.Request.Scheduled.IsZero() || v.Put != nil || v.End != nil {
		t.Errorf("%+v", v)
	}
	r.Justification = nil
	v, err := Decide(r, activateFacts(), noon)
	sameRules(t, refusal(t, v, err), []string{"JustificationRule"})
}

// Roles echo the caller's casing, groups the canonical one (behaviour.md §2, 1).
func TestSpellingIsEchoedForRolesOnly(t *testing.T) {
	t.Parallel()
	r := assignRequest(Eligibility)
	r.Spelling = "AdminAssign"
	if got := granted(t, r, assignFacts(), noon).Request.Spelling; got != "AdminAssign" {
		t.Errorf("role: %q", got)
	}
	r.Target = Target{Group: helpdesk}
	f := assignFacts()
	f.Group = true
	if got := granted(t, r, f, noon).Request.Spelling; got != "adminAssign" {
		t.Errorf("group: %q", got)
	}
}

func TestActionsAndTypesAreReadInAnyCasing(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"adminAssign", "AdminAssign", "ADMINASSIGN"} {
		if a, ok := ParseAction(s); !ok || a != AdminAssign {
			t.Errorf("ParseAction(%q) = %v, %v", s, a, ok)
		}
	}
	for _, s := range []string{"", "unknownFutureValue", "adminAssign ", "UserActivate"} {
		if a, ok := ParseAction(s); ok {
			t.Errorf("ParseAction(%q) = %v", s, a)
		}
	}
	for _, s := range []string{"AfterDuration", "afterDuration", "AFTERDURATION"} {
		if e, ok := ParseExpirationType(s); !ok || e.String() != "afterDuration" {
			t.Errorf("ParseExpirationType(%q) = %v, %v", s, e, ok)
		}
	}
	if _, ok := ParseExpirationType("sometime"); ok {
		t.Error("an unknown expiration type was read")
	}
}

// What a caller sets of a request's outcome is not believed.
func TestOutcomeIsNeverTheCallers(t *testing.T) {
	t.Parallel()
	r := activateRequest()
	clean := granted(t, r, activateFacts(), noon)
	r.Status, r.Scheduled, r.Approval, r.Created, r.Completed = Provisioned, otherID, otherID, 1, 2
	r.Via = Via{Eligibility: otherID, Membership: otherID}
	if diff := cmp.Diff(clean, granted(t, r, activateFacts(), noon)); diff != "" {
		t.Error(diff)
	}
}

func TestFactsWithoutAPolicyAreNoGrant(t *testing.T) {
	t.Parallel()
	f := activateFacts()
	f.Policy = Policy{}
	if v, err := Decide(activateRequest(), f, noon); err == nil {
		t.Errorf("granted without a policy: %+v", v)
	}
	if v, err := Decide(assignRequest(Eligibility), Facts{}, noon); err == nil {
		t.Errorf("granted without facts: %+v", v)
	}
}
