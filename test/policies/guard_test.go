package policies

import (
	"strings"
	"testing"

	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/test/harness"
)

var globalAdmin = harness.Role("Global Administrator").String()

const approvalRule = "Approval_EndUser_Assignment"

func approvers(rest string, who ...string) string {
	var list []string
	for _, name := range who {
		list = append(list, `{"@odata.type": "#microsoft.graph.singleUser", "userId": "{`+name+`}"}`)
	}
	return `{"primaryApprovers": [` + strings.Join(list, ", ") + `]` + rest + `}`
}

func asksApproval(stages ...string) string {
	mode := "SingleStage"
	if len(stages) > 1 {
		mode = "Serial"
	}
	return `"setting": {"isApprovalRequired": true, "approvalMode": "` + mode + `", "approvalStages": [` + strings.Join(stages, ", ") + `]}`
}

// design, Who may touch whom: guards against lockout.
func TestPolicyThatLocksEverybodyOutIsRefused(t *testing.T) {
	t.Parallel()
	// Nobody has the role; one who can sign in may activate it.
	harness.Each(t, harness.Seed{People: []harness.Person{
		{Name: "root", Eligible: []string{"Global Administrator"}},
		{Name: "pria", Roles: []string{"Privileged Role Administrator"}},
		{Name: "past", Roles: []string{"Privileged Authentication Administrator"}},
	}}, func(t *testing.T, h *harness.House) {
		h.As("past").Want(204, "PATCH", "/users/{root}", `{"passwordProfile": {"password": "correct-horse-4-battery", "forceChangePasswordNextSignIn": false}}`)
		// The role's policy asks for a second factor, so root must have one.
		h.Write(func(tx *store.WriteTx) error {
			tx.AddMethod(signin.Method{ID: h.ID("pria"), User: h.ID("root"), Kind: signin.AppMethod, Seed: []byte("seed")})
			return nil
		})
		pria := h.As("pria")
		row := pria.Want(200, "GET", assignmentsPath+"?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+globalAdmin+"'", "").Values()[0]
		path := policiesPath + "/" + row["policyId"].(string) + "/rules/"
		for rule, body := range map[string]string{
			approvalRule:                               ruleBody(approvalRule, "Approval", asksApproval(approvers("", "pria"))),
			"Expiration_EndUser_Assignment":            ruleBody("Expiration_EndUser_Assignment", "Expiration", `"maximumDuration": "PT0S"`),
			"AuthenticationContext_EndUser_Assignment": ruleBody("AuthenticationContext_EndUser_Assignment", "AuthenticationContext", `"isEnabled": true, "claimValue": "nothing"`),
		} {
			a := pria.Refused(400, "PATCH", path+rule, body)
			if a.Code() != "InvalidPolicy" || !strings.Contains(a.Text, "nobody could become Global Administrator") {
				t.Errorf("%s: %s", rule, a.Text)
			}
		}
		// Of another role it is nobody's way back.
		other := pria.Want(200, "GET", assignmentsPath+"?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+helpdeskRole+"'", "").Values()[0]
		pria.Want(204, "PATCH", policiesPath+"/"+other["policyId"].(string)+"/rules/"+approvalRule, ruleBody(approvalRule, "Approval", asksApproval(approvers("", "pria"))))
		// With somebody who has it for good, all of these may be.
		pria.Want(201, "POST", requests, `{"action": "adminAssign", "principalId": "{root}", "roleDefinitionId": "`+globalAdmin+`", "directoryScopeId": "/", `+forever+`, `+because+`}`)
		pria.Want(204, "PATCH", path+approvalRule, ruleBody(approvalRule, "Approval", asksApproval(approvers("", "pria"))))
		// And then that one must stay.
		pria.Refused(400, "POST", requests, `{"action": "adminRemove", "principalId": "{root}", "roleDefinitionId": "`+globalAdmin+`", "directoryScopeId": "/"}`)
	})
}

// Nobody could approve what must be approved.
func TestApprovalThatNobodyCouldGiveIsRefused(t *testing.T) {
	h := house(t)
	root, policy := h.As("root"), policyOf(h, helpdeskRole)
	path := policiesPath + "/" + policy + "/rules/" + approvalRule
	root.Want(204, "PATCH", "/users/{mia}", `{"accountEnabled": false}`)
	group := func(name string) string {
		return `{"primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{` + name + `}"}]}`
	}
	fresh := policyOf(h, harness.Role("Reports Reader").String())
	for name, row := range map[string]struct {
		stages []string
		ok     bool
	}{
		"a disabled approver":               {[]string{approvers("", "mia")}, false},
		"a group of the disabled":           {[]string{group("staff")}, false},
		"of two stages one without anybody": {[]string{approvers("", "sam"), approvers("", "mia")}, false},
		"two of whom one at least is there": {[]string{approvers(`, "@ephor.minimumApprovals": 2`)}, false},
		"fewer than must":                   {[]string{approvers(`, "@ephor.minimumApprovals": 2`, "sam", "mia")}, false},
		"one of two":                        {[]string{approvers("", "sam", "mia")}, true},
		"as many as must":                   {[]string{approvers(`, "@ephor.minimumApprovals": 2`, "sam", "olga")}, true},
		"nobody named":                      {[]string{approvers("")}, true},
		"somebody to fall back on":          {[]string{approvers(`, "@ephor.fallbackApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{sam}"}]`, "mia")}, true},
		"escalated to somebody":             {[]string{approvers(`, "isEscalationEnabled": true, "escalationTimeInMinutes": 30, "escalationApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{sam}"}]`, "mia")}, true},
		"the requestor's manager":           {[]string{`{"primaryApprovers": [{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}]}`}, true},
	} {
		if !row.ok {
			if a := root.Refused(400, "PATCH", path, ruleBody(approvalRule, "Approval", asksApproval(row.stages...))); a.Code() != "InvalidPolicy" {
				t.Errorf("%s: %s", name, a.Text)
			}
			continue
		}
		if a := root.Do("PATCH", policiesPath+"/"+fresh+"/rules/"+approvalRule, ruleBody(approvalRule, "Approval", asksApproval(row.stages...))); a.Status != 204 {
			t.Errorf("%s: %s", name, a.Text)
		}
		set(h, "root", fresh, approvalRule, "Approval", asksApproval(approvers(`, "isEscalationEnabled": false, "escalationApprovers": []`, "second", "sam")))
		root.Want(204, "POST", policiesPath+"/"+fresh+"/setApprovalSafeguards", `{"minimumApprovals": null, "fallbackApprovers": null}`)
	}
}

// What a stage asks for beyond Graph is absent unless set, kept by who does not name it, and
// weakened by its own operation only.
func TestSafeguardsOfAStage(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		policy := policyOf(h, helpdeskRole)
		path := policiesPath + "/" + policy
		root := h.As("root")
		stage := func() map[string]any {
			stages, _ := ruleAt(h, policy, approvalRule).Get("setting", "approvalStages").([]any)
			s, _ := stages[0].(map[string]any)
			return s
		}
		if s := stage(); len(s) != 6 {
			t.Errorf("by default: %v", s)
		}
		fallback := `[{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{tier0}", "description": "the last resort"}]`
		set(h, "root", policy, approvalRule, "Approval", asksApproval(approvers(`, "@ephor.minimumApprovals": 2, "@ephor.fallbackApprovers": `+fallback, "second", "pria", "sam")))
		kept := func(when string) {
			t.Helper()
			s := stage()
			if s["@ephor.minimumApprovals"] != 2.0 {
				t.Errorf("%s: %v", when, s)
			}
			same(t, when, s["@ephor.fallbackApprovers"], `[{"@odata.type": "#microsoft.graph.groupMembers", "description": "the last resort", "groupId": "`+h.ID("tier0").String()+`"}]`)
		}
		kept("set")
		// A client that knows nothing of them sends what it has read of Graph's properties.
		set(h, "root", policy, approvalRule, "Approval", asksApproval(approvers("", "second", "pria")))
		kept("a PATCH that omits them")
		for name, stages := range map[string]string{
			"lower":             approvers(`, "@ephor.minimumApprovals": 1`, "second", "pria"),
			"null":              approvers(`, "@ephor.minimumApprovals": null`, "second", "pria"),
			"another fallback":  approvers(`, "@ephor.fallbackApprovers": []`, "second", "pria"),
			"no fallback":       approvers(`, "@ephor.fallbackApprovers": null`, "second", "pria"),
			"the stage dropped": "",
		} {
			body := ruleBody(approvalRule, "Approval", asksApproval(stages))
			if stages == "" {
				body = ruleBody(approvalRule, "Approval", `"setting": {"isApprovalRequired": false, "approvalStages": []}`)
			}
			root.Refused(400, "PATCH", path+"/rules/"+approvalRule, body)
			kept(name)
		}
		h.As("pria").Refused(400, "POST", path+"/setApprovalSafeguards", `{"stage": 1, "minimumApprovals": 1}`)
		h.As("pria").Refused(400, "POST", path+"/setApprovalSafeguards", `{"minimumApprovals": 99}`)
		h.As("reader").Refused(403, "POST", path+"/setApprovalSafeguards", `{"minimumApprovals": 1}`)
		h.As("pria").Want(204, "POST", path+"/setApprovalSafeguards", `{"minimumApprovals": null, "fallbackApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{sam}"}]}`)
		s := stage()
		if _, there := s["@ephor.minimumApprovals"]; there || len(s) != 7 {
			t.Errorf("loosened: %v", s)
		}
		h.As("pria").Want(204, "POST", path+"/setApprovalSafeguards", `{"stage": 0, "fallbackApprovers": null}`)
		if s := stage(); len(s) != 6 {
			t.Errorf("taken away: %v", s)
		}
		log := root.Want(200, "GET", "/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Update role setting in PIM'&$top=1", "").Values()
		if len(log) != 1 || !strings.Contains(log[0]["targetResources"].([]any)[0].(map[string]any)["modifiedProperties"].([]any)[0].(map[string]any)["displayName"].(string), approvalRule) {
			t.Errorf("the record: %v", log)
		}
	})
}

