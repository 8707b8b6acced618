package store

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"ephor/internal/pim"
)

// A tally counts what goes through a link.
type tally struct {
	link
	trips, statements *atomic.Int64
}

func (l tally) query(ctx context.Context, pending []statement, asked ...question) error {
	l.trips.Add(1)
	l.statements.Add(int64(len(pending) + len(asked)))
	return l.link.query(ctx, pending, asked...)
}

func (l tally) commit(ctx context.Context, pending []statement) error {
	l.trips.Add(1)
	l.statements.Add(int64(len(pending)) + 1)
	return l.link.commit(ctx, pending)
}

// counted is how many round trips, with how many statements, what fn does needs.
func counted(s *Store, fn func()) (trips, statements int64) {
	var t, n atomic.Int64
	s.wrap = func(_ *Tenant, l link, _ bool) link { return tally{l, &t, &n} }
	fn()
	s.wrap = nil
	return t.Load(), n.Load()
}

// An activation asks the database once for all that it is judged by, between the lock and
// the commit.
func TestActivationTakesThreeRoundTrips(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D")); err != nil {
			t.Fatal(err)
		}
		trips, statements := counted(d.store, func() {
			if _, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H")); err != nil {
				t.Error(err)
			}
		})
		if trips != 3 || statements > 14 {
			t.Errorf("%d round trips with %d statements", trips, statements)
		}
	})
}

// However many rows a group adds to the log, it takes few statements.
func TestRecordsOfAGroupShareStatements(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "shared")
		const records = 3*rowsTogether + 5
		trips, statements := counted(s, func() {
			write(t, tenant, func(tx *WriteTx) error {
				for range records {
					tx.Record(record("many"))
				}
				tx.changed(aSetting, "none")
				return nil
			})
		})
		// A record has a target, and two tables take 3 full statements and 2 others each.
		if trips != 2 || statements > 16 {
			t.Errorf("%d round trips with %d statements", trips, statements)
		}
		if got := see(t, tenant); got.log != records {
			t.Errorf("%d records are in the log", got.log)
		}
	})
}

// What the snapshot answers does not open the database.
func TestJudgingOpensTheDatabaseOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "judge")
		ids := newIDs(s, 2)
		write(t, tenant, put(ids[0]))
		trips, _ := counted(s, func() {
			err := tenant.Judge(t.Context(), func(tx *ReadTx) error {
				if _, there := tx.Snap().Object(ids[0]); !there {
					t.Error("the snapshot is not the latest")
				}
				return errRefused
			})
			if !errors.Is(err, errRefused) {
				t.Error(err)
			}
		})
		if trips != 0 {
			t.Errorf("%d round trips", trips)
		}
		runs := 0
		err := tenant.Judge(t.Context(), func(tx *ReadTx) error {
			if runs++; runs == 1 { // somebody writes before the first question
				write(t, tenant, put(ids[1]))
			}
			var rows int64
			if _, err := tx.one("SELECT COUNT(*) FROM object", nil, &rows); err != nil {
				return nil //nolint:nilerr // swallowed: the judgement is made again all the same
			}
			if have := int64(tx.Snap().Objects()); have != rows || tx.Snap().Version() != tx.Version() {
				t.Errorf("%d objects in the snapshot, %d in the database", have, rows)
			}
			return nil
		})
		if err != nil || runs != 2 {
			t.Errorf("judged %d times, %v", runs, err)
		}
	})
}
