package pim

import (
	"ephor/internal/when"
)

// extend decides adminExtend: what a principal holds with an end gets a later one. The
// schedule is replaced by a new one that has the request's id, from now on, and what was
// activated on an eligibility goes on upon the new one.
//
// An extension only adds: it ends later, begins no sooner than what it extends, and leaves
// no gap. Whoever wants other dates updates. What time has ended is renewed, not extended.
func extend(r Request, f Facts, now when.Instant) (Verdict, error) {
	if err := f.admits(r); err != nil {
		return Verdict{}, err
	}
	x, err := f.longer(r, now)
	if err != nil {
		return Verdict{}, err
	}
	if err := f.permitsAdmin(r, x.window); err != nil {
		return Verdict{}, err
	}
	r = r.made(x.echo, x.window)
	v := Verdict{Request: r, Put: []Schedule{r.grant(r.Side.kind(), x.echo, x.window)}, End: []Schedule{x.old}}
	v.carry(f.standsOn(v.End, now), x.window, now)
	return v.answering(f, Fulfil, Provisioned, now)
}

// An extension is what a request to extend comes to.
type extension struct {
	old    Schedule
	echo   Asked
	window when.Window
}

// longer is the extension that r asks for, of what its principal holds.
func (f Facts) longer(r Request, now when.Instant) (extension, error) {
	held := f.standing(r, now, r.Side.kind())
	if len(held) == 0 {
		return extension{}, missing(r)
	}
	x := extension{old: held[0].Schedule}
	if r.Schedule == nil {
		return x, invalid(atSchedule, "An extension needs a new end; give scheduleInfo.")
	}
	if x.old.Window.End == when.Never {
		return x, invalid(atExpiration, "What has no end cannot be extended.")
	}
	from := max(now, x.old.Window.Start)
	var err error
	if x.echo, x.window, err = resolve(r.Schedule, Expiration{Type: NoExpiration, End: when.Never}, from); err != nil {
		return x, err
	}
	switch {
	case x.window.Start != from:
		return x, invalid(atStart, "An extension leaves no gap: it starts where the grant is now.")
	case x.window.End <= x.old.Window.End:
		return x, invalid(atExpiration, "An extension ends later than what it extends.")
	}
	return x, nil
}

// answering is v that also closes the requests that wait for an administrator, about what
// v's request has just decided. What was asked for and is had names the schedule made.
func (v Verdict) answering(f Facts, on Occasion, to Status, now when.Instant) (Verdict, error) {
	for _, p := range f.Pending {
		if p.Status != PendingAdminDecision || p.ID == v.Request.ID {
			continue
		}
		closed, err := p.Turn(on, to, now)
		if err != nil {
			return Verdict{}, err
		}
		if on == Fulfil {
			closed.Scheduled = v.Request.Scheduled
		}
		v.Close = append(v.Close, closed)
	}
	return v, nil
}
