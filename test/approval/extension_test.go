package approval

import (
	"testing"

	"ephor/test/harness"
)

const roleEligibilityInbox = eligibilities + "/filterByCurrentUser(on='approver')"

// ending leaves Ella eligible for three days more, and has her ask for ten.
func ending(t *testing.T, h *harness.House) string {
	t.Helper()
	h.As("root").Want(201, "POST", eligibilities, `{"action": "adminUpdate", "principalId": "{ella}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "/", "justification": "for now",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P3D"}}}`)
	a := h.As("ella").Want(201, "POST", eligibilities, extension("selfExtend"))
	if a.Str("status") != "PendingAdminDecision" || a.Str("approvalId") != a.Str("id") {
		t.Fatalf("%s", a.Text)
	}
	h.Name("r", a.Str("id"))
	return a.Str("id")
}

func extension(action string) string {
	return `{"action": "` + action + `", "principalId": "{ella}", "roleDefinitionId": "` + helpdesk + `", "directoryScopeId": "/", "justification": "still on the rota",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P10D"}}}`
}

func extensionStatus(h *harness.House) string {
	return h.As("reader").Want(200, "GET", eligibilities+"/{r}", "").Str("status")
}

// It waits for those who manage roles, or for the policy's approvers where that says so; an
// administrator grants it by adminExtend alone, which closes it.
func TestExtensionIsListedAsAnApproval(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		id := ending(t, h)
		for who, waits := range map[string]bool{"pria": true, "root": true, "una": false, "ella": false, "vera": false} {
			if rows := h.As(who).Want(200, "GET", roleEligibilityInbox, "").Values(); len(rows) == 1 != waits {
				t.Errorf("%s has %v to decide", who, rows)
			}
			if rows := h.As(who).Want(200, "GET", approvals+"/filterByCurrentUser(on='approver')", "").Values(); len(rows) == 1 != waits || waits && rows[0]["id"] != id {
				t.Errorf("%s has the approvals %v", who, rows)
			}
		}
		path := decidePath(h, "r", 0)
		coded(t, h.As("pria").Refused(400, "PATCH", path, yes), "InvalidRoleAssignmentRequest")
		h.As("root").Want(201, "POST", eligibilities, extension("adminExtend"))
		if got := extensionStatus(h); got != "Provisioned" {
			t.Errorf("extended, and %s", got)
		}
		coded(t, h.As("pria").Refused(409, "PATCH", path, no), "Conflict")
		if rows := h.As("pria").Want(200, "GET", roleEligibilityInbox, "").Values(); len(rows) != 0 {
			t.Errorf("still to decide: %v", rows)
		}
	})
}

func TestExtensionIsDenied(t *testing.T) {
	h := lite(t)
	ending(t, h)
	h.As("vera").Refused(403, "PATCH", decidePath(h, "r", 0), no)
	h.As("pria").Want(204, "PATCH", decidePath(h, "r", 0), no)
	if got := extensionStatus(h); got != "Denied" {
		t.Errorf("denied, and %s", got)
	}
}

func TestExtensionIsCalledOff(t *testing.T) {
	h := lite(t)
	ending(t, h)
	path := decidePath(h, "r", 0)
	h.As("ella").Want(204, "POST", eligibilities+"/{r}/cancel", "")
	coded(t, h.As("pria").Refused(409, "PATCH", path, no), "Conflict")
	if rows := h.As("pria").Want(200, "GET", roleEligibilityInbox, "").Values(); len(rows) != 0 {
		t.Errorf("still to decide: %v", rows)
	}
}

// cancel takes the id of the schedule that more is asked of, too.
func TestExtensionIsCalledOffByItsSchedule(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ending(t, h)
		old := h.As("ella").Want(200, "GET", eligibilities+"/{r}", "").Str("targetScheduleId")
		h.Name("old", old)
		if old == h.ID("r").String() {
			t.Fatal("the request names itself")
		}
		for _, stranger := range []string{"emil", "vera", "bystander"} {
			h.As(stranger).Refused(403, "POST", eligibilities+"/{old}/cancel", "")
		}
		h.As("root").Refused(404, "POST", requests+"/{old}/cancel", "") // of the other side
		h.As("ella").Want(204, "POST", eligibilities+"/{old}/cancel", "")
		if got := extensionStatus(h); got != "Canceled" {
			t.Errorf("called off, and %s", got)
		}
		if got := h.As("reader").Want(200, "GET", eligibilities+"/{old}", "").Str("status"); got != "Provisioned" {
			t.Errorf("the grant itself is %s", got)
		}
		if rows := h.As("reader").Want(200, "GET", "/roleManagement/directory/roleEligibilitySchedules?$filter=principalId eq '{ella}'", "").Values(); len(rows) != 1 || rows[0]["id"] != old {
			t.Errorf("Ella's eligibility: %v", rows)
		}
		coded(t, h.As("root").Refused(400, "POST", eligibilities+"/{old}/cancel", ""), "RequestCannotBeCancelled")
		// An administrator calls off the next.
		again := h.As("ella").Want(201, "POST", eligibilities, extension("selfExtend")).Str("id")
		h.As("pria").Want(204, "POST", eligibilities+"/{old}/cancel", "")
		if got := h.As("ella").Want(200, "GET", eligibilities+"/"+again, "").Str("status"); got != "Canceled" {
			t.Errorf("called off, and %s", got)
		}
	})
}

