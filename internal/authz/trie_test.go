package authz

import (
	"encoding/binary"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/guid"
)

// numbered is the nth of a row of ids that look like nothing in particular.
func numbered(n uint64) guid.ID {
	var id guid.ID
	n = (n + 1) * 0x9e3779b97f4a7c15
	binary.BigEndian.PutUint64(id[:8], n^n>>29)
	binary.BigEndian.PutUint64(id[8:], n*0xbf58476d1ce4e5b9)
	return id
}

// colliding is the nth of a row of ids whose hashes are all equal: the attacker's dream.
func colliding(n uint64) guid.ID {
	var id guid.ID
	binary.LittleEndian.PutUint64(id[:8], process[0])
	binary.LittleEndian.PutUint64(id[8:], n)
	return id
}

// crowded are ids of one table, with homes of their own.
var crowded = func() (ids []guid.ID) {
	for n := uint64(1); len(ids) < 60; n++ {
		id := numbered(n << 32)
		if h := process.hash(keyOf(&id)); first(h) == 7 && second(h) == 7 {
			ids = append(ids, id)
		}
	}
	return ids
}()

func TestTreeAgreesWithAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type version struct {
			tree  tree[int]
			model map[guid.ID]int
		}
		now := version{model: map[guid.ID]int{}}
		var past []version
		owner := new(token)
		key := rapid.Custom(func(t *rapid.T) guid.ID {
			n := rapid.Uint64Range(0, 300).Draw(t, "n")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				return colliding(n)
			case 1:
				return crowded[n%uint64(len(crowded))]
			}
			return numbered(n)
		})
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "times") {
					k, v := key.Draw(t, "key"), rapid.Int().Draw(t, "value")
					now.tree.set(k, v, owner)
					now.model[k] = v
				}
			},
			"drop": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "times") {
					k := key.Draw(t, "key")
					now.tree.drop(k, owner)
					delete(now.model, k)
				}
			},
			"freeze": func(*rapid.T) {
				past = append(past, version{now.tree, maps.Clone(now.model)})
				owner = new(token)
			},
			"plant": func(*rapid.T) { now.tree = plant(maps.All(now.model), owner) },
			"": func(t *rapid.T) {
				for _, v := range append(past, now) {
					agree(t, &v.tree, v.model)
				}
			},
		})
	})
}

func agree(t *rapid.T, tree *tree[int], model map[guid.ID]int) {
	if tree.len() != len(model) {
		t.Fatalf("len %d, want %d", tree.len(), len(model))
	}
	if got := maps.Collect(tree.all()); !maps.Equal(got, model) {
		t.Fatalf("holds %v, want %v", got, model)
	}
	for n := range uint64(20) {
		for _, k := range []guid.ID{numbered(n), colliding(n), crowded[n]} {
			got, found := tree.get(k)
			want, there := model[k]
			if got != want || found != there {
				t.Fatalf("get(%s) = %d, %v, want %d, %v", k, got, found, want, there)
			}
		}
	}
}

func TestLaterValueOfAKeyWinsWhenPlanted(t *testing.T) {
	t.Parallel()
	planted := plant(func(yield func(guid.ID, int) bool) {
		_ = yield(numbered(1), 1) && yield(numbered(2), 2) && yield(numbered(1), 3)
	}, new(token))
	if v, _ := planted.get(numbered(1)); v != 3 || planted.len() != 2 {
		t.Fatalf("got %d of %d keys, want 3 of 2", v, planted.len())
	}
}

func TestZeroIDNamesNothing(t *testing.T) {
	t.Parallel()
	planted := sized(100)
	planted.set(guid.ID{}, 1, new(token))
	if _, found := planted.get(guid.ID{}); found || planted.len() != 100 {
		t.Error("the zero id is kept")
	}
}

func TestTreeLookupAllocatesNothing(t *testing.T) {
	planted := sized(10_000)
	n := uint64(0)
	if allocs := testing.AllocsPerRun(1000, func() { planted.get(numbered(n)); n++ }); allocs != 0 {
		t.Fatalf("%v allocations", allocs)
	}
}

// sized is a tree of n numbered keys.
func sized(n uint64) tree[uint64] {
	return plant(func(yield func(guid.ID, uint64) bool) {
		for i := range n {
			if !yield(numbered(i), i) {
				return
			}
		}
	}, new(token))
}

func BenchmarkGet(b *testing.B) {
	for _, size := range []uint64{10_000, 1_000_000} {
		planted := sized(size)
		strings, ids := make(map[string]uint64, size), make(map[guid.ID]uint64, size)
		keys, texts := make([]guid.ID, 1<<16), make([]string, 1<<16)
		for i := range size {
			strings[numbered(i).String()], ids[numbered(i)] = i, i
		}
		for i := range keys {
			keys[i] = numbered(uint64(i) * 7919 % size)
			texts[i] = keys[i].String()
		}
		b.Run(fmt.Sprintf("tree/%d", size), func(b *testing.B) {
			for i := range b.N {
				planted.get(keys[i&0xffff])
			}
		})
		b.Run(fmt.Sprintf("map by id/%d", size), func(b *testing.B) {
			for i := range b.N {
				_ = ids[keys[i&0xffff]]
			}
		})
		b.Run(fmt.Sprintf("map by string/%d", size), func(b *testing.B) {
			for i := range b.N {
				_ = strings[texts[i&0xffff]]
			}
		})
	}
}

func BenchmarkPlant(b *testing.B) {
	for range b.N {
		sized(1_000_000)
	}
}
