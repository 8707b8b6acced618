package approval

import (
	"fmt"
	"strings"
	"testing"

	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	requests      = "/roleManagement/directory/roleAssignmentScheduleRequests"
	eligibilities = "/roleManagement/directory/roleEligibilityScheduleRequests"
	approvals     = "/roleManagement/directory/roleAssignmentApprovals"
	policies      = "/policies/roleManagementPolicies"
	inbox         = requests + "/filterByCurrentUser(on='approver')"
)

var helpdesk = harness.Role("Helpdesk Administrator").String()

// seed has two who manage everything, three who may activate Helpdesk Administrator, and
// people who might approve: by name, in the board, or in a crew that could be in it.
func seed() harness.Seed {
	return harness.Seed{
		People: []harness.Person{
			{Name: "root", Roles: []string{"Global Administrator"}},
			{Name: "second", Roles: []string{"Global Administrator"}},
			{Name: "pria", Roles: []string{"Privileged Role Administrator"}},
			{Name: "una", Roles: []string{"User Administrator"}},
			{Name: "hal", Roles: []string{"Helpdesk Administrator"}},
			{Name: "reader", Roles: []string{"Global Reader"}},
			{Name: "ella", Eligible: []string{"Helpdesk Administrator"}},
			{Name: "emil", Eligible: []string{"Helpdesk Administrator"}},
			{Name: "vera"},
			{Name: "wim"},
			{Name: "bea"},
			{Name: "cleo"},
			{Name: "olga"},
			{Name: "sam"},
			{Name: "bystander"},
		},
		Groups: []harness.Group{
			{Name: "board", Owners: []string{"olga"}, Members: []string{"bea"}},
			{Name: "crew", Owners: []string{"olga"}, Members: []string{"cleo"}},
		},
	}
}

func each(t *testing.T, test func(t *testing.T, h *harness.House)) {
	t.Helper()
	t.Parallel()
	harness.Each(t, seed(), test)
}

// lite is a tenant on SQLite alone, for what the store has no part in.
func lite(t *testing.T) *harness.House {
	t.Helper()
	t.Parallel()
	return harness.Open(t, seed())
}

func user(name string) string {
	return `{"@odata.type": "#microsoft.graph.singleUser", "userId": "{` + name + `}"}`
}

func group(name string) string {
	return `{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{` + name + `}"}`
}

const manager = `{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}`

// stage is an approval stage as it is sent: whom it names, and what else it says.
func stage(approvers string, more ...string) string {
	s := `"approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": true, "escalationTimeInMinutes": 0, "isEscalationEnabled": false, "primaryApprovers": [` + approvers + `], "escalationApprovers": []`
	for _, m := range more {
		name, _, _ := strings.Cut(m, ":")
		var kept []string
		for _, part := range splitMembers(s) {
			if !strings.HasPrefix(strings.TrimSpace(part), name) {
				kept = append(kept, part)
			}
		}
		s = strings.Join(append(kept, m), ",")
	}
	return "{" + s + "}"
}

// splitMembers cuts an object's members apart, whose values may be objects.
func splitMembers(s string) (parts []string) {
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				parts, from = append(parts, s[from:i]), i+1
			}
		}
	}
	return append(parts, s[from:])
}

// require makes the role's activation wait for these stages.
func require(h *harness.House, stages ...string) {
	setting(h, true, stages...)
}

func setting(h *harness.House, required bool, stages ...string) {
	mode := "SingleStage"
	if len(stages) > 1 {
		mode = "Serial"
	}
	const rule = "Approval_EndUser_Assignment"
	h.As("root").Want(204, "PATCH", policies+"/"+policy(h)+"/rules/"+rule, fmt.Sprintf(
		`{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "%s", "setting": {"isApprovalRequired": %t, "isApprovalRequiredForExtension": false,
		"isRequestorJustificationRequired": true, "approvalMode": "%s", "approvalStages": [%s]}}`, rule, required, mode, strings.Join(stages, ",")))
}

// policy is the id of the role's policy.
func policy(h *harness.House) string {
	rows := h.As("root").Want(200, "GET", "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+helpdesk+"'", "").Values()
	id, _ := rows[0]["policyId"].(string)
	return id
}

func activation(who string) string {
	return `{"action": "selfActivate", "principalId": "{` + who + `}", "roleDefinitionId": "` + helpdesk + `", "directoryScopeId": "/", "justification": "ticket 7",
		"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT2H"}}}`
}

// ask is somebody's activation, which waits; it is called name from then on.
func ask(t *testing.T, h *harness.House, who, name string) harness.Answer {
	t.Helper()
	a := h.As(who).Want(201, "POST", requests, activation(who))
	if a.Str("status") != "PendingApproval" {
		t.Fatalf("status %q: %s", a.Str("status"), a.Text)
	}
	h.Name(name, a.Str("id"))
	return a
}

// step is the id of the n-th stage of a request's approval.
func step(h *harness.House, request string, n int) string {
	rows := h.As("reader").Want(200, "GET", approvals+"/{"+request+"}/stages", "").Values()
	id, _ := rows[n]["id"].(string)
	return id
}

func decidePath(h *harness.House, request string, n int) string {
	return approvals + "/{" + request + "}/stages/" + step(h, request, n)
}

const (
	yes = `{"reviewResult": "Approve", "justification": "fine"}`
	no  = `{"reviewResult": "Deny", "justification": "not now"}`
)

func status(h *harness.House, request string) string {
	return h.As("reader").Want(200, "GET", requests+"/{"+request+"}", "").Str("status")
}

// waiting lists the ids in somebody's inbox.
func waiting(h *harness.House, who string) (ids []string) {
	for _, row := range h.As(who).Want(200, "GET", inbox+"?$filter=status eq 'PendingApproval'", "").Values() {
		id, _ := row["id"].(string)
		ids = append(ids, id)
	}
	return ids
}

// active reports whether somebody has the role, by what it lets them do.
func active(t *testing.T, h *harness.House, who string) bool {
	t.Helper()
	r, err := h.As("root").Decide(harness.Question{Subject: who, Action: "users/invalidateAllRefreshTokens", Kind: "user", Resource: "bystander"})
	if err != nil {
		t.Fatal(err)
	}
	return r.Decision
}

func coded(t *testing.T, a harness.Answer, code string) {
	t.Helper()
	if a.Code() != code {
		t.Errorf("refused with %q, want %q: %s", a.Code(), code, a.Text)
	}
}
