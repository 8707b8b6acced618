package approval

import (
	"sync"
	"testing"

	"ephor/test/harness"
)

// every runs a test on one server on SQLite, one on PostgreSQL, and two on PostgreSQL. It is
// given the tenant as each server has it.
func every(t *testing.T, test func(t *testing.T, nodes []*harness.House)) {
	t.Helper()
	t.Parallel()
	harness.Each(t, seed(), func(t *testing.T, h *harness.House) { test(t, []*harness.House{h}) })
	t.Run("two nodes", func(t *testing.T) {
		t.Parallel()
		test(t, harness.Nodes(t, 2, seed()))
	})
}

// together makes calls at once and answers when all are answered.
func together(calls ...func() harness.Answer) []harness.Answer {
	answers := make([]harness.Answer, len(calls))
	var start, all sync.WaitGroup
	start.Add(1)
	for i, call := range calls {
		all.Go(func() {
			start.Wait()
			answers[i] = call()
		})
	}
	start.Done()
	all.Wait()
	return answers
}

func last(nodes []*harness.House) *harness.House { return nodes[len(nodes)-1] }

func TestOfTwoApproversAtOnceOneWins(t *testing.T) {
	every(t, func(t *testing.T, nodes []*harness.House) {
		h := nodes[0]
		require(h, stage(user("vera")+","+user("wim")))
		for range 4 {
			asked := ask(t, h, "ella", "r")
			last(nodes).Name("r", asked.Str("id"))
			path := decidePath(h, "r", 0)
			vera, wim := h.As("vera"), last(nodes).As("wim")
			answers := together(
				func() harness.Answer { return vera.Do("PATCH", path, no) },
				func() harness.Answer { return wim.Do("PATCH", path, no) },
			)
			won, lost := answers[0], answers[1]
			if won.Status != 204 {
				won, lost = lost, won
			}
			if won.Status != 204 || lost.Status != 409 || lost.Code() != "Conflict" {
				t.Errorf("%d %s and %d %s", won.Status, won.Text, lost.Status, lost.Text)
			}
		}
	})
}

func TestApproveAgainstCancel(t *testing.T) {
	every(t, func(t *testing.T, nodes []*harness.House) {
		h := nodes[0]
		require(h, stage(user("vera")))
		for range 4 {
			asked := ask(t, h, "ella", "r")
			last(nodes).Name("r", asked.Str("id"))
			path := decidePath(h, "r", 0)
			vera, ella := h.As("vera"), last(nodes).As("ella")
			answers := together(
				func() harness.Answer { return vera.Do("PATCH", path, yes) },
				func() harness.Answer { return ella.Do("POST", requests+"/{r}/cancel", "") },
			)
			approved, canceled := answers[0], answers[1]
			switch {
			case approved.Status == 204 && canceled.Status == 400 && canceled.Code() == "RequestCannotBeCancelled" && active(t, h, "ella"):
				h.As("root").Want(201, "POST", requests, `{"action": "adminRemove", "principalId": "{ella}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "/"}`)
			case approved.Status == 409 && canceled.Status == 204 && !active(t, h, "ella"):
			default:
				t.Fatalf("approved %d %s, canceled %d %s, active %v", approved.Status, approved.Text, canceled.Status, canceled.Text, active(t, h, "ella"))
			}
		}
	})
}

// Whichever comes first, nobody is active on an eligibility that is gone.
func TestApproveAgainstTheEndOfTheEligibility(t *testing.T) {
	every(t, func(t *testing.T, nodes []*harness.House) {
		h := nodes[0]
		require(h, stage(user("vera")))
		asked := ask(t, h, "ella", "r")
		last(nodes).Name("r", asked.Str("id"))
		path := decidePath(h, "r", 0)
		vera, root := h.As("vera"), last(nodes).As("root")
		answers := together(
			func() harness.Answer { return vera.Do("PATCH", path, yes) },
			func() harness.Answer {
				return root.Do("POST", eligibilities, `{"action": "adminRemove", "principalId": "{ella}", "roleDefinitionId": "`+helpdesk+`", "directoryScopeId": "/"}`)
			},
		)
		if answers[1].Status != 201 || answers[0].Status != 204 && answers[0].Status != 400 {
			t.Errorf("approved %d %s, removed %d %s", answers[0].Status, answers[0].Text, answers[1].Status, answers[1].Text)
		}
		for _, n := range nodes {
			if active(t, n, "ella") {
				t.Error("active on an eligibility that is gone")
			}
		}
	})
}
