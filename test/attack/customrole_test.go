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

// A role for one sort of groups, or of registrations, does what it names on that sort, and
// neither on another nor on what is guarded.
func TestCustomRoleForOneSortDoesNotReachAnother(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada, pria := h.As("ada"), h.As("pria")
		found := func(name, kinds string) {
			h.Name(name, ada.Want(201, "POST", "/groups", `{"displayName": "`+name+`", "mailNickname": "`+name+`", "mailEnabled": false, "securityEnabled": true, "groupTypes": [`+kinds+`]}`).Str("id"))
		}
		found("plain", "")
		found("unified", `"Unified"`)
		sam := h.As("sam", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", "Application.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
		reach := func(path, body string) map[string]bool {
			out := map[string]bool{}
			for _, name := range []string{"plain", "unified", "tier0"} {
				a := sam.Do("PATCH", "/groups/{"+name+"}"+path, body)
				if out[name] = a.Status == 204; !out[name] && a.Status != 403 {
					t.Errorf("%s: %d %s", name, a.Status, a.Text)
				}
			}
			return out
		}
		id := pria.Want(201, "POST", definitions, custom("Sort", "users/standard/read")).Str("id")
		pria.Want(201, "POST", assignmentsPath, assign("sam", id, "/"))
		for _, row := range []struct {
			action         string
			plain, unified bool
		}{
			{"groups.security/basic/update", true, false},
			{"groups.security.assignedMembership/basic/update", true, false},
			{"groups.unified/basic/update", false, true},
			{"groups.unified.assignedMembership/basic/update", false, true},
			{"groups.security/allProperties/update", true, false},
			{"groups.unified/allProperties/update", false, true},
			{"groups/basic/update", true, true},
			{"groups.security/members/update", false, false}, // another task
		} {
			pria.Want(204, "PATCH", definitions+"/"+id, `{"rolePermissions": [`+permission(row.action)+`]}`)
			got := reach("", `{"description": "mine"}`)
			if got["plain"] != row.plain || got["unified"] != row.unified || got["tier0"] {
				t.Errorf("%s reaches %v", row.action, got)
			}
		}
		// Members, deletion, and none of it beyond the sort.
		pria.Want(204, "PATCH", definitions+"/"+id, `{"rolePermissions": [`+permission("groups.security/members/update", "groups.unified/delete")+`]}`)
		denied(t, sam.Refused(403, "POST", "/groups/{unified}/members/$ref", reference("tom")))
		denied(t, sam.Refused(403, "POST", "/groups/{tier0}/members/$ref", reference("tom")))
		denied(t, sam.Refused(403, "DELETE", "/groups/{plain}", ""))
		denied(t, sam.Refused(403, "DELETE", "/groups/{tier0}", ""))
		sam.Want(204, "POST", "/groups/{plain}/members/$ref", reference("tom"))
		sam.Want(204, "DELETE", "/groups/{plain}/members/{tom}/$ref", "")
		sam.Want(204, "DELETE", "/groups/{unified}", "")
		// By the decision API too, whichever way it is asked.
		for _, q := range []struct {
			action, group string
			want          bool
		}{
			{"groups/members/update", "plain", true},
			{"groups.security/members/update", "plain", true},
			{"groups.unified/members/update", "plain", false},
			{"groups/members/update", "staff", true},
			{"groups/members/update", "tier0", false},
			{"groups.security/members/update", "tier0", false},
			{"groups/basic/update", "plain", false},
		} {
			r, err := ada.Decide(harness.Question{Subject: "sam", Action: q.action, Kind: "group", Resource: q.group})
			if err != nil {
				t.Fatal(err)
			}
			if r.Decision != q.want {
				t.Errorf("%s on %s: %v", q.action, q.group, r.Decision)
			}
		}
	})
}

func TestCustomRoleForOwnRegistrationsDoesNotReachThoseForOthers(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada, pria := h.As("ada"), h.As("pria")
		for name, audience := range map[string]string{"own": "AzureADMyOrg", "shared": "AzureADMultipleOrgs"} {
			h.Name(name, ada.Want(201, "POST", "/applications", `{"displayName": "`+name+`", "signInAudience": "`+audience+`"}`).Str("id"))
		}
		id := pria.Want(201, "POST", definitions, custom("Registrar", "applications.myOrganization/basic/update", "applications.myOrganization/audience/update", "applications.myOrganization/credentials/update")).Str("id")
		pria.Want(201, "POST", assignmentsPath, assign("sam", id, "/"))
		sam := h.As("sam", "Application.ReadWrite.All")
		for _, c := range [][2]string{{"PATCH", `{"displayName": "mine"}`}, {"PATCH", `{"signInAudience": "AzureADMyOrg"}`}} {
			denied(t, sam.Refused(403, c[0], "/applications/{shared}", c[1]))
		}
		denied(t, sam.Refused(403, "POST", "/applications/{shared}/addPassword", `{}`))
		denied(t, sam.Refused(403, "POST", "/applications/{governor.app}/addPassword", `{}`)) // which holds privilege
		denied(t, sam.Refused(403, "DELETE", "/applications/{own}", ""))
		sam.Want(204, "PATCH", "/applications/{own}", `{"displayName": "mine"}`)
		sam.Want(200, "POST", "/applications/{own}/addPassword", `{}`)
		// Once it is for others, it is out of reach.
		sam.Want(204, "PATCH", "/applications/{own}", `{"signInAudience": "AzureADMultipleOrgs"}`)
		denied(t, sam.Refused(403, "PATCH", "/applications/{own}", `{"displayName": "still mine"}`))
		denied(t, sam.Refused(403, "POST", "/applications/{own}/addPassword", `{}`))
		denied(t, sam.Refused(403, "PATCH", "/applications/{own}", `{"signInAudience": "AzureADMyOrg"}`))
	})
}

// What is about to be made is judged by its sort.
func TestCustomRoleForOneSortMakesNoOther(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		pria := h.As("pria")
		id := pria.Want(201, "POST", definitions, custom("Founder", "groups.security/create")).Str("id")
		pria.Want(201, "POST", assignmentsPath, assign("gus", id, "/"))
		gus := h.As("gus", "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory") // a guest, who may make none by himself
		body := func(kinds, more string) string {
			return `{"displayName": "x", "mailNickname": "x", "mailEnabled": false, "securityEnabled": true, "groupTypes": [` + kinds + `]` + more + `}`
		}
		denied(t, gus.Refused(403, "POST", "/groups", body(`"Unified"`, "")))
		denied(t, gus.Refused(403, "POST", "/groups", body("", `, "isAssignableToRole": true`)))
		gus.Want(201, "POST", "/groups", body("", ""))
	})
}
