package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"ephor/internal/pgtest"
)

// measurePostgres compares durable activations on PostgreSQL with the commits of one row
// that PostgreSQL itself makes for as many connections.
func measurePostgres(ctx context.Context, b *bench) error {
	pgtest.Folder = os.TempDir() // on disk: commits must cost what they cost
	database, drop, err := pgtest.Database()
	if errors.Is(err, pgtest.ErrMissing) {
		b.sheet.note("PostgreSQL", "left out: this machine has no server (Debian: postgresql)")
		return nil
	}
	if err != nil {
		return err
	}
	b.later(func() error { return errors.Join(drop(), pgtest.Stop()) })
	c := newCity(b.plan.small, b.activators)
	dir := filepath.Join(b.dir, fmt.Sprintf("postgres-%d", time.Now().Unix()))
	b.later(func() error { return os.RemoveAll(dir) })
	if err := b.fill(ctx, c, dir, database, nil); err != nil {
		return err
	}
	h, err := b.start(ctx, c, dir, database)
	if err != nil {
		return err
	}
	b.later(h.stop)
	if err := h.enter(ctx); err != nil {
		return err
	}
	stock, err := h.activations(ctx, b.activations)
	if err != nil {
		return err
	}
	each := len(stock.left) / b.rounds
	rows, err := newRows(ctx, database)
	if err != nil {
		return err
	}
	defer rows.close(ctx)
	samples, err := contest(b.rounds, rows.some(ctx, each), h.some(ctx, stock, crowd, each))
	if err != nil {
		return err
	}
	b.sheet.add(fmt.Sprintf("durable selfActivate on PostgreSQL, %s users, %d connections: rate to its own one-row commits", count(c.users), crowd), atLeast(0.25),
		ratio(samples[1], samples[0], rate), fmt.Sprintf("(%s to %s a second; processor of Ephor %.0f µs)", short(alone(samples[1], rate).median), short(alone(samples[0], rate).median), alone(samples[1], work).median))
	return nil
}

// rows are connections that insert one row after the other.
type rows struct{ conns []*pgx.Conn }

func newRows(ctx context.Context, database string) (*rows, error) {
	var r rows
	for range crowd {
		conn, err := pgx.Connect(ctx, database)
		if err != nil {
			return nil, err
		}
		r.conns = append(r.conns, conn)
	}
	_, err := r.conns[0].Exec(ctx, "CREATE TABLE public.bare (id BIGINT NOT NULL, body TEXT NOT NULL, CONSTRAINT bare_pk PRIMARY KEY (id))")
	return &r, err
}

// some is the contestant that commits so many rows, each by itself.
func (r *rows) some(ctx context.Context, n int) contestant {
	var ids atomic.Int64
	return func() (sample, error) {
		var left atomic.Int64
		left.Store(int64(n))
		var all sync.WaitGroup
		errs, times := make([]error, len(r.conns)), make([][]time.Duration, len(r.conns))
		began := time.Now()
		for i, conn := range r.conns {
			all.Go(func() {
				for errs[i] == nil && left.Add(-1) >= 0 {
					start := time.Now()
					_, errs[i] = conn.Exec(ctx, "INSERT INTO public.bare (id, body) VALUES ($1, $2)", ids.Add(1), "one row")
					times[i] = append(times[i], time.Since(start))
				}
			})
		}
		all.Wait()
		var joined []time.Duration
		for _, t := range times {
			joined = append(joined, t...)
		}
		return sampled(joined, time.Since(began)), errors.Join(errs...)
	}
}

func (r *rows) close(ctx context.Context) {
	for _, conn := range r.conns {
		_ = conn.Close(ctx) // the server goes away with its database
	}
}
