package approval

import (
	"testing"
	"time"

	"ephor/test/harness"
)

func reference(name string) string {
	return `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{` + name + `}"}`
}

// Ella is named herself, is in the board, is in a group within it, is her own manager's
// choice, is to whom it escalates or on whom it falls back, and in every stage.
func TestRequesterDoesNotApproveByAnyDetour(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root := h.As("root")
		root.Want(204, "POST", "/groups/{board}/members/$ref", reference("crew"))
		root.Want(204, "POST", "/groups/{crew}/members/$ref", reference("ella"))
		root.Want(204, "PUT", "/users/{emil}/manager/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{ella}"}`)
		for name, stages := range map[string][]string{
			"named":          {stage(user("ella") + "," + user("vera"))},
			"nested group":   {stage(group("board"))},
			"group":          {stage(group("crew"))},
			"escalation":     {stage(user("vera"), `"isEscalationEnabled": true`, `"escalationTimeInMinutes": 0`, `"escalationApprovers": [`+user("ella")+`]`)},
			"another stage":  {stage(user("ella")), stage(user("ella"))},
			"their employee": {stage(manager)},
		} {
			require(h, stages...)
			ask(t, h, "ella", "r")
			if got := waiting(h, "ella"); len(got) != 0 {
				t.Errorf("%s: it waits for herself", name)
			}
			for i := range stages {
				for _, body := range []string{yes, no} {
					coded(t, h.As("ella").Refused(403, "PATCH", decidePath(h, "r", i), body), "UnauthorizedAccessException")
				}
			}
			h.As("ella").Want(204, "POST", requests+"/{r}/cancel", "")
		}
	})
}

func TestAdministratorWhoIsNoApproverDoesNotApprove(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	path := decidePath(h, "r", 0)
	for _, who := range []string{"root", "pria", "una", "reader", "sam", "emil"} {
		h.As(who).Refused(403, "PATCH", path, yes)
	}
	h.As("vera", "RoleAssignmentSchedule.Read.Directory").Refused(403, "PATCH", path, yes)
	h.As("vera", "RoleManagement.ReadWrite.Directory").Refused(403, "PATCH", path, yes)
}

// The approver's right is read at the moment of the word, not when the mail went out.
func TestRevokedApproverCannotApprove(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root := h.As("root")
		require(h, stage(group("board")+","+user("vera")+","+user("wim")))
		ask(t, h, "ella", "r")
		path := decidePath(h, "r", 0)
		bea, vera := h.As("bea"), h.As("vera")
		if len(waiting(h, "bea")) != 1 || len(waiting(h, "vera")) != 1 {
			t.Fatal("it does not wait for its approvers")
		}
		root.Want(204, "DELETE", "/groups/{board}/members/{bea}/$ref", "")
		bea.Refused(403, "PATCH", path, yes)
		if len(waiting(h, "bea")) != 0 {
			t.Error("it still waits for who has left")
		}
		root.Want(204, "POST", "/groups/{board}/members/$ref", reference("bea"))
		root.Want(204, "DELETE", "/groups/{board}", "")
		bea.Refused(403, "PATCH", path, yes)
		root.Want(204, "PATCH", "/users/{vera}", `{"accountEnabled": false}`)
		if a := vera.Do("PATCH", path, yes); a.Status != 401 && a.Status != 403 {
			t.Errorf("a disabled approver: %d", a.Status)
		}
		if active(t, h, "ella") {
			t.Error("it was granted")
		}
	})
}

// Who approves where nobody is named does so while they manage roles, and not a tick longer.
func TestAdministratorWhoseRoleEndedCannotApprove(t *testing.T) {
	h := lite(t)
	require(h, stage(""))
	h.As("root").Want(201, "POST", requests, `{"action": "adminAssign", "principalId": "{sam}", "roleDefinitionId": "`+harness.Role("Privileged Role Administrator").String()+`",
		"directoryScopeId": "/", "justification": "for an hour", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT1H"}}}`)
	ask(t, h, "ella", "r")
	path := decidePath(h, "r", 0)
	if len(waiting(h, "sam")) != 1 {
		t.Fatal("it does not wait for who manages roles")
	}
	h.Advance(time.Hour)
	h.As("sam").Refused(403, "PATCH", path, yes)
}

// Owners of a group that is named, or that is in one, do not choose who approves.
func TestOwnerOfApproverGroupAddsNoApprovers(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		olga := h.As("olga")
		olga.Want(204, "POST", "/groups/{board}/members/$ref", reference("sam"))
		olga.Want(204, "DELETE", "/groups/{board}/members/{sam}/$ref", "")
		require(h, stage(group("board")))
		ask(t, h, "ella", "r")
		for _, who := range []string{"sam", "olga", "crew"} {
			olga.Refused(403, "POST", "/groups/{board}/members/$ref", reference(who))
		}
		olga.Refused(403, "POST", "/groups/{board}/owners/$ref", reference("sam"))
		olga.Refused(403, "DELETE", "/groups/{board}/members/{bea}/$ref", "")
		olga.Want(204, "POST", "/groups/{crew}/members/$ref", reference("sam"))
		h.As("root").Want(204, "POST", "/groups/{board}/members/$ref", reference("crew"))
		olga.Refused(403, "POST", "/groups/{crew}/members/$ref", reference("vera"))
		h.As("una").Refused(403, "POST", "/groups/{crew}/members/$ref", reference("vera"))
		// By now sam is an approver, and a helpdesk does not reset his password.
		h.As("hal").Refused(403, "PATCH", "/users/{sam}", `{"passwordProfile": {"password": "Let-me-in-99", "forceChangePasswordNextSignIn": false}}`)
		h.As("una").Refused(403, "PUT", "/users/{ella}/manager/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{una}"}`)
	})
}

// A policy that names others does not give those whom it named before back to their owners
// while something waits for them.
func TestGroupStaysGuardedWhileSomethingWaitsForIt(t *testing.T) {
	h := lite(t)
	require(h, stage(group("board")))
	ask(t, h, "ella", "r")
	setting(h, false, stage(user("vera")))
	h.As("olga").Refused(403, "POST", "/groups/{board}/members/$ref", reference("olga"))
	h.As("bea").Want(204, "PATCH", decidePath(h, "r", 0), yes)
	if !active(t, h, "ella") {
		t.Error("not granted")
	}
	h.As("olga").Want(204, "POST", "/groups/{board}/members/$ref", reference("sam"))
}

func TestWeakenedPolicyDoesNotLetThroughWhatWaits(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(user("vera")), stage(user("wim")))
		ask(t, h, "ella", "r")
		setting(h, false, stage(user("sam")))
		if active(t, h, "ella") || status(h, "r") != "PendingApproval" {
			t.Fatal("a policy without approval has granted it")
		}
		h.As("sam").Refused(403, "PATCH", decidePath(h, "r", 0), yes)
		require(h, stage(user("sam")+","+user("vera")))
		h.As("sam").Refused(403, "PATCH", decidePath(h, "r", 0), yes)
		h.As("vera").Want(204, "PATCH", decidePath(h, "r", 0), yes)
		if active(t, h, "ella") {
			t.Fatal("one stage was enough")
		}
		h.As("vera").Refused(403, "PATCH", decidePath(h, "r", 1), yes)
		h.As("wim").Want(204, "PATCH", decidePath(h, "r", 1), yes)
		if !active(t, h, "ella") {
			t.Error("both stages approved, and it is not granted")
		}
	})
}

// What the requester has lost is not given back by an approval; and the approval stays to be
// decided.
func TestApprovalForRequesterWhoLostEligibility(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(user("vera")))
		ask(t, h, "ella", "r")
		path := decidePath(h, "r", 0)
		h.As("root").Want(201, "POST", eligibilities, `{"action": "adminRemove", "principalId": "{ella}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "/"}`)
		a := h.As("vera").Refused(400, "PATCH", path, yes)
		coded(t, a, "RoleAssignmentRequestPolicyValidationFailed")
		if active(t, h, "ella") {
			t.Error("it was granted")
		}
		h.As("vera").Want(204, "PATCH", path, no)
	})
}

