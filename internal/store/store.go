// Package store holds all that is durable, and all SQL. A Store has a small registry of
// tenants; each Tenant has a store of its own, an SQLite file or a PostgreSQL schema, which
// no other tenant's transaction can reach.
//
// What is read or written goes through a ReadTx or a WriteTx: one file for each family of
// tables adds its methods to them. Writes go through the tenant's lane (lane.go, group.go):
// those that wait together share a commit, each is judged on the snapshot as those before
// it have left it, and nothing is answered or published before the commit.
//
//	Write --> lane --> group: begin, lock head, judge each, queue --> commit --> publish --> answer
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Store is an open installation: its registry, and its tenants as they are used.
type Store struct {
	cfg      Config
	env      *env.Env
	log      *slog.Logger
	budget   time.Duration
	key      Key
	proofKey []byte    // of grants, made of key
	provers  sync.Pool // of keyed hashes, under proofKey
	lock     *folderLock
	system   engine
	pool     *pgxpool.Pool // nil on SQLite
	memory   string        // the folder of memory tenants and templates
	node     guid.ID

	confirm *confirmer // nil on SQLite
	news    *news      // nil on SQLite

	closing   sync.Once
	uses      atomic.Int64 // counts uses of tenants: the order in which they were used
	making    sync.Mutex   // held while tenants are made, reset or dropped
	templates map[string]*template
	mu        sync.Mutex // guards the maps below
	tenants   map[guid.ID]*Tenant
	domains   map[string]guid.ID

	wrap func(*Tenant, link, bool) link // tests put faults between a tenant and its engine
}

// Open opens the installation that cfg names, and makes it if there is none. It refuses
// one that another process has open, that is of the other kind, whose master key is
// another, or whose database may lose what it has said is saved.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	s := &Store{
		cfg: cfg, env: cfg.Env, log: cfg.Log, budget: cfg.Budget,
		templates: map[string]*template{}, tenants: map[guid.ID]*Tenant{}, domains: map[string]guid.ID{},
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.openFolder, s.openSystem, s.checkOrder, s.openKey, s.checkKinds, s.join,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("open store: %w", err)
		}
	}
	return nil
}

// openFolder makes and locks the data folder, and clears what memory tenants of a process
// before this one have left.
func (s *Store) openFolder(context.Context) (err error) {
	if err := os.MkdirAll(filepath.Join(s.cfg.Dir, "tenants"), 0o700); err != nil {
		return err
	}
	if s.lock, err = lockFolder(s.cfg.Dir); err != nil {
		return err
	}
	s.memory, err = memoryFolder(s.cfg.Dir)
	return err
}

// openSystem opens the system store and brings its schema up to date.
func (s *Store) openSystem(ctx context.Context) error {
	if s.cfg.Database != "" {
		return s.openSystemSchema(ctx)
	}
	file := openSQLite(filepath.Join(s.cfg.Dir, "system.db"), true)
	s.system = file
	return s.change(ctx, func(tx *ReadTx) error {
		return migrate(ctx, tx.link, file.dialect(), "system")
	})
}

// change runs fn in a transaction of the system store and commits it. The system store
// has no lane: what changes there is rare.
func (s *Store) change(ctx context.Context, fn func(tx *ReadTx) error) error {
	link, err := s.system.begin(ctx, true)
	if err != nil {
		return err
	}
	defer link.rollback()
	tx := &ReadTx{ctx: ctx, link: link}
	if err := fn(tx); err != nil {
		return err
	}
	return link.commit(ctx, tx.pending)
}

// look runs fn in a reading transaction of the system store.
func (s *Store) look(ctx context.Context, fn func(tx *ReadTx) error) error {
	link, err := s.system.begin(ctx, false)
	if err != nil {
		return err
	}
	defer link.rollback()
	return fn(&ReadTx{ctx: ctx, link: link})
}

// checkOrder sees by trial that text is ordered by its bytes, on which every index, page
// and prefix depends.
func (s *Store) checkOrder(ctx context.Context) error {
	link, err := s.system.begin(ctx, true)
	if err != nil {
		return err
	}
	defer link.rollback()
	tx := &ReadTx{ctx: ctx, link: link}
	want := []string{"B", "_", "a", "é"}
	for _, name := range []string{"a", "é", "B", "_"} {
		tx.pending = append(tx.pending, statement{"INSERT INTO node (id, host, started_at) VALUES ($1, $2, $3)", []any{name, "byte order", int64(0)}})
	}
	var got []string
	err = tx.query("SELECT id FROM node WHERE host = $1 AND id > $2 ORDER BY id", []any{"byte order", "A"}, func(scan func(...any) error) error {
		got = append(got, "")
		return scan(&got[len(got)-1])
	})
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("the database orders text as %q, and must as %q, by its bytes", got, want)
	}
	return err
}

