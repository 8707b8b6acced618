package attack

import (
	"fmt"
	"strings"
	"testing"

	"ephor/test/harness"
)

const (
	placePIM    = "/identityGovernance/privilegedAccess/group/"
	policyPath  = "/policies/roleManagementPolicies"
	whichPolicy = "/policies/roleManagementPolicyAssignments?$filter="
)

// rules is the path of the rules of a target's policy.
func rules(h *harness.House, filter string) string {
	id, _ := h.As("ada").Want(200, "GET", whichPolicy+filter, "").Values()[0]["policyId"].(string)
	return policyPath + "/" + id + "/rules/"
}

func rulesOfRole(h *harness.House, role string) string {
	return rules(h, "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+harness.Role(role).String()+"'")
}

func rulesOfPlace(h *harness.House, group, place string) string {
	return rules(h, "scopeId eq '{"+group+"}' and scopeType eq 'Group' and roleDefinitionId eq '"+place+"'")
}

func rule(id, kind, members string) string {
	return `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicy` + kind + `Rule", "id": "` + id + `", ` + members + `}`
}

func placeRequest(action, who, group, access string) string {
	length := "P1D"
	if action == "selfActivate" {
		length = "PT1H"
	}
	return `{"action": "` + action + `", "principalId": "{` + who + `}", "groupId": "{` + group + `}", "accessId": "` + access + `", "justification": "because",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + length + `"}}}`
}

const noApproval = `"setting": {"isApprovalRequired": false}`

// An owner cannot make themselves eligible for what stands behind their group, nor active,
// nor take away what activation asks for, by any door; nor may they for a friend of theirs
// loosen the policy.
func TestOwnerOfGroupCannotAddThemselvesOrRelaxItsPolicyAndThenActivate(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root, olga := h.As("ada"), h.As("olga")
		for _, access := range []string{"member", "owner"} {
			for _, side := range []string{"eligibility", "assignment"} {
				for _, action := range []string{"adminAssign", "adminUpdate", "adminExtend", "adminRenew"} {
					olga.Refused(403, "POST", placePIM+side+"ScheduleRequests", placeRequest(action, "olga", "tier0", access))
				}
			}
			olga.Refused(400, "POST", placePIM+"assignmentScheduleRequests", placeRequest("selfActivate", "olga", "tier0", access))
		}
		// A role administrator asks for approval of whoever activates.
		path := rulesOfPlace(h, "tier0", "member")
		approval := `"setting": {"isApprovalRequired": true, "approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{pria}"}]}]}`
		root.Want(204, "PATCH", path+"Approval_EndUser_Assignment", rule("Approval_EndUser_Assignment", "Approval", approval))
		root.Want(201, "POST", placePIM+"eligibilityScheduleRequests", placeRequest("adminAssign", "olga", "tier0", "member"))
		for _, change := range []struct{ id, kind, members string }{
			{"Approval_EndUser_Assignment", "Approval", noApproval},
			{"Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{olga}"}]}]}`},
			{"Enablement_EndUser_Assignment", "Enablement", `"enabledRules": []`},
			{"Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT24H"`},
			{"Notification_Admin_EndUser_Assignment", "Notification", `"notificationLevel": "None"`},
		} {
			body := rule(change.id, change.kind, change.members)
			olga.Refused(403, "PATCH", path+change.id, body)
			olga.Refused(403, "PATCH", strings.TrimSuffix(path, "/rules/"), `{"rules": [`+body+`]}`)
		}
		olga.Refused(403, "POST", strings.TrimSuffix(path, "/rules/")+"/setApprovalSafeguards", `{"minimumApprovals": null}`)
		if s := olga.Want(201, "POST", placePIM+"assignmentScheduleRequests", placeRequest("selfActivate", "olga", "tier0", "member")).Str("status"); s != "PendingApproval" {
			t.Errorf("the owner's own activation is %s", s)
		}
		if got := root.Want(200, "GET", "/groups/{tier0}/members", ""); strings.Contains(got.Text, h.ID("olga").String()) {
			t.Error("the owner is a member")
		}
		// Nor do those who manage other groups.
		for _, name := range []string{"greta", "una", "hal"} {
			h.As(name).Refused(403, "POST", placePIM+"eligibilityScheduleRequests", placeRequest("adminAssign", name, "tier0", "member"))
			h.As(name).Refused(403, "PATCH", path+"Approval_EndUser_Assignment", rule("Approval_EndUser_Assignment", "Approval", noApproval))
		}
		// Of a group with nothing behind it the policy is the owner's to change.
		plain := rulesOfPlace(h, "staff", "member")
		olga.Want(204, "PATCH", plain+"Enablement_EndUser_Assignment", rule("Enablement_EndUser_Assignment", "Enablement", `"enabledRules": []`))
	})
}

