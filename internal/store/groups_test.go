package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// peopled makes a role-assignable group with one standing member.
func peopled(t *testing.T, s *Store, tenant *Tenant) (directory.Group, directory.Membership) {
	t.Helper()
	ids := newIDs(s, 3)
	g := team(ids[0], "Helpdesk", true)
	m := directory.Membership{ID: ids[2], Group: g.ID, Member: directory.Ref{ID: ids[1], Kind: directory.KindUser}, Since: 5}
	commit(t, tenant, func(tx *WriteTx) error {
		return errors.Join(tx.InsertGroup(g), tx.InsertUser(person(ids[1], "Ada")), tx.InsertMembership(m))
	})
	return g, m
}

// memberIDs are all members of a group, page by page.
func memberIDs(t *testing.T, tenant *Tenant, group guid.ID, limit int) []guid.ID {
	t.Helper()
	var got []guid.ID
	var after *Position
	for {
		var page Page[Place]
		read(t, tenant, func(tx *ReadTx) (err error) {
			page, err = tx.Members(group, directory.Member, []directory.Kind{directory.KindUser}, limit, after)
			return err
		})
		if len(page.Rows) > limit {
			t.Fatalf("a page of %d has %d", limit, len(page.Rows))
		}
		for _, p := range page.Rows {
			got = append(got, p.Member.ID)
		}
		if after = page.Next; after == nil {
			checkNearest(t, tenant, group, got, limit)
			return got
		}
	}
}

// checkNearest holds the first few members of a group, and the first groups of each of them,
// against who they are.
func checkNearest(t *testing.T, tenant *Tenant, group guid.ID, members []guid.ID, most int) {
	t.Helper()
	read(t, tenant, func(tx *ReadTx) error {
		first, err := tx.FirstMembers([]guid.ID{group, firstID}, directory.Member, most)
		if want := members[:min(most, len(members))]; !slices.Equal(first[group], want) || len(first[firstID]) > 0 {
			t.Errorf("the first %d members are %v, want %v", most, first, want)
		}
		around, err2 := tx.FirstAround(members, directory.Member, most)
		for _, m := range members {
			if !slices.Equal(around[m], []guid.ID{group}) {
				t.Errorf("the first groups of %s are %v", m, around[m])
			}
		}
		owners, err3 := tx.FirstMembers([]guid.ID{group}, directory.Owner, most)
		if len(owners) > 0 {
			t.Errorf("members are owners: %v", owners)
		}
		return errors.Join(err, err2, err3)
	})
}

func TestGroupAndItsPlacesGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "groups")
		g, m := peopled(t, s, tenant)
		read(t, tenant, func(tx *ReadTx) error {
			got, found, err := tx.Membership(g.ID, directory.Member, m.Member.ID)
			if !found || got != m {
				t.Errorf("place %+v", got)
			}
			group, _, err2 := tx.Group(g.ID)
			if d := cmp.Diff(g, group); d != "" {
				t.Error(d)
			}
			places, err3 := tx.Places(m.Member.ID, directory.Member)
			if len(places) != 1 || places[0] != m {
				t.Errorf("places %v", places)
			}
			page, err4 := tx.Around(m.Member.ID, directory.Member, 10, nil)
			if len(page.Rows) != 1 || page.Rows[0].Group != g.ID {
				t.Errorf("around %v", page.Rows)
			}
			return errors.Join(err, err2, err3, err4)
		})
		again := m
		again.ID = s.env.NewID()
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.InsertMembership(again) })); f.Message != "One or more added object references already exist for the following modified properties: 'members'." {
			t.Error(f)
		}
		g.RoleAssignable = false
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.UpdateGroup(g) })); f.Target != "isAssignableToRole" {
			t.Error(f)
		}
	})
}

func TestMembersAreThoseWhoAreThere(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "members")
		g, m := peopled(t, s, tenant)
		are := func(want ...guid.ID) {
			t.Helper()
			if got := memberIDs(t, tenant, g.ID, 10); !slices.Equal(got, want) {
				t.Errorf("members %v, want %v", got, want)
			}
		}
		are(m.Member.ID)
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUser(m.Member.ID, 50) })
		are()
		commit(t, tenant, func(tx *WriteTx) error { _, err := tx.RestoreUser(m.Member.ID); return err })
		are(m.Member.ID)
		leave := func(tx *WriteTx) error { return tx.DeleteMembership(g.ID, directory.Member, m.Member.ID) }
		commit(t, tenant, leave)
		are()
		if f := refusal(t, try(tenant, leave)); f.Status != 404 {
			t.Error(f)
		}
	})
}

func TestMembersForATimeStandAmongTheOthers(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant := create(t, s, "timed")
		g, m := peopled(t, s, tenant)
		users := newIDs(s, 9)
		window := when.Window{Start: when.Of(noon), End: when.Of(noon) + when.Hour}
		commit(t, tenant, func(tx *WriteTx) error {
			var errs []error
			for i, id := range users {
				u := person(id, id.String())
				u.Profile.ProxyAddresses = nil
				errs = append(errs, tx.InsertUser(u))
				if i%3 < 2 {
					errs = append(errs, tx.InsertMembership(directory.Membership{ID: s.env.NewID(), Group: g.ID, Member: directory.Ref{ID: id, Kind: directory.KindUser}}))
				}
				for range i % 3 { // some for a time only, some twice over
					errs = append(errs, tx.PutSchedule(pim.Schedule{
						ID: s.env.NextID(), Kind: pim.Assigned, Principal: id, Target: pim.Target{Group: g.ID}, Window: window, Modified: when.Never,
					}))
				}
			}
			return errors.Join(errs...)
		})
		want := append(users, m.Member.ID)
		slices.SortFunc(want, guid.ID.Compare)
		for _, limit := range []int{1, 2, 3, 100} {
			if got := memberIDs(t, tenant, g.ID, limit); !slices.Equal(got, want) {
				t.Errorf("%d a page: %d members, want %d", limit, len(got), len(want))
			}
		}
		clock.ticks.Store(int64(window.End))
		if got := memberIDs(t, tenant, g.ID, 2); len(got) != 7 {
			t.Errorf("%d members once their time is over", len(got))
		}
	})
}

func TestLongDeadObjectsArePurged(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "purge")
		g, m := peopled(t, s, tenant)
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(tx.DeleteGroup(g.ID, 200), tx.DeleteUser(m.Member.ID, 100))
		})
		commit(t, tenant, func(tx *WriteTx) error {
			dead, err := tx.DeletedBefore(200, 10)
			if len(dead) != 1 || dead[0] != m.Member {
				t.Errorf("dead before 200: %v", dead)
			}
			return errors.Join(err, tx.Purge(m.Member), tx.Purge(directory.Ref{ID: g.ID, Kind: directory.KindGroup}))
		})
		if has(t, tenant, g.ID) || has(t, tenant, m.Member.ID) {
			t.Error("purged objects are still known")
		}
		read(t, tenant, func(tx *ReadTx) error {
			places, err := tx.memberships("group_id = $1", g.ID)
			if len(places) != 0 {
				t.Errorf("places are left: %v", places)
			}
			return err
		})
	})
}
