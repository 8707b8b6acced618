package query

import (
	"testing"

	"ephor/test/harness"
)

// operations.md 5e: an object is deleted whatever its type, by whom its own operation lets.
func TestObjectsAreDeletedWhateverTheirType(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		h.Name("unit", ada.Want(201, "POST", "/directory/administrativeUnits", `{"displayName": "u"}`).Str("id"))
		for _, attempt := range []struct {
			caller *harness.Caller
			object string
			want   int
		}{
			{h.As("cleo"), "staff", 403},
			{h.As("alan"), "bob", 403},
			{h.As("bob"), "ada", 403},                        // beyond a User Administrator
			{h.As("ada", "Group.ReadWrite.All"), "bob", 404}, // of a type that the scopes do not open
			{h.As("ada", "Group.ReadWrite.All"), "tier0", 403},
			{h.As("ada", "User.Read.All"), "bob", 403},
			{ada, "nobody", 404},
		} {
			if attempt.object == "nobody" {
				h.Name("nobody", "0190a1b2-0000-7000-8000-00000000bbbb")
			}
			attempt.caller.Refused(attempt.want, "DELETE", "/directoryObjects/{"+attempt.object+"}", "")
		}
		ada.Refused(404, "DELETE", "/directoryObjects/cleo@"+harness.Domain, "") // by id alone
		for _, name := range []string{"cleo", "staff", "tool.app", "robot", "unit", "tier0"} {
			ada.Want(204, "DELETE", "/directoryObjects/{"+name+"}", "")
			ada.Want(404, "GET", "/directoryObjects/{"+name+"}", "")
		}
		names := map[any]bool{}
		for _, row := range ada.Want(200, "GET", "/auditLogs/directoryAudits?$top=20", "").Values() {
			names[row["activityDisplayName"]] = true
		}
		for _, want := range []string{"Delete user", "Delete group", "Delete application", "Remove service principal", "Delete administrative unit"} {
			if !names[want] {
				t.Errorf("%q is not on record", want)
			}
		}
	})
}

// operations.md 5f: what a user owned of what is deleted.
func TestDeletedGroupsOfTheirOwner(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for _, name := range []string{"a", "b", "kept"} {
			h.Name(name, ada.Want(201, "POST", "/groups", `{"displayName": "`+name+`", "mailNickname": "`+name+`", "mailEnabled": false, "securityEnabled": true, "owners@odata.bind": ["https://graph.microsoft.com/v1.0/users/{cleo}"]}`).Str("id"))
		}
		ada.Want(204, "DELETE", "/groups/{a}", "")
		ada.Want(204, "DELETE", "/groups/{b}", "")
		ada.Want(204, "DELETE", "/groups/{staff}", "") // somebody else's
		const path = "/directory/deletedItems/getUserOwnedObjects"
		rows := ada.Want(200, "POST", path, `{"userId": "{cleo}", "type": "group"}`).Values()
		if len(rows) != 2 || rows[0]["@odata.type"] != "#microsoft.graph.group" || rows[0]["deletedDateTime"] == nil || rows[0]["displayName"] == "kept" || rows[1]["displayName"] == "kept" {
			t.Errorf("Cleo's: %v", rows)
		}
		if rows := ada.Want(200, "POST", path, `{"userId": "{bob}", "type": "Group"}`).Values(); len(rows) != 0 {
			t.Errorf("Bob's: %v", rows)
		}
		ada.Want(400, "POST", path, `{"userId": "{cleo}", "type": "User"}`)
		ada.Want(404, "POST", path, `{"userId": "{a}", "type": "Group"}`)
		h.As("cleo").Want(403, "POST", path, `{"userId": "{cleo}", "type": "Group"}`)
	})
}

// operations.md 5h: whom the tenant tells.
func TestTenantIsChangedByItsGlobalAdministrator(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		path := "/organization/" + ada.Want(200, "GET", "/organization", "").Values()[0]["id"].(string)
		ada.Want(204, "PATCH", path, `{"technicalNotificationMails": ["ops@house.example"], "marketingNotificationEmails": []}`)
		if a := ada.Want(200, "GET", path, ""); len(a.Get("technicalNotificationMails").([]any)) != 1 || len(a.Get("securityComplianceNotificationMails").([]any)) != 0 || a.Str("displayName") == "" {
			t.Errorf("changed: %s", a.Text)
		}
		for _, body := range []string{`{}`, `{"displayName": "Mine"}`, `{"technicalNotificationMails": ["nowhere"]}`, `{"technicalNotificationMails": ["a@b\r\nBcc: c@d"]}`, `{"verifiedDomains": []}`} {
			ada.Refused(400, "PATCH", path, body)
		}
		for _, who := range []string{"alan", "bob", "cleo"} {
			h.As(who).Refused(403, "PATCH", path, `{"technicalNotificationMails": []}`)
		}
		ada.Refused(404, "PATCH", "/organization/{bob}", `{"technicalNotificationMails": []}`)
	})
}
