package login

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/signin"
)

// A hash takes tens of megabytes and tens of milliseconds on purpose, so that few run at
// once and few wait: who floods a server with passwords waits, and nobody else does.
const (
	hashesWaiting = 256
	hashWait      = 10 * time.Second
)

// A Hasher makes and checks password hashes, a bounded number at once.
type Hasher struct {
	env  *env.Env
	cost signin.Cost
	// room holds a token for each hash that may run.
	room    chan struct{}
	waiting atomic.Int64
	done    atomic.Int64
}

// NewHasher makes hashes of that cost. Half of the machine's cores hash at most, or as many
// as one hash has lanes: the others go on answering.
func NewHasher(e *env.Env, cost signin.Cost) (*Hasher, error) {
	if err := cost.Check(); err != nil {
		return nil, err
	}
	return &Hasher{env: e, cost: cost, room: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2/int(cost.Threads)))}, nil
}

// Cost is what new hashes cost.
func (h *Hasher) Cost() signin.Cost { return h.cost }

// Done counts the hashes that were computed.
func (h *Hasher) Done() int64 { return h.done.Load() }

var errFlooded = errors.New("too many passwords wait to be checked")

// enter waits for a place to compute one hash, and gives it back by leave.
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	if h.waiting.Add(1) > hashesWaiting {
		h.waiting.Add(-1)
		return nil, fault.Unavailable(errFlooded)
	}
	defer h.waiting.Add(-1)
	wait := time.NewTimer(hashWait)
	defer wait.Stop()
	select {
	case h.room <- struct{}{}:
		h.done.Add(1)
		return func() { <-h.room }, nil
	case <-wait.C:
		return nil, fault.Unavailable(errFlooded)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Verify reports whether phc is the hash of password. It computes one hash, whatever phc
// is: for "" that of a password that nobody knows.
func (h *Hasher) Verify(ctx context.Context, password, phc string) (bool, error) {
	if phc == "" {
		phc = h.cost.Decoy()
	}
	if len(password) > signin.MaxPassword {
		password = "" // the same time as for any other; it is nobody's
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return signin.Verify(password, phc)
}

// Hash is what is stored of password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, signin.SaltSize)
	_, _ = h.env.Read(salt)
	return signin.Hash(password, h.cost, salt)
}
