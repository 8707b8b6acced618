package matrix

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ephor/internal/graph"
	"ephor/internal/when"
	"ephor/test/harness"
)

// chosen are the case and target of the calls that cannot all be made of the first: one
// would take away what the next needs.
var chosen = map[string]struct{ rule, target int }{
	"createRoleAssignmentScheduleRequest":   {1, 0}, // removes
	"createAppRoleAssignmentByAppId":        {0, 1},
	"createAppRoleAssignedTo":               {1, 0},
	"createAppRoleAssignedToByAppId":        {1, 1},
	"removeApplicationPasswordByAppId":      {0, 1},
	"deleteAppRoleAssignmentByAppId":        {0, 1},
	"addApplicationOwnerByAppId":            {0, 1},
	"addServicePrincipalOwnerByAppId":       {0, 1},
	"removeApplicationOwnerByAppId":         {0, 1},
	"removeServicePrincipalOwnerByAppId":    {0, 1},
	"deleteApplicationByAppId":              {0, 1},
	"deleteServicePrincipalByAppId":         {0, 1},
	"deleteAppRoleAssignedToByAppId":        {0, 1},
	"purgeDeletedItem":                      {1, 0}, // a group: the user has been restored
	"deleteRoleAssignment":                  {0, 0},
	"deleteDirectoryObject":                 {0, 3}, // another than deleteUser
	"removeServicePrincipalPasswordByAppId": {0, 1},
}

// writes are one call of every write, in an order in which all can be done.
func (w *world) writes(t *testing.T) (all []call) {
	t.Helper()
	for _, o := range graph.Operations() {
		if !o.Writes {
			continue
		}
		at := chosen[o.Name]
		r := &expected().rows[key(o.Method, o.Path)].Cases[at.rule]
		x := exampleOf(o, r.Case)
		if x == nil {
			t.Fatalf("%s has no example for %q", o.Name, r.Case)
		}
		all = append(all, call{o, x, w.targets(r.Target)[at.target]})
	}
	slices.SortStableFunc(all, func(a, b call) int { return rank(a) - rank(b) })
	return all
}

// rank puts what takes away behind what needs it, and ends with what voids the token.
func rank(c call) int {
	switch {
	case voidsToken(c):
		return 4
	case strings.HasPrefix(c.Name, "deleteApplication") || c.Name == "deleteUser" || c.Name == "deleteGroup" || c.Name == "deleteDirectoryObject":
		return 3
	case strings.HasPrefix(c.Name, "deleteServicePrincipal") || c.Name == "deleteAdministrativeUnit":
		return 2
	case c.Method == http.MethodDelete:
		return 1
	}
	return 0
}

// voidsToken reports whether the call ends what its caller is signed in with.
func voidsToken(c call) bool {
	return c.Name == "changeMyPassword" || c.Name == "revokeMySignInSessions" || c.Name == "invalidateAllMyRefreshTokens"
}

// log is the newest records of the log, back to the one with an id.
func (w *world) log(t *testing.T, until string) (newer []map[string]any) {
	t.Helper()
	for _, r := range w.auditor.Want(200, "GET", "/auditLogs/directoryAudits?$top=50", "").Values() {
		if r["id"] == until {
			return newer
		}
		newer = append(newer, r)
	}
	return newer
}

func (w *world) newest(t *testing.T) string {
	t.Helper()
	id, _ := w.log(t, "")[0]["id"].(string)
	return id
}

func TestEveryWriteIsRecordedOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, c := range w.writes(t) {
		if strings.HasPrefix(c.Name, "deleteAppRole") {
			w.learnGrants()
		}
		if c.Name == "activateDirectoryRole" { // nobody may have the role
			w.ga.Want(204, "DELETE", "/directoryRoles(roleTemplateId='"+w.text["attributes"]+"')/members/{"+nameOf("r.", unactivated)+"}/$ref", "")
		}
		if strings.HasPrefix(c.Name, "delete") && strings.HasSuffix(c.Name, "Method") {
			w.giveMethod(c)
		}
		caller := w.ga
		if voidsToken(c) {
			caller = w.As(ga) // which is on record too
		}
		last := w.newest(t)
		a := caller.Do(c.Method, w.fill(c.x.path, ga, c.t.name), w.fill(c.x.body, ga, c.t.name))
		if a.Status != c.Success {
			t.Errorf("%s: %d %s, want %d", c.Name, a.Status, a.Text, c.Success)
			continue
		}
		records, want := w.log(t, last), 1
		if strings.HasSuffix(c.Path, "ScheduleRequests") {
			want = 2 // what was asked and what was done
		}
		if strings.HasSuffix(c.Path, "/{stageId}") {
			want = 2 // the approver's word and what was done
		}
		if len(records) != want {
			t.Errorf("%s left %d records, want %d: %v", c.Name, len(records), want, records)
			continue
		}
		checkRecords(t, w, c, records)
	}
}

