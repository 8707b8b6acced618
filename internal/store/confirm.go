package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"ephor/internal/authz"
	"ephor/internal/when"
)

// flightTime bounds one question to the database whether this node is up to date.
const flightTime = 5 * time.Second

// A confirmer asks the database for the heads of tenants. A question serves all who asked
// before it began, of all tenants, so that decisions cost one small read for as many as
// wait for it. Who comes while a question is under way waits for the next: the answer to
// this one may be older than the call.
type confirmer struct {
	store  *Store
	mu     sync.Mutex
	next   *flight // gathers those who ask, until it begins
	flying bool
}

// A flight is one question, and the answer once landed is closed.
type flight struct {
	places []string
	landed chan struct{}
	heads  map[string]authz.Version
	err    error
}

// ask gives the version of the head of place, read after the call began. It is an error
// that there is none.
func (c *confirmer) ask(ctx context.Context, place string) (authz.Version, error) {
	f := c.board(place)
	select {
	case <-f.landed:
	case <-ctx.Done():
		return authz.Version{}, fmt.Errorf("%w: %w", errUnconfirmed, context.Cause(ctx))
	}
	if f.err != nil {
		return authz.Version{}, fmt.Errorf("%w: %w", errUnconfirmed, f.err)
	}
	v, found := f.heads[place]
	if !found {
		return v, fmt.Errorf("%w: %w: chain_head has no row for %s", errUnconfirmed, ErrNoTenant, place)
	}
	return v, nil
}

// compare asks for nothing but the time, so that a start compares the clocks.
func (c *confirmer) compare(ctx context.Context) error {
	_, err := c.ask(ctx, "")
	return err
}

// board adds place to the next question, and sees to it that there will be one.
func (c *confirmer) board(place string) *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = &flight{landed: make(chan struct{})}
	}
	f := c.next
	if !slices.Contains(f.places, place) {
		f.places = append(f.places, place)
	}
	if !c.flying {
		c.flying = true
		go c.fly()
	}
	return f
}

// fly asks until nobody waits.
func (c *confirmer) fly() {
	for {
		c.mu.Lock()
		f := c.next
		c.next = nil
		c.flying = f != nil
		c.mu.Unlock()
		if f == nil {
			return
		}
		f.err = c.read(f)
		close(f.landed)
	}
}

// read asks the database, and compares the clocks by the way. Its time of day is the one
// thing for which its clock is asked.
func (c *confirmer) read(f *flight) error {
	ctx, cancel := context.WithTimeout(context.Background(), flightTime)
	defer cancel()
	f.heads = map[string]authz.Version{}
	before := c.store.env.Now()
	rows, err := c.store.pool.Query(ctx,
		"SELECT '', 0, 0, (EXTRACT(EPOCH FROM clock_timestamp()) * 10000000)::bigint UNION ALL "+
			"SELECT place, incarnation, seq, 0 FROM "+systemSchema+".chain_head WHERE place = ANY($1)", f.places)
	if err != nil {
		return err
	}
	defer rows.Close()
	var theirs when.Instant
	for rows.Next() {
		var place string
		var v authz.Version
		var clock int64
		if err := rows.Scan(&place, &v.Incarnation, &v.Seq, &clock); err != nil {
			return err
		}
		f.heads[place] = v // the row of the clock is that of no place
		theirs = max(theirs, when.Instant(clock))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return c.store.checkClock(theirs, before, c.store.env.Now())
}

// confirmed is p, or what is published after it, as of a read that begins now.
func (l *live) confirmed(ctx context.Context, p *published) (*published, error) {
	v, err := l.tenant.store.confirm.ask(ctx, l.engine.dialect().place)
	if err != nil {
		return nil, err
	}
	if latest := l.now.Load(); latest != nil && !newer(v, latest.head.version) {
		return latest, nil
	}
	err = l.view(ctx, func(tx *ReadTx) error {
		p, err = l.agree(ctx, tx.link, p, tx.head)
		return err
	})
	return p, err
}
