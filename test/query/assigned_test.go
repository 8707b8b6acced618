package query

import (
	"testing"

	"ephor/test/harness"
)

func seeded(t *testing.T, run func(t *testing.T, h *harness.House)) {
	t.Helper()
	t.Parallel()
	harness.Each(t, harness.Seed{
		People: []harness.Person{
			{Name: "ada", Roles: []string{"Global Administrator"}},
			{Name: "alan", Roles: []string{"Application Administrator"}},
			{Name: "bob", Roles: []string{"Reports Reader"}},
			{Name: "cleo"},
			{Name: "gus", Guest: true},
		},
		Groups: []harness.Group{
			{Name: "tier0", Assignable: true, Members: []string{"bob"}, Roles: []string{"User Administrator", "Helpdesk Administrator"}},
			{Name: "staff", Members: []string{"bob", "cleo"}},
		},
		Clients: []harness.Client{{Name: "tool"}, {Name: "robot", Permissions: []string{"AppRoleAssignment.ReadWrite.All"}}, {Name: "lister", Permissions: []string{"Group.Read.All"}}},
	}, run)
}

const wholeApp = "00000000-0000-0000-0000-000000000000"

// operations.md 5a, 5b: what people and groups are assigned to, seen from both ends.
func TestPeopleAndGroupsAreAssignedToApplications(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		alan := h.As("alan", "AppRoleAssignment.ReadWrite.All", "Application.Read.All", "Directory.Read.All")
		body := func(who, role string) string {
			return `{"principalId": "{` + who + `}", "resourceId": "{tool}", "appRoleId": "` + role + `"}`
		}
		made := alan.Want(201, "POST", "/users/{bob}/appRoleAssignments", body("bob", wholeApp))
		if len(made.Str("id")) != 43 || made.Str("principalType") != "User" || made.Str("principalDisplayName") != "bob" || made.Str("resourceDisplayName") != "tool" || made.Str("appRoleId") != wholeApp {
			t.Errorf("made: %s", made.Text)
		}
		alan.Want(201, "POST", "/groups/{staff}/appRoleAssignments", body("staff", wholeApp))
		alan.Want(201, "POST", "/servicePrincipals/{tool}/appRoleAssignedTo", body("cleo", wholeApp))
		if a := alan.Refused(409, "POST", "/users/bob@"+harness.Domain+"/appRoleAssignments", body("bob", wholeApp)); a.Code() != "Request_MultipleObjectsWithSameKeyValue" {
			t.Errorf("twice: %s", a.Text)
		}
		for path, want := range map[string]string{"/users/{bob}": "bob", "/groups/{staff}": "staff", "/users/{cleo}": "cleo"} {
			rows := alan.Want(200, "GET", path+"/appRoleAssignments", "").Values()
			if len(rows) != 1 || rows[0]["principalDisplayName"] != want || rows[0]["resourceId"] != h.ID("tool").String() {
				t.Errorf("%s: %v", path, rows)
			}
		}
		all := alan.Want(200, "GET", "/servicePrincipals/{tool}/appRoleAssignedTo", "").Values()
		kinds := map[any]int{}
		for _, row := range all {
			kinds[row["principalType"]]++
		}
		if kinds["User"] != 2 || kinds["Group"] != 1 || len(all) != 3 {
			t.Errorf("assigned to: %v", all)
		}
		// Who is deleted is assigned to nothing, until they come back.
		h.As("ada").Want(204, "DELETE", "/users/{cleo}", "")
		if rows := alan.Want(200, "GET", "/servicePrincipals/{tool}/appRoleAssignedTo", "").Values(); len(rows) != 2 {
			t.Errorf("with one deleted: %v", rows)
		}
		// What is not Bob's is not ended as his.
		staff := alan.Want(200, "GET", "/groups/{staff}/appRoleAssignments", "").Values()[0]["id"].(string)
		alan.Refused(404, "DELETE", "/users/{bob}/appRoleAssignments/"+staff, "")
		alan.Want(204, "DELETE", "/groups/{staff}/appRoleAssignments/"+staff, "")
		alan.Want(204, "DELETE", "/servicePrincipals/{tool}/appRoleAssignedTo/"+made.Str("id"), "")
		if rows := alan.Want(200, "GET", "/users/{bob}/appRoleAssignments", "").Values(); len(rows) != 0 {
			t.Errorf("after the end: %v", rows)
		}
	})
}

