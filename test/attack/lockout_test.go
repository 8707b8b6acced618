package attack

import (
	"testing"
	"time"

	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/test/harness"
)

// The guards against lockout (design, Who may touch whom): no write after which nobody could
// become Global Administrator without another's approval. Each test names the way back that
// there is, and tries all that would take it away.

const (
	roleRequests   = "/roleManagement/directory/roleAssignmentScheduleRequests"
	roleEligible   = "/roleManagement/directory/roleEligibilityScheduleRequests"
	placeRequests  = "/identityGovernance/privilegedAccess/group/assignmentScheduleRequests"
	placeEligible  = "/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests"
	policyRules    = "/policies/roleManagementPolicies/"
	approvalRuleID = "Approval_EndUser_Assignment"
)

var globalAdmin = harness.Role("Global Administrator").String()

// besieged has one who is to be the last, and administrators without any means to sign in,
// who act here by tokens that were made for them and count for nothing.
func besieged(last harness.Person, groups ...harness.Group) harness.Seed {
	return harness.Seed{
		People: []harness.Person{
			last,
			{Name: "ada", Roles: []string{"Global Administrator"}},
			{Name: "pria", Roles: []string{"Privileged Role Administrator"}},
			{Name: "mia"},
		},
		Groups: groups,
		Clients: []harness.Client{
			{Name: "robot", Permissions: []string{"RoleManagement.ReadWrite.Directory", "User.Read.All"}},
		},
	}
}

// signsIn gives somebody a password, as one that they have chosen.
func signsIn(h *harness.House, who string) {
	h.As("ada").Want(204, "PATCH", "/users/{"+who+"}", `{"passwordProfile": {"password": "correct-horse-4-battery", "forceChangePasswordNextSignIn": false}}`)
}

// registers gives somebody an authenticator app, named for paths.
func registers(h *harness.House, who string) {
	h.Name("app", "0190a1b2-0000-7000-8000-00000000aaaa")
	h.Write(func(tx *store.WriteTx) error {
		tx.AddMethod(signin.Method{ID: h.ID("app"), User: h.ID(who), Kind: signin.AppMethod, Seed: []byte("01234567890123456789")})
		return nil
	})
}

// kept fails unless each of the calls is refused for lockout, and changes nothing.
func kept(t *testing.T, h *harness.House, who string, calls [][3]string) {
	t.Helper()
	for _, c := range calls {
		if a := h.As(who).Refused(400, c[0], c[1], c[2]); !contains(a.Text, "nobody could become Global Administrator") {
			t.Errorf("%s %s %s is refused for another reason: %s", c[0], c[1], c[2], a.Text)
		}
	}
}

func policyOf(h *harness.House, filter string) string {
	rows := h.As("pria").Want(200, "GET", "/policies/roleManagementPolicyAssignments?$filter="+filter, "").Values()
	id, _ := rows[0]["policyId"].(string)
	return policyRules + id + "/rules/"
}

func needsApproval(by string) string {
	return `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "` + approvalRuleID + `", "setting": {"isApprovalRequired": true, "approvalMode": "SingleStage",
		"approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "{` + by + `}"}]}]}}`
}

func asks(action, who, rest string) string {
	return `{"action": "` + action + `", "principalId": "{` + who + `}", "roleDefinitionId": "` + globalAdmin + `", "directoryScopeId": "/", "justification": "x"` + rest + `}`
}

const until = `, "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P30D"}}`

