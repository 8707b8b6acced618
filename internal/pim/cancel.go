package pim

import (
	"slices"

	"ephor/internal/fault"
	"ephor/internal/when"
)

// CallOff decides cancel: r, which was made before and waits, is called off. What is to begin
// later will not, with all that would have stood on it. The facts are those of r itself.
// Who may call it off is not judged here (behaviour.md §3, cancel; operations.md).
func CallOff(r Request, f Facts, now when.Instant) (Verdict, error) {
	if !slices.Contains(Before(Cancel), r.Status) {
		return Verdict{}, fault.Bad("RequestCannotBeCancelled", "Only a request that is Granted, PendingApproval or PendingAdminDecision can be cancelled.")
	}
	canceled, err := r.Turn(Cancel, Canceled, now)
	if err != nil || r.Status != Granted {
		return Verdict{Request: canceled, Stored: true}, err
	}
	var made []Schedule
	for _, h := range f.Standing {
		if h.Schedule.ID == r.Scheduled {
			made = append(made, h.Schedule)
		}
	}
	if f.LocksOut {
		return Verdict{}, lockout()
	}
	return Verdict{Request: canceled, Stored: true, End: append(made, f.standsOn(made, now)...)}, nil
}
