package query

import (
	"testing"

	"ephor/test/harness"
)

// B:rbacapplication-roleschedules, beta CSDL: the schedules of both sides that fit, each with
// the type that it has of unifiedRoleScheduleBase.
func TestRoleSchedulesOfBothSides(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		reader := harness.Role("Reports Reader").String()
		admin := h.As("ada")
		h.Name("unit", admin.Want(201, "POST", "/directory/administrativeUnits", `{"displayName": "unit"}`).Str("id"))
		eligible := func(who, role, scope string) {
			admin.Want(201, "POST", "/roleManagement/directory/roleEligibilityScheduleRequests",
				`{"action": "adminAssign", "principalId": "{`+who+`}", "roleDefinitionId": "`+role+`", "directoryScopeId": "`+scope+`", "justification": "j", "scheduleInfo": {"expiration": {"type": "noExpiration"}}}`)
		}
		eligible("bob", reader, "/")
		eligible("cleo", reader, "/")
		eligible("bob", harness.Role("User Administrator").String(), "/administrativeUnits/{unit}")

		ada := h.As("ada", "PrivilegedAccess.ReadWrite.AzureAD")
		of := func(scope, app, who, role string) string {
			return "/roleManagement/directory/roleSchedules(directoryScopeId=" + scope + ",appScopeId=" + app + ",principalId=" + who + ",roleDefinitionId=" + role + ")"
		}
		types := func(rows []map[string]any) (eligibilities, assignments int) {
			for _, row := range rows {
				_, assigned := row["assignmentType"]
				_, info := row["scheduleInfo"].(map[string]any)
				switch row["@odata.type"] {
				case "#microsoft.graph.unifiedRoleEligibilitySchedule":
					eligibilities++
				case "#microsoft.graph.unifiedRoleAssignmentSchedule":
					assignments++
				default:
					t.Errorf("a row of no type: %v", row)
				}
				if assigned != (row["@odata.type"] == "#microsoft.graph.unifiedRoleAssignmentSchedule") || !info || row["memberType"] != "Direct" {
					t.Errorf("a row is not whole: %v", row)
				}
			}
			return eligibilities, assignments
		}
		for _, row := range []struct {
			what, path                 string
			eligibilities, assignments int
		}{
			{"of a role at the tenant", of("'/'", "''", "'{bob}'", "'"+reader+"'"), 1, 1},
			{"of a person", of("null", "null", "'{bob}'", "null"), 2, 1},
			{"of a unit", of("'/administrativeUnits/{unit}'", "''", "''", "''"), 1, 0},
			{"of a role", of("''", "''", "''", "'"+reader+"'"), 2, 1},
			{"of a group", of("'/'", "''", "'{tier0}'", "''"), 0, 2},
			{"at an app's scope", of("''", "'/{tool}'", "'{bob}'", "''"), 0, 0},
			{"at both sorts of scope", of("'/'", "'/'", "'{bob}'", "''"), 0, 0},
			{"in another order", "/roleManagement/directory/microsoft.graph.roleSchedules(roleDefinitionId='" + reader + "', principalId='{bob}',directoryScopeId='/', appScopeId='')", 1, 1},
		} {
			for _, version := range []string{"", "/beta"} {
				a := ada.Want(200, "GET", version+row.path, "")
				if e, s := types(a.Values()); e != row.eligibilities || s != row.assignments {
					t.Errorf("%s: %d eligibilities and %d assignments, want %d and %d: %s", row.what, e, s, row.eligibilities, row.assignments, a.Text)
				}
			}
		}
		// As a list it is filtered, counted, selected from, expanded and paged.
		bobs := of("''", "''", "'{bob}'", "''")
		one := ada.Want(200, "GET", bobs+"?$filter=roleDefinitionId eq '"+reader+"'&$select=roleDefinitionId,assignmentType&$expand=roleDefinition($select=displayName)&$count=true", "")
		if e, rows := one.Get("@odata.count"), one.Values(); e != 2.0 || len(rows) != 2 || rows[0]["principalId"] != nil || rows[0]["roleDefinition"] == nil {
			t.Errorf("filtered: %s", one.Text)
		}
		first := ada.Want(200, "GET", bobs+"?$top=2", "")
		next := ada.Want(200, "GET", first.Str("@odata.nextLink"), "")
		if len(first.Values()) != 2 || len(next.Values()) != 1 || next.Str("@odata.nextLink") != "" {
			t.Errorf("pages: %s %s", first.Text, next.Text)
		}
		ada.Want(400, "GET", bobs+"?$select=nonsense", "")
		ada.Want(400, "GET", bobs+"?$filter=nonsense eq 'x'", "")
		ada.Want(400, "GET", "/roleManagement/directory/roleSchedules(principalId='{bob}')", "")
	})
}

// The schedules of others are for who reads PIM; one's own are everybody's.
func TestRoleSchedulesOfOthersAreNotShown(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		of := func(who string) string {
			return "/roleManagement/directory/roleSchedules(directoryScopeId='',appScopeId='',principalId='" + who + "',roleDefinitionId='')"
		}
		bob := h.As("bob", "PrivilegedAccess.ReadWrite.AzureAD")
		if own := bob.Want(200, "GET", of("{bob}"), "").Values(); len(own) != 1 || own[0]["principalId"] != h.ID("bob").String() {
			t.Errorf("Bob's own: %v", own)
		}
		// A filter does not lead out of what the arguments name.
		if rows := bob.Want(200, "GET", of("{bob}")+"?$filter=principalId eq '{ada}' or principalId ne '{bob}'", "").Values(); len(rows) != 0 {
			t.Errorf("Bob sees by a filter: %v", rows)
		}
		for _, who := range []string{"{ada}", "", "{tier0}", "{bob} ", "bob@" + harness.Domain} {
			if a := bob.Refused(403, "GET", of(who), ""); a.Code() != "UnauthorizedAccessException" {
				t.Errorf("of %q: %s", who, a.Text)
			}
		}
		bob.Refused(403, "GET", of("")+"?$filter=principalId eq '{bob}'", "")
		h.As("ada", "PrivilegedAccess.Read.AzureAD", "RoleManagement.ReadWrite.Directory").Refused(403, "GET", of("{ada}"), "")
		h.AsClient("robot").Refused(403, "GET", of("{bob}"), "")
	})
}
