package request

import (
	"testing"
	"time"

	"ephor/internal/pim"
	"ephor/test/harness"
)

// on plays the same on both endpoints.
func on(rows func(set, kind string) []play) []play {
	return append(rows(eligibility, "Eligibility"), rows(assignment, "Assignment")...)
}

// given makes the person hold what the endpoint is about, for a time.
func given(set, rest string) func(*desk, string) {
	return func(d *desk, who string) {
		if set == eligibility {
			d.entitle(who, rest)
		} else {
			d.assign(who, rest)
		}
	}
}

func ask(action, rest string) func(*desk, string) string {
	return func(_ *desk, who string) string { return asked(action, who, rest) }
}

// made holds a request that made a schedule against behaviour.md §3, "Set on the request".
func made(d *desk, _ string, a harness.Answer) {
	d.t.Helper()
	d.has(a, map[string]any{
		"targetScheduleId": a.Get("id"), "completedDateTime": d.now.String(), "createdDateTime": d.now.String(), "approvalId": nil,
		"scheduleInfo/startDateTime": d.now.String(), "scheduleInfo/recurrence": nil, "createdBy/user/id": d.ID("ada").String(),
		"ticketInfo/ticketNumber": nil, "ticketInfo/ticketSystem": nil, "isValidationOnly": false,
	})
}

// took holds a request that took something away against the row of adminRemove.
func took(d *desk, _ string, a harness.Answer) {
	d.t.Helper()
	d.has(a, map[string]any{"targetScheduleId": nil, "completedDateTime": nil, "scheduleInfo": nil})
}

// replaced says that the person holds one schedule, that of the answer.
func replaced(kind string) func(*desk, string, harness.Answer) {
	return func(d *desk, who string, a harness.Answer) {
		d.t.Helper()
		made(d, who, a)
		rows := d.rows("role"+kind+"Schedules", who)
		if len(rows) != 1 || rows[0]["id"] != a.Get("targetScheduleId") || rows[0]["createdUsing"] != a.Get("id") {
			d.t.Errorf("%s holds %v, want the schedule of %s", who, rows, a.Text)
		}
	}
}

// The rows of adminAssign, adminUpdate and adminRemove in behaviour.md §3, Actions.
func TestAdministratorAssignsUpdatesAndRemoves(t *testing.T) {
	each(t, func(d *desk) {
		d.play(on(func(set, kind string) []play {
			return []play{
				{row: "adminAssign: new schedule", set: set, ask: ask("adminAssign", forever+because), status: "Provisioned", after: replaced(kind)},
				{row: "adminAssign: start in future: Granted until start, then Provisioned", set: set, ask: func(d *desk, who string) string {
					return asked("adminAssign", who, d.from(time.Hour, "P1D")+because)
				}, status: "Granted", after: func(d *desk, _ string, a harness.Answer) {
					d.has(a, map[string]any{"completedDateTime": d.in(time.Hour), "scheduleInfo/startDateTime": d.in(time.Hour), "targetScheduleId": a.Get("id")})
					d.later(time.Hour)
					if got := d.status(set, a.Str("id")); got != "Provisioned" {
						d.t.Errorf("at its start the request is %s", got)
					}
				}},
				{row: "adminAssign: none for the same principal, role, scope", set: set, before: given(set, forever), ask: ask("adminAssign", lasting("P1D")+because), code: "RoleAssignmentExists"},
				{row: "adminAssign: none that has yet to begin", set: set, before: func(d *desk, who string) { given(set, d.from(time.Hour, "P1D"))(d, who) }, ask: ask("adminAssign", lasting("PT10M")+because), code: "RoleAssignmentExists"},
				{row: "adminUpdate: dates replaced", set: set, before: given(set, forever), ask: ask("adminUpdate", lasting("P1D")+because), status: "Provisioned", after: replaced(kind)},
				{row: "adminUpdate: such a schedule exists", set: set, ask: ask("adminUpdate", lasting("P1D")+because), code: "RoleAssignmentDoesNotExist"},
				{row: "adminRemove: schedule and instance deleted at once", set: set, before: given(set, forever), ask: ask("adminRemove", ""), status: "Revoked", after: func(d *desk, who string, a harness.Answer) {
					took(d, who, a)
					if rows := append(d.rows("role"+kind+"Schedules", who), d.rows("role"+kind+"ScheduleInstances", who)...); len(rows) != 0 {
						d.t.Errorf("%s still holds %v", who, rows)
					}
				}},
				{row: "adminRemove: future ones too", set: set, before: func(d *desk, who string) { given(set, d.from(time.Hour, "P1D"))(d, who) }, ask: ask("adminRemove", ""), status: "Revoked"},
				{row: "adminRemove: schedule exists", set: set, ask: ask("adminRemove", ""), code: "RoleAssignmentDoesNotExist"},
				{row: "adminAssign: Expiration_Admin", set: set, ask: ask("adminAssign", `,"roleDefinitionId":"`+userAdm+`"`+forever+because), before: func(d *desk, _ string) {
					d.policy("User Administrator", func(p *pim.Policy) {
						p.AdminEligibility.Expiration.Required, p.AdminAssignment.Expiration.Required = true, true
					})
				}, code: "RoleAssignmentRequestPolicyValidationFailed", rule: `["ExpirationRule"]`},
			}
		}))
	})
}

