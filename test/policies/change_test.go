package policies

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

// errors.md 1c, row by row: what a change of one rule is refused for, and what the details
// name.
var refusals = []struct {
	name, rule, kind, members string
	code, message             string
	targets                   []string
}{
	{"InvalidPolicy: isExpirationRequired without maximumDuration", "Expiration_Admin_Assignment", "Expiration", `"isExpirationRequired": true`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Assignment/maximumDuration"}},
	{"InvalidPolicy: isExpirationRequired with a null maximumDuration", "Expiration_Admin_Assignment", "Expiration", `"isExpirationRequired": true, "maximumDuration": null`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Assignment/maximumDuration"}},
	{"InvalidPolicy: P1Y where days are expected", "Expiration_Admin_Eligibility", "Expiration", `"isExpirationRequired": true, "maximumDuration": "P1Y"`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Eligibility/maximumDuration"}},
	{"InvalidPolicy: months where days are expected", "Expiration_Admin_Eligibility", "Expiration", `"isExpirationRequired": true, "maximumDuration": "P6M"`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Eligibility/maximumDuration"}},
	{"InvalidPolicy: no duration", "Expiration_Admin_Eligibility", "Expiration", `"maximumDuration": "a while"`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Eligibility/maximumDuration"}},
	{"InvalidPolicy: an activation longer than a day", "Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT25H"`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_EndUser_Assignment/maximumDuration"}},
	{"InvalidPolicy: ticketing of administrators", "Enablement_Admin_Assignment", "Enablement", `"enabledRules": ["Justification", "Ticketing"]`, "InvalidPolicy", "The policy is invalid.", []string{"Enablement_Admin_Assignment/enabledRules"}},
	{"InvalidPolicy: an unknown enabled rule", "Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["Luck"]`, "InvalidPolicy", "The policy is invalid.", []string{"Enablement_EndUser_Assignment/enabledRules"}},
	{"InvalidPolicy: approval without a stage", "Approval_EndUser_Assignment", "Approval", `"setting": {"isApprovalRequired": true, "approvalStages": []}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages"}},
	{"InvalidPolicy: an approver who is nobody", "Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "00000000-0000-4000-8000-00000000abcd"}]}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages[0]/primaryApprovers"}},
	{"InvalidPolicy: a group named as a user", "Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{staff}"}]}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages[0]/primaryApprovers"}},
	{"InvalidPolicy: an approver without a type", "Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": [{"primaryApprovers": [{"userId": "{root}"}]}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages[0]/primaryApprovers"}},
	{"InvalidPolicy: escalation to nobody", "Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": [{"isEscalationEnabled": true, "escalationTimeInMinutes": 60, "escalationApprovers": []}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages[0]/escalationApprovers"}},
	{"InvalidPolicy: two stages that are one", "Approval_EndUser_Assignment", "Approval", `"setting": {"approvalMode": "SingleStage", "approvalStages": [{}, {}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalMode"}},
	{"InvalidPolicy: a stage without time", "Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": [{"approvalStageTimeOutInDays": 0}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages[0]/approvalStageTimeOutInDays"}},
	{"InvalidPolicy: more approvals than there are approvers", "Approval_EndUser_Assignment", "Approval", `"setting": {"isApprovalRequired": true, "approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{root}"}], "@ephor.minimumApprovals": 2}]}`, "InvalidPolicy", "The policy is invalid.", []string{"Approval_EndUser_Assignment/setting/approvalStages[0]"}},
	{"InvalidPolicy: notification level", "Notification_Admin_Admin_Eligibility", "Notification", `"notificationLevel": "Some"`, "InvalidPolicy", "The policy is invalid.", []string{"Notification_Admin_Admin_Eligibility/notificationLevel"}},
	{"InvalidPolicy: a recipient without an address", "Notification_Admin_Admin_Eligibility", "Notification", `"notificationRecipients": ["ops"]`, "InvalidPolicy", "The policy is invalid.", []string{"Notification_Admin_Admin_Eligibility/notificationRecipients"}},
	{"InvalidPolicy: somebody else's notification", "Notification_Admin_Admin_Eligibility", "Notification", `"recipientType": "Approver"`, "InvalidPolicy", "The policy is invalid.", []string{"Notification_Admin_Admin_Eligibility/recipientType"}},
	{"InvalidPolicy: another target", "Expiration_Admin_Eligibility", "Expiration", `"target": {"caller": "EndUser"}`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Eligibility/target/caller"}},
	{"InvalidPolicy: another kind of rule", "Expiration_Admin_Eligibility", "Enablement", `"enabledRules": []`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Eligibility/@odata.type"}},
	{"InvalidPolicy: a property that no rule has", "Expiration_Admin_Eligibility", "Expiration", `"maximumDurations": "P1D"`, "InvalidPolicy", "The policy is invalid.", []string{"Expiration_Admin_Eligibility/maximumDurations"}},
	{
		"InvalidPolicy: every mistake is named", "Approval_EndUser_Assignment", "Approval", `"setting": {"isApprovalRequired": "yes", "approvalStages": [{"approvalStageTimeOutInDays": "one"}]}`, "InvalidPolicy", "The policy is invalid.",
		[]string{"Approval_EndUser_Assignment/setting/isApprovalRequired", "Approval_EndUser_Assignment/setting/approvalStages[0]/approvalStageTimeOutInDays"},
	},
	{"the rule does not exist", "Enablement_EndUser_Eligibility", "Enablement", `"enabledRules": []`, "InvalidPolicyRule", "The policy rule id Enablement_EndUser_Eligibility is invalid.", nil},
}

func TestRefusedChangesNameRuleAndField(t *testing.T) {
	h := house(t)
	policy, root := policyOf(h, helpdeskRole), h.As("root")
	for _, row := range refusals {
		body := ruleBody(row.rule, row.kind, row.members)
		for what, a := range map[string]harness.Answer{
			"rule":   root.Refused(400, "PATCH", policiesPath+"/"+policy+"/rules/"+row.rule, body),
			"policy": root.Refused(400, "PATCH", policiesPath+"/"+policy, `{"rules": [`+body+`]}`),
		} {
			if a.Code() != row.code || a.Str("error", "message") != row.message {
				t.Errorf("%s (%s): %s", row.name, what, a.Text)
			}
			if got := targetsOf(a); strings.Join(got, " ") != strings.Join(row.targets, " ") {
				t.Errorf("%s (%s): details name %q, want %q", row.name, what, got, row.targets)
			}
		}
	}
}

// targetsOf are the targets of a refusal's details.
func targetsOf(a harness.Answer) (list []string) {
	details, _ := a.Get("error", "details").([]any)
	for _, d := range details {
		d, _ := d.(map[string]any)
		target, _ := d["target"].(string)
		list = append(list, target)
	}
	return list
}

// The other rows of errors.md 1c, and of behaviour.md §7 on PATCH.
func TestBodiesOfChangesThatAreRefused(t *testing.T) {
	h := house(t)
	policy, root := policyOf(h, helpdeskRole), h.As("root")
	rules := policiesPath + "/" + policy + "/rules/"
	for _, row := range []struct{ name, path, body, code string }{
		{"no @odata.type", rules + "Expiration_Admin_Eligibility", `{"maximumDuration": "P1D"}`, "InvalidPolicy"},
		{"another id", rules + "Expiration_Admin_Eligibility", ruleBody("Expiration_Admin_Assignment", "Expiration", `"maximumDuration": "P1D"`), "InvalidPolicy"},
		{"no object", rules + "Expiration_Admin_Eligibility", `[]`, "InvalidPolicy"},
		{"no JSON", rules + "Expiration_Admin_Eligibility", `{`, "Request_BadRequest"},
		{"a policy without rules", policiesPath + "/" + policy, `{}`, "InvalidPolicy"},
		{"a policy with no rules", policiesPath + "/" + policy, `{"rules": []}`, "InvalidPolicy"},
		{"a rule without an id", policiesPath + "/" + policy, `{"rules": [{"@odata.type": "` + graphType + `ExpirationRule"}]}`, "InvalidPolicy"},
		{"a rule twice", policiesPath + "/" + policy, `{"rules": [` + ruleBody("Expiration_Admin_Eligibility", "Expiration", `"maximumDuration": "P1D"`) + `,` + ruleBody("Expiration_Admin_Eligibility", "Expiration", `"maximumDuration": "P2D"`) + `]}`, "InvalidPolicy"},
		{"the default of the organisation", policiesPath + "/" + policy, `{"isOrganizationDefault": true, "rules": [` + ruleBody("Expiration_Admin_Eligibility", "Expiration", `"maximumDuration": "P1D"`) + `]}`, "InvalidPolicy"},
		{"another name", policiesPath + "/" + policy, `{"displayName": "mine", "rules": [` + ruleBody("Expiration_Admin_Eligibility", "Expiration", `"maximumDuration": "P1D"`) + `]}`, "InvalidPolicy"},
		{"UnknownError: a roleDefinitionId in the place of the policy's id", policiesPath + "/" + helpdeskRole + "/rules/Expiration_Admin_Eligibility", ruleBody("Expiration_Admin_Eligibility", "Expiration", `"maximumDuration": "P1D"`), "UnknownError"},
	} {
		if a := root.Refused(400, "PATCH", row.path, row.body); a.Code() != row.code {
			t.Errorf("%s: %s, want %s", row.name, a.Text, row.code)
		}
	}
	root.Refused(400, "GET", rules+"Expiration_User_Eligibility", "")
	for _, id := range []string{"DirectoryRole_" + h.Tenant.ID().String() + "_00000000-0000-4000-8000-00000000abcd", "Group_" + h.ID("staff").String() + "_" + helpdeskRole, "nothing", "DirectoryRole_" + helpdeskRole + "_" + helpdeskRole} {
		if a := root.Refused(404, "GET", policiesPath+"/"+id, ""); a.Code() != "ResourceNotFound" {
			t.Errorf("%s: %s", id, a.Text)
		}
	}
}

// errors.md 1c, MfaAndAcrsConflict, which is asymmetric, and InvalidPolicy for both at once.
func TestSecondFactorAndContextAreNotSwitchedOnTogether(t *testing.T) {
	h := house(t)
	root := h.As("root")
	policy := policyOf(h, helpdeskRole)
	path := policiesPath + "/" + policy
	mfa := func(rules string) string {
		return ruleBody("Enablement_EndUser_Assignment", "Enablement", `"enabledRules": `+rules)
	}
	acrs := func(on string) string {
		return ruleBody("AuthenticationContext_EndUser_Assignment", "AuthenticationContext", `"isEnabled": `+on+`, "claimValue": "c1"`)
	}
	// A context joins a second factor that is on.
	root.Want(204, "PATCH", path+"/rules/AuthenticationContext_EndUser_Assignment", acrs("true"))
	// What is on stays on when it is sent again.
	root.Want(200, "PATCH", path, `{"rules": [`+mfa(`["MultiFactorAuthentication"]`)+`,`+acrs("true")+`]}`)
	root.Want(204, "PATCH", path+"/rules/Enablement_EndUser_Assignment", mfa(`["Justification"]`))
	a := root.Refused(400, "PATCH", path+"/rules/Enablement_EndUser_Assignment", mfa(`["Justification", "MultiFactorAuthentication"]`))
	if a.Code() != "MfaAndAcrsConflict" || a.Str("error", "message") != "The Mfa and Acrs policy settings cannot be enabled simultaneously." {
		t.Errorf("a second factor beside a context: %s", a.Text)
	}
	root.Want(204, "PATCH", path+"/rules/AuthenticationContext_EndUser_Assignment", acrs("false"))
	a = root.Refused(400, "PATCH", path, `{"rules": [`+mfa(`["MultiFactorAuthentication"]`)+`,`+acrs("true")+`]}`)
	if a.Code() != "InvalidPolicy" {
		t.Errorf("both at once: %s", a.Text)
	}
	// The claim is stored unchecked.
	root.Want(204, "PATCH", path+"/rules/AuthenticationContext_EndUser_Assignment", ruleBody("AuthenticationContext_EndUser_Assignment", "AuthenticationContext", `"isEnabled": true, "claimValue": "anything"`))
}

// The list's filter is needed, and of few forms (query.md §3, errors.md 1b).
func TestFiltersOfPolicies(t *testing.T) {
	h := house(t)
	root := h.As("root")
	many := "roleDefinitionId eq 'x0'"
	for i := 'a'; i < 'p'; i++ {
		many += " or roleDefinitionId eq 'x" + string(i) + "'"
	}
	for _, row := range []struct {
		filter string
		status int
	}{
		{"", 400},
		{"?$filter=scopeId eq '/'", 400},
		{"?$filter=scopeType eq 'DirectoryRole'", 400},
		{"?$filter=scopeId eq '/' or scopeType eq 'DirectoryRole'", 400},
		{"?$filter=scopeId ne '/' and scopeType eq 'DirectoryRole'", 400},
		{"?$filter=startswith(scopeId, '/') and scopeType eq 'DirectoryRole'", 400},
		{"?$filter=scopeId eq '/' and scopeType eq 'subscription'", 400},
		{"?$filter=scopeId eq '{staff}' and scopeType eq 'DirectoryRole'", 400},
		{"?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and displayName eq 'x'", 400},
		{"?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and (" + many + ")", 400},
		{"?$filter=scopeId eq '{olga}' and scopeType eq 'Group'", 404},
		{"?$filter=scopeId eq '/' and scopeType eq 'Group'", 404},
		{"?$filter=scopeId eq '/' and scopeType eq 'directoryrole'", 200},
		{"?$filter=(scopeType eq 'Directory') and (scopeId eq '/')", 200},
	} {
		a := root.Do("GET", assignmentsPath+row.filter, "")
		if a.Status != row.status || row.status == 400 && a.Code() != "InvalidFilter" {
			t.Errorf("%s: %d %s, want %d", row.filter, a.Status, a.Code(), row.status)
		}
	}
	two := "?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and (roleDefinitionId eq '" + helpdeskRole + "' or roleDefinitionId eq '" + strings.ToUpper(harness.Role("Global Reader").String()) + "')"
	if rows := root.Want(200, "GET", assignmentsPath+two, "").Values(); len(rows) != 2 {
		t.Errorf("%d of two roles", len(rows))
	}
	in := "?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId in ('" + helpdeskRole + "')"
	if rows := root.Want(200, "GET", assignmentsPath+in, "").Values(); len(rows) != 1 {
		t.Errorf("%d of one role", len(rows))
	}
}

// A change is all or nothing, keeps what it does not name, and says who made it.
func TestChangesKeepWhatTheyDoNotName(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		policy, root := policyOf(h, helpdeskRole), h.As("root")
		path := policiesPath + "/" + policy
		before := root.Want(200, "GET", path+"/rules", "").Get("value").([]any)
		h.SetClock(must("2026-05-01T10:00:00Z"))
		root = h.As("root")
		a := root.Want(200, "PATCH", path, `{"rules": [`+
			ruleBody("Notification_Admin_EndUser_Assignment", "Notification", `"notificationLevel": "critical", "target": {}`)+`,`+
			ruleBody("Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT2H"`)+`]}`)
		if a.Get("rules") != nil || a.Str("id") != policy || a.Str("lastModifiedDateTime") != "2026-05-01T10:00:00Z" || a.Str("lastModifiedBy", "displayName") != "root" || a.Get("lastModifiedBy", "id") != nil {
			t.Errorf("the changed policy: %s", a.Text)
		}
		want := map[string]string{
			"Notification_Admin_EndUser_Assignment": strings.Replace(n("Admin"), `"All"`, `"Critical"`, 1),
			"Expiration_EndUser_Assignment":         `"isExpirationRequired": true, "maximumDuration": "PT2H"`,
		}
		for i, r := range root.Want(200, "GET", path+"/rules", "").Values() {
			d := defaults[i]
			if members, changed := want[d.id]; changed {
				same(t, d.id, r, whole(d.id, d.kind, members, d.target))
				continue
			}
			old, _ := before[i].(map[string]any)
			same(t, d.id, r, whole(d.id, d.kind, d.role, d.target))
			same(t, d.id, old, whole(d.id, d.kind, d.role, d.target))
		}
		// One bad rule, and the good one beside it is not done.
		root.Refused(400, "PATCH", path, `{"rules": [`+
			ruleBody("Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT4H"`)+`,`+
			ruleBody("Expiration_Admin_Assignment", "Expiration", `"maximumDuration": "P1Y"`)+`]}`)
		if got := ruleAt(h, policy, "Expiration_EndUser_Assignment").Str("maximumDuration"); got != "PT2H" {
			t.Errorf("after a refusal: %s", got)
		}
		// The two names of a role's policy are one policy; other roles have theirs.
		alias := strings.Replace(policy, "DirectoryRole_", "Directory_", 1)
		if got := ruleAt(h, alias, "Expiration_EndUser_Assignment").Str("maximumDuration"); got != "PT2H" {
			t.Errorf("under its other name: %s", got)
		}
		if got := ruleAt(h, policyOf(h, harness.Role("Global Reader").String()), "Expiration_EndUser_Assignment").Str("maximumDuration"); got != "PT8H" {
			t.Errorf("of another role: %s", got)
		}
	})
}
