package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/pgtest"
	"ephor/internal/when"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// An opener opens the installation that a test has to itself. Called again after a Close
// it opens what was there.
type opener func(t *testing.T, change ...func(*Config)) *Store

// eachEngine runs a test on SQLite and on PostgreSQL.
func eachEngine(t *testing.T, test func(t *testing.T, open opener)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, installation(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, installation(t, pgtest.Start(t)))
	})
}

// installation is an opener of one installation.
func installation(t *testing.T, database string) opener {
	dir := t.TempDir()
	return func(t *testing.T, change ...func(*Config)) *Store {
		t.Helper()
		s, err := Open(t.Context(), config(dir, database, change...))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() }) // a second time where the test has closed it
		return s
	}
}

func config(dir, database string, change ...func(*Config)) Config {
	// A machine that is busy, or runs with the race detector, must not decide a test: an
	// operation's time is short only where that is what is tested.
	cfg := Config{Dir: dir, Database: database, Env: env.System(), Dev: true, Log: slog.New(slog.DiscardHandler), Budget: time.Minute}
	for _, c := range change {
		c(&cfg)
	}
	return cfg
}

// A dial is a clock that a test turns.
type dial struct{ ticks atomic.Int64 }

func dialAt(t time.Time) *dial {
	d := &dial{}
	d.ticks.Store(int64(when.Of(t)))
	return d
}

func (d *dial) now() time.Time { return when.Instant(d.ticks.Load()).Time() }

