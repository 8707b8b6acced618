package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// A Kind says what a tenant may be used for. It is fixed when the tenant is made.
type Kind string

// The kinds. A server serves tenants of one kind only.
const (
	Development Kind = "development"
	Production  Kind = "production"
)

// A Spec is what a new tenant is to be.
type Spec struct {
	ID      guid.ID
	Name    string
	Domains []string // the default first
	Kind    Kind
	// Memory makes a tenant of which nothing survives the process. Only a development
	// tenant can be one.
	Memory bool
	// Seed says, in the words of whoever makes the tenant, what it was filled with, so
	// that a reset after a restart can fill it again.
	Seed string
}

// A Tenant is one isolated directory with its own store. It is opened when it is first
// used, and closed again when others are used more.
type Tenant struct {
	store  *Store
	id     guid.ID
	kind   Kind
	memory bool

	about atomic.Pointer[Spec]
	mu    sync.RWMutex         // held for reading while the tenant is in use, for writing to open and close it
	live  atomic.Pointer[live] // nil while closed; written under mu
	gone  error                // set when it was dropped
	rest  atomic.Int64         // what was due when it was last closed
	used  atomic.Int64         // when it was last used, in the store's own count
	// unproven are grants that are not honoured, as they were found last.
	unproven atomic.Pointer[[]guid.ID]

	pages   sync.Once
	pageKey [32]byte // set by pages
}

// ErrNoTenant is the answer to the id, or the domain, of a tenant that does not exist.
var ErrNoTenant = errors.New("there is no such tenant")

// ID is the tenant's id.
func (t *Tenant) ID() guid.ID { return t.id }

// Spec is what the tenant was made as.
func (t *Tenant) Spec() Spec { return *t.about.Load() }

// Read runs fn in a transaction that sees one version of the tenant, data and
// authorization alike. It fails with a 503 fault while the tenant cannot answer. fn must
// not use the tenant but through its transaction: whoever closes it waits for fn.
func (t *Tenant) Read(ctx context.Context, fn func(*ReadTx) error) error {
	l, err := t.enter(ctx)
	if err != nil {
		return err
	}
	defer t.mu.RUnlock()
	known, err := t.current(ctx, l)
	if err != nil {
		return err
	}
	link, err := l.open(ctx, false)
	if err != nil {
		return t.unavailable(err)
	}
	defer link.rollback()
	h, err := readHead(ctx, link, l.engine.dialect(), t.id, false)
	if err != nil {
		return t.unavailable(err)
	}
	p, err := l.agree(ctx, link, known, h)
	if err != nil {
		return t.unavailable(err)
	}
	return fn(t.reading(ctx, link, p, h))
}

// Write runs fn in the tenant's lane and returns when what it did is on disk. An error of
// fn undoes it. fn may run more than once, must be quick, and must not use the tenant but
// through its transaction. ctx ends the waiting, never the writing.
func (t *Tenant) Write(ctx context.Context, fn func(*WriteTx) error) error {
	return t.submit(ctx, &entry{fn: fn})
}

// WriteAs is Write for a caller, named by key, who may have only so many writes waiting.
func (t *Tenant) WriteAs(ctx context.Context, key string, fn func(*WriteTx) error) error {
	return t.submit(ctx, &entry{fn: fn, caller: key})
}

// WriteRequest is WriteAs for a function that asks PIMFacts about r first, which may then be
// answered from what was asked together with others.
func (t *Tenant) WriteRequest(ctx context.Context, key string, r *pim.Request, fn func(*WriteTx) error) error {
	return t.submit(ctx, &entry{fn: fn, caller: key, request: r})
}

// WriteSlice is Write for work that has nobody waiting for it: it goes behind callers, and
// should take no longer than 20 ms.
func (t *Tenant) WriteSlice(ctx context.Context, fn func(*WriteTx) error) error {
	return t.submit(ctx, &entry{fn: fn, low: true})
}

func (t *Tenant) submit(ctx context.Context, e *entry) error {
	l, err := t.enter(ctx)
	if err != nil {
		return err
	}
	defer t.mu.RUnlock()
	return l.lane.join(ctx, e, l.work)
}

// Snapshot is what decisions are made on, and the tenant's time now. With several nodes it
// is confirmed by a read that began after this call: a right taken away anywhere before is
// gone. It fails with a 503 fault while that cannot be said.
func (t *Tenant) Snapshot(ctx context.Context) (*authz.Snapshot, when.Instant, error) {
	l := t.live.Load()
	if l == nil || t.store.confirm != nil {
		return t.confirmed(ctx)
	}
	p := l.now.Load()
	if p == nil {
		return t.confirmed(ctx)
	}
	t.touch()
	return p.snap, max(p.clock.reads(t.store.env.Now()), p.head.instant), nil
}

// confirmed is Snapshot where it has to wait for something.
func (t *Tenant) confirmed(ctx context.Context) (*authz.Snapshot, when.Instant, error) {
	l, err := t.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer t.mu.RUnlock()
	p, err := t.current(ctx, l)
	if err != nil {
		return nil, 0, err
	}
	if t.store.confirm != nil && !t.memory {
		if p, err = l.confirmed(ctx, p); err != nil {
			return nil, 0, t.unavailable(err)
		}
	}
	return p.snap, max(p.clock.reads(t.store.env.Now()), p.head.instant), nil
}

// unavailable is err as a caller may read it. A tenant that another node has dropped is
// looked up anew by the next request, which then learns that it is gone.
func (t *Tenant) unavailable(err error) error {
	if errors.Is(err, ErrNoTenant) && t.store.pool != nil && !t.memory {
		t.store.forget(t)
	}
	return unavailable(err)
}

// current is what is published. If nothing is, an empty operation in the lane makes it so,
// or says why it cannot be.
func (t *Tenant) current(ctx context.Context, l *live) (*published, error) {
	if p := l.now.Load(); p != nil {
		return p, nil
	}
	if err := l.lane.join(ctx, &entry{fn: func(*WriteTx) error { return nil }}, l.work); err != nil {
		return nil, err
	}
	if p := l.now.Load(); p != nil {
		return p, nil
	}
	return nil, fault.Unavailable(errUnsure)
}

// enter opens the tenant if it is closed and keeps it open until the caller unlocks t.mu
// for reading.
func (t *Tenant) enter(ctx context.Context) (*live, error) {
	t.touch()
	for {
		t.mu.RLock()
		if l := t.live.Load(); l != nil {
			return l, nil
		}
		t.mu.RUnlock()
		if err := t.open(ctx); err != nil {
			return nil, err
		}
	}
}

func (t *Tenant) open(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone != nil {
		return t.gone
	}
	if t.live.Load() != nil {
		return nil
	}
	l, err := t.store.openTenant(ctx, t)
	if err != nil {
		return unavailable(fmt.Errorf("open tenant %s: %w", t.id, err))
	}
	t.live.Store(l)
	t.store.evict(t)
	return nil
}

// close ends the tenant's use; REQUIRES t.mu. A later enter opens it again, unless gone
// says why not.
func (t *Tenant) close(gone error) error {
	t.gone = errors.Join(t.gone, gone)
	l := t.live.Swap(nil)
	if l == nil {
		return nil
	}
	return l.close()
}

// touch notes that the tenant is in use, for the choice of which one to close.
func (t *Tenant) touch() { t.used.Store(t.store.uses.Add(1)) }