func TestLastGlobalAdministratorIsKept(t *testing.T) {
	t.Parallel()
	harness.Each(t, besieged(harness.Person{Name: "root", Roles: []string{"Global Administrator"}}), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		assignment := h.As("ada").Want(200, "GET", "/roleManagement/directory/roleAssignments?$filter=principalId eq '{root}'", "").Values()[0]["id"].(string)
		kept(t, h, "ada", [][3]string{
			{"POST", roleRequests, asks("adminRemove", "root", "")},
			{"POST", roleRequests, asks("adminUpdate", "root", until)},
			{"DELETE", "/roleManagement/directory/roleAssignments/" + assignment, ""},
			{"DELETE", "/directoryRoles(roleTemplateId='" + globalAdmin + "')/members/{root}/$ref", ""},
			{"PATCH", "/users/{root}", `{"accountEnabled": false}`},
			{"DELETE", "/users/{root}", ""},
			{"PATCH", "/users/{root}/authentication/requirements", `{"perUserMfaState": "enabled"}`}, // who has no second factor
		})
		// With a second factor it may be asked for, and then that is what must stay.
		registers(h, "root")
		h.As("ada").Want(204, "PATCH", "/users/{root}/authentication/requirements", `{"perUserMfaState": "enabled"}`)
		kept(t, h, "ada", [][3]string{
			{"DELETE", "/users/{root}/authentication/softwareOathMethods/{app}", ""},
		})
		h.As("ada").Want(204, "PATCH", "/users/{root}/authentication/requirements", `{"perUserMfaState": "disabled"}`)
		h.As("ada").Want(204, "DELETE", "/users/{root}/authentication/softwareOathMethods/{app}", "")
		// A password that may only be changed with the factor that is gone.
		kept(t, h, "ada", [][3]string{
			{"PATCH", "/users/{root}", `{"passwordProfile": {"password": "correct-horse-5-battery", "forceChangePasswordNextSignInWithMfa": true}}`},
		})
		// With another who can, root may go.
		h.As("ada").Want(201, "POST", roleRequests, asks("adminAssign", "mia", ""))
		kept(t, h, "ada", [][3]string{{"DELETE", "/users/{root}", ""}}) // Mia has nothing to sign in with
		signsIn(h, "mia")
		h.As("ada").Want(204, "DELETE", "/users/{root}", "")
		kept(t, h, "ada", [][3]string{{"PATCH", "/users/{mia}", `{"accountEnabled": false}`}})
	})
}

func TestLastEligibleGlobalAdministratorIsKept(t *testing.T) {
	t.Parallel()
	harness.Each(t, besieged(harness.Person{Name: "root", Eligible: []string{"Global Administrator"}}), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		rules := policyOf(h, "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+globalAdmin+"'")
		// The role's policy asks for a second factor, which root has not: nothing is lost yet.
		h.As("ada").Want(204, "PATCH", rules+approvalRuleID, needsApproval("pria"))
		h.As("ada").Want(204, "PATCH", rules+approvalRuleID, `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "`+approvalRuleID+`", "setting": {"isApprovalRequired": false}}`)
		registers(h, "root")
		kept(t, h, "ada", [][3]string{
			{"POST", roleEligible, asks("adminRemove", "root", "")},
			{"POST", roleEligible, asks("adminUpdate", "root", until)},
			{"PATCH", "/users/{root}", `{"accountEnabled": false}`},
			{"DELETE", "/users/{root}", ""},
			{"DELETE", "/users/{root}/authentication/softwareOathMethods/{app}", ""}, // which the activation asks for
			{"PATCH", rules + approvalRuleID, needsApproval("pria")},
			{"PATCH", "/roleManagement/ephor/settings", `{"shortestGrant": "PT12H"}`}, // longer than an activation may be
		})
		h.As("ada").Want(204, "PATCH", "/roleManagement/ephor/settings", `{"shortestGrant": "PT8H"}`)
		kept(t, h, "ada", [][3]string{
			{"PATCH", rules + "Expiration_EndUser_Assignment", `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule", "id": "Expiration_EndUser_Assignment", "maximumDuration": "PT7H"}`},
		})
	})
}

func TestLastGlobalAdministratorByGroupIsKept(t *testing.T) {
	t.Parallel()
	tier0 := harness.Group{Name: "tier0", Assignable: true, Members: []string{"root"}, Roles: []string{"Global Administrator"}}
	harness.Each(t, besieged(harness.Person{Name: "root"}, tier0), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		kept(t, h, "ada", [][3]string{
			{"DELETE", "/groups/{tier0}/members/{root}/$ref", ""},
			{"DELETE", "/groups/{tier0}", ""},
			{"PATCH", "/users/{root}", `{"accountEnabled": false}`},
			{"DELETE", "/users/{root}", ""},
			{"POST", roleRequests, asks("adminRemove", "tier0", "")},
			{"POST", roleRequests, asks("adminUpdate", "tier0", until)},
		})
	})
}

