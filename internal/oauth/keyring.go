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

// completeRing reads the tenant's keys anew, with a key for ID tokens among them. A tenant
// in which nobody signs in has none: it is made when the key set or an ID token is first
// asked for.
func (s *Server) completeRing(ctx context.Context, t *store.Tenant) (*ring, error) {
	slot := s.rings.slot(t.ID())
	slot.mu.Lock()
	defer slot.mu.Unlock()
	ring, err := s.readRing(ctx, t, forIDs)
	if err == nil {
		slot.ring.Store(ring)
	}
	return ring, err
}

// readRing reads the tenant's keys, after doing what their rotation wants, with those for
// the purposes named besides.
func (s *Server) readRing(ctx context.Context, t *store.Tenant, also ...string) (*ring, error) {
	k, err := s.turn(ctx, t, also...)
	if err != nil {
		return nil, err
	}
	used := when.Window{Start: k.now, End: min(k.now.Add(ringLife), s.next(k))}
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
	return s.next(k), nil
}

// next is when something is due to the keys of any purpose.
func (s *Server) next(k stored) when.Instant {
	next := when.Never
	for _, purpose := range k.purposes() {
		next = min(next, s.set.rotation(purpose).Next(k.of(purpose), k.now))
	}
	return next
}

// stored is a tenant's keys as they were read: in the order of Start, in which incarnation,
// and when by the machine's clock.
type stored struct {
	rows        []store.SigningKey
	incarnation int64
	now         when.Instant
}

// of are the keys for a purpose.
func (k stored) of(purpose string) (rows []store.SigningKey) {
	for _, row := range k.rows {
		if row.Purpose == purpose {
			rows = append(rows, row)
		}
	}
	return rows
}

// purposes are those that the tenant has, or must have, keys for.
func (k stored) purposes(also ...string) []string {
	all := append([]string{forAccess}, also...)
	for _, row := range k.rows {
		all = appendNew(all, row.Purpose)
	}
	return all
}

// turn is the tenant's keys after what was due to them has been done.
func (s *Server) turn(ctx context.Context, t *store.Tenant, also ...string) (stored, error) {
	k, err := s.storedKeys(ctx, t)
	if err != nil {
		return k, err
	}
	turned := false
	for _, purpose := range k.purposes(also...) {
		if s.set.rotation(purpose).Due(k.of(purpose), k.now).empty() {
			continue
		}
		if err := s.rotate(ctx, t, purpose); err != nil {
			return stored{}, err
		}
		turned = true
	}
	if !turned {
		return k, nil
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

// rotate does what the rotation of a purpose's keys wants. Whether it is still to be done is
// asked again under the write lock, because other callers and nodes come to the same
// conclusion at once.
func (s *Server) rotate(ctx context.Context, t *store.Tenant, purpose string) error {
	rotation := s.set.rotation(purpose)
	key, err := newKey(s.env.NewID(), rotation.Algorithm, s.env) // slow for RSA, so before the lock
	if err != nil {
		return err
	}
	key.Purpose = purpose
	return t.Write(ctx, func(tx *store.WriteTx) error {
		rows, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		slices.Reverse(rows)
		p := rotation.Due(stored{rows: rows}.of(purpose), tx.Machine())
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
