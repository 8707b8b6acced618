package model

import (
	"slices"
	"time"
)

// What the reference documents set: no grant is shorter and no activation younger than
// this when its holder ends it (behaviour.md §3), and none lasts longer by default (§7).
const (
	shortest = 5 * time.Minute
	longest  = 8 * time.Hour
)

// restorable is how long what was deleted can come back (behaviour.md §9).
const restorable = 30 * 24 * time.Hour

// The answers of PIM (errors.md §1a) and of the directory (§2).
var (
	invalid      = refusal{400, "InvalidRoleAssignmentRequest"}
	exists       = refusal{400, "RoleAssignmentExists"}
	missing      = refusal{400, "RoleAssignmentDoesNotExist"}
	tooYoung     = refusal{400, "ActiveDurationTooShort"}
	noSubject    = refusal{404, "SubjectNotFound"}
	againstRules = refusal{400, "RoleAssignmentRequestPolicyValidationFailed"}
	noToken      = refusal{401, "InvalidAuthenticationToken"}
	notFound     = refusal{404, "Request_ResourceNotFound"}
	conflict     = refusal{400, "Request_BadRequest"}
	waiting      = refusal{400, "PendingRoleAssignmentRequest"}
	forbidden    = refusal{403, "UnauthorizedAccessException"}

	uncancellable = refusal{400, "RequestCannotBeCancelled"}
)

// A refusal is how a call may be refused.
type refusal struct {
	status int
	code   string
}

// A judgement is what the model expects of a call. Where several things stand in its way,
// the documents do not say which is named: any will do. Rules are named together.
type judgement struct {
	refusals []refusal
	rules    []string
}

func (j *judgement) refuse(why refusal) {
	if !slices.Contains(j.refusals, why) {
		j.refusals = append(j.refusals, why)
	}
}

func (j *judgement) breaks(rule string) {
	j.refuse(againstRules)
	if !slices.Contains(j.rules, rule) {
		j.rules = append(j.rules, rule)
	}
}

func (j *judgement) granted() bool { return len(j.refusals) == 0 }

// An asking is a schedule request as it is made.
type asking struct {
	who, role int
	start     *time.Time // nil for none
	until     *time.Time // afterDateTime
	length    time.Duration
	unending  bool // noExpiration; with none of the three, nothing is specified
	silent    bool // without justification
	alone     bool // of an activation: signed in without a second factor
	dry       bool
}

// window is the time that is asked for. A start that is past is moved up (behaviour.md §2,
// 4); it is no window when it ends before it begins.
func (r *reference) window(a asking, unset time.Duration) (from, to time.Time, ok bool) {
	return windowFrom(r.now, a, unset)
}

// windowFrom is window for what begins at from at the soonest.
func windowFrom(from time.Time, a asking, unset time.Duration) (_, to time.Time, ok bool) {
	if a.start != nil && a.start.After(from) {
		from = *a.start
	}
	switch {
	case a.until != nil:
		to = *a.until
	case a.length > 0:
		to = from.Add(a.length)
	case a.unending || unset == 0:
		to = never
	default:
		to = from.Add(unset)
	}
	return from, to, to.After(from)
}

// takes judges what stands in the way of a principal being given a role at all.
func (r *reference) takes(j *judgement, a asking) {
	if r.beings[a.who].deleted {
		j.refuse(noSubject)
	}
	if r.off[a.role] {
		j.refuse(invalid)
	}
}

// assign judges adminAssign.
func (r *reference) assign(kind string, a asking) (j judgement, from, to time.Time) {
	from, to, ok := r.window(a, 0)
	if !ok {
		j.refuse(invalid)
	}
	r.takes(&j, a)
	if len(r.held(a.who, a.role, kind)) > 0 {
		j.refuse(exists)
	}
	r.allows(&j, kind, a, from, to)
	return j, from, to
}

// allows judges by the default policy's rules for administrators: an assignment, not an
// eligibility, needs a justification; either may be of any length but the shortest.
func (r *reference) allows(j *judgement, kind string, a asking, from, to time.Time) {
	if a.silent && kind == assigned {
		j.breaks("JustificationRule")
	}
	if to.Before(from.Add(shortest)) {
		j.breaks("ExpirationRule")
	}
}

// update judges adminUpdate.
func (r *reference) update(kind string, a asking) (j judgement, from, to time.Time) {
	from, to, ok := r.window(a, 0)
	if !ok {
		j.refuse(invalid)
	}
	r.takes(&j, a)
	if len(r.held(a.who, a.role, kind)) == 0 {
		j.refuse(missing)
	}
	r.allows(&j, kind, a, from, to)
	return j, from, to
}

