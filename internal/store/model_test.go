package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/guid"
)

// A deed is a way for an operation to end, and what it must leave: the object that it
// asked for, that of its effect, or neither.
type deed struct {
	name          string
	asked, effect bool
	end           func(tx *WriteTx) error
}

var deeds = []deed{
	{name: "grants", asked: true, end: func(*WriteTx) error { return nil }},
	{name: "grants after a read", asked: true, end: func(tx *WriteTx) error { return glance(tx, nil) }},
	{name: "refuses", effect: true, end: func(*WriteTx) error { return errRefused }},
	{name: "refuses after a read", effect: true, end: func(tx *WriteTx) error { return glance(tx, errRefused) }},
	{name: "errs", end: func(*WriteTx) error { return errSabotage }},
	{name: "errs after a read", end: func(tx *WriteTx) error { return glance(tx, errSabotage) }},
	{name: "panics", end: func(*WriteTx) error { panic("model") }},
	{name: "forgets its record", end: func(tx *WriteTx) error { tx.records = nil; return nil }},
	{name: "breaks a constraint", end: func(tx *WriteTx) error {
		tx.exec("INSERT INTO audit_tile (level, idx, hashes) VALUES (9, 9, $1), (9, 9, $1)", []byte{1})
		return nil
	}},
}

// objects are all that the database holds; it fails if the snapshot does not know one.
func objects(t *testing.T, tenant *Tenant) map[guid.ID]bool {
	t.Helper()
	all := map[guid.ID]bool{}
	err := tenant.Read(t.Context(), func(tx *ReadTx) error {
		return tx.query("SELECT id FROM object ORDER BY id", nil, func(scan func(...any) error) error {
			var id guid.ID
			err := scan(&id)
			if _, known := tx.Snap().Object(id); !known {
				t.Errorf("the snapshot does not know object %v", id)
			}
			all[id] = true
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// glance sends what is queued, by reading.
func glance(tx *WriteTx, then error) error {
	if _, err := tx.one("SELECT COUNT(*) FROM object", nil, new(int64)); err != nil {
		return err
	}
	return then
}

// Whatever operations share a group, each leaves what it would have left by itself.
func TestGroupIsAsIfEachHadRunByItself(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "model")
		var want sight
		rapid.Check(t, func(rt *rapid.T) {
			picks := rapid.SliceOfN(rapid.SampledFrom(deeds), 1, 12).Draw(rt, "deeds")
			asked, effects := newIDs(s, len(picks)), newIDs(s, len(picks))
			var fns []func(*WriteTx) error
			for i, d := range picks {
				fns = append(fns, func(tx *WriteTx) error {
					tx.Effect(put(effects[i]))
					_ = put(asked[i])(tx)
					return d.end(tx)
				})
			}
			errs := together(t, tenant, fns...)
			for i, d := range picks {
				if (errs[i] == nil) != d.asked || errors.Is(errs[i], errRefused) != d.effect {
					rt.Errorf("%d, which %s, was answered with %v", i, d.name, errs[i])
				}
			}
			there := objects(t, tenant)
			for i, d := range picks {
				if there[asked[i]] != d.asked || there[effects[i]] != d.effect {
					rt.Errorf("%d, which %s: what it asked for is there: %v, its effect: %v", i, d.name, there[asked[i]], there[effects[i]])
				}
				if d.asked || d.effect {
					want.rows, want.snap, want.log, want.seq = want.rows+1, want.snap+1, want.log+1, want.seq+1
				}
			}
		})
		if got := see(t, tenant); got != want {
			t.Errorf("see %+v, want %+v", got, want)
		}
	})
}

// Reads, decisions, writes, resets and evictions go on beside each other; what a read sees
// agrees with itself at every moment.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t, func(c *Config) { c.OpenTenants = 1 })
		tenants := []*Tenant{create(t, s, "one"), create(t, s, "two")}
		var all sync.WaitGroup
		for i := range 4 {
			tenant := tenants[i%2]
			all.Go(func() {
				for range 20 {
					if err := tenant.Write(t.Context(), put(s.env.NewID())); err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for range 20 {
					err := tenant.Read(t.Context(), func(tx *ReadTx) error {
						var n int64
						if _, err := tx.one("SELECT COUNT(*) FROM object", nil, &n); err != nil {
							return err
						}
						if int(n) != tx.Snap().Objects() || tx.Version() != tx.Snap().Version() {
							return fmt.Errorf("%d objects at %v, %d at %v in the snapshot", n, tx.Version(), tx.Snap().Objects(), tx.Snap().Version())
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for range 20 {
					if _, _, err := tenant.Snapshot(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Go(func() {
			for range 3 {
				if err := s.Reset(t.Context(), tenants[1].ID(), Seed{}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Wait()
		if got := see(t, tenants[0]); got != (sight{40, 40, 40, 40}) {
			t.Errorf("see %+v", got)
		}
		see(t, tenants[1])
	})
}
