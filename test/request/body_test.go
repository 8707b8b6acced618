package request

import (
	"strings"
	"testing"
	"time"

	"ephor/test/harness"
)

// The rows of behaviour.md §5, scheduleInfo.
func TestScheduleInfo(t *testing.T) {
	each(t, func(d *desk) {
		info := func(text string) func(*desk, string) string {
			return ask("adminAssign", `,"scheduleInfo":`+text+because)
		}
		ends := func(want map[string]any) func(*desk, string, harness.Answer) {
			return func(d *desk, _ string, a harness.Answer) { d.t.Helper(); d.has(a, want) }
		}
		const at, end, lasts = "scheduleInfo/expiration/type", "scheduleInfo/expiration/endDateTime", "scheduleInfo/expiration/duration"
		none := map[string]any{at: "noExpiration", end: nil, lasts: nil}
		bad := "InvalidRoleAssignmentRequest"
		d.play([]play{
			{row: "notSpecified: noExpiration for admin actions", ask: info(`{"expiration":{"type":"notSpecified"}}`), status: "Provisioned", after: ends(none)},
			{row: "none at all: noExpiration", ask: ask("adminAssign", because), status: "Provisioned", after: ends(none)},
			{row: "null", ask: info(`null`), status: "Provisioned", after: ends(none)},
			{row: "noExpiration", ask: info(`{"expiration":{"type":"noExpiration","duration":"PT5H","endDateTime":null}}`), status: "Provisioned", after: ends(none)},
			{row: "afterDateTime", ask: func(d *desk, who string) string { return asked("adminAssign", who, d.until(day)+because) }, status: "Provisioned", after: ends(map[string]any{at: "afterDateTime", end: d.in(day), lasts: nil})},
			{row: "afterDuration: answer keeps duration", ask: info(`{"expiration":{"type":"afterDuration","duration":"P2D"}}`), status: "Provisioned", after: func(d *desk, who string, a harness.Answer) {
				d.has(a, map[string]any{at: "afterDuration", end: nil, lasts: "P2D"})
				if rows := d.rows("roleEligibilityScheduleInstances", who); len(rows) != 1 || rows[0]["endDateTime"] != d.in(2*day) {
					d.t.Errorf("the instance has the computed end: %v", rows)
				}
			}},
			{row: "type in any casing, answered in the CSDL's", ask: info(`{"expiration":{"type":"AFTERDURATION","duration":"P2D"}}`), status: "Provisioned", after: ends(map[string]any{at: "afterDuration"})},
			{row: "startDateTime past = now", ask: info(`{"startDateTime":"2020-07-01T00:00:00Z","expiration":{"type":"noExpiration"}}`), status: "Provisioned", after: ends(map[string]any{"scheduleInfo/startDateTime": d.now.String()})},
			{row: "startDateTime null = now", ask: info(`{"startDateTime":null,"expiration":{"type":"noExpiration"}}`), status: "Provisioned", after: ends(map[string]any{"scheduleInfo/startDateTime": d.now.String()})},
			{row: "fractions: seven digits, zeros trimmed", ask: info(`{"startDateTime":"2030-01-01T00:00:00.1230000Z","expiration":{"type":"afterDateTime","endDateTime":"2031-01-01T00:00:00.000Z"}}`), status: "Granted", after: ends(map[string]any{"scheduleInfo/startDateTime": "2030-01-01T00:00:00.123Z", end: "2031-01-01T00:00:00Z"})},
			{row: "afterDateTime: end ≤ now", ask: func(d *desk, who string) string { return asked("adminAssign", who, d.until(0)+because) }, code: bad},
			{row: "afterDateTime: end before start", ask: info(`{"startDateTime":"2030-01-01T00:00:00Z","expiration":{"type":"afterDateTime","endDateTime":"2029-01-01T00:00:00Z"}}`), code: bad},
			{row: "afterDateTime needs endDateTime", ask: info(`{"expiration":{"type":"afterDateTime"}}`), code: bad},
			{row: "afterDuration needs a duration", ask: info(`{"expiration":{"type":"afterDuration"}}`), code: bad},
			{row: "afterDuration: endDateTime must be absent", ask: info(`{"expiration":{"type":"afterDuration","duration":"P2D","endDateTime":"2030-01-01T00:00:00Z"}}`), code: bad},
			{row: "afterDuration of nothing", ask: info(`{"expiration":{"type":"afterDuration","duration":"PT0S"}}`), code: bad},
			{row: "afterDuration backwards", ask: info(`{"expiration":{"type":"afterDuration","duration":"-PT5H"}}`), code: bad},
			{row: "afterDuration that overflows", ask: info(`{"expiration":{"type":"afterDuration","duration":"P999999999Y"}}`), code: bad},
			{row: "afterDuration that overflows in days", ask: info(`{"expiration":{"type":"afterDuration","duration":"P9223372036854775807D"}}`), code: bad},
			{row: "a start and a duration that overflow together", ask: info(`{"startDateTime":"9999-12-31T00:00:00Z","expiration":{"type":"afterDuration","duration":"P2D"}}`), code: bad},
			{row: "recurrence: 400 when non-null", ask: info(`{"recurrence":{"pattern":{},"range":{}},"expiration":{"type":"noExpiration"}}`), code: bad, says: "Recurring schedules are not supported"},
			{row: "recurrence: its pattern is not the reason", ask: info(`{"recurrence":{"pattern":{"type":"weekly","interval":1,"daysOfWeek":["monday"]},"range":{"type":"noEnd","startDate":"2026-01-01"}},"expiration":{"type":"noExpiration"}}`), code: bad, says: "Recurring schedules are not supported"},
			{row: "recurrence of nothing is not null", ask: info(`{"recurrence":{"pattern":null,"range":null},"expiration":{"type":"noExpiration"}}`), code: bad, says: "Recurring schedules are not supported"},
			{row: "recurrence that is no object", ask: info(`{"recurrence":"weekly","expiration":{"type":"noExpiration"}}`), code: bad},
			{row: "recurrence null", ask: info(`{"recurrence":null,"expiration":{"type":"noExpiration"}}`), status: "Provisioned"},
			{row: "shorter than 5 minutes", ask: info(`{"expiration":{"type":"afterDuration","duration":"PT4M59S"}}`), code: "RoleAssignmentRequestPolicyValidationFailed", rule: "ExpirationRule"},
			{row: "5 minutes", ask: info(`{"expiration":{"type":"afterDuration","duration":"PT5M"}}`), status: "Provisioned"},
		})
	})
}

