package places

import (
	"strings"
	"testing"
	"time"

	"ephor/test/harness"
)

// errors.md 1b and operations.md 4: an unscoped list is refused, and one of somebody else's
// places is for whoever is privileged.
func TestUnscopedListsAreRefused(t *testing.T) {
	h := house(t)
	h.SetClock(noon)
	eligible(h, "sam", "staff", "member")
	for _, set := range []string{"eligibilityScheduleRequests", "assignmentScheduleRequests", "eligibilitySchedules", "assignmentSchedules", "eligibilityScheduleInstances", "assignmentScheduleInstances"} {
		for _, row := range []struct {
			who, filter string
			status      int
			code        string
		}{
			{"root", "", 400, "MissingParameters"},
			{"root", "?$filter=accessId eq 'member'", 400, "MissingParameters"},
			{"root", "?$filter=groupId ne '{staff}'", 400, "MissingParameters"},
			{"root", "?$filter=groupId eq '{staff}' or groupId eq '{tier0}'", 400, "MissingParameters"},
			{"root", "?$filter=not (groupId eq '{staff}')", 400, "MissingParameters"},
			{"root", "?$filter=groupId eq '{sam}'", 404, "ResourceNotFound"},
			{"root", "?$filter=groupId eq 'nothing'", 404, "ResourceNotFound"},
			{"sam", "?$filter=groupId eq '{staff}'", 403, "UnauthorizedAccessException"},
			{"sam", "?$filter=principalId eq '{tim}'", 403, "UnauthorizedAccessException"},
			{"greta", "?$filter=principalId eq '{sam}'", 403, "UnauthorizedAccessException"},
			{"greta", "?$filter=groupId eq '{tier0}'", 403, "UnauthorizedAccessException"},
			{"root", "?$filter=groupId eq '{staff}'", 200, ""},
			{"root", "?filter=principalId eq '{sam}'", 200, ""},
			{"reader", "?$filter=principalId eq '{sam}' and groupId eq '{tier0}'", 200, ""},
			{"sam", "?$filter=principalId eq '{sam}'", 200, ""},
			{"sam", "?$filter=groupId eq '{staff}' and principalId eq '{sam}'", 200, ""},
			{"greta", "?$filter=groupId eq '{staff}'", 200, ""},
			{"olga", "?$filter=groupId eq '{tier0}'", 200, ""},
			{"mia", "?$filter=groupId eq '{staff}' and accessId eq 'member'", 200, ""},
		} {
			a := h.As(row.who).Do("GET", root+set+row.filter, "")
			if a.Status != row.status || a.Code() != row.code {
				t.Errorf("%s%s by %s: %d %s, want %d %s", set, row.filter, row.who, a.Status, a.Text, row.status, row.code)
			}
		}
	}
	// A filter by the caller's own id shows the caller's own only.
	if rows := h.As("sam").Want(200, "GET", root+"eligibilitySchedules?$filter=principalId eq '{sam}'", "").Values(); len(rows) != 1 {
		t.Errorf("%d of one's own", len(rows))
	}
	// What is private to its owners is still found by who may not read it as refused.
	h.As("sam").Refused(403, "GET", root+"eligibilitySchedules/"+h.ID("staff").String()+"_member_"+h.ID("tim").String(), "")
}

const weekly = `"scheduleInfo": {"recurrence": {"pattern": {"type": "weekly", "interval": 1}, "range": {"type": "noEnd"}}, "expiration": {"type": "afterDuration", "duration": "P1D"}}, ` + because

