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

// The bounds of what one page of an inbox, or its count, is judged by: so many requests in
// all, and at least so many, and at most, together.
const (
	judgedMost   = 10_000
	judgedLeast  = 50
	judgedAtOnce = 1000
)

// page gathers a page of those requests of a list that wait for the caller's own word. Whom
// they name is found by index; whether it is theirs to decide is judged one by one, so that
// only beyond judgedMost a page is short and not the last.
func (b *bench) page(t *store.Table[request], q store.ListQuery) (page store.Page[store.Waiting], err error) {
	most := q.Limit
	for judged := 0; judged < judgedMost; {
		room := most - len(page.Rows)
		q.Limit = min(max(room, judgedLeast), judgedAtOnce)
		rows, err := store.List(b.c.Tx, t, q)
		if err != nil {
			return page, err
		}
		kept, used, err := b.awaiting(rows.Rows, room)
		if err != nil {
			return page, err
		}
		page.Rows, page.Next = append(page.Rows, kept...), rows.Next
		if len(kept) == room && used < len(rows.Rows) {
			page.Next, err = behind(b.c, t, q, used)
			return page, err
		}
		if len(kept) == room || rows.Next == nil || len(rows.Rows) < q.Limit {
			return page, nil
		}
		judged, q.After = judged+len(rows.Rows), rows.Next
	}
	return page, nil
}

// behind is where a list goes on behind its first n rows.
func behind(c *op.Call, t *store.Table[request], q store.ListQuery, n int) (*store.Position, error) {
	q.Limit = n
	rows, err := store.List(c.Tx, t, q)
	return rows.Next, err
}

// count is how many requests of a list wait for the caller's own word.
func (b *bench) count(t *store.Table[request], q store.ListQuery) (int64, error) {
	q.After, q.Limit = nil, judgedMost
	page, err := b.page(t, q)
	if err == nil && page.Next != nil {
		err = fault.UnsupportedQuery("Unsupported Query. What waits is too much to be counted.")
	}
	return int64(len(page.Rows)), err
}

// awaiting keeps, of rows that name the caller as candidate, those that wait for the
// caller's own word now, at most so many; used are the rows up to the last of them. A
// request that names the caller twice stands there twice, side by side.
func (b *bench) awaiting(rows []pim.Request, most int) (kept []store.Waiting, used int, err error) {
	ids := make([]guid.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	approvals, err := b.c.Tx.ApprovalsOf(ids)
	if err != nil {
		return nil, 0, err
	}
	for i := range rows {
		if i > 0 && rows[i].ID == rows[i-1].ID {
			continue
		}
		w := store.Waiting{Request: rows[i], Approval: approvals[rows[i].ID]}
		circle, policy, err := b.circle(w)
		if err != nil {
			return nil, 0, err
		}
		if _, awaits := w.Approval.Awaits(circle, w.Request, policy, b.c.Now); !awaits {
			continue
		}
		if kept = append(kept, w); len(kept) == most {
			return kept, i + 1, nil
		}
	}
	return kept, len(rows), nil
}

// candidates limits an inbox to what might wait for the caller.
func candidates(t *store.Table[request]) face.Rows {
	return func(c *op.Call) (face.Limits, error) {
		return face.Limits{Conditions: []store.Condition{store.Is(t.Column("candidate"), c.Tx.Inbox(c.Caller.Principal.ID)...)}}, nil
	}
}

// inbox answers what of a resource's requests waits for the caller's word.
func inbox(of *face.Resource[request], table *store.Table[request]) face.Handler {
	r := *of
	r.Table = table
	return func(c *op.Call) (op.Answer, error) {
		q, err := r.Query(c, candidates(table))
		if err != nil {
			return op.Answer{}, err
		}
		selection, err := r.Entity.Select(c.Query.Select, true)
		if err != nil {
			return op.Answer{}, err
		}
		b := newBench(c)
		waiting, err := b.page(table, q)
		if err != nil {
			return op.Answer{}, err
		}
		page := store.Page[request]{Next: waiting.Next}
		for _, w := range waiting.Rows {
			page.Rows = append(page.Rows, w.Request)
		}
		expand, err := r.Expand(c, page.Rows)
		if err != nil {
			return op.Answer{}, err
		}
		return r.Counted(c, page, selection, expand, func() (int64, error) { return b.count(table, q) })
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
