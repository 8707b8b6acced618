package timekeeper

import (
	"ephor/internal/audit"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// keptFor is how long what is over, or deleted, can still be renewed or restored
// (behaviour.md §3 and §9).
const keptFor = 30 * when.Day

// nextEnd is when the first window ends of which that is not yet recorded.
func nextEnd(tx *store.ReadTx) (when.Instant, error) {
	first, err := tx.Ending(when.Never-1, 1)
	if err != nil || len(first) == 0 {
		return when.Never, err
	}
	return first[0].Window.End, nil
}

// recordEnds closes schedules whose windows are over, each with its record. With them goes as
// much of what is over for so long that nobody can ask for it any more: so it never grows.
func recordEnds(tx *store.WriteTx, most int) (int, error) {
	over, err := tx.Ending(tx.Now(), most)
	if err != nil || len(over) == 0 {
		return 0, err
	}
	n, err := namesOf(&tx.ReadTx, over)
	if err != nil {
		return 0, err
	}
	tx.CloseSchedules(over)
	for _, s := range over {
		tx.Record(n.ended(s))
	}
	tx.ForgetSchedules(tx.Now()-keptFor, most)
	tx.DropSessions(tx.Machine(), most)
	return len(over), nil
}

// ended is the record that time has taken a grant away.
func (n *names) ended(s pim.Schedule) audit.Record {
	r := n.record(s.Target, "expireSchedule", "Unassign", s.Expired())
	r.Correlation = s.Request
	if s.OutsidePIM() {
		r.Correlation = s.ID
	}
	r.Targets = n.targets(s.Target, s.Principal)
	r.Details = append(about(s.Target, s.Request), window(s.Window)...)
	return r
}
