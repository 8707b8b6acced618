package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// commitTime bounds what a group needs beside its operations: the lock, and the commit.
const commitTime = 30 * time.Second

// A group is one transaction of the lane. Each of its operations is judged on what those
// before it have staged, and leaves either all of its trace in the group or none.
type group struct {
	live      *live
	ctx       context.Context //nolint:containedctx // a group lives as long as its transaction
	link      link
	head      head // as the commit will make it
	clock     clock
	staged    *authz.Snapshot
	pending   []statement
	tree      audit.Frontier // of the log before the group
	leaves    []audit.Hash   // of the group's records
	audits    []any          // their rows, as changes and targets: each a row after the other
	targets   []any
	changes   []any
	signIns   []any            // rows of the sign-in log
	mark      mark             // what tells whether the commit happened
	reload    bool             // the snapshot must be read anew after the commit
	passing   bool             // passing state of sign-ins was written
	after     authz.Version    // of the tenant before the group
	touched   map[guid.ID]bool // objects that the group has changed
	forgotten []guid.ID        // objects of which something changed that no version tells
	stir      stir             // whom all that is about
	machine   when.Instant     // when the lock was had: the instant of all operations
}

// errBroken marks what the database, or the end of an operation's time, has done to a
// transaction.
var errBroken = errors.New("transaction broken")

// errPanic marks an operation's panic.
var errPanic = errors.New("operation panicked")

// work runs a group of operations and answers them. They share one commit; if one of them
// surprises (an error after it had written, a panic, an overrun, an error of the
// database), everything is rolled back and each runs again by itself.
func (l *live) work(entries []*entry) {
	if l.attempt(entries) {
		return
	}
	for _, e := range entries {
		e.err = nil
		if !l.attempt([]*entry{e}) {
			panic("store: an operation by itself was not answered")
		}
	}
}

// attempt runs entries in one transaction and answers them. It reports false, with nothing
// answered and nothing changed, if they must run one by one.
func (l *live) attempt(entries []*entry) bool {
	ctx, cancel := context.WithTimeout(context.Background(), l.allowance(entries))
	defer cancel()
	g, err := l.begin(ctx)
	if err != nil {
		answer(entries, l.tenant.unavailable(err))
		return true
	}
	defer g.link.rollback()
	if err := g.askAhead(entries); err != nil {
		return false // one by one, without that
	}
	for _, e := range entries {
		refusal, surprise := g.run(e)
		if surprise != nil && len(entries) > 1 {
			return false
		}
		if surprise != nil {
			g.link.rollback()
			e.err = l.surprise(ctx, surprise)
			break
		}
		e.err = refusal
	}
	if g.empty() && !g.passing {
		g.link.rollback()
		answer(entries, nil)
		return true
	}
	return g.finish(entries)
}

// budget is the time that e may take.
func (l *live) budget(e *entry) time.Duration {
	if e.budget > 0 {
		return e.budget
	}
	return l.tenant.store.budget
}

// allowance is the time that a group may take: of its operations, and of all else.
func (l *live) allowance(entries []*entry) time.Duration {
	total := commitTime
	for _, e := range entries {
		total += l.budget(e)
	}
	return total
}

// finish commits, publishes and answers, as attempt does.
func (g *group) finish(entries []*entry) bool {
	err := g.commit()
	if err == nil {
		answer(entries, nil)
		return true
	}
	if g.live.engine.dialect().blame(err) {
		if len(entries) > 1 {
			return false
		}
		answer(entries, err)
		return true
	}
	answer(entries, unavailable(err))
	return true
}

// A late refusal is one that an operation came to after some of what it wrote had been
// sent, so that only a rollback can undo it.
type late struct {
	refusal error
	effects []func(*WriteTx) error
}

func (e *late) Error() string { return e.refusal.Error() }

