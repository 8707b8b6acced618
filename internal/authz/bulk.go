package authz

import (
	"iter"

	"ephor/internal/guid"
)

// A seed is an entry on its way into a tree, with its key's hash.
type seed[V any] struct {
	hash  uint64
	entry entry[V]
}

// plant makes a tree of all that seq yields at once: entries are dealt out by hash, so
// that each table is made once, at its size. Of a key that comes twice the last value
// stays.
func plant[V any](seq iter.Seq2[guid.ID, V], owner *token) tree[V] {
	var all []seed[V]
	for id, value := range seq {
		if k := keyOf(&id); !k.free() {
			all = append(all, seed[V]{process.hash(k), entry[V]{k, value}})
		}
	}
	var t tree[V]
	spare := make([]seed[V], len(all))
	ends := deal(all, spare, first)
	for i := range fan {
		lo, hi := ends[i], ends[i+1]
		inner := deal(spare[lo:hi], all[lo:hi], second)
		for j := range fan {
			if from, to := lo+inner[j], lo+inner[j+1]; from < to {
				t.sow(all[from:to], owner)
			}
		}
	}
	return t
}

// deal puts all into the order of their places, otherwise as they came, and tells where
// each place's begin and end.
func deal[V any](all, dealt []seed[V], place func(uint64) uint64) (ends [fan + 1]int) {
	for i := range all {
		ends[place(all[i].hash)+1]++
	}
	for i := range fan {
		ends[i+1] += ends[i]
	}
	next := ends
	for i := range all {
		p := &next[place(all[i].hash)]
		dealt[*p] = all[i]
		*p++
	}
	return ends
}

// sow puts all, which belong into one table that is not there yet.
func (t *tree[V]) sow(all []seed[V], owner *token) {
	s := t.table(all[0].hash, owner)
	s.slots = make([]entry[V], slotsFor(len(all)))
	for i := range all {
		if s.put(all[i].entry, all[i].hash) {
			t.size++
		}
	}
}