// updated makes the change: the grant is replaced by one with the request's id. What was
// activated from it goes on, if it still lies within.
func (r *reference) updated(id, kind string, a asking, from, to time.Time) {
	old := r.held(a.who, a.role, kind)
	for _, g := range r.standsOn(old) {
		begins := g.from
		if begins.Before(r.now) {
			begins = r.now
		}
		if begins.Before(from) || g.to.After(to) {
			r.end(g)
		} else {
			g.on = id
		}
	}
	r.end(old...)
	r.given(id, kind, a, from, to)
}

// given makes a grant, which answers who waits for it.
func (r *reference) given(id, kind string, a asking, from, to time.Time) {
	r.grants = append(r.grants, &grant{id: id, kind: kind, who: a.who, role: a.role, from: from, to: to})
	r.answered(kind, a, id)
}

// taking are the kinds that adminRemove takes away on the side of a kind.
func taking(kind string) []string {
	if kind == assigned {
		return []string{assigned, activated}
	}
	return []string{eligible}
}

// removes lists what adminRemove takes away.
func (r *reference) removes(kind string, who, role int) []*grant {
	return r.held(who, role, taking(kind)...)
}

// remove judges adminRemove.
func (r *reference) remove(kind string, a asking) (j judgement) {
	if slices.ContainsFunc(r.removes(kind, a.who, a.role), r.open) {
		return j
	}
	j.refuse(missing)
	if r.beings[a.who].deleted {
		j.refuse(noSubject)
	}
	return j
}

// removed makes the change: with an eligibility goes what was activated from it.
func (r *reference) removed(kind string, a asking) {
	gone := r.removes(kind, a.who, a.role)
	if kind == eligible {
		gone = append(gone, r.standsOn(gone)...)
	}
	r.end(gone...)
	r.answered(kind, a, "")
}

// activate judges selfActivate, and chooses what it would stand on.
func (r *reference) activate(a asking) (j judgement, made grant) {
	j, made = r.activation(a)
	if r.waits(assigned, a.who, a.role) != nil || r.unapproved(a.who, a.role) {
		j.refuse(waiting)
	}
	return j, made
}

// activation judges what an activation asks for, as it is asked or as it is approved.
func (r *reference) activation(a asking) (j judgement, made grant) {
	from, to, ok := r.window(a, longest)
	if !ok {
		j.refuse(invalid)
	}
	r.takes(&j, a)
	for _, g := range r.held(a.who, a.role, assigned, activated) {
		overlaps := g.kind == activated && r.open(g) && g.from.Before(to) && from.Before(g.to)
		if r.inForce(g) || overlaps {
			j.refuse(exists)
		}
	}
	on, seat := r.choose(&j, a, to)
	if to.After(from.Add(longest)) || to.Before(from.Add(shortest)) {
		j.breaks("ExpirationRule")
	}
	if a.silent {
		j.breaks("JustificationRule")
	}
	if a.alone {
		j.breaks("MfaRule")
	}
	return j, grant{kind: activated, who: a.who, role: a.role, from: from, to: to, on: on, seat: seat}
}

// choose is the eligibility that an activation until then would stand on: one's own before
// a group's, then the one that lasts longest, then the oldest.
func (r *reference) choose(j *judgement, a asking, to time.Time) (on string, seat int) {
	var all []*grant
	for _, g := range r.grants {
		mine := g.who == a.who || g.who >= people && r.beings[g.who].seats[a.who] != 0
		if g.kind == eligible && g.role == a.role && mine && r.acts(a.who) && r.inForce(g) {
			all = append(all, g)
		}
	}
	if len(all) == 0 {
		j.breaks("EligibilityRule")
		return "", 0
	}
	slices.SortStableFunc(all, func(a, b *grant) int {
		if own := (a.who < people); own != (b.who < people) {
			if own {
				return -1
			}
			return 1
		}
		return b.to.Compare(a.to)
	})
	for _, e := range all {
		if to.After(e.to) {
			continue
		}
		if e.who >= people {
			seat = r.beings[e.who].seats[a.who]
		}
		return e.id, seat
	}
	j.breaks("ExpirationRule")
	return "", 0
}

// activatedAs makes the change. What had been activated before and lost its ground is gone
// for good.
func (r *reference) activatedAs(id string, made grant) {
	for _, g := range r.held(made.who, made.role, activated) {
		if !r.open(g) {
			r.end(g)
		}
	}
	made.id = id
	r.grants = append(r.grants, &made)
}

// deactivate judges selfDeactivate, and lists what ends.
func (r *reference) deactivate(a asking) (j judgement, ends []*grant) {
	for _, g := range r.held(a.who, a.role, activated) {
		if r.open(g) && g.covers(r.now) {
			ends = append(ends, g)
			if r.now.Before(g.from.Add(shortest)) {
				j.refuse(tooYoung)
			}
		}
	}
	if len(ends) == 0 {
		j.refuse(missing)
	}
	return j, ends
}
