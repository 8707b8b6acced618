package pim

import (
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// behaviour.md §3 and §6, rows adminAssign.
func TestAdminAssign(t *testing.T) {
	t.Parallel()
	sides := map[Side][]row{
		Eligibility: {
			{
				name: "service principals: active only", http: 400, code: "InvalidRoleAssignmentRequest",
				change: func(_ *Request, f *Facts) { f.Principal.Kind = directory.KindServicePrincipal },
			},
			{name: "eligibility asks for no justification", status: Provisioned, change: func(r *Request, _ *Facts) { r.Justification = nil }},
			{
				name: "no eligibility for the same principal, role, scope", http: 400, code: "RoleAssignmentExists",
				change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Eligible, noon-1, when.Never)} },
			},
			{
				name: "the same in the future", http: 400, code: "RoleAssignmentExists",
				change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Eligible, noon+when.Day, when.Never)} },
			},
			{
				name: "the same, ended this instant", status: Provisioned,
				change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Eligible, noon-when.Day, noon)} },
			},
			{
				name: "the same, ending at the next tick", http: 400, code: "RoleAssignmentExists",
				change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Eligible, noon-when.Day, noon+1)} },
			},
			{
				name: "assigned, not eligible", status: Provisioned,
				change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Assigned, noon-1, when.Never)} },
			},
			{name: "eligible at another scope", status: Provisioned, change: func(_ *Request, f *Facts) {
				f.Standing = []Held{held(otherID, Eligible, noon-1, when.Never)}
				f.Standing[0].Schedule.Target.Scope = Scope{Kind: ScopeUnit, ID: unit}
			}},
		},
		Assignment: {
			{
				name: "the 151st of a custom role", http: 403, code: "Directory_QuotaExceeded",
				change: func(r *Request, f *Facts) { r.Target.Role, f.Custom = otherID, 150 },
			},
			{name: "the 150th of a custom role", status: Provisioned, change: func(r *Request, f *Facts) { r.Target.Role, f.Custom = otherID, 149 }},
			{
				name: "the 101st of a built-in role below the tenant", http: 403, code: "Directory_QuotaExceeded",
				change: func(r *Request, f *Facts) {
					r.Target.Role, r.Target.Scope = roledata.PrivilegedAuthenticationAdministrator, Scope{Kind: ScopeUnit, ID: unit}
					f.Scope, f.TakesScope, f.Narrow = directory.KindUnit, true, 100
				},
			},
			{name: "a built-in role in the whole tenant, beside a hundred below", status: Provisioned, change: func(r *Request, f *Facts) {
				r.Target.Role, f.Narrow, f.Custom = roledata.PrivilegedAuthenticationAdministrator, 100, 150
			}},
			{
				name: "service principal", status: Provisioned,
				change: func(_ *Request, f *Facts) { f.Principal.Kind = directory.KindServicePrincipal },
			},
			{
				name: "no justification", http: 400, code: policyFailed, rules: []string{"JustificationRule"},
				change: func(r *Request, _ *Facts) { r.Justification = nil },
			},
			{
				name: "blank justification", http: 400, code: policyFailed, rules: []string{"JustificationRule"},
				change: func(r *Request, _ *Facts) { r.Justification = new(" \t\n") },
			},
			{
				name: "no such active assignment of type Assigned", http: 400, code: "RoleAssignmentExists",
				change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Assigned, noon+when.Day, when.Never)} },
			},
			{
				name: "an activation is no obstacle", status: Provisioned,
				change: func(_ *Request, f *Facts) {
					f.Standing = []Held{held(otherID, Activated, noon-when.Hour, noon+when.Hour)}
				},
			},
			{name: "a member's pending request is no obstacle", status: Provisioned, change: func(_ *Request, f *Facts) { f.Pending = []Request{{ID: otherID, Status: PendingApproval}} }},
		},
	}
	for side, rows := range sides {
		for _, x := range append(rows, assignRows()...) {
			x.name = side.String() + ": " + x.name
			x.test(t, assignRequest(side), assignFacts())
		}
	}
}

