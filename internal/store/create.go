package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ephor/internal/fault"
	"ephor/internal/guid"
)

// fillTime bounds the filling of a tenant with its seed.
const fillTime = 10 * time.Minute

// A Seed is what a new tenant is filled with.
type Seed struct {
	// Key names what Fill writes: for the same key, Fill is run once and its result copied.
	// With an empty Key nothing is kept.
	Key string
	// Fill writes what is the same in every tenant of this seed. It may know nothing of the
	// tenant: not its id, and no sealed values. It holds the write lock, so what takes long
	// (hashing passwords) is done before. Nil writes nothing.
	Fill func(*WriteTx) error
	// Finish writes the rest: the organization, the keys. Nil writes nothing.
	Finish func(*WriteTx) error
}

// Create makes an empty tenant.
func (s *Store) Create(ctx context.Context, spec Spec) (*Tenant, error) {
	return s.CreateFrom(ctx, spec, Seed{})
}

// CreateFrom makes a tenant and fills it. On SQLite that is a copy of a file which was
// filled once. If anything fails, there is no tenant.
func (s *Store) CreateFrom(ctx context.Context, spec Spec, seed Seed) (*Tenant, error) {
	if err := s.admissible(spec); err != nil {
		return nil, err
	}
	s.making.Lock()
	defer s.making.Unlock()
	if err := s.unclaimed(ctx, spec); err != nil {
		return nil, err
	}
	lay, undo := s.layFile, func(t *Tenant) error { return removeTenant(t.path()) }
	if s.pool != nil && !spec.Memory {
		lay, undo = s.laySchema, func(t *Tenant) error { return s.dropSchema(context.Background(), t.id) }
	}
	t := &Tenant{store: s, id: spec.ID, kind: spec.Kind, memory: spec.Memory}
	t.about.Store(&spec)
	t.mu.Lock()
	defer t.mu.Unlock()
	err := lay(ctx, t, s.incarnation(0), seed)
	if err == nil {
		err = t.furnish(ctx, seed)
	}
	if err == nil && !spec.Memory {
		err = s.announce(ctx, spec)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create tenant %s: %w", spec.ID, err), t.close(ErrNoTenant), undo(t))
	}
	s.list(t)
	s.evict(t)
	return t, nil
}

// admissible refuses a spec that no tenant can have here.
func (s *Store) admissible(spec Spec) error {
	switch {
	case spec.ID.IsZero():
		return errors.New("create tenant: it has no id")
	case spec.Kind != s.kind():
		return fmt.Errorf("create tenant: this server serves %s tenants, not %s ones", s.kind(), spec.Kind)
	case spec.Memory && spec.Kind != Development:
		return errors.New("create tenant: only a development tenant can be in memory")
	}
	return nil
}

// ErrTaken is the answer to a new tenant whose id, or one of whose domains, another has.
var ErrTaken = errors.New("another tenant has this id or domain")

// unclaimed refuses a spec whose id or domains are taken.
func (s *Store) unclaimed(ctx context.Context, spec Spec) error {
	taken := func(t *Tenant, err error) error {
		if err == nil {
			return fmt.Errorf("%w: %s", ErrTaken, t.id)
		}
		if errors.Is(err, ErrNoTenant) {
			return nil
		}
		return err
	}
	if err := taken(s.Tenant(ctx, spec.ID)); err != nil {
		return err
	}
	for _, d := range spec.Domains {
		if err := taken(s.ByDomain(ctx, d)); err != nil {
			return err
		}
	}
	return nil
}

// path is the tenant's file.
func (t *Tenant) path() string {
	dir := filepath.Join(t.store.cfg.Dir, "tenants")
	if t.memory {
		dir = t.store.memory
	}
	return filepath.Join(dir, t.id.String()+".db")
}

// engine is the tenant's store, of which nothing is read yet.
func (t *Tenant) engine() engine {
	if t.store.pool != nil && !t.memory {
		return schema(t.store.pool, schemaName(t.id))
	}
	return openSQLite(t.path(), !t.memory)
}

// furnish runs the part of the seed that knows the tenant. REQUIRES t.mu and that the
// tenant is open, so it goes to the lane directly.
func (t *Tenant) furnish(ctx context.Context, seed Seed) error {
	if seed.Finish == nil {
		return nil
	}
	return t.fill(ctx, seed.Finish)
}

// fill runs one part of a seed in the lane.
func (t *Tenant) fill(ctx context.Context, fn func(*WriteTx) error) error {
	l := t.live.Load()
	if err := l.lane.join(ctx, &entry{fn: fn, budget: fillTime}, l.work); err != nil {
		return fmt.Errorf("fill tenant: %w", err)
	}
	return nil
}

// announce makes the tenant known.
func (s *Store) announce(ctx context.Context, spec Spec) error {
	return s.change(ctx, func(tx *ReadTx) error {
		if s.pool != nil {
			tx.pending = append(tx.pending, statement{"UPDATE tenant SET ready = 1 WHERE id = $1", []any{text(spec.ID)}})
			return nil
		}
		return s.register(tx, spec, true)
	})
}

// Drop removes a tenant and all it holds, for good. Those who use it are waited for, and
// get ErrNoTenant from then on.
func (s *Store) Drop(ctx context.Context, id guid.ID) error {
	s.making.Lock()
	defer s.making.Unlock()
	t, err := s.Tenant(ctx, id)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err = t.close(ErrNoTenant)
	s.forget(t)
	switch {
	case t.memory:
		return errors.Join(err, removeTenant(t.path()))
	case s.pool != nil:
		return errors.Join(err, s.dropSchema(ctx, id))
	}
	struck := s.change(ctx, func(tx *ReadTx) error {
		strike(tx, id)
		return nil
	})
	if struck != nil {
		return errors.Join(err, struck)
	}
	return errors.Join(err, removeTenant(t.path()))
}

// Reset puts a development tenant back to what it was filled with, in a new incarnation:
// sessions, tokens and page tokens from before are void.
func (s *Store) Reset(ctx context.Context, id guid.ID, seed Seed) error {
	s.making.Lock()
	defer s.making.Unlock()
	t, err := s.Tenant(ctx, id)
	if err != nil {
		return err
	}
	if t.kind != Development {
		return fault.BadRequest("", "Only a development tenant can be reset.")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, err := t.lastIncarnation(ctx)
	if err != nil {
		return err
	}
	if err := t.close(nil); err != nil {
		return err
	}
	next := s.incarnation(before)
	if s.pool != nil && !t.memory {
		err = s.relaySchema(ctx, t, next, seed)
	} else {
		err = errors.Join(removeDatabase(refusedPath(t.path())), s.lay(ctx, t, next, &template{path: seedPath(t.path())}))
	}
	if err == nil {
		err = t.furnish(ctx, seed)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("reset tenant %s: %w", id, err), t.close(nil))
	}
	return nil
}

// lastIncarnation is the incarnation that a reset ends. REQUIRES t.mu.
func (t *Tenant) lastIncarnation(ctx context.Context) (int64, error) {
	l := t.live.Load()
	if l == nil {
		var err error
		if l, err = t.store.openTenant(ctx, t); err != nil {
			return 0, err
		}
		t.live.Store(l)
	}
	var n int64
	err := l.view(ctx, func(tx *ReadTx) error { n = tx.head.version.Incarnation; return nil })
	return n, err
}
