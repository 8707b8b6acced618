package store

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/when"
)

func TestTicketsGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		tenant, now := create(t, open(t, d.set), "tickets"), when.Of(noon)
		want := Ticket{ID: "a", Kind: "code", Key: "ABCD", Body: json.RawMessage(`{"x":1}`), Created: now, End: now + 100, Spent: when.Never}
		put := func(all ...Ticket) {
			t.Helper()
			if err := tenant.Write(context.Background(), func(tx *WriteTx) error {
				for _, k := range all {
					tx.PutTicket(k)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		check := func(kind, id string, there bool) {
			t.Helper()
			read(t, tenant, func(tx *ReadTx) error {
				got, found, err := tx.Ticket(kind, id)
				if found != there || there && cmp.Diff(want, got) != "" {
					t.Errorf("%s %s: found %v: %s", kind, id, found, cmp.Diff(want, got))
				}
				if got, found, err := tx.TicketByKey(kind, want.Key); err != nil || found != there || there && got.ID != id {
					t.Errorf("by key: %+v, %v, %v", got, found, err)
				}
				return err
			})
		}
		put(want)
		check("code", "a", true)
		check("flow", "a", false)
		want.Spent, want.Body = now+1, json.RawMessage(`{"x":2}`)
		put(want)
		check("code", "a", true)
		d.ticks.Add(101)
		put(Ticket{ID: "b", Kind: "flow", Body: json.RawMessage(`{}`), Created: now, End: now + 500, Spent: when.Never})
		check("code", "a", false)
	})
}

// What sign-ins need while they go on leaves no record and is no new version, beside writes
// that do both.
func TestPassingStateIsNoVersionOfTheTenant(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		tenant := create(t, open(t), "passing")
		version := func() (v int64) {
			read(t, tenant, func(tx *ReadTx) error { v = tx.Version().Seq; return nil })
			return v
		}
		ticket := func(id string) Ticket {
			return Ticket{ID: id, Kind: "flow", Body: json.RawMessage(`{}`), End: when.Never, Spent: when.Never}
		}
		before := version()
		for _, id := range []string{"a", "b"} {
			if err := tenant.Write(context.Background(), func(tx *WriteTx) error { tx.PutTicket(ticket(id)); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if after := version(); after != before {
			t.Errorf("version %d has become %d", before, after)
		}
		commit(t, tenant, func(tx *WriteTx) error { tx.PutTicket(ticket("c")); return nil })
		if after := version(); after != before+1 {
			t.Errorf("version %d has become %d by a write with a record", before, after)
		}
		err := tenant.Write(context.Background(), func(tx *WriteTx) error { tx.PutTicket(ticket("d")); return errStranger })
		if !errors.Is(err, errStranger) {
			t.Fatal(err)
		}
		read(t, tenant, func(tx *ReadTx) error {
			for id, there := range map[string]bool{"a": true, "b": true, "c": true, "d": false} {
				if _, found, err := tx.Ticket("flow", id); found != there || err != nil {
					t.Errorf("%s: found %v, %v", id, found, err)
				}
			}
			return nil
		})
	})
}
