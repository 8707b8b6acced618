package approval

import (
	"fmt"
	"slices"
	"testing"

	"ephor/test/harness"
)

// crowded has eight who may activate, and two who both must approve. One of the approvers
// has approved five already: those name her still, and wait for her no more.
func crowded(t *testing.T, h *harness.House) (left []string) {
	t.Helper()
	require(h, stage(user("vera")+","+group("board")+","+user("wim"), `"@ephor.minimumApprovals": 2`))
	for i := range 8 {
		ask(t, h, fmt.Sprintf("p%d", i), fmt.Sprintf("r%d", i))
	}
	for _, r := range []int{7, 6, 5, 3, 1} {
		h.As("vera").Want(204, "PATCH", decidePath(h, fmt.Sprintf("r%d", r), 0), yes)
	}
	for _, r := range []int{4, 2, 0} { // the newest first
		left = append(left, h.ID(fmt.Sprintf("r%d", r)).String())
	}
	return left
}

// many is the seed with eight more who may activate, and Vera also in the board, so that
// each request names her twice.
func many() harness.Seed {
	s := seed()
	for i := range 8 {
		s.People = append(s.People, harness.Person{Name: fmt.Sprintf("p%d", i), Eligible: []string{"Helpdesk Administrator"}})
	}
	s.Groups[0].Members = append(s.Groups[0].Members, "vera")
	return s
}

// pages follows an inbox to its end: the ids of each page, and the counts that were told.
func pages(t *testing.T, c *harness.Caller, path string) (ids [][]string, counts []any) {
	t.Helper()
	for path != "" {
		a := c.Want(200, "GET", path, "")
		var page []string
		for _, row := range a.Values() {
			id, _ := row["id"].(string)
			page = append(page, id)
		}
		ids, counts = append(ids, page), append(counts, a.Get("@odata.count"))
		path = a.Str("@odata.nextLink")
		if len(ids) > 20 {
			t.Fatalf("the list has no end: %v", ids)
		}
	}
	return ids, counts
}

// query.md §2: paging, and $count=true without a header, of filterByCurrentUser(on='approver').
func TestInboxIsPagedAndCountedByWhatWaits(t *testing.T) {
	t.Parallel()
	harness.Each(t, many(), func(t *testing.T, h *harness.House) {
		left := crowded(t, h)
		vera := h.As("vera")
		for _, path := range []string{
			inbox + "?$filter=status eq 'PendingApproval'&$top=2&$count=true",
			inbox + "?$top=2&$count=true",
			approvals + "/filterByCurrentUser(on='approver')?$top=2&$count=true",
			"/beta" + approvals + "/filterByCurrentUser(on='approver')?$top=2&$count=true",
		} {
			ids, counts := pages(t, vera, path)
			if len(ids) < 2 || len(ids[0]) != 2 || !slices.Equal(slices.Concat(ids...), left) {
				t.Errorf("%s: pages %v, want %v by twos", path, ids, left)
			}
			if counts[0] != 3.0 || counts[1] != nil {
				t.Errorf("%s: counts %v", path, counts)
			}
		}
		if ids, counts := pages(t, vera, inbox+"?$top=3&$count=true"); len(ids[0]) != 3 || counts[0] != 3.0 {
			t.Errorf("in one page: %v, %v", ids, counts)
		}
		if ids, counts := pages(t, h.As("wim"), inbox+"?$count=true"); len(ids) != 1 || len(ids[0]) != 8 || counts[0] != 8.0 {
			t.Errorf("Wim's: %v, %v", ids, counts)
		}
		if ids, counts := pages(t, vera, inbox+"?$filter=status eq 'Granted'&$count=true"); len(ids[0]) != 0 || counts[0] != 0.0 {
			t.Errorf("filtered: %v, %v", ids, counts)
		}
		if ids, counts := pages(t, h.As("sam"), inbox+"?$count=true"); len(ids[0]) != 0 || counts[0] != 0.0 {
			t.Errorf("Sam's: %v, %v", ids, counts)
		}
	})
}

// One's own request waits for others, however one is named.
func TestInboxNeitherShowsNorCountsTheRequestersOwn(t *testing.T) {
	t.Parallel()
	h := harness.Open(t, many())
	require(h, stage(user("ella")+","+user("vera")))
	ask(t, h, "ella", "r")
	if a := h.As("ella").Want(200, "GET", inbox+"?$count=true", ""); len(a.Values()) != 0 || a.Get("@odata.count") != 0.0 {
		t.Errorf("Ella's inbox: %s", a.Text)
	}
	if a := h.As("vera").Want(200, "GET", inbox+"?$count=true", ""); len(a.Values()) != 1 || a.Get("@odata.count") != 1.0 {
		t.Errorf("Vera's inbox: %s", a.Text)
	}
}

// Of groups the same: requests and approvals.
func TestInboxOfGroupsIsCounted(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.As("root").Want(201, "POST", groups+"/eligibilityScheduleRequests", `{"action": "adminAssign", "groupId": "{crew}", "accessId": "member", "principalId": "{ella}", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P30D"}}}`)
		rows := h.As("root").Want(200, "GET", "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '{crew}' and scopeType eq 'Group' and roleDefinitionId eq 'member'", "").Values()
		const rule = "Approval_EndUser_Assignment"
		h.As("root").Want(204, "PATCH", policies+"/"+rows[0]["policyId"].(string)+"/rules/"+rule, `{"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "`+rule+`",
			"setting": {"isApprovalRequired": true, "approvalMode": "SingleStage", "approvalStages": [`+stage(user("vera"))+`]}}`)
		h.As("ella").Want(201, "POST", groups+"/assignmentScheduleRequests", `{"action": "selfActivate", "groupId": "{crew}", "accessId": "member", "principalId": "{ella}", "justification": "x", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT1H"}}}`)
		for _, path := range []string{groups + "/assignmentScheduleRequests/filterByCurrentUser(on='approver')?$count=true", groupApprovals + "/filterByCurrentUser(on='approver')?$count=true"} {
			if a := h.As("vera").Want(200, "GET", path, ""); len(a.Values()) != 1 || a.Get("@odata.count") != 1.0 {
				t.Errorf("%s: %s", path, a.Text)
			}
		}
	})
}
