package places

import (
	"strings"
	"testing"
	"time"

	"ephor/test/harness"
)

// behaviour.md §3 and §1, with A:privilegedaccessgroup-post-eligibilityschedulerequests and
// A:privilegedaccessgroup-post-assignmentschedulerequests.
func TestAPlaceIsAskedForHadAndLost(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		admin, sam := h.As("root"), h.As("sam")
		e := admin.Want(201, "POST", eligibilities, asks("AdminAssign", "sam", "staff", "Member", `"scheduleInfo": {"startDateTime": "2026-04-01T00:00:00Z", "expiration": {"type": "AfterDateTime", "endDateTime": "2026-05-31T12:00:00Z"}}, `+because))
		staff, id := h.ID("staff").String(), e.Str("id")
		for name, want := range map[string]any{
			"action": "adminAssign", "status": "Provisioned", "accessId": "member", "groupId": staff, "principalId": h.ID("sam").String(),
			"targetScheduleId": staff + "_member_" + id, "approvalId": nil, "customData": nil, "isValidationOnly": false, "justification": "because",
			"createdDateTime": "2026-05-01T12:00:00Z", "completedDateTime": "2026-05-01T12:00:00Z", "roleDefinitionId": nil, "directoryScopeId": nil,
		} {
			if got := e.Get(name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if got := e.Str("@odata.context"); got != harness.URL+"/v1.0/$metadata#identityGovernance/privilegedAccess/group/eligibilityScheduleRequests/$entity" {
			t.Errorf("context %s", got)
		}
		if got := e.Str("scheduleInfo", "startDateTime"); got != "2026-05-01T12:00:00Z" || e.Str("scheduleInfo", "expiration", "type") != "afterDateTime" {
			t.Errorf("schedule: %s", e.Text)
		}
		// Eligible ones do not appear.
		if has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "sam") {
			t.Error("eligible, and listed as member")
		}
		a := activate(h, "sam", "staff", "member", "PT1H")
		if a.Str("status") != "Provisioned" || a.Str("action") != "selfActivate" || a.Str("targetScheduleId") != staff+"_member_"+a.Str("id") {
			t.Errorf("activation: %s", a.Text)
		}
		for _, path := range []string{"/groups/{staff}/members", "/groups/{staff}/transitiveMembers"} {
			if !has(admin.Want(200, "GET", path, ""), h, "sam") {
				t.Errorf("active, and not in %s", path)
			}
		}
		if !has(admin.Want(200, "GET", "/users/{sam}/memberOf/graph.group", ""), h, "staff") {
			t.Error("active, and not a member by memberOf")
		}
		if code := sam.Do("POST", assignments, asks("selfActivate", "sam", "staff", "member", lasting("PT1H"))).Code(); code != "RoleAssignmentExists" {
			t.Errorf("activated again: %s", code)
		}
		if code := sam.Refused(400, "POST", assignments, asks("selfDeactivate", "sam", "staff", "member", "")).Code(); code != "ActiveDurationTooShort" {
			t.Errorf("deactivated at once: %s", code)
		}
		h.Advance(minutes(6))
		if s := sam.Want(201, "POST", assignments, asks("selfDeactivate", "sam", "staff", "member", "")).Str("status"); s != "Revoked" {
			t.Errorf("deactivated: %s", s)
		}
		if has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "sam") {
			t.Error("deactivated, and listed as member")
		}
		if s := admin.Want(201, "POST", eligibilities, asks("adminRemove", "sam", "staff", "member", "")).Str("status"); s != "Revoked" {
			t.Errorf("removed: %s", s)
		}
		got := sam.Refused(400, "POST", assignments, asks("selfActivate", "sam", "staff", "member", lasting("PT1H")))
		if got.Code() != "RoleAssignmentRequestPolicyValidationFailed" || !strings.Contains(got.Text, "EligibilityRule") {
			t.Errorf("activated without eligibility: %s", got.Text)
		}
	})
}

// Ownership is a place like membership, and each has its own policy and eligibility.
func TestOwnersAreActivatedApartFromMembers(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		eligible(h, "sam", "staff", "owner")
		if a := h.As("sam").Do("POST", assignments, asks("selfActivate", "sam", "staff", "member", lasting("PT1H"))); a.Status != 400 || !strings.Contains(a.Text, "EligibilityRule") {
			t.Errorf("an eligible owner activates membership: %s", a.Text)
		}
		h.As("sam").Refused(403, "POST", "/groups/{staff}/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{tim}"}`)
		activate(h, "sam", "staff", "owner", "PT1H")
		admin := h.As("root")
		if has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "sam") || !has(admin.Want(200, "GET", "/groups/{staff}/owners", ""), h, "sam") {
			t.Error("an active owner is a member, or no owner")
		}
		h.As("sam").Want(204, "POST", "/groups/{staff}/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{tim}"}`)
		h.Advance(time.Hour)
		h.As("sam").Refused(403, "DELETE", "/groups/{staff}/members/{tim}/$ref", "")
	})
}

