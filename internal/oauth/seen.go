package oauth

import (
	"crypto/sha256"
	"sync"
)

// A mark is what a token is remembered by: its hash, so that the token itself is not kept.
type mark = [sha256.Size]byte

// markOf is the mark of a token. Ours fit into the buffer, which is not on the heap.
func markOf(raw string) mark {
	var buffer [4096]byte
	if len(raw) > len(buffer) {
		return sha256.Sum256([]byte(raw))
	}
	return sha256.Sum256(buffer[:copy(buffer[:], raw)])
}

// seen remembers tokens that were found good, because a signature costs a hundred times
// what the rest of a decision does. It holds at most two generations of size entries; what
// is not used while one generation fills is forgotten. Only good tokens enter, so nobody
// can wash it out with bad ones.
type seen struct {
	mu         sync.RWMutex
	size       int
	young, old map[mark]*verified
}

func newSeen(size int) *seen { return &seen{size: size, young: map[mark]*verified{}} }

// get is the token of that mark, or nil.
func (s *seen) get(m mark) *verified {
	s.mu.RLock()
	v, young := s.young[m]
	if !young {
		v = s.old[m]
	}
	s.mu.RUnlock()
	if v != nil && !young {
		s.put(m, v)
	}
	return v
}

// put remembers v.
func (s *seen) put(m mark, v *verified) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.young) >= s.size {
		s.old, s.young = s.young, make(map[mark]*verified, s.size)
	}
	s.young[m] = v
}