func TestApprovalForRequesterWhoseEligibilityEnded(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	h.As("root").Want(201, "POST", eligibilities, `{"action": "adminUpdate", "principalId": "{ella}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "/", "justification": "three hours",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT3H"}}}`)
	ask(t, h, "ella", "r")
	path := decidePath(h, "r", 0)
	h.Advance(time.Hour + time.Second) // two hours would end after the eligibility does
	coded(t, h.As("vera").Refused(400, "PATCH", path, yes), "RoleAssignmentRequestPolicyValidationFailed")
	h.Advance(2 * time.Hour)
	coded(t, h.As("vera").Refused(400, "PATCH", path, yes), "RoleAssignmentRequestPolicyValidationFailed")
}

func TestApprovalForRequesterWhoIsDisabled(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	h.As("root").Want(204, "PATCH", "/users/{ella}", `{"accountEnabled": false}`)
	coded(t, h.As("vera").Refused(400, "PATCH", decidePath(h, "r", 0), yes), "RoleAssignmentRequestPolicyValidationFailed")
}

// An approved activation ends when its eligibility does, as any other.
func TestApprovedActivationDoesNotOutliveItsEligibility(t *testing.T) {
	h := lite(t)
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	h.As("vera").Want(204, "PATCH", decidePath(h, "r", 0), yes)
	if !active(t, h, "ella") {
		t.Fatal("not granted")
	}
	h.As("root").Want(201, "POST", eligibilities, `{"action": "adminRemove", "principalId": "{ella}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "/"}`)
	if active(t, h, "ella") {
		t.Error("it outlives its eligibility")
	}
}

