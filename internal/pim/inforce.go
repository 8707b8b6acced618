package pim

import (
	"cmp"
	"slices"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Footing is what a schedule stands on besides its own window, at one instant.
type Footing struct {
	Principal   bool        // its principal lives and is enabled
	Role        bool        // the role is enabled, or the group lives
	Place       bool        // the membership that carries it is there, or none does
	Eligibility when.Window // of the eligibility that an activation stands on; empty when that is gone
}

// InForce reports whether s confers what it is for at now: the right itself, or
// eligibility for it. Nothing needs to have been ended for the answer to be no.
func (s Schedule) InForce(now when.Instant, on Footing) bool {
	if !s.Window.Covers(now) || !on.Principal || !on.Role || !on.Place {
		return false
	}
	return s.Kind != Activated || on.Eligibility.Covers(now)
}

// An Event is a boundary of a schedule's window, at the instant At. Time decides it by
// itself; it is there to be recorded.
type Event struct {
	Schedule guid.ID
	At       when.Instant
	Ends     bool // false for a start
}

// Due lists what came due after one instant and up to and including another, in the order
// in which it happened. Of one instant, ends come before starts.
func Due(schedules []Schedule, after, upTo when.Instant) []Event {
	var due []Event
	add := func(e Event) {
		if after < e.At && e.At <= upTo && e.At != when.Never {
			due = append(due, e)
		}
	}
	for _, s := range schedules {
		add(Event{Schedule: s.ID, At: s.Window.Start})
		add(Event{Schedule: s.ID, At: s.Window.End, Ends: true})
	}
	slices.SortFunc(due, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(btoi(b.Ends), btoi(a.Ends)), a.Schedule.Compare(b.Schedule))
	})
	return due
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
