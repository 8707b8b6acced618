package request

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"ephor/internal/pim"
	"ephor/test/harness"
)

// exact is an error row of errors.md of grade A or B: status, code, message.
func exact(d *desk, row string, a harness.Answer, status int, code, message string) {
	d.t.Helper()
	if a.Status != status || a.Code() != code || message != "" && a.Str("error", "message") != message {
		d.t.Errorf("%s: %d %s, want %d %s %q", row, a.Status, a.Text, status, code, message)
	}
}

// errors.md 1a: the rows on what exists, what does not, and what waits.
func TestErrorsOfWhatThereIs(t *testing.T) {
	each(t, func(d *desk) {
		const exists, missing = "The Role assignment already exists.", "The Role assignment does not exist."
		d.entitle("p0", forever)
		refused := func(row string, c *harness.Caller, set, body, code, message string) {
			t.Helper()
			exact(d, row, c.Refused(400, "POST", set, body), 400, code, message)
		}
		refused("RoleAssignmentExists: eligibility too, also when the body differs", d.ada, eligibility, asked("adminAssign", "p0", lasting("P3D")+because), "RoleAssignmentExists", exists)
		d.activate("p0")
		p0 := d.As("p0")
		refused("RoleAssignmentExists: selfActivate while active", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")+because), "RoleAssignmentExists", exists)
		refused("RoleAssignmentExists: a start when the current one ends", p0, assignment, asked("selfActivate", "p0", d.from(time.Hour, "PT1H")+because), "RoleAssignmentExists", exists)
		refused("RoleAssignmentExists: isValidationOnly", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")+because+dry), "RoleAssignmentExists", exists)
		for _, action := range []string{"adminUpdate", "adminExtend", "adminRemove", "adminRenew"} {
			refused("RoleAssignmentDoesNotExist: "+action, d.ada, eligibility, asked(action, "p1", lasting("P1D")+because), "RoleAssignmentDoesNotExist", missing)
		}
		refused("RoleAssignmentDoesNotExist: selfDeactivate", d.As("p1"), assignment, asked("selfDeactivate", "p1", ""), "RoleAssignmentDoesNotExist", missing)
		refused("ActiveDurationTooShort: selfDeactivate", p0, assignment, asked("selfDeactivate", "p0", ""), "ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is 5 minutes.")
		d.settings(func(s *pim.Settings) { s.RemoveWait = 5 * time.Minute })
		for _, action := range []string{"adminRemove", "adminUpdate"} {
			refused("ActiveDurationTooShort: "+action+" of the eligible one, by setting", d.ada, eligibility, asked(action, "p0", lasting("P1D")+because), "ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is 5 minutes.")
		}
		d.settings(func(s *pim.Settings) { s.RemoveWait, s.DeactivateWait = 0, 10*time.Minute })
		refused("the wait is a setting", p0, assignment, asked("selfDeactivate", "p0", ""), "ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is 10 minutes.")
		d.entitle("p2", lasting("P1D"))
		d.As("p2").Want(201, "POST", eligibility, asked("selfExtend", "p2", lasting("P2D")+because))
		refused("PendingRoleAssignmentRequest", d.As("p2"), eligibility, asked("selfExtend", "p2", lasting("P3D")+because), "PendingRoleAssignmentRequest", "")
	})
}

// errors.md 1a: RoleAssignmentRequestPolicyValidationFailed and its rule words.
func TestErrorsOfPolicy(t *testing.T) {
	each(t, func(d *desk) {
		failed := func(row string, c *harness.Caller, set, body, rules string) {
			t.Helper()
			exact(d, row, c.Refused(400, "POST", set, body), 400, "RoleAssignmentRequestPolicyValidationFailed", "The following policy rules failed: ["+rules+"]")
		}
		p0 := d.As("p0")
		failed("EligibilityRule", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")+because), `"EligibilityRule"`)
		failed("several at once", p0, assignment, asked("selfActivate", "p0", lasting("PT9H")), `"EligibilityRule","ExpirationRule","JustificationRule"`)
		d.entitle("p0", forever)
		failed("ExpirationRule", p0, assignment, asked("selfActivate", "p0", lasting("PT9H")+because), `"ExpirationRule"`)
		failed("JustificationRule", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")), `"JustificationRule"`)
		failed("JustificationRule: blank", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")+`,"justification":" \t"`), `"JustificationRule"`)
		failed("MfaRule: no MFA in the session", d.By("p0", "pwd"), assignment, asked("selfActivate", "p0", lasting("PT1H")+because), `"MfaRule"`)
		d.policy("Helpdesk Administrator", func(p *pim.Policy) { p.EndUserAssignment.Enablement.Ticketing = true })
		failed("TicketingRule: blanks name no ticket", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")+because+`,"ticketInfo":{"ticketNumber":" ","ticketSystem":"\t"}`), `"TicketingRule"`)
		failed("TicketingRule", p0, assignment, asked("selfActivate", "p0", lasting("PT1H")+because), `"TicketingRule"`)
		p0.Want(201, "POST", assignment, asked("selfActivate", "p0", lasting("PT1H")+because+`,"ticketInfo":{"ticketNumber":"09876"}`))
		d.policy("Helpdesk Administrator", func(p *pim.Policy) { p.AdminEligibility.Enablement.MFA = true })
		failed("MfaRule: app-only adminAssign", d.AsClient("robot"), eligibility, asked("adminAssign", "p1", forever+because), `"MfaRule"`)
		failed("JustificationRule: adminAssign on assignments", d.ada, assignment, asked("adminAssign", "p1", forever), `"JustificationRule"`)
	})
}

// errors.md 1a: RoleAssignmentRequestAcrsValidationFailed, a 400 body whose message carries
// the escaped claims.
func TestErrorsOfAuthenticationContext(t *testing.T) {
	each(t, func(d *desk) {
		claim := "c1"
		d.policy("Helpdesk Administrator", func(p *pim.Policy) { p.Context.Enabled, p.Context.Claim = true, &claim })
		d.entitle("p0", forever)
		a := d.As("p0").Refused(400, "POST", assignment, asked("selfActivate", "p0", lasting("PT1H")+because))
		exact(d, "acrs", a, 400, "RoleAssignmentRequestAcrsValidationFailed",
			"&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D")
	})
}

// errors.md 1a: the rows on bodies, and on ids that name nothing.
func TestErrorsOfBodies(t *testing.T) {
	each(t, func(d *desk) {
		const invalid = "The role assignment request is invalid."
		good := asked("adminAssign", "p0", forever+because)
		for row, body := range map[string]string{
			"bad enum":                 asked("adminAsign", "p0", forever+because),
			"bad enum in type":         strings.Replace(good, "noExpiration", "sometime", 1),
			"start without offset":     asked("adminAssign", "p0", `,"scheduleInfo":{"startDateTime":"2026-09-01T00:00:00","expiration":{"type":"noExpiration"}}`+because),
			"malformed ticketInfo":     asked("adminAssign", "p0", forever+because+`,"ticketInfo":"7"`),
			"principalId missing":      strings.Replace(good, `"principalId":"{p0}",`, "", 1),
			"roleDefinitionId missing": strings.Replace(good, `"roleDefinitionId":"`+helpdesk+`",`, "", 1),
		} {
			exact(d, "InvalidRoleAssignmentRequest: "+row, d.ada.Refused(400, "POST", eligibility, body), 400, "InvalidRoleAssignmentRequest", invalid)
		}
		for _, body := range []string{`{`, `[]`, `{"action":`, `{"action": adminAssign}`, `null`, `"adminAssign"`, `{"a":1,"a":2}`, ``} {
			exact(d, "InvalidRoleAssignmentRequest: bad JSON "+body, d.ada.Refused(400, "POST", eligibility, body), 400, "InvalidRoleAssignmentRequest", invalid)
		}
		for _, body := range []string{`{}`, strings.Replace(good, `"action":"adminAssign",`, "", 1), strings.Replace(good, `"adminAssign"`, "null", 1)} {
			exact(d, "action missing", d.ada.Refused(400, "POST", eligibility, body), 400, "InvalidRoleAssignmentRequest", "Value cannot be null.\r\nParameter name: action")
		}
		const nobody = "00000000-0000-4000-8000-000000000000"
		exact(d, "404 RoleNotFound: selfDeactivate", d.As("p0").Refused(404, "POST", assignment, asked("selfDeactivate", "p0", `,"roleDefinitionId":"`+nobody+`"`)), 404, "RoleNotFound", "")
		exact(d, "404 RoleNotFound", d.ada.Refused(404, "POST", eligibility, asked("adminAssign", "p0", `,"roleDefinitionId":"`+nobody+`"`+forever+because)), 404, "RoleNotFound", "")
		exact(d, "404 SubjectNotFound", d.ada.Refused(404, "POST", eligibility, strings.Replace(good, "{p0}", nobody, 1)), 404, "SubjectNotFound", "The subject is not found.")
		exact(d, "404 SubjectNotFound: no id", d.ada.Refused(404, "POST", eligibility, strings.Replace(good, "{p0}", "someone", 1)), 404, "SubjectNotFound", "The subject is not found.")
	})
}

// errors.md 1a: the 403 rows.
func TestErrorsOfAccess(t *testing.T) {
	each(t, func(d *desk) {
		body := asked("adminAssign", "p0", forever+because)
		exact(d, "UnauthorizedAccessException: scope present, directory role missing", d.As("p1").Refused(403, "POST", eligibility, body), 403,
			"UnauthorizedAccessException", "Attempted to perform an unauthorized operation.")
		a := d.As("ada", "User.Read").Refused(403, "POST", eligibility, body)
		var inner struct {
			ErrorCode, Message  string
			InstanceAnnotations []any
		}
		if err := json.Unmarshal([]byte(a.Str("error", "message")), &inner); err != nil || a.Code() != "UnknownError" || inner.ErrorCode != "PermissionScopeNotGranted" || inner.InstanceAnnotations == nil {
			t.Errorf("UnknownError (E2): %v: %s", err, a.Text)
		}
		if m := inner.Message; !strings.HasPrefix(m, "Authorization failed due to missing permission scope ") || !strings.HasSuffix(m, ".") || strings.Contains(m, ", ") || !strings.Contains(m, "RoleEligibilitySchedule.ReadWrite.Directory") {
			t.Errorf("the inner message is %q", m)
		}
	})
}

// errors.md 1b: the paths above PIM for groups, where nothing is.
func TestErrorOfMissingProvider(t *testing.T) {
	each(t, func(d *desk) {
		for _, path := range []string{"", "/", "/group", "/group/"} {
			a := d.ada.Refused(400, "GET", "/identityGovernance/privilegedAccess"+path, "")
			var inner map[string]any
			want := map[string]any{"errorCode": "MissingProvider", "message": "The provider is missing.", "instanceAnnotations": []any{}}
			if err := json.Unmarshal([]byte(a.Str("error", "message")), &inner); err != nil || a.Code() != "UnknownError" || !reflect.DeepEqual(inner, want) {
				d.t.Errorf("%q: %v: %s", path, err, a.Text)
			}
		}
		a := d.As("ada", "User.Read").Refused(403, "GET", "/identityGovernance/privilegedAccess", "")
		if !strings.Contains(a.Str("error", "message"), "PermissionScopeNotGranted") {
			d.t.Errorf("without a scope: %s", a.Text)
		}
	})
}

// errors.md 1b: reading and cancelling.
func TestErrorsOfReading(t *testing.T) {
	each(t, func(d *desk) {
		const nothing = "00000000-0000-4000-8000-000000000000"
		for _, set := range []string{eligibility, assignment} {
			exact(d, "RoleAssignmentRequestNotFound: GET", d.ada.Refused(404, "GET", set+"/"+nothing, ""), 404, "RoleAssignmentRequestNotFound", "The role assignment request is not found")
			exact(d, "RoleAssignmentRequestNotFound: cancel", cancel(d.ada, 404, set, nothing), 404, "RoleAssignmentRequestNotFound", "The role assignment request is not found")
			id := d.ada.Want(201, "POST", set, asked("adminAssign", "p0", forever+because)).Str("id")
			exact(d, "RequestCannotBeCancelled: provisioned", cancel(d.ada, 400, set, id), 400, "RequestCannotBeCancelled", "")
			id = d.ada.Want(201, "POST", set, asked("adminRemove", "p0", "")).Str("id")
			exact(d, "RequestCannotBeCancelled: revoked", cancel(d.ada, 400, set, id), 400, "RequestCannotBeCancelled", "")
		}
		for _, list := range []string{"roleEligibilitySchedules", "roleAssignmentSchedules"} {
			exact(d, "ResourceNotFound: unknown schedule id", d.ada.Refused(404, "GET", root+list+"/"+nothing, ""), 404, "ResourceNotFound", "")
		}
	})
}

// errors.md 1e: POST answers 201 whatever the state.
func TestEveryStateIsA201(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("P1D"))
		states := map[string]string{
			"Provisioned":          d.activate("p0").Str("status"),
			"Granted":              d.ada.Want(201, "POST", assignment, asked("adminAssign", "p1", d.from(time.Hour, "P1D")+because)).Str("status"),
			"Revoked":              d.ada.Want(201, "POST", assignment, asked("adminRemove", "p1", "")).Str("status"),
			"PendingAdminDecision": d.As("p0").Want(201, "POST", eligibility, asked("selfExtend", "p0", lasting("P2D")+because)).Str("status"),
		}
		for want, got := range states {
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	})
}
