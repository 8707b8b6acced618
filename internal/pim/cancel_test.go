package pim

import (
	"slices"
	"testing"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// behaviour.md §3, cancel: which states can be called off.
func TestCallOffByState(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{Provisioned, Granted, PendingApproval, PendingAdminDecision, Denied, Canceled, Revoked, Failed, TimedOut, ""} {
		v, err := CallOff(Request{ID: otherID, Status: s}, Facts{}, noon)
		if s == Granted || s == PendingApproval || s == PendingAdminDecision {
			if err != nil || v.Request.Status != Canceled || v.Request.Completed != noon || !v.Stored || v.End != nil {
				t.Errorf("%q: %+v, %v", s, v, err)
			}
			continue
		}
		if fa := refusal(t, v, err); fa.Status != 400 || fa.Code != "RequestCannotBeCancelled" {
			t.Errorf("%q: %v", s, fa)
		}
	}
}

func TestCallOffTakesTheScheduleAndWhatStandsOnIt(t *testing.T) {
	t.Parallel()
	r := Request{ID: eligibilityID, Side: Eligibility, Status: Granted, Scheduled: eligibilityID, Principal: aline, Target: Target{Role: userAdmin}}
	f := assignFacts()
	f.Standing = []Held{held(eligibilityID, Eligible, noon+when.Hour, when.Never), held(place, Assigned, noon, when.Never)}
	f.Activations = []Schedule{held(otherID, Activated, noon+2*when.Hour, noon+3*when.Hour).Schedule}
	v, err := CallOff(r, f, noon)
	if err != nil || !slices.Equal(ids(v.End), []guid.ID{eligibilityID, otherID}) {
		t.Errorf("%v, %v", ids(v.End), err)
	}
	f.LocksOut = true
	v, err = CallOff(r, f, noon)
	if fa := refusal(t, v, err); fa.Code != "InvalidRoleAssignmentRequest" {
		t.Errorf("after which nobody could become Global Administrator: %v", fa)
	}
}

// What has not been asked for, or is over, does not change.
func TestTurnsLeadOnlyWhereTheTableSays(t *testing.T) {
	t.Parallel()
	all := []Status{"", Provisioned, Granted, PendingApproval, PendingAdminDecision, Denied, Canceled, Revoked, Failed, TimedOut}
	for _, from := range all {
		for on := range Overrule + 2 {
			for _, to := range all {
				_, err := (Request{Status: from}).Turn(on, to, noon)
				var f *fault.Fault
				if f, _ = fault.As(err); f != nil {
					t.Errorf("a fault for what no caller asked: %v", f)
				}
				if ends := !from.Waits(); ends && err == nil {
					t.Errorf("%q is final, and became %q by %s", from, to, on)
				}
				if err == nil && !slices.Contains(Before(on), from) {
					t.Errorf("%q became %q by %s", from, to, on)
				}
			}
		}
	}
	for _, s := range []Status{Provisioned, Revoked, Denied, Canceled, TimedOut, Failed} {
		if s.Waits() || s.Pending() {
			t.Errorf("%s waits", s)
		}
	}
	if Granted.Pending() || !Granted.Waits() || !PendingApproval.Pending() {
		t.Error("Granted waits for its start, not for a word")
	}
}

// behaviour.md §13: the names under which the log knows requests.
func TestActivityNames(t *testing.T) {
	t.Parallel()
	role, group := Target{Role: userAdmin}, Target{Group: helpdesk}
	for _, x := range []struct {
		r         Request
		step      Step
		permanent bool
		want      string
	}{
		{Request{Action: AdminAssign, Side: Eligibility, Target: role}, StepRequested, true, "Add eligible member to role in PIM requested (permanent)"},
		{Request{Action: AdminAssign, Side: Eligibility, Target: role}, StepCompleted, false, "Add eligible member to role in PIM completed (timebound)"},
		{Request{Action: AdminAssign, Side: Assignment, Target: role}, StepRequested, true, "Add member to role in PIM requested (permanent)"},
		{Request{Action: AdminAssign, Side: Assignment, Target: role}, StepCompleted, false, "Add member to role in PIM completed (timebound)"},
		{Request{Action: SelfActivate, Side: Assignment, Target: role}, StepRequested, false, "Add member to role requested (PIM activation)"},
		{Request{Action: SelfActivate, Side: Assignment, Target: role}, StepApprovalAsked, false, "Add member to role approval requested (PIM activation)"},
		{Request{Action: SelfActivate, Side: Assignment, Target: role}, StepRequestApproved, false, "Add member to role request approved (PIM activation)"},
		{Request{Action: SelfActivate, Side: Assignment, Target: role}, StepRequestDenied, false, "Add member to role request denied (PIM activation)"},
		{Request{Action: SelfActivate, Side: Assignment, Target: role}, StepCompleted, false, "Add member to role completed (PIM activation)"},
		{Request{Action: AdminExtend, Side: Eligibility, Target: role}, StepRequested, false, "Update eligible member in PIM requested (extend)"},
		{Request{Action: SelfRenew, Side: Assignment, Target: role}, StepCanceled, false, "Add member to role in PIM canceled (renew)"},
		{Request{Action: AdminRemove, Side: Eligibility, Target: group}, StepCompleted, false, "Remove eligible member from group in PIM completed (timebound)"},
	} {
		if got := x.r.Activity(x.step, x.permanent); got != x.want {
			t.Errorf("%q, want %q", got, x.want)
		}
	}
	if got := (Schedule{Kind: Activated, Target: role}).Expired(); got != "Remove member from role (PIM activation expired)" {
		t.Error(got)
	}
}

// Where a tenant allows it, a member activates in the group's name; nobody else does, and
// nothing else is had so.
func TestActivationInAGroupsName(t *testing.T) {
	t.Parallel()
	in := func() (Request, Facts) {
		r, f := activateRequest(), activateFacts()
		r.Principal = helpdesk
		f.Principal, f.Principal.Kind = Principal{Enabled: true, RoleAssignable: true, CallerIn: true}, groupKind
		f.Settings.ActivateGroups = true
		f.Eligibilities[0].Membership = guid.ID{}
		return r, f
	}
	for _, x := range []row{
		{name: "by a member", status: Provisioned},
		{name: "as the setting is by default", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.Settings.ActivateGroups = false }},
		{name: "by a stranger", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.Principal.CallerIn = false }},
		{name: "in a person's name", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.Principal.Kind = userKind }},
		{name: "by an application", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.By = Actor{App: aline} }},
	} {
		r, f := in()
		x.test(t, r, f)
	}
}