// surprise is the answer to an operation that surprised by itself; all it did is rolled
// back. A refusal's effects get a transaction of their own.
func (l *live) surprise(ctx context.Context, err error) error {
	var refused *late
	switch {
	case errors.Is(err, errBroken) && !l.engine.dialect().blame(err):
		return unavailable(err)
	case !errors.As(err, &refused):
		return err
	case len(refused.effects) == 0:
		return refused.refusal
	}
	g, err := l.begin(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer g.link.rollback()
	refusal, err := g.apply(refused.effects, refused.refusal)
	if err == nil {
		err = g.commit()
	}
	if err != nil {
		return unavailable(err)
	}
	return refusal
}

// begin opens the group's transaction: it waits for the write lock, and brings the
// snapshot up to date with what other nodes have written.
func (l *live) begin(ctx context.Context) (*group, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	if err := l.wake(ctx); err != nil {
		return nil, err
	}
	known := l.now.Load()
	link, err := l.open(ctx, true)
	if err != nil {
		return nil, err
	}
	g := &group{live: l, ctx: ctx, link: link}
	if err := g.prepare(known); err != nil {
		link.rollback()
		return nil, err
	}
	return g, nil
}

func (g *group) prepare(known *published) (err error) {
	l := g.live
	if g.head, err = readHead(g.ctx, g.link, l.engine.dialect(), l.tenant.id, true); err != nil {
		return err
	}
	if g.tree, err = g.head.tree(); err != nil {
		return err
	}
	p, err := l.agree(g.ctx, g.link, known, g.head)
	if err != nil {
		return err
	}
	g.staged, g.clock = p.snap, p.clock
	g.after, g.touched = p.head.version, map[guid.ID]bool{}
	g.machine = l.tenant.store.env.Now()
	return nil
}

// run judges one operation. A refusal is the operation's own answer, and it has left no
// trace but the effects that it asked for; after a surprise the transaction is good for
// nothing.
func (g *group) run(e *entry) (refusal, surprise error) {
	tx, done := g.transaction(g.live.budget(e))
	defer done()
	if e.gathered != nil && !g.stir.changed(e.request) {
		tx.gathered = e.gathered
	}
	err := guard(tx, e.fn)
	switch {
	case errors.Is(err, errPanic):
		return nil, err
	case tx.usable() != nil:
		return nil, fmt.Errorf("%w: %w", errBroken, tx.err)
	case err == nil:
		return nil, g.keep(tx)
	}
	_, refused := fault.As(err)
	if !refused {
		tx.effects = nil
	}
	if tx.sent {
		return nil, &late{err, tx.effects}
	}
	tx.drop()
	g.pending = tx.pending
	if len(tx.effects) > 0 {
		return g.apply(tx.effects, err)
	}
	return err, nil
}

// apply runs the effects of a refusal, which is then the answer.
func (g *group) apply(effects []func(*WriteTx) error, refusal error) (error, error) {
	tx, done := g.transaction(g.live.tenant.store.budget)
	defer done()
	err := guard(tx, func(tx *WriteTx) error {
		for _, effect := range effects {
			if err := effect(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if tx.usable() != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, tx.err)
	}
	if err == nil {
		err = g.keep(tx)
	}
	if err != nil {
		return nil, fmt.Errorf("effects of a refusal: %w", err)
	}
	return refusal, nil
}

// guard runs fn, and makes an error of a panic.
func guard(tx *WriteTx, fn func(*WriteTx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	return fn(tx)
}

// transaction is what the next operation works in, on what the group has staged.
func (g *group) transaction(budget time.Duration) (*WriteTx, context.CancelFunc) {
	t := g.live.tenant
	ctx, cancel := context.WithTimeout(g.ctx, budget)
	next := g.head
	next.version.Seq++
	tx := &WriteTx{ReadTx: ReadTx{
		ctx: ctx, tenant: t, link: g.link, head: next, clock: g.clock, base: g.staged, pending: g.pending,
		machine: g.machine, now: max(g.clock.reads(g.machine), g.head.instant),
	}, first: int64(g.tree.Size()) + int64(len(g.leaves))}
	tx.view = view{
		keeper: &g.live.keeper, version: g.after,
		changed: func(id guid.ID) bool { return g.touched[id] || tx.touched[id] },
		frozen:  func() bool { return g.empty() && !g.passing && !tx.wrote && !tx.passing },
	}
	return tx, cancel
}
