package pim

import (
	"ephor/internal/when"
)

// deactivate decides selfDeactivate: the caller's running activation ends now. What was
// assigned to them stays, and so does an activation that has yet to begin, which is
// withdrawn by cancelling its request. Neither policy nor the role's state is asked.
func deactivate(r Request, f Facts, now when.Instant) (Verdict, error) {
	var running []Schedule
	for _, h := range f.standing(r, now, Activated) {
		if h.open(now) && h.Schedule.Window.Covers(now) {
			running = append(running, h.Schedule)
		}
	}
	if len(running) == 0 {
		if err := f.known(r); err != nil {
			return Verdict{}, err
		}
		return Verdict{}, missing(r)
	}
	for _, s := range running {
		if now < s.Window.Start.Add(f.Settings.DeactivateWait) {
			return Verdict{}, tooShort(f.Settings.DeactivateWait)
		}
	}
	if f.LocksOut {
		return Verdict{}, lockout()
	}
	return Verdict{Request: r.revoked(), End: running}, nil
}
