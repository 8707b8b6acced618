package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

func TestSessionsGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant, now := create(t, s, "sessions"), when.Of(noon)
		ids := newIDs(s, 4)
		want := signin.Session{
			ID: ids[0], User: ids[1], Client: ids[2], Factors: []signin.Factor{{Method: signin.Password, At: 5}},
			Generation: 1, Created: 5, End: now + 100, Ended: when.Never,
		}
		other := want
		other.ID, other.Factors, other.End = ids[3], nil, now+200
		check := func(id guid.ID, want signin.Session, there bool) {
			t.Helper()
			read(t, tenant, func(tx *ReadTx) error {
				got, found, err := tx.Session(id)
				if d := cmp.Diff(want, got); d != "" || found != there {
					t.Errorf("found %v: %s", found, d)
				}
				return err
			})
		}
		check(want.ID, signin.Session{}, false)
		commit(t, tenant, func(tx *WriteTx) error { return errors.Join(tx.PutSession(want), tx.PutSession(other)) })
		check(want.ID, want, true)
		check(other.ID, other, true)
		want.Factors = append(want.Factors, signin.Factor{Method: signin.MultiFactor, At: 7})
		want.Generation, want.Ended = 2, 50
		commit(t, tenant, func(tx *WriteTx) error { return tx.PutSession(want) })
		check(want.ID, want, true)
		commit(t, tenant, func(tx *WriteTx) error { tx.DropSessions(want.End, 10); return nil })
		check(want.ID, want, true)
		commit(t, tenant, func(tx *WriteTx) error { tx.DropSessions(want.End+1, 10); return nil })
		check(want.ID, signin.Session{}, false)
		check(other.ID, other, true)
		d.ticks.Add(201)
		want.End = now + 1000
		commit(t, tenant, func(tx *WriteTx) error { return tx.PutSession(want) })
		check(want.ID, want, true)
		check(other.ID, signin.Session{}, false)
	})
}
