package rows

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var cast = harness.Seed{
	People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "una", Roles: []string{"User Administrator"}}, {Name: "pete"}, {Name: "rosa"}},
	Groups: []harness.Group{
		{Name: "staff", Members: []string{"pete"}, Owners: []string{"rosa"}},
		{Name: "tier0", Assignable: true},
		{Name: "held", Assignable: true, Roles: []string{"Reports Reader"}},
	},
	Clients: []harness.Client{{Name: "robot", Permissions: []string{"Group.Read.All"}}},
}

const nobody = "00000000-0000-4000-8000-00000000dead"

// reference is the body that adds an object by reference.
func reference(address string) string { return `{"@odata.id": "` + address + `"}` }

const objects = "https://graph.microsoft.com/v1.0/directoryObjects/"

// user is the body of a user with one thing or another changed.
func user(upn, more string) string {
	return `{"accountEnabled": true, "displayName": "New", "mailNickname": "new", "userPrincipalName": "` + upn + `", "passwordProfile": {"password": "correct-horse-4-battery"}` + more + `}`
}

// The rows of errors.md §2 of grades A and B: what is asked, and the status, code and message
// that it is refused with.
func TestDirectoryErrors(t *testing.T) {
	t.Parallel()
	harness.Each(t, cast, func(t *testing.T, h *harness.House) {
		reader := "{" + "held" + "}"
		for _, x := range []struct {
			row, as, method, path, body string
			status                      int
			code, message               string
		}{
			{"Request_ResourceNotFound: unknown object", "ada", "GET", "/users/" + nobody, "", 404, "Request_ResourceNotFound", "Resource '" + nobody + "' does not exist or one of its queried reference-property objects are not present."},
			{"Request_ResourceNotFound: unknown object, changed", "ada", "PATCH", "/users/" + nobody, `{"jobTitle": "x"}`, 404, "Request_ResourceNotFound", ""},
			{"Request_ResourceNotFound: unknown object, deleted", "ada", "DELETE", "/groups/" + nobody, "", 404, "Request_ResourceNotFound", ""},
			{"Request_ResourceNotFound: unknown reference", "ada", "POST", "/groups/{staff}/members/$ref", reference(objects + nobody), 404, "Request_ResourceNotFound", ""},
			{"Request_ResourceNotFound: a user's id among groups", "ada", "GET", "/groups/{pete}", "", 404, "Request_ResourceNotFound", ""},
			{"added object references already exist", "ada", "POST", "/groups/{staff}/members/$ref", reference(objects + "{pete}"), 400, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'members'."},
			{"added object references already exist: owners", "ada", "POST", "/groups/{staff}/owners/$ref", reference(objects + "{rosa}"), 400, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'owners'."},
			{"removed object references do not exist", "ada", "DELETE", "/groups/{staff}/members/{rosa}/$ref", "", 404, "Request_ResourceNotFound", "One or more removed object references do not exist for the following modified properties: 'members'."},
			{"property values specified are invalid", "ada", "POST", "/directoryRoles", `{"roleTemplateId": "` + nobody + `"}`, 400, "Request_BadRequest", "One or more property values specified are invalid."},
			{"properties contains invalid values", "ada", "POST", "/users", user("no domain at all", ""), 400, "Request_BadRequest", "One or more properties contains invalid values."},
			{"Another object with the same value", "ada", "POST", "/users", user("pete@house.example", ""), 400, "Request_BadRequest", "Another object with the same value for property userPrincipalName already exists."},
			{"duplicate values", "ada", "POST", "/groups", `{"displayName": "g", "mailNickname": "g", "mailEnabled": false, "securityEnabled": true, "owners@odata.bind": ["` + objects + `{pete}", "` + objects + `{pete}"]}`, 400, "Request_BadRequest", "Request contains a property with duplicate values."},
			{"A conflicting object", "ada", "POST", "/roleManagement/directory/roleAssignments", `{"principalId": "` + reader + `", "roleDefinitionId": "` + harness.Role("Reports Reader").String() + `", "directoryScopeId": "/"}`, 400, "Request_BadRequest", "A conflicting object with one or more of the specified property values is present in the directory."},
			{"Request_BadRequest: a directory role for a group that cannot have one", "ada", "POST", "/directoryRoles(roleTemplateId='" + harness.Role("Reports Reader").String() + "')/members/$ref", reference(objects + "{staff}"), 400, "Request_BadRequest", "The group is not role-assignable."},
			{"Request_BadRequest: an assignment for a group that cannot have one", "ada", "POST", "/roleManagement/directory/roleAssignments", `{"principalId": "{staff}", "roleDefinitionId": "` + harness.Role("Reports Reader").String() + `", "directoryScopeId": "/"}`, 400, "Request_BadRequest", "The group is not role-assignable."},
			{"Request_BadRequest: one's own Global Administrator role", "ada", "DELETE", "/directoryRoles(roleTemplateId='" + harness.Role("Global Administrator").String() + "')/members/{ada}/$ref", "", 400, "Request_BadRequest", "A Global Administrator cannot remove their own assignment of the role."},
			{"Nesting is currently not supported", "ada", "POST", "/groups/{tier0}/members/$ref", reference(objects + "{staff}"), 400, "Request_BadRequest", "Nesting is currently not supported for groups that can be assigned to a role."},
			{"Not a valid reference update", "ada", "POST", "/groups/{staff}/members/$ref", reference("pete"), 400, "Request_BadRequest", "Not a valid reference update"},
			{"Request_UnsupportedQuery: advanced without the header", "ada", "GET", "/users?$filter=endswith(mail,'x')", "", 400, "Request_UnsupportedQuery", ""},
			{"Request_UnsupportedQuery: not filterable", "ada", "GET", "/users?$filter=passwordProfile eq 'x'", "", 400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property 'passwordProfile'"},
			{"Request_UnsupportedQuery: not sortable", "ada", "GET", "/users?$orderby=city", "", 400, "Request_UnsupportedQuery", "Sorting not supported for current query."},
			{"BadRequest: Invalid filter clause", "ada", "GET", "/users?$filter=displayName eq", "", 400, "BadRequest", "Invalid filter clause"},
			{"BadRequest: Could not find a property named", "ada", "GET", "/users?$select=nothing", "", 400, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named 'nothing' on type 'microsoft.graph.user'."},
			{"Authorization_RequestDenied: role missing", "pete", "PATCH", "/users/{rosa}", `{"jobTitle": "x"}`, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."},
		} {
			a := h.As(x.as).Refused(x.status, x.method, x.path, x.body)
			if a.Code() != x.code || !strings.HasPrefix(a.Str("error", "message"), x.message) {
				t.Errorf("%s: %s, want %s %q", x.row, a.Text, x.code, x.message)
			}
			enveloped(t, x.row, a)
		}
		a := h.As("ada").Refused(400, "POST", "/users", user("pete@house.example", ""))
		details, _ := a.Get("error", "details").([]any)
		if len(details) != 2 || !strings.Contains(a.Text, `"code":"ObjectConflict"`) || !strings.Contains(a.Text, `"code":"ConflictingObjects"`) || !strings.Contains(a.Text, `"target":"userPrincipalName"`) {
			t.Errorf("E4: %s", a.Text)
		}
	})
}

// enveloped holds a refusal against shape E1: innerError has a date without zone and fraction,
// and two ids that are one unless the caller gave its own.
func enveloped(t *testing.T, row string, a harness.Answer) {
	t.Helper()
	date, id := a.Str("error", "innerError", "date"), a.Str("error", "innerError", "request-id")
	if len(date) != len("2021-01-01T08:00:13") || strings.ContainsAny(date, "Z.+") || id == "" || a.Str("error", "innerError", "client-request-id") != id || a.Header.Get("request-id") != id {
		t.Errorf("%s: E1: %s", row, a.Text)
	}
}
