package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ephor/internal/guid"
	"ephor/internal/pgtest"
)

// nodes opens n servers on one database, with one master key.
func nodes(t *testing.T, n int) []*Store {
	t.Helper()
	database := pgtest.Start(t)
	var out []*Store
	for range n {
		dir := t.TempDir()
		if len(out) > 0 {
			key, err := os.ReadFile(out[0].cfg.KeyFile)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "master.key"), key, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(t.Context(), config(dir, database))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		out = append(out, s)
	}
	return out
}

// on is the tenant as another node has it.
func on(t *testing.T, s *Store, tenant *Tenant) *Tenant {
	t.Helper()
	other, err := s.Tenant(t.Context(), tenant.ID())
	if err != nil {
		t.Fatal(err)
	}
	return other
}

func decides(t *testing.T, tenant *Tenant, id guid.ID) bool {
	t.Helper()
	snap, _, err := tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, known := snap.Object(id)
	return known
}

func TestEveryNodeDecidesOnWhatAnyHasAnswered(t *testing.T) {
	t.Parallel()
	s := nodes(t, 2)
	here := create(t, s[0], "shared")
	there := on(t, s[1], here)
	for i, id := range newIDs(s[0], 20) {
		writer, other := here, there
		if i%2 == 1 {
			writer, other = there, here
		}
		if decides(t, other, id) {
			t.Error("an object is known before it was made")
		}
		write(t, writer, put(id))
		if !decides(t, other, id) {
			t.Errorf("write %d is not known on the other node", i)
		}
	}
	if a, b := see(t, here), see(t, there); a != b || a.rows != 20 {
		t.Errorf("here %+v, there %+v", a, b)
	}
}

func TestNodesWriteOneLogWithoutAGap(t *testing.T) {
	t.Parallel()
	s := nodes(t, 2)
	here := create(t, s[0], "both")
	there := on(t, s[1], here)
	var all sync.WaitGroup
	const each = 60
	for _, tenant := range []*Tenant{here, there} {
		for range each {
			all.Go(func() {
				if err := tenant.Write(t.Context(), put(s[0].env.NewID())); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	want := sight{2 * each, 2 * each, 2 * each, 2 * each}
	if a, b := see(t, here), see(t, there); a != want || b != want {
		t.Errorf("here %+v, there %+v", a, b)
	}
}

func TestNewsReachOtherNodesByThemselves(t *testing.T) {
	t.Parallel()
	s := nodes(t, 2)
	here := create(t, s[0], "news")
	there := on(t, s[1], here)
	see(t, there) // opens it
	id := s[0].env.NewID()
	next := there.live.Load().now.Load().next
	write(t, here, put(id))
	select {
	case <-next:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was heard")
	}
	if _, known := there.live.Load().now.Load().snap.Object(id); !known {
		t.Error("what was published is not what was written")
	}
}

func TestNodeThatCannotConfirmRefuses(t *testing.T) {
	t.Parallel()
	s := nodes(t, 1)[0]
	tenant := create(t, s, "alone")
	id := s.env.NewID()
	write(t, tenant, put(id))
	if !decides(t, tenant, id) {
		t.Fatal("the tenant does not work")
	}
	s.pool.Close()
	if _, _, err := tenant.Snapshot(t.Context()); !is503(err) {
		t.Errorf("without a database a decision was answered: %v", err)
	}
}

func TestNodeThatMeetsALowerHeadStops(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "restored")
		write(t, tenant, put(s.env.NewID()))
		write(t, tenant, put(s.env.NewID()))
		l := tenant.live.Load()
		link, err := l.engine.begin(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		h, err := readHead(t.Context(), link, l.engine.dialect(), tenant.ID(), true)
		if err != nil {
			t.Fatal(err)
		}
		h.version.Seq--
		if err := link.commit(t.Context(), []statement{h.write(l.engine.dialect())}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := tenant.Write(t.Context(), put(s.env.NewID())); !is503(err) {
				t.Errorf("a write was answered: %v", err)
			}
			if _, _, err := tenant.Snapshot(t.Context()); !is503(err) {
				t.Errorf("a decision was answered: %v", err)
			}
		}
	})
}

func TestDroppedOnOneNodeIsGoneOnAll(t *testing.T) {
	t.Parallel()
	s := nodes(t, 2)
	here := create(t, s[0], "gone")
	there := on(t, s[1], here)
	see(t, there)
	if err := s[0].Drop(t.Context(), here.ID()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := there.Snapshot(t.Context()); !is503(err) {
		t.Errorf("a decision was answered: %v", err)
	}
	if err := there.Write(t.Context(), put(s[1].env.NewID())); !is503(err) {
		t.Errorf("a write was answered: %v", err)
	}
	if _, err := s[1].Tenant(t.Context(), here.ID()); !errors.Is(err, ErrNoTenant) {
		t.Errorf("the tenant is still known: %v", err)
	}
}

func TestResetOnOneNodeIsSeenOnAll(t *testing.T) {
	t.Parallel()
	s := nodes(t, 2)
	here := create(t, s[0], "reset")
	there := on(t, s[1], here)
	id := s[0].env.NewID()
	write(t, there, put(id))
	if err := s[0].Reset(t.Context(), here.ID(), Seed{}); err != nil {
		t.Fatal(err)
	}
	if decides(t, there, id) || decides(t, here, id) || see(t, there) != (sight{}) {
		t.Errorf("after the reset: %+v", see(t, there))
	}
}

func TestNodesMayStartTogether(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		dir := t.TempDir()
		all.Go(func() {
			s, err := Open(t.Context(), config(dir, database, func(c *Config) { c.KeyFile = key }))
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestDatabaseThatMayLoseCommitsIsRefused(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), "ALTER DATABASE "+conn.Config().Database+" SET synchronous_commit = off")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), config(t.TempDir(), database))
	if err == nil {
		_ = s.Close()
		t.Fatal("the database was accepted")
	}
	if !strings.Contains(err.Error(), "synchronous_commit") {
		t.Error(err)
	}
}

func TestClockFarFromTheDatabasesIsRefused(t *testing.T) {
	t.Parallel()
	database := pgtest.Start(t)
	d := dialAt(time.Now().Add(2 * time.Second))
	s, err := Open(t.Context(), config(t.TempDir(), database, d.set, func(c *Config) { c.ForeignClock = false }))
	if err == nil {
		_ = s.Close()
		t.Fatal("a clock two seconds ahead was accepted")
	}
	if !strings.Contains(err.Error(), "clock") {
		t.Error(err)
	}
}

func TestPoolWithoutASchemaFindsNothing(t *testing.T) {
	t.Parallel()
	s := nodes(t, 1)[0]
	create(t, s, "forgotten")
	if _, err := s.pool.Exec(t.Context(), "SELECT COUNT(*) FROM tenant"); err == nil {
		t.Error("a query that entered no schema found a table")
	}
}
