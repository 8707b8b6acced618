package policies

import (
	"fmt"
	"strings"
	"testing"

	"ephor/test/harness"
)

// Boards: groups that approve, and who in them could.

const (
	places     = "/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests"
	nobodyLeft = "nobody could approve"
)

func board(name string) string {
	return `{"primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{` + name + `}"}]}`
}

func joins(action, who string) string {
	return `{"action": "` + action + `", "groupId": "{staff}", "accessId": "member", "principalId": "{` + who + `}", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P30D"}}}`
}

// A board whose members join it just in time is one that can approve; the last who may join
// stays, by every door, and so does their way in.
func TestBoardThatIsJoinedJustInTimeApproves(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root := h.As("root")
		policy := policiesPath + "/" + policyOf(h, helpdeskRole) + "/rules/" + approvalRule
		root.Want(204, "PATCH", "/users/{mia}", `{"accountEnabled": false}`)
		for _, who := range []string{"sam", "olga"} { // who cannot sign in joins nothing
			root.Want(204, "PATCH", "/users/{"+who+"}", `{"passwordProfile": {"password": "correct-horse-4-battery", "forceChangePasswordNextSignIn": false}}`)
		}
		named := ruleBody(approvalRule, "Approval", asksApproval(board("staff")))
		root.Refused(400, "PATCH", policy, named)
		root.Want(201, "POST", places, joins("adminAssign", "sam"))
		root.Want(204, "PATCH", policy, named)
		way := policiesPath + "/" + placePolicy(h, "staff", "member") + "/rules/"
		for _, c := range [][3]string{
			{"POST", places, joins("adminRemove", "sam")},
			{"PATCH", "/users/{sam}", `{"accountEnabled": false}`},
			{"DELETE", "/users/{sam}", ""},
			{"DELETE", "/groups/{staff}", ""},
			{"PATCH", way + approvalRule, ruleBody(approvalRule, "Approval", asksApproval(approvers("", "second")))},
			{"PATCH", way + "Expiration_EndUser_Assignment", ruleBody("Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT1M"`)},
		} {
			if a := root.Refused(400, c[0], c[1], c[2]); !strings.Contains(a.Text, nobodyLeft) {
				t.Errorf("%s %s: %s", c[0], c[1], a.Text)
			}
		}
		root.Want(201, "POST", places, joins("adminAssign", "olga"))
		root.Want(201, "POST", places, joins("adminRemove", "sam"))
	})
}

// Groups in groups are looked through for who could approve as deep as for who may.
func TestBoardDeeperThanIsLookedAtIsNone(t *testing.T) {
	h := house(t)
	root := h.As("root")
	inner := "staff" // Mia's
	for n := 2; n <= 9; n++ {
		outer := fmt.Sprintf("board%d", n)
		a := root.Want(201, "POST", "/groups", `{"displayName": "`+outer+`", "mailEnabled": false, "mailNickname": "`+outer+`", "securityEnabled": true,
			"members@odata.bind": ["https://graph.microsoft.com/v1.0/groups/{`+inner+`}"]}`)
		h.Name(outer, a.Str("id"))
		inner = outer
	}
	policy := policiesPath + "/" + policyOf(h, helpdeskRole) + "/rules/" + approvalRule
	root.Refused(400, "PATCH", policy, ruleBody(approvalRule, "Approval", asksApproval(board("board9"))))
	root.Want(204, "PATCH", policy, ruleBody(approvalRule, "Approval", asksApproval(board("board8"))))
	id := h.As("ella").Want(201, "POST", requests, `{"action": "selfActivate", "principalId": "{ella}", "roleDefinitionId": "`+helpdeskRole+`", "directoryScopeId": "/", "justification": "x"}`).Str("id")
	approval := "/roleManagement/directory/roleAssignmentApprovals/" + id
	stages, _ := h.As("mia").Want(200, "GET", approval, "").Get("stages").([]any)
	h.As("mia").Want(204, "PATCH", approval+"/stages/"+stages[0].(map[string]any)["id"].(string), `{"reviewResult": "Approve", "justification": "x"}`)
}

// Who may join the board alone is somebody who could decide: nobody else falls in for them.
func TestFallbackWaitsWhileSomebodyMayJoinTheBoard(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		root := h.As("root")
		root.Want(204, "PATCH", "/users/{mia}", `{"accountEnabled": false}`)
		root.Want(204, "PATCH", "/users/{sam}", `{"passwordProfile": {"password": "correct-horse-4-battery", "forceChangePasswordNextSignIn": false}}`)
		root.Want(201, "POST", places, joins("adminAssign", "sam"))
		stage := `{"primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{staff}"}], "@ephor.fallbackApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{olga}"}]}`
		set(h, "root", policyOf(h, helpdeskRole), approvalRule, "Approval", asksApproval(stage))
		id := h.As("ella").Want(201, "POST", requests, `{"action": "selfActivate", "principalId": "{ella}", "roleDefinitionId": "`+helpdeskRole+`", "directoryScopeId": "/", "justification": "x"}`).Str("id")
		stages := "/roleManagement/directory/roleAssignmentApprovals/" + id + "/stages"
		stages += "/" + root.Want(200, "GET", stages, "").Values()[0]["id"].(string)
		const yes = `{"reviewResult": "Approve", "justification": "x"}`
		h.As("olga").Refused(403, "PATCH", stages, yes)
		h.As("sam").Refused(403, "PATCH", stages, yes)
		root.Want(204, "PATCH", "/users/{sam}", `{"accountEnabled": false}`)
		h.As("olga").Want(204, "PATCH", stages, yes)
	})
}
