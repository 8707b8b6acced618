package pim

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/guid"
	"ephor/internal/when"
)

func change(side Side, e Expiration) Request {
	r := assignRequest(side)
	r.Action, r.Schedule = AdminUpdate, &Asked{Start: when.Never, Expiration: e}
	return r
}

// behaviour.md §3, row adminUpdate, on both sides.
func TestAdminUpdate(t *testing.T) {
	t.Parallel()
	for side, kind := range map[Side]Kind{Eligibility: Eligible, Assignment: Assigned} {
		other := map[Side]Kind{Eligibility: Assigned, Assignment: Activated}[side]
		f := assignFacts()
		f.Standing = []Held{held(otherID, kind, noon-when.Day, noon+when.Day)}
		for _, x := range []row{
			{name: "longer", status: Provisioned, change: func(*Request, *Facts) {}},
			{name: "in the future", status: Granted, change: func(r *Request, _ *Facts) { r.Schedule.Start = noon + 1 }},
			{name: "of one that has yet to begin", status: Provisioned, change: having(held(otherID, kind, noon+when.Hour, noon+when.Day))},
			{name: "nothing there", http: 400, code: "RoleAssignmentDoesNotExist", change: having()},
			{name: "ended this instant", http: 400, code: "RoleAssignmentDoesNotExist", change: having(held(otherID, kind, noon-when.Day, noon))},
			{name: "held in the other way only", http: 400, code: "RoleAssignmentDoesNotExist", change: having(held(otherID, other, noon-when.Day, noon+when.Day))},
			{name: "no dates", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule = nil }},
			{name: "end is past", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon) }},
			{
				name: "longer than the rule allows", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
				change: func(_ *Request, f *Facts) { f.Policy = DefaultGroupPolicy() },
			},
			{name: "leaves a time without a Global Administrator", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.LocksOut = true }},
		} {
			x.name = side.String() + ": " + x.name
			x.test(t, change(side, lasting("P900D")), f)
		}
	}
}

// The schedule is replaced by one with the new request's id (Build, as adminExtend).
func TestUpdateReplacesTheSchedule(t *testing.T) {
	t.Parallel()
	f := assignFacts()
	f.Standing = []Held{held(otherID, Assigned, noon-when.Day, noon+when.Day)}
	r := change(Assignment, until(noon+2*when.Day))
	v := granted(t, r, f, noon)
	want := Schedule{
		ID: r.ID, Kind: Assigned, Principal: aline, Target: r.Target, Window: when.Window{Start: noon, End: noon + 2*when.Day},
		Expiration: until(noon + 2*when.Day), Request: r.ID, Created: noon, Modified: when.Never,
	}
	if diff := cmp.Diff([]Schedule{want}, v.Put); diff != "" || v.Request.Scheduled != r.ID {
		t.Errorf("%v %s", v.Request.Scheduled, diff)
	}
	if diff := cmp.Diff([]guid.ID{otherID}, ids(v.End)); diff != "" {
		t.Error(diff)
	}
}

// An eligibility's update carries the activations that still fit and ends the others.
func TestUpdatedEligibilityCarriesWhatStillFits(t *testing.T) {
	t.Parallel()
	id := func(n byte) guid.ID { return guid.ID{15: n} }
	activation := func(n byte, start, end when.Instant) Schedule {
		return held(id(n), Activated, start, end).Schedule
	}
	f := assignFacts()
	f.Standing = []Held{held(eligibilityID, Eligible, noon-when.Day, noon+when.Day)}
	f.Activations = []Schedule{
		activation(1, noon-when.Hour, noon+when.Hour),           // begun before the new start, which is now
		activation(2, noon, noon+2*when.Hour),                   // ends as the new window does
		activation(3, noon, noon+2*when.Hour+1),                 // a tick longer
		activation(4, noon+when.Hour, noon+3*when.Hour),         // ahead, outside
		activation(5, noon-2*when.Hour, noon),                   // over
		activation(6, noon+30*when.Minute, noon+60*when.Minute), // ahead, inside
	}
	v := granted(t, change(Eligibility, lasting("PT2H")), f, noon)
	if diff := cmp.Diff([]guid.ID{activationID, id(1), id(2), id(6)}, ids(v.Put)); diff != "" {
		t.Errorf("put: %s", diff)
	}
	for i, a := range v.Put[1:] {
		was := f.Activations[slices.IndexFunc(f.Activations, func(s Schedule) bool { return s.ID == a.ID })]
		was.Via.Eligibility, was.Modified = activationID, noon
		if diff := cmp.Diff(was, a); diff != "" {
			t.Errorf("carried %d: %s", i, diff)
		}
	}
	if diff := cmp.Diff([]guid.ID{eligibilityID, id(3), id(4)}, ids(v.End)); diff != "" {
		t.Errorf("end: %s", diff)
	}
}

// Moving the start into the future takes eligibility away until then, and with it what
// runs now.
func TestPostponedEligibilityEndsWhatRuns(t *testing.T) {
	t.Parallel()
	f := assignFacts()
	f.Standing = []Held{held(eligibilityID, Eligible, noon-when.Day, when.Never)}
	f.Activations = []Schedule{held(otherID, Activated, noon-when.Hour, noon+when.Hour).Schedule}
	r := change(Eligibility, forever())
	r.Schedule.Start = noon + 1
	v := granted(t, r, f, noon)
	if diff := cmp.Diff([]guid.ID{eligibilityID, otherID}, ids(v.End)); diff != "" || len(v.Put) != 1 {
		t.Errorf("put %v, end: %s", ids(v.Put), diff)
	}
}
