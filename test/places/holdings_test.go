package places

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

// What comes through a group lasts no longer than the place in the group: neither a role that
// the group has for good, nor one that its members may activate, nor what was activated by it.
func TestTimeLeftEndsWithThePlaceThatItComesBy(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		reports := harness.Role("Reports Reader").String()
		h.As("root").Want(201, "POST", "/roleManagement/directory/roleEligibilityScheduleRequests", `{"action": "adminAssign", "principalId": "{tier0}", "roleDefinitionId": "`+reports+`", "directoryScopeId": "/", `+lasting("P10D")+`}`)
		eligible(h, "sam", "tier0", "member")
		activate(h, "sam", "tier0", "member", "PT2H")
		take := func(length string) string {
			return `{"action": "selfActivate", "principalId": "{sam}", "roleDefinitionId": "` + reports + `", "directoryScopeId": "/", ` + lasting(length) + `}`
		}
		const roles = "/roleManagement/directory/roleAssignmentScheduleRequests"
		if a := h.As("sam").Refused(400, "POST", roles, take("PT2H0.0000001S")); !strings.Contains(a.Text, "ExpirationRule") || strings.Contains(a.Text, "EligibilityRule") {
			t.Errorf("beyond the place that carries it: %s", a.Text)
		}
		h.As("sam").Want(201, "POST", roles, take("PT2H"))
		left := func(who string) map[string]any {
			all := map[string]any{}
			for _, row := range h.As(who).Want(200, "GET", "/roleManagement/ephor/grants/filterByCurrentUser(on='principal')", "").Values() {
				all[row["state"].(string)+" "+row["displayName"].(string)] = row["timeLeft"]
			}
			return all
		}
		for what, want := range map[string]any{
			"active User Administrator": "PT2H", "eligible Reports Reader": "PT2H", "active Reports Reader": "PT2H", "eligible tier0": "P30D", "active tier0": "PT2H",
		} {
			if got := left("sam")[what]; got != want {
				t.Errorf("%s: %v left, want %v", what, got, want)
			}
		}
		// Whose place is for good has it for good, and may activate for as long as the group may.
		if got := left("mia"); got["active User Administrator"] != nil || got["eligible Reports Reader"] != "P10D" {
			t.Errorf("a standing member has %v", got)
		}
		h.SetClock(at("2026-05-01T13:59:59.9999999Z"))
		if got := left("sam"); len(got) != 5 {
			t.Errorf("a tick before the end: %v", got)
		}
		h.SetClock(at("2026-05-01T14:00:00Z"))
		if got := left("sam"); len(got) != 1 || got["eligible tier0"] == nil {
			t.Errorf("at the end: %v", got)
		}
	})
}
