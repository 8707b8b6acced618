package store

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel carries, on PostgreSQL, which tenants have changed and by which node.
const channel = "ephor"

// newsAgain is how long a listener waits before it connects again.
const newsAgain = time.Second

// A news tells other nodes what this one has committed, and this one what others have.
// Nothing depends on it: a node that decides confirms in any case (confirmer), and has
// then less to catch up with.
type news struct {
	store   *Store
	stop    context.CancelFunc
	done    sync.WaitGroup
	mu      sync.Mutex
	untold  map[string]bool // places that have changed since the last notice
	telling bool
}

// listen starts to hear what other nodes commit.
func (s *Store) listen() *news {
	ctx, cancel := context.WithCancel(context.Background())
	n := &news{store: s, stop: cancel, untold: map[string]bool{}}
	n.done.Go(func() { n.hear(ctx) })
	return n
}

func (n *news) close() {
	n.stop()
	n.done.Wait()
}

// tell lets other nodes know, soon, that place has changed. While one notice is sent, what
// changes waits and goes into the next.
func (n *news) tell(place string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.untold[place] = true
	if !n.telling {
		n.telling = true
		n.done.Go(n.send)
	}
}

// send sends notices until there is nothing to tell.
func (n *news) send() {
	for {
		n.mu.Lock()
		places := n.untold
		n.untold = map[string]bool{}
		n.telling = len(places) > 0
		n.mu.Unlock()
		if len(places) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), flightTime)
		var batch pgx.Batch
		for place := range places {
			batch.Queue("SELECT pg_notify($1, $2)", channel, n.store.node.String()+" "+place)
		}
		if err := n.store.pool.SendBatch(ctx, &batch).Close(); err != nil {
			n.store.log.Warn("tell other nodes of a change", "error", err)
		}
		cancel()
	}
}

// hear listens until ctx ends, on a connection of its own, and connects again when that
// breaks.
func (n *news) hear(ctx context.Context) {
	for ctx.Err() == nil {
		if err := n.receive(ctx); err != nil && ctx.Err() == nil {
			n.store.log.Warn("hear of changes by other nodes", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(newsAgain):
		}
	}
}

func (n *news) receive(ctx context.Context) error {
	lent, err := n.store.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := lent.Hijack()
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		notice, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		node, place, ok := strings.Cut(notice.Payload, " ")
		if ok && node != n.store.node.String() {
			n.store.catchUp(ctx, place)
		}
	}
}

// catchUp brings the tenant at place up to date, if it is open and nobody closes it just
// now.
func (s *Store) catchUp(ctx context.Context, place string) {
	s.mu.Lock()
	var t *Tenant
	for id, candidate := range s.tenants {
		if schemaName(id) == place && !candidate.memory {
			t = candidate
		}
	}
	s.mu.Unlock()
	if t == nil || !t.mu.TryRLock() {
		return
	}
	defer t.mu.RUnlock()
	l := t.live.Load()
	if l == nil {
		return
	}
	known := l.now.Load()
	if known == nil {
		return
	}
	err := l.view(ctx, func(tx *ReadTx) error {
		_, err := l.agree(ctx, tx.link, known, tx.head)
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("catch up with another node", "tenant", t.id, "error", err)
	}
}
