package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"runtime"
	"strconv"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

const (
	readersPerFile = 4   // connections that only read, opened when first needed
	statementsKept = 512 // prepared statements kept for each connection
)

// A sqliteFile is one SQLite database: a connection that writes, and a few that read. A
// transaction has a connection to itself, so that statements prepared once on it run
// without being prepared again.
type sqliteFile struct {
	db      *sql.DB
	writer  chan *sqliteConn // holds the one writing connection, or nil before its first use
	readers chan *sqliteConn // likewise
	closed  chan struct{}    // nothing begins any more
	spoken  dialect
}

// A sqliteConn is one connection with its prepared statements.
type sqliteConn struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// openSQLite opens the database in the file at path, which it makes if there is none. One
// that is not durable may be lost with the machine: it is for memory tenants.
func openSQLite(path string, durable bool) *sqliteFile {
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "temp_store(MEMORY)", "synchronous(OFF)"}
	if durable {
		pragmas[3] = "synchronous(FULL)"
	}
	if durable && runtime.GOOS == "darwin" {
		pragmas = append(pragmas, "fullfsync(1)") // fsync alone stops at the drive's cache there
	}
	db, err := sql.Open("sqlite", sqliteName(path, pragmas...))
	if err != nil {
		panic("store: " + err.Error()) // only for a driver that is not registered
	}
	f := &sqliteFile{
		db: db, writer: make(chan *sqliteConn, 1), readers: make(chan *sqliteConn, readersPerFile), closed: make(chan struct{}),
		spoken: dialect{
			place: "main", head: "chain_head", parts: []string{"head", "tenant"},
			ddl: clustered, blame: sqliteBlame,
		},
	}
	f.writer <- nil
	for range readersPerFile {
		f.readers <- nil
	}
	return f
}

var (
	bigType      = regexp.MustCompile(`\bBIGINT\b`)
	compoundKeys = regexp.MustCompile(`(CREATE TABLE [^;]*PRIMARY KEY \([a-z_]+,[^;]*\));`)
)

// clustered makes tables that SQLite keeps in the order of their primary key, where that is
// one number or several columns: as a tree of its own, the key would be written twice.
func clustered(sql string) string {
	return compoundKeys.ReplaceAllString(bigType.ReplaceAllString(sql, "INTEGER"), "$1 WITHOUT ROWID;")
}

// sqliteName names a database file to the driver, with what each connection begins with.
func sqliteName(path string, pragmas ...string) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String()
}

func (f *sqliteFile) dialect() *dialect { return &f.spoken }

// close waits for the transactions that are open, and closes the file.
func (f *sqliteFile) close() error {
	close(f.closed)
	var errs []error
	for range readersPerFile {
		errs = append(errs, (<-f.readers).close())
	}
	errs = append(errs, (<-f.writer).close())
	return errors.Join(append(errs, f.db.Close())...)
}

func (f *sqliteFile) begin(ctx context.Context, write bool) (link, error) {
	pool, begin := f.readers, "BEGIN"
	if write {
		pool, begin = f.writer, "BEGIN IMMEDIATE"
	}
	var c *sqliteConn
	select {
	case c = <-pool:
	case <-f.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a connection: %w", context.Cause(ctx))
	}
	if c == nil {
		var err error
		if c, err = f.connect(ctx, write); err != nil {
			pool <- nil
			return nil, err
		}
	}
	l := &sqliteLink{pool: pool, conn: c}
	if err := c.exec(statement{sql: begin}); err != nil {
		l.discard()
		return nil, err
	}
	return l, nil
}

