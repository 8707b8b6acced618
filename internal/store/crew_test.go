package store

import (
	"errors"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A snapshot that several transactions have read together is the one that a single
// transaction reads.
func TestCrewReadsWhatOneReads(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := furnished(t, s, "crew")
		ids := newIDs(s, 200)
		commit(t, tenant, func(tx *WriteTx) error {
			var in Import
			for i, id := range ids {
				u := person(id, "U"+id.String())
				u.Enabled, u.Generation = i%3 > 0, int64(i)
				in.Users = append(in.Users, u)
				if i%4 == 0 {
					grant := s.env.NextID()
					in.Schedules = append(in.Schedules, pim.Schedule{
						ID: grant, Kind: pim.Assigned, Principal: id, Target: pim.Target{Role: roledata.GlobalAdministrator},
						Window: when.Window{Start: 1, End: when.Never}, Request: grant, Modified: when.Never, Expiration: pim.Expiration{End: when.Never},
					})
				}
			}
			return errors.Join(tx.InsertMany(in), tx.DeleteUser(ids[7], tx.Now()))
		})
		l := tenant.live.Load()
		err := l.view(t.Context(), func(tx *ReadTx) error {
			alone, err := load(crew{tx})
			if err != nil {
				return err
			}
			c := crew{tx}
			for range 2 {
				other, ok := l.hire(tx)
				if !ok {
					t.Fatal("nobody could be hired")
				}
				defer other.link.rollback()
				c = append(c, other)
			}
			together, err := load(c)
			if err != nil {
				return err
			}
			same(t, alone, together, ids)
			write(t, tenant, put(s.env.NewID()))
			if other, ok := l.hire(tx); ok {
				other.link.rollback()
				t.Error("one that reads another version was hired")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// same fails unless two snapshots say the same of users.
func same(t *testing.T, a, b *published, users []guid.ID) {
	t.Helper()
	action, _ := roledata.ActionOf("microsoft.directory/users/create")
	if a.snap.Objects() != b.snap.Objects() || a.snap.Version() != b.snap.Version() {
		t.Errorf("%d objects of %v, and %d of %v", a.snap.Objects(), a.snap.Version(), b.snap.Objects(), b.snap.Version())
	}
	allowed := 0
	for i, id := range users {
		f, _ := a.snap.Object(id)
		g, _ := b.snap.Object(id)
		may := a.snap.Can(id, action, directory.Ref{Kind: directory.KindTenant}, 5)
		if f != g || f.Generation != uint32(i) || may != b.snap.Can(id, action, directory.Ref{Kind: directory.KindTenant}, 5) {
			t.Errorf("%s: %+v and %+v", id, f, g)
		}
		if may.Allowed {
			allowed++
		}
	}
	if allowed == 0 || allowed == len(users) {
		t.Errorf("%d of %d are allowed", allowed, len(users))
	}
}
