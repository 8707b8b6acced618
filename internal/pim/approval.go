package pim

import (
	"crypto/sha256"
	"slices"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// An Approval is the word of others that a request waits for. Its id is the request's. It
// keeps the policy that it was asked for under: whatever that becomes, the approval is
// judged by both, so that nobody weakens a policy for what is waiting already.
type Approval struct {
	Request guid.ID
	Policy  Policy  // as it was; its approval rule's stages are this approval's
	Stages  []Stage // in their order; those whose turn has not come included
	// Extension says that it is an extension or a renewal that waits. It waits without end,
	// and for an administrator's own request in the end (behaviour.md §3).
	Extension bool `json:",omitzero"`
	// Closed is when the request ceased to wait, when.Never until then.
	Closed when.Instant
}

// A Stage is how one round of approval has gone.
type Stage struct {
	Opened when.Instant // when.Never until its turn comes
	// Ended is when it was decided, when.Never until then; Result says how.
	Ended  when.Instant
	Result Result
	Words  []Word
	// Escalated says that the escalation is on record. Whether it has come, time says.
	Escalated bool `json:",omitzero"`
}

// A Word is what one approver has said.
type Word struct {
	By     guid.ID
	Name   string // display name, as it was
	At     when.Instant
	Result Result
	Why    string
}

// A Result is what came of a stage, in the words that clients write and compare
// (behaviour.md §8, 3).
type Result string

// The results.
const (
	NotReviewed   Result = "NotReviewed"
	ResultApprove Result = "Approve"
	ResultDeny    Result = "Deny"
)

// Stage is the rule of the i-th stage as it was when the approval was asked for, or, of a
// stage that a later policy has added, when that was its turn.
func (a *Approval) Stage(i int) ApprovalStage { return a.Policy.Approval.Stages[i] }

// awaited is the approval that activation r, asked for at now, waits for under p.
func awaited(r Request, p Policy, now when.Instant) *Approval {
	a := &Approval{Request: r.ID, Policy: p, Closed: when.Never}
	for i := range p.Approval.Stages {
		s := Stage{Opened: when.Never, Ended: when.Never, Result: NotReviewed}
		if i == 0 {
			s.Opened = now
		}
		a.Stages = append(a.Stages, s)
	}
	return a
}

// awaitedExtension is the approval as which an extension or renewal is listed: its
// approvers are the policy's, if that says so, and else administrators.
func awaitedExtension(r Request, p Policy, now when.Instant) *Approval {
	if !p.Approval.RequiredForExtension {
		p.Approval.Stages = []ApprovalStage{{TimeOutDays: 1, Approvers: []Approver{}, Escalated: []Approver{}}}
	}
	a := awaited(r, p, now)
	a.Extension = true
	return a
}

// Current is the stage whose turn it is; false when the approval is closed.
func (a *Approval) Current() (i int, open bool) {
	if a.Closed != when.Never {
		return 0, false
	}
	i = slices.IndexFunc(a.Stages, func(s Stage) bool { return s.Opened != when.Never && s.Ended == when.Never })
	return i, i >= 0
}

// Due is the instant from which the request is TimedOut unless somebody has decided,
// when.Never if time alone does not end it.
func (a *Approval) Due() when.Instant {
	i, open := a.Current()
	if !open || a.Extension {
		return when.Never
	}
	return a.Stage(i).due(a.Stages[i].Opened)
}

// Next is when time does something to the approval that is to be recorded: it escalates,
// or runs out. It is when.Never if nothing is to come.
func (a *Approval) Next() when.Instant {
	i, open := a.Current()
	if !open {
		return when.Never
	}
	next := a.Due()
	if s := a.Stage(i); s.Escalation && !a.Stages[i].Escalated {
		next = min(next, s.escalates(a.Stages[i].Opened))
	}
	return next
}

// due is when a stage that opened at an instant runs out; one that never did, never.
func (s ApprovalStage) due(opened when.Instant) when.Instant {
	return opened.Add(time.Duration(max(s.TimeOutDays, 1)) * 24 * time.Hour)
}

// escalates is from when on those to whom a stage escalates may decide it too.
func (s ApprovalStage) escalates(opened when.Instant) when.Instant {
	return opened.Add(time.Duration(max(s.EscalationMinutes, 0)) * time.Minute)
}

// StageID is the id of the i-th stage: it follows from the request's.
func (a *Approval) StageID(i int) guid.ID {
	sum := sha256.Sum256(append(a.Request[:], "approval stage"+string(rune('0'+i))...))
	id := guid.ID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made by a rule of one's own
	return id
}

// Find is the stage with that id.
func (a *Approval) Find(id guid.ID) (i int, found bool) {
	for i := range a.Stages {
		if a.StageID(i) == id {
			return i, true
		}
	}
	return 0, false
}

// Status is the i-th stage's status on the wire at now: Initializing, InProgress, Completed
// or Expired (CSDL approvalStage).
func (a *Approval) Status(i int, now when.Instant) string {
	s := a.Stages[i]
	switch {
	case s.Ended != when.Never:
		return "Completed"
	case a.Closed != when.Never || a.Due() <= now:
		return "Expired"
	case s.Opened == when.Never:
		return "Initializing"
	}
	return "InProgress"
}

// Last is the last word said in the i-th stage; false while there is none.
func (a *Approval) Last(i int) (Word, bool) {
	words := a.Stages[i].Words
	if len(words) == 0 {
		return Word{}, false
	}
	return words[len(words)-1], true
}

// clone is a copy that can be changed.
func (a *Approval) clone() *Approval {
	c := *a
	c.Stages = slices.Clone(a.Stages)
	for i := range c.Stages {
		c.Stages[i].Words = slices.Clone(c.Stages[i].Words)
	}
	return &c
}