// openKey reads the master key and tries it on the canary. Data that was never sealed
// gets a canary; in development also a key.
func (s *Store) openKey(ctx context.Context) error {
	var sealed []byte
	var found bool
	err := s.look(ctx, func(tx *ReadTx) (err error) {
		found, err = tx.one("SELECT sealed FROM canary WHERE id = $1", []any{"master"}, &sealed)
		return err
	})
	if err != nil {
		return err
	}
	s.key, err = ReadKey(s.cfg.KeyFile)
	if errors.Is(err, fs.ErrNotExist) && s.cfg.Dev && !found {
		s.key, err = MakeKey(s.cfg.KeyFile, s.env)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no master key at %s: name the one that this data was made with by --key-file (%w)", s.cfg.KeyFile, err)
	}
	if err != nil {
		return err
	}
	s.proofKey = proofKey(s.key)
	if !found {
		if sealed, err = s.makeCanary(ctx); err != nil {
			return err
		}
	}
	if _, err := s.unseal(guid.ID{}, "canary", "master", "sealed", sealed); err != nil {
		return fmt.Errorf("the master key in %s is not the one that this data was made with: name the right one by --key-file", s.cfg.KeyFile)
	}
	return nil
}

// makeCanary seals the canary, unless another node has done so in this moment, and gives
// what is stored.
func (s *Store) makeCanary(ctx context.Context) (sealed []byte, err error) {
	err = s.change(ctx, func(tx *ReadTx) error {
		if err := s.alone(ctx, tx.link); err != nil {
			return err
		}
		found, err := tx.one("SELECT sealed FROM canary WHERE id = $1", []any{"master"}, &sealed)
		if err != nil || found {
			return err
		}
		sealed = s.seal(guid.ID{}, "canary", "master", "sealed", []byte("ephor"))
		tx.pending = append(tx.pending, statement{"INSERT INTO canary (id, sealed) VALUES ($1, $2)", []any{"master", sealed}})
		return nil
	})
	return sealed, err
}

// checkKinds refuses an installation that holds tenants of the kind that is not served.
func (s *Store) checkKinds(ctx context.Context) error {
	var id, name string
	var found bool
	err := s.look(ctx, func(tx *ReadTx) (err error) {
		found, err = tx.one("SELECT id, name FROM tenant WHERE kind <> $1 ORDER BY id LIMIT 1", []any{string(s.kind())}, &id, &name)
		return err
	})
	switch {
	case err != nil || !found:
		return err
	case s.cfg.Dev:
		return fmt.Errorf("tenant %q (%s) is a production tenant: serve it without --dev, or give development a data folder of its own with --data", name, id)
	}
	return fmt.Errorf("tenant %q (%s) is a development tenant: serve it with --dev, or give production a data folder of its own with --data", name, id)
}

// kind is the kind of tenant that this store serves.
func (s *Store) kind() Kind {
	if s.cfg.Dev {
		return Development
	}
	return Production
}

// incarnation is the number of an incarnation that begins now: the machine's millisecond,
// and in any case more than that of the one before, so that none is ever met twice, not
// even by a tenant that is dropped and made again.
func (s *Store) incarnation(before int64) int64 {
	return max(before+1, int64(s.env.Now())/when.Millisecond)
}

// Close closes every tenant, waiting for what is under way, and the installation. Closing
// it again does nothing.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() { err = s.close() })
	return err
}

func (s *Store) close() error {
	var errs []error
	s.mu.Lock()
	tenants := s.tenants
	s.tenants = map[guid.ID]*Tenant{}
	s.mu.Unlock()
	for _, t := range tenants {
		t.mu.Lock()
		errs = append(errs, t.close(errClosed))
		t.mu.Unlock()
	}
	if s.news != nil {
		s.news.close()
	}
	if s.system != nil {
		errs = append(errs, s.leave(), s.system.close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	if s.memory != "" {
		errs = append(errs, os.RemoveAll(s.memory))
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

var errClosed = errors.New("the store is closed")
