package pim

import (
	"fmt"

	"ephor/internal/when"
)

// kind is what an administrator's assignment on side gives.
func (s Side) kind() Kind {
	if s == Eligibility {
		return Eligible
	}
	return Assigned
}

// assign decides adminAssign: a principal is given eligibility for the target, or the
// target itself. What it holds already, begun or not, is changed by adminUpdate only. An
// activation is no obstacle, nor is a member's pending request: an administrator's word
// does not wait for theirs, and answers what was asked of administrators.
func assign(r Request, f Facts, now when.Instant) (Verdict, error) {
	echo, w, err := resolve(r.Schedule, Expiration{Type: NoExpiration, End: when.Never}, now)
	if err != nil {
		return Verdict{}, err
	}
	if err := f.admits(r); err != nil {
		return Verdict{}, err
	}
	if len(f.standing(r, now, r.Side.kind())) > 0 {
		return Verdict{}, exists(r)
	}
	if err := f.permitsAdmin(r, w); err != nil {
		return Verdict{}, err
	}
	if err := f.room(r); err != nil {
		return Verdict{}, err
	}
	r = r.made(echo, w)
	v := Verdict{Request: r, Put: []Schedule{r.grant(r.Side.kind(), echo, w)}}
	return v.answering(f, Fulfil, Provisioned, now)
}

// permitsAdmin is what the policy says against an administrator giving the target for w:
// rules 1 and 2 on the eligibility side, 6 and 7 on the other.
func (f Facts) permitsAdmin(r Request, w when.Window) error {
	if err := f.Policy.check(); err != nil {
		return fmt.Errorf("judge by policy: %w", err)
	}
	phase := f.Policy.phase(r.Side)
	if r.OutsidePIM {
		phase.Enablement.Justification = false // the door has no field for one
	}
	var x failures
	phase.lasting(&x, w, f.Settings)
	phase.Enablement.lacks(&x, r)
	return x.fault()
}