// The rows of adminExtend and adminRenew in behaviour.md §3, Actions.
func TestAdministratorExtendsAndRenews(t *testing.T) {
	each(t, func(d *desk) {
		over := func(set string, ago time.Duration) func(*desk, string) {
			return func(d *desk, who string) {
				given(set, lasting("PT1H"))(d, who)
				d.later(time.Hour + ago)
			}
		}
		d.play(on(func(set, kind string) []play {
			return []play{
				{row: "adminExtend: replaced by a new one whose id is the new request's", set: set, before: given(set, lasting("P10D")), ask: ask("adminExtend", lasting("P20D")+because), status: "Provisioned", after: replaced(kind)},
				{row: "adminExtend: start is moved to now", set: set, before: given(set, lasting("P10D")), ask: func(d *desk, who string) string {
					return asked("adminExtend", who, `,"scheduleInfo":{"startDateTime":"2020-01-01T00:00:00Z","expiration":{"type":"AfterDateTime","endDateTime":"`+d.in(20*day)+`"}}`+because)
				}, status: "Provisioned", after: func(d *desk, who string, a harness.Answer) {
					replaced(kind)(d, who, a)
					d.has(a, map[string]any{"scheduleInfo/expiration/type": "afterDateTime", "scheduleInfo/expiration/endDateTime": d.in(20 * day), "scheduleInfo/expiration/duration": nil})
				}},
				{row: "adminExtend: unexpired schedule", set: set, ask: ask("adminExtend", lasting("P20D")+because), code: "RoleAssignmentDoesNotExist"},
				{row: "adminExtend: with an end", set: set, before: given(set, forever), ask: ask("adminExtend", lasting("P20D")+because), code: "InvalidRoleAssignmentRequest"},
				{row: "adminExtend: not shorter", set: set, before: given(set, lasting("P10D")), ask: ask("adminExtend", lasting("P10D")+because), code: "InvalidRoleAssignmentRequest"},
				{row: "adminExtend: no gap", set: set, before: given(set, lasting("P10D")), ask: func(d *desk, who string) string {
					return asked("adminExtend", who, d.from(time.Hour, "P20D")+because)
				}, code: "InvalidRoleAssignmentRequest"},
				{row: "adminExtend: not once expired", set: set, before: over(set, 0), ask: ask("adminExtend", lasting("P20D")+because), code: "RoleAssignmentDoesNotExist"},
				{row: "adminRenew: schedule expired", set: set, before: over(set, 0), ask: ask("adminRenew", lasting("P20D")+because), status: "Provisioned", after: replaced(kind)},
				{row: "adminRenew: until 30 days ago", set: set, before: over(set, 30*day), ask: ask("adminRenew", lasting("P20D")+because), status: "Provisioned", after: replaced(kind)},
				{row: "adminRenew: not longer ago", set: set, before: over(set, 30*day+time.Second), ask: ask("adminRenew", lasting("P20D")+because), code: "RoleAssignmentDoesNotExist"},
				{row: "adminRenew: not while it runs", set: set, before: given(set, lasting("P10D")), ask: ask("adminRenew", lasting("P20D")+because), code: "RoleAssignmentExists"},
				{row: "adminRenew: not what was removed", set: set, before: func(d *desk, who string) {
					given(set, lasting("P10D"))(d, who)
					d.ada.Want(201, "POST", set, asked("adminRemove", who, ""))
				}, ask: ask("adminRenew", lasting("P20D")+because), code: "RoleAssignmentDoesNotExist"},
			}
		}))
	})
}

