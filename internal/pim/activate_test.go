package pim

import (
	"testing"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

func eligibility(change func(*Held)) func(*Request, *Facts) {
	return func(_ *Request, f *Facts) { change(&f.Eligibilities[0]) }
}

func asked(start when.Instant, e Expiration) func(*Request, *Facts) {
	return func(r *Request, _ *Facts) { r.Schedule = &Asked{Start: start, Expiration: e} }
}

func having(h ...Held) func(*Request, *Facts) {
	return func(_ *Request, f *Facts) { f.Standing = h }
}

// behaviour.md §3 selfActivate and §7 rules 11 to 14, errors.md RoleAssignmentExists and
// the rule words.
func TestSelfActivate(t *testing.T) {
	t.Parallel()
	for _, x := range []row{
		{name: "now", status: Provisioned, change: func(*Request, *Facts) {}},
		{name: "later", status: Granted, change: asked(noon+when.Hour, lasting("PT5H"))},
		{name: "start one tick later", status: Granted, change: asked(noon+1, lasting("PT5H"))},
		{name: "past start is moved up", status: Provisioned, change: asked(noon-when.Day, lasting("PT8H"))},
		{name: "exactly 8 h", status: Provisioned, change: asked(noon, lasting("PT8H"))},
		{name: "exactly 8 h by date", status: Provisioned, change: asked(noon, until(noon+8*when.Hour))},
		{name: "too long by one tick", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: asked(noon, until(noon+8*when.Hour+1))},
		{name: "the shortest", status: Provisioned, change: asked(noon, lasting("PT5M"))},
		{name: "too short by one tick", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: asked(noon, until(noon+5*when.Minute-1))},
		{name: "a permanent activation does not exist", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: asked(noon, forever())},
		{name: "nor where no end is required", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: func(r *Request, f *Facts) {
			r.Schedule.Expiration = forever()
			f.Policy.EndUserAssignment.Expiration.Required = false
			f.Eligibilities[0].Schedule.Window.End = when.Never
		}},
		{
			name: "policy max is PT0S", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
			change: func(_ *Request, f *Facts) { f.Policy.EndUserAssignment.Expiration.Maximum = "PT0S" },
		},
		{name: "not eligible", http: 400, code: policyFailed, rules: []string{"EligibilityRule"}, change: func(_ *Request, f *Facts) { f.Eligibilities = nil }},
		{
			name: "eligibility ends this instant", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Schedule.Window.End = noon }),
		},
		{name: "eligibility begins this instant", status: Provisioned, change: eligibility(func(h *Held) { h.Schedule.Window.Start = noon })},
		{
			name: "eligibility begins at the next tick", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Schedule.Window.Start = noon + 1 }),
		},
		{
			name: "eligibility ends exactly at the activation's end", status: Provisioned,
			change: eligibility(func(h *Held) { h.Schedule.Window.End = noon + 5*when.Hour }),
		},
		{
			name: "longer than the eligibility left, by a tick", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
			change: eligibility(func(h *Held) { h.Schedule.Window.End = noon + 5*when.Hour - 1 }),
		},
		{name: "start after the eligibility's end", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: asked(noon+2*when.Day, lasting("PT1H"))},
		{
			name: "the place in the group is gone", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Place = false }),
		},
		{
			name: "another's own eligibility", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Membership = guid.ID{} }),
		},
		{
			name: "assigned is not eligible", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Schedule.Kind = Assigned }),
		},
		{
			name: "another role", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Schedule.Target.Role = otherID }),
		},
		{name: "narrower than a tenant-wide eligibility", status: Provisioned, change: scoped(ScopeUnit, directory.KindUnit, true)},
		{name: "an object in the unit of the eligibility", status: Provisioned, change: inUnit(unit)},
		{name: "an object in several units, that of the eligibility among them", status: Provisioned, change: inUnit(otherID, unit)},
		{name: "an object in another unit than the eligibility's", http: 400, code: policyFailed, rules: []string{"EligibilityRule"}, change: inUnit(otherID)},
		{name: "an object in no unit", http: 400, code: policyFailed, rules: []string{"EligibilityRule"}, change: inUnit()},
		{name: "the unit, when eligible for an object in it", http: 400, code: policyFailed, rules: []string{"EligibilityRule"}, change: func(r *Request, f *Facts) {
			inUnit(unit)(r, f)
			r.Target.Scope, f.Scope = Scope{Kind: ScopeUnit, ID: unit}, directory.KindUnit
			f.Eligibilities[0].Schedule.Target.Scope = Scope{Kind: ScopeObject, ID: helpdesk}
		}},
		{name: "an object in the unit, of another role", http: 400, code: policyFailed, rules: []string{"EligibilityRule"}, change: func(r *Request, f *Facts) {
			inUnit(unit)(r, f)
			f.Eligibilities[0].Schedule.Target.Role = otherID
		}},
		{
			name: "wider than the eligibility", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Schedule.Target.Scope = Scope{Kind: ScopeUnit, ID: unit} }),
		},
		{
			name: "an app scope's eligibility reaches no directory object", http: 400, code: policyFailed, rules: []string{"EligibilityRule"},
			change: eligibility(func(h *Held) { h.Schedule.Target.Scope.App = true }),
		},
		{name: "disabled person", http: 400, code: policyFailed, rules: []string{"EligibilityRule"}, change: func(_ *Request, f *Facts) { f.Principal.Enabled = false }},
		{name: "disabled role", http: 400, code: "InvalidRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.Role.Enabled = false }},
		{name: "principal must be the caller", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Principal = helpdesk }},
		{name: "an application", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.By = Actor{App: aline} }},
		{name: "no principal and no caller", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Principal, r.By = guid.ID{}, Actor{} }},
		{name: "no justification", http: 400, code: policyFailed, rules: []string{"JustificationRule"}, change: func(r *Request, _ *Facts) { r.Justification = nil }},
		{name: "no second factor", http: 400, code: policyFailed, rules: []string{"MfaRule"}, change: func(r *Request, _ *Facts) { r.Proof = Proof{Methods: []string{"pwd"}} }},
		{
			name: "no ticket", http: 400, code: policyFailed, rules: []string{"TicketingRule"},
			change: func(_ *Request, f *Facts) { f.Policy.EndUserAssignment.Enablement.Ticketing = true },
		},
		{name: "a ticket with a number only", status: Provisioned, change: func(r *Request, f *Facts) {
			f.Policy.EndUserAssignment.Enablement.Ticketing, r.Ticket.Number = true, new("09876")
		}},
		{
			name: "several rules in one message", http: 400, code: policyFailed,
			rules: []string{"EligibilityRule", "ExpirationRule", "JustificationRule", "TicketingRule", "MfaRule"}, change: func(r *Request, f *Facts) {
				r.Proof, r.Justification, r.Schedule.Expiration = Proof{}, nil, lasting("P1D")
				f.Policy.EndUserAssignment.Enablement.Ticketing, f.Eligibilities = true, nil
			},
		},
		{name: "as published", http: 400, code: policyFailed, rules: []string{"EligibilityRule", "ExpirationRule"}, change: func(r *Request, f *Facts) {
			r.Schedule.Expiration, f.Eligibilities = lasting("PT9H"), nil
		}},
		{name: "another request is pending", http: 400, code: "PendingRoleAssignmentRequest", change: func(_ *Request, f *Facts) { f.Pending = []Request{{ID: otherID, Status: PendingApproval}} }},
	} {
		x.test(t, activateRequest(), activateFacts())
	}
}

