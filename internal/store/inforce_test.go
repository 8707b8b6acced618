package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A marked role has an action that tells it from the other marked roles.
type marked struct {
	role   guid.ID
	action roledata.Action
}

// markedRoles finds roles that decisions about the tenant can be told apart by.
func markedRoles(t *testing.T, want int) []marked {
	t.Helper()
	user := guid.Must("11111111-0000-4000-8000-000000000000")
	holds := func(role guid.ID, a roledata.Action) bool {
		edit := authz.Empty().Edit()
		edit.PutObject(user, authz.Facts{Kind: directory.KindUser})
		if !role.IsZero() {
			edit.PutSchedule(pim.Schedule{ID: user, Kind: pim.Assigned, Principal: user, Target: pim.Target{Role: role}, Window: when.Window{End: when.Never}})
		}
		return edit.View().Can(user, a, directory.Ref{Kind: directory.KindTenant}, 1).Allowed
	}
	var found []marked
	for i := range roledata.All() {
		r := &roledata.All()[i]
		if r.Assignment == roledata.SystemAssigned {
			continue
		}
		for _, name := range r.Actions {
			a, ok := roledata.ActionOf(name)
			unique := ok && holds(r.ID, a) && !holds(guid.ID{}, a) &&
				!slices.ContainsFunc(found, func(m marked) bool { return holds(m.role, a) || holds(r.ID, m.action) })
			if unique {
				found = append(found, marked{r.ID, a})
				break
			}
		}
		if len(found) == want {
			return found
		}
	}
	t.Fatalf("only %d roles can be told apart", len(found))
	return nil
}

// A world is a tenant that is changed at random.
type world struct {
	t      *rapid.T
	tenant *Tenant
	env    *env.Env
	clock  *dial
	roles  []marked
	users  []guid.ID
	groups []guid.ID // role-assignable
	plain  []guid.ID
	put    []pim.Schedule
	places []directory.Membership
	start  *published // what another node knew when the world began
}

func (w *world) commit(fn func(*WriteTx) error) { commit(w.t, w.tenant, fn) }

func pick[T any](t *rapid.T, label string, from []T) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, label)]
}

// schedule draws a window of any kind: for a role, or a place in a group; an activation may
// stand on anything, or nothing.
func (w *world) schedule() pim.Schedule {
	now := when.Of(w.clock.now())
	start := now + when.Instant(rapid.IntRange(-3, 3).Draw(w.t, "start"))*when.Hour
	s := pim.Schedule{
		ID: w.env.NextID(), Kind: pim.Kind(rapid.IntRange(0, 2).Draw(w.t, "kind")), Principal: pick(w.t, "principal", append(append(w.users, w.groups...), w.plain...)),
		Window:     when.Window{Start: start, End: start + when.Instant(rapid.IntRange(1, 6).Draw(w.t, "length"))*when.Hour},
		Expiration: pim.Expiration{End: when.Never}, Created: now, Modified: when.Never,
	}
	if rapid.Bool().Draw(w.t, "of a role") {
		s.Target.Role = pick(w.t, "role", w.roles).role
	} else {
		s.Target.Group = pick(w.t, "group", append(w.groups, w.plain...))
		s.Principal = pick(w.t, "user", w.users)
	}
	if s.Kind == pim.Activated {
		w.stand(&s)
	}
	return s
}

// stand gives an activation something to stand on, often what it should.
func (w *world) stand(s *pim.Schedule) {
	s.Principal = pick(w.t, "user", w.users)
	var on []pim.Schedule
	for _, e := range w.put {
		if e.Kind == pim.Eligible {
			on = append(on, e)
		}
	}
	if len(on) == 0 {
		return
	}
	e := pick(w.t, "eligibility", on)
	s.Via.Eligibility = e.ID
	if rapid.IntRange(0, 3).Draw(w.t, "honest") > 0 {
		s.Target = e.Target
	}
	if slices.Contains(w.users, e.Principal) && rapid.IntRange(0, 3).Draw(w.t, "own") > 0 {
		s.Principal = e.Principal
		return
	}
	type place struct{ id, of guid.ID }
	var via []place
	for _, m := range w.places {
		if m.Group == e.Principal {
			via = append(via, place{m.ID, m.Member.ID})
		}
	}
	for _, c := range w.put {
		if c.Target.Group == e.Principal && c.Kind != pim.Eligible {
			via = append(via, place{c.ID, c.Principal})
		}
	}
	if len(via) > 0 {
		p := pick(w.t, "place", via)
		s.Via.Membership, s.Principal = p.id, p.of
	}
}

