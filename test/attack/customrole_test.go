package attack

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

const definitions = "/roleManagement/directory/roleDefinitions"

// custom is the body of a custom role with these actions on the directory.
func custom(name string, actions ...string) string {
	return `{"displayName": "` + name + `", "isEnabled": true, "rolePermissions": [` + permission(actions...) + `]}`
}

func permission(actions ...string) string {
	return `{"allowedResourceActions": ["microsoft.directory/` + strings.Join(actions, `", "microsoft.directory/`) + `"]}`
}

// assign gives somebody a role at a scope, outside of PIM.
func assign(who, role, scope string) string {
	return `{"principalId": "{` + who + `}", "roleDefinitionId": "` + role + `", "directoryScopeId": "` + scope + `"}`
}

const assignmentsPath = "/roleManagement/directory/roleAssignments"

func TestCustomRoleThatCouldGrantRolesIsNotMade(t *testing.T) {
	h := lite(t)
	pria := h.As("pria")
	for _, action := range []string{
		"roleAssignments/allProperties/allTasks", "roleDefinitions/allProperties/allTasks", "privilegedIdentityManagement/allProperties/allTasks",
		"directoryRoles/allProperties/allTasks", "scopedRoleMemberships/allProperties/allTasks", "groupsAssignableToRoles/allProperties/update",
		"users/password/update", "users/authenticationMethods/create", "administrativeUnits/allProperties/allTasks", "servicePrincipals/credentials/update",
		"users/allProperties/allTasks", "groups/owners/update", "allEntities/allTasks",
	} {
		a := pria.Refused(400, "POST", definitions, custom("Thief", "users/standard/read", action))
		if !strings.Contains(a.Str("error", "message"), action) || strings.Contains(a.Str("error", "message"), "users/standard/read") {
			t.Errorf("%s: the refusal says %q", action, a.Str("error", "message"))
		}
	}
	pria.Refused(400, "POST", definitions, `{"displayName": "Heir", "isEnabled": true, "rolePermissions": [`+permission("users/standard/read")+`], "inheritsPermissionsFrom": [{"id": "`+harness.Role("Global Administrator").String()+`"}]}`)
	pria.Refused(400, "POST", definitions, `{"displayName": "Conditional", "isEnabled": true, "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/basic/update"], "condition": "$ResourceIsSelf"}]}`)
	pria.Refused(400, "POST", definitions, `{"displayName": "Narrow", "isEnabled": true, "rolePermissions": [`+permission("users/standard/read")+`], "resourceScopes": ["/administrativeUnits/1"]}`)
	id := pria.Want(201, "POST", definitions, custom("Reader", "users/standard/read")).Str("id")
	pria.Refused(400, "PATCH", definitions+"/"+id, `{"rolePermissions": [`+permission("roleAssignments/allProperties/allTasks")+`]}`)
}

func TestCustomRoleDoesNotPassForAnother(t *testing.T) {
	h := lite(t)
	pria := h.As("pria")
	ga := harness.Role("Global Administrator").String()
	pria.Refused(400, "POST", definitions, custom("global ADMINISTRATOR", "users/standard/read"))
	pria.Refused(400, "POST", definitions, `{"templateId": "`+ga+`", "displayName": "Reader", "isEnabled": true, "rolePermissions": [`+permission("users/standard/read")+`]}`)
	mine := `{"templateId": "11111111-2222-4333-8444-555555555555", "displayName": "Reader", "isEnabled": true, "rolePermissions": [` + permission("users/standard/read") + `]}`
	a := pria.Want(201, "POST", definitions, mine)
	if a.Str("templateId") != "11111111-2222-4333-8444-555555555555" || a.Str("id") == a.Str("templateId") || a.Get("isBuiltIn") != false || a.Get("version") != nil {
		t.Errorf("made %s", a.Text)
	}
	pria.Refused(400, "POST", definitions, strings.Replace(mine, "Reader", "Other", 1))
	pria.Refused(400, "PATCH", definitions+"/"+a.Str("id"), `{"templateId": "`+ga+`"}`)
	// What it is assigned by is its id alone.
	pria.Refused(404, "POST", assignmentsPath, assign("sam", "11111111-2222-4333-8444-555555555555", "/"))
}

func TestAssignedCustomRoleIsNotWidenedByWhoCannotAssignIt(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		pria, editor := h.As("pria"), h.AsClient("editor")
		id := pria.Want(201, "POST", definitions, custom("Reader", "users/standard/read")).Str("id")
		path, wider := definitions+"/"+id, `{"rolePermissions": [`+permission("users/standard/read", "applications/credentials/update")+`]}`
		editor.Want(204, "PATCH", path, `{"description": "nobody has it yet"}`)
		pria.Want(201, "POST", assignmentsPath, assign("editor", id, "/"))
		editor.Refused(403, "PATCH", path, wider)
		editor.Refused(403, "PATCH", path, `{"isEnabled": false}`)
		h.As("pria", "Directory.ReadWrite.All").Refused(403, "PATCH", path, wider)
		h.As("una").Refused(403, "PATCH", path, wider)
		pria.Refused(400, "DELETE", path, "")
		pria.Want(204, "DELETE", assignmentsPath+"/"+pria.Want(200, "GET", assignmentsPath+"?$filter=principalId eq '{editor}'", "").Values()[0]["id"].(string), "")
		// Nor what somebody is eligible for, or will come to have.
		pria.Want(201, "POST", "/roleManagement/directory/roleEligibilityScheduleRequests", `{"action": "adminAssign", "principalId": "{tier0}", "roleDefinitionId": "`+id+`", "directoryScopeId": "/",
			"justification": "x", "scheduleInfo": {"startDateTime": "2999-01-01T00:00:00Z", "expiration": {"type": "noExpiration"}}}`)
		editor.Refused(403, "PATCH", path, wider)
		pria.Refused(400, "DELETE", path, "")
		pria.Want(204, "PATCH", path, wider)
	})
}

