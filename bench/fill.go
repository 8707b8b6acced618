package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ephor/internal/audit"
	"ephor/internal/dev"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// atOnce is how many users one transaction of the loader brings.
const atOnce = 4000

// operator is who fills, in the audit log.
const operator = "bench"

// open opens a data set's store.
func open(ctx context.Context, dir, database string) (*store.Store, error) {
	return store.Open(ctx, store.Config{
		Dir: dir, Database: database, Env: env.System(), Dev: true, Log: slog.New(slog.DiscardHandler), Budget: 10 * time.Minute,
	})
}

// fill makes a data set: contoso, and the city in it. Ready runs before the store is closed.
func (b *bench) fill(ctx context.Context, c *city, dir, database string, ready func(*store.Tenant) error) (err error) {
	st, err := open(ctx, dir, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	began := time.Now()
	tenants := dev.Tenants{Store: st, Env: env.System(), Operator: operator}
	made, err := tenants.Create(ctx, "Contoso", dev.Contoso, false)
	if err != nil {
		return err
	}
	t, err := st.Tenant(ctx, made.TenantID)
	if err != nil {
		return err
	}
	if err := bring(ctx, t, c.structure()); err != nil {
		return err
	}
	for from := 0; from < c.users; from += atOnce {
		if err := bring(ctx, t, c.part(from, min(from+atOnce, c.users))); err != nil {
			return err
		}
		if from%(25*atOnce) == 0 && from > 0 {
			b.say("filled %s of %s users, %d a second", count(from), count(c.users), int(float64(from)/time.Since(began).Seconds()))
		}
	}
	if ready != nil {
		return ready(t)
	}
	return nil
}

// bring imports in one transaction, with its record.
func bring(ctx context.Context, t *store.Tenant, in store.Import) error {
	return t.WriteSlice(ctx, func(tx *store.WriteTx) error {
		tx.Record(imported(fmt.Sprintf("%d users, %d groups, %d units, %d grants", len(in.Users), len(in.Groups), len(in.Units), len(in.Schedules))))
		return tx.InsertMany(in)
	})
}

func imported(what string) audit.Record {
	return audit.Record{
		Activity: "Import directory", Category: "DirectoryManagement", Service: "Core Directory", Type: "Add", Operation: "import",
		Result: audit.Success, Reason: what, Actor: audit.Actor{Operator: operator},
	}
}

// set is the folder of a city's data set, made at its first use. One that a run was cut
// short in is made again.
func (b *bench) set(ctx context.Context, c *city) (string, error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("users-%d-%d", c.users, c.activators))
	done := filepath.Join(dir, "filled")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	began := time.Now()
	b.say("fill a data set of %s users", count(c.users))
	if err := b.fill(ctx, c, dir, "", nil); err != nil {
		return "", fmt.Errorf("fill %s: %w", dir, err)
	}
	b.say("filled in %s", time.Since(began).Round(time.Second))
	return dir, os.WriteFile(done, nil, 0o600)
}

// first is the id of the data set's tenant.
func first(ctx context.Context, st *store.Store) (guid.ID, error) {
	specs, err := st.List(ctx)
	if err != nil || len(specs) == 0 {
		return guid.ID{}, errors.Join(err, errors.New("the data set has no tenant"))
	}
	return specs[0].ID, nil
}