// carry makes an activation that a place in a group carries, with one thing or another not
// as it should be.
func (w *world) carry() {
	now := when.Of(w.clock.now())
	groups := append(w.groups, w.plain...)
	made := func(kind pim.Kind, principal guid.ID, target pim.Target) pim.Schedule {
		return pim.Schedule{
			ID: w.env.NextID(), Kind: kind, Principal: principal, Target: target, Modified: when.Never, Expiration: pim.Expiration{End: when.Never},
			Window: when.Window{Start: now, End: now + when.Instant(rapid.IntRange(1, 3).Draw(w.t, "hours"))*when.Hour},
		}
	}
	holder, user := pick(w.t, "holder", groups), pick(w.t, "user", w.users)
	e := made(pim.Eligible, holder, pim.Target{Role: pick(w.t, "role", w.roles).role})
	in, relation := holder, directory.Relation(rapid.IntRange(0, 2).Draw(w.t, "relation")/2)
	if rapid.IntRange(0, 4).Draw(w.t, "elsewhere") == 0 {
		in = pick(w.t, "group", groups)
	}
	a := made(pim.Activated, user, e.Target)
	a.Via.Eligibility = e.ID
	w.put = append(w.put, e)
	place := made(pim.Assigned, user, pim.Target{Group: in, Relation: relation})
	m := directory.Membership{ID: place.ID, Group: in, Relation: relation, Member: directory.Ref{ID: user, Kind: directory.KindUser}}
	standing := rapid.Bool().Draw(w.t, "standing")
	w.commit(func(tx *WriteTx) error {
		a.Via.Membership = place.ID
		if old, there, err := tx.Membership(in, relation, user); err != nil {
			return err
		} else if there && standing {
			m, a.Via.Membership = old, old.ID
		} else if standing {
			err = tx.InsertMembership(m)
			return errors.Join(err, tx.PutSchedule(e), tx.PutSchedule(a))
		} else if err := tx.PutSchedule(place); err != nil {
			return err
		}
		return errors.Join(tx.PutSchedule(e), tx.PutSchedule(a))
	})
	w.put = append(w.put, a)
	if standing {
		w.places = append(w.places, m)
	} else {
		w.put = append(w.put, place)
	}
}

// step makes one random change.
func (w *world) step() {
	switch rapid.IntRange(0, 12).Draw(w.t, "step") {
	case 0, 1, 2, 3, 10:
		s := w.schedule()
		w.commit(func(tx *WriteTx) error { return tx.PutSchedule(s) })
		w.put = append(w.put, s)
	case 4, 11:
		m := directory.Membership{
			ID: w.env.NewID(), Group: pick(w.t, "group", append(w.groups, w.plain...)), Relation: directory.Relation(rapid.IntRange(0, 1).Draw(w.t, "relation")),
			Member: directory.Ref{ID: pick(w.t, "user", w.users), Kind: directory.KindUser},
		}
		if try(w.tenant, func(tx *WriteTx) error { return tx.InsertMembership(m) }) == nil {
			w.places = append(w.places, m)
		}
	case 5:
		if len(w.places) > 0 {
			m := pick(w.t, "place", w.places)
			_ = try(w.tenant, func(tx *WriteTx) error { return tx.DeleteMembership(m.Group, m.Relation, m.Member.ID) }) // it may be gone
		}
	case 6:
		id := pick(w.t, "user", w.users)
		w.commit(func(tx *WriteTx) error {
			u, found, err := tx.User(id)
			if err != nil || !found {
				_, err = tx.RestoreUser(id)
				return err
			}
			if rapid.Bool().Draw(w.t, "delete") {
				return tx.DeleteUser(id, tx.now)
			}
			u.Enabled = !u.Enabled
			return tx.UpdateUser(u)
		})
	case 7:
		id := pick(w.t, "group", append(w.groups, w.plain...))
		w.commit(func(tx *WriteTx) error {
			if _, found, err := tx.Group(id); found || err != nil {
				return errors.Join(err, tx.DeleteGroup(id, tx.now))
			}
			_, err := tx.RestoreGroup(id)
			return err
		})
	case 8:
		w.toggleOrDrop()
	case 12:
		w.carry()
	case 9:
		w.clock.ticks.Add(int64(rapid.IntRange(0, 90).Draw(w.t, "minutes")) * when.Minute)
	}
}

