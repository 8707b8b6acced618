package attack

import (
	"testing"

	"ephor/test/harness"
)

// A policy may ask the requester's manager for approval.
func TestManagerOfAnEligiblePersonIsNotSetByUserAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		una, ada := h.As("una", "User.ReadWrite.All"), h.As("ada")
		for _, name := range []string{"erin", "mia", "ada", "una"} { // eligible, by a group, active, oneself
			denied(t, una.Refused(403, "PUT", "/users/{"+name+"}/manager/$ref", reference("tom")))
			denied(t, una.Refused(403, "DELETE", "/users/{"+name+"}/manager/$ref", ""))
		}
		denied(t, h.As("erin", "User.ReadWrite.All").Refused(403, "PUT", "/users/{erin}/manager/$ref", reference("tom")))
		denied(t, h.AsClient("janitor").Refused(403, "PUT", "/users/{sam}/manager/$ref", reference("tom")))
		una.Want(204, "PUT", "/users/{sam}/manager/$ref", reference("tom"))
		h.As("pria", "Directory.ReadWrite.All").Refused(403, "PUT", "/users/{erin}/manager/$ref", reference("tom")) // who has no right to managers at all
		ada.Want(204, "PUT", "/users/{erin}/manager/$ref", reference("tom"))
		if got := ada.Want(200, "GET", "/users/{erin}/manager", ""); got.Str("id") != h.ID("tom").String() || got.Str("@odata.type") != "#microsoft.graph.user" {
			t.Errorf("erin's manager is %s", got.Text)
		}
	})
}

func TestManagerIsAUserAndNobodyTheirOwn(t *testing.T) {
	h := lite(t)
	ada := h.As("ada")
	ada.Refused(400, "PUT", "/users/{sam}/manager/$ref", reference("sam"))
	ada.Refused(400, "PUT", "/users/{sam}/manager/$ref", reference("staff"))
	ada.Refused(404, "PUT", "/users/{sam}/manager/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/00000000-0000-4000-8000-0000000000ff"}`)
	ada.Refused(404, "DELETE", "/users/{sam}/manager/$ref", "")
	ada.Want(204, "PUT", "/users/{sam}/manager/$ref", reference("tom"))
	if rows := ada.Want(200, "GET", "/users/{tom}/directReports", "").Values(); len(rows) != 1 || rows[0]["id"] != h.ID("sam").String() {
		t.Errorf("tom's reports are %v", rows)
	}
	if rows := ada.Want(200, "GET", "/users?$expand=manager&$select=id&$filter=displayName eq 'sam'", "").Values(); len(rows) != 1 || rows[0]["manager"].(map[string]any)["id"] != h.ID("tom").String() {
		t.Errorf("expanded: %v", rows)
	}
	denied(t, h.As("tom", "User.ReadBasic.All").Refused(403, "GET", "/users?$expand=manager", ""))
	ada.Want(204, "DELETE", "/users/{sam}/manager/$ref", "")
	if got := h.As("sam").Refused(404, "GET", "/me/manager", ""); got.Code() != "Request_ResourceNotFound" {
		t.Errorf("without a manager: %s", got.Text)
	}
}
