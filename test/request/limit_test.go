package request

import (
	"fmt"
	"strings"
	"testing"

	"ephor/test/harness"
)

// quota fails unless a call is refused for a limit.
func quota(t *testing.T, a harness.Answer) {
	t.Helper()
	if a.Code() != "Directory_QuotaExceeded" || !strings.HasPrefix(a.Str("error", "message"), "The directory object quota limit for the Principal has been exceeded. ") {
		t.Errorf("refused with %q: %s", a.Code(), a.Text)
	}
}

// behaviour.md §11: 100 assignments of built-in roles below the tenant, 150 of custom roles
// at any scope, for one principal, whichever door they come by.
func TestAssignmentsOfOnePrincipalAreBounded(t *testing.T) {
	t.Parallel()
	h := harness.Open(t, harness.Seed{People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "p"}, {Name: "q"}}})
	ada := h.As("ada")
	const plain = "/roleManagement/directory/roleAssignments"
	var units []string
	for i := range 101 {
		units = append(units, "/administrativeUnits/"+ada.Want(201, "POST", "/directory/administrativeUnits", fmt.Sprintf(`{"displayName": "u%d"}`, i)).Str("id"))
	}
	body := func(who, role, scope string) string {
		return `{"principalId": "{` + who + `}", "roleDefinitionId": "` + role + `", "directoryScopeId": "` + scope + `"}`
	}
	in := func(who, role, scope string) string {
		return `{"action": "adminAssign", "principalId": "{` + who + `}", "roleDefinitionId": "` + role + `", "directoryScopeId": "` + scope + `", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P5D"}}}`
	}
	helpdesk := harness.Role("Helpdesk Administrator").String()
	for i := range 50 {
		ada.Want(201, "POST", plain, body("p", helpdesk, units[i]))
		ada.Want(201, "POST", eligibility, in("p", helpdesk, units[i+50]))
	}
	quota(t, ada.Refused(403, "POST", plain, body("p", helpdesk, units[100])))
	quota(t, ada.Refused(403, "POST", assignment, in("p", helpdesk, units[100])))
	quota(t, ada.Refused(403, "POST", eligibility, in("p", helpdesk, units[100])))
	ada.Want(201, "POST", plain, body("p", helpdesk, "/"))        // the whole tenant is another matter
	ada.Want(201, "POST", plain, body("q", helpdesk, units[100])) // and so is somebody else
	ada.Want(201, "POST", assignment, `{"action": "adminRemove", "principalId": "{p}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "`+units[0]+`"}`)
	ada.Want(201, "POST", plain, body("p", helpdesk, units[100]))
	var custom [2]string
	for i := range custom {
		custom[i] = ada.Want(201, "POST", "/roleManagement/directory/roleDefinitions", fmt.Sprintf(`{"displayName": "c%d", "isEnabled": true, "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/basic/update"]}]}`, i)).Str("id")
	}
	for i := range 75 {
		ada.Want(201, "POST", plain, body("p", custom[0], units[i]))
		ada.Want(201, "POST", eligibility, in("p", custom[1], units[i]))
	}
	for _, scope := range []string{units[80], "/"} {
		quota(t, ada.Refused(403, "POST", plain, body("p", custom[0], scope)))
		quota(t, ada.Refused(403, "POST", eligibility, in("p", custom[1], scope)))
	}
	ada.Want(201, "POST", plain, body("q", custom[0], units[80]))
}

// A member without a role owns at most 250 groups and applications that way.
func TestGroupsOfOneMemberAreBounded(t *testing.T) {
	t.Parallel()
	h := harness.Open(t, harness.Seed{People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "greta", Roles: []string{"Groups Administrator"}}, {Name: "p"}}})
	create := func(who string, i int) harness.Answer {
		return h.As(who).Do("POST", "/groups", fmt.Sprintf(`{"displayName": "g", "mailNickname": "g%d", "mailEnabled": false, "securityEnabled": true}`, i))
	}
	for i := range 249 {
		if a := create("p", i); a.Status != 201 {
			t.Fatalf("the %d. group: %s", i+1, a.Text)
		}
	}
	h.As("p").Want(201, "POST", "/applications", `{"displayName": "a"}`)
	quota(t, create("p", 250))
	quota(t, h.As("p").Refused(403, "POST", "/applications", `{"displayName": "b"}`))
	for i := range 252 {
		if a := create("greta", i); a.Status != 201 {
			t.Fatalf("an administrator's %d. group: %s", i+1, a.Text)
		}
	}
}
