package pim

import (
	"slices"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Circle is what holds, at one instant, of somebody who would decide a request, and of
// the approvers that its rules name. All that it does not say is no.
type Circle struct {
	User guid.ID
	Name string // display name
	Able bool   // a user that lives and is enabled
	// Gains says that the request is in the name of a group that they are in: it would be
	// theirs too.
	Gains bool
	// Manages says that they manage privileged roles: they are the approvers where a stage
	// names nobody (behaviour.md §7).
	Manages bool
	// Among are the named approvers whom the user is or belongs to.
	Among map[Approver]bool
	// Living are the named approvers that are, or have among them, a user other than the
	// requester who lives and is enabled. They are looked at for stages with a fallback only.
	Living map[Approver]bool
}

// any reports whether the user is one of the named.
func (c Circle) any(named []Approver) bool {
	return slices.ContainsFunc(named, func(a Approver) bool { return c.Among[a] })
}

// admits reports whether the user may, at now, decide a stage under rule s that opened at
// an instant.
func (c Circle) admits(s ApprovalStage, opened, now when.Instant) bool {
	if !c.Able {
		return false
	}
	if len(s.Approvers) == 0 && c.Manages || c.any(s.Approvers) {
		return true
	}
	if s.Escalation && s.escalates(opened) <= now && c.any(s.Escalated) {
		return true
	}
	return c.fallsBack(s) && c.any(s.Fallback)
}

// fallsBack reports whether nobody whom the stage names could decide it. Those who manage
// privileged roles, who decide where it names nobody, are always there.
func (c Circle) fallsBack(s ApprovalStage) bool {
	named := s.Approvers
	if s.Escalation {
		named = slices.Concat(named, s.Escalated)
	}
	return len(s.Approvers) > 0 && !slices.ContainsFunc(named, func(a Approver) bool { return c.Living[a] })
}

// rules are what the i-th stage is judged by, all of which must hold: the policy that the
// approval was made under, and the one now, if that asks for approval.
func (a *Approval) rules(i int, now Policy) []ApprovalStage {
	rules := []ApprovalStage{a.Stage(i)}
	if stages := now.Approval.Stages; now.Approval.Required && !a.Extension && i < len(stages) {
		rules = append(rules, stages[i])
	}
	return rules
}

// stages is how many stages must approve, by both policies.
func (a *Approval) stages(now Policy) int {
	n := len(a.Policy.Approval.Stages)
	if now.Approval.Required && !a.Extension {
		n = max(n, len(now.Approval.Stages))
	}
	return n
}

// Rules lists every stage's rule by either policy: whom they name is what a Circle must
// tell of.
func (a *Approval) Rules(now Policy) []ApprovalStage {
	all := slices.Clone(a.Policy.Approval.Stages)
	if now.Approval.Required && !a.Extension {
		all = append(all, now.Approval.Stages...)
	}
	return all
}

// Admits reports whether the user may decide the i-th stage at now, or might have: by the
// policy that the approval was made under and the one now. Nobody decides their own
// request. Whether the stage is still to be decided is not asked.
func (a *Approval) Admits(c Circle, r Request, policy Policy, i int, now when.Instant) bool {
	rules := a.rules(i, policy)
	if c.User.IsZero() || c.User == r.Principal || c.User == r.By.User || c.Gains {
		return false
	}
	for _, s := range rules {
		if !c.admits(s, a.Stages[i].Opened, now) {
			return false
		}
	}
	return true
}

// Awaits is the stage that waits for the user's own word at now; false when none does.
func (a *Approval) Awaits(c Circle, r Request, policy Policy, now when.Instant) (i int, awaits bool) {
	i, open := a.Current()
	if !open || !a.Admits(c, r, policy, i, now) {
		return 0, false
	}
	return i, a.decidable(r, policy, i, c.User, now) == nil
}