// A group comes to be guarded by what is put behind it, whoever owned it before.
func TestOwnerLosesThePolicyWhenPrivilegeComesBehindTheGroup(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root, olga := h.As("ada"), h.As("olga")
		path := rulesOfPlace(h, "staff", "member")
		change := rule("Enablement_EndUser_Assignment", "Enablement", `"enabledRules": []`)
		olga.Want(204, "PATCH", path+"Enablement_EndUser_Assignment", change)
		// It is named as approver of a role.
		root.Want(204, "PATCH", rulesOfRole(h, "Helpdesk Administrator")+"Approval_EndUser_Assignment", rule("Approval_EndUser_Assignment", "Approval",
			`"setting": {"isApprovalRequired": true, "approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{staff}"}, {"@odata.type": "#microsoft.graph.singleUser", "userId": "{ada}"}]}]}`))
		olga.Refused(403, "PATCH", path+"Enablement_EndUser_Assignment", change)
		olga.Refused(403, "POST", placePIM+"eligibilityScheduleRequests", placeRequest("adminAssign", "sam", "staff", "member"))
		olga.Refused(403, "POST", "/groups/{staff}/members/$ref", reference("sam"))
		h.As("greta").Refused(403, "PATCH", path+"Enablement_EndUser_Assignment", change)
		h.As("pria").Want(204, "PATCH", path+"Enablement_EndUser_Assignment", change)
	})
}

// What a PATCH does not name it does not touch, however the body is made: an empty target,
// a null, an id of another rule, half a rule.
func TestPatchOfOneRuleCannotWipeItsSiblings(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root := h.As("ada")
		path := rulesOfRole(h, "Helpdesk Administrator")
		policy := strings.TrimSuffix(path, "/rules/")
		for _, r := range []struct{ id, kind, members string }{
			{"Notification_Admin_EndUser_Assignment", "Notification", `"notificationRecipients": ["a@contoso.com"]`},
			{"Notification_Approver_EndUser_Assignment", "Notification", `"notificationRecipients": ["b@contoso.com"]`},
			{"Enablement_EndUser_Assignment", "Enablement", `"enabledRules": ["MultiFactorAuthentication", "Justification", "Ticketing"]`},
			{"Approval_EndUser_Assignment", "Approval", `"setting": {"isApprovalRequired": true, "approvalStages": [{"approvalStageTimeOutInDays": 3, "primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{pria}"}, {"@odata.type": "#microsoft.graph.singleUser", "userId": "{ada}"}], "@ephor.minimumApprovals": 2}]}`},
		} {
			root.Want(204, "PATCH", path+r.id, rule(r.id, r.kind, r.members))
		}
		before := root.Want(200, "GET", path, "").Get("value").([]any)
		unchanged := func(what string, except ...string) {
			t.Helper()
			for i, v := range root.Want(200, "GET", path, "").Get("value").([]any) {
				id, _ := v.(map[string]any)["id"].(string)
				if len(except) > 0 && id == except[0] {
					continue
				}
				if got, want := text(v), text(before[i]); got != want {
					t.Errorf("%s: %s became %s", what, want, got)
				}
			}
		}
		for what, body := range map[string]string{
			"an empty target": rule("Notification_Admin_EndUser_Assignment", "Notification", `"target": {}`),
			"a null target":   rule("Notification_Admin_EndUser_Assignment", "Notification", `"target": null`),
			"half a rule":     rule("Notification_Admin_EndUser_Assignment", "Notification", `"notificationLevel": "All"`),
			"nothing":         rule("Notification_Admin_EndUser_Assignment", "Notification", `"target": {"caller": "EndUser"}`),
		} {
			root.Want(204, "PATCH", path+"Notification_Admin_EndUser_Assignment", body)
			unchanged(what)
			root.Want(200, "PATCH", policy, `{"rules": [`+body+`]}`)
			unchanged(what + ", of the policy")
		}
		root.Want(204, "PATCH", path+"Approval_EndUser_Assignment", rule("Approval_EndUser_Assignment", "Approval", `"setting": {"isRequestorJustificationRequired": true}`))
		unchanged("half a setting")
		for what, body := range map[string]string{
			"another rule's id":     rule("Notification_Approver_EndUser_Assignment", "Notification", `"notificationLevel": "None"`),
			"a null approval":       rule("Approval_EndUser_Assignment", "Approval", `"setting": null`),
			"a null list":           rule("Enablement_EndUser_Assignment", "Enablement", `"enabledRules": null`),
			"a rule in the setting": rule("Approval_EndUser_Assignment", "Approval", `"setting": {"approvalStages": null}`),
		} {
			id := "Notification_Admin_EndUser_Assignment"
			if !strings.Contains(what, "another") {
				id = strings.Split(strings.Split(body, `"id": "`)[1], `"`)[0]
			}
			root.Refused(400, "PATCH", path+id, body)
			unchanged(what)
		}
	})
}

