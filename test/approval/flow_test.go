package approval

import (
	"slices"
	"testing"
	"time"

	"ephor/test/harness"
)

func TestActivationIsApproved(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(user("vera")))
		asked := ask(t, h, "ella", "r")
		id := h.ID("r").String()
		if asked.Str("approvalId") != id || asked.Str("targetScheduleId") != id || asked.Get("completedDateTime") == nil || asked.Get("scheduleInfo", "startDateTime") != nil {
			t.Errorf("asked: %s", asked.Text)
		}
		if active(t, h, "ella") {
			t.Fatal("it did not wait")
		}
		coded(t, h.As("ella").Refused(400, "POST", requests, activation("ella")), "PendingRoleAssignmentRequest")
		if got := waiting(h, "vera"); !slices.Equal(got, []string{id}) {
			t.Errorf("Vera's inbox: %v", got)
		}
		for _, other := range []string{"wim", "ella", "root"} {
			if got := waiting(h, other); len(got) != 0 {
				t.Errorf("%s's inbox: %v", other, got)
			}
		}
		vera := h.As("vera", "RoleAssignmentSchedule.ReadWrite.Directory")
		list := vera.Want(200, "GET", approvals+"/filterByCurrentUser(on='approver')", "").Values()
		if len(list) != 1 || list[0]["id"] != id {
			t.Errorf("Vera's approvals: %v", list)
		}
		vera.Want(204, "PATCH", decidePath(h, "r", 0), yes)
		if !active(t, h, "ella") || status(h, "r") != "Provisioned" {
			t.Errorf("approved, and %s", status(h, "r"))
		}
		if got := waiting(h, "vera"); len(got) != 0 {
			t.Errorf("Vera's inbox: %v", got)
		}
		rows := h.As("ella").Want(200, "GET", "/roleManagement/directory/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')", "").Values()
		if len(rows) != 1 || rows[0]["assignmentType"] != "Activated" {
			t.Errorf("Ella's instances: %v", rows)
		}
	})
}

// The answers of approval-get--1, approval-list-stages--1 and approvalstage-get--1, and of
// their beta kin, in every member.
func TestApprovalIsShownAsPublished(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	id, s := h.ID("r").String(), step(h, "r", 0)
	open := map[string]any{
		"id": s, "displayName": nil, "reviewedDateTime": nil, "reviewResult": "NotReviewed", "status": "InProgress",
		"assignedToMe": true, "justification": "", "reviewedBy": nil,
	}
	vera := h.As("vera")
	for prefix, word := range map[string]string{"": "stages", "/beta": "steps"} {
		one := vera.Want(200, "GET", prefix+approvals+"/{r}?$expand="+word, "")
		list, _ := one.Get(word).([]any)
		if one.Str("id") != id || len(list) != 1 || !sameMembers(list[0], open) {
			t.Errorf("approval: %s", one.Text)
		}
		all := vera.Want(200, "GET", prefix+approvals+"/{r}/"+word, "").Values()
		if len(all) != 1 || !sameMembers(all[0], open) {
			t.Errorf("%s: %v", word, all)
		}
		single := vera.Want(200, "GET", prefix+approvals+"/{r}/"+word+"/"+s, "")
		if single.Str("id") != s || single.Get("assignedToMe") != true || single.Str("status") != "InProgress" {
			t.Errorf("%s: %s", word, single.Text)
		}
	}
	if got := h.As("reader").Want(200, "GET", approvals+"/{r}/stages/"+s, ""); got.Get("assignedToMe") != false {
		t.Errorf("to who reads PIM: %s", got.Text)
	}
	vera.Want(204, "PATCH", "/beta"+approvals+"/{r}/steps/"+s, `{"reviewResult": "deny", "justification": "not now"}`)
	got := vera.Want(200, "GET", approvals+"/{r}/stages/"+s, "")
	if got.Str("reviewResult") != "Deny" || got.Str("status") != "Completed" || got.Str("justification") != "not now" || got.Get("reviewedDateTime") == nil ||
		got.Get("assignedToMe") != true || got.Str("reviewedBy", "id") != h.ID("vera").String() || got.Str("reviewedBy", "displayName") != "vera" {
		t.Errorf("decided: %s", got.Text)
	}
}

func sameMembers(got any, want map[string]any) bool {
	m, ok := got.(map[string]any)
	if !ok || len(m) != len(want) {
		return false
	}
	for name, v := range want {
		if g, there := m[name]; !there || g != v {
			return false
		}
	}
	return true
}

func TestDeniedActivationEndsThere(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(user("vera")))
		ask(t, h, "ella", "r")
		vera := h.As("vera")
		coded(t, vera.Refused(400, "PATCH", decidePath(h, "r", 0), `{"reviewResult": "Deny"}`), "RoleAssignmentRequestPolicyValidationFailed")
		vera.Want(204, "PATCH", decidePath(h, "r", 0), no)
		if got := h.As("ella").Want(200, "GET", requests+"/{r}", ""); got.Str("status") != "Denied" || got.Get("targetScheduleId") != nil {
			t.Errorf("denied: %s", got.Text)
		}
		if active(t, h, "ella") {
			t.Error("it was granted")
		}
		coded(t, vera.Refused(400, "PATCH", decidePath(h, "r", 0), yes), "RoleAssignmentRequestAlreadyApproved")
		ask(t, h, "ella", "again")
	})
}