// errors.md, RoleAssignmentExists: while active nothing more is activated, not even for
// later, and dry runs say so too.
func TestSelfActivateWhileActive(t *testing.T) {
	t.Parallel()
	running := held(otherID, Activated, noon-when.Hour, noon+when.Hour)
	gone := running
	gone.Place = false
	orphan := running
	orphan.Eligibility = when.Window{}
	for _, x := range []row{
		{name: "activated", http: 400, code: "RoleAssignmentExists", change: having(running)},
		{name: "assigned", http: 400, code: "RoleAssignmentExists", change: having(held(otherID, Assigned, noon-when.Day, when.Never))},
		{name: "for when the current one ends", http: 400, code: "RoleAssignmentExists", change: func(r *Request, f *Facts) {
			f.Standing, r.Schedule.Start = []Held{running}, noon+when.Hour
		}},
		{name: "dry run", http: 400, code: "RoleAssignmentExists", change: func(r *Request, f *Facts) {
			f.Standing, r.DryRun = []Held{running}, true
		}},
		{name: "ended this instant", status: Provisioned, change: having(held(otherID, Activated, noon-when.Hour, noon))},
		{name: "overlaps one that is ahead by a tick", http: 400, code: "RoleAssignmentExists", change: having(held(otherID, Activated, noon+5*when.Hour-1, noon+6*when.Hour))},
		{name: "ends as the one ahead begins", status: Provisioned, change: having(held(otherID, Activated, noon+5*when.Hour, noon+6*when.Hour))},
		{name: "an assignment ahead is no obstacle", status: Provisioned, change: having(held(otherID, Assigned, noon+when.Hour, when.Never))},
		{name: "eligible oneself", status: Provisioned, change: having(held(otherID, Eligible, noon-when.Hour, when.Never))},
		{name: "an activation whose place in the group is gone is none", status: Provisioned, change: having(gone)},
		{name: "an activation whose eligibility is gone is none", status: Provisioned, change: having(orphan)},
	} {
		x.test(t, activateRequest(), activateFacts())
	}
	f := activateFacts()
	f.Standing = []Held{gone}
	if v := granted(t, activateRequest(), f, noon); len(v.End) != 1 || v.End[0].ID != otherID {
		t.Errorf("the lapsed activation was left beside the new one: %v", ids(v.End))
	}
}

