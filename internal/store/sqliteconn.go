package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"

	"ephor/internal/guid"
	"ephor/internal/when"
)

const (
	statementsKept = 512     // prepared statements kept for each connection
	roomKept       = 1 << 20 // bytes of arguments for which room is kept
)

// A sqliteConn is one connection to SQLite, with its prepared statements. It calls SQLite's
// own interface: through database/sql and the driver a short query took three times as long,
// for the names and types of its columns, an argument's way through several interfaces, and
// the locks of a pool. It belongs to one goroutine at a time.
type sqliteConn struct {
	tls   *libc.TLS
	db    uintptr
	out   uintptr // where SQLite puts what it hands out: room for two addresses
	args  uintptr // the text and bytes of the arguments of the statement that runs
	room  int     // bytes at args
	stmts map[string]sqliteStmt
}

// A sqliteStmt is a prepared statement.
type sqliteStmt struct {
	handle  uintptr
	params  int // arguments that it takes
	columns int
}

// A sqliteError is SQLite's refusal.
type sqliteError struct {
	code    int // extended result code
	message string
}

func (e *sqliteError) Error() string { return fmt.Sprintf("%s (%d)", e.message, e.code) }

// memory is the memory at p, which is SQLite's and not Go's.
func memory(p uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&p)) //nolint:gosec // it is no Go memory, which could move or go away
}

// bytesAt is n bytes of SQLite's memory, to be used before SQLite is called again.
func bytesAt(p uintptr, n int) []byte { return unsafe.Slice((*byte)(memory(p)), n) } //nolint:gosec // as above

// dialFile opens the file at path, which it makes if there is none.
func dialFile(path string) (*sqliteConn, error) {
	c := &sqliteConn{tls: libc.NewTLS(), stmts: map[string]sqliteStmt{}}
	c.out = libc.Xmalloc(c.tls, types.Size_t(2*unsafe.Sizeof(c.out)))
	name, err := libc.CString(path)
	if err == nil && c.out == 0 {
		err = errNoMemory
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	defer libc.Xfree(c.tls, name)
	*(*uintptr)(memory(c.out)) = 0
	rc := lib.Xsqlite3_open_v2(c.tls, name, c.out, lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_CREATE|lib.SQLITE_OPEN_NOMUTEX, 0)
	c.db = *(*uintptr)(memory(c.out))
	if rc == lib.SQLITE_OK {
		rc = lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	}
	if rc != lib.SQLITE_OK {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, c.failure(rc)), c.close())
	}
	return c, nil
}

var errNoMemory = errors.New("sqlite: out of memory")

// failure is the error of a call that has returned rc.
func (c *sqliteConn) failure(rc int32) error {
	e := &sqliteError{code: int(rc), message: libc.GoString(lib.Xsqlite3_errstr(c.tls, rc))}
	if c.db != 0 && lib.Xsqlite3_extended_errcode(c.tls, c.db) == rc {
		e.message = libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db))
	}
	return e
}

func (c *sqliteConn) close() error {
	if c == nil {
		return nil
	}
	c.forget()
	var err error
	if c.db != 0 {
		if rc := lib.Xsqlite3_close_v2(c.tls, c.db); rc != lib.SQLITE_OK {
			err = c.failure(rc)
		}
	}
	libc.Xfree(c.tls, c.out)
	libc.Xfree(c.tls, c.args)
	c.tls.Close()
	return err
}

