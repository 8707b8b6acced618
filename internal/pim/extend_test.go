package pim

import (
	"slices"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// extending is an administrator's request to let what is held until an hour after noon
// last a day.
func extending(action Action, side Side) (Request, Facts) {
	r, f := change(side, until(noon+when.Day)), assignFacts()
	r.Action, r.Spelling = action, action.String()
	if action.Self() {
		r.By, r.Proof = Actor{User: aline}, Proof{MFA: true}
	}
	f.Standing = []Held{held(eligibilityID, side.kind(), noon-when.Day, noon+when.Hour)}
	return r, f
}

func TestAdminExtend(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Eligibility, Assignment} {
		for _, x := range []row{
			{name: "extended", status: Provisioned},
			{name: "extended though it has yet to begin", status: Granted, change: func(r *Request, f *Facts) {
				r.Schedule.Start = when.Never
				f.Standing[0].Schedule.Window.Start = noon + when.Minute
			}},
			{name: "by a tick", status: Provisioned, change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon + when.Hour + 1) }},
			{name: "for good", status: Provisioned, change: func(r *Request, _ *Facts) { r.Schedule.Expiration = forever() }},
			{name: "asked to begin before it does", status: Granted, change: func(r *Request, f *Facts) {
				r.Schedule.Start = noon
				f.Standing[0].Schedule.Window.Start = noon + when.Minute
			}},
			{name: "nothing held", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Standing = nil }},
			{name: "ended this instant", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Standing[0].Schedule.Window.End = noon }},
			{name: "without an end", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.Standing[0].Schedule.Window.End = when.Never }},
			{name: "no dates", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule = nil }},
			{name: "to the end that it has", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon + when.Hour) }},
			{name: "shorter", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon + when.Minute) }},
			{name: "a gap", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule.Start = noon + 1 }},
			{name: "longer than the rule", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: func(r *Request, f *Facts) {
				f.Policy.AdminEligibility.Expiration = ExpirationRule{Required: true, Maximum: "PT23H"}
				f.Policy.AdminAssignment.Expiration = ExpirationRule{Required: true, Maximum: "PT23H"}
			}},
			{name: "the role is gone", http: 404, code: "RoleNotFound", change: func(_ *Request, f *Facts) { f.Role = Role{} }},
			{name: "the lockout guard has nothing to say", status: Provisioned, change: func(_ *Request, f *Facts) { f.LocksOut = true }},
		} {
			r, f := extending(AdminExtend, side)
			x.name = side.String() + ": " + x.name
			x.test(t, r, f)
		}
	}
}

// What is replaced ends, and what stood on it goes on, where it fits.
func TestExtensionReplacesAndCarries(t *testing.T) {
	t.Parallel()
	r, f := extending(AdminExtend, Eligibility)
	running := held(place, Activated, noon-when.Minute, noon+when.Minute).Schedule
	f.Activations = []Schedule{running}
	v := granted(t, r, f, noon)
	if !slices.Equal(ids(v.End), []guid.ID{eligibilityID}) || !slices.Equal(ids(v.Put), []guid.ID{r.ID, place}) {
		t.Fatalf("put %v, end %v", ids(v.Put), ids(v.End))
	}
	if v.Put[1].Via.Eligibility != r.ID || v.Put[1].Window != running.Window || v.Put[1].Modified != noon {
		t.Errorf("carried: %+v", v.Put[1])
	}
	if w := v.Put[0].Window; w != (when.Window{Start: noon, End: noon + when.Day}) || v.Request.Scheduled != r.ID || v.Request.Completed != noon {
		t.Errorf("window %v of %+v", w, v.Request)
	}
}

// ended is what Aline held of the target until time ended it.
func ended(id guid.ID, kind Kind, end when.Instant) Schedule {
	return held(id, kind, end-when.Day, end).Schedule
}

func TestAdminRenew(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Eligibility, Assignment} {
		for _, x := range []row{
			{name: "renewed", status: Provisioned},
			{name: "from later on", status: Granted, change: func(r *Request, _ *Facts) { r.Schedule.Start = noon + when.Hour }},
			{name: "ended this instant", status: Provisioned, change: func(_ *Request, f *Facts) { f.Ended[0].Window.End = noon }},
			{name: "30 days ago", status: Provisioned, change: func(_ *Request, f *Facts) { f.Ended[0].Window.End = noon - 30*when.Day }},
			{name: "30 days and a tick ago", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Ended[0].Window.End = noon - 30*when.Day - 1 }},
			{name: "not over yet", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Ended[0].Window.End = noon + 1 }},
			{name: "nothing ended", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Ended = nil }},
			{name: "of another kind", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Ended[0].Kind = Activated }},
			{name: "of somebody else", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Ended[0].Principal = helpdesk }},
			{name: "of another scope", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Ended[0].Target.Scope = Scope{Kind: ScopeUnit, ID: unit} }},
			{name: "it is held again", http: 400, code: "RoleAssignmentExists", change: func(r *Request, f *Facts) {
				f.Standing = []Held{held(otherID, r.Side.kind(), noon+when.Hour, when.Never)}
			}},
			{name: "no dates", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule = nil }},
			{name: "an end that is past", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon) }},
			{name: "the window is a setting", http: 400, code: "RoleAssignmentDoesNotExist", change: func(_ *Request, f *Facts) { f.Settings.RenewWithin = 0 }},
		} {
			r, f := extending(AdminRenew, side)
			f.Standing, f.Ended = nil, []Schedule{ended(eligibilityID, side.kind(), noon-when.Day)}
			x.name = side.String() + ": " + x.name
			x.test(t, r, f)
		}
	}
}

