package pim

import (
	"slices"

	"ephor/internal/when"
)

// A Step is a part of a request's life that the log names.
type Step string

// The steps.
const (
	StepRequested       Step = "requested"
	StepApprovalAsked   Step = "approval requested"
	StepRequestApproved Step = "request approved"
	StepRequestDenied   Step = "request denied"
	StepEscalated       Step = "approval escalated"
	StepTimedOut        Step = "request timed out"
	StepCanceled        Step = "canceled"
	StepCompleted       Step = "completed"
)

// Activity is the name under which the log knows a step of r's life (behaviour.md §13).
// Permanent says that what r gives or takes away has no end.
func (r Request) Activity(step Step, permanent bool) string {
	place, what, term := "role", "member", "(timebound)"
	if r.Target.Role.IsZero() {
		place, what = "group", r.Target.Relation.String()
	}
	if permanent {
		term = "(permanent)"
	}
	holder := what
	if r.Side == Eligibility {
		holder = "eligible " + what
	}
	switch r.Action {
	case SelfActivate:
		return "Add " + what + " to " + place + " " + string(step) + " (PIM activation)"
	case SelfDeactivate:
		return "Remove " + what + " from " + place + " " + string(step) + " (PIM deactivate)"
	case AdminRemove:
		return "Remove " + holder + " from " + place + " in PIM " + string(step) + " " + term
	case AdminUpdate:
		return "Update " + holder + " in PIM " + string(step) + " " + term
	case AdminExtend, SelfExtend:
		return "Update " + holder + " in PIM " + string(step) + " (extend)"
	case AdminRenew, SelfRenew:
		term = "(renew)"
	}
	return "Add " + holder + " to " + place + " in PIM " + string(step) + " " + term
}

// Permanent reports whether something that v gives its principal, or takes away, has no end.
func (v Verdict) Permanent() bool {
	for _, s := range slices.Concat(v.Put, v.End) {
		if s.Principal == v.Request.Principal && s.Window.End == when.Never {
			return true
		}
	}
	return false
}

// Expired is the name under which the log knows that time has ended s.
func (s Schedule) Expired() string {
	place, what := "role", "member"
	if s.Target.Role.IsZero() {
		place, what = "group", s.Target.Relation.String()
	}
	switch s.Kind {
	case Activated:
		return "Remove " + what + " from " + place + " (PIM activation expired)"
	case Eligible:
		what = "eligible " + what
	}
	return "Remove " + what + " from " + place + " in PIM completed (timebound)"
}
