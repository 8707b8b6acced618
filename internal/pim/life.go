package pim

import (
	"fmt"
	"slices"

	"ephor/internal/when"
)

// An Occasion takes a request that waited from one state to another.
type Occasion uint8

// The occasions.
const (
	Begin    Occasion = iota + 1 // the start of its grant has come
	Withdraw                     // its grant is taken away before it began
	Cancel                       // who made it, or an administrator, calls it off
	Approve                      // an approver says yes
	Deny                         // an approver says no
	TimeOut                      // nobody has decided in time
	Fulfil                       // an administrator has given what it asks for
	Overrule                     // an administrator has taken away what it is about
)

var occasionNames = [...]string{"", "begin", "withdraw", "cancel", "approve", "deny", "timeOut", "fulfil", "overrule"}

// String is the occasion's name in the state diagram.
func (o Occasion) String() string { return name(occasionNames[:], int(o)) }

// A turn is one row of what becomes of requests that wait (behaviour.md §3, cancel and
// Status values; §8). Decide's moves are how their lives begin.
type turn struct {
	from Status
	on   Occasion
	to   []Status
}

// turns is the life of a request after its answer. A state that is in no row's from is
// final: history, which nothing changes.
var turns = []turn{
	{Granted, Begin, []Status{Provisioned}},
	{Granted, Withdraw, []Status{Canceled}},
	{Granted, Cancel, []Status{Canceled}},
	{PendingApproval, Approve, []Status{Provisioned, Granted}},
	{PendingApproval, Deny, []Status{Denied}},
	{PendingApproval, TimeOut, []Status{TimedOut}},
	{PendingApproval, Cancel, []Status{Canceled}},
	{PendingAdminDecision, Deny, []Status{Denied}},
	{PendingAdminDecision, Fulfil, []Status{Provisioned}},
	{PendingAdminDecision, Overrule, []Status{Denied}},
	{PendingAdminDecision, Cancel, []Status{Canceled}},
}

// Waits reports whether something can still become of a request in the state.
func (s Status) Waits() bool {
	return slices.ContainsFunc(turns, func(t turn) bool { return t.from == s })
}

// Pending reports whether a request in the state waits for somebody's word.
func (s Status) Pending() bool { return s == PendingApproval || s == PendingAdminDecision }

// Before lists the states in which a request can meet the occasion.
func Before(on Occasion) []Status {
	var from []Status
	for _, t := range turns {
		if t.on == on {
			from = append(from, t.from)
		}
	}
	return from
}

// Turn is r once the occasion has brought it to a state, complete at now. It is an error of
// ours, not a fault, if r's state and the occasion do not lead there.
func (r Request) Turn(on Occasion, to Status, now when.Instant) (Request, error) {
	for _, t := range turns {
		if t.from == r.Status && t.on == on && slices.Contains(t.to, to) {
			r.Status = to
			if on != Begin { // which is when it was to be complete
				r.Completed = now
			}
			return r, nil
		}
	}
	return Request{}, fmt.Errorf("request %s: %s does not lead from %q to %q", r.ID, on, r.Status, to)
}

// A Change is one way from a state to another, for whoever draws the life of requests.
type Change struct {
	From Status // "" before the request was made
	On   string // the action that was asked for, or the occasion
	// Sides on which the action is had; none for an occasion.
	Sides []Side
	To    Status
}

// Life is every change that a request can undergo: the moves of Decide first, then the
// turns, in the order of their tables.
func Life() []Change {
	var all []Change
	for _, m := range moves {
		for _, to := range m.becomes {
			all = addSide(all, Change{On: m.action.String(), Sides: []Side{m.side}, To: to})
		}
	}
	for _, t := range turns {
		for _, to := range t.to {
			all = append(all, Change{From: t.from, On: t.on.String(), To: to})
		}
	}
	return all
}

// addSide is all with c, which joins the change that differs in its side alone.
func addSide(all []Change, c Change) []Change {
	for i := range all {
		if all[i].On == c.On && all[i].To == c.To {
			all[i].Sides = append(all[i].Sides, c.Sides...)
			return all
		}
	}
	return append(all, c)
}