// The rows of behaviour.md §6, scopes and principals.
func TestScopesAndPrincipals(t *testing.T) {
	each(t, func(d *desk) {
		bad := "InvalidRoleAssignmentRequest"
		scoped := func(scope string) func(*desk, string) string { return ask("adminAssign", scope+forever+because) }
		of := func(who string) func(*desk, string) string {
			return func(*desk, string) string { return asked("adminAssign", who, forever+because) }
		}
		d.play([]play{
			{row: "directoryScopeId: / tenant", ask: scoped(`,"directoryScopeId":"/"`), status: "Provisioned", after: func(d *desk, _ string, a harness.Answer) {
				d.has(a, map[string]any{"directoryScopeId": "/", "appScopeId": nil})
			}},
			{row: "directoryScopeId: an administrative unit", ask: scoped(`,"directoryScopeId":"/administrativeUnits/{unit}"`), status: "Provisioned", after: func(d *desk, _ string, a harness.Answer) {
				d.has(a, map[string]any{"directoryScopeId": "/administrativeUnits/" + d.ID("unit").String()})
			}},
			{row: "directoryScopeId: an object", ask: scoped(`,"roleDefinitionId":"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3","directoryScopeId":"/{robot.app}"`), status: "Provisioned"},
			{row: "appScopeId: /; the other null", ask: scoped(`,"appScopeId":"/"`), status: "Provisioned", after: func(d *desk, _ string, a harness.Answer) {
				d.has(a, map[string]any{"directoryScopeId": nil, "appScopeId": "/"})
			}},
			{row: "appScopeId: anything but /: 400", ask: scoped(`,"appScopeId":"/AccessPackageCatalog/1"`), code: bad},
			{row: "both given: 400", ask: scoped(`,"appScopeId":"/","directoryScopeId":"/"`), code: bad},
			{row: "neither: 400", ask: func(_ *desk, who string) string {
				return strings.Replace(asked("adminAssign", who, forever+because), `,"directoryScopeId":"/"`, "", 1)
			}, code: bad},
			{row: "directoryScopeId: no such form", ask: scoped(`,"directoryScopeId":"administrativeUnits/{unit}"`), code: bad},
			{row: "directoryScopeId: an unknown unit", ask: scoped(`,"directoryScopeId":"/administrativeUnits/00000000-0000-4000-8000-000000000000"`), http: 404, code: "ResourceNotFound"},
			{row: "directoryScopeId: a unit written as an object", ask: scoped(`,"directoryScopeId":"/{unit}"`), code: bad},
			{row: "a role that takes no such scope (errors.md 1a)", ask: scoped(`,"roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","directoryScopeId":"/administrativeUnits/{unit}"`), code: "Request_BadRequest", rule: "The given built-in role is not supported to be assigned to a single resource scope."},
			{row: "principal: role-assignable group", ask: of("g0"), status: "Provisioned"},
			{row: "principal: a group without isAssignableToRole: 400", ask: of("plain"), code: bad},
			{row: "principal: service principals: active only", ask: of("robot"), code: bad},
			{row: "principal: service principal, active", set: assignment, ask: of("robot"), status: "Provisioned"},
			{row: "principal: a unit", ask: of("unit"), code: bad},
			{row: "the same role at two scopes is two grants", before: func(d *desk, who string) { d.entitle(who, forever) }, ask: scoped(`,"directoryScopeId":"/administrativeUnits/{unit}"`), status: "Provisioned"},
		})
		// Requests by a service principal (behaviour.md §2, 8).
		d.later(time.Minute)
		a := d.AsClient("robot").Want(201, "POST", eligibility, asked("adminAssign", "m0", forever+because))
		d.has(a, map[string]any{"createdBy/user": nil, "createdBy/application/id": d.ID("robot.appId").String(), "createdBy/application/displayName": "robot"})
		// Nobody signs in as an application, so it has nothing of its own to ask for.
		d.AsClient("robot").Refused(403, "POST", assignment, asked("selfActivate", "robot", lasting("PT1H")+because))
	})
}