// Whom a policy names as approver is as protected as whom they could let have the role, as
// long as a policy names them.
func TestApproversByNameAreProtected(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		policy, place := policyOf(h, helpdeskRole), placePolicy(h, "staff", "member")
		root := h.As("root")
		root.Want(201, "POST", requests, `{"action": "adminAssign", "principalId": "{mia}", "roleDefinitionId": "`+helpdeskRole+`", "directoryScopeId": "/", `+forever+`, `+because+`}`)
		reset := func() int {
			return h.As("mia").Do("PATCH", "/users/{sam}", `{"passwordProfile": {"password": "correct-horse-4-battery"}}`).Status
		}
		if got := reset(); got != 204 {
			t.Fatalf("before: %d", got)
		}
		set(h, "root", policy, approvalRule, "Approval", asksApproval(approvers("", "sam")))
		set(h, "root", place, approvalRule, "Approval", asksApproval(approvers("", "sam", "second")))
		if got := reset(); got != 403 {
			t.Errorf("named twice: %d", got)
		}
		set(h, "root", policy, approvalRule, "Approval", asksApproval(approvers("", "second")))
		if got := reset(); got != 403 {
			t.Errorf("named once: %d", got)
		}
		set(h, "root", place, approvalRule, "Approval", asksApproval(approvers("", "second")))
		if got := reset(); got != 204 {
			t.Errorf("named no more: %d", got)
		}
	})
}
