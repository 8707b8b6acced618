package authz

import (
	"slices"
	"sync"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// Person reports whether id is a user that lives and is enabled.
func (s *Snapshot) Person(id guid.ID) bool {
	f := s.facts(id)
	return f.Kind == directory.KindUser && f.able()
}

var managing = sync.OnceValue(func() *roledata.Set { return mustActions(managePIM) })

// Manages reports whether a user manages privileged roles in the whole tenant at now:
// Privileged Role Administrators and Global Administrators do, and so decide where no
// approver is named (behaviour.md §7).
func (s *Snapshot) Manages(user guid.ID, now when.Instant) bool {
	if !s.Person(user) {
		return false
	}
	j := judge{s: s, now: now, subject: user, actor: s.object(user), any: managing(), global: true, tenantOnly: true}
	j.resource.Kind = directory.KindTenant
	j.prepare(noTable, true)
	j.from(s.links(j.actor), always, nil)
	return j.allowed
}

// Among reports whether a principal is in a tracked group at now: as its member, or as
// member of a group that is in it. Where there is more to look at than a decision may, it
// is not.
func (s *Snapshot) Among(principal, group guid.ID, now when.Instant) bool {
	if f := s.facts(principal); !f.Live() {
		return false
	}
	c := climb{s: s, now: now}
	c.from(principal, 0)
	return slices.Contains(c.seen, group)
}

// Boards are the groups named as approver that a principal is in at now, itself or through
// others.
func (s *Snapshot) Boards(principal guid.ID, now when.Instant) []guid.ID {
	return s.boards(principal, climb{s: s, now: now})
}

// BoardsEver are Boards, and those that a principal was given a place for, at whatever time
// and whether it is to be activated first.
func (s *Snapshot) BoardsEver(principal guid.ID) []guid.ID {
	return s.boards(principal, climb{s: s, ever: true})
}

func (s *Snapshot) boards(principal guid.ID, c climb) []guid.ID {
	if f := s.facts(principal); !f.Live() {
		return nil
	}
	c.from(principal, 0)
	return slices.DeleteFunc(c.seen, func(id guid.ID) bool {
		f := s.facts(id)
		return !f.Flags.Has(Approver)
	})
}

// A climb finds the live groups that something is in, and those that they are in.
type climb struct {
	s    *Snapshot
	now  when.Instant
	ever bool // now is not looked at, nor whether a place is to be activated first
	seen []guid.ID
}

func (c *climb) from(id guid.ID, depth int) {
	l := c.s.links(c.s.object(id))
	for i := range l.places {
		if p := &l.places[i]; p.relation == directory.Member {
			c.into(p.group.id, depth)
		}
	}
	for i := range l.grants {
		g := &l.grants[i]
		if g.reach == asMember && (c.ever || c.s.span(l, g, 0).Covers(c.now)) {
			c.into(g.at, depth)
		}
	}
}

func (c *climb) into(group guid.ID, depth int) {
	if depth == MostNested || len(c.seen) == maxSteps || slices.Contains(c.seen, group) {
		return
	}
	if f := c.s.facts(group); f.Kind != directory.KindGroup || !f.Live() {
		return
	}
	c.seen = append(c.seen, group)
	c.from(group, depth+1)
}
