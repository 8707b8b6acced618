package pim

import (
	"strings"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// An Action is what a request asks for (CSDL unifiedRoleScheduleRequestActions).
type Action uint8

// The actions that are served. The zero Action is none of them.
const (
	AdminAssign Action = iota + 1
	AdminUpdate
	AdminRemove
	AdminExtend
	AdminRenew
	SelfActivate
	SelfDeactivate
	SelfExtend
	SelfRenew
)

var actionNames = [...]string{"", "adminAssign", "adminUpdate", "adminRemove", "adminExtend", "adminRenew", "selfActivate", "selfDeactivate", "selfExtend", "selfRenew"}

// String is the action in the CSDL's casing, "" for what is no action.
func (a Action) String() string { return name(actionNames[:], int(a)) }

// Self reports whether the action is one that principals ask for themselves.
func (a Action) Self() bool { return a >= SelfActivate && a <= SelfRenew }

// ParseAction reads an action in any casing; it reports false for an unknown one,
// unknownFutureValue included.
func ParseAction(s string) (Action, bool) {
	for a, name := range actionNames {
		if a > 0 && strings.EqualFold(s, name) {
			return Action(a), true
		}
	}
	return 0, false
}

// name is the i-th of names, "" beyond them: no value that a caller can make up panics.
func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return ""
	}
	return names[i]
}

// A Side is the endpoint that a request was posted to.
type Side uint8

// The two sides.
const (
	Eligibility Side = iota
	Assignment
)

// String is the side's name as a rule's target spells its level.
func (s Side) String() string { return name([]string{"Eligibility", "Assignment"}, int(s)) }

// A Request is what was asked and what became of it: immutable history.
type Request struct {
	ID        guid.ID
	Side      Side
	Action    Action
	Spelling  string // the action as the caller wrote it, echoed for roles (behaviour.md §2, 1)
	Principal guid.ID
	Target    Target

	Justification *string
	Ticket        Ticket
	Schedule      *Asked // nil when none was given
	DryRun        bool   // isValidationOnly
	// OutsidePIM marks a plain role assignment: made or deleted at a door that has no
	// field for a justification or a schedule (roleAssignments and its kin). It is judged
	// as adminAssign or adminRemove, and answers in the directory's codes.
	OutsidePIM bool

	By        Actor
	Created   when.Instant
	Completed when.Instant // when.Never while null
	Status    Status
	// Scheduled is the schedule that the request made or changed (targetScheduleId),
	// zero for none.
	Scheduled guid.ID
	// Approval names the approval that decides the request, zero for none.
	Approval guid.ID
	// Via is the eligibility that an activation used.
	Via Via
	// Proof is how the requester had signed in; an approval judges it again.
	Proof Proof
}

// A Ticket names the work that a request is for. Nil is null on the wire.
type Ticket struct{ Number, System *string }

// Empty reports whether nothing is named: blanks name nothing.
func (t Ticket) Empty() bool { return blank(t.Number) && blank(t.System) }

// blank reports whether a text that may be missing says nothing.
func blank(s *string) bool { return s == nil || strings.TrimSpace(*s) == "" }

// Asked is the scheduleInfo of a request. Start is when.Never when none was given.
type Asked struct {
	Start      when.Instant
	Expiration Expiration
}

// An Actor made a request: a user, or an application acting for itself.
type Actor struct {
	User    guid.ID
	App     guid.ID // appId
	AppName string
}

// A Proof is how and when a requester proved who they are, on the machine's clock.
type Proof struct {
	Methods []string // amr values
	MFA     bool     // a second factor is among them, and still fresh
	Context []string // authentication contexts satisfied (acrs)
}

// A Status is a request's state on the wire (behaviour.md §3, Status values).
type Status string

// The states that a request can be in.
const (
	Provisioned          Status = "Provisioned"
	Granted              Status = "Granted"
	PendingApproval      Status = "PendingApproval"
	PendingAdminDecision Status = "PendingAdminDecision"
	Denied               Status = "Denied"
	Canceled             Status = "Canceled"
	Revoked              Status = "Revoked"
	Failed               Status = "Failed"
	TimedOut             Status = "TimedOut"
)
