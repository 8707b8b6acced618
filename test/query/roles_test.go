package query

import (
	"fmt"
	"strings"
	"testing"

	"ephor/test/harness"
)

const definitions = "/roleManagement/directory/roleDefinitions"

// query.md §2: roleDefinitions expand inheritsPermissionsFrom, which is shown as an id without
// that too (unifiedroledefinition-get--2).
func TestExpandShowsTheRolesThatARoleInheritsFrom(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		reader := harness.Role("Directory Readers").String()
		groups := definitions + "/" + harness.Role("Groups Administrator").String()
		short := ada.Want(200, "GET", groups, "").Get("inheritsPermissionsFrom").([]any)
		if len(short) != 1 || len(short[0].(map[string]any)) != 1 || short[0].(map[string]any)["id"] != reader {
			t.Errorf("without $expand: %v", short)
		}
		got := ada.Want(200, "GET", groups+"?$expand=inheritsPermissionsFrom", "")
		whole := got.Get("inheritsPermissionsFrom").([]any)
		if len(whole) != 1 || whole[0].(map[string]any)["id"] != reader || whole[0].(map[string]any)["displayName"] != "Directory Readers" || whole[0].(map[string]any)["rolePermissions"] == nil {
			t.Errorf("expanded: %v", whole)
		}
		if strings.Count(got.Text, `"inheritsPermissionsFrom"`) != 2 { // the role's, and its reader's own
			t.Errorf("shown twice: %s", got.Text)
		}
		named := ada.Want(200, "GET", definitions+"?$filter=id eq '"+harness.Role("Groups Administrator").String()+"'&$expand=inheritsPermissionsFrom($select=displayName)", "").Values()
		if inner := named[0]["inheritsPermissionsFrom"].([]any); len(inner) != 1 || len(inner[0].(map[string]any)) != 1 || inner[0].(map[string]any)["displayName"] != "Directory Readers" {
			t.Errorf("selected: %v", named)
		}
		own := ada.Want(201, "POST", definitions, `{"displayName": "plain", "isEnabled": true, "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]}`).Str("id")
		if none := ada.Want(200, "GET", definitions+"/"+own+"?$expand=inheritsPermissionsFrom", "").Get("inheritsPermissionsFrom").([]any); len(none) != 0 {
			t.Errorf("a role that inherits nothing: %v", none)
		}
		ada.Refused(400, "GET", definitions+"?$expand=rolePermissions", "")
	})
}

// operations.md 5d: directoryRoles take $expand; at most twenty are shown (query.md §1).
func TestExpandShowsWhoHasADirectoryRole(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		ada.Want(201, "POST", "/directoryRoles", `{"roleTemplateId": "`+harness.Role("Reports Reader").String()+`"}`)
		reports := "/directoryRoles(roleTemplateId='" + harness.Role("Reports Reader").String() + "')"
		if none := ada.Want(200, "GET", reports+"?$expand=members", "").Get("members").([]any); len(none) != 0 {
			t.Errorf("nobody has it: %v", none)
		}
		for _, who := range []string{"bob", "p00"} {
			ada.Want(204, "POST", reports+"/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{`+who+`}"}`)
		}
		got := h.As("bob").Want(200, "GET", reports+"?$expand=members($select=id,displayName)", "")
		if names := expanded(h, got.Get("members"), "ada", "bob", "p00"); len(names) != 2 || names[0] != "bob" || names[1] != "p00" {
			t.Errorf("members %v", got.Text)
		}
		for _, row := range ada.Want(200, "GET", "/directoryRoles?$expand=members", "").Values() {
			want := map[string]int{"Global Administrator": 1, "Reports Reader": 2}[row["displayName"].(string)]
			members := row["members"].([]any)
			if len(members) != want || members[0].(map[string]any)["@odata.type"] != "#microsoft.graph.user" {
				t.Errorf("%s has %v", row["displayName"], members)
			}
		}
		for i := range 22 {
			ada.Want(204, "POST", reports+"/members/$ref", fmt.Sprintf(`{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{p%02d}"}`, i+1))
		}
		if many := ada.Want(200, "GET", reports+"?$expand=members", "").Get("members").([]any); len(many) != 20 {
			t.Errorf("%d of 24 are shown", len(many))
		}
		ada.Refused(400, "GET", "/directoryRoles?$expand=owners", "")
	})
}
