package oauth

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ephor/internal/audit"
	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// ringLife is how long a ring is used before the database is asked again, so that what
// another node has rotated is seen. Keys are published long before they sign.
const ringLife = time.Minute

// maxRings bounds how many tenants' keys are in memory.
const maxRings = 1024

// rings are the tenants' keys, as last read.
type rings struct {
	mu   sync.RWMutex
	held map[guid.ID]*slot
}

// A slot holds one tenant's ring. Its lock is held while the ring is read, so that callers
// who come at once read it once.
type slot struct {
	mu   sync.Mutex
	ring atomic.Pointer[ring]
}

// slot is the tenant's place. When there are too many, all are forgotten: they are read
// again as they are needed.
func (r *rings) slot(id guid.ID) *slot {
	r.mu.RLock()
	found := r.held[id]
	r.mu.RUnlock()
	if found != nil {
		return found
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.held[id]; ok {
		return s
	}
	if r.held == nil || len(r.held) >= maxRings {
		r.held = make(map[guid.ID]*slot)
	}
	s := &slot{}
	r.held[id] = s
	return s
}

// ring is the keys of the tenant's present incarnation, one of which signs now. Keys that
// are due are made first.
func (s *Server) ring(ctx context.Context, t *store.Tenant, incarnation int64) (*ring, error) {
	slot := s.rings.slot(t.ID())
	if ring := slot.ring.Load(); ring.good(incarnation, s.env.Now()) {
		return ring, nil
	}
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if ring := slot.ring.Load(); ring.good(incarnation, s.env.Now()) {
		return ring, nil
	}
	ring, err := s.readRing(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("signing keys of tenant %s: %w", t.ID(), err)
	}
	slot.ring.Store(ring)
	return ring, nil
}

// keysOf is ring for a caller that has no snapshot at hand.
func (s *Server) keysOf(ctx context.Context, t *store.Tenant) (*ring, error) {
	snap, _, err := t.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return s.ring(ctx, t, snap.Version().Incarnation)
}

// readRing reads the tenant's keys, after doing what their rotation wants.
func (s *Server) readRing(ctx context.Context, t *store.Tenant) (*ring, error) {
	k, err := s.turn(ctx, t)
	if err != nil {
		return nil, err
	}
	used := when.Window{Start: k.now, End: min(k.now.Add(ringLife), s.set.rotation().Next(k.rows, k.now))}
	return openRing(k.rows, k.incarnation, used)
}

// Rotate does what is due to the tenant's signing keys and tells when to come again. The
// timekeeper calls it; a tenant whose tokens are in use needs no call, because its keys are
// looked after as they are read.
func (s *Server) Rotate(ctx context.Context, t *store.Tenant) (next when.Instant, err error) {
	k, err := s.turn(ctx, t)
	if err != nil {
		return 0, err
	}
	return s.set.rotation().Next(k.rows, k.now), nil
}

// stored is a tenant's keys as they were read: in the order of Start, in which incarnation,
// and when by the machine's clock.
type stored struct {
	rows        []store.SigningKey
	incarnation int64
	now         when.Instant
}

// turn is the tenant's keys after what was due to them has been done.
func (s *Server) turn(ctx context.Context, t *store.Tenant) (stored, error) {
	k, err := s.storedKeys(ctx, t)
	if err != nil || s.set.rotation().Due(k.rows, k.now).empty() {
		return k, err
	}
	if err := s.rotate(ctx, t); err != nil {
		return stored{}, err
	}
	return s.storedKeys(ctx, t)
}

func (s *Server) storedKeys(ctx context.Context, t *store.Tenant) (k stored, err error) {
	err = t.Read(ctx, func(tx *store.ReadTx) error {
		k.now, k.incarnation = tx.Machine(), tx.Version().Incarnation
		k.rows, err = tx.SigningKeys()
		slices.Reverse(k.rows)
		return err
	})
	return k, err
}

// rotate does what the rotation wants. Whether it is still to be done is asked again under
// the write lock, because other callers and nodes come to the same conclusion at once.
func (s *Server) rotate(ctx context.Context, t *store.Tenant) error {
	key, err := newKey(s.env.NewID(), s.set.Algorithm, s.env) // slow for RSA, so before the lock
	if err != nil {
		return err
	}
	return t.Write(ctx, func(tx *store.WriteTx) error {
		rows, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		slices.Reverse(rows)
		p := s.set.rotation().Due(rows, tx.Machine())
		if p.empty() {
			return nil
		}
		p.apply(tx, key)
		return nil
	})
}

// apply carries the plan out, with key as the one to be made, and records it.
func (p Plan) apply(tx *store.WriteTx, key store.SigningKey) {
	record := audit.Record{
		Activity: "Rotate signing keys", Category: "Policy", Service: "Core Directory", Type: "Update",
		Operation: "rotateSigningKeys", Result: audit.Success, Actor: audit.Actor{App: audit.App{Name: "Ephor"}},
	}
	if !p.Make.Empty() {
		key.Created, key.Start, key.End = tx.Machine(), p.Make.Start, p.Make.End
		tx.InsertSigningKey(key)
		record.Targets = append(record.Targets, audit.Target{ID: key.ID.String(), Kind: audit.KindOther, Name: "added"})
	}
	if !p.Retire.IsZero() {
		tx.RetireSigningKey(p.Retire, p.Make.Start)
	}
	for _, id := range p.Drop {
		tx.DropSigningKey(id)
		record.Targets = append(record.Targets, audit.Target{ID: id.String(), Kind: audit.KindOther, Name: "removed"})
	}
	tx.Record(record)
}
