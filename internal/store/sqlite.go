package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"

	"zombiezen.com/go/sqlite"
)

const (
	readersPerFile = 4 // connections that only read, opened when first needed
	// journalPages is how long the journal becomes before a commit copies it to its place: most
	// pages are written again and again before that, and copied once.
	journalPages = 4000
)

// A sqliteFile is one SQLite database: a connection that writes, and a few that read. A
// transaction has a connection to itself, so that statements prepared once on it run
// without being prepared again.
type sqliteFile struct {
	path    string
	pragmas []string         // what each connection begins with
	writer  chan *sqliteConn // holds the one writing connection, or nil before its first use
	readers chan *sqliteConn // likewise
	closed  chan struct{}    // nothing begins any more
	spoken  dialect
}

// openSQLite opens the database in the file at path, which it makes if there is none. One
// that is not durable may be lost with the machine: it is for memory tenants.
func openSQLite(path string, durable bool) *sqliteFile {
	pragmas := []string{"busy_timeout(10000)", "journal_mode(WAL)", "temp_store(MEMORY)", fmt.Sprintf("wal_autocheckpoint(%d)", journalPages)}
	if durable {
		pragmas = append(pragmas, "synchronous(FULL)")
	} else {
		pragmas = append(pragmas, "synchronous(OFF)")
	}
	if durable && runtime.GOOS == "darwin" {
		pragmas = append(pragmas, "fullfsync(1)") // fsync alone stops at the drive's cache there
	}
	f := &sqliteFile{
		path: path, pragmas: pragmas, writer: make(chan *sqliteConn, 1), readers: make(chan *sqliteConn, readersPerFile), closed: make(chan struct{}),
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

func (f *sqliteFile) dialect() *dialect { return &f.spoken }

// close waits for the transactions that are open, and closes the file.
func (f *sqliteFile) close() error {
	close(f.closed)
	var errs []error
	for range readersPerFile {
		errs = append(errs, (<-f.readers).close())
	}
	errs = append(errs, (<-f.writer).close())
	return errors.Join(errs...)
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
		if c, err = f.connect(write); err != nil {
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
func (f *sqliteFile) connect(write bool) (*sqliteConn, error) {
	c, err := dialFile(f.path)
	if err != nil {
		return nil, err
	}
	pragmas := f.pragmas
	if !write {
		pragmas = append(slices.Clip(pragmas), "query_only(1)")
	}
	for _, pragma := range pragmas {
		if err := c.exec(statement{sql: "PRAGMA " + pragma}); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

var errEnded = errors.New("the transaction has ended")

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
		if err := l.conn.run(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (l *sqliteLink) send(ctx context.Context, pending []statement) error {
	if l.conn == nil {
		return errEnded
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
	var refused *sqliteError
	if !errors.As(err, &refused) {
		return false
	}
	switch sqlite.ErrCode(refused.error).ToPrimary() {
	case sqlite.ResultError, sqlite.ResultConstraint, sqlite.ResultMismatch, sqlite.ResultRange, sqlite.ResultTooBig:
		return true
	}
	return false
}