// behaviour.md §2, 1: roles echo the caller's casing of action; §2, 2: type is normalised.
func TestActionIsEchoedInTheCallersCasing(t *testing.T) {
	each(t, func(d *desk) {
		for i, action := range []string{"AdminAssign", "adminassign", "ADMINASSIGN"} {
			who := []string{"p0", "p1", "p2"}[i]
			a := d.ada.Want(201, "POST", eligibility, asked(action, who, lasting("P1D")+because))
			d.has(a, map[string]any{"action": action})
			if rows := d.ada.Want(200, "GET", eligibility+"?$filter=action eq 'adminAssign' and principalId eq '{"+who+"}'", "").Values(); len(rows) != 1 || rows[0]["action"] != action {
				t.Errorf("filter by action: %v", rows)
			}
		}
		for _, status := range []string{"Provisioned", "provisioned"} {
			if rows := d.ada.Want(200, "GET", eligibility+"?$filter=status eq '"+status+"' and principalId eq '{p0}'", "").Values(); len(rows) != 1 {
				t.Errorf("filter by status %s: %v", status, rows)
			}
		}
	})
}

// behaviour.md §5, isValidationOnly: 201 with the request as it would be, nothing stored,
// failures as usual.
func TestDryRunChangesNothing(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("P1D"))
		d.entitle("p2", lasting("PT1H"))
		d.later(2 * time.Hour)
		d.entitle("p1", lasting("P1D"))
		for _, x := range []struct{ who, set, action, with, status string }{
			{"m0", eligibility, "adminAssign", forever, "Granted"},
			{"m0", assignment, "adminAssign", forever, "Granted"},
			{"p0", eligibility, "adminUpdate", lasting("P2D"), "Granted"},
			{"p0", eligibility, "adminExtend", lasting("P2D"), "Granted"},
			{"p2", eligibility, "adminRenew", lasting("P2D"), "Granted"},
			{"p0", eligibility, "adminRemove", "", "Granted"},
			{"p1", assignment, "selfActivate", lasting("PT1H"), "Granted"},
			{"p1", eligibility, "selfExtend", lasting("P2D"), "PendingAdminDecision"},
			{"p2", eligibility, "selfRenew", lasting("P2D"), "PendingAdminDecision"},
		} {
			c := d.ada
			if strings.HasPrefix(x.action, "self") {
				c = d.As(x.who)
			}
			before := d.Version()
			a := c.Want(201, "POST", x.set, asked(x.action, x.who, x.with+because+dry))
			d.has(a, map[string]any{"status": x.status, "targetScheduleId": nil, "isValidationOnly": true})
			if d.Version() != before {
				t.Errorf("a dry %s changed the tenant", x.action)
			}
			if d.ada.Do("GET", x.set+"/"+a.Str("id"), "").Status != 404 {
				t.Errorf("a dry %s was stored", x.action)
			}
		}
		if a := d.ada.Refused(400, "POST", eligibility, asked("adminAssign", "p0", forever+because+dry)); a.Code() != "RoleAssignmentExists" {
			t.Errorf("a dry run of what exists: %s", a.Text)
		}
	})
}
