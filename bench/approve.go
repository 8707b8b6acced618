package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"ephor/internal/guid"
)

// measureApprovals compares the two writes of an activation that waits for approval, that
// it is asked for and that it is approved, with the one of an activation that does not.
func measureApprovals(ctx context.Context, b *bench) (err error) {
	houses, err := b.both(ctx)
	if err != nil {
		return err
	}
	h := houses[1]
	plain, waits := activated[0], activated[1]
	if err := h.asksApproval(ctx, waits, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.asksApproval(ctx, waits, false)) }()
	most := b.activations / rolesEach
	direct, err := h.activationsOf(ctx, plain, most)
	if err != nil {
		return err
	}
	asking, err := h.activationsOf(ctx, waits, most)
	if err != nil {
		return err
	}
	each := len(asking.left) / (b.rounds + 1)
	desk := &desk{house: h}
	if _, err := desk.asked(ctx, asking, each)(); err != nil { // so that there is something to approve in either order
		return err
	}
	samples, err := contest(b.rounds, h.some(ctx, direct, 1, each), desk.asked(ctx, asking, each), desk.approved(ctx, each))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("selfActivate that waits for approval, %s users", count(b.large.users))
	b.sheet.add(what+": p50 of asking to that of a plain one", atMost(1.5), ratio(samples[1], samples[0], p50), works(samples[1], samples[0]))
	b.sheet.add("… p50 of approving to that of a plain one", atMost(1.5), ratio(samples[2], samples[0], p50), works(samples[2], samples[0]))
	b.sheet.note("… both together, which are two durable writes, to a plain one", short(ratio(samples[1], samples[0], p50).median+ratio(samples[2], samples[0], p50).median)+"×")
	return nil
}

// activationsOf are the data set's activators asking for one role.
func (h *house) activationsOf(ctx context.Context, role guid.ID, most int) (*stock, error) {
	if _, err := ask(ctx, h.addr, h.control("clock/advance", `{"by":"PT2H"}`), http.StatusOK); err != nil {
		return nil, fmt.Errorf("advance the clock: %w", err)
	}
	var s stock
	for n := range min(h.city.activators, most) {
		token, err := h.token(ctx, h.city.account(h.city.activator(n)).UPN)
		if err != nil {
			return nil, err
		}
		body, err := activation(h.city.user(h.city.activator(n)), role, nil)
		if err != nil {
			return nil, err
		}
		s.left = append(s.left, request("POST", h.host, requestsPath, token, body))
	}
	return &s, nil
}

// asksApproval makes a role's activation wait for those who manage roles, or not.
func (h *house) asksApproval(ctx context.Context, role guid.ID, required bool) error {
	filter := "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '" + role.String() + "'"
	answer, err := ask(ctx, h.addr, h.get("/v1.0/policies/roleManagementPolicyAssignments?$filter="+url.QueryEscape(filter)), http.StatusOK)
	if err != nil {
		return err
	}
	var page struct{ Value []struct{ PolicyID string } }
	if err := json.Unmarshal(answer, &page); err != nil || len(page.Value) != 1 {
		return fmt.Errorf("the policy of %s: %.200s %w", role, answer, err)
	}
	const rule = "Approval_EndUser_Assignment"
	body := fmt.Sprintf(`{"@odata.type":"#microsoft.graph.unifiedRoleManagementPolicyApprovalRule","id":%q,"setting":{"isApprovalRequired":%t,
		"isApprovalRequiredForExtension":false,"isRequestorJustificationRequired":true,"approvalMode":"SingleStage","approvalStages":[{"approvalStageTimeOutInDays":1,
		"isApproverJustificationRequired":true,"escalationTimeInMinutes":0,"isEscalationEnabled":false,"primaryApprovers":[],"escalationApprovers":[]}]}}`, rule, required)
	path := "/v1.0/policies/roleManagementPolicies/" + page.Value[0].PolicyID + "/rules/" + rule
	_, err = ask(ctx, h.addr, request("PATCH", h.host, path, h.admin, []byte(body)), http.StatusNoContent)
	return err
}

// A desk is what has been asked and not yet been decided.
type desk struct {
	house *house
	open  []string // requests
}

// asked is the contestant that asks for the next so many in each round, which all wait.
func (d *desk) asked(ctx context.Context, s *stock, n int) contestant {
	return d.each(ctx, n, func(w *wire, i int, taken [][]byte) error {
		status, err := w.do(taken[i])
		if err != nil {
			return err
		}
		var r struct{ ID, Status string }
		if err := json.Unmarshal(w.body, &r); err != nil || status != http.StatusCreated || r.Status != "PendingApproval" {
			return fmt.Errorf("answered %d: %.500s", status, w.body)
		}
		d.open = append(d.open, r.ID)
		return nil
	}, func() ([][]byte, error) {
		taken := s.take(n)
		if len(taken) < n {
			return nil, errors.New("no activations are left")
		}
		return taken, nil
	})
}

// approved is the contestant that approves so many of what waits in each round.
func (d *desk) approved(ctx context.Context, n int) contestant {
	const path = "/v1.0/roleManagement/directory/roleAssignmentApprovals/"
	return d.each(ctx, n, func(w *wire, i int, words [][]byte) error {
		status, err := w.do(words[i])
		if err == nil && status != http.StatusNoContent {
			err = fmt.Errorf("answered %d: %.500s", status, w.body)
		}
		return err
	}, func() ([][]byte, error) {
		if len(d.open) < n {
			return nil, errors.New("nothing waits")
		}
		var words [][]byte
		for _, id := range d.open[:n] {
			answer, err := ask(ctx, d.house.addr, d.house.get(path+id), http.StatusOK)
			if err != nil {
				return nil, err
			}
			var a struct{ Stages []struct{ ID string } }
			if err := json.Unmarshal(answer, &a); err != nil || len(a.Stages) == 0 {
				return nil, fmt.Errorf("no stages: %.200s %w", answer, err)
			}
			words = append(words, request("PATCH", d.house.host, path+id+"/stages/"+a.Stages[0].ID, d.house.admin, []byte(`{"reviewResult":"Approve","justification":"Measuring."}`)))
		}
		d.open = d.open[n:]
		return words, nil
	})
}

// each is a contestant that makes n calls, one after the other, on one connection. What it
// sends is made ready before its time runs.
func (d *desk) each(ctx context.Context, n int, call func(w *wire, i int, ready [][]byte) error, prepare func() ([][]byte, error)) contestant {
	return func() (sample, error) {
		ready, err := prepare()
		if err != nil {
			return sample{}, err
		}
		w, err := dial(ctx, d.house.addr)
		if err != nil {
			return sample{}, err
		}
		defer w.conn.Close()
		times := make([]time.Duration, n)
		before, began := busy(d.house.pid()), time.Now()
		for i := range times {
			start := time.Now()
			if err := call(w, i, ready); err != nil {
				return sample{}, err
			}
			times[i] = time.Since(start)
		}
		s := sampled(times, time.Since(began))
		s.work = (busy(d.house.pid()) - before) / time.Duration(n)
		return s, nil
	}
}
