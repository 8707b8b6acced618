package store

import (
	"context"
	"errors"
	"fmt"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// A ReadTx reads one tenant at one version: data, authorization and time agree. It
// belongs to the goroutine of the function it was given to, and ends with it.
type ReadTx struct {
	ctx      context.Context //nolint:containedctx // a transaction lives as long as its function
	tenant   *Tenant
	link     link
	head     head
	clock    clock
	now      when.Instant
	machine  when.Instant
	base     *authz.Snapshot
	view     view        // of rows that are kept
	edit     *authz.Edit // nil until something is staged
	pending  []statement // written, not yet sent
	mine     int         // how many of pending, from the end, this operation wrote
	gathered *gathering  // asked ahead, nil when nothing was, or it may have changed since
	sent     bool        // something that this operation wrote has reached the database
	err      error       // the first error of the database; nothing works after it
}

// Now is the tenant's time: one instant for the whole transaction, never earlier than
// that of any change before it.
func (tx *ReadTx) Now() when.Instant { return tx.now }

// Machine is the machine's clock when the transaction began. Tokens, sessions, codes and
// lockouts live on it.
func (tx *ReadTx) Machine() when.Instant { return tx.machine }

// Tenant is the tenant that the transaction belongs to.
func (tx *ReadTx) Tenant() *Tenant { return tx.tenant }

// Version is the version that a ReadTx reads, and that a WriteTx will have made.
func (tx *ReadTx) Version() authz.Version { return tx.head.version }

// Snap is the authorization data at this version; in a WriteTx, with all that it has
// changed so far. It is valid until the next change.
func (tx *ReadTx) Snap() *authz.Snapshot {
	if tx.edit != nil {
		return tx.edit.View()
	}
	return tx.base
}

// query runs sql and gives each row to row, which must not use the transaction. What row
// returns ends the query and is returned as it is.
//
// Arguments may be string, int64, int, bool, []byte, when.Instant and guid.ID, and so may
// what is scanned into; the columns are TEXT, BIGINT and BLOB.
func (tx *ReadTx) query(sql string, args []any, row func(scan func(dest ...any) error) error) error {
	return tx.ask(question{statement{sql, args}, row})
}

// ask is query for several questions that do not wait for each other's answers: they travel
// together. The answers come in their order.
func (tx *ReadTx) ask(asked ...question) error {
	if err := tx.usable(); err != nil {
		return err
	}
	var own error // what a row itself refused
	bound := make([]question, len(asked))
	for i, q := range asked {
		args, err := bind(q.args)
		if err != nil {
			return tx.fail(fmt.Errorf("%s: %w", q.sql, err))
		}
		bound[i] = question{statement{q.sql, args}, func(scan func(dest ...any) error) error {
			own = q.row(scan)
			return own
		}}
	}
	err := tx.link.query(tx.ctx, tx.take(), bound...)
	if own != nil {
		return own
	}
	if err != nil {
		return tx.fail(err)
	}
	return nil
}

// one reads the first row of sql into dest. That there is none is no error.
func (tx *ReadTx) one(sql string, args []any, dest ...any) (found bool, err error) {
	err = tx.query(sql, args, func(scan func(dest ...any) error) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	})
	return found && err == nil, err
}

// usable reports why the transaction can do no more: the database has failed it, or its
// time is over.
func (tx *ReadTx) usable() error {
	if tx.err == nil && tx.ctx.Err() != nil {
		tx.err = fmt.Errorf("transaction ran out of time: %w", context.Cause(tx.ctx))
	}
	return tx.err
}

// fail keeps the first error of the database. An operation that swallows it commits
// nothing all the same.
func (tx *ReadTx) fail(err error) error {
	if tx.err == nil {
		tx.err = err
	}
	return err
}

// take empties the queue, which the caller now sends.
func (tx *ReadTx) take() []statement {
	pending := tx.pending
	tx.sent = tx.sent || tx.mine > 0
	tx.pending, tx.mine = nil, 0
	return pending
}

