package store

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One text serves both engines only as long as SQLite's driver takes $2 as the second
// argument wherever it stands.
func TestArgumentsBindByNumber(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		tenant := create(t, open(t), "arguments")
		var got [4]string
		err := tenant.Read(t.Context(), func(tx *ReadTx) error {
			_, err := tx.one("SELECT name, value, (SELECT MAX(v) FROM (SELECT $3 || '' AS v) x), $2 || $1 FROM (SELECT $2 || '' AS name, $1 || '' AS value) y WHERE value = $1 AND name = $2",
				[]any{"one", "two", "three"}, &got[0], &got[1], &got[2], &got[3])
			return err
		})
		if want := [4]string{"two", "one", "three", "twoone"}; err != nil || got != want {
			t.Errorf("got %v (%v), want %v", got, err, want)
		}
	})
}

func TestTextIsOrderedByItsBytes(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		tenant := create(t, open(t), "order")
		words := []string{"a", "B", "_", "é", "Z", "z", "aa", "A", "~", "ä", "z\u0301", "-", "1", "", "😀", "\uFFFD"}
		write(t, tenant, func(tx *WriteTx) error {
			for _, w := range words {
				tx.changed(w, "order")
			}
			tx.Record(record("order"))
			return nil
		})
		slices.Sort(words)
		var got, above []string
		list := func(into *[]string) func(func(...any) error) error {
			return func(scan func(...any) error) error {
				*into = append(*into, "")
				return scan(&(*into)[len(*into)-1])
			}
		}
		err := tenant.Read(t.Context(), func(tx *ReadTx) error {
			if err := tx.query("SELECT entity FROM change WHERE id = $1 ORDER BY entity", []any{"order"}, list(&got)); err != nil {
				return err
			}
			return tx.query("SELECT entity FROM change WHERE id = $1 AND entity >= $2 AND entity < $3 ORDER BY entity", []any{"order", "a", "b"}, list(&above))
		})
		if err != nil || !slices.Equal(got, words) {
			t.Errorf("ordered %q (%v), want %q", got, err, words)
		}
		if want := []string{"a", "aa"}; !slices.Equal(above, want) {
			t.Errorf("from a to b: %q, want %q", above, want)
		}
	})
}

func TestReadersSeeOneVersionAndCannotWrite(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "readers")
		write(t, tenant, put(s.env.NewID()))
		count := func(tx *ReadTx) (n int64) {
			if _, err := tx.one("SELECT COUNT(*) FROM object", nil, &n); err != nil {
				t.Error(err)
			}
			return n
		}
		err := tenant.Read(t.Context(), func(tx *ReadTx) error {
			before := count(tx)
			write(t, tenant, put(s.env.NewID()))
			if after := count(tx); after != before || tx.Snap().Objects() != int(before) {
				t.Errorf("a transaction saw %d objects, then %d, and %d in the snapshot", before, after, tx.Snap().Objects())
			}
			if _, err := tx.one("DELETE FROM object WHERE id > $1 RETURNING id", []any{""}, new(string)); err == nil {
				t.Error("a reading transaction has written")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if got := see(t, tenant); got != (sight{2, 2, 2, 2}) {
			t.Errorf("see %+v", got)
		}
	})
}

func TestSQLiteFilesKeepWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	file := openSQLite(filepath.Join(t.TempDir(), "file.db"), true)
	t.Cleanup(func() { _ = file.close() })
	link, err := file.begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer link.rollback()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "temp_store": "2", "busy_timeout": "10000"} {
		var got string
		err := link.query(t.Context(), nil, question{statement{sql: "PRAGMA " + pragma}, func(scan func(...any) error) error { return scan(&got) }})
		if err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
}

func TestDataOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		cfg := s.cfg
		err := s.change(t.Context(), func(tx *ReadTx) error {
			tx.pending = append(tx.pending, statement{"INSERT INTO migration (part, step) VALUES ($1, $2)", []any{"system", int64(99)}})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(t.Context(), cfg); err == nil {
			_ = s.Close()
			t.Error("a program opened data of a newer one")
		} else if !strings.Contains(err.Error(), "newer") {
			t.Error(err)
		}
	})
}
