package pim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/guid"
	"ephor/internal/when"
)

func removal(side Side) Request {
	r := assignRequest(side)
	r.Action, r.Justification, r.Schedule = AdminRemove, nil, nil
	return r
}

// behaviour.md §3, row adminRemove; errors.md, RoleAssignmentDoesNotExist and
// ActiveDurationTooShort.
func TestAdminRemove(t *testing.T) {
	t.Parallel()
	justMade := held(otherID, Assigned, noon-when.Second, when.Never)
	orphan := held(otherID, Activated, noon-when.Hour, noon+when.Hour)
	orphan.Eligibility = when.Window{}
	waiting := func(since when.Instant) func(*Request, *Facts) {
		return func(_ *Request, f *Facts) {
			f.Settings.RemoveWait = 5 * time.Minute
			f.Standing = append(f.Standing, held(otherID, Assigned, noon-since, when.Never))
		}
	}
	for _, x := range []row{
		{name: "running", status: Revoked, change: having(held(otherID, Assigned, noon-when.Day, when.Never))},
		{name: "future ones too", status: Revoked, change: having(held(otherID, Assigned, noon+when.Day, when.Never))},
		{name: "nothing there", http: 400, code: "RoleAssignmentDoesNotExist", change: having()},
		{name: "ended this instant", http: 400, code: "RoleAssignmentDoesNotExist", change: having(held(otherID, Assigned, noon-when.Day, noon))},
		{name: "eligible only", http: 400, code: "RoleAssignmentDoesNotExist", change: having(held(otherID, Eligible, noon-when.Day, when.Never))},
		{name: "an activation", status: Revoked, change: having(held(otherID, Activated, noon-when.Hour, noon+when.Hour))},
		{name: "an activation that lost its eligibility", http: 400, code: "RoleAssignmentDoesNotExist", change: having(orphan)},
		{name: "what has yet to begin waits for nothing", status: Revoked, change: waiting(-when.Hour)},
		{name: "no wait by default", status: Revoked, change: having(justMade)},
		{name: "within the wait of the setting", http: 400, code: "ActiveDurationTooShort", change: waiting(5*when.Minute - 1)},
		{name: "the wait is over this instant", status: Revoked, change: waiting(5 * when.Minute)},
		{name: "the last Global Administrator assignment", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) {
			f.Standing, f.LocksOut = []Held{justMade}, true
		}},
		{name: "unknown principal", http: 404, code: "SubjectNotFound", change: func(_ *Request, f *Facts) { f.Principal = Principal{} }},
		{name: "unknown role", http: 404, code: "RoleNotFound", change: func(_ *Request, f *Facts) { f.Role = Role{} }},
		{name: "a deleted principal's", status: Revoked, change: func(_ *Request, f *Facts) { f.Standing, f.Principal = []Held{justMade}, Principal{} }},
		{name: "a disabled role's", status: Revoked, change: func(_ *Request, f *Facts) { f.Standing, f.Role.Enabled = []Held{justMade}, false }},
		{name: "somebody else's", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) {
			f.Standing = []Held{justMade}
			f.Standing[0].Schedule.Principal = admin
		}},
	} {
		x.test(t, removal(Assignment), assignFacts())
	}
}

// Whoever is removed does not stay active by what they activated, and keeps what they are
// eligible for.
func TestRemovingAnAssignmentEndsOwnActivations(t *testing.T) {
	t.Parallel()
	f := assignFacts()
	f.Standing = []Held{
		held(eligibilityID, Eligible, noon-when.Day, when.Never),
		held(otherID, Assigned, noon-when.Day, when.Never),
		held(place, Activated, noon+when.Hour, noon+2*when.Hour),
	}
	v := granted(t, removal(Assignment), f, noon)
	if diff := cmp.Diff([]guid.ID{otherID, place}, ids(v.End)); diff != "" || v.Put != nil {
		t.Error(diff, v.Put)
	}
}

