package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	systemSchema = "ephor"
	// rollbackTime bounds a rollback, which nobody waits for; beyond it the connection is
	// closed, which rolls back too.
	rollbackTime = 5 * time.Second
)

// sessionLimits end what a stalled node has left open, so that it cannot hold a tenant:
// milliseconds without a statement inside a transaction, and of waiting for a lock. No query
// is compiled: one of a page with many conditions looks expensive to the planner, and a
// second of compiling saves milliseconds. Nor is a table read whole, by one process or by
// several, or an index's range gathered before its first row is looked at, where an index
// leads to the rows: a page wants a few, in an index's order, and what the planner believes
// of a tenant that nobody has analysed yet would have it otherwise.
var sessionLimits = map[string]string{
	"application_name":                    "ephor",
	"idle_in_transaction_session_timeout": "10000",
	"lock_timeout":                        "10000",
	"statement_timeout":                   "60000",
	"search_path":                         `""`, // a transaction that forgets its schema finds nothing
	"timezone":                            "UTC",
	"jit":                                 "off",
	"enable_bitmapscan":                   "off",
	"enable_seqscan":                      "off",
	"max_parallel_workers_per_gather":     "0",
}

// openPool connects to the database at address, a postgres:// URL. The pool is small: a
// write lane uses one connection at a time, and a read one for as long as it takes.
func openPool(ctx context.Context, address string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", err)
	}
	maps.Copy(cfg.ConnConfig.RuntimeParams, sessionLimits)
	if !strings.Contains(address, "pool_max_conns") {
		cfg.MaxConns = 12
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return pool, nil
}

// A postgres is one schema of a PostgreSQL database.
type postgres struct {
	pool   *pgxpool.Pool
	spoken dialect
}

// schema is the engine of the store in that schema, which is a plain lower-case name.
func schema(pool *pgxpool.Pool, name string) *postgres {
	return &postgres{pool, dialect{
		place: name, head: systemSchema + ".chain_head", lock: " FOR UPDATE", parts: []string{"tenant", "refused"},
		ddl:   func(sql string) string { return textType.ReplaceAllString(sql, `TEXT COLLATE "C"`) },
		blame: postgresBlame,
	}}
}

var textType = regexp.MustCompile(`\bTEXT\b`)

func (p *postgres) dialect() *dialect { return &p.spoken }

// close leaves the pool to the Store, which shares it among all schemas.
func (p *postgres) close() error { return nil }

// begin sends nothing yet: what opens the transaction goes out with the first query, that
// of chain_head, in one round trip. A schema cannot be an argument of SET LOCAL; set_config with is_local
// says the same.
func (p *postgres) begin(ctx context.Context, write bool) (link, error) {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	if write {
		begin = "BEGIN ISOLATION LEVEL READ COMMITTED" // each statement sees what the lock waited for
	}
	return &postgresLink{conn: conn, opening: []statement{
		{sql: begin}, {"SELECT set_config('search_path', $1, true)", []any{p.spoken.place}},
	}}, nil
}

// A postgresLink is a transaction. Its conn is nil once it has ended.
type postgresLink struct {
	conn    *pgxpool.Conn
	opening []statement // not yet sent
}

// send queues the opening, pending and what is asked as one batch, and checks all but that.
func (l *postgresLink) send(ctx context.Context, pending []statement, asked ...question) (pgx.BatchResults, error) {
	if l.conn == nil {
		return nil, pgx.ErrTxClosed
	}
	if len(l.opening) > 0 && !strings.Contains(asked[0].sql, systemSchema+".") {
		if err := l.open(ctx); err != nil {
			return nil, err
		}
	}
	var batch pgx.Batch
	first := append(l.opening, merged(pending)...)
	for _, s := range first {
		batch.Queue(s.sql, s.args...)
	}
	for _, q := range asked {
		batch.Queue(q.sql, q.args...)
	}
	l.opening = nil
	results := l.conn.SendBatch(ctx, &batch)
	for _, s := range first {
		if _, err := results.Exec(); err != nil {
			return nil, closed(results, fmt.Errorf("%s: %w", s.sql, err))
		}
	}
	return results, nil
}

// open sends the opening by itself. A statement is prepared before its batch runs, so one
// that finds its tables by search_path cannot travel with what sets that.
func (l *postgresLink) open(ctx context.Context) error {
	var batch pgx.Batch
	for _, s := range l.opening {
		batch.Queue(s.sql, s.args...)
	}
	l.opening = nil
	if err := l.conn.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return nil
}

// closed ends a batch that has failed with err: its own error would say the same again.
func closed(results pgx.BatchResults, err error) error {
	_ = results.Close()
	return err
}

func (l *postgresLink) query(ctx context.Context, pending []statement, asked ...question) error {
	results, err := l.send(ctx, pending, asked...)
	if err != nil {
		return err
	}
	for _, q := range asked {
		if err := answered(results, q); err != nil {
			return closed(results, err)
		}
	}
	return results.Close()
}

// answered reads the answer to q, which is the next in results.
func answered(results pgx.BatchResults, q question) error {
	rows, err := results.Query()
	if err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	defer rows.Close()
	r := reading{raw: rows.Scan}
	scan := r.scan
	for rows.Next() {
		if err := q.row(scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	return nil
}

func (l *postgresLink) commit(ctx context.Context, pending []statement) error {
	var tag pgconn.CommandTag
	results, err := l.send(ctx, pending, question{statement: statement{sql: "COMMIT"}})
	if err == nil {
		tag, err = results.Exec()
		err = errors.Join(err, results.Close())
	}
	if err != nil && refusedByServer(err) {
		return err // the server skips what follows a failed statement, COMMIT too
	}
	if err != nil {
		return &uncertain{err}
	}
	if tag.String() != "COMMIT" {
		return errors.New("commit of a failed transaction") // the server has rolled it back
	}
	l.release()
	return nil
}

// refusedByServer reports whether err is a statement's, told by a server that lives on. Of
// anything else it cannot be known what the server did before.
func refusedByServer(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Severity == "ERROR"
}

func (l *postgresLink) rollback() {
	if l.conn == nil {
		return
	}
	if l.conn.Conn().PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
		defer cancel()
		_, _ = l.conn.Exec(ctx, "ROLLBACK") // if it fails, Release closes the connection
	}
	l.release()
}

func (l *postgresLink) release() { l.conn.Release(); l.conn = nil }

// postgresBlame tells a statement's own fault by the class of its SQLSTATE: bad data,
// constraints, and SQL that does not fit the schema.
func postgresBlame(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code[:2] {
	case "22", "23", "42", "54":
		return true
	}
	return false
}
