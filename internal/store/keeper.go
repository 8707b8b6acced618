package store

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"ephor/internal/authz"
	"ephor/internal/guid"
)

const (
	keptBytes  = 48 << 20 // of rows that one open tenant keeps, about
	keptShards = 8
)

// A keeper keeps rows of one tenant as they were decoded, so that reading an object again
// costs no statement and no parsing. It keeps no answers: who may see a row, and what of it,
// is judged at each use.
//
// It is true to versions. A row is kept from the version that it was read at; publishing a
// version first takes out all that changed up to it. So what is found at version V, kept
// since V or before, is what the database holds at V.
type keeper struct{ shards [keptShards]shard }

// A shard is the part of a keeper for some ids.
type shard struct {
	mu      sync.RWMutex
	version authz.Version // up to which what is kept is true
	rows    map[guid.ID]*keptRow
	ring    []*keptRow // the same, for choosing what goes; in no order
	hand    int        // where in the ring the choice goes on
	bytes   int
}

// A keptRow is a row of some table; an object has one.
type keptRow struct {
	id    guid.ID
	value any // a *Kept of the table's type
	since int64
	place int // in the ring
	bytes int
	used  atomic.Bool // since the hand last passed
}

// A Kept is a row that others may hold too: it is not to be changed.
type Kept[T any] struct {
	Row  T
	wire atomic.Pointer[wire]
}

// A wire is a row as somebody has written it.
type wire struct {
	by    any
	bytes []byte
}

// Wire is the row as write writes it, which is written once for the first by that asks. It is
// not to be changed. By tells ways of writing apart; the same by must write the same.
func (k *Kept[T]) Wire(by any, write func(*T) []byte) []byte {
	old := k.wire.Load()
	if old != nil && old.by == by {
		return old.bytes
	}
	bytes := write(&k.Row)
	if old == nil {
		k.wire.Store(&wire{by, bytes})
	}
	return bytes
}

func (k *keeper) shard(id guid.ID) *shard { return &k.shards[id[15]%keptShards] }

// find is the row of id as it is at version v, if it is kept.
func (k *keeper) find(id guid.ID, v authz.Version) any {
	s := k.shard(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.rows[id]
	if r == nil || s.version.Incarnation != v.Incarnation || r.since > v.Seq || newer(v, s.version) {
		return nil
	}
	if !r.used.Load() {
		r.used.Store(true)
	}
	return r.value
}

// keep keeps the row of id, of about so many bytes, which was read at version v. What was
// read before the latest version may have changed since, and is not kept.
func (k *keeper) keep(id guid.ID, value any, bytes int, v authz.Version) {
	s := k.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != v || s.rows[id] != nil || bytes > keptBytes/keptShards {
		return
	}
	if s.rows == nil {
		s.rows = map[guid.ID]*keptRow{}
	}
	r := &keptRow{id: id, value: value, since: v.Seq, place: len(s.ring), bytes: bytes}
	s.rows[id] = r
	s.ring = append(s.ring, r)
	for s.bytes += bytes; s.bytes > keptBytes/keptShards; {
		s.passOn(r)
	}
}

// passOn moves the hand on by one row, and drops that unless it was used since the hand was
// there last, or is the one to spare.
func (s *shard) passOn(spare *keptRow) {
	if s.hand >= len(s.ring) {
		s.hand = 0
	}
	r := s.ring[s.hand]
	if r == spare || r.used.Swap(false) {
		s.hand++
		return
	}
	s.drop(r)
}

func (s *shard) drop(r *keptRow) {
	last := len(s.ring) - 1
	s.ring[r.place] = s.ring[last]
	s.ring[r.place].place = r.place
	s.ring[last] = nil
	s.ring = s.ring[:last]
	s.bytes -= r.bytes
	delete(s.rows, r.id)
}

// forget drops what is kept of objects.
func (k *keeper) forget(ids []guid.ID) {
	for _, id := range ids {
		s := k.shard(id)
		s.mu.Lock()
		if r := s.rows[id]; r != nil {
			s.drop(r)
		}
		s.mu.Unlock()
	}
}

// advance makes the keeper true up to version to, when the objects touched are all that
// changed between it and version from, or before. Where it does not know what changed it
// forgets everything. REQUIRES that advances come one after the other, each before its
// version is published.
func (k *keeper) advance(from, to authz.Version, touched map[guid.ID]bool) {
	for i := range k.shards {
		s := &k.shards[i]
		s.mu.Lock()
		if from.Incarnation != to.Incarnation || s.version.Incarnation != to.Incarnation || from.Seq > s.version.Seq {
			s.rows, s.ring, s.hand, s.bytes = nil, nil, 0, 0
		}
		s.version = to
		s.mu.Unlock()
	}
	k.forget(slices.Collect(maps.Keys(touched)))
}
