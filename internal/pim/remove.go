package pim

import (
	"slices"

	"ephor/internal/fault"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// remove decides adminRemove: what a principal holds of the target on the request's side
// is gone at once, what has yet to begin as well. On the assignment side that includes
// the principal's own activations, since whoever is removed must not stay active.
//
// Taking away needs less than giving: neither policy nor schedule is asked, and the role
// may be disabled, its scope or the principal deleted. Otherwise what they held would
// come back with them.
//
// An activation is in force only while its eligibility is, so removing that leaves none
// in force by itself. They are ended all the same, for the record: history says when and
// by whom. A grant made again afterwards has another id and revives none of them.
//
// Who has asked for an extension of what is taken away has their answer.
func remove(r Request, f Facts, now when.Instant) (Verdict, error) {
	kinds := []Kind{Eligible}
	if r.Side == Assignment {
		kinds = []Kind{Assigned, Activated}
	}
	held := f.standing(r, now, kinds...)
	if !anyOpen(held, now) {
		if err := f.known(r); err != nil {
			return Verdict{}, err
		}
		return Verdict{}, missing(r)
	}
	if err := f.mayChange(r, now); err != nil {
		return Verdict{}, err
	}
	if ownAdministration(r, held) {
		return Verdict{}, invalid(atPrincipal, "A Global Administrator cannot remove their own assignment of the role. Another one can.")
	}
	if f.LocksOut {
		return Verdict{}, lockout()
	}
	ended := schedules(held)
	if r.Side == Eligibility {
		ended = append(ended, f.standsOn(ended, now)...)
	}
	v := Verdict{Request: r.revoked(), End: ended}
	return v.answering(f, Overrule, Denied, now)
}

// ownAdministration reports whether a Global Administrator would remove what makes them one
// without activation (R:users; roles/notes.md, Trap). Activations one ends for oneself.
func ownAdministration(r Request, held []Held) bool {
	if r.By.User != r.Principal || r.Target.Role != roledata.GlobalAdministrator || r.Target.Scope.Kind != ScopeTenant {
		return false
	}
	return slices.ContainsFunc(held, func(h Held) bool { return h.Schedule.Kind == Assigned })
}

// anyOpen reports whether something is there to be removed: an activation that has lost
// its eligibility or its membership is nothing.
func anyOpen(held []Held, now when.Instant) bool {
	for _, h := range held {
		if h.Schedule.Kind != Activated || h.open(now) {
			return true
		}
	}
	return false
}

// mayChange refuses an administrator's change within RemoveWait of the start of what the
// principal has active, as Graph does, on either side.
func (f Facts) mayChange(r Request, now when.Instant) error {
	for _, h := range f.standing(r, now, Assigned, Activated) {
		begun := h.Schedule.Window.Covers(now) && h.open(now)
		if begun && now < h.Schedule.Window.Start.Add(f.Settings.RemoveWait) {
			return tooShort(f.Settings.RemoveWait)
		}
	}
	return nil
}

// lockout is the fault of a change after which nobody could become Global Administrator.
// Graph's own code for it is not on record.
func lockout() *fault.Fault {
	return invalid(atPrincipal, "After this, at some time, nobody could become Global Administrator. Give the role to somebody else first.")
}
