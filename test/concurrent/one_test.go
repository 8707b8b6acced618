package concurrent

import (
	"testing"

	"ephor/test/harness"
)

// writers is how many ask for the same thing at once.
const writers = 16

// A rival wants something that only one can have.
type rival struct {
	caller []*harness.Caller // on each node
	path   string
	body   string
	loses  string // the code for whom it is too late
}

// fight has all rivals call at once, a call each in turn, and fails unless one has won.
func fight(t *testing.T, nodes []*harness.House, r rival) {
	t.Helper()
	before := records(t, nodes[0])
	answers := make([]harness.Answer, writers)
	together(writers, func(i int) { answers[i] = r.caller[i%len(r.caller)].Do("POST", r.path, r.body) })
	won := 0
	for _, a := range answers {
		switch {
		case a.Status == 201:
			won++
		case a.Status != 400 || a.Code() != r.loses:
			t.Errorf("%s was refused with %d %s, want 400 %s", r.body, a.Status, a.Text, r.loses)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d have won, want 1", won, writers)
	}
	if after := records(t, nodes[0]); after != before+2 { // that it was asked for, and that it was done
		t.Errorf("the log has %d new records, want 2", after-before)
	}
}

// on is somebody on each node, with a token for each call: a session is not what is
// fought over.
func on(nodes []*harness.House, who string) []*harness.Caller {
	var all []*harness.Caller
	for _, h := range nodes {
		all = append(all, h.As(who))
	}
	return all
}

func TestOfManyWhoAssignTheSameOneWinsAndTheOthersLearnWhy(t *testing.T) {
	t.Parallel()
	every(t, seed(), func(t *testing.T, nodes []*harness.House) {
		ada := on(nodes, "ada")
		for _, path := range []string{eligibilities, assignments} {
			fight(t, nodes, rival{ada, path, request("adminAssign", "sam"), "RoleAssignmentExists"})
		}
		agreed(t, nodes, "sam", true)
	})
}

func TestOfManyActivationsOfOnePersonOneWinsAndTheOthersLearnWhy(t *testing.T) {
	t.Parallel()
	every(t, seed(), func(t *testing.T, nodes []*harness.House) {
		fight(t, nodes, rival{on(nodes, "eve"), assignments, request("selfActivate", "eve"), "RoleAssignmentExists"})
		agreed(t, nodes, "eve", true)
	})
}

func TestOfManyWhoRemoveTheSameOneWinsAndTheOthersLearnWhy(t *testing.T) {
	t.Parallel()
	every(t, seed(), func(t *testing.T, nodes []*harness.House) {
		ada := on(nodes, "ada")
		ada[0].Want(201, "POST", assignments, request("adminAssign", "sam"))
		fight(t, nodes, rival{ada, assignments, request("adminRemove", "sam"), "RoleAssignmentDoesNotExist"})
		agreed(t, nodes, "sam", false)
	})
}

// A removal and an activation meet: whichever comes first, nobody stays active on an
// eligibility that is gone.
func TestActivationAndTheEndOfItsEligibilityLeaveNothingInForce(t *testing.T) {
	t.Parallel()
	every(t, seed(), func(t *testing.T, nodes []*harness.House) {
		ada, eve := on(nodes, "ada"), on(nodes, "eve")
		removed := make([]harness.Answer, writers)
		together(writers, func(i int) {
			if i%4 == 0 {
				removed[i] = ada[i/4%len(ada)].Do("POST", eligibilities, request("adminRemove", "eve"))
				return
			}
			if a := eve[i%len(eve)].Do("POST", assignments, request("selfActivate", "eve")); a.Status >= 500 {
				t.Errorf("activation: %d %s", a.Status, a.Text)
			}
		})
		won := 0
		for _, a := range removed {
			if a.Status == 201 {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d removals have won, want 1", won)
		}
		agreed(t, nodes, "eve", false)
	})
}
