package pim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table of behaviour.md §7: every rule in order, with its default for roles and for
// groups.
func TestDefaultPolicies(t *testing.T) {
	t.Parallel()
	type line struct {
		id, caller  string
		level       Side
		recipient   string
		role, group RuleBody
	}
	n := NotificationRule{Level: "All", DefaultRecipients: true, Recipients: []string{}}
	approval := ApprovalRule{
		RequestorJustification: true, Mode: "SingleStage",
		Stages: []ApprovalStage{{TimeOutDays: 1, ApproverJustification: true, Approvers: []Approver{}, Escalated: []Approver{}}},
	}
	table := []line{
		{"Expiration_Admin_Eligibility", "Admin", Eligibility, "", ExpirationRule{false, "P365D"}, ExpirationRule{true, "P365D"}},
		{"Enablement_Admin_Eligibility", "Admin", Eligibility, "", EnablementRule{}, EnablementRule{}},
		{"Notification_Admin_Admin_Eligibility", "Admin", Eligibility, "Admin", n, n},
		{"Notification_Requestor_Admin_Eligibility", "Admin", Eligibility, "Requestor", n, n},
		{"Notification_Approver_Admin_Eligibility", "Admin", Eligibility, "Approver", n, n},
		{"Expiration_Admin_Assignment", "Admin", Assignment, "", ExpirationRule{false, "P180D"}, ExpirationRule{true, "P180D"}},
		{"Enablement_Admin_Assignment", "Admin", Assignment, "", EnablementRule{Justification: true}, EnablementRule{Justification: true}},
		{"Notification_Admin_Admin_Assignment", "Admin", Assignment, "Admin", n, n},
		{"Notification_Requestor_Admin_Assignment", "Admin", Assignment, "Requestor", n, n},
		{"Notification_Approver_Admin_Assignment", "Admin", Assignment, "Approver", n, n},
		{"Expiration_EndUser_Assignment", "EndUser", Assignment, "", ExpirationRule{true, "PT8H"}, ExpirationRule{true, "PT8H"}},
		{"Enablement_EndUser_Assignment", "EndUser", Assignment, "", EnablementRule{MFA: true, Justification: true}, EnablementRule{Justification: true}},
		{"Approval_EndUser_Assignment", "EndUser", Assignment, "", approval, approval},
		{"AuthenticationContext_EndUser_Assignment", "EndUser", Assignment, "", ContextRule{}, ContextRule{Claim: new("")}},
		{"Notification_Admin_EndUser_Assignment", "EndUser", Assignment, "Admin", n, n},
		{"Notification_Requestor_EndUser_Assignment", "EndUser", Assignment, "Requestor", n, n},
		{"Notification_Approver_EndUser_Assignment", "EndUser", Assignment, "Approver", n, n},
	}
	var roles, groups []Rule
	for _, l := range table {
		roles = append(roles, Rule{l.id, l.caller, l.level, l.recipient, l.role})
		groups = append(groups, Rule{l.id, l.caller, l.level, l.recipient, l.group})
	}
	if diff := cmp.Diff(roles, DefaultRolePolicy().Rules()); diff != "" {
		t.Errorf("roles: %s", diff)
	}
	if diff := cmp.Diff(groups, DefaultGroupPolicy().Rules()); diff != "" {
		t.Errorf("groups: %s", diff)
	}
}

func TestEnabledRulesAreNamedAsPublished(t *testing.T) {
	t.Parallel()
	got := DefaultRolePolicy().EndUserAssignment.Enablement.Names()
	if diff := cmp.Diff([]string{"MultiFactorAuthentication", "Justification"}, got); diff != "" {
		t.Error(diff)
	}
	if got := (EnablementRule{}).Names(); got == nil || len(got) != 0 {
		t.Errorf("none: %#v, which is not []", got)
	}
}

func TestPolicyTextReadsBack(t *testing.T) {
	t.Parallel()
	full := DefaultRolePolicy()
	full.Context = ContextRule{Enabled: true, Claim: new("c1")}
	full.Approval.Mode = "Serial"
	full.Approval.Stages = append(full.Approval.Stages, ApprovalStage{
		TimeOutDays: 2, Minimum: 2, Escalation: true, EscalationMinutes: 60,
		Approvers: []Approver{{Kind: ApproverUser, ID: admin, Description: "Ada"}, {Kind: ApproverGroup, ID: helpdesk}},
		Escalated: []Approver{{Kind: ApproverManager, Level: 1}}, Fallback: []Approver{{Kind: ApproverUser, ID: aline}},
	})
	full.AdminAssignment.Notifications[2].Recipients = []string{"ops@contoso.com"}
	for _, p := range []Policy{DefaultRolePolicy(), DefaultGroupPolicy(), full} {
		text, err := MarshalPolicy(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := UnmarshalPolicy(text)
		if diff := cmp.Diff(p, again); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}

// A text that asks for less than was written is refused, not read.
func TestDamagedPolicyTextIsRefused(t *testing.T) {
	t.Parallel()
	text, err := MarshalPolicy(DefaultRolePolicy())
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":           "",
		"no object":       "{}",
		"rule missing":    strings.Replace(text, `"mfa":true,`, "", 1),
		"rule misspelt":   strings.Replace(text, `"mfa":true`, `"MFA":true`, 1),
		"rule twice":      strings.Replace(text, `"mfa":true`, `"mfa":true,"mfa":false`, 1),
		"unknown rule":    strings.Replace(text, `"mfa":true`, `"mfa":true,"x":1`, 1),
		"wrong type":      strings.Replace(text, `"mfa":true`, `"mfa":1`, 1),
		"no duration":     strings.Replace(text, `"PT8H"`, `"8 hours"`, 1),
		"no level":        strings.Replace(text, `"All"`, `"Some"`, 1),
		"no time-out":     strings.Replace(text, `"timeOutDays":1`, `"timeOutDays":0`, 1),
		"no stage":        strings.Replace(text, `"stages":[{`, `"stages":[],"was":[{`, 1),
		"something after": text + " ",
	} {
		if bad == text {
			t.Fatalf("%s changes nothing", name)
		}
		if p, err := UnmarshalPolicy(bad); err == nil {
			t.Errorf("%s: read as %+v", name, p)
		}
	}
	if _, err := MarshalPolicy(Policy{}); err == nil {
		t.Error("the policy that asks for nothing was written")
	}
}
