package query

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

// A:directoryobject-validateproperties: 204, 400 for what is no request, 422 for what a group may
// not be called here.
func TestNamesOfGroupsAreValidated(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		const path = "/directoryObjects/validateProperties"
		mail := `{"displayName": "Mail", "mailNickname": "Mail-Room", "mailEnabled": true, "securityEnabled": false, "groupTypes": ["Unified"]}`
		h.Name("mail", h.As("ada").Want(201, "POST", "/groups", mail).Str("id"))
		bob := h.As("bob", "Group.Read.All", "User.Read.All")
		for _, row := range []struct {
			body   string
			status int
		}{
			{`{"entityType": "Group", "displayName": "Post", "mailNickname": "post", "onBehalfOfUserId": "{cleo}"}`, 204},
			{`{"entityType": "group", "displayName": "Mail"}`, 204}, // display names are shared
			{`{"entityType": "Group", "mailNickname": "post"}`, 204},
			{`{"entityType": "Group", "mailNickname": "staff"}`, 204}, // who receives no mail shares a nickname
			{`{"entityType": "Group", "displayName": "Post", "mailNickname": "mail-ROOM"}`, 422},
			{`{"entityType": "Group", "displayName": "Post", "mailNickname": "a b"}`, 400},
			{`{"entityType": "Group", "displayName": " "}`, 400},
			{`{"entityType": "Group", "displayName": "` + strings.Repeat("x", 257) + `"}`, 400},
			{`{"entityType": "Group"}`, 400},
			{`{"entityType": "Group", "displayName": null, "mailNickname": null}`, 400},
			{`{"entityType": "User", "displayName": "Post"}`, 400},
			{`{"displayName": "Post"}`, 400},
			{`{"entityType": "Group", "displayName": "Post", "onBehalfOfUserId": "cleo"}`, 400},
			{`{"entityType": "Group", "displayName": "Post", "onBehalfOfUserId": "{staff}"}`, 404},
			{`{"entityType": "Group", "displayName": "Post", "description": "x"}`, 400},
		} {
			a := bob.Do("POST", path, row.body)
			if a.Status != row.status {
				t.Errorf("%s: %d %s, want %d", row.body, a.Status, a.Text, row.status)
			}
			if details, _ := a.Get("error", "details").([]any); row.status == 422 {
				detail, _ := details[0].(map[string]any)
				if a.Code() != "Request_UnprocessableEntity" || a.Str("error", "message") != "The values provided contain one or more validation errors." ||
					len(details) != 1 || detail["target"] != "mailNickname" || detail["code"] != "PropertyConflict" {
					t.Errorf("%s: %s", row.body, a.Text)
				}
			}
		}
		// Who may not read users is not told who there are.
		for _, who := range []string{"{cleo}", wholeApp} {
			h.AsClient("lister").Want(204, "POST", path, `{"entityType": "Group", "displayName": "Post", "onBehalfOfUserId": "`+who+`"}`)
		}
		h.As("gus").Want(403, "POST", path, `{"entityType": "Group", "displayName": "Post"}`)
		// What is validated is what a creation is judged by.
		h.As("ada").Refused(400, "POST", "/groups", strings.Replace(mail, "Mail-Room", "mail-room", 1))
		h.As("ada").Want(204, "DELETE", "/groups/{mail}", "")
		bob.Want(204, "POST", path, `{"entityType": "Group", "mailNickname": "mail-room"}`)
	})
}