// What was activated goes on when its eligibility is extended (behaviour.md §3: "replaced").
func TestActivationGoesOnUponTheExtendedEligibility(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("P1D"))
		before := d.activate("p0").Str("id")
		extended := d.ada.Want(201, "POST", eligibility, asked("adminExtend", "p0", lasting("P9D")+because)).Str("id")
		rows := d.As("p0").Want(200, "GET", root+"roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')?$expand=activatedUsing", "").Values()
		if len(rows) != 1 || rows[0]["roleAssignmentScheduleId"] != before {
			t.Fatalf("active: %v", rows)
		}
		if used, _ := rows[0]["activatedUsing"].(map[string]any); used["roleEligibilityScheduleId"] != extended {
			t.Errorf("the activation stands on %v, want %s", used, extended)
		}
		d.later(time.Hour)
		if rows := d.rows("roleAssignmentScheduleInstances", "p0"); len(rows) != 0 {
			t.Errorf("extending the eligibility lengthened the activation: %v", rows)
		}
	})
}

// The rows of selfActivate and selfDeactivate in behaviour.md §3, Actions.
func TestHolderActivatesAndDeactivates(t *testing.T) {
	each(t, func(d *desk) {
		entitled := func(rest string) func(*desk, string) { return func(d *desk, who string) { d.entitle(who, rest) } }
		activates := ask("selfActivate", lasting("PT1H")+because)
		d.play([]play{
			{row: "selfActivate: Provisioned", set: assignment, self: true, before: entitled(forever), ask: activates, status: "Provisioned", after: func(d *desk, who string, a harness.Answer) {
				d.has(a, map[string]any{"targetScheduleId": a.Get("id"), "approvalId": nil, "scheduleInfo/expiration/duration": "PT1H", "scheduleInfo/expiration/endDateTime": nil})
				rows := d.rows("roleAssignmentSchedules", who)
				if len(rows) != 1 || rows[0]["assignmentType"] != "Activated" {
					d.t.Errorf("schedules: %v", rows)
				}
			}},
			{row: "selfActivate: future: Granted", set: assignment, self: true, before: entitled(forever), ask: func(d *desk, who string) string {
				return asked("selfActivate", who, d.from(time.Hour, "PT1H")+because)
			}, status: "Granted"},
			{row: "selfActivate: has an eligibility instance now", set: assignment, self: true, ask: activates, code: "RoleAssignmentRequestPolicyValidationFailed", rule: "EligibilityRule"},
			{row: "selfActivate: an eligibility that has yet to begin is none", set: assignment, self: true, before: func(d *desk, who string) { d.entitle(who, d.from(time.Minute, "P9D")) }, ask: activates, code: "RoleAssignmentRequestPolicyValidationFailed", rule: "EligibilityRule"},
			{row: "selfActivate: for that scope or a wider one", set: assignment, self: true, before: entitled(forever), ask: ask("selfActivate", `,"directoryScopeId":"/administrativeUnits/{unit}"`+lasting("PT1H")+because), status: "Provisioned"},
			{row: "selfActivate: not in a wider one", set: assignment, self: true, before: entitled(`,"directoryScopeId":"/administrativeUnits/{unit}"` + forever), ask: activates, code: "RoleAssignmentRequestPolicyValidationFailed", rule: "EligibilityRule"},
			{row: "selfActivate: not already active", set: assignment, self: true, before: func(d *desk, who string) { d.entitle(who, forever); d.activate(who) }, ask: activates, code: "RoleAssignmentExists"},
			{row: "selfActivate: duration within Expiration_EndUser_Assignment", set: assignment, self: true, before: entitled(forever), ask: ask("selfActivate", lasting("PT8H0.0000001S")+because), code: "RoleAssignmentRequestPolicyValidationFailed", rule: "ExpirationRule"},
			{row: "selfActivate: at its maximum", set: assignment, self: true, before: entitled(forever), ask: ask("selfActivate", lasting("PT8H")+because), status: "Provisioned"},
			{row: "selfActivate: notSpecified is the maximum of the rule", set: assignment, self: true, before: entitled(forever), ask: ask("selfActivate", because), status: "Provisioned", after: func(d *desk, _ string, a harness.Answer) {
				d.has(a, map[string]any{"scheduleInfo/expiration/duration": "PT8H"})
			}},
			{row: "selfActivate: duration within the remaining eligibility", set: assignment, self: true, before: entitled(lasting("PT30M")), ask: activates, code: "RoleAssignmentRequestPolicyValidationFailed", rule: "ExpirationRule"},
			{row: "selfActivate: to its very end", set: assignment, self: true, before: entitled(lasting("PT1H")), ask: activates, status: "Provisioned"},
			{row: "selfActivate: Enablement_EndUser_Assignment, justification", set: assignment, self: true, before: entitled(forever), ask: ask("selfActivate", lasting("PT1H")), code: "RoleAssignmentRequestPolicyValidationFailed", rule: "JustificationRule"},
			{row: "selfActivate: shorter than 5 minutes", set: assignment, self: true, before: entitled(forever), ask: ask("selfActivate", lasting("PT4M59S")+because), code: "RoleAssignmentRequestPolicyValidationFailed", rule: "ExpirationRule"},
			{row: "selfActivate: on the eligibility endpoint: 400", self: true, before: entitled(forever), ask: activates, code: "InvalidRoleAssignmentRequest"},
			{row: "selfDeactivate: on the eligibility endpoint: 400", self: true, before: entitled(forever), ask: ask("selfDeactivate", ""), code: "InvalidRoleAssignmentRequest"},
			{row: "selfDeactivate: an Activated assignment of the caller", set: assignment, self: true, before: func(d *desk, who string) { d.assign(who, forever) }, ask: ask("selfDeactivate", ""), code: "RoleAssignmentDoesNotExist"},
			{row: "selfDeactivate: older than 5 minutes", set: assignment, self: true, before: func(d *desk, who string) {
				d.entitle(who, forever)
				d.activate(who)
				d.later(5*time.Minute - 1)
			}, ask: ask("selfDeactivate", ""), code: "ActiveDurationTooShort", rule: "The Active duration is too short. Miniumum Required is 5 minutes."},
			{row: "selfDeactivate: Revoked", set: assignment, self: true, before: func(d *desk, who string) {
				d.entitle(who, forever)
				d.activate(who)
				d.later(5 * time.Minute)
			}, ask: ask("selfDeactivate", ""), status: "Revoked", after: func(d *desk, who string, a harness.Answer) {
				took(d, who, a)
				if rows := d.rows("roleAssignmentSchedules", who); len(rows) != 0 {
					d.t.Errorf("%s still holds %v", who, rows)
				}
			}},
		})
	})
}

