package request

import (
	"strings"
	"testing"
	"time"

	"ephor/internal/directory"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

const holdings = "/roleManagement/ephor/grants/filterByCurrentUser(on='principal')"

// One call lists everything that somebody has and may activate: roles and groups, direct
// and through groups, with the time left.
func TestOneCallListsWhatIsHeldAndWhatCanBeActivated(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("m0", lasting("P1D"))
		d.entitle("g0", forever)
		d.assign("g0", `,"roleDefinitionId":"`+userAdm+`"`+lasting("PT3H"))
		d.activate("m0")
		d.Write(func(tx *store.WriteTx) error { // eligible for a place in a group
			id := d.ID("unit")
			return tx.PutSchedule(pim.Schedule{
				ID: id, Kind: pim.Eligible, Principal: d.ID("m0"), Target: pim.Target{Group: d.ID("plain"), Relation: directory.Owner},
				Window: when.Window{Start: d.now, End: d.now + when.Day}, Expiration: pim.Expiration{End: when.Never}, Request: id, Modified: when.Never,
			})
		})
		d.entitle("m1", forever) // somebody else's
		m0 := d.As("m0")
		got := map[string]map[string]any{}
		for _, r := range m0.Want(200, "GET", holdings, "").Values() {
			what, _ := r["displayName"].(string)
			state, _ := r["state"].(string)
			member, _ := r["memberType"].(string)
			got[strings.Join([]string{state, what, member}, " ")] = r
		}
		want := map[string]map[string]any{
			"eligible Helpdesk Administrator Direct": {"kind": "role", "timeLeft": "P1D", "assignmentType": nil, "principalId": d.ID("m0").String(), "roleDefinitionId": helpdesk, "directoryScopeId": "/", "groupId": nil},
			"eligible Helpdesk Administrator Group":  {"kind": "role", "timeLeft": nil, "endDateTime": nil, "principalId": d.ID("g0").String()},
			"active User Administrator Group":        {"kind": "role", "timeLeft": "PT3H", "assignmentType": "Assigned"},
			"active Helpdesk Administrator Direct":   {"kind": "role", "timeLeft": "PT1H", "assignmentType": "Activated", "endDateTime": d.in(time.Hour)},
			"eligible plain Direct":                  {"kind": "group", "accessId": "owner", "groupId": d.ID("plain").String(), "roleDefinitionId": nil, "directoryScopeId": nil, "timeLeft": "P1D"},
			"active g0 Direct":                       {"kind": "group", "accessId": "member", "assignmentType": "Assigned", "timeLeft": nil},
		}
		for row, members := range want {
			for name, value := range members {
				if got[row] == nil || got[row][name] != value {
					t.Errorf("%s: %s is %v, want %v: %v", row, name, got[row][name], value, got[row])
				}
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d rows, want %d: %v", len(got), len(want), got)
		}
		path, _ := got["eligible Helpdesk Administrator Group"]["path"].([]any)
		if len(path) != 1 || path[0].(map[string]any)["displayName"] != "g0" || path[0].(map[string]any)["id"] != d.ID("g0").String() {
			t.Errorf("the path is %v", path)
		}
		// Filtered, counted and paged.
		if rows := m0.Want(200, "GET", holdings+"?$filter=state eq 'eligible' and kind eq 'role'", "").Values(); len(rows) != 2 {
			t.Errorf("filtered: %v", rows)
		}
		seen, next := map[any]bool{}, holdings+"?$top=1&$count=true"
		for pages := 0; next != ""; pages++ {
			a := m0.Want(200, "GET", next, "")
			if total := a.Get("@odata.count"); pages == 0 && total != float64(len(want)) || pages > 2*len(want) {
				t.Fatalf("page %d of %v", pages, total)
			}
			for _, r := range a.Values() {
				seen[r["id"]] = true
			}
			next = a.Str("@odata.nextLink")
		}
		if len(seen) != len(want) {
			t.Errorf("paged through %d rows, want %d", len(seen), len(want))
		}
		// It ends by itself.
		d.later(time.Hour)
		if rows := d.As("m0").Want(200, "GET", holdings+"?$filter=assignmentType eq 'Activated'", "").Values(); len(rows) != 0 {
			t.Errorf("what has ended is listed: %v", rows)
		}
		d.As("m0", "User.Read").Refused(403, "GET", holdings, "")
		d.AsClient("robot").Refused(403, "GET", holdings, "")
	})
}

// A batch of 20 activations is done in order, each by itself.
func TestBatchOfActivations(t *testing.T) {
	each(t, func(d *desk) {
		var parts []string
		for i, role := range batchRoles() {
			d.entitle("p0", `,"roleDefinitionId":"`+role+`"`+forever)
			body := asked("selfActivate", "p0", `,"roleDefinitionId":"`+role+`"`+lasting("PT1H")+because)
			part := `{"id":"` + string(rune('a'+i)) + `","method":"POST","url":"` + assignment + `","headers":{"Content-Type":"application/json"},"body":` + body
			if i > 0 {
				part += `,"dependsOn":["` + string(rune('a'+i-1)) + `"]`
			}
			parts = append(parts, part+"}")
		}
		a := d.As("p0").Want(200, "POST", "/$batch", `{"requests":[`+strings.Join(parts, ",")+`]}`)
		responses, _ := a.Get("responses").([]any)
		if len(responses) != 20 {
			t.Fatalf("%d answers: %s", len(responses), a.Text)
		}
		for _, r := range responses {
			if r.(map[string]any)["status"] != float64(201) {
				t.Fatalf("one is %v", r)
			}
		}
		rows := d.rows("roleAssignmentSchedules", "p0")
		if len(rows) != 20 {
			t.Errorf("%d are active, want 20", len(rows))
		}
		requests := d.ada.Want(200, "GET", assignment+"?$filter=principalId eq '{p0}'", "").Values()
		for i, role := range batchRoles() { // the newest first
			if got := requests[len(requests)-1-i]["roleDefinitionId"]; got != role {
				t.Errorf("request %d is for %v, want %s", i, got, role)
			}
		}
	})
}