// A place for a time ends at its very tick: in decisions, in lists, and in what the group
// holds (design, Promises 2).
func TestActivatedMembershipEndsAtTheExactTick(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		eligible(h, "sam", "tier0", "member")
		activate(h, "sam", "tier0", "member", "PT1H")
		reads := []string{"/groups/{tier0}/members", "/groups/{tier0}/transitiveMembers"}
		asSam := func() int {
			return h.As("sam").Do("PATCH", "/users/{tim}", `{"jobTitle": "x"}`).Status
		}
		for _, step := range []struct {
			at string
			in bool
		}{{"2026-05-01T12:00:00Z", true}, {"2026-05-01T12:59:59.9999999Z", true}, {"2026-05-01T13:00:00Z", false}} {
			h.SetClock(at(step.at))
			admin := h.As("root")
			for _, path := range reads {
				if got := has(admin.Want(200, "GET", path, ""), h, "sam"); got != step.in {
					t.Errorf("%s: in %s is %t", step.at, path, got)
				}
			}
			if got := has(admin.Want(200, "GET", "/users/{sam}/memberOf/graph.group", ""), h, "tier0"); got != step.in {
				t.Errorf("%s: memberOf is %t", step.at, got)
			}
			if rows := len(admin.Want(200, "GET", root+"assignmentScheduleInstances?$filter=groupId eq '{tier0}' and principalId eq '{sam}'", "").Values()); (rows == 1) != step.in {
				t.Errorf("%s: %d instances", step.at, rows)
			}
			if got := asSam(); (got == 204) != step.in {
				t.Errorf("%s: the role that the group holds answers %d", step.at, got)
			}
		}
	})
}

// What an activation stands on can go before its end.
func TestActivatedPlaceEndsWithItsEligibility(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		for name, end := range map[string]func(*harness.Caller){
			"the eligibility is removed": func(admin *harness.Caller) {
				admin.Want(201, "POST", eligibilities, asks("adminRemove", "sam", "tier0", "member", ""))
			},
			"the person is disabled": func(admin *harness.Caller) { admin.Want(204, "PATCH", "/users/{sam}", `{"accountEnabled": false}`) },
		} {
			eligible(h, "sam", "tier0", "member")
			activate(h, "sam", "tier0", "member", "PT1H")
			end(h.As("root"))
			if has(h.As("root").Want(200, "GET", "/groups/{tier0}/members", ""), h, "sam") {
				t.Errorf("%s, and still a member", name)
			}
			h.As("root").Want(204, "PATCH", "/users/{sam}", `{"accountEnabled": true}`)
			h.As("root").Do("POST", assignments, asks("adminRemove", "sam", "tier0", "member", ""))
			h.As("root").Do("POST", eligibilities, asks("adminRemove", "sam", "tier0", "member", ""))
		}
	})
}

// Standing places are PIM's too: listed, taken away and given dates by its requests, and
// the plain API ends those that PIM gave (behaviour.md §1).
func TestStandingPlacesAndPlacesForATimeAreOne(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		admin := h.As("root")
		of := "?$filter=groupId eq '{staff}' and principalId eq '{mia}'"
		for _, set := range []string{"assignmentSchedules", "assignmentScheduleInstances"} {
			rows := admin.Want(200, "GET", root+set+of, "").Values()
			if len(rows) != 1 || rows[0]["assignmentType"] != "assigned" || rows[0]["memberType"] != "direct" || rows[0]["accessId"] != "member" {
				t.Fatalf("%s of a standing member: %v", set, rows)
			}
			id, _ := rows[0]["id"].(string)
			if !strings.HasPrefix(id, h.ID("staff").String()+"_member_") {
				t.Errorf("id %s", id)
			}
			if one := admin.Want(200, "GET", root+set+"/"+id, ""); one.Str("principalId") != h.ID("mia").String() {
				t.Errorf("%s by id: %s", set, one.Text)
			}
		}
		if code := admin.Refused(400, "POST", assignments, asks("adminAssign", "mia", "staff", "member", lasting("PT2H"))).Code(); code != "RoleAssignmentExists" {
			t.Errorf("assigned again: %s", code)
		}
		// Given an end by PIM, the standing place is one for a time.
		admin.Want(201, "POST", assignments, asks("adminUpdate", "mia", "staff", "member", lasting("PT2H")))
		if !has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "mia") {
			t.Error("updated, and no member")
		}
		if a := admin.Refused(400, "POST", "/groups/{staff}/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{mia}"}`); !strings.HasPrefix(a.Str("error", "message"), "One or more added object references already exist") {
			t.Errorf("added beside: %s", a.Text)
		}
		h.Advance(2 * time.Hour)
		admin = h.As("root")
		if has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "mia") {
			t.Error("over, and still a member")
		}
		// What PIM gave, the plain API takes.
		admin.Want(201, "POST", assignments, asks("adminAssign", "tim", "staff", "member", lasting("PT2H")))
		admin.Want(204, "DELETE", "/groups/{staff}/members/{tim}/$ref", "")
		if has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "tim") {
			t.Error("removed, and still a member")
		}
		admin.Refused(404, "DELETE", "/groups/{staff}/members/{tim}/$ref", "")
		// And the reverse.
		admin.Want(204, "POST", "/groups/{staff}/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{tim}"}`)
		if s := admin.Want(201, "POST", assignments, asks("adminRemove", "tim", "staff", "member", "")).Str("status"); s != "Revoked" {
			t.Errorf("removed: %s", s)
		}
		if has(admin.Want(200, "GET", "/groups/{staff}/members", ""), h, "tim") {
			t.Error("removed by PIM, and still a member")
		}
	})
}
