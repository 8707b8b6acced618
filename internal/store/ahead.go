package store

import (
	"fmt"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// askAhead asks, in one round trip, what the operations of a group are going to ask one by
// one: what their requests are judged by. All of a group happens at one instant and under
// one lock, so the answers are still true when an operation's turn comes, unless one before
// it has changed what they are about (changed).
func (g *group) askAhead(entries []*entry) error {
	for _, e := range entries {
		e.gathered = nil
	}
	if len(entries) == 1 {
		return nil
	}
	tx, done := g.transaction(commitTime)
	defer done()
	var all []*gathering
	for _, e := range entries {
		if e.request != nil && individual(g.staged, e.request.Principal) {
			e.gathered = &gathering{tx: &tx.ReadTx, request: *e.request}
			all = append(all, e.gathered)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := tx.ask(newRound(&tx.ReadTx, all...).questions()...); err != nil {
		return fmt.Errorf("ask ahead: %w", err)
	}
	return nil
}

// individual reports whether id is a user or service principal. Of what these hold others know
// nothing; on what a group is eligible for, all its members' activations stand.
func individual(snap *authz.Snapshot, id guid.ID) bool {
	f, _ := snap.Object(id)
	return f.Kind == directory.KindUser || f.Kind == directory.KindServicePrincipal
}

// A stir is whom the changes of a group are about, so far.
type stir struct {
	people map[guid.ID]bool
	all    bool // changes that may be about anybody
}

// note adds a change, which leaves the tenant as in snap. Only what is plainly about one
// person or service principal is; all else may be about anybody.
func (s *stir) note(snap *authz.Snapshot, c change, asker map[string]guid.ID) {
	id, ok := subject(c, asker)
	if !ok || !individual(snap, id) {
		s.all = true
		return
	}
	if s.people == nil {
		s.people = map[guid.ID]bool{}
	}
	s.people[id] = true
}

// subject is whose places, schedules or requests have changed, or who has.
func subject(c change, asker map[string]guid.ID) (id guid.ID, ok bool) {
	parts := strings.Split(c.id, "/")
	switch c.entity {
	case anObject, aSchedule:
		return guid.Parse(parts[0])
	case aMembership:
		if len(parts) == 4 {
			return guid.Parse(parts[2])
		}
	case aRequest:
		id, ok = asker[c.id]
	}
	return id, ok
}

// changed reports whether what was asked for a request may have changed.
func (s *stir) changed(r *pim.Request) bool {
	return s.all || s.people[r.Principal] || s.people[r.By.User] || s.people[r.Target.Group] || s.people[r.Target.Scope.ID]
}

// about reports whether facts gathered for the one request are those for the other: it
// compares all that a gathering looks at but ids for messages.
func about(a, b *pim.Request) bool {
	return a.Action == b.Action && a.Side == b.Side && a.Principal == b.Principal && a.Target == b.Target &&
		a.By.User == b.By.User && a.Status == b.Status && a.Scheduled == b.Scheduled
}

// gather begins to gather the facts for r: with what was asked ahead, if that is still true.
func (tx *ReadTx) gather(r pim.Request) (*gathering, error) {
	if g := tx.gathered; g != nil && about(&g.request, &r) && !tx.sent && tx.mine == 0 {
		tx.gathered = nil // a second answer would share what the first one points to
		g.tx, g.request = tx, r
		return g, nil
	}
	g := &gathering{tx: tx, request: r}
	return g, tx.ask(newRound(tx, g).questions()...)
}
