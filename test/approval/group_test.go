package approval

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ephor/test/harness"
)

const (
	groups         = "/identityGovernance/privilegedAccess/group"
	groupApprovals = groups + "/assignmentApprovals"
)

// governed makes membership of the crew something that Ella may activate when the stages
// approve.
func governed(h *harness.House, stages ...string) {
	root := h.As("root")
	root.Want(201, "POST", groups+"/eligibilityScheduleRequests", `{"action": "adminAssign", "accessId": "member", "principalId": "{ella}", "groupId": "{crew}", "justification": "rota",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P30D"}}}`)
	rows := root.Want(200, "GET", "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '{crew}' and scopeType eq 'Group' and roleDefinitionId eq 'member'", "").Values()
	id, _ := rows[0]["policyId"].(string)
	const rule = "Approval_EndUser_Assignment"
	root.Want(204, "PATCH", policies+"/"+id+"/rules/"+rule, fmt.Sprintf(
		`{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "%s", "setting": {"isApprovalRequired": true, "isApprovalRequiredForExtension": false,
		"isRequestorJustificationRequired": true, "approvalMode": "SingleStage", "approvalStages": [%s]}}`, rule, strings.Join(stages, ",")))
}

func askPlace(t *testing.T, h *harness.House, name string) {
	t.Helper()
	a := h.As("ella").Want(201, "POST", groups+"/assignmentScheduleRequests", `{"action": "selfActivate", "accessId": "member", "principalId": "{ella}", "groupId": "{crew}", "justification": "ticket 7",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT2H"}}}`)
	if a.Str("status") != "PendingApproval" || a.Str("approvalId") != a.Str("id") {
		t.Fatalf("%s", a.Text)
	}
	h.Name(name, a.Str("id"))
}

func placeStage(h *harness.House, request string) string {
	rows := h.As("reader").Want(200, "GET", groupApprovals+"/{"+request+"}/stages", "").Values()
	id, _ := rows[0]["id"].(string)
	return groupApprovals + "/{" + request + "}/stages/" + id
}

func inCrew(h *harness.House) bool {
	return slices.ContainsFunc(h.As("root").Want(200, "GET", "/groups/{crew}/members?$select=id", "").Values(), func(m map[string]any) bool {
		return m["id"] == h.ID("ella").String()
	})
}

// Roles and groups differ in their paths and permissions only.
func TestPlaceInGroupIsApproved(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		governed(h, stage(user("vera")))
		askPlace(t, h, "r")
		id := h.ID("r").String()
		vera := h.As("vera", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup")
		for _, path := range []string{groups + "/assignmentScheduleRequests/filterByCurrentUser(on='approver')?$filter=status eq 'PendingApproval'", groupApprovals + "/filterByCurrentUser(on='approver')"} {
			if rows := vera.Want(200, "GET", path, "").Values(); len(rows) != 1 || rows[0]["id"] != id {
				t.Errorf("%s: %v", path, rows)
			}
			if rows := h.As("wim").Want(200, "GET", path, "").Values(); len(rows) != 0 {
				t.Errorf("%s, to a stranger: %v", path, rows)
			}
		}
		if rows := h.As("vera").Want(200, "GET", approvals+"/filterByCurrentUser(on='approver')", "").Values(); len(rows) != 0 {
			t.Errorf("among the approvals of roles: %v", rows)
		}
		path := placeStage(h, "r")
		h.As("vera", "PrivilegedAssignmentSchedule.Read.AzureADGroup").Refused(403, "PATCH", path, yes)
		h.As("vera", "RoleAssignmentSchedule.ReadWrite.Directory").Refused(403, "PATCH", path, yes)
		h.As("olga").Refused(403, "PATCH", path, yes)
		h.As("ella").Refused(403, "PATCH", path, yes)
		if inCrew(h) {
			t.Fatal("it did not wait")
		}
		vera.Want(204, "PATCH", strings.Replace(path, "/stages/", "/steps/", 1), yes)
		if !inCrew(h) {
			t.Error("approved, and not a member")
		}
	})
}

func TestPlaceInGroupIsDenied(t *testing.T) {
	h := lite(t)
	governed(h, stage(user("vera")))
	askPlace(t, h, "r")
	h.As("vera").Want(204, "PATCH", placeStage(h, "r"), no)
	if inCrew(h) {
		t.Error("denied, and a member")
	}
}

// The owner of a group that is named as approver gives nobody a place in it through PIM
// either, and does not make its policy ask for less.
func TestOwnerOfApproverGroupAddsNoApproversThroughPIM(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		place := func(side, who string) string {
			return `{"action": "adminAssign", "accessId": "member", "principalId": "{` + who + `}", "groupId": "{board}", "justification": "because",
				"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT2H"}}}`
		}
		require(h, stage(group("board")))
		ask(t, h, "ella", "r")
		for _, set := range []string{"/eligibilityScheduleRequests", "/assignmentScheduleRequests"} {
			for _, who := range []string{"sam", "olga"} {
				h.As("olga").Refused(403, "POST", groups+set, place(set, who))
			}
		}
		// Whom an administrator gives a place for a time approves for as long, to the tick.
		now := h.Now()
		h.SetClock(now)
		h.As("root").Want(201, "POST", groups+"/assignmentScheduleRequests", place("", "sam"))
		path := decidePath(h, "r", 0)
		if len(waiting(h, "sam")) != 1 {
			t.Error("it does not wait for a member for a time")
		}
		h.SetClock(now.Add(2 * time.Hour))
		h.As("sam").Refused(403, "PATCH", path, yes)
		h.As("bea").Want(204, "PATCH", path, yes)
	})
}
