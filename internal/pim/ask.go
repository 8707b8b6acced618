package pim

import (
	"fmt"

	"ephor/internal/when"
)

// askExtension decides selfExtend: the holder of a grant that ends soon asks for more of
// it. Nothing changes until an administrator extends it, or says no.
//
// Only what is one's own is extended: what a group has, its administrators extend for all.
func askExtension(r Request, f Facts, now when.Instant) (Verdict, error) {
	if err := f.admits(r); err != nil {
		return Verdict{}, err
	}
	x, err := f.longer(r, now)
	if err != nil {
		return Verdict{}, err
	}
	if x.old.Window.End > now.Add(f.Settings.ExtendWithin) {
		return Verdict{}, invalid(atPrincipal, "An extension can be asked for within "+when.FormatDuration(f.Settings.ExtendWithin)+" of the end.")
	}
	return f.asks(r, x.old, x.echo, x.window, now)
}

// askRenewal decides selfRenew: who held a grant until time ended it asks for it again.
func askRenewal(r Request, f Facts, now when.Instant) (Verdict, error) {
	if r.Schedule == nil {
		return Verdict{}, invalid(atSchedule, "A renewal needs dates; give scheduleInfo.")
	}
	echo, w, err := resolve(r.Schedule, Expiration{Type: NoExpiration, End: when.Never}, now)
	if err != nil {
		return Verdict{}, err
	}
	if err := f.admits(r); err != nil {
		return Verdict{}, err
	}
	old, err := f.renewable(r, now)
	if err != nil {
		return Verdict{}, err
	}
	return f.asks(r, old, echo, w, now)
}

// asks is the verdict on asking an administrator for w, about what old gives or gave.
func (f Facts) asks(r Request, old Schedule, echo Asked, w when.Window, now when.Instant) (Verdict, error) {
	if len(f.Pending) > 0 {
		return Verdict{}, pending()
	}
	if err := f.permitsAsking(r, w); err != nil {
		return Verdict{}, err
	}
	r.Schedule, r.Scheduled, r.Status, r.Approval = &echo, old.ID, PendingAdminDecision, r.ID
	return Verdict{Request: r, Approval: awaitedExtension(r, f.Policy, now)}, nil
}

// permitsAsking is what the policy says against asking for w. How long it may last is what
// an administrator could give (rules 1 and 6), so that nobody waits for what cannot be;
// what it comes with is what the policy asks of users (rule 12), a second factor included
// (S:000), and of who asks for approval (rule 13).
func (f Facts) permitsAsking(r Request, w when.Window) error {
	if err := f.Policy.check(); err != nil {
		return fmt.Errorf("judge by policy: %w", err)
	}
	phase := f.Policy.phase(r.Side)
	phase.Enablement = f.Policy.EndUserAssignment.Enablement
	phase.Enablement.Justification = phase.Enablement.Justification || f.Policy.Approval.RequestorJustification
	var x failures
	phase.lasting(&x, w, f.Settings)
	phase.Enablement.lacks(&x, r)
	return x.fault()
}
