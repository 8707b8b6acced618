package policies

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

// The table of behaviour.md §7, row by row: the rule's id, its type, and its default for
// roles and for groups.
var defaults = []struct{ id, kind, role, group, target string }{
	{"Expiration_Admin_Eligibility", "Expiration", `"isExpirationRequired": false, "maximumDuration": "P365D"`, `"isExpirationRequired": true, "maximumDuration": "P365D"`, "Admin Eligibility"},
	{"Enablement_Admin_Eligibility", "Enablement", `"enabledRules": []`, `"enabledRules": []`, "Admin Eligibility"},
	{"Notification_Admin_Admin_Eligibility", "Notification", n("Admin"), n("Admin"), "Admin Eligibility"},
	{"Notification_Requestor_Admin_Eligibility", "Notification", n("Requestor"), n("Requestor"), "Admin Eligibility"},
	{"Notification_Approver_Admin_Eligibility", "Notification", n("Approver"), n("Approver"), "Admin Eligibility"},
	{"Expiration_Admin_Assignment", "Expiration", `"isExpirationRequired": false, "maximumDuration": "P180D"`, `"isExpirationRequired": true, "maximumDuration": "P180D"`, "Admin Assignment"},
	{"Enablement_Admin_Assignment", "Enablement", `"enabledRules": ["Justification"]`, `"enabledRules": ["Justification"]`, "Admin Assignment"},
	{"Notification_Admin_Admin_Assignment", "Notification", n("Admin"), n("Admin"), "Admin Assignment"},
	{"Notification_Requestor_Admin_Assignment", "Notification", n("Requestor"), n("Requestor"), "Admin Assignment"},
	{"Notification_Approver_Admin_Assignment", "Notification", n("Approver"), n("Approver"), "Admin Assignment"},
	{"Expiration_EndUser_Assignment", "Expiration", `"isExpirationRequired": true, "maximumDuration": "PT8H"`, `"isExpirationRequired": true, "maximumDuration": "PT8H"`, "EndUser Assignment"},
	{"Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["MultiFactorAuthentication", "Justification"]`, `"enabledRules": ["Justification"]`, "EndUser Assignment"},
	{"Approval_EndUser_Assignment", "Approval", defaultApproval, defaultApproval, "EndUser Assignment"},
	{"AuthenticationContext_EndUser_Assignment", "AuthenticationContext", `"isEnabled": false, "claimValue": null`, `"isEnabled": false, "claimValue": ""`, "EndUser Assignment"},
	{"Notification_Admin_EndUser_Assignment", "Notification", n("Admin"), n("Admin"), "EndUser Assignment"},
	{"Notification_Requestor_EndUser_Assignment", "Notification", n("Requestor"), n("Requestor"), "EndUser Assignment"},
	{"Notification_Approver_EndUser_Assignment", "Notification", n("Approver"), n("Approver"), "EndUser Assignment"},
}

func n(recipient string) string {
	return `"notificationType": "Email", "recipientType": "` + recipient + `", "notificationLevel": "All", "isDefaultRecipientsEnabled": true, "notificationRecipients": []`
}

const defaultApproval = `"setting": {"isApprovalRequired": false, "isApprovalRequiredForExtension": false, "isRequestorJustificationRequired": true, "approvalMode": "SingleStage",
	"approvalStages": [{"approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": true, "escalationTimeInMinutes": 0, "isEscalationEnabled": false, "primaryApprovers": [], "escalationApprovers": []}]}`

// whole is a rule as the wire shows it.
func whole(id, kind, members, target string) string {
	caller, level, _ := strings.Cut(target, " ")
	return ruleBody(id, kind, members+`, "target": {"caller": "`+caller+`", "operations": ["all"], "level": "`+level+`", "inheritableSettings": [], "enforcedSettings": []}`)
}

func TestEveryRuleHasItsDefault(t *testing.T) {
	h := house(t)
	role, group := policyOf(h, helpdeskRole), placePolicy(h, "staff", "member")
	owner := placePolicy(h, "tier0", "owner")
	root := h.As("root")
	for _, set := range []string{"rules", "effectiveRules"} {
		for _, policy := range []string{role, group, owner} {
			rows := root.Want(200, "GET", policiesPath+"/"+policy+"/"+set, "").Values()
			if len(rows) != len(defaults) {
				t.Fatalf("%s of %s are %d, want %d", set, policy, len(rows), len(defaults))
			}
			for i, d := range defaults {
				members := d.group
				if policy == role {
					members = d.role
				}
				same(t, policy+" "+d.id, rows[i], whole(d.id, d.kind, members, d.target))
			}
		}
	}
	for _, d := range defaults {
		one := ruleAt(h, role, d.id)
		if got := one.Str("@odata.context"); got != harness.URL+"/v1.0/$metadata#policies/roleManagementPolicies('"+role+"')/rules/$entity" {
			t.Errorf("context of %s: %s", d.id, got)
		}
		if one.Str("@odata.type") != graphType+d.kind+"Rule" {
			t.Errorf("%s is of type %s", d.id, one.Str("@odata.type"))
		}
	}
}

// A policy is had under the names of behaviour.md §1 and §7: one a role, in two spellings,
// and two a group.
func TestPoliciesHaveTheirNames(t *testing.T) {
	h := house(t)
	root, tenant := h.As("root"), h.Tenant.ID().String()
	for _, kind := range []string{"Directory", "DirectoryRole"} {
		for _, path := range []string{policiesPath, assignmentsPath} {
			rows := root.Want(200, "GET", path+"?$filter=scopeId eq '/' and scopeType eq '"+kind+"'", "").Values()
			if len(rows) < 140 {
				t.Errorf("%d rows at %s of %s", len(rows), path, kind)
			}
			for _, r := range rows {
				if id, _ := r["id"].(string); !strings.HasPrefix(id, kind+"_"+tenant+"_") || r["scopeType"] != kind || r["scopeId"] != "/" {
					t.Fatalf("a row of %s: %v", kind, r)
				}
			}
		}
	}
	id := policyOf(h, helpdeskRole)
	same(t, "policy", without(root.Want(200, "GET", policiesPath+"/"+id, "").Get(), "@odata.context"), `{"id": "`+id+`", "displayName": "DirectoryRole", "description": "DirectoryRole", "isOrganizationDefault": false,
		"scopeId": "/", "scopeType": "DirectoryRole", "lastModifiedDateTime": null, "lastModifiedBy": {"displayName": null, "id": null}}`)
	staff := h.ID("staff").String()
	rows := root.Want(200, "GET", assignmentsPath+"?$filter=scopeId eq '{staff}' and scopeType eq 'Group'", "").Values()
	if len(rows) != 2 {
		t.Fatalf("a group has %d policies, want 2", len(rows))
	}
	for _, r := range rows {
		place, _ := r["roleDefinitionId"].(string)
		policy, _ := r["policyId"].(string)
		if r["id"] != policy+"_"+place || !strings.HasPrefix(policy, "Group_"+staff+"_") || place != "member" && place != "owner" {
			t.Errorf("an assignment of a group: %v", r)
		}
		if got := root.Want(200, "GET", policiesPath+"/"+policy, ""); got.Str("scopeId") != staff || got.Str("scopeType") != "Group" || got.Str("displayName") != "Group" {
			t.Errorf("a policy of a group: %s", got.Text)
		}
	}
}

func without(v any, names ...string) any {
	m, _ := v.(map[string]any)
	for _, name := range names {
		delete(m, name)
	}
	return m
}

// $expand as clients send it.
func TestPoliciesAndRulesAreExpanded(t *testing.T) {
	h := house(t)
	root := h.As("root")
	of := "?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '" + helpdeskRole + "'"
	a := root.Want(200, "GET", assignmentsPath+of+"&$expand=policy($expand=rules)", "")
	if got, want := a.Str("@odata.context"), harness.URL+"/v1.0/$metadata#policies/roleManagementPolicyAssignments(policy(rules()))"; got != want {
		t.Errorf("context %s, want %s", got, want)
	}
	policy, _ := a.Values()[0]["policy"].(map[string]any)
	rules, _ := policy["rules"].([]any)
	if len(rules) != 17 {
		t.Fatalf("%d rules: %s", len(rules), a.Text)
	}
	for _, r := range rules {
		if r, _ := r.(map[string]any); !strings.HasPrefix(r["@odata.type"].(string), graphType) {
			t.Errorf("a rule without a type: %v", r)
		}
	}
	a = root.Want(200, "GET", assignmentsPath+of+"&$expand=policy($select=id;$expand=rules($select=id),effectiveRules)", "")
	policy, _ = a.Values()[0]["policy"].(map[string]any)
	rules, _ = policy["rules"].([]any)
	same(t, "selected rule", rules[0], `{"@odata.type": "`+graphType+`ExpirationRule", "id": "Expiration_Admin_Eligibility"}`)
	if policy["displayName"] != nil || policy["effectiveRules"] == nil {
		t.Errorf("selected policy: %v", policy)
	}
	list := root.Want(200, "GET", policiesPath+"?$filter=scopeId eq '{staff}' and scopeType eq 'Group'&$expand=rules,effectiveRules($select=id,target)&$count=true", "")
	if list.Get("@odata.count") != 2.0 || len(list.Values()) != 2 {
		t.Errorf("counted: %s", list.Text)
	}
	for kind, n := range map[string]int{"Expiration": 3, "Enablement": 3, "Notification": 9, "Approval": 1, "AuthenticationContext": 1} {
		rows := root.Want(200, "GET", policiesPath+"/"+policyOf(h, helpdeskRole)+"/rules?$filter=isof('microsoft.graph.unifiedRoleManagementPolicy"+kind+"Rule')", "").Values()
		if len(rows) != n {
			t.Errorf("%d rules of type %s, want %d", len(rows), kind, n)
		}
	}
	root.Want(200, "GET", assignmentsPath+"?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+helpdeskRole+"'&$expand=policy($expand=*)", "")
	one := root.Want(200, "GET", policiesPath+"/"+policyOf(h, helpdeskRole)+"/rules?$select=id,enabledRules&$filter=id eq 'Enablement_EndUser_Assignment'", "")
	same(t, "filtered rules", one.Get("value"), `[{"@odata.type": "`+graphType+`EnablementRule", "id": "Enablement_EndUser_Assignment", "enabledRules": ["MultiFactorAuthentication", "Justification"]}]`)
	root.Refused(400, "GET", policiesPath+"/"+policyOf(h, helpdeskRole)+"/rules?$select=nothing", "")
}

func TestPagesOfPoliciesFollowOneAnother(t *testing.T) {
	h := house(t)
	root := h.As("root")
	seen := map[any]bool{}
	for path := policiesPath + "?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$top=60"; path != ""; {
		a := root.Want(200, "GET", path, "")
		for _, r := range a.Values() {
			if seen[r["id"]] {
				t.Fatalf("twice: %v", r["id"])
			}
			seen[r["id"]] = true
		}
		_, path, _ = strings.Cut(a.Str("@odata.nextLink"), "/v1.0")
	}
	if len(seen) < 140 {
		t.Errorf("%d policies on all pages", len(seen))
	}
}
