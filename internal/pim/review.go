package pim

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Say is one approver's word on one stage, as it comes in.
type Say struct {
	Stage  guid.ID
	Result Result // ResultApprove or ResultDeny
	Why    string
}

// Review answers an approver's word at now: what becomes of request r and its approval a,
// and, when the last word has come, of the privilege. Everything is judged as it is at now:
// the approver's right, by c, and the requester's, by f, under the policy that the request
// was made under and under the one now. How the requester had signed in is as it was.
//
// An approval that would grant nothing, because the requester's eligibility is gone or the
// policy asks for more, is refused and changes nothing; it may still be denied.
func Review(r Request, a Approval, say Say, c Circle, f Facts, now when.Instant) (Verdict, error) {
	i, found := a.Find(say.Stage)
	if !found || a.Request != r.ID || r.Approval != r.ID {
		return Verdict{}, fmt.Errorf("review stage %s of request %s: there is none", say.Stage, r.ID)
	}
	if !a.Admits(c, r, f.Policy, i, now) {
		return Verdict{}, notApprover()
	}
	if err := a.decidable(r, f.Policy, i, c.User, now); err != nil {
		return Verdict{}, err
	}
	if err := a.explained(f.Policy, i, say); err != nil {
		return Verdict{}, err
	}
	next := a.clone()
	s := &next.Stages[i]
	s.Words = append(s.Words, Word{By: c.User, Name: c.Name, At: now, Result: say.Result, Why: say.Why})
	switch say.Result {
	case ResultDeny:
		s.Ended, s.Result = now, ResultDeny
		return next.closed(r, Deny, Denied, now)
	case ResultApprove:
		return next.approved(r, f, i, now)
	}
	return Verdict{}, invalid("reviewResult", "reviewResult is Approve or Deny.")
}

// decidable reports why the i-th stage is not for the user to decide any more, or not yet.
func (a *Approval) decidable(r Request, policy Policy, i int, user guid.ID, now when.Instant) error {
	for _, w := range a.Stages[i].Words {
		if w.By == user {
			return alreadyApproved()
		}
	}
	waits := r.Status == PendingApproval || a.Extension && r.Status == PendingAdminDecision
	current, open := a.Current()
	if !waits || !open || current != i || a.over(policy, i, now) {
		return decided()
	}
	return nil
}

// over reports whether the i-th stage has run out, by either policy.
func (a *Approval) over(policy Policy, i int, now when.Instant) bool {
	if a.Extension {
		return false
	}
	for _, s := range a.rules(i, policy) {
		if s.due(a.Stages[i].Opened) <= now {
			return true
		}
	}
	return false
}

// explained refuses a word without the reason that a policy asks of approvers.
func (a *Approval) explained(policy Policy, i int, say Say) error {
	var x failures
	for _, s := range a.rules(i, policy) {
		if s.ApproverJustification && strings.TrimSpace(say.Why) == "" {
			x.add("JustificationRule", "justification", "Say why, in justification.")
		}
	}
	return x.fault()
}

// approved is what follows from one more approval in the i-th stage, a word that a holds
// already: the next one is waited for, the next stage begins, or the request is granted.
func (a *Approval) approved(r Request, f Facts, i int, now when.Instant) (Verdict, error) {
	if a.Extension {
		return Verdict{}, invalid("reviewResult", "An administrator grants this by a request of their own: adminExtend or adminRenew.")
	}
	granted, err := a.granted(r, f, now)
	if err != nil {
		return Verdict{}, err
	}
	needed := 1
	for _, s := range a.rules(i, f.Policy) {
		needed = max(needed, s.Minimum)
	}
	s := &a.Stages[i]
	if len(s.Words) < needed {
		return Verdict{Request: r, Stored: true, Approval: a}, nil
	}
	s.Ended, s.Result = now, ResultApprove
	if i+1 == a.stages(f.Policy) {
		a.Closed = now
		granted.Stored, granted.Approval = true, a
		_, err := r.Turn(Approve, granted.Request.Status, now)
		return granted, err
	}
	if i+1 == len(a.Stages) { // the policy has come to ask for one more
		a.add(f.Policy.Approval.Stages[i+1])
	}
	a.Stages[i+1].Opened = now
	return Verdict{Request: r, Stored: true, Approval: a}, nil
}

// add appends a stage under a rule that is the approval's own from then on.
func (a *Approval) add(rule ApprovalStage) {
	a.Stages = append(a.Stages, Stage{Opened: when.Never, Ended: when.Never, Result: NotReviewed})
	a.Policy.Approval.Stages = append(slices.Clone(a.Policy.Approval.Stages), rule)
	a.Policy.Approval.Mode = "Serial"
}

// granted is activation r as it would be granted at now: what begins is the later of the
// start asked for and now, and a duration counts from there (behaviour.md §8, 6).
func (a *Approval) granted(r Request, f Facts, now when.Instant) (Verdict, error) {
	was := f
	was.Policy = a.Policy
	if _, err := was.activation(r, now); err != nil {
		return Verdict{}, err
	}
	act, err := f.activation(r, now)
	if err != nil {
		return Verdict{}, err
	}
	return act.verdict(r, f, now), nil
}

// closed is the verdict that nothing comes of r.
func (a *Approval) closed(r Request, on Occasion, to Status, at when.Instant) (Verdict, error) {
	closed, err := r.Turn(on, to, at)
	if err != nil {
		return Verdict{}, err
	}
	if !a.Extension { // which names the schedule that it is about
		closed.Scheduled = guid.ID{}
	}
	a.Closed = at
	return Verdict{Request: closed, Stored: true, Approval: a}, nil
}

// Lapse is what time has made of request r and its approval by now: what nobody has decided
// in time is TimedOut since the instant at which its window closed; an escalation changes
// nothing but what is on record. It reports false when there is nothing to record.
func Lapse(r Request, a Approval, now when.Instant) (v Verdict, changed bool, err error) {
	i, open := a.Current()
	if !open || a.Next() > now {
		return Verdict{}, false, nil
	}
	next := a.clone()
	if due := a.Due(); due <= now {
		v, err = next.closed(r, TimeOut, TimedOut, due)
		return v, err == nil, err
	}
	next.Stages[i].Escalated = true
	return Verdict{Request: r, Stored: true, Approval: next}, true, nil
}
