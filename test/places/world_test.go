package places

import (
	"testing"
	"time"

	"ephor/internal/when"
	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	root          = "/identityGovernance/privilegedAccess/group/"
	eligibilities = root + "eligibilityScheduleRequests"
	assignments   = root + "assignmentScheduleRequests"
	because       = `"justification": "because"`
)

// seed has a plain group and a role-assignable one that holds a role, with an owner of
// both, and people of several sorts.
func seed() harness.Seed {
	return harness.Seed{
		People: []harness.Person{
			{Name: "root", Roles: []string{"Global Administrator"}},
			{Name: "pria", Roles: []string{"Privileged Role Administrator"}},
			{Name: "reader", Roles: []string{"Global Reader"}},
			{Name: "greta", Roles: []string{"Groups Administrator"}},
			{Name: "olga"},
			{Name: "mia"},
			{Name: "sam"},
			{Name: "tim"},
			{Name: "guest", Guest: true},
		},
		Groups: []harness.Group{
			{Name: "staff", Owners: []string{"olga"}, Members: []string{"mia"}},
			{Name: "tier0", Assignable: true, Owners: []string{"olga"}, Members: []string{"mia"}, Roles: []string{"User Administrator"}},
			{Name: "other"},
		},
		Clients: []harness.Client{{Name: "robot", Permissions: []string{
			"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "GroupMember.Read.All",
		}}},
	}
}

func each(t *testing.T, test func(t *testing.T, h *harness.House)) {
	t.Helper()
	t.Parallel()
	harness.Each(t, seed(), test)
}

func house(t *testing.T) *harness.House {
	t.Helper()
	t.Parallel()
	return harness.Open(t, seed())
}

var noon = at("2026-05-01T12:00:00Z")

func at(s string) when.Instant {
	t, ok := when.Parse(s)
	if !ok {
		panic(s)
	}
	return t
}

// asks is the body of a request.
func asks(action, who, group, access, rest string) string {
	if rest != "" {
		rest = ", " + rest
	}
	return `{"action": "` + action + `", "principalId": "{` + who + `}", "groupId": "{` + group + `}", "accessId": "` + access + `"` + rest + `}`
}

// lasting is a schedule from now on.
func lasting(duration string) string {
	return `"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + duration + `"}}, ` + because
}

// eligible makes somebody eligible for a place, for 30 days.
func eligible(h *harness.House, who, group, access string) harness.Answer {
	return h.As("root").Want(201, "POST", eligibilities, asks("adminAssign", who, group, access, lasting("P30D")))
}

// activate has somebody activate a place.
func activate(h *harness.House, who, group, access, duration string) harness.Answer {
	return h.As(who).Want(201, "POST", assignments, asks("selfActivate", who, group, access, lasting(duration)))
}

// has reports whether a list has an object.
func has(a harness.Answer, h *harness.House, name string) bool {
	for _, v := range a.Values() {
		if v["id"] == h.ID(name).String() {
			return true
		}
	}
	return false
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