// assignRows are true on both sides.
func assignRows() []row {
	return []row{
		{name: "permanent", status: Provisioned, change: func(*Request, *Facts) {}},
		{name: "past start", status: Provisioned, change: func(r *Request, _ *Facts) { r.Schedule.Start = noon - when.Day }},
		{name: "start == now", status: Provisioned, change: func(r *Request, _ *Facts) { r.Schedule.Start = noon }},
		{name: "start one tick later", status: Granted, change: func(r *Request, _ *Facts) { r.Schedule.Start = noon + 1 }},
		{name: "no schedule at all", status: Provisioned, change: func(r *Request, _ *Facts) { r.Schedule = nil }},
		{
			name: "isExpirationRequired false leaves maximumDuration unapplied", status: Provisioned,
			change: func(r *Request, _ *Facts) { r.Schedule.Expiration = lasting("P10Y") },
		},
		{
			name: "noExpiration where an end is required", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
			change: func(_ *Request, f *Facts) { f.Policy = DefaultGroupPolicy() },
		},
		{
			name: "notSpecified where an end is required", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
			change: func(r *Request, f *Facts) { r.Schedule, f.Policy = nil, DefaultGroupPolicy() },
		},
		{name: "group", status: Provisioned, change: func(_ *Request, f *Facts) {
			f.Principal = Principal{Kind: directory.KindGroup, Enabled: true, RoleAssignable: true}
		}},
		{
			name: "a group without isAssignableToRole", http: 400, code: "InvalidRoleAssignmentRequest",
			change: func(_ *Request, f *Facts) { f.Principal = Principal{Kind: directory.KindGroup, Enabled: true} },
		},
		{
			name: "an application object", http: 400, code: "InvalidRoleAssignmentRequest",
			change: func(_ *Request, f *Facts) { f.Principal.Kind = directory.KindApplication },
		},
		{name: "unknown principal", http: 404, code: "SubjectNotFound", change: func(_ *Request, f *Facts) { f.Principal = Principal{} }},
		{name: "unknown role", http: 404, code: "RoleNotFound", change: func(_ *Request, f *Facts) { f.Role = Role{} }},
		{
			name: "role definition isEnabled", http: 400, code: "InvalidRoleAssignmentRequest",
			change: func(_ *Request, f *Facts) { f.Role.Enabled = false },
		},
		{name: "neither role nor group", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, _ *Facts) { r.Target = Target{} }},
		{name: "a disabled user", status: Provisioned, change: func(_ *Request, f *Facts) { f.Principal.Enabled = false }},
		{name: "unknown scope", http: 404, code: "ResourceNotFound", change: scoped(ScopeObject, directory.KindNone, true)},
		{name: "unknown unit", http: 404, code: "ResourceNotFound", change: scoped(ScopeUnit, directory.KindGroup, true)},
		{name: "a unit as object", http: 400, code: "InvalidRoleAssignmentRequest", change: scoped(ScopeObject, directory.KindUnit, true)},
		{name: "unit", status: Provisioned, change: scoped(ScopeUnit, directory.KindUnit, true)},
		{name: "application as scope", status: Provisioned, change: scoped(ScopeObject, directory.KindApplication, true)},
		{name: "a role that takes no such scope", http: 400, code: "Request_BadRequest", change: scoped(ScopeUnit, directory.KindUnit, false)},
		{name: "appScopeId /", status: Provisioned, change: func(r *Request, _ *Facts) { r.Target.Scope.App = true }},
		{name: "appScopeId of anything else", http: 400, code: "InvalidRoleAssignmentRequest", change: func(r *Request, f *Facts) {
			scoped(ScopeObject, directory.KindApplication, true)(r, f)
			r.Target.Scope.App = true
		}},
		{name: "the shortest", status: Provisioned, change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon + 5*when.Minute) }},
		{
			name: "shorter by a tick", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
			change: func(r *Request, _ *Facts) { r.Schedule.Expiration = until(noon + 5*when.Minute - 1) },
		},
		{name: "MfaRule hits app-only", http: 400, code: policyFailed, rules: []string{"MfaRule"}, change: func(r *Request, f *Facts) {
			r.By = Actor{App: otherID, AppName: "script"}
			f.Policy.AdminEligibility.Enablement.MFA, f.Policy.AdminAssignment.Enablement.MFA = true, true
		}},
		{name: "exactly the maximum", status: Provisioned, change: bounded("P30D", 30*when.Day)},
		{name: "longer by a tick", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: bounded("P30D", 30*when.Day+1)},
		{name: "a month by the calendar", status: Provisioned, change: bounded("P1M", 30*when.Day)},
		{name: "a tick over a month by the calendar", http: 400, code: policyFailed, rules: []string{"ExpirationRule"}, change: bounded("P1M", 30*when.Day+1)},
	}
}

func scoped(kind ScopeKind, object directory.Kind, takes bool) func(*Request, *Facts) {
	return func(r *Request, f *Facts) {
		r.Target.Scope = Scope{Kind: kind, ID: unit}
		f.Scope, f.TakesScope = object, takes
	}
}

func bounded(longest string, ticks when.Instant) func(*Request, *Facts) {
	return func(r *Request, f *Facts) {
		rule := ExpirationRule{Required: true, Maximum: longest}
		f.Policy.AdminEligibility.Expiration, f.Policy.AdminAssignment.Expiration = rule, rule
		r.Schedule.Expiration = until(noon + ticks)
	}
}

// A door without a justification field is an adminAssign without end, judged by the same
// rules but that one, and answers in the directory's words (errors.md §2).
func TestPlainRoleAssignment(t *testing.T) {
	t.Parallel()
	r := assignRequest(Assignment)
	r.OutsidePIM, r.Justification, r.Schedule = true, nil, nil
	v := granted(t, r, assignFacts(), noon)
	s := v.Put[0]
	if !s.OutsidePIM() || s.ID != r.ID || s.Kind != Assigned || s.Window != (when.Window{Start: noon, End: when.Never}) {
		t.Errorf("%+v", s)
	}
	for _, x := range []row{
		{
			name: "twice", http: 400, code: "Request_BadRequest",
			change: func(_ *Request, f *Facts) { f.Standing = []Held{held(otherID, Assigned, noon-1, when.Never)} },
		},
		{name: "unknown principal", http: 404, code: "Request_ResourceNotFound", change: func(_ *Request, f *Facts) { f.Principal = Principal{} }},
		{
			name: "permanent grants not allowed", http: 400, code: policyFailed, rules: []string{"ExpirationRule"},
			change: func(_ *Request, f *Facts) { f.Policy.AdminAssignment.Expiration.Required = true },
		},
		{name: "removing what is not there", http: 404, code: "Request_ResourceNotFound", change: func(r *Request, _ *Facts) { r.Action = AdminRemove }},
	} {
		x.test(t, r, assignFacts())
	}
}

// A grant that is made again is another one.
func TestReassigningMakesAnotherSchedule(t *testing.T) {
	t.Parallel()
	first := granted(t, assignRequest(Eligibility), assignFacts(), noon).Put[0]
	r := assignRequest(Eligibility)
	r.ID = guid.Must("00000000-0000-4000-8000-00000000000a")
	if again := granted(t, r, assignFacts(), noon+when.Hour).Put[0]; again.ID == first.ID || again.ID != r.ID {
		t.Errorf("schedules %v and %v", first.ID, again.ID)
	}
}
