package pim

import (
	"slices"
	"time"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// Facts is everything that Decide needs to know, gathered by one read in the request's
// own transaction. What allows something (existence, eligibility, policy) denies while it
// is zero; what forbids something (Standing, Pending, LocksOut) must have been looked for.
type Facts struct {
	Principal Principal
	Role      Role // of a role's target
	Group     bool // the group of a group's target lives
	// Scope is the kind of the live object that the target's scope names, KindNone when
	// there is none. It is not read for the tenant.
	Scope directory.Kind
	// Units are the live administrative units that the object of the target's scope is a
	// member of. They are read for that kind of scope only.
	Units []guid.ID
	// TakesScope reports that the role can be held at the scope asked for; built-in roles
	// cannot all be held below the tenant. It is not read for the tenant.
	TakesScope bool

	// Standing is what the principal itself holds of the target, of every kind, also what
	// has yet to begin.
	Standing []Held
	// Eligibilities are those of the target's role or group that the principal has, itself or
	// as member of a group, at whatever scope.
	Eligibilities []Held
	// Activations are whatever stands on an eligibility in Standing, whoever activated it.
	Activations []Schedule
	// Ended is what the principal held of the target on the request's side until time ended
	// it, not longer ago than Settings.RenewWithin. It is read for renewals only.
	Ended []Schedule
	// Pending are the requests for the principal and target, on the request's side, that
	// await somebody's word.
	Pending []Request
	// LocksOut reports that, were gone what the request takes away with what stands on it,
	// and there what an update puts in its place, there would be an instant from which
	// nobody could become Global Administrator without somebody else's approval.
	LocksOut bool
	// Custom and Narrow are how many eligibilities and assignments the principal itself has:
	// of custom roles, and of built-in roles below the tenant.
	Custom, Narrow int

	Policy   Policy // the target's
	Settings Settings
}

// A Principal is who is to hold a grant. Kind is KindNone when nobody lives under the id.
type Principal struct {
	Kind           directory.Kind
	Enabled        bool // true for a group
	RoleAssignable bool // a group's isAssignableToRole
	CallerIn       bool // of a group: the request's caller is a member of it
}

// A Role is what a grant confers. Exists is false for the id of none.
type Role struct{ Exists, Enabled bool }

// A Held is a schedule with what must be there besides its own window for it to count.
type Held struct {
	Schedule Schedule
	// Membership is the place in a group through which the principal holds it, or through
	// which it was activated; zero when it is the principal's own.
	Membership guid.ID
	// PlaceEnds is when time ends that place; zero when it does not.
	PlaceEnds when.Instant
	// Place reports that the grant is the principal's own, or that the place is still
	// there and its group lives.
	Place bool
	// Eligibility is the window of the eligibility that an activation stands on; empty
	// when that is gone, and for other kinds.
	Eligibility when.Window
}

// ends is when time ends what h gives to the principal.
func (h Held) ends() when.Instant {
	if h.PlaceEnds != 0 {
		return min(h.Schedule.Window.End, h.PlaceEnds)
	}
	return h.Schedule.Window.End
}

// open reports whether h has not ended and still stands on what it was made from. It may
// have yet to begin.
func (h Held) open(now when.Instant) bool {
	next := max(now, h.Schedule.Window.Start)
	return h.Schedule.InForce(next, Footing{Principal: true, Role: true, Place: h.Place, Eligibility: h.Eligibility})
}

// inForce reports whether h confers its target, or eligibility for it, at now.
func (f Facts) inForce(h Held, now when.Instant) bool {
	role := f.Role.Enabled
	if !h.Schedule.Target.Group.IsZero() {
		role = f.Group
	}
	return h.Schedule.InForce(now, Footing{Principal: f.Principal.Enabled, Role: role, Place: h.Place, Eligibility: h.Eligibility})
}

// awaiting reports whether another request than r waits for somebody's word.
func (f Facts) awaiting(r Request) bool {
	return slices.ContainsFunc(f.Pending, func(p Request) bool { return p.ID != r.ID })
}

// standing lists what r's principal holds of r's target, of the given kinds, that has
// not ended.
func (f Facts) standing(r Request, now when.Instant, kinds ...Kind) []Held {
	var held []Held
	for _, h := range f.Standing {
		s := h.Schedule
		if s.Principal != r.Principal || s.Target != r.Target || s.Window.End <= now {
			continue
		}
		for _, k := range kinds {
			if s.Kind == k {
				held = append(held, h)
			}
		}
	}
	return held
}

// standsOn lists the activations that have not ended and stand on one of the eligibilities
// among the schedules.
func (f Facts) standsOn(schedules []Schedule, now when.Instant) []Schedule {
	on := make(map[guid.ID]bool, len(schedules))
	for _, e := range schedules {
		on[e.ID] = e.Kind == Eligible
	}
	var list []Schedule
	for _, a := range f.Activations {
		if a.Kind == Activated && on[a.Via.Eligibility] && a.Window.End > now {
			list = append(list, a)
		}
	}
	return list
}

// Settings are the tenant's own bounds, where Graph has fixed ones (behaviour.md §3).
type Settings struct {
	Shortest       time.Duration // the shortest grant
	DeactivateWait time.Duration // from an activation's start until its holder may end it
	RemoveWait     time.Duration // from a grant's start until an administrator may change it
	ExtendWithin   time.Duration // before a grant's end, in which its holder may ask for more
	RenewWithin    time.Duration // after a grant's end, in which it can be renewed; at most 30 days
	// ActivateGroups lets a member activate, and deactivate, what a group is eligible for in
	// the group's name: for everybody in it.
	ActivateGroups bool
	// ForgetRequests is how long after the last of it a request is forgotten, at least 30
	// days; 0 never.
	ForgetRequests time.Duration
}

// DefaultSettings are Graph's, but for RemoveWait: a script that assigns and takes back at
// once must work; for ActivateGroups, since what one asks for is not the others' to have;
// and for ForgetRequests: history is kept.
func DefaultSettings() Settings {
	const day = 24 * time.Hour
	return Settings{
		Shortest: 5 * time.Minute, DeactivateWait: 5 * time.Minute,
		ExtendWithin: 14 * day, RenewWithin: 30 * day,
	}
}
