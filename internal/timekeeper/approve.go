package timekeeper

import (
	"ephor/internal/audit"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// nextApproval is when the first approval escalates or runs out of those of which that is
// not yet recorded.
func nextApproval(tx *store.ReadTx) (when.Instant, error) { return tx.NextApproval() }

// recordApprovals records what time has done to approvals: those that nobody has decided in
// time have run out, and their requests are timed out with them; others have escalated.
// Who may decide does not wait for either.
func recordApprovals(tx *store.WriteTx, most int) (done int, err error) {
	due, err := tx.ApprovalsDue(tx.Now(), most)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	requests := make([]pim.Request, len(due))
	for i, w := range due {
		requests[i] = w.Request
	}
	n, err := namesOfRequests(&tx.ReadTx, requests)
	if err != nil {
		return 0, err
	}
	for _, w := range due {
		v, changed, err := pim.Lapse(w.Request, w.Approval, tx.Now())
		if err != nil {
			return 0, err
		}
		if !changed {
			continue
		}
		if err := tx.Apply(v); err != nil {
			return 0, err
		}
		tx.Record(n.lapsed(v.Request))
		done++
	}
	return done, nil
}

// lapsed is the record of what time has done to a request's approval.
func (n *names) lapsed(r pim.Request) audit.Record {
	step, operation := pim.StepEscalated, "escalateApproval"
	if r.Status == pim.TimedOut {
		step, operation = pim.StepTimedOut, "expireApproval"
	}
	record := n.record(r.Target, operation, "Update", r.Activity(step, false))
	record.Correlation = r.ID
	record.Targets = n.targets(r.Target, r.Principal)
	record.Details = about(r.Target, r.ID)
	if r.Status == pim.TimedOut {
		record.Result, record.Reason = audit.Timeout, "Nobody decided in time."
	}
	return record
}