// behaviour.md §3, Build: removing an eligibility also ends activations made from it,
// whoever made them, and no others.
func TestRemovingAnEligibilityEndsActivationsFromIt(t *testing.T) {
	t.Parallel()
	f := assignFacts()
	f.Standing = []Held{held(eligibilityID, Eligible, noon-when.Day, when.Never)}
	members := held(otherID, Activated, noon-when.Hour, noon+when.Hour).Schedule
	members.Principal = admin
	over := held(unit, Activated, noon-when.Hour, noon).Schedule
	elsewhere := held(place, Activated, noon-when.Hour, noon+when.Hour).Schedule
	elsewhere.Via.Eligibility = helpdesk
	f.Activations = []Schedule{members, over, elsewhere}
	v := granted(t, removal(Eligibility), f, noon)
	if diff := cmp.Diff([]guid.ID{eligibilityID, otherID}, ids(v.End)); diff != "" {
		t.Error(diff)
	}
}

// behaviour.md §3, row selfDeactivate.
func TestSelfDeactivate(t *testing.T) {
	t.Parallel()
	since := func(start when.Instant) Held { return held(otherID, Activated, start, noon+when.Hour) }
	orphan := since(noon - when.Hour)
	orphan.Eligibility = when.Window{}
	r := activateRequest()
	r.Action, r.Justification, r.Schedule, r.Proof = SelfDeactivate, nil, nil, Proof{}
	for _, x := range []row{
		{name: "older than five minutes", status: Revoked, change: having(since(noon - when.Hour))},
		{name: "five minutes old this instant", status: Revoked, change: having(since(noon - 5*when.Minute))},
		{name: "younger by a tick", http: 400, code: "ActiveDurationTooShort", change: having(since(noon - 5*when.Minute + 1))},
		{name: "nothing active", http: 400, code: "RoleAssignmentDoesNotExist", change: having()},
		{name: "ended this instant", http: 400, code: "RoleAssignmentDoesNotExist", change: having(held(otherID, Activated, noon-when.Hour, noon))},
		{name: "yet to begin", http: 400, code: "RoleAssignmentDoesNotExist", change: having(since(noon + 1))},
		{name: "assigned, not activated", http: 400, code: "RoleAssignmentDoesNotExist", change: having(held(otherID, Assigned, noon-when.Day, when.Never))},
		{name: "its eligibility is gone", http: 400, code: "RoleAssignmentDoesNotExist", change: having(orphan)},
		{name: "a disabled role's", status: Revoked, change: func(_ *Request, f *Facts) {
			f.Standing, f.Role.Enabled = []Held{since(noon - when.Hour)}, false
		}},
		{name: "for somebody else", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, f *Facts) {
			f.Standing, r.By.User = []Held{since(noon - when.Hour)}, admin
		}},
		{name: "the last Global Administrator", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) {
			f.Standing, f.LocksOut = []Held{since(noon - when.Hour)}, true
		}},
	} {
		x.test(t, r, activateFacts())
	}
	f := activateFacts()
	f.Standing = []Held{since(noon - when.Hour), held(place, Assigned, noon-when.Day, when.Never), held(unit, Activated, noon+2*when.Hour, noon+3*when.Hour)}
	if diff := cmp.Diff([]guid.ID{otherID}, ids(granted(t, r, f, noon).End)); diff != "" {
		t.Errorf("more than the running activation ended: %s", diff)
	}
}

// Scripts match the message, misspelling included (errors.md, ActiveDurationTooShort).
func TestTooShortIsSpeltAsClientsMatchIt(t *testing.T) {
	t.Parallel()
	const want = "The Active duration is too short. Miniumum Required is 5 minutes."
	if got := tooShort(DefaultSettings().DeactivateWait).Message; got != want {
		t.Errorf("%q", got)
	}
	for fa, want := range map[string]string{
		exists(Request{}).Message:                 "The Role assignment already exists.",
		missing(Request{}).Message:                "The Role assignment does not exist.",
		invalid("", "").Message:                   "The role assignment request is invalid.",
		exists(Request{OutsidePIM: true}).Message: "A conflicting object with one or more of the specified property values is present in the directory.",
	} {
		if fa != want {
			t.Errorf("%q, want %q", fa, want)
		}
	}
}