// A place that PIM gives in a group that has the role, for a time or to be activated, counts
// as any other way back, for as long as it lasts.
func TestLastGlobalAdministratorByTimedPlaceIsKept(t *testing.T) {
	t.Parallel()
	tier0 := harness.Group{Name: "tier0", Assignable: true, Roles: []string{"Global Administrator"}}
	place := func(action, duration string) string {
		return `{"action": "` + action + `", "groupId": "{tier0}", "accessId": "member", "principalId": "{root}", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + duration + `"}}}`
	}
	for side, path := range map[string]string{"active": placeRequests, "eligible": placeEligible} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			harness.Each(t, besieged(harness.Person{Name: "root"}, tier0), func(t *testing.T, h *harness.House) {
				signsIn(h, "root")
				h.As("ada").Want(201, "POST", path, place("adminAssign", "P90D"))
				calls := [][3]string{
					{"POST", path, place("adminRemove", "P1D")},
					{"POST", path, place("adminUpdate", "P30D")},
					{"DELETE", "/groups/{tier0}", ""},
					{"PATCH", "/users/{root}", `{"accountEnabled": false}`},
					{"DELETE", "/users/{root}", ""},
					{"POST", roleRequests, asks("adminRemove", "tier0", "")},
				}
				if side == "active" {
					calls = append(calls, [3]string{"DELETE", "/groups/{tier0}/members/{root}/$ref", ""})
				} else {
					calls = append(calls, [3]string{"PATCH", policyOf(h, "scopeId eq '{tier0}' and scopeType eq 'Group' and roleDefinitionId eq 'member'") + approvalRuleID, needsApproval("pria")})
				}
				kept(t, h, "ada", calls)
				// What lasts longer makes room.
				h.As("ada").Want(201, "POST", path, place("adminUpdate", "P91D"))
				h.As("ada").Want(201, "POST", roleRequests, asks("adminAssign", "mia", ""))
				signsIn(h, "mia")
				h.As("ada").Want(201, "POST", path, place("adminRemove", "P1D"))
			})
		})
	}
}

// A place that was granted for later is a way back from then on.
func TestCallingOffTheLastPlaceToComeIsRefused(t *testing.T) {
	t.Parallel()
	tier0 := harness.Group{Name: "tier0", Assignable: true, Roles: []string{"Global Administrator"}}
	harness.Each(t, besieged(harness.Person{Name: "root", Eligible: nil}, tier0), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		from := func(start time.Time, days string) string {
			return `{"action": "adminAssign", "groupId": "{tier0}", "accessId": "member", "principalId": "{root}", "justification": "x", "scheduleInfo": {"startDateTime": "` + start.Format(time.RFC3339) + `", "expiration": {"type": "afterDuration", "duration": "` + days + `"}}}`
		}
		now := h.Now().Time().UTC().Truncate(time.Second)
		h.As("ada").Want(201, "POST", placeEligible, from(now, "P10D"))
		a := h.As("ada").Want(201, "POST", placeRequests, from(now.Add(9*24*time.Hour), "P60D"))
		if a.Str("status") != "Granted" {
			t.Fatalf("%s", a.Text)
		}
		kept(t, h, "ada", [][3]string{{"POST", placeRequests + "/" + a.Str("id") + "/cancel", ""}})
	})
}

// A service principal that has the role counts as long as it can act by it.
func TestLastGlobalAdministratorThatIsAnApplicationIsKept(t *testing.T) {
	t.Parallel()
	harness.Each(t, besieged(harness.Person{Name: "root"}), func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		ada.Want(201, "POST", roleRequests, asks("adminAssign", "robot", ""))
		key := ada.Want(200, "POST", "/applications/{robot.app}/addPassword", `{}`).Str("keyId")
		given := map[any]string{}
		for _, row := range ada.Want(200, "GET", "/servicePrincipals/{robot}/appRoleAssignments", "").Values() {
			given[row["appRoleId"]], _ = row["id"].(string)
		}
		grant := given[roleIDOf(t, h, "RoleManagement.ReadWrite.Directory")]
		kept(t, h, "ada", [][3]string{
			{"POST", "/applications/{robot.app}/removePassword", `{"keyId": "` + key + `"}`},
			{"PATCH", "/servicePrincipals/{robot}", `{"accountEnabled": false}`},
			{"DELETE", "/servicePrincipals/{robot}", ""},
			{"DELETE", "/applications/{robot.app}", ""},
			{"POST", roleRequests, asks("adminRemove", "robot", "")},
			{"DELETE", "/servicePrincipals/{robot}/appRoleAssignments/" + grant, ""},
			{"DELETE", "/servicePrincipals/{graph}/appRoleAssignedTo/" + grant, ""},
		})
		// A permission that leads to no role may go.
		ada.Want(204, "DELETE", "/servicePrincipals/{robot}/appRoleAssignments/"+given[roleIDOf(t, h, "User.Read.All")], "")
	})
}