// errors.md 1a on groups, by code.
func TestBodiesThatAreRefused(t *testing.T) {
	h := house(t)
	h.SetClock(noon)
	eligible(h, "sam", "staff", "member")
	for _, row := range []struct {
		name, who, path, body string
		status                int
		code                  string
	}{
		{"no accessId", "root", assignments, `{"action": "adminAssign", "principalId": "{tim}", "groupId": "{staff}", ` + lasting("PT1H") + `}`, 400, "InvalidRoleAssignmentRequest"},
		{"an odd accessId", "root", assignments, asks("adminAssign", "tim", "staff", "guest", lasting("PT1H")), 400, "InvalidRoleAssignmentRequest"},
		{"no action", "root", assignments, `{"principalId": "{tim}", "groupId": "{staff}", "accessId": "member", ` + lasting("PT1H") + `}`, 400, "InvalidRoleAssignmentRequest"},
		{"a role beside", "root", assignments, asks("adminAssign", "tim", "staff", "member", lasting("PT1H")+`, "roleDefinitionId": "x"`), 400, "InvalidRoleAssignmentRequest"},
		{"an unknown group", "root", assignments, asks("adminAssign", "tim", "sam", "member", lasting("PT1H")), 404, "ResourceNotFound"},
		{"an unknown group, for oneself", "sam", assignments, asks("selfActivate", "sam", "sam", "member", lasting("PT1H")), 404, "ResourceNotFound"},
		{"an unknown principal", "root", assignments, strings.ReplaceAll(asks("adminAssign", "tim", "staff", "member", lasting("PT1H")), "{tim}", "00000000-0000-4000-8000-00000000abcd"), 404, "SubjectNotFound"},
		{"a group in a group", "root", assignments, asks("adminAssign", "other", "staff", "member", lasting("PT1H")), 400, "InvalidRoleAssignmentRequest"},
		{"an eligible application", "root", eligibilities, asks("adminAssign", "robot", "staff", "member", lasting("P1D")), 400, "InvalidRoleAssignmentRequest"},
		{"activation at the eligibility's endpoint", "sam", eligibilities, asks("selfActivate", "sam", "staff", "member", lasting("PT1H")), 400, "InvalidRoleAssignmentRequest"},
		{"in somebody else's name", "tim", assignments, asks("selfActivate", "sam", "staff", "member", lasting("PT1H")), 400, "InvalidRoleAssignmentRequest"},
		{"without end", "root", eligibilities, asks("adminAssign", "tim", "staff", "member", `"scheduleInfo": {"expiration": {"type": "noExpiration"}}, `+because), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"longer than the policy", "root", assignments, asks("adminAssign", "tim", "staff", "member", lasting("P181D")), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"longer than the day's work", "sam", assignments, asks("selfActivate", "sam", "staff", "member", lasting("PT9H")), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"without a reason", "sam", assignments, asks("selfActivate", "sam", "staff", "member", `"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT1H"}}`), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"every week", "root", eligibilities, asks("adminAssign", "tim", "staff", "member", weekly), 400, "InvalidRoleAssignmentRequest"},
		{"eligible again", "root", eligibilities, asks("adminAssign", "sam", "staff", "member", lasting("P1D")), 400, "RoleAssignmentExists"},
		{"what is not held", "root", eligibilities, asks("adminRemove", "tim", "staff", "member", ""), 400, "RoleAssignmentDoesNotExist"},
	} {
		if a := h.As(row.who).Refused(row.status, "POST", row.path, row.body); a.Code() != row.code {
			t.Errorf("%s: %s, want %s", row.name, a.Text, row.code)
		} else if row.name == "every week" && !strings.Contains(a.Text, "Recurring schedules are not supported") {
			t.Errorf("%s: %s", row.name, a.Text)
		}
	}
	if a := h.As("tim").Refused(400, "POST", assignments, asks("selfActivate", "tim", "staff", "member", lasting("PT1H"))); !strings.Contains(a.Text, "EligibilityRule") || !strings.Contains(a.Text, `"target":"groupId"`) {
		t.Errorf("not eligible: %s, which names what is asked for", a.Text)
	}
	for _, side := range []string{eligibilities, assignments} {
		if a := h.As("root").Refused(404, "POST", side+"/00000000-0000-4000-8000-00000000abcd/cancel", ""); a.Code() != "RoleAssignmentRequestNotFound" {
			t.Errorf("cancel of nothing: %s", a.Text)
		}
	}
}

// behaviour.md §3, cancel, and operations.md 4: who made it, or who manages the group.
func TestRequestsAreCalledOff(t *testing.T) {
	h := house(t)
	h.SetClock(noon)
	eligible(h, "sam", "staff", "member")
	later := `"scheduleInfo": {"startDateTime": "2026-05-02T12:00:00Z", "expiration": {"type": "afterDuration", "duration": "PT1H"}}, ` + because
	ask := func() string {
		a := h.As("sam").Want(201, "POST", assignments, asks("selfActivate", "sam", "staff", "member", later))
		if a.Str("status") != "Granted" {
			t.Fatalf("for later: %s", a.Text)
		}
		return a.Str("id")
	}
	for _, who := range []string{"sam", "olga", "greta", "root"} {
		id := ask()
		h.As("tim").Refused(403, "POST", assignments+"/"+id+"/cancel", "")
		h.As(who).Want(204, "POST", assignments+"/"+id+"/cancel", "")
		if got := h.As("sam").Want(200, "GET", assignments+"/"+id, "").Str("status"); got != "Canceled" {
			t.Errorf("called off by %s: %s", who, got)
		}
		if a := h.As("root").Refused(400, "POST", assignments+"/"+id+"/cancel", ""); a.Code() != "RequestCannotBeCancelled" {
			t.Errorf("called off again: %s", a.Text)
		}
	}
	h.SetClock(noon.Add(25 * time.Hour))
	if has(h.As("root").Want(200, "GET", "/groups/{staff}/members", ""), h, "sam") {
		t.Error("what was called off came to be")
	}
}