// A group's eligibility is shown with memberType Group, and each member activates it alone
// (behaviour.md §6).
func TestMemberActivatesTheGroupsEligibilityAlone(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("g0", lasting("P30D"))
		m := d.As("m0")
		rows := m.Want(200, "GET", root+"roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')", "").Values()
		if len(rows) != 1 || rows[0]["memberType"] != "Group" || rows[0]["principalId"] != d.ID("g0").String() {
			t.Fatalf("eligible: %v", rows)
		}
		if rows := m.Want(200, "GET", eligibility+"/filterByCurrentUser(on='principal')", "").Values(); len(rows) != 0 {
			t.Errorf("requests show what came through a group: %v", rows)
		}
		body := asked("selfActivate", "g0", lasting("PT1H")+because)
		if a := m.Refused(400, "POST", assignment, body); a.Code() != "InvalidRoleAssignmentRequest" {
			t.Errorf("activating for the whole group: %s", a.Text)
		}
		d.activate("m0")
		if rows := d.rows("roleAssignmentScheduleInstances", "g0"); len(rows) != 0 {
			t.Errorf("the whole group is active: %v", rows)
		}
		// The setting gives Graph's behaviour, to members only.
		d.settings(func(s *pim.Settings) { s.ActivateGroups = true })
		d.As("m1").Refused(400, "POST", assignment, body)
		m.Want(201, "POST", assignment, body)
		if rows := d.rows("roleAssignmentScheduleInstances", "g0"); len(rows) != 1 || rows[0]["assignmentType"] != "Activated" {
			t.Errorf("the group is not active: %v", rows)
		}
	})
}

