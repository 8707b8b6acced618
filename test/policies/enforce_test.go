package policies

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

const groupPIM = "/identityGovernance/privilegedAccess/group/"

// A target is what a request is for: a role, or a place in a group, each with its policy.
type target struct {
	name, policy, body        string
	eligibilities, assignment string
}

func targets(h *harness.House) []target {
	return []target{
		{"role", policyOf(h, helpdeskRole), `"roleDefinitionId": "` + helpdeskRole + `", "directoryScopeId": "/"`, eligibilities, requests},
		{"member", placePolicy(h, "staff", "member"), `"groupId": "{staff}", "accessId": "member"`, groupPIM + "eligibilityScheduleRequests", groupPIM + "assignmentScheduleRequests"},
		{"owner", placePolicy(h, "tier0", "owner"), `"groupId": "{tier0}", "accessId": "owner"`, groupPIM + "eligibilityScheduleRequests", groupPIM + "assignmentScheduleRequests"},
	}
}

func (x target) ask(action, who, rest string) string {
	return `{"action": "` + action + `", "principalId": "{` + who + `}", ` + x.body + `, ` + rest + `}`
}

func lasting(d string) string {
	return `"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + d + `"}}`
}

const (
	because = `"justification": "because"`
	ticket  = `"ticketInfo": {"ticketNumber": "7", "ticketSystem": "x"}`
	forever = `"scheduleInfo": {"expiration": {"type": "noExpiration"}}`
)