// Nobody comes to an application permission by being assigned, nor assigns without the role.
func TestAssignmentGivesNobodyAPermission(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		var admin string
		roles, _ := ada.Want(200, "GET", "/servicePrincipals/{graph}?$select=appRoles", "").Get("appRoles").([]any)
		for _, r := range roles {
			if row, _ := r.(map[string]any); row["value"] == "RoleManagement.ReadWrite.Directory" {
				admin, _ = row["id"].(string)
			}
		}
		of := func(who, resource, role string) string {
			return `{"principalId": "{` + who + `}", "resourceId": "{` + resource + `}", "appRoleId": "` + role + `"}`
		}
		for _, x := range [][2]string{{"graph", admin}, {"graph", wholeApp}, {"tool", admin}} {
			body := of("bob", x[0], x[1])
			ada.Refused(400, "POST", "/users/{bob}/appRoleAssignments", body)
			ada.Refused(400, "POST", "/servicePrincipals/{"+x[0]+"}/appRoleAssignedTo", body)
		}
		ada.Refused(400, "POST", "/servicePrincipals/{tool}/appRoleAssignments", of("tool", "graph", wholeApp))
		ada.Refused(400, "POST", "/users/{bob}/appRoleAssignments", of("cleo", "tool", wholeApp))
		for _, who := range []string{"cleo", "gus"} {
			h.As(who).Refused(403, "POST", "/users/{"+who+"}/appRoleAssignments", of(who, "tool", wholeApp))
		}
		h.As("alan", "Application.ReadWrite.All").Refused(403, "POST", "/users/{bob}/appRoleAssignments", of("bob", "tool", wholeApp))
		h.As("cleo").Refused(403, "GET", "/users/{bob}/appRoleAssignments", "")
		h.AsClient("robot").Want(201, "POST", "/users/{bob}/appRoleAssignments", of("bob", "tool", wholeApp))
	})
}

// B:rbacapplication-list-transitiveroleassignments: those of groups included, under the
// principal that has them.
func TestTransitiveRoleAssignments(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada", "RoleManagement.Read.Directory")
		const path = "/roleManagement/directory/transitiveRoleAssignments"
		who := func(rows []map[string]any) map[any]int {
			n := map[any]int{}
			for _, row := range rows {
				n[row["principalId"]]++
			}
			return n
		}
		for _, prefix := range []string{"", "/beta"} {
			a := ada.With("ConsistencyLevel", "eventual").Want(200, "GET", prefix+path+"?$count=true&$filter=principalId eq '{bob}'", "")
			got := who(a.Values())
			if len(a.Values()) != 3 || got[h.ID("bob").String()] != 1 || got[h.ID("tier0").String()] != 2 || a.Get("@odata.count") != 3.0 {
				t.Errorf("Bob's: %s", a.Text)
			}
		}
		one := ada.Want(200, "GET", path+"?$filter=principalId eq '{bob}' and roleDefinitionId eq '"+harness.Role("User Administrator").String()+"'", "").Values()
		if len(one) != 1 || one[0]["principalId"] != h.ID("tier0").String() {
			t.Errorf("one role: %v", one)
		}
		if rows := ada.Want(200, "GET", path+"?$filter=principalId eq '{cleo}'", "").Values(); len(rows) != 0 {
			t.Errorf("Cleo's: %v", rows)
		}
		for _, filter := range []string{"", "?$filter=roleDefinitionId eq '" + wholeApp + "'", "?$filter=principalId ne '{bob}'", "?$filter=principalId eq '{bob}' or principalId eq '{cleo}'"} {
			ada.Want(400, "GET", path+filter, "")
		}
		h.As("cleo").Want(403, "GET", path+"?$filter=principalId eq '{bob}'", "")
		// Pages hold on to what was asked.
		first := ada.Want(200, "GET", path+"?$top=2&$filter=principalId eq '{bob}'", "")
		next := ada.Want(200, "GET", first.Str("@odata.nextLink"), "")
		if len(first.Values()) != 2 || len(next.Values()) != 1 {
			t.Errorf("pages: %s %s", first.Text, next.Text)
		}
	})
}

// $expand=members of units shows what the list would: of a unit whose membership is hidden
// nothing, but to who is in it.
func TestExpandShowsWhoIsInUnits(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for name, visibility := range map[string]string{"open": "null", "hidden": `"HiddenMembership"`} {
			h.Name(name, ada.Want(201, "POST", "/directory/administrativeUnits", `{"displayName": "`+name+`", "visibility": `+visibility+`}`).Str("id"))
			for _, member := range []string{"bob", "staff"} {
				ada.Want(204, "POST", "/directory/administrativeUnits/{"+name+"}/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{`+member+`}"}`)
			}
		}
		for who, sees := range map[string]bool{"ada": true, "bob": true, "cleo": false} {
			for _, row := range h.As(who).Want(200, "GET", "/directory/administrativeUnits?$expand=members($select=id)", "").Values() {
				members, _ := row["members"].([]any)
				if want := row["displayName"] == "open" || sees; (len(members) == 2) != want || !want && len(members) != 0 {
					t.Errorf("%s sees in %v: %v", who, row["displayName"], members)
				}
			}
		}
		one := h.As("bob").Want(200, "GET", "/directory/administrativeUnits/{open}?$expand=members", "")
		if got := expanded(h, one.Get("members"), "bob", "staff", "cleo"); len(got) != 2 {
			t.Errorf("one unit: %s", one.Text)
		}
	})
}

func TestConsentsOfOneUser(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for _, who := range []string{"bob", "cleo"} {
			ada.Want(201, "POST", "/oauth2PermissionGrants", `{"clientId": "{tool}", "consentType": "Principal", "principalId": "{`+who+`}", "resourceId": "{graph}", "scope": "User.Read"}`)
		}
		rows := h.As("ada", "Directory.Read.All").Want(200, "GET", "/users/{bob}/oauth2PermissionGrants", "").Values()
		if len(rows) != 1 || rows[0]["principalId"] != h.ID("bob").String() {
			t.Errorf("Bob's: %v", rows)
		}
		h.As("gus").Want(403, "GET", "/users/{bob}/oauth2PermissionGrants", "")
	})
}
