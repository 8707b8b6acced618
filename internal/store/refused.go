package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ephor/internal/audit"
	"ephor/internal/when"
)

const (
	refusalsHeld = 1024             // different ones that are remembered or wait to be written
	foldWithin   = 1 * when.Minute  // repeats within it count into one record
	refusalTime  = 10 * time.Second // for writing one batch

	refusalsKept = 90 * when.Day // for so long
	refusalsMost = 100_000       // and so many of them
	trimAfter    = 1000          // so many that were written
)

// A refusals is where a tenant's refused requests wait to be written, outside of the lane
// and of its lock: somebody who is refused all day holds up nobody.
type refusals struct {
	mu        sync.Mutex
	recent    map[refusalKey]*Refusal
	fresh     []*Refusal // those in recent that have changed since they were written
	writing   bool
	ended     sync.WaitGroup
	lost      int64
	untrimmed int    // written since the log was last trimmed; only the writer knows
	own       engine // on SQLite, a file beside the tenant's
}

// A Refusal is a request that was refused, Times times from First to Last. Record is the
// first of them.
type Refusal struct {
	Record      audit.Record
	First, Last when.Instant
	Times       int64
	fresh       bool
}

// A refusalKey tells refusals that are repeats of each other.
type refusalKey struct {
	actor                              audit.Actor
	operation, activity, reason, about string
}

func keyOf(r *audit.Record) refusalKey {
	var about strings.Builder
	for _, t := range r.Targets {
		about.WriteString(t.ID + " ")
	}
	return refusalKey{r.Actor, r.Operation, r.Activity, r.Reason, about.String()}
}

// Refused records that a request was refused. It returns at once; the record is written
// soon, and repeats within a minute are folded into one with a count. When too many
// different ones wait, the newest are dropped and counted in the log.
func (t *Tenant) Refused(r audit.Record) {
	if !t.mu.TryRLock() { // it is being closed, reset or dropped
		return
	}
	defer t.mu.RUnlock()
	l := t.live.Load()
	if l == nil {
		return
	}
	if r.ID.IsZero() {
		r.ID = t.store.env.NextID()
	}
	if p := l.now.Load(); r.At == 0 && p != nil {
		r.At = max(p.clock.reads(t.store.env.Now()), p.head.instant)
	}
	if err := r.Check(); err != nil {
		t.store.log.Error("record of a refusal", "tenant", t.id, "error", err)
		return
	}
	l.refusals.add(r, func() { l.writeRefusals() })
}

// add counts r, and starts write if nobody is writing.
func (q *refusals) add(r audit.Record, write func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := keyOf(&r)
	known := q.recent[key]
	if known == nil || r.At-known.First >= foldWithin || r.At < known.First {
		if q.forget(r.At); len(q.recent) >= refusalsHeld {
			q.lost++
			return
		}
		known = &Refusal{Record: r, First: r.At}
		if q.recent == nil {
			q.recent = map[refusalKey]*Refusal{}
		}
		q.recent[key] = known
	}
	known.Last = r.At
	known.Times++
	if !known.fresh {
		known.fresh = true
		q.fresh = append(q.fresh, known)
	}
	if !q.writing {
		q.writing = true
		q.ended.Go(write)
	}
}

// forget drops those that nothing will be folded into any more, when many are held.
func (q *refusals) forget(now when.Instant) {
	if len(q.recent) < refusalsHeld/2 {
		return
	}
	for key, r := range q.recent {
		if !r.fresh && (now-r.First >= foldWithin || now < r.First) {
			delete(q.recent, key)
		}
	}
}

// take is what has changed since it was written, as it is now.
func (q *refusals) take() (batch []Refusal, lost int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.fresh {
		r.fresh = false
		batch = append(batch, *r)
	}
	lost, q.fresh, q.lost = q.lost, nil, 0
	q.writing = len(batch) > 0
	return batch, lost
}

// close waits until what was refused is written.
func (q *refusals) close() error {
	q.ended.Wait()
	if q.own == nil {
		return nil
	}
	return q.own.close()
}