// Every rule that refuses requests, on every kind of target, changed and then asked
// against: the rule words of errors.md 1a.
func TestEveryRuleIsEnforced(t *testing.T) {
	h := house(t)
	for _, x := range targets(h) {
		for _, row := range []struct {
			rule, kind, members string
			admin               bool // it is an administrator who asks
			side                string
			refused, allowed    string
			words               []string
		}{
			{"Expiration_Admin_Eligibility", "Expiration", `"isExpirationRequired": true, "maximumDuration": "P10D"`, true, x.eligibilities, lasting("P11D") + ", " + because, lasting("P10D") + ", " + because, []string{"ExpirationRule"}},
			{"Expiration_Admin_Eligibility", "Expiration", `"isExpirationRequired": true, "maximumDuration": "P10D"`, true, x.eligibilities, forever + ", " + because, lasting("P1D"), []string{"ExpirationRule"}},
			{"Enablement_Admin_Eligibility", "Enablement", `"enabledRules": ["Justification"]`, true, x.eligibilities, lasting("P1D"), lasting("P1D") + ", " + because, []string{"JustificationRule"}},
			{"Expiration_Admin_Assignment", "Expiration", `"isExpirationRequired": true, "maximumDuration": "PT3H"`, true, x.assignment, lasting("PT181M") + ", " + because, lasting("PT3H") + ", " + because, []string{"ExpirationRule"}},
			{"Expiration_Admin_Assignment", "Expiration", `"isExpirationRequired": false, "maximumDuration": "PT3H"`, true, x.assignment, lasting("PT1H"), forever + ", " + because, []string{"JustificationRule"}},
			{"Enablement_Admin_Assignment", "Enablement", `"enabledRules": []`, true, x.assignment, lasting("PT1M"), lasting("PT1H"), []string{"ExpirationRule"}},
			{"Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT30M"`, false, x.assignment, lasting("PT31M") + ", " + because, lasting("PT30M") + ", " + because, []string{"ExpirationRule"}},
			{"Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["Justification"]`, false, x.assignment, lasting("PT30M"), lasting("PT30M") + ", " + because, []string{"JustificationRule"}},
			{"Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["Ticketing"]`, false, x.assignment, lasting("PT30M"), lasting("PT30M") + ", " + ticket, []string{"TicketingRule"}},
			{"Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["Justification", "Ticketing"]`, false, x.assignment, lasting("PT31M"), lasting("PT30M") + ", " + because + ", " + ticket, []string{"ExpirationRule", "JustificationRule", "TicketingRule"}},
		} {
			set(h, "root", x.policy, row.rule, row.kind, row.members)
			who, action, principal := "root", "adminAssign", "sam"
			if !row.admin {
				who, action, principal = "mia", "selfActivate", "mia"
				leave(h, x, "mia")
				h.As("root").Want(201, "POST", x.eligibilities, x.ask("adminAssign", "mia", lasting("P5D")+", "+because))
			}
			what := x.name + " " + row.rule + " " + row.members
			a := h.As(who).Refused(400, "POST", row.side, x.ask(action, principal, row.refused))
			if want := `The following policy rules failed: ["` + strings.Join(row.words, `","`) + `"]`; a.Code() != "RoleAssignmentRequestPolicyValidationFailed" || a.Str("error", "message") != want {
				t.Errorf("%s: %s, want %s", what, a.Text, want)
			}
			h.As(who).Want(201, "POST", row.side, x.ask(action, principal, row.allowed))
			leave(h, x, principal)
		}
	}
}

// leave takes from somebody all that they have of a target.
func leave(h *harness.House, x target, who string) {
	for _, side := range []string{x.assignment, x.eligibilities} {
		h.As("root").Do("POST", side, x.ask("adminRemove", who, because))
	}
}

// Enablement: MultiFactorAuthentication, for administrators and for oneself. An application
// has no second factor.
func TestSecondFactorIsAskedForWhereThePolicySays(t *testing.T) {
	h := house(t)
	for _, x := range targets(h) {
		h.As("root").Want(201, "POST", x.eligibilities, x.ask("adminAssign", "sam", lasting("P1D")+", "+because))
		set(h, "root", x.policy, "Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["MultiFactorAuthentication"]`)
		set(h, "root", x.policy, "Enablement_Admin_Assignment", "Enablement", `"enabledRules": ["MultiFactorAuthentication"]`)
		for who, body := range map[string]string{"sam": x.ask("selfActivate", "sam", lasting("PT1H")), "root": x.ask("adminAssign", "mia", lasting("PT1H"))} {
			leave(h, target{assignment: x.assignment, eligibilities: x.assignment, body: x.body}, "mia")
			if a := h.By(who, harness.Password).Refused(400, "POST", x.assignment, body); !strings.Contains(a.Text, `[\"MfaRule\"]`) {
				t.Errorf("%s by %s with a password: %s", x.name, who, a.Text)
			}
			h.As(who).Want(201, "POST", x.assignment, body)
		}
	}
}

// The authentication context: errors.md 1a, RoleAssignmentRequestAcrsValidationFailed, which
// is the same code for groups. Without a claim it asks for a second factor in its place.
func TestAuthenticationContextIsAChallenge(t *testing.T) {
	h := house(t)
	for _, x := range targets(h) {
		h.As("root").Want(201, "POST", x.eligibilities, x.ask("adminAssign", "sam", lasting("P1D")+", "+because))
		set(h, "root", x.policy, "AuthenticationContext_EndUser_Assignment", "AuthenticationContext", `"isEnabled": true, "claimValue": "c1"`)
		a := h.As("sam").Refused(400, "POST", x.assignment, x.ask("selfActivate", "sam", lasting("PT1H")+", "+because))
		const challenge = "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D"
		if a.Code() != "RoleAssignmentRequestAcrsValidationFailed" || a.Str("error", "message") != challenge {
			t.Errorf("%s: %s", x.name, a.Text)
		}
		set(h, "root", x.policy, "Enablement_EndUser_Assignment", "Enablement", `"enabledRules": []`)
		set(h, "root", x.policy, "AuthenticationContext_EndUser_Assignment", "AuthenticationContext", `"claimValue": ""`)
		if a := h.By("sam", harness.Password).Refused(400, "POST", x.assignment, x.ask("selfActivate", "sam", lasting("PT1H")+", "+because)); !strings.Contains(a.Text, "MfaRule") {
			t.Errorf("%s without a claim: %s", x.name, a.Text)
		}
		h.As("sam").Want(201, "POST", x.assignment, x.ask("selfActivate", "sam", lasting("PT1H")+", "+because))
	}
}

// Approval: the request waits, whatever its target.
func TestApprovalHoldsARequestBack(t *testing.T) {
	h := house(t)
	for _, x := range targets(h) {
		h.As("root").Want(201, "POST", x.eligibilities, x.ask("adminAssign", "sam", lasting("P1D")+", "+because))
		set(h, "root", x.policy, "Approval_EndUser_Assignment", "Approval", `"setting": {"isApprovalRequired": true, "approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{second}"}]}]}`)
		a := h.As("sam").Want(201, "POST", x.assignment, x.ask("selfActivate", "sam", lasting("PT1H")+", "+because))
		if a.Str("status") != "PendingApproval" || a.Str("approvalId") != a.Str("id") {
			t.Errorf("%s: %s", x.name, a.Text)
		}
		if code := h.As("sam").Refused(400, "POST", x.assignment, x.ask("selfActivate", "sam", lasting("PT1H")+", "+because)).Code(); code != "PendingRoleAssignmentRequest" {
			t.Errorf("%s asked again: %s", x.name, code)
		}
	}
	if got := h.As("root").Want(200, "GET", "/groups/{staff}/members", ""); strings.Contains(got.Text, h.ID("sam").String()) {
		t.Error("waiting, and a member")
	}
}

// A notification rule is stored as it is given; sending is another matter.
func TestNotificationRulesAreStored(t *testing.T) {
	h := house(t)
	for _, x := range targets(h) {
		for _, d := range defaults {
			if d.kind != "Notification" {
				continue
			}
			recipient := strings.Split(d.id, "_")[1]
			members := `"notificationType": "Email", "recipientType": "` + recipient + `", "notificationLevel": "Critical", "isDefaultRecipientsEnabled": false, "notificationRecipients": ["ops@contoso.com", "b@contoso.com"]`
			set(h, "root", x.policy, d.id, d.kind, members)
			same(t, d.id, without(ruleAt(h, x.policy, d.id).Get(), "@odata.context"), whole(d.id, d.kind, members, d.target))
		}
	}
}
