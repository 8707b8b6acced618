package policies

import (
	"encoding/json"
	"strings"
	"testing"

	"ephor/internal/when"
	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	policiesPath    = "/policies/roleManagementPolicies"
	assignmentsPath = "/policies/roleManagementPolicyAssignments"
	requests        = "/roleManagement/directory/roleAssignmentScheduleRequests"
	eligibilities   = "/roleManagement/directory/roleEligibilityScheduleRequests"
	graphType       = "#microsoft.graph.unifiedRoleManagementPolicy"
)

var helpdeskRole = harness.Role("Helpdesk Administrator").String()

// seed has two Global Administrators with passwords, one who manages roles, somebody
// eligible, and groups of two sorts.
func seed() harness.Seed {
	return harness.Seed{
		People: []harness.Person{
			{Name: "root", Roles: []string{"Global Administrator"}},
			{Name: "second", Roles: []string{"Global Administrator"}},
			{Name: "pria", Roles: []string{"Privileged Role Administrator"}},
			{Name: "reader", Roles: []string{"Global Reader"}},
			{Name: "greta", Roles: []string{"Groups Administrator"}},
			{Name: "ella", Eligible: []string{"Helpdesk Administrator"}},
			{Name: "olga"},
			{Name: "mia"},
			{Name: "sam"},
		},
		Groups: []harness.Group{
			{Name: "staff", Owners: []string{"olga"}, Members: []string{"mia"}},
			{Name: "tier0", Assignable: true, Owners: []string{"olga"}, Members: []string{"mia"}, Roles: []string{"User Administrator"}},
		},
	}
}

func each(t *testing.T, test func(t *testing.T, h *harness.House)) {
	t.Helper()
	t.Parallel()
	harness.Each(t, seed(), test)
}

// house is a tenant on SQLite alone, for what the store has no part in.
func house(t *testing.T) *harness.House {
	t.Helper()
	t.Parallel()
	return harness.Open(t, seed())
}

// policyOf is the id of a role's policy, as its assignment names it.
func policyOf(h *harness.House, role string) string {
	return assignmentOf(h, "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+role+"'")
}

// placePolicy is the id of the policy for a place in a group.
func placePolicy(h *harness.House, group, place string) string {
	return assignmentOf(h, "scopeId eq '{"+group+"}' and scopeType eq 'Group' and roleDefinitionId eq '"+place+"'")
}

func assignmentOf(h *harness.House, filter string) string {
	rows := h.As("root").Want(200, "GET", assignmentsPath+"?$filter="+filter, "").Values()
	if len(rows) != 1 {
		return "no such assignment"
	}
	id, _ := rows[0]["policyId"].(string)
	return id
}

// same fails unless the JSON of got is that of want.
func same(t *testing.T, what string, got any, want string) {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(what, err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(w)
	if string(a) != string(b) {
		t.Errorf("%s is %s, want %s", what, a, b)
	}
}

// ruleAt reads one rule of a policy.
func ruleAt(h *harness.House, policy, rule string) harness.Answer {
	return h.As("root").Want(200, "GET", policiesPath+"/"+policy+"/rules/"+rule, "")
}

// set changes one rule of a policy; kind is the middle of its type's name.
func set(h *harness.House, who, policy, rule, kind, members string) harness.Answer {
	return h.As(who).Want(204, "PATCH", policiesPath+"/"+policy+"/rules/"+rule, ruleBody(rule, kind, members))
}

func ruleBody(rule, kind, members string) string {
	return `{"@odata.type": "` + graphType + kind + `Rule", "id": "` + rule + `", ` + strings.TrimSpace(members) + `}`
}

func must(s string) when.Instant {
	t, ok := when.Parse(s)
	if !ok {
		panic(s)
	}
	return t
}