// The rows of selfExtend and selfRenew in behaviour.md §3, Actions.
func TestHolderAsksForExtensionAndRenewal(t *testing.T) {
	each(t, func(d *desk) {
		pendingOn := func(d *desk, who string, a harness.Answer) {
			d.t.Helper()
			d.has(a, map[string]any{"completedDateTime": nil, "scheduleInfo/expiration/duration": "P20D"})
			if a.Get("targetScheduleId") == nil || a.Get("targetScheduleId") == a.Get("id") {
				d.t.Errorf("targetScheduleId is none of an existing schedule: %s", a.Text)
			}
		}
		more := lasting("P20D") + because
		d.play(on(func(set, kind string) []play {
			return []play{
				{row: "selfExtend: PendingAdminDecision", set: set, self: true, before: given(set, lasting("P14D")), ask: ask("selfExtend", more), status: "PendingAdminDecision", after: func(d *desk, who string, a harness.Answer) {
					pendingOn(d, who, a)
					// closed by an adminExtend, in the same transaction
					extended := d.ada.Want(201, "POST", set, asked("adminExtend", who, more))
					if got := d.ada.Want(200, "GET", set+"/"+a.Str("id"), ""); got.Str("status") != "Provisioned" || got.Str("targetScheduleId") != extended.Str("id") {
						d.t.Errorf("after adminExtend it is %s", got.Text)
					}
				}},
				{row: "selfExtend: ending within 14 days", set: set, self: true, before: given(set, lasting("P14DT1S")), ask: ask("selfExtend", more), code: "InvalidRoleAssignmentRequest"},
				{row: "selfExtend: own direct assignment", set: set, self: true, ask: ask("selfExtend", more), code: "RoleAssignmentDoesNotExist"},
				{row: "selfExtend: not of what has no end", set: set, self: true, before: given(set, forever), ask: ask("selfExtend", more), code: "InvalidRoleAssignmentRequest"},
				{row: "selfExtend: another pending", set: set, self: true, before: func(d *desk, who string) {
					given(set, lasting("P1D"))(d, who)
					d.As(who).Want(201, "POST", set, asked("selfExtend", who, more))
				}, ask: ask("selfExtend", more), code: "PendingRoleAssignmentRequest"},
				{row: "selfExtend: or Canceled", set: set, self: true, before: given(set, lasting("P1D")), ask: ask("selfExtend", more), status: "PendingAdminDecision", after: func(d *desk, who string, a harness.Answer) {
					d.As(who).Want(204, "POST", set+"/"+a.Str("id")+"/cancel", "")
					if got := d.status(set, a.Str("id")); got != "Canceled" {
						d.t.Errorf("after cancel it is %s", got)
					}
					d.As(who).Want(201, "POST", set, asked("selfExtend", who, more))
				}},
				{row: "selfExtend: or Denied", set: set, self: true, before: given(set, lasting("P1D")), ask: ask("selfExtend", more), status: "PendingAdminDecision", after: func(d *desk, who string, a harness.Answer) {
					d.ada.Want(201, "POST", set, asked("adminRemove", who, ""))
					if got := d.status(set, a.Str("id")); got != "Denied" {
						d.t.Errorf("after adminRemove it is %s", got)
					}
				}},
				{row: "selfRenew: expired up to 30 days ago", set: set, self: true, before: func(d *desk, who string) { given(set, lasting("PT1H"))(d, who); d.later(time.Hour) }, ask: ask("selfRenew", more), status: "PendingAdminDecision", after: func(d *desk, who string, a harness.Answer) {
					pendingOn(d, who, a)
					d.ada.Want(201, "POST", set, asked("adminRenew", who, more))
					if got := d.status(set, a.Str("id")); got != "Provisioned" {
						d.t.Errorf("after adminRenew it is %s", got)
					}
				}},
				{row: "selfRenew: not longer ago", set: set, self: true, before: func(d *desk, who string) {
					given(set, lasting("PT1H"))(d, who)
					d.later(time.Hour + 30*day + time.Second)
				}, ask: ask("selfRenew", more), code: "RoleAssignmentDoesNotExist"},
				{row: "selfRenew: not while it runs", set: set, self: true, before: given(set, lasting("P1D")), ask: ask("selfRenew", more), code: "RoleAssignmentExists"},
				{row: "MFA for renew and extend of oneself (S:000)", set: set, ask: ask("selfExtend", more), before: func(d *desk, who string) {
					given(set, lasting("P1D"))(d, who)
					if a := d.By(who, "pwd").Refused(400, "POST", set, asked("selfExtend", who, more)); a.Str("error", "message") != `The following policy rules failed: ["MfaRule"]` {
						d.t.Errorf("without a second factor: %s", a.Text)
					}
				}, code: "InvalidRoleAssignmentRequest"}, // by ada, who is not the holder
			}
		}))
		// never for one inherited from a group
		d.entitle("g0", lasting("P1D"))
		for _, who := range []string{"m0", "g0"} {
			a := d.As("m0").Refused(400, "POST", eligibility, asked("selfExtend", who, more))
			if want := map[string]string{"m0": "RoleAssignmentDoesNotExist", "g0": "InvalidRoleAssignmentRequest"}[who]; a.Code() != want {
				t.Errorf("extending what %s has: %s", who, a.Text)
			}
		}
	})
}

// The actions that the enum has, with an action that it has not (errors.md 1a, bad enum).
func TestUnknownActionIsRefused(t *testing.T) {
	each(t, func(d *desk) {
		for _, action := range []string{"UserActivate", "unknownFutureValue", "", "adminApprove"} {
			for _, set := range []string{eligibility, assignment} {
				if a := d.ada.Refused(400, "POST", set, asked(action, "p0", forever+because)); a.Code() != "InvalidRoleAssignmentRequest" {
					t.Errorf("%q: %s", action, a.Text)
				}
			}
		}
	})
}
