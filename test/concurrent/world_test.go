package concurrent

import (
	"fmt"
	"sync"
	"testing"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// helpdesk is the role that is fought for; what it gives is may.
var (
	helpdesk = harness.Role("Helpdesk Administrator")
	may      = harness.Question{Subject: "sam", Action: "users/invalidateAllRefreshTokens", Kind: "user", Resource: "bystander"}
)

// seed has an administrator, somebody who may activate the role, and somebody to use it on.
func seed() harness.Seed {
	return harness.Seed{People: []harness.Person{
		{Name: "ada", Roles: []string{"Global Administrator"}},
		{Name: "sam"},
		{Name: "eve", Eligible: []string{"Helpdesk Administrator"}},
		{Name: "bystander"},
	}}
}

// every runs a test on each way to serve a tenant: one server on SQLite, one on PostgreSQL,
// and two on PostgreSQL. It is given the tenant as each server has it.
func every(t *testing.T, s harness.Seed, test func(t *testing.T, nodes []*harness.House)) {
	t.Helper()
	harness.Each(t, s, func(t *testing.T, h *harness.House) { test(t, []*harness.House{h}) })
	t.Run("two nodes", func(t *testing.T) {
		t.Parallel()
		test(t, harness.Nodes(t, 2, s))
	})
}

const (
	assignments   = "/roleManagement/directory/roleAssignmentScheduleRequests"
	eligibilities = "/roleManagement/directory/roleEligibilityScheduleRequests"
)

// request is a schedule request's body. It asks for an hour.
func request(action, who string) string {
	return fmt.Sprintf(`{"action":%q,"principalId":"{%s}","roleDefinitionId":"%s","directoryScopeId":"/","justification":"because",
		"scheduleInfo":{"expiration":{"type":"afterDuration","duration":"PT1H"}}}`, action, who, helpdesk)
}

// together makes n calls at once and answers when all are answered.
func together(n int, call func(i int)) {
	var ready, all sync.WaitGroup
	ready.Add(n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			call(i)
		})
	}
	all.Wait()
}

// agreed fails unless all servers' snapshots and lists say the same of who has the role, and
// the log is whole.
func agreed(t *testing.T, nodes []*harness.House, who string, want bool) {
	t.Helper()
	action, _ := roledata.ActionOf("microsoft.directory/" + may.Action)
	for i, h := range nodes {
		err := h.Tenant.Read(t.Context(), func(tx *store.ReadTx) error {
			held, err := tx.Held(h.ID(who))
			if err != nil {
				return err
			}
			var inForce int
			for _, s := range held {
				if s.Kind.String() != "" && s.Window.Covers(tx.Now()) {
					inForce++
				}
			}
			target := directory.Ref{ID: h.ID("bystander"), Kind: directory.KindUser}
			decision := tx.Snap().Can(h.ID(who), action, target, tx.Now())
			if decision.Allowed != want || inForce != map[bool]int{true: 1}[want] {
				t.Errorf("node %d: %s has %d grants in the database, and the snapshot says %v (%v); want %v", i, who, inForce, decision.Allowed, decision.Reason, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Tenant.Verify(t.Context()); err != nil {
			t.Errorf("node %d: %v", i, err)
		}
	}
	versions := map[authz.Version]bool{}
	for _, h := range nodes {
		versions[h.Version()] = true
	}
	if len(versions) != 1 {
		t.Errorf("the nodes have the versions %v", versions)
	}
}

// records counts the records of the log.
func records(t *testing.T, h *harness.House) uint64 {
	t.Helper()
	v, err := h.Tenant.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v.Records
}
