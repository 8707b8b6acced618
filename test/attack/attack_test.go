// Package attack tries what somebody with some privilege would try to get more. Each test
// is named after the attack. What must be refused, and who may do it all the same, is from
// the design's "Who may touch whom", behaviour.md §10 and operations.md, not from the code.
package attack

import (
	"testing"

	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// cast is who is there: each administrator by one role, and what they are after.
var cast = harness.Seed{
	People: []harness.Person{
		{Name: "ada", Roles: []string{"Global Administrator"}},
		{Name: "pria", Roles: []string{"Privileged Role Administrator"}},
		{Name: "paula", Roles: []string{"Privileged Authentication Administrator"}},
		{Name: "una", Roles: []string{"User Administrator"}},
		{Name: "hal", Roles: []string{"Helpdesk Administrator"}},
		{Name: "greta", Roles: []string{"Groups Administrator"}},
		{Name: "alan", Roles: []string{"Application Administrator"}},
		{Name: "cleo", Roles: []string{"Cloud Application Administrator"}},
		{Name: "dora", Roles: []string{"Directory Readers"}},
		{Name: "erin", Eligible: []string{"Global Administrator"}},
		{Name: "olga"},
		{Name: "mia"},
		{Name: "sam"},
		{Name: "tom"},
		{Name: "gus", Guest: true},
	},
	Groups: []harness.Group{
		{Name: "tier0", Assignable: true, Owners: []string{"olga"}, Members: []string{"mia"}, Eligible: []string{"Global Administrator"}},
		{Name: "staff", Owners: []string{"olga"}},
	},
	Clients: []harness.Client{
		{Name: "governor", Permissions: []string{"RoleManagement.ReadWrite.Directory"}},
		{Name: "warden", Roles: []string{"Privileged Role Administrator"}},
		{Name: "mailer", Permissions: []string{"User.Read.All"}},
		{Name: "granter", Permissions: []string{"AppRoleAssignment.ReadWrite.All", "Application.Read.All"}},
		{Name: "editor", Permissions: []string{"Directory.ReadWrite.All"}},
		{Name: "keeper", Permissions: []string{"AdministrativeUnit.ReadWrite.All"}},
		{Name: "looker", Permissions: []string{"AdministrativeUnit.Read.All"}},
		{Name: "janitor", Permissions: []string{"User.DeleteRestore.All", "Application.ReadWrite.All"}},
	},
}

// each runs an attack on both engines.
func each(t *testing.T, attack func(t *testing.T, h *harness.House)) {
	t.Helper()
	t.Parallel()
	harness.Each(t, cast, attack)
}

// lite runs an attack on SQLite alone, where the engine has no part in it.
func lite(t *testing.T) *harness.House {
	t.Helper()
	t.Parallel()
	return harness.Open(t, cast)
}

// denied checks that an answer is the directory's 403.
func denied(t *testing.T, a harness.Answer) {
	t.Helper()
	if a.Code() != "Authorization_RequestDenied" {
		t.Errorf("refused with code %q, want Authorization_RequestDenied", a.Code())
	}
}

// reference is the body that adds somebody by reference.
func reference(name string) string {
	return `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{` + name + `}"}`
}

// roleIDOf is the id under which Microsoft Graph publishes an application permission here.
func roleIDOf(t *testing.T, h *harness.House, permission string) string {
	t.Helper()
	sp := h.As("ada", "Application.Read.All").Want(200, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=appRoles", "")
	roles, _ := sp.Get("appRoles").([]any)
	for _, r := range roles {
		if role, ok := r.(map[string]any); ok && role["value"] == permission {
			id, _ := role["id"].(string)
			return id
		}
	}
	t.Fatalf("Microsoft Graph publishes no app role %s", permission)
	return ""
}

// grantBody asks for an application permission for a client.
func grantBody(t *testing.T, h *harness.House, client, permission string) string {
	t.Helper()
	return `{"principalId": "{` + client + `}", "resourceId": "{graph}", "appRoleId": "` + roleIDOf(t, h, permission) + `"}`
}
