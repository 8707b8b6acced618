package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// measureStart takes the time from starting the server on the large data set to its first
// authenticated decision, what it then holds in memory, and how large the binary is.
func measureStart(ctx context.Context, b *bench) error {
	info, err := os.Stat(b.ephor)
	if err != nil {
		return err
	}
	b.sheet.add("absolute: the binary", within(40, "MB"), exactly(float64(info.Size())/1e6), "")
	dir, err := b.set(ctx, b.large)
	if err != nil {
		return err
	}
	// A first start takes the token, and leaves the files in the machine's cache.
	h, err := b.start(ctx, b.large, dir, "")
	if err != nil {
		return err
	}
	if err := errors.Join(h.enter(ctx), h.stop()); err != nil {
		return err
	}
	var seconds, megabytes []float64
	for range b.rounds {
		took, held, err := b.startOnce(ctx, dir, h)
		if err != nil {
			return err
		}
		seconds, megabytes = append(seconds, took.Seconds()), append(megabytes, held/1e6)
	}
	what := fmt.Sprintf("absolute: start with %s users, to the first decision", count(b.large.users))
	b.sheet.add(what, within(2, "s"), figureOf(seconds), "")
	b.sheet.add("absolute: … resident then", within(400, "MB"), figureOf(megabytes), "")
	return nil
}

// startOnce starts a server and asks it one question with the token of one before it.
func (b *bench) startOnce(ctx context.Context, dir string, before *house) (took time.Duration, held float64, err error) {
	began := time.Now()
	h, err := b.start(ctx, b.large, dir, "")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	h.tenant, h.admin = before.tenant, before.admin
	q := h.city.questions()[0]
	if _, err := ask(ctx, h.addr, request("POST", h.host, evaluationPath, h.admin, q.asJSON()), http.StatusOK); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	held, err = h.resident(ctx)
	return took, held, err
}

// tenantsMade is how many tenants a run makes to time one.
const tenantsMade = 20

// measureTenants takes the time of making a tenant in memory with contoso's seed, as a test
// suite does over HTTP.
func measureTenants(ctx context.Context, b *bench) error {
	houses, err := b.both(ctx)
	if err != nil {
		return err
	}
	h := houses[0]
	make := request("POST", h.host, "/_ephor/dev/tenants", "", []byte(`{"name":"bench","seed":"contoso","memory":true}`))
	w, err := dial(ctx, h.addr)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	var times []float64
	for range tenantsMade {
		began := time.Now()
		status, err := w.do(make)
		took := time.Since(began)
		if err != nil || status != http.StatusCreated {
			return errors.Join(err, fmt.Errorf("answered %d, want 201: %.500s", status, w.body))
		}
		times = append(times, took.Seconds()*1e3)
	}
	b.sheet.add("absolute: a new memory tenant with contoso's seed", within(10, "ms"), figureOf(times), "")
	return nil
}
