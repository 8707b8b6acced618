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
