package store

import (
	"errors"
	"testing"

	"ephor/internal/audit"
)

func TestVerifyFindsWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "log")
		const records = 2*audit.TileWidth + 3
		write(t, tenant, func(tx *WriteTx) error {
			for range records - 5 {
				tx.Record(record("many"))
			}
			return nil
		})
		for range 5 { // over the edge of the second tile, one group after another
			write(t, tenant, func(tx *WriteTx) error { tx.Record(record("one")); return nil })
		}
		v, err := tenant.Verify(t.Context())
		if err != nil || v.Records != records {
			t.Fatalf("%d records verified: %v", v.Records, err)
		}
		for name, sql := range map[string]string{
			"a record's bytes":       "UPDATE audit SET body = leaf WHERE idx = 7",
			"its leaf":               "UPDATE audit SET leaf = (SELECT leaf FROM audit WHERE idx = 8) WHERE idx = 7",
			"bytes and leaf":         "UPDATE audit SET body = (SELECT body FROM audit WHERE idx = 8), leaf = (SELECT leaf FROM audit WHERE idx = 8) WHERE idx = 7",
			"a column to find it by": "UPDATE audit SET activity_key = 'nothing' WHERE idx = 300",
			"its time":               "UPDATE audit SET at = at + 1 WHERE idx = 300",
			"a record removed":       "DELETE FROM audit WHERE idx = 7",
			"the last one removed":   "DELETE FROM audit WHERE idx = 514",
			"a tile":                 "UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile WHERE idx = 1) WHERE idx = 0",
			"a tile removed":         "DELETE FROM audit_tile WHERE idx = 1",
		} {
			undone := errors.New("undone")
			err := tenant.Write(t.Context(), func(tx *WriteTx) error {
				tx.exec(sql)
				check := tileCheck{tx: &tx.ReadTx}
				stored, err := tx.tree()
				if err != nil {
					return err
				}
				if err = audit.Verify(stored, tx.log(check.leaf)); err == nil {
					err = check.count(stored.Size())
				}
				if _, ok := errors.AsType[*audit.Breach](err); !ok {
					t.Errorf("%s: %v", name, err)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := tenant.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