func checkRecords(t *testing.T, w *world, c call, records []map[string]any) {
	t.Helper()
	for _, r := range records {
		who, _ := r["initiatedBy"].(map[string]any)
		user, _ := who["user"].(map[string]any)
		if user["id"] != w.ID(ga).String() || r["result"] != "success" || r["correlationId"] != records[0]["correlationId"] || r["activityDisplayName"] == "" || r["category"] == "" {
			t.Errorf("%s is recorded as %v", c.Name, r)
		}
		if targets, _ := r["targetResources"].([]any); len(targets) == 0 {
			t.Errorf("the record of %s names no target", c.Name)
		}
	}
	if len(records) < 2 {
		return
	}
	newer, _ := records[0]["activityDisplayName"].(string)
	older, _ := records[1]["activityDisplayName"].(string)
	before := "requested"
	if strings.HasSuffix(c.Path, "/{stageId}") {
		before = "request approved"
	}
	if !strings.Contains(newer, "completed") || strings.Replace(newer, "completed", before, 1) != older {
		t.Errorf("%s is recorded as %q, then %q", c.Name, older, newer)
	}
}

// requestBody asks for a role for somebody, with more members.
func requestBody(action, more string) string {
	return `{"action": "` + action + `", "principalId": "{plain}", "directoryScopeId": "/", "roleDefinitionId": "` + harness.Role("Reports Reader").String() + `", ` + because + more + `}`
}

func TestOnlyWhatIsDoneIsRecorded(t *testing.T) {
	t.Parallel()
	w := open(t)
	start := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	later := `, "scheduleInfo": {"startDateTime": "` + start + `", "expiration": {"type": "afterDuration", "duration": "PT1H"}}`
	for _, set := range []string{"roleEligibilityScheduleRequests", "roleAssignmentScheduleRequests"} {
		last, before := w.newest(t), w.Version()
		w.ga.Want(201, "POST", rm+set, requestBody("adminAssign", `, "isValidationOnly": true, `+forever))
		if got := w.log(t, last); len(got) != 0 || w.Version() != before {
			t.Errorf("a dry run on %s left %v, from version %v to %v", set, got, before, w.Version())
		}
		w.ga.Want(201, "POST", rm+set, requestBody("adminAssign", later))
		if got := w.log(t, last); len(got) != 1 || !strings.Contains(got[0]["activityDisplayName"].(string), "requested") {
			t.Errorf("what begins later on %s left %v, want one record that it was requested", set, got)
		}
	}
}

func TestARefusalIsRecordedApart(t *testing.T) {
	t.Parallel()
	w := open(t)
	nobody := w.As("none")
	last := w.newest(t)
	var want []string
	done := 0 // a member may make groups, and end their own sessions
	for _, c := range w.writes(t) {
		a := nobody.Do(c.Method, w.fill(c.x.path, "none", c.t.name), w.fill(c.x.body, "none", c.t.name))
		if a.Status == 403 && !slices.Contains(want, c.Name) {
			want = append(want, c.Name)
		} else if a.Status < 300 {
			done++
		}
	}
	if len(want) < 25 {
		t.Errorf("only %d writes were refused: %v", len(want), want)
	}
	if got := w.log(t, last); len(got) != done {
		t.Errorf("%d calls were let in, and the log has %v", done, got)
	}
	deadline := time.Now().Add(10 * time.Second)
	for missing := want; len(missing) > 0; {
		refusals, err := w.Tenant.Refusals(t.Context(), when.Never, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range refusals {
			missing = slices.DeleteFunc(missing, func(name string) bool { return name == r.Record.Operation })
		}
		if len(missing) > 0 && time.Now().After(deadline) {
			t.Fatalf("not recorded as refused: %v", missing)
		}
	}
}