// R:users: a Global Administrator does not remove their own assignment, others or not. What
// they have activated they may end, and another may remove the assignment.
func TestGlobalAdministratorDoesNotRemoveTheirOwnAssignment(t *testing.T) {
	t.Parallel()
	harness.Each(t, besieged(harness.Person{Name: "root", Roles: []string{"Global Administrator"}}), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		signsIn(h, "ada")
		root := h.As("root")
		assignment := root.Want(200, "GET", "/roleManagement/directory/roleAssignments?$filter=principalId eq '{root}'", "").Values()[0]["id"].(string)
		for _, c := range [][3]string{
			{"POST", roleRequests, asks("adminRemove", "root", "")},
			{"DELETE", "/roleManagement/directory/roleAssignments/" + assignment, ""},
			{"DELETE", "/directoryRoles(roleTemplateId='" + globalAdmin + "')/members/{root}/$ref", ""},
		} {
			if a := root.Refused(400, c[0], c[1], c[2]); !contains(a.Text, "their own assignment") {
				t.Errorf("%s %s: %s", c[0], c[1], a.Text)
			}
		}
		h.As("ada").Want(201, "POST", roleRequests, asks("adminRemove", "root", ""))
		// Other roles of one's own one may give up.
		h.As("pria").Want(201, "POST", roleRequests, `{"action": "adminRemove", "principalId": "{pria}", "roleDefinitionId": "`+harness.Role("Privileged Role Administrator").String()+`", "directoryScopeId": "/"}`)
	})
}

// Nobody could approve what must be approved: whoever leaves last, by whichever door.
func TestLastApproverIsKept(t *testing.T) {
	t.Parallel()
	s := besieged(harness.Person{Name: "root", Roles: []string{"Global Administrator"}}, harness.Group{Name: "board", Members: []string{"mia"}})
	s.People = append(s.People, harness.Person{Name: "vera"})
	harness.Each(t, s, func(t *testing.T, h *harness.House) {
		rules := policyOf(h, "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+harness.Role("Helpdesk Administrator").String()+"'")
		h.As("ada").Want(204, "PATCH", rules+approvalRuleID, `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "`+approvalRuleID+`", "setting": {"isApprovalRequired": true, "approvalMode": "SingleStage",
			"approvalStages": [{"primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{board}"}]}]}}`)
		place := func(action string) string {
			return `{"action": "` + action + `", "groupId": "{board}", "accessId": "member", "principalId": "{vera}", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P30D"}}}`
		}
		last := func(calls ...[3]string) {
			t.Helper()
			for _, c := range calls {
				if a := h.As("ada").Refused(400, c[0], c[1], c[2]); !contains(a.Text, "nobody could approve") {
					t.Errorf("%s %s: %s", c[0], c[1], a.Text)
				}
			}
		}
		last([3]string{"DELETE", "/groups/{board}/members/{mia}/$ref", ""}, [3]string{"DELETE", "/groups/{board}", ""},
			[3]string{"PATCH", "/users/{mia}", `{"accountEnabled": false}`}, [3]string{"DELETE", "/users/{mia}", ""})
		h.As("ada").Want(201, "POST", placeRequests, place("adminAssign"))
		h.As("ada").Want(204, "DELETE", "/groups/{board}/members/{mia}/$ref", "")
		last([3]string{"POST", placeRequests, place("adminRemove")}, [3]string{"DELETE", "/users/{vera}", ""})
	})
}
