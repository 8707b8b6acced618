package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// An Operator works on an installation's data from the server's own machine, while nothing
// serves it. What is done is recorded under the account's Name there.
type Operator struct {
	Data
	Name string
	Env  *env.Env
	Log  *slog.Logger
}

// open opens data that is there.
func (o *Operator) open(ctx context.Context, development bool) (*store.Store, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if !o.exists() {
		return nil, fmt.Errorf("%s holds no data", o.Dir)
	}
	return store.Open(ctx, o.config(development))
}

func (o *Operator) check() error {
	if o.Dir == "" {
		return errors.New("name the data folder: --data DIR")
	}
	return o.checkDatabase()
}

// exists reports whether there may be data: a folder says so, a database must be asked.
func (o *Operator) exists() bool {
	if o.Database != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(o.Dir, "system.db"))
	return err == nil
}

func (o *Operator) config(development bool) store.Config {
	return store.Config{Dir: o.Dir, Database: o.Database, KeyFile: o.KeyFile, Env: o.Env, Dev: development, Log: o.Log}
}

// makeKey makes the master key of an installation that does not exist yet. It tells
// whether it did: one that is there already is used.
func (o *Operator) makeKey() (made bool, err error) {
	if o.KeyFile == "" {
		o.KeyFile = filepath.Join(o.Dir, "master.key")
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return false, err
	}
	if _, err := os.Stat(o.KeyFile); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	_, err = store.MakeKey(o.KeyFile, o.Env)
	return err == nil, err
}

// record leaves a record of what the operator does.
func (o *Operator) record(tx *store.WriteTx, activity, category, kind string, targets []audit.Target, details ...audit.Detail) {
	tx.Record(audit.Record{
		Activity: activity, Category: category, Service: "Core Directory", Type: kind, Operation: "operator",
		Result: audit.Success, Actor: audit.Actor{Operator: o.Name}, Targets: targets, Details: details,
	})
}

// object is a new directory object.
func (o *Operator) object(tx *store.WriteTx, id guid.ID, kind directory.Kind, name string) directory.Object {
	return directory.Object{ID: id, Kind: kind, DisplayName: name, Created: tx.Now(), Deleted: never}
}

// only is the tenant that is meant: the one named, or the only one.
func only(ctx context.Context, st *store.Store, name string) (*store.Tenant, error) {
	if name != "" {
		id, ok := guid.Parse(name)
		if !ok {
			return st.ByDomain(ctx, name)
		}
		return st.Tenant(ctx, id)
	}
	all, err := st.List(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, errors.New("there is no tenant yet: make one with `ephor init`")
	case len(all) > 1:
		return nil, fmt.Errorf("there are %d tenants: name one with --tenant", len(all))
	}
	return st.Tenant(ctx, all[0].ID)
}