// Of several eligibilities the caller's own comes first, then the one that lasts longest,
// then the lowest id; one that is too short is not taken.
func TestChosenEligibility(t *testing.T) {
	t.Parallel()
	a, b := guid.Must("00000000-0000-4000-8000-0000000000aa"), guid.Must("00000000-0000-4000-8000-0000000000bb")
	own := func(id guid.ID, end when.Instant) Held { return held(id, Eligible, noon-when.Day, end) }
	group := func(id guid.ID, end when.Instant) Held {
		h := own(id, end)
		h.Schedule.Principal, h.Membership = helpdesk, place
		return h
	}
	for _, x := range []struct {
		name string
		from []Held
		want Via
	}{
		{"own before a group's that lasts longer", []Held{group(a, when.Never), own(b, noon+when.Day)}, Via{Eligibility: b}},
		{"longest", []Held{group(a, noon+when.Day), group(b, when.Never)}, Via{Eligibility: b, Membership: place}},
		{"lowest id", []Held{group(b, when.Never), group(a, when.Never)}, Via{Eligibility: a, Membership: place}},
		{"own is too short", []Held{own(a, noon+when.Hour), group(b, noon+when.Day)}, Via{Eligibility: b, Membership: place}},
	} {
		f := activateFacts()
		f.Eligibilities = x.from
		v := granted(t, activateRequest(), f, noon)
		if v.Put[0].Via != x.want || v.Request.Via != x.want {
			t.Errorf("%s: %v, want %v", x.name, v.Put[0].Via, x.want)
		}
	}
}

// notSpecified asks for the rule's maximum (behaviour.md §5), which an eligibility that
// ends before refuses.
func TestSelfActivateWithoutAnEndLastsTheMaximum(t *testing.T) {
	t.Parallel()
	r := activateRequest()
	r.Schedule = nil
	v := granted(t, r, activateFacts(), noon)
	if v.Put[0].Window != (when.Window{Start: noon, End: noon + 8*when.Hour}) || v.Request.Schedule.Expiration != lasting("PT8H") {
		t.Errorf("%v, echo %+v", v.Put[0].Window, v.Request.Schedule)
	}
	f := activateFacts()
	f.Eligibilities[0].Schedule.Window.End = noon + 8*when.Hour - 1
	v, err := Decide(r, f, noon)
	sameRules(t, refusal(t, v, err), []string{"ExpirationRule"})
}

// errors.md, RoleAssignmentRequestAcrsValidationFailed, with its exact message.
func TestAuthenticationContext(t *testing.T) {
	t.Parallel()
	with := func(claim *string, p Proof) error {
		r, f := activateRequest(), activateFacts()
		f.Policy.Context = ContextRule{Enabled: true, Claim: claim}
		f.Policy.EndUserAssignment.Enablement.MFA = false
		r.Proof = p
		_, err := Decide(r, f, noon)
		return err
	}
	fa, ok := fault.As(with(new("c1"), Proof{MFA: true, Context: []string{"c2"}}))
	const message = "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D"
	if !ok || fa.Status != 400 || fa.Code != "RoleAssignmentRequestAcrsValidationFailed" || fa.Message != message {
		t.Errorf("%v", fa)
	}
	if err := with(new("c1"), Proof{Context: []string{"c1"}}); err != nil {
		t.Errorf("context met: %v", err)
	}
	for _, none := range []*string{nil, new("")} {
		if err := with(none, Proof{MFA: true}); err != nil {
			t.Errorf("no claim named, second factor given: %v", err)
		}
		fa, ok := fault.As(with(none, Proof{Methods: []string{"pwd"}}))
		if !ok || fa.Code != policyFailed || fa.Details[0].Code != "MfaRule" {
			t.Errorf("no claim named, no second factor: %v", fa)
		}
	}
}

// inUnit asks for the role at an object that is in some units, when eligible for it in unit.
func inUnit(units ...guid.ID) func(*Request, *Facts) {
	return func(r *Request, f *Facts) {
		r.Target.Scope = Scope{Kind: ScopeObject, ID: helpdesk}
		f.Scope, f.TakesScope, f.Units = directory.KindGroup, true, units
		f.Eligibilities[0].Schedule.Target.Scope = Scope{Kind: ScopeUnit, ID: unit}
	}
}
