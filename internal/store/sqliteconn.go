package store

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"

	"zombiezen.com/go/sqlite"

	"ephor/internal/guid"
	"ephor/internal/when"
)

const statementsKept = 512 // prepared statements kept for each connection

// A sqliteConn is one connection to SQLite, with its prepared statements. It belongs to one
// goroutine at a time.
type sqliteConn struct {
	db    *sqlite.Conn
	stmts map[string]sqliteStmt
}

// A sqliteStmt is a prepared statement, and reads the row at which it stands.
type sqliteStmt struct {
	*sqlite.Stmt
	params  int // arguments that it takes
	columns int
}

// A sqliteError is SQLite's refusal.
type sqliteError struct{ error }

func (e *sqliteError) Unwrap() error { return e.error }

// dialFile opens the file at path, which it makes if there is none.
func dialFile(path string) (*sqliteConn, error) {
	db, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, &sqliteError{err})
	}
	return &sqliteConn{db: db, stmts: map[string]sqliteStmt{}}, nil
}

func (c *sqliteConn) close() error {
	if c == nil {
		return nil
	}
	return c.db.Close()
}

// forget frees the prepared statements.
func (c *sqliteConn) forget() {
	for text, s := range c.stmts {
		_ = s.Finalize() // says again what its last step said
		delete(c.stmts, text)
	}
}

// prepare gives the statement of text on this connection.
func (c *sqliteConn) prepare(text string) (sqliteStmt, error) {
	if s, kept := c.stmts[text]; kept {
		return s, nil
	}
	if len(c.stmts) >= statementsKept {
		c.forget()
	}
	prepared, err := c.db.Prepare(questioned(text))
	if err != nil {
		return sqliteStmt{}, fmt.Errorf("prepare %s: %w", text, &sqliteError{err})
	}
	s := sqliteStmt{prepared, prepared.BindParamCount(), prepared.ColumnCount()}
	c.stmts[text] = s
	return s, nil
}

var numberedArgument = regexp.MustCompile(`\$[0-9]+`)

// questioned is text with its arguments, $1, $2, as SQLite numbers them; to it, $2 is a name
// and not a number. Where each comes once and they come in order they need no number:
// preparing a statement of many rows would take the square of their number.
func questioned(text string) string {
	count, ordered := 0, true
	plain := numberedArgument.ReplaceAllStringFunc(text, func(arg string) string {
		count++
		ordered = ordered && arg == "$"+strconv.Itoa(count)
		return "?" + arg[1:]
	})
	if !ordered {
		return plain
	}
	return numberedArgument.ReplaceAllString(text, "?")
}

// bind gives the statement its arguments.
func (s sqliteStmt) bind(args []any) error {
	if len(args) < s.params {
		return fmt.Errorf("%d arguments where %d are needed", len(args), s.params)
	}
	for i, arg := range args[:s.params] {
		switch v := arg.(type) {
		case int64:
			s.BindInt64(i+1, v)
		case string:
			s.BindText(i+1, v)
		case []byte:
			s.BindBytes(i+1, v)
		default:
			return fmt.Errorf("argument %d is a %T", i+1, arg)
		}
	}
	return nil
}

// exec runs a statement to its end, without its rows.
func (c *sqliteConn) exec(s statement) error {
	return c.run(context.Background(), question{statement: s})
}

// run gives each row of a question to it. The time of ctx is asked for between rows.
func (c *sqliteConn) run(ctx context.Context, q question) error {
	s, err := c.prepare(q.sql)
	if err != nil {
		return err
	}
	if err := s.bind(q.args); err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	defer func() { _ = s.Reset() }() // says again what the last step said
	scan := s.scan
	for {
		more, err := s.Step()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", q.sql, &sqliteError{err})
		case !more:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%s: %w", q.sql, context.Cause(ctx))
		case q.row == nil:
		default:
			if err := q.row(scan); err != nil {
				return err
			}
		}
	}
}

func (s sqliteStmt) scan(dest ...any) error {
	if len(dest) != s.columns {
		return fmt.Errorf("%d targets for %d columns", len(dest), s.columns)
	}
	for i, d := range dest {
		if err := s.column(i, d); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// column reads one column. What holds another type than its target is refused.
func (s sqliteStmt) column(i int, dest any) (err error) {
	var n int64
	switch d := dest.(type) {
	case *string:
		*d, err = s.text(i)
	case *guid.ID:
		*d, err = s.id(i)
	case *int64:
		*d, err = s.number(i)
	case *when.Instant:
		n, err = s.number(i)
		*d = when.Instant(n)
	case *int:
		n, err = s.number(i)
		*d = int(n)
	case *bool:
		n, err = s.number(i)
		*d = n != 0
	case *[]byte:
		*d, err = s.bytes(i)
	case sql.Scanner:
		return s.give(i, d)
	default:
		return fmt.Errorf("a %T cannot be read into", dest)
	}
	return err
}

func (s sqliteStmt) number(i int) (int64, error) {
	if s.ColumnType(i) != sqlite.TypeInteger {
		return 0, errColumn
	}
	return s.ColumnInt64(i), nil
}

// written reports whether a column holds what can be read as text: a number is as it is
// written.
func (s sqliteStmt) written(i int) error {
	switch s.ColumnType(i) {
	case sqlite.TypeText, sqlite.TypeBlob, sqlite.TypeInteger:
		return nil
	}
	return errColumn
}

func (s sqliteStmt) text(i int) (string, error) {
	if err := s.written(i); err != nil {
		return "", err
	}
	return s.ColumnText(i), nil
}

func (s sqliteStmt) bytes(i int) ([]byte, error) {
	if err := s.written(i); err != nil {
		return nil, err
	}
	b := make([]byte, s.ColumnLen(i))
	return b[:s.ColumnBytes(i, b)], nil
}

func (s sqliteStmt) id(i int) (id guid.ID, err error) {
	if err := s.written(i); err != nil {
		return id, err
	}
	var b [40]byte // more than an id has, so that what is longer is none
	n := s.ColumnBytes(i, b[:])
	if n > 0 && id.UnmarshalText(b[:n]) != nil {
		return guid.ID{}, errNotID
	}
	return id, nil
}

// give lets d read the column itself.
func (s sqliteStmt) give(i int, d sql.Scanner) error {
	if s.ColumnType(i) == sqlite.TypeInteger {
		return d.Scan(s.ColumnInt64(i))
	}
	text, err := s.text(i)
	if err != nil {
		return err
	}
	return d.Scan(text)
}