func (d *dial) set(c *Config) { c.Env, c.ForeignClock = env.Fixed(d.now, rand.Reader), true }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func create(t *testing.T, s *Store, name string, change ...func(*Spec)) *Tenant {
	t.Helper()
	spec := Spec{ID: s.env.NewID(), Name: name, Domains: []string{name + ".example"}, Kind: s.kind()}
	for _, c := range change {
		c(&spec)
	}
	tenant, err := s.Create(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

func inMemory(s *Spec) { s.Memory = true }

// record is what the tests' operations leave.
func record(activity string) audit.Record {
	return audit.Record{
		Activity: activity, Category: "Test", Service: "Store", Result: audit.Success,
		Actor:   audit.Actor{App: audit.App{Name: "Test"}},
		Targets: []audit.Target{{ID: "target", Kind: audit.KindOther, Name: activity}},
	}
}

// put is an operation that makes an object: in the database, the snapshot and the log.
func put(id guid.ID) func(*WriteTx) error {
	return func(tx *WriteTx) error {
		tx.putObject(objectRow{ID: id, Kind: directory.KindUser, Enabled: true, Deleted: when.Never})
		tx.Record(record("put " + id.String()))
		return nil
	}
}

func write(t *testing.T, tenant *Tenant, fn func(*WriteTx) error) {
	t.Helper()
	if err := tenant.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// A sight is what can be seen of a tenant from outside.
type sight struct {
	rows, snap, log, seq int64
}

// see looks at a tenant and fails if database, snapshot and log do not agree.
func see(t *testing.T, tenant *Tenant) sight {
	t.Helper()
	var s sight
	err := tenant.Read(t.Context(), func(tx *ReadTx) error {
		if _, err := tx.one("SELECT COUNT(*) FROM object", nil, &s.rows); err != nil {
			return err
		}
		if _, err := tx.one("SELECT COUNT(*) FROM audit", nil, &s.log); err != nil {
			return err
		}
		s.snap, s.seq = int64(tx.Snap().Objects()), tx.Version().Seq
		if tx.Snap().Version() != tx.Version() {
			t.Errorf("snapshot has version %v, data %v", tx.Snap().Version(), tx.Version())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.rows != s.snap {
		t.Errorf("the database holds %d objects, the snapshot %d", s.rows, s.snap)
	}
	v, err := tenant.Verify(t.Context())
	if err != nil {
		t.Error(err)
	}
	if int64(v.Records) != s.log {
		t.Errorf("%d records are verified of %d", v.Records, s.log)
	}
	return s
}

// has reports whether the object is in the database and in the snapshot; it fails when
// they differ.
func has(t *testing.T, tenant *Tenant, id guid.ID) bool {
	t.Helper()
	var row, snap bool
	err := tenant.Read(t.Context(), func(tx *ReadTx) (err error) {
		_, snap = tx.Snap().Object(id)
		var found string
		row, err = tx.one("SELECT id FROM object WHERE id = $1", []any{id}, &found)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if row != snap {
		t.Errorf("object %s: in the database %v, in the snapshot %v", id, row, snap)
	}
	return row
}

// together runs operations so that they share a group: a first one holds the lane until
// all others wait.
func together(t *testing.T, tenant *Tenant, fns ...func(*WriteTx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first := make(chan error, 1)
	go func() {
		first <- tenant.Write(t.Context(), func(*WriteTx) error {
			once.Do(func() { close(held) })
			<-release
			return nil
		})
	}()
	<-held
	errs := make([]error, len(fns))
	var all sync.WaitGroup
	for i, fn := range fns {
		all.Go(func() { errs[i] = tenant.Write(t.Context(), fn) })
		awaitQueue(t, tenant, i+1)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	all.Wait()
	return errs
}

// awaitQueue waits until n operations are in the tenant's lane.
func awaitQueue(t *testing.T, tenant *Tenant, n int) {
	t.Helper()
	l := &tenant.live.Load().lane
	for {
		l.mu.Lock()
		have := len(l.waiting) + len(l.slices)
		l.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the test ended")
		default:
			yieldCPU()
		}
	}
}

// A saboteur is a link that does as its hooks say.
type saboteur struct {
	link
	onCommit func(commit func() error) error
	onQuery  func(sql string) error
}

func (s *saboteur) commit(ctx context.Context, pending []statement) error {
	if s.onCommit == nil {
		return s.link.commit(ctx, pending)
	}
	return s.onCommit(func() error { return s.link.commit(ctx, pending) })
}

func (s *saboteur) query(ctx context.Context, pending []statement, asked ...question) error {
	all := slices.Clone(pending)
	for _, q := range asked {
		all = append(all, q.statement)
	}
	for _, st := range all {
		if s.onQuery == nil {
			break
		}
		if err := s.onQuery(st.sql); err != nil {
			return err
		}
	}
	return s.link.query(ctx, pending, asked...)
}

// sabotage puts hooks into the tenant's next writing transactions.
func sabotage(tenant *Tenant, hooks func(*saboteur)) {
	tenant.store.wrap = func(t *Tenant, l link, write bool) link {
		if t != tenant || !write {
			return l
		}
		s := &saboteur{link: l}
		hooks(s)
		return s
	}
}

var errSabotage = errors.New("sabotage")

func newIDs(s *Store, n int) []guid.ID {
	ids := make([]guid.ID, n)
	for i := range ids {
		ids[i] = s.env.NewID()
	}
	return ids
}

func TestWhatWasAnsweredSurvivesAReopen(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "durable")
		id := s.env.NewID()
		write(t, tenant, put(id))
		before := see(t, tenant)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t)
		again, err := s.ByDomain(t.Context(), "DURABLE.example")
		if err != nil {
			t.Fatal(err)
		}
		if !has(t, again, id) || see(t, again) != before {
			t.Errorf("after the reopen: %+v, before: %+v", see(t, again), before)
		}
		if again.Spec().Name != "durable" || again.Spec().Kind != Development {
			t.Errorf("the registry says %+v", again.Spec())
		}
	})
}

func TestWritersThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "group")
		var commits atomic.Int64
		sabotage(tenant, func(s *saboteur) {
			s.onCommit = func(commit func() error) error { commits.Add(1); return commit() }
		})
		const writers = 100
		ids := newIDs(s, writers)
		var fns []func(*WriteTx) error
		for i, id := range ids {
			fns = append(fns, func(tx *WriteTx) error {
				if want := int64(i); int64(tx.Snap().Objects()) != want {
					return fmt.Errorf("writer %d sees %d objects", i, tx.Snap().Objects())
				}
				return put(id)(tx)
			})
		}
		for i, err := range together(t, tenant, fns...) {
			if err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		}
		if n := commits.Load(); n > writers/groupSize+1 {
			t.Errorf("%d writers needed %d commits", writers, n)
		}
		if got := see(t, tenant); got != (sight{writers, writers, writers, writers}) {
			t.Errorf("see %+v", got)
		}
	})
}

func TestOneSurpriseDoesNotTouchTheOthers(t *testing.T) {
	t.Parallel()
	surprises := map[string]struct {
		op     func(*WriteTx) error
		status int // of the answer; 0 for an error that is no fault
	}{
		"error after a write was sent": {func(tx *WriteTx) error {
			_ = put(guid.Must("00000000-0000-4000-8000-000000000001"))(tx)
			_, _ = tx.one("SELECT COUNT(*) FROM object", nil, new(int64))
			return errSabotage
		}, 0},
		"panic after a write": {func(tx *WriteTx) error {
			_ = put(guid.Must("00000000-0000-4000-8000-000000000001"))(tx)
			panic("surprise")
		}, 0},
		"statement that fails at once": {func(tx *WriteTx) error {
			_, _ = tx.one("SELECT nothing FROM nowhere", nil, new(int64))
			return nil
		}, 0},
		"statement that fails with the commit": {func(tx *WriteTx) error {
			tx.exec("INSERT INTO audit_tile (level, idx, hashes) VALUES ($1, $2, $3)", 0, 7, []byte{1})
			tx.exec("INSERT INTO audit_tile (level, idx, hashes) VALUES ($1, $2, $3)", 0, 7, []byte{1})
			tx.Record(record("twice"))
			return nil
		}, 0},
		"write without a record": {func(tx *WriteTx) error {
			tx.exec("DELETE FROM object")
			return nil
		}, 0},
		"overrun": {func(tx *WriteTx) error {
			<-tx.ctx.Done()
			return put(guid.Must("00000000-0000-4000-8000-000000000001"))(tx)
		}, 503},
	}
	for name, surprise := range surprises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, open opener) {
				s := open(t, func(c *Config) { c.Budget = 400 * time.Millisecond })
				tenant := create(t, s, "surprise")
				ids := newIDs(s, 4)
				errs := together(t, tenant, put(ids[0]), put(ids[1]), surprise.op, put(ids[2]), put(ids[3]))
				for i, err := range errs {
					switch f, _ := asFault(err); {
					case i != 2 && err != nil:
						t.Errorf("operation %d: %v", i, err)
					case i == 2 && (err == nil || f != surprise.status):
						t.Errorf("the surprise was answered with %v", err)
					}
				}
				if got := see(t, tenant); got != (sight{4, 4, 4, 4}) {
					t.Errorf("see %+v", got)
				}
			})
		})
	}
}

func TestDataFolderHasOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), config(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Open(t.Context(), config(dir, "")); err == nil {
		_ = second.Close()
		t.Error("the folder was opened twice")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = Open(t.Context(), config(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err != nil {
		t.Error(err)
	}
}
