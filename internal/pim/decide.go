package pim

import (
	"fmt"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Verdict is a granted request, and what it does: to schedules, Put are to be stored, an
// id that exists already being replaced, and End are to be removed; to other requests,
// Close are those that waited and have their answer with this one, as they are from then
// on. A refusal is an error and has no verdict.
type Verdict struct {
	Request Request // as it is stored and answered
	// Stored says that the request was made before, and waited: what became of it now is
	// stored with it. Otherwise it is new.
	Stored bool
	Put    []Schedule
	End    []Schedule
	Close  []Request
	// Approval is what the request waits for, or has waited for; nil for others.
	Approval *Approval
}

// A move is one row of the request's state machine: what an action asked for on a side
// leads to.
type move struct {
	action Action
	side   Side
	// becomes are the states that the request can be in when it is answered. A verdict
	// that says another is a mistake of ours, and is not answered.
	becomes []Status
	decide  func(Request, Facts, when.Instant) (Verdict, error)
	// refusal says why the action is not had here; decide is nil then.
	refusal string
}

const (
	notHere = "An eligibility is activated and deactivated at the assignment endpoint."
)

// moves is the state machine (behaviour.md §3, Actions). What is not in it is refused.
var moves = []move{
	{action: AdminAssign, side: Eligibility, becomes: []Status{Provisioned, Granted}, decide: assign},
	{action: AdminAssign, side: Assignment, becomes: []Status{Provisioned, Granted}, decide: assign},
	{action: AdminUpdate, side: Eligibility, becomes: []Status{Provisioned, Granted}, decide: update},
	{action: AdminUpdate, side: Assignment, becomes: []Status{Provisioned, Granted}, decide: update},
	{action: AdminRemove, side: Eligibility, becomes: []Status{Revoked}, decide: remove},
	{action: AdminRemove, side: Assignment, becomes: []Status{Revoked}, decide: remove},
	{action: SelfActivate, side: Eligibility, refusal: notHere},
	{action: SelfActivate, side: Assignment, becomes: []Status{Provisioned, Granted, PendingApproval}, decide: activate},
	{action: SelfDeactivate, side: Eligibility, refusal: notHere},
	{action: SelfDeactivate, side: Assignment, becomes: []Status{Revoked}, decide: deactivate},
	{action: AdminExtend, side: Eligibility, becomes: []Status{Provisioned, Granted}, decide: extend},
	{action: AdminExtend, side: Assignment, becomes: []Status{Provisioned, Granted}, decide: extend},
	{action: AdminRenew, side: Eligibility, becomes: []Status{Provisioned, Granted}, decide: renew},
	{action: AdminRenew, side: Assignment, becomes: []Status{Provisioned, Granted}, decide: renew},
	{action: SelfExtend, side: Eligibility, becomes: []Status{PendingAdminDecision}, decide: askExtension},
	{action: SelfExtend, side: Assignment, becomes: []Status{PendingAdminDecision}, decide: askExtension},
	{action: SelfRenew, side: Eligibility, becomes: []Status{PendingAdminDecision}, decide: askRenewal},
	{action: SelfRenew, side: Assignment, becomes: []Status{PendingAdminDecision}, decide: askRenewal},
}

// Decide answers a request at now. It reads nothing and changes nothing, so that one call
// serves the dry run, the real request and the tests. A refusal is a *fault.Fault; any
// other error means that the facts cannot be judged by, and nothing may be granted.
//
// Who may make the request is not judged here, but for one thing: what one asks for
// oneself, one asks for in one's own name.
func Decide(r Request, f Facts, now when.Instant) (Verdict, error) {
	if now < earliest || now > latest {
		return Verdict{}, fmt.Errorf("decide at %d: not an instant of the wire", int64(now))
	}
	i := slices.IndexFunc(moves, func(m move) bool { return m.action == r.Action && m.side == r.Side })
	if i < 0 {
		return Verdict{}, invalid("action", "The action is unknown.")
	}
	m := moves[i]
	if m.refusal != "" {
		return Verdict{}, invalid("action", m.refusal)
	}
	if r.Action.Self() && !f.ownName(r) {
		return Verdict{}, invalid(atPrincipal, "principalId must be the caller's own id; a group's eligibility is activated by each member alone.")
	}
	v, err := m.decide(r.fresh(now), f, now)
	if err != nil {
		return Verdict{}, r.worded(err)
	}
	if !slices.Contains(m.becomes, v.Request.Status) {
		return Verdict{}, fmt.Errorf("decide %s: %q is not a state it leads to", r.Action, v.Request.Status)
	}
	if r.DryRun {
		v = v.rehearsed()
	}
	return v, nil
}

// ownName reports whether r's caller asks in their own name, or, where the tenant allows
// that, in the name of a group whose member they are.
func (f Facts) ownName(r Request) bool {
	if r.By.User.IsZero() || r.By.User == r.Principal {
		return !r.By.User.IsZero()
	}
	activates := r.Action == SelfActivate || r.Action == SelfDeactivate
	return activates && f.Settings.ActivateGroups && f.Principal.Kind == directory.KindGroup && f.Principal.CallerIn
}

// fresh is r with nothing yet become of it, whatever it came with.
func (r Request) fresh(now when.Instant) Request {
	r.Created, r.Completed = now, when.Never
	r.Status, r.Scheduled, r.Approval, r.Via = "", guid.ID{}, guid.ID{}, Via{}
	if r.Spelling == "" || !r.Target.Group.IsZero() {
		r.Spelling = r.Action.String() // only role requests echo the caller's (behaviour.md §2, 1)
	}
	return r
}

// made is r once it has made a schedule of window w. The work is done when the answer
// leaves: a grant from now on is complete now, a later one at its start (§2, 4 and 5).
func (r Request) made(echo Asked, w when.Window) Request {
	r.Schedule, r.Scheduled, r.Completed = &echo, r.ID, w.Start
	r.Status = Provisioned
	if w.Start > r.Created {
		r.Status = Granted
	}
	return r
}

// revoked is r once it has taken something away (§2, 9).
func (r Request) revoked() Request {
	r.Status, r.Schedule = Revoked, nil
	return r
}

// grant is the schedule that r makes; it has r's id. One made outside PIM names no request.
func (r Request) grant(kind Kind, echo Asked, w when.Window) Schedule {
	s := Schedule{
		ID: r.ID, Kind: kind, Principal: r.Principal, Target: r.Target,
		Window: w, Expiration: echo.Expiration,
		Request: r.ID, Created: r.Created, Modified: when.Never, Via: r.Via,
	}
	if r.OutsidePIM {
		s.Request = guid.ID{}
	}
	return s
}

// rehearsed is the verdict of a dry run: that it would be granted, or whose word it would
// wait for, and nothing done (§5).
func (v Verdict) rehearsed() Verdict {
	v.Request.Scheduled, v.Request.Approval = guid.ID{}, guid.ID{}
	if !v.Request.Status.Pending() {
		v.Request.Status = Granted
	}
	v.Put, v.End, v.Close, v.Approval = nil, nil, nil, nil
	return v
}