func TestDisabledCustomRoleConfersNothingAtTheNextDecision(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		pria, sam := h.As("pria"), h.As("sam", "User.ReadWrite.All", "User.Read.All")
		id := pria.Want(201, "POST", definitions, custom("Clerk", "users/basic/update")).Str("id")
		pria.Want(201, "POST", assignmentsPath, assign("sam", id, "/"))
		sam.Want(204, "PATCH", "/users/{tom}", `{"displayName": "Tomas"}`)
		pria.Want(204, "PATCH", definitions+"/"+id, `{"isEnabled": false}`)
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"displayName": "Tom"}`))
		pria.Refused(400, "POST", assignmentsPath, assign("tom", id, "/"))
		pria.Want(204, "PATCH", definitions+"/"+id, `{"isEnabled": true}`)
		sam.Want(204, "PATCH", "/users/{tom}", `{"displayName": "Tom"}`)
		// By what it names it reaches ordinary properties only, and of nobody the sensitive ones.
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"otherMails": ["a@b.example"]}`))
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"accountEnabled": false}`))
		pria.Want(204, "PATCH", definitions+"/"+id, `{"rolePermissions": [`+permission("users/standard/read")+`]}`)
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"displayName": "Tomas"}`))
	})
}

func TestBuiltInRoleIsNotChanged(t *testing.T) {
	h := lite(t)
	ada := h.As("ada")
	path := definitions + "/" + harness.Role("Directory Readers").String()
	for _, body := range []string{
		`{"isEnabled": false}`, `{"rolePermissions": [` + permission("users/standard/read") + `]}`, `{"displayName": "Mine"}`, `{"description": "x"}`, `{"version": "2"}`,
	} {
		ada.Refused(400, "PATCH", path, body)
	}
	ada.Refused(400, "DELETE", path, "")
	ada.Refused(400, "PATCH", definitions+"/"+harness.Role("Exchange Administrator").String(), `{"isEnabled": false}`)
	ada.Refused(400, "DELETE", definitions+"/"+harness.Role("Exchange Administrator").String(), "")
}

func TestCustomRoleArmsNoPrivilegedApplication(t *testing.T) {
	h := lite(t)
	pria := h.As("pria")
	id := pria.Want(201, "POST", definitions, custom("Secrets", "applications/credentials/update")).Str("id")
	pria.Want(201, "POST", assignmentsPath, assign("sam", id, "/"))
	sam := h.As("sam", "Application.ReadWrite.All")
	sam.Want(200, "POST", "/applications/{mailer.app}/addPassword", `{}`)
	denied(t, sam.Refused(403, "POST", "/applications/{warden.app}/addPassword", `{}`))
	denied(t, sam.Refused(403, "POST", "/applications/{governor.app}/addPassword", `{}`))
}

func TestCustomRoleIsEchoedAsItWasGiven(t *testing.T) {
	h := lite(t)
	pria := h.As("pria")
	a := pria.Want(201, "POST", definitions, `{"displayName": "Two", "description": "d", "version": "1.0", "isEnabled": true, "rolePermissions": [`+permission("applications/basic/update", "applications/create")+`, `+
		permission("groups/basic/update", "groups/basic/update")+`], "inheritsPermissionsFrom": [{"id": "`+harness.Role("Directory Readers").String()+`"}]}`)
	got := pria.Want(200, "GET", definitions+"/"+a.Str("id"), "")
	parts, _ := got.Get("rolePermissions").([]any)
	if len(parts) != 2 || len(parts[0].(map[string]any)["allowedResourceActions"].([]any)) != 2 || len(parts[1].(map[string]any)["allowedResourceActions"].([]any)) != 2 || got.Str("version") != "1.0" {
		t.Errorf("stored %s", got.Text)
	}
	if heirs, _ := got.Get("inheritsPermissionsFrom").([]any); len(heirs) != 1 {
		t.Errorf("inherits %v", heirs)
	}
	if rows := pria.Want(200, "GET", definitions+"?$filter=isBuiltIn eq false", "").Values(); len(rows) != 1 {
		t.Errorf("%d custom roles", len(rows))
	}
	pria.Want(204, "DELETE", definitions+"/"+a.Str("id"), "")
	pria.Refused(404, "GET", definitions+"/"+a.Str("id"), "")
}