func TestWordsThatAreNone(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	path, vera := decidePath(h, "r", 0), h.As("vera")
	for _, body := range []string{`{}`, `{"justification": "x"}`, `{"reviewResult": "NotReviewed"}`, `{"reviewResult": "Perhaps", "justification": "x"}`, `{"reviewResult": null}`, `{"reviewResult": "Approve", "justification": " "}`, `{"reviewResult": "Approve", "justification": "x", "status": "Completed"}`} {
		vera.Refused(400, "PATCH", path, body)
	}
	vera.Refused(404, "PATCH", approvals+"/{r}/stages/{sam}", yes)
	h.As("reader").Refused(404, "GET", approvals+"/{sam}", "")
	h.As("sam").Refused(403, "GET", approvals+"/{sam}", "")
	h.As("sam").Refused(403, "GET", approvals+"/{r}", "")
	h.As("vera").Refused(400, "GET", approvals+"/filterByCurrentUser(on='target')", "")
	vera.Refused(403, "PATCH", "/identityGovernance/privilegedAccess/group/assignmentApprovals/{r}/stages/"+step(h, "r", 0), yes)
}

func TestRequesterCallsItOff(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(user("vera")))
		ask(t, h, "ella", "r")
		path := decidePath(h, "r", 0)
		h.As("ella").Want(204, "POST", requests+"/{r}/cancel", "")
		coded(t, h.As("vera").Refused(409, "PATCH", path, yes), "Conflict")
		if got := waiting(h, "vera"); len(got) != 0 || status(h, "r") != "Canceled" {
			t.Errorf("%s, and Vera's inbox is %v", status(h, "r"), got)
		}
	})
}

func TestStagesOneAfterTheOther(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(group("board"), `"@ephor.minimumApprovals": 1`), stage(user("wim")))
		ask(t, h, "ella", "r")
		coded(t, h.As("wim").Refused(409, "PATCH", decidePath(h, "r", 1), yes), "Conflict")
		h.As("bea").Want(204, "PATCH", decidePath(h, "r", 0), yes)
		if active(t, h, "ella") || status(h, "r") != "PendingApproval" || len(waiting(h, "wim")) != 1 {
			t.Errorf("after the first stage it is %s", status(h, "r"))
		}
		h.As("wim").Want(204, "PATCH", decidePath(h, "r", 1), yes)
		if !active(t, h, "ella") {
			t.Error("both stages approved, and it is not granted")
		}
	})
}

func TestTwoMustApprove(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")+","+user("wim"), `"@ephor.minimumApprovals": 2`))
	ask(t, h, "ella", "r")
	h.As("vera").Want(204, "PATCH", decidePath(h, "r", 0), yes)
	coded(t, h.As("vera").Refused(400, "PATCH", decidePath(h, "r", 0), yes), "RoleAssignmentRequestAlreadyApproved")
	if active(t, h, "ella") || len(waiting(h, "vera")) != 0 || len(waiting(h, "wim")) != 1 {
		t.Error("one word is enough")
	}
	h.As("wim").Want(204, "PATCH", decidePath(h, "r", 0), yes)
	if !active(t, h, "ella") {
		t.Error("two words are not enough")
	}
}

func TestGroupManagerAndAdministratorsApprove(t *testing.T) {
	h := lite(t)
	h.As("root").Want(204, "PUT", "/users/{ella}/manager/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{wim}"}`)
	for _, x := range []struct {
		approvers, who string
	}{{group("board"), "bea"}, {manager, "wim"}, {"", "pria"}} {
		require(h, stage(x.approvers))
		ask(t, h, "ella", "r")
		if got := waiting(h, x.who); len(got) != 1 {
			t.Errorf("%s's inbox: %v", x.who, got)
		}
		h.As("vera").Refused(403, "PATCH", decidePath(h, "r", 0), no)
		h.As(x.who).Want(204, "PATCH", decidePath(h, "r", 0), no)
	}
}

func TestEscalationOverTheWire(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera"), `"isEscalationEnabled": true`, `"escalationTimeInMinutes": 30`, `"escalationApprovers": [`+user("wim")+`]`))
	ask(t, h, "ella", "r")
	path := decidePath(h, "r", 0)
	h.Advance(30*time.Minute - time.Second)
	h.As("wim").Refused(403, "PATCH", path, yes)
	if len(waiting(h, "wim")) != 0 {
		t.Error("it waits for Wim before it has escalated")
	}
	h.Advance(time.Second)
	if len(waiting(h, "wim")) != 1 {
		t.Error("it does not wait for Wim when it has escalated")
	}
	h.As("wim").Want(204, "PATCH", path, yes)
}

func TestDryRunSaysThatItWouldWait(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	body := activation("ella")
	a := h.As("ella").Want(201, "POST", requests, `{"isValidationOnly": true,`+body[1:])
	if a.Str("status") != "PendingApproval" || a.Get("targetScheduleId") != nil || len(waiting(h, "vera")) != 0 {
		t.Errorf("%s", a.Text)
	}
}

// behaviour.md §13: requested, approval requested, approved or denied, completed.
func TestApprovalLeavesItsRecords(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	h.As("vera").Want(204, "PATCH", decidePath(h, "r", 0), yes)
	ask(t, h, "emil", "s")
	h.As("vera").Want(204, "PATCH", decidePath(h, "s", 0), no)
	var names []string
	for _, row := range h.As("root").Want(200, "GET", "/auditLogs/directoryAudits?$top=50", "").Values() {
		names = append(names, row["activityDisplayName"].(string))
	}
	for name, times := range map[string]int{
		"Add member to role requested (PIM activation)":          2,
		"Add member to role approval requested (PIM activation)": 2,
		"Add member to role request approved (PIM activation)":   1,
		"Add member to role request denied (PIM activation)":     1,
		"Add member to role completed (PIM activation)":          1,
	} {
		n := 0
		for _, got := range names {
			if got == name {
				n++
			}
		}
		if n != times {
			t.Errorf("%d records of %q, want %d", n, name, times)
		}
	}
}