// Of groups, schedules have ids of another form.
func TestExtensionOfPlaceIsCalledOffByItsSchedule(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		body := func(action, duration string) string {
			return `{"action": "` + action + `", "groupId": "{crew}", "accessId": "member", "principalId": "{ella}", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + duration + `"}}}`
		}
		path := groups + "/eligibilityScheduleRequests"
		h.As("root").Want(201, "POST", path, body("adminAssign", "P3D"))
		asked := h.As("ella").Want(201, "POST", path, body("selfExtend", "P10D"))
		schedule := asked.Str("targetScheduleId")
		h.As("bystander").Refused(403, "POST", path+"/"+schedule+"/cancel", "")
		other := h.ID("board").String() + schedule[36:]
		h.As("root").Refused(404, "POST", path+"/"+other+"/cancel", "")
		h.As("ella").Want(204, "POST", path+"/"+schedule+"/cancel", "")
		if got := h.As("ella").Want(200, "GET", path+"/"+asked.Str("id"), "").Str("status"); got != "Canceled" {
			t.Errorf("called off, and %s", got)
		}
	})
}

// extensionsNeed makes extensions, and activations, wait for these approvers.
func extensionsNeed(h *harness.House, stages string) {
	const rule = "Approval_EndUser_Assignment"
	h.As("root").Want(204, "PATCH", policies+"/"+policy(h)+"/rules/"+rule, `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "`+rule+`",
		"setting": {"isApprovalRequired": false, "isApprovalRequiredForExtension": true, "isRequestorJustificationRequired": true, "approvalMode": "SingleStage", "approvalStages": [`+stages+`]}}`)
}

// Whom the policy names decides, where it says so, and nobody else by that door; what an
// approver says gives nothing, and the requester says nothing.
func TestExtensionWaitsForThePolicysApproversAlone(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		extensionsNeed(h, stage(user("vera")+","+user("ella")))
		id := ending(t, h)
		for who, waits := range map[string]bool{"vera": true, "pria": false, "root": false, "una": false, "ella": false, "wim": false} {
			if rows := h.As(who).Want(200, "GET", approvals+"/filterByCurrentUser(on='approver')?$count=true", "").Values(); len(rows) == 1 != waits || waits && rows[0]["id"] != id {
				t.Errorf("%s has the approvals %v", who, rows)
			}
		}
		path := decidePath(h, "r", 0)
		for _, other := range []string{"pria", "root", "una", "ella", "wim"} {
			h.As(other).Refused(403, "PATCH", path, no)
			h.As(other).Refused(403, "PATCH", path, yes)
		}
		coded(t, h.As("vera").Refused(400, "PATCH", path, yes), "InvalidRoleAssignmentRequest")
		h.As("vera").Refused(403, "POST", eligibilities, extension("adminExtend")) // to approve is not to grant
		if got := extensionStatus(h); got != "PendingAdminDecision" {
			t.Fatalf("after the attempts it is %s", got)
		}
		h.As("vera").Want(204, "PATCH", path, no)
		if got := extensionStatus(h); got != "Denied" {
			t.Errorf("denied, and %s", got)
		}
	})
}

// An approver who is disabled, or gone, decides no extension either.
func TestExtensionIsNotDecidedByAnApproverWhoIsDisabled(t *testing.T) {
	h := lite(t)
	extensionsNeed(h, stage(user("vera")+","+user("wim")))
	ending(t, h)
	path := decidePath(h, "r", 0)
	vera := h.As("vera")
	h.As("root").Want(204, "PATCH", "/users/{vera}", `{"accountEnabled": false}`)
	if a := vera.Do("PATCH", path, no); a.Status != 401 && a.Status != 403 {
		t.Errorf("a disabled approver: %d %s", a.Status, a.Text)
	}
	if got := extensionStatus(h); got != "PendingAdminDecision" {
		t.Errorf("it is %s", got)
	}
}