// A WriteTx changes one tenant. What it writes is queued: it reaches the database with
// the next read or before the commit, so that one round trip carries many statements.
//
// The function that is given a WriteTx may run more than once: everything it did before
// is then undone. So it must not touch anything but the transaction, or only by setting
// anew, from the start, what an earlier run had set.
type WriteTx struct {
	ReadTx
	wrote     bool
	passing   bool      // it wrote passing state of sign-ins
	forgotten []guid.ID // objects of which it changed what no version tells
	records   []audit.Record
	signIns   []signin.Event
	changes   []change
	noted     map[change]bool    // those in changes
	touched   map[guid.ID]bool   // the objects among them
	askers    map[string]guid.ID // whose requests are among changes, by id
	effects   []func(*WriteTx) error
	reload    bool  // the snapshot must be read anew after the commit
	first     int64 // the place in the log of the first record of this write
}

// A change says that entity id is not as it was, deletions included.
type change struct{ entity, id string }

// Record leaves an audit record. Its place in the log is given by the store, and so are
// its id and its time where they are zero. A transaction that writes and leaves no record, nor a
// sign-in, fails.
func (tx *WriteTx) Record(r audit.Record) {
	if r.ID.IsZero() {
		r.ID = tx.tenant.store.env.NextID()
	}
	if r.At == 0 {
		r.At = tx.now
	}
	tx.records = append(tx.records, r)
}

// Effect adds what a refusal must leave behind (a failed attempt counted, a code spent).
// If the transaction's function returns a fault, everything else that it wrote is undone,
// the effects run in its place, with a record of their own, and the fault is answered when
// they are on disk. If it returns anything else they are forgotten.
func (tx *WriteTx) Effect(fn func(*WriteTx) error) { tx.effects = append(tx.effects, fn) }

// exec queues a statement. An error of it fails the transaction at the next read or at
// the commit, so there is none to return here.
func (tx *WriteTx) exec(sql string, args ...any) {
	tx.wrote = true
	bound, err := bind(args)
	if err != nil {
		_ = tx.fail(fmt.Errorf("%s: %w", sql, err))
		return
	}
	tx.pending = append(tx.pending, statement{sql, bound})
	if tx.mine++; len(tx.pending) >= queuedMost {
		tx.flush()
	}
}

// pass queues a statement on what sign-ins need while they go on: tickets, sessions, and
// their own log. It needs no audit record, because the sign-in log is the record of these,
// and changes nothing that decisions are made on, so that the tenant's version stays.
func (tx *WriteTx) pass(sql string, args ...any) {
	wrote := tx.wrote
	tx.exec(sql, args...)
	tx.wrote, tx.passing = wrote, true
}

// queuedMost bounds the statements that wait in memory; only imports come near it.
const queuedMost = 4096

// flush sends what is queued.
func (tx *WriteTx) flush() {
	if tx.usable() != nil {
		return
	}
	if err := run(tx.ctx, tx.link, tx.take()...); err != nil {
		_ = tx.fail(err)
	}
}

// stage is the authorization data as this transaction changes it. It is published when
// the transaction has committed, and dropped when it has not.
func (tx *WriteTx) stage() *authz.Edit {
	if tx.edit == nil {
		tx.edit = tx.base.Edit()
	}
	return tx.edit
}

// changed notes that the entity with that id was made, changed or deleted. Other nodes
// bring their snapshots up to date from it (reloaders), and delta queries answer from it.
func (tx *WriteTx) changed(entity, id string) {
	c := change{entity, id}
	if tx.noted[c] {
		return
	}
	if tx.noted == nil {
		tx.noted, tx.touched = map[change]bool{}, map[guid.ID]bool{}
	}
	c.touch(tx.touched)
	tx.noted[c] = true
	tx.changes = append(tx.changes, c)
}

var errNoRecord = errors.New("transaction writes and leaves no audit record")

// drop forgets what this operation has queued and staged, none of which was sent.
func (tx *WriteTx) drop() {
	tx.pending = tx.pending[:len(tx.pending)-tx.mine]
	tx.mine, tx.edit = 0, nil
}