// connect opens a connection; one that does not write cannot.
func (f *sqliteFile) connect(ctx context.Context, write bool) (*sqliteConn, error) {
	conn, err := f.db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return nil, fmt.Errorf("open connection: %w", err)
	}
	c := &sqliteConn{conn, map[string]*sql.Stmt{}}
	if !write {
		if err := c.exec(statement{sql: "PRAGMA query_only = 1"}); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// prepare gives the statement of text on this connection. The driver would watch a context
// that can end with a goroutine for each call; a transaction asks for its time between
// statements and between rows instead.
func (c *sqliteConn) prepare(text string) (*sql.Stmt, error) {
	if stmt := c.stmts[text]; stmt != nil {
		return stmt, nil
	}
	if len(c.stmts) >= statementsKept {
		c.forget()
	}
	stmt, err := c.conn.PrepareContext(context.Background(), nameless(text))
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", text, err)
	}
	c.stmts[text] = stmt
	return stmt, nil
}

var numberedArgument = regexp.MustCompile(`\$[0-9]+`)

// nameless is text without the numbers of its arguments, if each comes once and they come in
// order. To SQLite they are names, and to bind each it goes through all before: a statement
// of many rows would take the square of their number.
func nameless(text string) string {
	count, ordered := 0, true
	plain := numberedArgument.ReplaceAllStringFunc(text, func(arg string) string {
		count++
		ordered = ordered && arg == "$"+strconv.Itoa(count)
		return "?"
	})
	if !ordered {
		return text
	}
	return plain
}

func (c *sqliteConn) forget() {
	for sql, stmt := range c.stmts {
		_ = stmt.Close() // frees memory; there is nothing that could be lost
		delete(c.stmts, sql)
	}
}

func (c *sqliteConn) exec(s statement) error {
	stmt, err := c.prepare(s.sql) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return err
	}
	if _, err := stmt.ExecContext(context.Background(), s.args...); err != nil {
		return fmt.Errorf("%s: %w", s.sql, err)
	}
	return nil
}

func (c *sqliteConn) close() error {
	if c == nil {
		return nil
	}
	c.forget()
	return c.conn.Close()
}

// A sqliteLink is a transaction on a connection that it has to itself. Its conn is nil
// once it has ended.
type sqliteLink struct {
	pool chan *sqliteConn
	conn *sqliteConn
}

func (l *sqliteLink) query(ctx context.Context, pending []statement, asked ...question) error {
	if err := l.send(ctx, pending); err != nil {
		return err
	}
	for _, q := range asked {
		if err := l.conn.ask(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (c *sqliteConn) ask(ctx context.Context, q question) error {
	stmt, err := c.prepare(q.sql) //nolint:sqlclosecheck // the connection keeps it
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(context.Background(), q.args...)
	if err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has said it
	scan := rows.Scan
	for rows.Next() {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", q.sql, context.Cause(ctx))
		}
		if err := q.row(scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	return nil
}

func (l *sqliteLink) send(ctx context.Context, pending []statement) error {
	if l.conn == nil {
		return sql.ErrTxDone
	}
	for _, s := range pending {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", s.sql, context.Cause(ctx))
		}
		if err := l.conn.exec(s); err != nil {
			return err
		}
	}
	return nil
}

func (l *sqliteLink) commit(ctx context.Context, pending []statement) error {
	if err := l.send(ctx, pending); err != nil {
		return err
	}
	if err := l.conn.exec(statement{sql: "COMMIT"}); err != nil {
		l.discard()
		return &uncertain{err}
	}
	l.release()
	return nil
}

func (l *sqliteLink) rollback() {
	if l.conn == nil {
		return
	}
	if err := l.conn.exec(statement{sql: "ROLLBACK"}); err != nil {
		l.discard() // closing the connection rolls back
		return
	}
	l.release()
}

// release gives the connection to the next transaction.
func (l *sqliteLink) release() { l.pool <- l.conn; l.conn = nil }

// discard closes the connection; the next transaction opens another.
func (l *sqliteLink) discard() {
	_ = l.conn.close() // it is being thrown away for an error that is reported
	l.pool <- nil
	l.conn = nil
}

// sqliteBlame tells a statement's own fault by SQLite's result code.
func sqliteBlame(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_ERROR, lib.SQLITE_CONSTRAINT, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE, lib.SQLITE_TOOBIG:
		return true
	}
	return false
}