// The window is half-open: a tick before its end a word counts, on it none does.
func TestApprovalOnTheTickOfItsTimeOut(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		require(h, stage(user("vera")))
		now := h.Now()
		h.SetClock(now)
		ask(t, h, "ella", "r")
		path := decidePath(h, "r", 0)
		h.SetClock(now.Add(24*time.Hour) - 1)
		h.As("vera").Refused(400, "PATCH", path, `{"reviewResult": "Approve", "justification": ""}`) // still hers to decide
		h.SetClock(now.Add(24 * time.Hour))
		coded(t, h.As("vera").Refused(409, "PATCH", path, yes), "Conflict")
		coded(t, h.As("vera").Refused(409, "PATCH", path, no), "Conflict")
		got := h.As("reader").Want(200, "GET", requests+"/{r}", "")
		if got.Str("status") != "TimedOut" || got.Str("completedDateTime") != now.Add(24*time.Hour).String() {
			t.Errorf("%s", got.Text)
		}
		if s := h.As("vera").Want(200, "GET", path, ""); s.Str("status") != "Expired" || s.Str("reviewResult") != "NotReviewed" {
			t.Errorf("%s", s.Text)
		}
		coded(t, h.As("ella").Refused(400, "POST", requests+"/{r}/cancel", ""), "RequestCannotBeCancelled")
		ask(t, h, "ella", "again")
		second := decidePath(h, "again", 0)
		h.SetClock(now.Add(48*time.Hour) - 1)
		h.As("vera").Want(204, "PATCH", second, yes)
	})
}

func TestTenantsApprovalIsNotDecidedFromAnother(t *testing.T) {
	h := lite(t)
	other := h.Beside(seed())
	require(h, stage(user("vera")))
	ask(t, h, "ella", "r")
	other.Name("r", h.ID("r").String())
	other.As("vera").Refused(403, "PATCH", approvals+"/{r}/stages/"+step(h, "r", 0), yes)
	other.As("reader").Refused(404, "GET", approvals+"/{r}", "")
}
