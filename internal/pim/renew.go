package pim

import (
	"cmp"
	"slices"

	"ephor/internal/when"
)

// renew decides adminRenew: what time has ended, not longer than Settings.RenewWithin ago,
// is given again, by a new schedule. What was taken away is not had back so, and what is
// held is extended.
func renew(r Request, f Facts, now when.Instant) (Verdict, error) {
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
	if _, err := f.renewable(r, now); err != nil {
		return Verdict{}, err
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

// renewable is what r's principal held of its target last, and may have again.
func (f Facts) renewable(r Request, now when.Instant) (Schedule, error) {
	if len(f.standing(r, now, r.Side.kind())) > 0 {
		return Schedule{}, exists(r)
	}
	oldest := now.Add(-f.Settings.RenewWithin)
	var over []Schedule
	for _, s := range f.Ended {
		end := s.Window.End
		if s.Kind == r.Side.kind() && s.Principal == r.Principal && s.Target == r.Target && oldest <= end && end <= now {
			over = append(over, s)
		}
	}
	if len(over) == 0 {
		return Schedule{}, missing(r)
	}
	return slices.MaxFunc(over, func(a, b Schedule) int {
		return cmp.Or(cmp.Compare(a.Window.End, b.Window.End), a.ID.Compare(b.ID))
	}), nil
}