func TestOwnRequestsAreListedToOneself(t *testing.T) {
	h := house(t)
	h.SetClock(noon)
	eligible(h, "sam", "staff", "member")
	id := activate(h, "sam", "staff", "member", "PT1H").Str("id")
	sam := h.As("sam")
	for on, want := range map[string]int{"principal": 1, "createdBy": 1, "approver": 0} {
		rows := sam.Want(200, "GET", assignments+"/filterByCurrentUser(on='"+on+"')?$filter=status eq 'Provisioned' and groupId eq '{staff}'", "").Values()
		if len(rows) != want || want == 1 && rows[0]["id"] != id {
			t.Errorf("on %s: %v", on, rows)
		}
	}
	for _, set := range []string{"eligibilitySchedules", "eligibilityScheduleInstances", "assignmentSchedules", "assignmentScheduleInstances"} {
		if rows := sam.Want(200, "GET", root+set+"/filterByCurrentUser(on='principal')?$expand=group($select=id,displayName),principal($select=id)", "").Values(); len(rows) != 1 || rows[0]["group"] == nil || rows[0]["principal"] == nil {
			t.Errorf("%s of one's own: %v", set, rows)
		}
		if rows := h.As("mia").Want(200, "GET", root+set+"/filterByCurrentUser(on='principal')", "").Values(); (len(rows) > 0) != strings.HasPrefix(set, "assignment") {
			t.Errorf("%s of a standing member: %v", set, rows)
		}
	}
	a := sam.Want(200, "GET", assignments+"?$filter=principalId eq '{sam}'&$expand=activatedUsing,targetSchedule,group,principal", "")
	one := a.Values()[0]
	using, _ := one["activatedUsing"].(map[string]any)
	target, _ := one["targetSchedule"].(map[string]any)
	if using["groupId"] != h.ID("staff").String() || target["@odata.type"] != "#microsoft.graph.privilegedAccessGroupAssignmentSchedule" || target["id"] != one["targetScheduleId"] {
		t.Errorf("expanded: %s", a.Text)
	}
	if rows := sam.Want(200, "GET", assignments+"?$filter=principalId eq '{sam}' and targetScheduleId eq '"+one["targetScheduleId"].(string)+"'", "").Values(); len(rows) != 1 {
		t.Errorf("by targetScheduleId: %v", rows)
	}
}

// A dry run judges and leaves nothing.
func TestDryRunsOfPlaces(t *testing.T) {
	h := house(t)
	h.SetClock(noon)
	olga := h.As("olga")
	before := h.Version()
	a := olga.Want(201, "POST", eligibilities, asks("adminAssign", "sam", "staff", "member", lasting("P1D")+`, "isValidationOnly": true`))
	if a.Str("status") != "Granted" || a.Get("targetScheduleId") != nil || h.Version() != before {
		t.Errorf("dry: %s", a.Text)
	}
	h.As("olga").Refused(400, "POST", eligibilities, asks("adminAssign", "sam", "staff", "member", lasting("P999D")+`, "isValidationOnly": true`))
}

// Long lists come in pages, standing places and others in one order.
func TestPagesOfPlaces(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.SetClock(noon)
		for _, who := range []string{"sam", "tim", "pria", "reader"} {
			h.As("root").Want(201, "POST", assignments, asks("adminAssign", who, "staff", "member", lasting("PT2H")))
		}
		seen := map[any]bool{}
		for path := root + "assignmentSchedules?$filter=groupId eq '{staff}'&$top=2&$count=true"; path != ""; {
			a := h.As("root").Want(200, "GET", path, "")
			if len(seen) == 0 && a.Get("@odata.count") != 6.0 {
				t.Errorf("counted %v, want 6: four for a time, a member and an owner who stand", a.Get("@odata.count"))
			}
			for _, r := range a.Values() {
				if seen[r["id"]] {
					t.Fatalf("twice: %v", r["id"])
				}
				seen[r["id"]] = true
			}
			_, path, _ = strings.Cut(a.Str("@odata.nextLink"), "/v1.0")
		}
		if len(seen) != 6 {
			t.Errorf("%d on all pages, want 6", len(seen))
		}
	})
}