func TestSelfExtend(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Eligibility, Assignment} {
		for _, x := range []row{
			{name: "asked", status: PendingAdminDecision},
			{name: "14 days before the end", status: PendingAdminDecision, change: func(r *Request, f *Facts) {
				f.Standing[0].Schedule.Window.End = noon + 14*when.Day
				r.Schedule.Expiration = lasting("P15D")
			}},
			{name: "earlier by a tick", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, f *Facts) {
				f.Standing[0].Schedule.Window.End = noon + 14*when.Day + 1
				r.Schedule.Expiration = lasting("P15D")
			}},
			{name: "for somebody else", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.By.User = admin }},
			{name: "by an application", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.By = Actor{App: admin} }},
			{name: "in a group's name, which members may only activate in", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, f *Facts) {
				r.Principal, f.Principal.CallerIn, f.Settings.ActivateGroups = helpdesk, true, true
			}},
			{name: "not longer", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon + when.Hour) }},
			{name: "another waits", http: 400, code: "PendingRoleAssignmentRequest", change: func(_ *Request, f *Facts) {
				f.Pending = []Request{{ID: otherID, Status: PendingAdminDecision}}
			}},
			{name: "without a second factor", http: 400, code: policyFailed, rules: []string{"MfaRule"}, change: func(r *Request, _ *Facts) { r.Proof.MFA = false }},
			{name: "without a reason", http: 400, code: policyFailed, rules: []string{"JustificationRule"}, change: func(r *Request, _ *Facts) { r.Justification = nil }},
			{name: "for what nobody could give", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: func(r *Request, f *Facts) {
				f.Policy.AdminEligibility.Expiration = ExpirationRule{Required: true, Maximum: "PT23H"}
				f.Policy.AdminAssignment.Expiration = ExpirationRule{Required: true, Maximum: "PT23H"}
			}},
		} {
			r, f := extending(SelfExtend, side)
			x.name = side.String() + ": " + x.name
			x.test(t, r, f)
		}
	}
}

// An activation is not extended: who needs it for longer activates again.
func TestSelfExtendIsNotForActivations(t *testing.T) {
	t.Parallel()
	r, f := extending(SelfExtend, Assignment)
	f.Standing = []Held{held(otherID, Activated, noon-when.Hour, noon+when.Hour)}
	v, err := Decide(r, f, noon)
	if fa := refusal(t, v, err); fa.Code != "RoleAssignmentDoesNotExist" {
		t.Error(fa)
	}
}

// What waits names the schedule that it is about, and changes nothing.
func TestAskingChangesNothing(t *testing.T) {
	t.Parallel()
	for _, action := range []Action{SelfExtend, SelfRenew} {
		r, f := extending(action, Eligibility)
		if action == SelfRenew {
			f.Standing = nil
			f.Ended = []Schedule{ended(otherID, Eligible, noon-2*when.Day), ended(eligibilityID, Eligible, noon-when.Day)}
		}
		v := granted(t, r, f, noon)
		if v.Put != nil || v.End != nil || v.Close != nil || v.Request.Scheduled != eligibilityID || v.Request.Completed != when.Never {
			t.Errorf("%s: %+v", action, v)
		}
	}
}

// Whatever an administrator decides about the same is the answer to who asked.
func TestAdministratorsWordAnswersWhatWaits(t *testing.T) {
	t.Parallel()
	waits := Request{ID: otherID, Status: PendingAdminDecision, Scheduled: eligibilityID, Completed: when.Never}
	for action, want := range map[Action]Status{
		AdminExtend: Provisioned, AdminUpdate: Provisioned, AdminRenew: Provisioned, AdminAssign: Provisioned, AdminRemove: Denied,
	} {
		r, f := extending(action, Eligibility)
		f.Pending = []Request{waits, {ID: place, Status: PendingApproval}}
		if action == AdminRenew || action == AdminAssign {
			f.Ended, f.Standing = []Schedule{ended(eligibilityID, Eligible, noon-when.Day)}, nil
		}
		v := granted(t, r, f, noon)
		if len(v.Close) != 1 || v.Close[0].ID != otherID || v.Close[0].Status != want || v.Close[0].Completed != noon {
			t.Errorf("%s: closed %+v", action, v.Close)
			continue
		}
		made := r.ID
		if want == Denied {
			made = eligibilityID
		}
		if v.Close[0].Scheduled != made {
			t.Errorf("%s: it names %s", action, v.Close[0].Scheduled)
		}
		r.DryRun = true
		if dry := granted(t, r, f, noon); dry.Close != nil {
			t.Errorf("a dry %s closes %+v", action, dry.Close)
		}
	}
}