// toggleOrDrop disables or enables a role, or takes a schedule away.
func (w *world) toggleOrDrop() {
	if rapid.Bool().Draw(w.t, "a role") || len(w.put) == 0 {
		id := pick(w.t, "role", w.roles).role
		w.commit(func(tx *WriteTx) error {
			r, _, err := tx.Role(id)
			r.Enabled = !r.Enabled
			return errors.Join(err, tx.PutRole(r))
		})
		return
	}
	i := rapid.IntRange(0, len(w.put)-1).Draw(w.t, "schedule")
	s := w.put[i]
	w.commit(func(tx *WriteTx) error {
		if rapid.Bool().Draw(w.t, "delete") {
			tx.DeleteSchedule(s)
		} else if s.Window.End <= tx.now {
			tx.CloseSchedules([]pim.Schedule{s})
		}
		return nil
	})
}

// expected is who holds which role, by the lists.
func (w *world) expected(tx *ReadTx) (map[string]bool, error) {
	rows, err := List(tx, RoleAssignmentsNow, ListQuery{Limit: 1000})
	if err != nil {
		return nil, err
	}
	holds := map[string]bool{}
	for _, s := range rows.Rows {
		holds[fmt.Sprint(s.Principal, s.Target.Role)] = true
		if !slices.Contains(w.groups, s.Principal) {
			continue
		}
		members, err := tx.Members(s.Principal, directory.Member, nil, 1000, nil)
		if err != nil {
			return nil, err
		}
		for _, p := range members.Rows {
			if u, found, err := tx.User(p.Member.ID); err != nil {
				return nil, err
			} else if found && u.Enabled {
				holds[fmt.Sprint(u.ID, s.Target.Role)] = true
			}
		}
	}
	return holds, nil
}

// check compares lists with decisions: on the published snapshot and, if asked, on one read
// anew and on one that has followed every change.
func (w *world) check(again bool) {
	read(w.t, w.tenant, func(tx *ReadTx) error {
		snaps := map[string]*authz.Snapshot{"published": tx.Snap()}
		if again {
			anew, err := load(crew{tx})
			if err != nil {
				return err
			}
			followed, err := follow(tx, w.start)
			if err != nil {
				return err
			}
			snaps["read anew"], snaps["followed"] = anew.snap, followed.snap
		}
		holds, err := w.expected(tx)
		if err != nil {
			return err
		}
		for _, u := range w.users {
			for _, m := range w.roles {
				want := holds[fmt.Sprint(u, m.role)]
				for name, snap := range snaps {
					d := snap.Can(u, m.action, directory.Ref{Kind: directory.KindTenant}, tx.Now())
					if d.Allowed != want {
						w.t.Fatalf("%s snapshot: user %s, role %s: %v (%v), by the lists %v", name, u, m.role, d.Allowed, d.Reason, want)
					}
				}
			}
		}
		return nil
	})
}

// newWorld makes users, groups and roles of a fresh tenant.
func newWorld(t *rapid.T, tenant *Tenant, s *Store, clock *dial, roles []marked) *world {
	w := &world{t: t, tenant: tenant, env: s.env, clock: clock, roles: roles, users: newIDs(s, 2), groups: newIDs(s, 1), plain: newIDs(s, 1)}
	read(t, tenant, func(tx *ReadTx) (err error) { w.start, err = load(crew{tx}); return err })
	w.commit(func(tx *WriteTx) error {
		for _, id := range w.users {
			u := person(id, id.String())
			u.Profile.ProxyAddresses = nil
			if err := tx.InsertUser(u); err != nil {
				return err
			}
		}
		for i, id := range append(w.groups, w.plain...) {
			if err := tx.InsertGroup(team(id, id.String(), i < len(w.groups))); err != nil {
				return err
			}
		}
		for _, m := range w.roles { // an earlier world may have disabled it
			r, _, err := tx.Role(m.role)
			r.Enabled = true
			if err := errors.Join(err, tx.PutRole(r)); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func TestListsAgreeWithDecisions(t *testing.T) {
	t.Parallel()
	roles := markedRoles(t, 2)
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant := furnished(t, s, "agree")
		rapid.Check(t, func(r *rapid.T) {
			w := newWorld(r, tenant, s, clock, roles)
			for range rapid.IntRange(4, 12).Draw(r, "steps") {
				w.step()
				w.check(false)
			}
			w.check(true)
		})
	})
}
