package store

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// connection is one to a new file, with a table of what may be stored.
func connection(t *testing.T) *sqliteConn {
	t.Helper()
	c, err := dialFile(filepath.Join(t.TempDir(), "a #1?%41.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	if err := c.exec(statement{sql: "CREATE TABLE thing (id INTEGER PRIMARY KEY, label TEXT, body BLOB, CONSTRAINT short CHECK (length(label) < 3000000))"}); err != nil {
		t.Fatal(err)
	}
	return c
}

// theRow reads the one row of a query.
func theRow(c *sqliteConn, sql string, args []any, dest ...any) error {
	return c.run(context.Background(), question{statement{sql, args}, func(scan func(...any) error) error { return scan(dest...) }})
}

func TestSQLiteGivesBackWhatItWasGiven(t *testing.T) {
	t.Parallel()
	c := connection(t)
	for i, text := range []string{"", "plain", "a\x00b", "grüß 😀", strings.Repeat("x", 2_000_000), "short again"} {
		body := append([]byte(text), 0)
		id := int64(i) - 3
		if err := c.exec(statement{"INSERT INTO thing (id, label, body) VALUES ($1, $2, $3)", []any{id, text, body}}); err != nil {
			t.Fatal(err)
		}
		var gotID int64
		var gotText string
		var gotBody []byte
		if err := theRow(c, "SELECT id, label, body FROM thing WHERE label = $2 AND id = $1", []any{id, text}, &gotID, &gotText, &gotBody); err != nil {
			t.Fatal(err)
		}
		if gotID != id || gotText != text || !bytes.Equal(gotBody, body) {
			t.Errorf("%.20q came back as %d, %.20q, %.20q", text, gotID, gotText, gotBody)
		}
	}
	var empty []byte
	if err := theRow(c, "SELECT $1", []any{[]byte{}}, &empty); err != nil || len(empty) != 0 {
		t.Errorf("no bytes came back as %q (%v)", empty, err)
	}
}

func TestSQLiteReadsOnlyWhatATargetCanHold(t *testing.T) {
	t.Parallel()
	c := connection(t)
	var (
		n    int64
		i    int
		b    bool
		at   when.Instant
		id   guid.ID
		text string
		raw  []byte
		f    float64
	)
	for _, row := range []struct {
		sql   string
		dest  any
		taken bool
	}{
		{"SELECT 1", &n, true},
		{"SELECT 1", &i, true},
		{"SELECT 1", &b, true},
		{"SELECT 1", &at, true},
		{"SELECT 1", &text, true},
		{"SELECT 'e77cbb23-0ff2-4e18-819c-690f58269752'", &id, true},
		{"SELECT ''", &id, true},
		{"SELECT x'00'", &raw, true},
		{"SELECT 'a'", &raw, true},
		{"SELECT NULL", &n, false},
		{"SELECT NULL", &text, false},
		{"SELECT NULL", &id, false},
		{"SELECT NULL", &raw, false},
		{"SELECT '1'", &n, false},
		{"SELECT '1'", &b, false},
		{"SELECT 1.5", &n, false},
		{"SELECT 'e77cbb23'", &id, false},
		{"SELECT 1.5", &f, false},
		{"SELECT 2", new(kindColumn), true},
		{"SELECT 99", new(kindColumn), false},
	} {
		if err := theRow(c, row.sql, nil, row.dest); (err == nil) != row.taken {
			t.Errorf("%s into %T: %v", row.sql, row.dest, err)
		}
	}
	if err := theRow(c, "SELECT 1, 2", nil, &n); err == nil {
		t.Error("two columns were read into one target")
	}
}

func TestSQLiteRunsOneStatementWithAllItsArguments(t *testing.T) {
	t.Parallel()
	c := connection(t)
	for _, sql := range []string{"SELECT 1; DELETE FROM thing", "", "-- nothing"} {
		if err := c.exec(statement{sql: sql}); err == nil {
			t.Errorf("%q was run", sql)
		}
	}
	if err := c.exec(statement{"SELECT $1, $2", []any{int64(1)}}); err == nil {
		t.Error("a statement ran without an argument")
	}
	if err := c.exec(statement{"SELECT $1", []any{1.5}}); err == nil {
		t.Error("an argument was taken that no column holds")
	}
}

// What a statement is to blame for must be told from what the machine does.
func TestSQLiteBlamesTheStatementForItsFault(t *testing.T) {
	t.Parallel()
	c := connection(t)
	insert := statement{"INSERT INTO thing (id, label) VALUES ($1, $2)", []any{int64(1), "a"}}
	if err := c.exec(insert); err != nil {
		t.Fatal(err)
	}
	for _, s := range []statement{
		insert,
		{"INSERT INTO thing (id, label) VALUES ($1, $2)", []any{int64(2), strings.Repeat("x", 3_000_000)}},
		{sql: "SELECT nothing FROM nowhere"},
	} {
		err := c.exec(s)
		if !sqliteBlame(err) {
			t.Errorf("%s: %v", s.sql, err)
		}
		if e, ok := errors.AsType[*sqliteError](err); !ok || e.Error() == "" {
			t.Errorf("%s: %v", s.sql, err)
		}
	}
	// And the connection goes on.
	var n int64
	if err := theRow(c, "SELECT count(*) FROM thing", nil, &n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}