func text(v any) string {
	m, _ := v.(map[string]any)
	var parts []string
	for _, name := range []string{"@odata.type", "id", "enabledRules", "setting", "notificationLevel", "notificationRecipients", "maximumDuration", "isExpirationRequired", "isEnabled", "claimValue", "target"} {
		parts = append(parts, strings.Join(strings.Fields(fmt.Sprint(m[name])), " "))
	}
	return strings.Join(parts, ";")
}

// The policy of a role is for who could grant it: nobody else, and no client without the
// permission.
func TestPolicyOfARoleIsNotChangedByWhoMayNotGrantIt(t *testing.T) {
	h := lite(t)
	path := rulesOfRole(h, "Global Administrator") + "Enablement_EndUser_Assignment"
	body := rule("Enablement_EndUser_Assignment", "Enablement", `"enabledRules": []`)
	for _, name := range []string{"paula", "una", "hal", "greta", "alan", "dora", "erin", "olga", "sam", "gus"} {
		h.As(name).Refused(403, "PATCH", path, body)
	}
	h.As("pria", "RoleManagementPolicy.Read.Directory").Refused(403, "PATCH", path, body)
	h.As("pria", "RoleManagementPolicy.ReadWrite.AzureADGroup").Refused(403, "PATCH", path, body)
	h.AsClient("editor").Refused(403, "PATCH", path, body)
	h.As("pria").Want(204, "PATCH", path, body)
}

// A weaker policy is for what is asked from then on: who waits for approval still needs it.
func TestWeakerPolicyDoesNotLetPendingRequestsThrough(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root := h.As("ada")
		path := rulesOfPlace(h, "tier0", "member")
		root.Want(204, "PATCH", path+"Approval_EndUser_Assignment", rule("Approval_EndUser_Assignment", "Approval",
			`"setting": {"isApprovalRequired": true, "approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{pria}"}]}]}`))
		root.Want(201, "POST", placePIM+"eligibilityScheduleRequests", placeRequest("adminAssign", "sam", "tier0", "member"))
		id := h.As("sam").Want(201, "POST", placePIM+"assignmentScheduleRequests", placeRequest("selfActivate", "sam", "tier0", "member")).Str("id")
		root.Want(204, "PATCH", path+"Approval_EndUser_Assignment", rule("Approval_EndUser_Assignment", "Approval", noApproval))
		if s := root.Want(200, "GET", placePIM+"assignmentScheduleRequests/"+id, "").Str("status"); s != "PendingApproval" {
			t.Errorf("with the approval taken away the request is %s", s)
		}
		if got := root.Want(200, "GET", "/groups/{tier0}/members", ""); strings.Contains(got.Text, h.ID("sam").String()) {
			t.Error("with the approval taken away the requestor is a member")
		}
		if code := h.As("sam").Refused(400, "POST", placePIM+"assignmentScheduleRequests", placeRequest("selfActivate", "sam", "tier0", "member")).Code(); code != "PendingRoleAssignmentRequest" {
			t.Errorf("asked again: %s", code)
		}
	})
}

// The last Global Administrator may be one by a place in a group: no door takes it away.
func TestLastAdministratorIsNotRemovedThroughPIMForGroups(t *testing.T) {
	t.Parallel()
	harness.Each(t, harness.Seed{
		People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "last"}},
		Groups: []harness.Group{{Name: "top", Assignable: true, Members: []string{"last"}, Roles: []string{"Global Administrator"}}},
	}, func(t *testing.T, h *harness.House) {
		root := h.As("ada")
		root.Want(204, "PATCH", "/users/{last}", `{"passwordProfile": {"password": "correct-horse-4-battery", "forceChangePasswordNextSignIn": false}}`)
		for path, body := range map[string]string{
			"POST " + placePIM + "assignmentScheduleRequests":  placeRequest("adminRemove", "last", "top", "member"),
			"POST " + placePIM + "assignmentScheduleRequests ": placeRequest("adminUpdate", "last", "top", "member"),
			"DELETE /groups/{top}/members/{last}/$ref":         "",
		} {
			method, path, _ := strings.Cut(strings.TrimSpace(path), " ")
			if a := root.Refused(400, method, path, body); !strings.Contains(a.Text, "nobody could become Global Administrator") {
				t.Errorf("%s %s: %s", method, path, a.Text)
			}
		}
	})
}
