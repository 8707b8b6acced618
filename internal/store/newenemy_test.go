package store

import (
	"testing"

	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A right is taken away on one node and asked for on the other, again and again. What the
// first has answered the second must know: a decision on old facts lets the new enemy in.
// That this test can see it is shown by the same without the guard: a node that neither
// confirms before it decides nor hears the news decides on what it knew.
func TestNewEnemyIsLetInOnlyWithoutTheGuard(t *testing.T) {
	t.Parallel()
	for name, guarded := range map[string]bool{"guarded": true, "guard off": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := nodes(t, 2)
			here := furnished(t, s[0], "enemy")
			there := on(t, s[1], here)
			see(t, there) // opens it
			if !guarded {
				s[1].news.close()
				s[1].confirm = nil
			}
			const rounds = 20
			met := 0
			for range rounds {
				if newEnemy(t, here, there) {
					met++
				}
			}
			if guarded && met != 0 {
				t.Errorf("in %d of %d rounds a right that was gone was honoured", met, rounds)
			}
			if !guarded && met == 0 {
				t.Error("without the guard nothing went wrong: this test cannot fail")
			}
		})
	}
}

// newEnemy plays one round, and reports whether the right was honoured after its end.
func newEnemy(t *testing.T, here, there *Tenant) bool {
	t.Helper()
	who, id := here.store.env.NewID(), here.store.env.NextID()
	grant := pim.Schedule{
		ID: id, Kind: pim.Assigned, Principal: who, Target: pim.Target{Role: roledata.DirectoryReaders}, Request: id, Modified: when.Never,
		Window: when.Window{Start: 0, End: when.Never}, Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never},
	}
	commit(t, here, func(tx *WriteTx) error {
		if err := tx.InsertUser(person(who, "enemy "+who.String())); err != nil {
			return err
		}
		return tx.PutSchedule(grant)
	})
	commit(t, there, func(*WriteTx) error { return nil }) // whoever writes is up to date
	if !honours(t, there, who, grant.Target) {
		t.Fatal("the right was never known")
	}
	commit(t, here, func(tx *WriteTx) error { tx.DeleteSchedule(grant); return nil })
	return honours(t, there, who, grant.Target)
}

func honours(t *testing.T, tenant *Tenant, who guid.ID, target pim.Target) bool {
	t.Helper()
	snap, now, err := tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap.HoldsTarget(who, target, pim.Assigned, now)
}
