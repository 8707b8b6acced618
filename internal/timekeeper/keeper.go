// Package timekeeper records what time has already decided: windows that are over, grants
// whose start has come, deleted objects that nobody restored. No decision depends on it;
// if it stands still, only the records are late.
package timekeeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

const (
	// atOnce is how many tenants are looked after at the same time.
	atOnce = 4
	// askAgain is the longest that Run waits before it asks whether something was written
	// that comes due earlier than what it knew of.
	askAgain = 500 * time.Millisecond
	// afterError is how long Run waits after a Tick that failed.
	afterError = 5 * time.Second
	// pause keeps Ticks apart when something came due during the last one.
	pause = 5 * time.Millisecond
)

// A Keeper looks after all tenants of a store.
type Keeper struct {
	store *store.Store
	env   *env.Env
	log   *slog.Logger
	wake  chan struct{}
}

// New is a Keeper of st's tenants.
func New(st *store.Store, e *env.Env, log *slog.Logger) *Keeper {
	return &Keeper{store: st, env: e, log: log, wake: make(chan struct{}, 1)}
}

// Wake makes Run look at once: something may have come due, because a clock was moved.
func (k *Keeper) Wake() {
	select {
	case k.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Run calls Tick whenever something comes due, until ctx ends. What fails is logged and
// tried again.
func (k *Keeper) Run(ctx context.Context) {
	for {
		next, err := k.Tick(ctx)
		wait := k.until(next)
		if err != nil && ctx.Err() == nil {
			k.log.ErrorContext(ctx, "record what has come due", "error", err)
			wait = afterError
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-k.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// until is how long Run waits for next.
func (k *Keeper) until(next when.Instant) time.Duration {
	now := k.env.Now()
	switch {
	case next <= now:
		return pause
	case next < now.Add(askAgain):
		return next.Sub(now)
	}
	return askAgain
}

// Tick is one pass over what has come due in any tenant. It answers when, on the machine's
// clock, the next thing that is known of comes due; when.Never if nothing does. A tenant
// that fails does not keep the others from theirs. A repeated Tick finds nothing to do.
func (k *Keeper) Tick(ctx context.Context) (next when.Instant, err error) {
	due, err := k.store.Due(ctx)
	if err != nil {
		return when.Never, err
	}
	next, now := when.Never, k.env.Now()
	var mu sync.Mutex
	var errs []error
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, d := range due {
		if d.At > now {
			next = min(next, d.At) // the others are later still
			break
		}
		group.Go(func() error {
			at, err := k.keep(ctx, d.Tenant)
			mu.Lock()
			defer mu.Unlock()
			next = min(next, at)
			errs = append(errs, err)
			return nil
		})
	}
	_ = group.Wait() // whose functions give their errors to errs
	return next, errors.Join(errs...)
}

// keep looks after one tenant. One that has been dropped meanwhile needs nothing.
func (k *Keeper) keep(ctx context.Context, id guid.ID) (next when.Instant, err error) {
	t, err := k.store.Tenant(ctx, id)
	if err == nil {
		p := pass{tenant: t, env: k.env, chores: chores, size: firstSlice}
		next, err = p.run(ctx)
	}
	switch {
	case errors.Is(err, store.ErrNoTenant):
		return when.Never, nil
	case err != nil:
		return when.Never, fmt.Errorf("tenant %s: %w", id, err)
	}
	return next, nil
}