// forget frees the prepared statements.
func (c *sqliteConn) forget() {
	for text, s := range c.stmts {
		lib.Xsqlite3_finalize(c.tls, s.handle) // says again what its last step said
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
	plain, err := libc.CString(questioned(text))
	if err != nil {
		return sqliteStmt{}, err
	}
	defer libc.Xfree(c.tls, plain)
	tail := c.out + unsafe.Sizeof(c.out)
	if rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, plain, -1, lib.SQLITE_PREPARE_PERSISTENT, c.out, tail); rc != lib.SQLITE_OK {
		return sqliteStmt{}, fmt.Errorf("prepare %s: %w", text, c.failure(rc))
	}
	s := sqliteStmt{handle: *(*uintptr)(memory(c.out))}
	if s.handle == 0 || *(*byte)(memory(*(*uintptr)(memory(tail)))) != 0 {
		lib.Xsqlite3_finalize(c.tls, s.handle)
		return sqliteStmt{}, fmt.Errorf("prepare %s: it must be one statement", text)
	}
	s.params = int(lib.Xsqlite3_bind_parameter_count(c.tls, s.handle))
	s.columns = int(lib.Xsqlite3_column_count(c.tls, s.handle))
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

// bind gives the statement its arguments. Their text stays where it is put until the next
// statement of this connection runs, which is after this one was reset.
func (c *sqliteConn) bind(s sqliteStmt, args []any) error {
	if len(args) < s.params {
		return fmt.Errorf("%d arguments where %d are needed", len(args), s.params)
	}
	args = args[:s.params]
	if err := c.makeRoom(args); err != nil {
		return err
	}
	next := c.args
	for i, arg := range args {
		var rc int32
		switch v := arg.(type) {
		case int64:
			rc = lib.Xsqlite3_bind_int64(c.tls, s.handle, int32(i+1), v)
		case string:
			copy(bytesAt(next, len(v)), v)
			rc = lib.Xsqlite3_bind_text(c.tls, s.handle, int32(i+1), next, int32(len(v)), 0)
			next += uintptr(len(v))
		case []byte:
			copy(bytesAt(next, len(v)), v)
			rc = lib.Xsqlite3_bind_blob(c.tls, s.handle, int32(i+1), next, int32(len(v)), 0)
			next += uintptr(len(v))
		default:
			return fmt.Errorf("argument %d is a %T", i+1, arg)
		}
		if rc != lib.SQLITE_OK {
			return c.failure(rc)
		}
	}
	return nil
}

// makeRoom sees to it that the arguments have room at c.args. There is always some: SQLite
// takes no address for NULL.
func (c *sqliteConn) makeRoom(args []any) error {
	need := 64
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			need += len(v)
		case []byte:
			need += len(v)
		}
	}
	if need <= c.room && (c.room <= roomKept || need > roomKept) {
		return nil
	}
	libc.Xfree(c.tls, c.args)
	c.room, c.args = 0, libc.Xmalloc(c.tls, types.Size_t(2*need))
	if c.args == 0 {
		return errNoMemory
	}
	c.room = 2 * need
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
	if err := c.bind(s, q.args); err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	defer lib.Xsqlite3_reset(c.tls, s.handle) // says again what the last step said
	row := sqliteRow{c, s}
	scan := row.scan
	for {
		switch rc := lib.Xsqlite3_step(c.tls, s.handle); {
		case rc == lib.SQLITE_DONE:
			return nil
		case rc != lib.SQLITE_ROW:
			return fmt.Errorf("%s: %w", q.sql, c.failure(rc))
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

// A sqliteRow reads the row at which a statement stands.
type sqliteRow struct {
	c *sqliteConn
	s sqliteStmt
}

func (r *sqliteRow) scan(dest ...any) error {
	if len(dest) != r.s.columns {
		return fmt.Errorf("%d targets for %d columns", len(dest), r.s.columns)
	}
	for i, d := range dest {
		if err := r.column(int32(i), d); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// column reads one column. What holds another type than its target is refused.
func (r *sqliteRow) column(i int32, dest any) (err error) {
	var n int64
	switch d := dest.(type) {
	case *string:
		var b []byte
		b, err = r.bytes(i)
		*d = string(b)
	case *guid.ID:
		*d, err = r.id(i)
	case *int64:
		*d, err = r.number(i)
	case *when.Instant:
		n, err = r.number(i)
		*d = when.Instant(n)
	case *int:
		n, err = r.number(i)
		*d = int(n)
	case *bool:
		n, err = r.number(i)
		*d = n != 0
	case *[]byte:
		var b []byte
		b, err = r.bytes(i)
		*d = append(make([]byte, 0, len(b)), b...)
	case sql.Scanner:
		return r.give(i, d)
	default:
		return fmt.Errorf("a %T cannot be read into", dest)
	}
	return err
}

func (r *sqliteRow) kind(i int32) int32 { return lib.Xsqlite3_column_type(r.c.tls, r.s.handle, i) }

func (r *sqliteRow) number(i int32) (int64, error) {
	if r.kind(i) != lib.SQLITE_INTEGER {
		return 0, errColumn
	}
	return lib.Xsqlite3_column_int64(r.c.tls, r.s.handle, i), nil
}

// bytes is a column's text, or its bytes, valid until the statement's next step. A number is
// as it is written.
func (r *sqliteRow) bytes(i int32) ([]byte, error) {
	var p uintptr
	switch r.kind(i) {
	case lib.SQLITE_TEXT, lib.SQLITE_INTEGER:
		p = lib.Xsqlite3_column_text(r.c.tls, r.s.handle, i)
	case lib.SQLITE_BLOB:
		p = lib.Xsqlite3_column_blob(r.c.tls, r.s.handle, i)
	default:
		return nil, errColumn
	}
	n := int(lib.Xsqlite3_column_bytes(r.c.tls, r.s.handle, i))
	if n == 0 {
		return nil, nil
	}
	if p == 0 {
		return nil, errNoMemory
	}
	return bytesAt(p, n), nil
}

func (r *sqliteRow) id(i int32) (guid.ID, error) {
	b, err := r.bytes(i)
	if err != nil || len(b) == 0 {
		return guid.ID{}, err
	}
	id, ok := guid.Parse(unsafe.String(unsafe.SliceData(b), len(b))) //nolint:gosec // Parse keeps nothing of it
	if !ok {
		return id, errNotID
	}
	return id, nil
}

// give lets d read the column itself.
func (r *sqliteRow) give(i int32, d sql.Scanner) error {
	if r.kind(i) == lib.SQLITE_INTEGER {
		return d.Scan(lib.Xsqlite3_column_int64(r.c.tls, r.s.handle, i))
	}
	b, err := r.bytes(i)
	if err != nil {
		return err
	}
	return d.Scan(string(b))
}