// writeRefusals writes until nothing waits.
func (l *live) writeRefusals() {
	log := l.tenant.store.log.With("tenant", l.tenant.id)
	for {
		batch, lost := l.refusals.take()
		if lost > 0 {
			log.Warn("refusals were not recorded: there were too many different ones", "count", lost)
		}
		if len(batch) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), refusalTime)
		if err := l.storeRefusals(ctx, batch); err != nil {
			log.Error("record refusals", "count", len(batch), "error", err)
		}
		cancel()
	}
}

func (l *live) storeRefusals(ctx context.Context, batch []Refusal) error {
	e, err := l.refusalEngine(ctx)
	if err != nil {
		return err
	}
	link, err := e.begin(ctx, true)
	if err != nil {
		return err
	}
	defer link.rollback()
	var pending []statement
	for _, r := range batch {
		pending = append(pending, statement{
			"INSERT INTO refused (id, first_at, last_at, times, body) VALUES ($1, $2, $3, $4, $5) " +
				"ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, times = excluded.times",
			[]any{text(r.Record.ID), int64(r.First), int64(r.Last), r.Times, r.Record.Canonical()},
		})
	}
	tx := &ReadTx{ctx: ctx, tenant: l.tenant, link: link, pending: pending}
	if l.refusals.untrimmed == 0 || l.refusals.untrimmed+len(batch) > trimAfter {
		if err := trimRefusals(tx, batch[len(batch)-1].Last, refusalsMost); err != nil {
			return err
		}
		l.refusals.untrimmed = 0
	}
	l.refusals.untrimmed += len(batch)
	return link.commit(ctx, tx.pending)
}

// trimRefusals removes those that are too old at now, and the oldest of those that are too
// many. The log grows only by what is written, so it is trimmed there: at the first after a
// start, and from time to time.
func trimRefusals(tx *ReadTx, now when.Instant, most int64) error {
	tx.pending = append(tx.pending, statement{"DELETE FROM refused WHERE first_at < $1", []any{int64(now - refusalsKept)}})
	var have int64
	if _, err := tx.one("SELECT count(*) FROM refused", nil, &have); err != nil {
		return err
	}
	if have > most {
		tx.pending = append(tx.pending, statement{
			"DELETE FROM refused WHERE id IN (SELECT id FROM refused ORDER BY first_at, id LIMIT $1)", []any{have - most},
		})
	}
	return nil
}

// refusalEngine is where refusals are stored: on PostgreSQL a table that no lock of the
// lane covers, on SQLite, whose lock is a file's, a file of their own.
func (l *live) refusalEngine(ctx context.Context) (engine, error) {
	file, ok := l.engine.(*sqliteFile)
	if !ok {
		return l.engine, nil
	}
	l.refusals.mu.Lock()
	defer l.refusals.mu.Unlock()
	if l.refusals.own != nil {
		return l.refusals.own, nil
	}
	own := openSQLite(refusedPath(l.tenant.path()), !l.tenant.memory)
	link, err := own.begin(ctx, true)
	if err == nil {
		defer link.rollback()
		err = migrate(ctx, link, file.dialect(), "refused")
	}
	if err == nil {
		err = link.commit(ctx, nil)
	}
	if err != nil {
		return nil, errors.Join(err, own.close())
	}
	l.refusals.own = own
	return own, nil
}

func refusedPath(path string) string { return strings.TrimSuffix(path, ".db") + ".refused.db" }

// Refusals lists what was refused before the given instant, latest first, at most limit.
func (t *Tenant) Refusals(ctx context.Context, before when.Instant, limit int) ([]Refusal, error) {
	l, err := t.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	e, err := l.refusalEngine(ctx)
	if err != nil {
		return nil, fmt.Errorf("open refusals: %w", err)
	}
	link, err := e.begin(ctx, false)
	if err != nil {
		return nil, unavailable(err)
	}
	defer link.rollback()
	tx := &ReadTx{ctx: ctx, tenant: t, link: link}
	var out []Refusal
	err = tx.query("SELECT first_at, last_at, times, body FROM refused WHERE first_at < $1 ORDER BY first_at DESC, id DESC LIMIT $2",
		[]any{before, limit}, func(scan func(...any) error) error {
			var r Refusal
			var body []byte
			if err := scan(&r.First, &r.Last, &r.Times, &body); err != nil {
				return err
			}
			if r.Record, err = audit.Decode(body); err != nil {
				return err
			}
			out = append(out, r)
			return nil
		})
	return slices.Clip(out), err
}
