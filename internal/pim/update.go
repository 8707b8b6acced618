package pim

import (
	"ephor/internal/when"
)

// update decides adminUpdate: the dates of what a principal holds, and only those, are
// replaced. As with adminExtend, the schedule is replaced by a new one that has the new
// request's id, and a past start is moved to now.
//
// Activations name the eligibility that they stand on, so the new one would leave them
// without. Each that still lies within the new window is put again, naming the new
// eligibility; each that does not is ended: it could not have been activated so.
func update(r Request, f Facts, now when.Instant) (Verdict, error) {
	if r.Schedule == nil {
		return Verdict{}, invalid(atSchedule, "An update replaces the dates; scheduleInfo is needed.")
	}
	echo, w, err := resolve(r.Schedule, Expiration{Type: NoExpiration, End: when.Never}, now)
	if err != nil {
		return Verdict{}, err
	}
	if err := f.admits(r); err != nil {
		return Verdict{}, err
	}
	old := schedules(f.standing(r, now, r.Side.kind()))
	if len(old) == 0 {
		return Verdict{}, missing(r)
	}
	if err := f.mayChange(r, now); err != nil {
		return Verdict{}, err
	}
	if err := f.permitsAdmin(r, w); err != nil {
		return Verdict{}, err
	}
	if f.LocksOut {
		return Verdict{}, lockout()
	}
	r = r.made(echo, w)
	v := Verdict{Request: r, Put: []Schedule{r.grant(r.Side.kind(), echo, w)}, End: old}
	v.carry(f.standsOn(old, now), w, now)
	return v.answering(f, Fulfil, Provisioned, now)
}

// carry moves the activations that fit into w, from now on, to the eligibility that the
// request makes, and ends the others.
func (v *Verdict) carry(activations []Schedule, w when.Window, now when.Instant) {
	for _, a := range activations {
		if max(a.Window.Start, now) < w.Start || a.Window.End > w.End {
			v.End = append(v.End, a)
			continue
		}
		a.Via.Eligibility, a.Modified = v.Request.ID, now
		v.Put = append(v.Put, a)
	}
}

// Replacement is the schedule that r, an adminUpdate at now, puts in the place of what is
// held; false when r's dates make none, and it will be refused.
func (r Request) Replacement(now when.Instant) (Schedule, bool) {
	if r.Action != AdminUpdate || r.Schedule == nil {
		return Schedule{}, false
	}
	echo, w, err := resolve(r.Schedule, Expiration{Type: NoExpiration, End: when.Never}, now)
	if err != nil {
		return Schedule{}, false
	}
	return r.fresh(now).grant(r.Side.kind(), echo, w), true
}

func schedules(held []Held) []Schedule {
	var list []Schedule
	for _, h := range held {
		list = append(list, h.Schedule)
	}
	return list
}
