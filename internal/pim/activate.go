package pim

import (
	"cmp"
	"fmt"
	"slices"

	"ephor/internal/when"
)

// activate decides selfActivate: who is eligible for the target has it for a while, on
// the eligibility that is chosen here. Every rule is judged before the answer, so that a
// caller learns of all that is missing at once. Where the policy asks for approval the
// request waits for it, and is judged again when it comes.
func activate(r Request, f Facts, now when.Instant) (Verdict, error) {
	act, err := f.activation(r, now)
	if err != nil {
		return Verdict{}, err
	}
	if f.Policy.Approval.Required {
		return act.awaits(r, f.Policy, now), nil
	}
	return act.verdict(r, f, now), nil
}

// An activation is what an allowed selfActivate comes to.
type activation struct {
	echo   Asked
	window when.Window
	on     Held // the eligibility that it stands on
}

// activation is what r comes to at now, or why it is refused.
func (f Facts) activation(r Request, now when.Instant) (activation, error) {
	if err := f.Policy.check(); err != nil {
		return activation{}, fmt.Errorf("judge by policy: %w", err)
	}
	longest := Expiration{Type: AfterDuration, End: when.Never, Duration: f.Policy.EndUserAssignment.Expiration.Maximum}
	echo, w, err := resolve(r.Schedule, longest, now)
	if err != nil {
		return activation{}, err
	}
	if err := f.admits(r); err != nil {
		return activation{}, err
	}
	if f.alreadyActive(r, w, now) {
		return activation{}, exists(r)
	}
	if f.awaiting(r) {
		return activation{}, pending()
	}
	on, err := f.permitsUser(r, w, now)
	return activation{echo: echo, window: w, on: on}, err
}

// verdict is that r has its privilege, from now on or from its start.
func (act activation) verdict(r Request, f Facts, now when.Instant) Verdict {
	r.Via = Via{Eligibility: act.on.Schedule.ID, Membership: act.on.Membership}
	r = r.made(act.echo, act.window)
	if act.window.Start <= now { // which an approval comes to later than the request
		r.Status = Provisioned
	}
	s := r.grant(Activated, act.echo, act.window)
	s.Created = now
	return Verdict{Request: r, Put: []Schedule{s}, End: f.lapsed(r, now)}
}

// awaits is that r waits for approval. As in Graph it names the schedule that it would
// make, is complete already, and has no start unless it is to begin later (behaviour.md §3).
func (act activation) awaits(r Request, p Policy, now when.Instant) Verdict {
	echo := act.echo
	if echo.Start <= now {
		echo.Start = when.Never
	}
	r.Via = Via{Eligibility: act.on.Schedule.ID, Membership: act.on.Membership}
	r.Schedule, r.Scheduled, r.Completed = &echo, r.ID, now
	r.Status, r.Approval = PendingApproval, r.ID
	return Verdict{Request: r, Approval: awaited(r, p, now)}
}

// alreadyActive reports whether the principal has the target now, in which case nothing
// more is activated, not even for later (errors.md, RoleAssignmentExists), or has
// activated it for a time that w overlaps. Two activations one after the other, neither
// begun, are two.
func (f Facts) alreadyActive(r Request, w when.Window, now when.Instant) bool {
	for _, h := range f.standing(r, now, Assigned, Activated) {
		if f.inForce(h, now) {
			return true
		}
		if h.Schedule.Kind == Activated && h.open(now) && h.Schedule.Window.Overlaps(w) {
			return true
		}
	}
	return false
}

// lapsed lists the principal's activations whose window is still open though they lost
// what they stood on. They are in force no more; with a new one made they are ended, so
// that never two of one target are open at an instant.
func (f Facts) lapsed(r Request, now when.Instant) []Schedule {
	var list []Schedule
	for _, h := range f.standing(r, now, Activated) {
		if !h.open(now) {
			list = append(list, h.Schedule)
		}
	}
	return list
}

// permitsUser is what the policy says against the caller having the target for w, and the
// eligibility to stand on: rules 11 to 14.
func (f Facts) permitsUser(r Request, w when.Window, now when.Instant) (Held, error) {
	var x failures
	rules := f.Policy.EndUserAssignment
	on := f.choose(&x, r, w, now)
	if !rules.Expiration.within(w) { // no activation is permanent, whether an end is required or not
		x.add("ExpirationRule", atExpiration, "An activation lasts at most "+rules.Expiration.Maximum+".")
	}
	f.Settings.lasting(&x, w)
	claim, mfa := f.Policy.Context.asks()
	rules.Enablement.MFA = rules.Enablement.MFA || mfa
	rules.Enablement.Justification = rules.Enablement.Justification || f.Policy.Approval.Required && f.Policy.Approval.RequestorJustification
	rules.Enablement.lacks(&x, r)
	if err := x.fault(); err != nil {
		return Held{}, err
	}
	if claim != "" && !r.Proof.satisfies(claim) {
		return Held{}, needsContext(claim)
	}
	return on, nil
}

// choose is the eligibility that the caller's activation for w stands on. An activation
// may not outlive it; Graph refuses rather than cutting it short. Of several that would
// do, the caller's own comes before a group's, then the one that lasts longest, then the
// lowest id, so that the same facts choose the same.
func (f Facts) choose(x *failures, r Request, w when.Window, now when.Instant) Held {
	var eligible []Held
	for _, h := range f.Eligibilities {
		if f.carries(h, r) && f.inForce(h, now) {
			eligible = append(eligible, h)
		}
	}
	if len(eligible) == 0 {
		x.add("EligibilityRule", r.about(), "You are not eligible for this now.")
		return Held{}
	}
	slices.SortFunc(eligible, preferred)
	i := slices.IndexFunc(eligible, func(h Held) bool { return w.End <= h.ends() })
	if i < 0 {
		x.add("ExpirationRule", atExpiration, "Your eligibility ends before the activation would.")
		return Held{}
	}
	return eligible[i]
}

// carries reports whether h is an eligibility by which r's principal might activate r's
// target: for the same, or at a wider scope; its own, or held through a group.
func (f Facts) carries(h Held, r Request) bool {
	s := h.Schedule
	own := s.Principal == r.Principal
	return s.Kind == Eligible && own == h.Membership.IsZero() && r.Target.Within(s.Target, f.Units)
}

// preferred orders eligibilities by which is chosen first.
func preferred(a, b Held) int {
	return cmp.Or(
		cmp.Compare(btoi(!a.Membership.IsZero()), btoi(!b.Membership.IsZero())),
		cmp.Compare(b.ends(), a.ends()),
		a.Schedule.ID.Compare(b.Schedule.ID),
	)
}
