package privilege

import (
	"slices"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// A bench judges, for one caller, the approvals of one page.
type bench struct {
	c        *op.Call
	policies map[pim.Target]pim.Policy
}

func newBench(c *op.Call) *bench { return &bench{c: c, policies: map[pim.Target]pim.Policy{}} }

// policy is the policy of a target, read once.
func (b *bench) policy(t pim.Target) (pim.Policy, error) {
	if p, known := b.policies[t]; known {
		return p, nil
	}
	p, err := b.c.Tx.Policy(t)
	b.policies[t] = p.Policy
	return p.Policy, err
}

// circle is what the caller is to one approval, and the policy now.
func (b *bench) circle(w store.Waiting) (pim.Circle, pim.Policy, error) {
	p, err := b.policy(w.Request.Target)
	if err != nil {
		return pim.Circle{}, p, err
	}
	c, err := b.c.Tx.Circle(b.c.Caller.Principal.ID, w.Request, w.Approval.Rules(p))
	return c, p, err
}

// seen is an approval as the caller sees it.
func (b *bench) seen(w store.Waiting) (approval, error) {
	circle, policy, err := b.circle(w)
	if err != nil {
		return approval{}, err
	}
	a := approval{Waiting: w}
	for i := range w.Approval.Stages {
		s := stage{
			id: w.Approval.StageID(i), status: w.Approval.Status(i, b.c.Now), result: w.Approval.Stages[i].Result,
			mine: w.Approval.Admits(circle, w.Request, policy, i, b.c.Now),
		}
		s.word, _ = w.Approval.Last(i)
		a.stages = append(a.stages, s)
	}
	return a, nil
}

// concerns reports whether the approval is the caller's to look at: a stage is theirs to
// decide, or they have said a word.
func (a *approval) concerns(user guid.ID) bool {
	if slices.ContainsFunc(a.stages, func(s stage) bool { return s.mine }) {
		return true
	}
	for _, s := range a.Approval.Stages {
		if slices.ContainsFunc(s.Words, func(w pim.Word) bool { return w.By == user }) {
			return true
		}
	}
	return false
}

// awaiting keeps, of rows that name the caller as candidate, those that wait for the
// caller's own word now. A request that names them twice stands there twice, side by side.
func (b *bench) awaiting(rows []pim.Request) ([]store.Waiting, error) {
	ids := make([]guid.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	approvals, err := b.c.Tx.ApprovalsOf(ids)
	if err != nil {
		return nil, err
	}
	var kept []store.Waiting
	for i := range rows {
		if i > 0 && rows[i].ID == rows[i-1].ID {
			continue
		}
		w := store.Waiting{Request: rows[i], Approval: approvals[rows[i].ID]}
		circle, policy, err := b.circle(w)
		if err != nil {
			return nil, err
		}
		if _, awaits := w.Approval.Awaits(circle, w.Request, policy, b.c.Now); awaits {
			kept = append(kept, w)
		}
	}
	return kept, nil
}

// candidate limits an inbox to what might wait for the caller.
func candidate(c *op.Call, column store.Column) face.Limits {
	return face.Limits{Conditions: []store.Condition{store.Is(column, c.Tx.Inbox(c.Caller.Principal.ID)...)}}
}

// inbox answers what of a resource's requests waits for the caller's word. Who named them
// is found by index; whether it is theirs to decide is judged row by row, so that a page may
// be short.
func inbox(of *face.Resource[request], table *store.Table[request]) face.Handler {
	r := *of
	r.Table = table
	return func(c *op.Call) (op.Answer, error) {
		if c.Query.Count {
			return op.Answer{}, fault.UnsupportedQuery("Unsupported Query. What waits for an approver is not counted.")
		}
		q, err := r.Query(c, func(c *op.Call) (face.Limits, error) { return candidate(c, table.Column("candidate")), nil })
		if err != nil {
			return op.Answer{}, err
		}
		selection, err := r.Entity.Select(c.Query.Select, true)
		if err != nil {
			return op.Answer{}, err
		}
		page, err := store.List(c.Tx, table, q)
		if err != nil {
			return op.Answer{}, err
		}
		kept, err := newBench(c).awaiting(page.Rows)
		if err != nil {
			return op.Answer{}, err
		}
		page.Rows = page.Rows[:0]
		for _, w := range kept {
			page.Rows = append(page.Rows, w.Request)
		}
		expand, err := r.Expand(c, page.Rows)
		if err != nil {
			return op.Answer{}, err
		}
		return r.Collection(c, q, page, selection, expand)
	}
}

// byCurrentUser answers the caller's own requests, or those that wait for the caller.
func byCurrentUser(of *face.Resource[request], waiting *store.Table[request]) face.Handler {
	own, toDecide := of.List(requestsOfCaller), inbox(of, waiting)
	return func(c *op.Call) (op.Answer, error) {
		if strings.EqualFold(c.Param("on"), "approver") {
			return toDecide(c)
		}
		return own(c)
	}
}
