package authz

import (
	"encoding/binary"
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"

	"ephor/internal/guid"
)

// A tree is a persistent map by object id: two levels of 64-way arrays over 4,096 small
// hash tables. A change copies one array of each level and one table, and shares the rest.
// Copies of a tree are independent values. Its zero value is empty.
//
// A hash trie with bitmaps, the usual way, waits for memory once a level: of a million ids
// a lookup took about two thirds as long as in Go's map by string, where this takes half
// (BenchmarkGet). The price is that a change copies one table of 4,096: 17 KB of a million
// ids, less than a tenth of that where only few have a value.
//
// Ids may be chosen by whoever seeds a tenant, so they are hashed under a secret of this
// process: nobody outside can make them collide. The order of a range differs from one
// process to the next.
type tree[V any] struct {
	root *top[V]
	size int
}

type top[V any] struct {
	mids  [fan]*mid[V]
	owner *token
}

type mid[V any] struct {
	tables [fan]table[V]
	owner  *token
}

// A table is a hash table with linear probing. An entry with a zero key is a free slot;
// there is always one, unless the table is empty and has no slots at all.
type table[V any] struct {
	slots []entry[V]
	count int
	owner *token
}

type entry[V any] struct {
	key   key
	value V
}

// A key is an id as two numbers, which travel in registers, as bytes do not.
type key struct{ low, high uint64 }

func keyOf(id *guid.ID) key {
	return key{binary.LittleEndian.Uint64(id[:8]), binary.LittleEndian.Uint64(id[8:])}
}

func (k key) id() (id guid.ID) {
	binary.LittleEndian.PutUint64(id[:8], k.low)
	binary.LittleEndian.PutUint64(id[8:], k.high)
	return id
}

// free reports whether k is the key of a free slot, which is no id's.
func (k key) free() bool { return k.low|k.high == 0 }

// A token marks the parts that one edit has made and may still change in place. It is
// compared by address, so it must not be of size zero.
type token struct{ _ byte }

const (
	fanBits = 6
	fan     = 1 << fanBits
)

// A secret is what ids are hashed under.
type secret [2]uint64

var process = newSecret()

func newSecret() secret {
	seed := maphash.MakeSeed()
	return secret{maphash.String(seed, "low") | 1, maphash.String(seed, "high") | 1}
}

// hash folds a 128-bit product of the two masked halves, as wyhash does.
func (s *secret) hash(k key) uint64 {
	hi, lo := bits.Mul64(k.low^s[0], k.high^s[1])
	return hi ^ lo
}

// first and second are the places of hash h in the arrays; its low half is for tables.
func first(h uint64) uint64  { return h >> (64 - fanBits) }
func second(h uint64) uint64 { return h >> (64 - 2*fanBits) % fan }

// home is where a search for hash h begins in a table of n slots.
func home(h uint64, n int) int { return int(h & 0xffffffff * uint64(n) >> 32) }

// get is the value of id. It allocates nothing.
func (t *tree[V]) get(id guid.ID) (v V, found bool) { return t.look(&id) }

// look is get, in a form whose callers need no second call.
func (t *tree[V]) look(id *guid.ID) (v V, found bool) {
	if t.root == nil {
		return v, false
	}
	k := keyOf(id)
	h := process.hash(k)
	m := t.root.mids[first(h)]
	if m == nil {
		return v, false
	}
	slots := m.tables[second(h)].slots
	if len(slots) == 0 {
		return v, false
	}
	for i := home(h, len(slots)); ; {
		e := &slots[i]
		if e.key == k {
			return e.value, !k.free()
		}
		if e.key.free() {
			return v, false
		}
		if i++; i == len(slots) {
			i = 0
		}
	}
}

// find is the slot of k, whose hash is h, or the free one where it would be put.
func (s *table[V]) find(k key, h uint64) int {
	i := home(h, len(s.slots))
	for s.slots[i].key != k && !s.slots[i].key.free() {
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return i
}

// len is the number of keys.
func (t *tree[V]) len() int { return t.size }

// all ranges over the keys in no meaningful order.
func (t *tree[V]) all() iter.Seq2[guid.ID, V] {
	return func(yield func(guid.ID, V) bool) {
		if t.root == nil {
			return
		}
		for _, m := range t.root.mids {
			if m == nil {
				continue
			}
			for i := range m.tables {
				if !m.tables[i].each(yield) {
					return
				}
			}
		}
	}
}

func (s *table[V]) each(yield func(guid.ID, V) bool) bool {
	for i := range s.slots {
		if e := &s.slots[i]; !e.key.free() && !yield(e.key.id(), e.value) {
			return false
		}
	}
	return true
}

// set gives id a value. Parts that owner has made are changed in place; all others are
// shared with older trees and are copied once. A zero id, which names nothing, is not
// kept.
func (t *tree[V]) set(id guid.ID, value V, owner *token) {
	k := keyOf(&id)
	if k.free() {
		return
	}
	h := process.hash(k)
	s := t.table(h, owner)
	if s.put(entry[V]{k, value}, h) {
		t.size++
	}
}

// put puts e into the table and reports whether its key is new there.
func (s *table[V]) put(e entry[V], h uint64) (added bool) {
	i := s.find(e.key, h)
	if added = s.slots[i].key.free(); added {
		if s.count++; s.count > room(len(s.slots)) {
			s.resize(slotsFor(s.count + s.count/8))
			i = s.find(e.key, h)
		}
	}
	s.slots[i] = e
	return added
}

// room is how many keys a table of n slots takes before it grows.
func room(n int) int { return n * 3 / 4 }

// slotsFor is a number of slots with room for n keys: enough that most searches end where they
// begin, because a processor guesses wrong how long the others go on.
func slotsFor(n int) int { return n*5/2 + 2 }

// resize moves the table into n slots.
func (s *table[V]) resize(n int) {
	old := s.slots
	s.slots = make([]entry[V], n)
	for i := range old {
		if k := old[i].key; !k.free() {
			s.slots[s.find(k, process.hash(k))] = old[i]
		}
	}
}

// table is the table of hash h, which owner may change, in arrays that it may change.
func (t *tree[V]) table(h uint64, owner *token) *table[V] {
	switch {
	case t.root == nil:
		t.root = &top[V]{owner: owner}
	case t.root.owner != owner:
		c := *t.root
		c.owner, t.root = owner, &c
	}
	m := &t.root.mids[first(h)]
	switch {
	case *m == nil:
		*m = &mid[V]{owner: owner}
	case (*m).owner != owner:
		c := **m
		c.owner, *m = owner, &c
	}
	s := &(*m).tables[second(h)]
	switch {
	case s.slots == nil:
		*s = table[V]{slots: make([]entry[V], slotsFor(1)), owner: owner}
	case s.owner != owner:
		s.slots, s.owner = slices.Clone(s.slots), owner
	}
	return s
}

// drop removes id, if it is there.
func (t *tree[V]) drop(id guid.ID, owner *token) {
	if _, found := t.get(id); !found {
		return
	}
	t.size--
	k := keyOf(&id)
	h := process.hash(k)
	s := t.table(h, owner)
	s.remove(s.find(k, h))
}

// remove frees slot i, and moves up what would no longer be found behind the gap.
func (s *table[V]) remove(i int) {
	n := len(s.slots)
	s.count--
	for j := (i + 1) % n; !s.slots[j].key.free(); j = (j + 1) % n {
		from := home(process.hash(s.slots[j].key), n)
		if (j-from+n)%n >= (j-i+n)%n {
			s.slots[i], i = s.slots[j], j
		}
	}
	s.slots[i] = entry[V]{}
}
