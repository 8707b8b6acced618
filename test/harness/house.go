package harness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/dev"
	"ephor/internal/env"
	"ephor/internal/graph"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/op"
	"ephor/internal/pgtest"
	"ephor/internal/rest"
	"ephor/internal/store"
	"ephor/internal/when"
)

// URL is the public address of the server that is not there.
const URL = "https://house.example:8443"

// A server is one store with its faces.
type server struct {
	store   *store.Store
	tenants *dev.Tenants
	tokens  *oauth.Server
	graph   http.Handler
}

// shared is the SQLite server of this test binary, opened at first use.
var shared struct {
	sync.Once
	*server
	dir string
	err error
}

// Main runs the tests of a package, ends what they shared, and exits.
func Main(m *testing.M) {
	code := m.Run()
	if err := errors.Join(end(), pgtest.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, "end the harness:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func end() error {
	if shared.server == nil {
		return nil
	}
	return errors.Join(shared.store.Close(), os.RemoveAll(shared.dir))
}

func serve(ctx context.Context, dir, database string) (*server, error) {
	e, log := env.System(), slog.New(slog.DiscardHandler)
	st, err := store.Open(ctx, store.Config{Dir: dir, Database: database, Env: e, Dev: true, Log: log})
	if err != nil {
		return nil, err
	}
	tokens, err := oauth.New(oauth.DefaultSettings(URL), st, e, log)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return &server{
		store: st, tokens: tokens, tenants: &dev.Tenants{Store: st, Env: e, Operator: "harness"},
		graph: rest.New(rest.Config{
			Gate: &op.Gate{Env: e, Log: log}, Operations: graph.Operations(), Env: e, Log: log, PublicURL: URL,
			Address: func(r *http.Request) string { return r.RemoteAddr },
			Authenticate: func(ctx context.Context, token string) (*store.Tenant, *authz.Caller, error) {
				caller, t, err := tokens.Authenticate(ctx, token, "")
				return t, caller, err
			},
		}),
	}, nil
}

// A House is one tenant of a server.
type House struct {
	Tenant *store.Tenant

	t      testing.TB
	server *server
	ids    map[string]guid.ID
}

// Open makes a tenant of the seed, in memory, on SQLite.
func Open(t testing.TB, s Seed) *House {
	t.Helper()
	shared.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "ephor-harness-"); shared.err == nil {
			// Not the test's context: the server outlives it.
			shared.server, shared.err = serve(context.Background(), filepath.Join(shared.dir, "data"), "")
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.house(t, s, true)
}

// Each runs a test on a tenant of the seed: on SQLite, and on PostgreSQL where there is
// one.
func Each(t *testing.T, s Seed, test func(t *testing.T, h *House)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, s))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, alone(t, pgtest.Start(t)).house(t, s, false))
	})
}

// EachAlone is Each on servers that no other test uses: for those that call what looks after
// all tenants of a server.
func EachAlone(t *testing.T, s Seed, test func(t *testing.T, h *House)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, alone(t, "").house(t, s, true))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, alone(t, pgtest.Start(t)).house(t, s, false))
	})
}

// alone is a server for one test, on the database with that address or, if it is empty, on
// SQLite.
func alone(t *testing.T, database string) *server {
	t.Helper()
	v, err := serve(context.WithoutCancel(t.Context()), t.TempDir(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// Beside makes another tenant on the same server.
func (h *House) Beside(s Seed) *House {
	h.t.Helper()
	return h.server.house(h.t, s, true)
}

func (v *server) house(t testing.TB, s Seed, memory bool) *House {
	t.Helper()
	text, ids := s.text(t)
	e, err := v.tenants.Create(t.Context(), "house", text, memory)
	if err != nil {
		t.Fatalf("seed: %v", err)
	}
	tenant, err := v.store.Tenant(t.Context(), e.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	h := &House{Tenant: tenant, t: t, server: v, ids: ids}
	h.t.Cleanup(func() {
		if err := v.store.Drop(context.WithoutCancel(t.Context()), tenant.ID()); err != nil {
			t.Error(err)
		}
	})
	snap, _, err := tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.ids["graph"], _ = snap.Client(oauth.GraphAppID)
	return h
}

// ID is what the name stands for: of the seed, given by Name, or "graph", Microsoft Graph's
// service principal.
func (h *House) ID(name string) guid.ID {
	h.t.Helper()
	id, ok := h.ids[name]
	if !ok {
		h.t.Fatalf("nothing is called %s", name)
	}
	return id
}

// Name lets name stand for an id that the test has come by.
func (h *House) Name(name string, id string) {
	h.t.Helper()
	parsed, ok := guid.Parse(id)
	if !ok {
		h.t.Fatalf("%q is no id for %s", id, name)
	}
	h.ids[name] = parsed
}

// Write changes the tenant behind the gate's back, recorded as the operator's doing.
func (h *House) Write(fn func(tx *store.WriteTx) error) {
	h.t.Helper()
	err := h.Tenant.Write(h.t.Context(), func(tx *store.WriteTx) error {
		tx.Record(record("Test"))
		return fn(tx)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// SetClock stops the tenant's clock at an instant. Setting it back ends all tokens.
func (h *House) SetClock(at when.Instant) {
	h.t.Helper()
	if err := h.Tenant.SetClock(h.t.Context(), store.Clock{Now: at, Frozen: true}, record("Set clock")); err != nil {
		h.t.Fatal(err)
	}
}

// Advance moves the tenant's clock on.
func (h *House) Advance(by time.Duration) {
	h.t.Helper()
	if err := h.Tenant.Advance(h.t.Context(), by, record("Advance clock")); err != nil {
		h.t.Fatal(err)
	}
}

// Version is the tenant's version: any change makes another.
func (h *House) Version() authz.Version {
	h.t.Helper()
	var v authz.Version
	err := h.Tenant.Read(h.t.Context(), func(tx *store.ReadTx) error {
		v = tx.Version()
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func record(activity string) audit.Record {
	return audit.Record{
		Activity: activity, Category: "DirectoryManagement", Service: "Core Directory", Type: "Update", Operation: "harness",
		Result: audit.Success, Actor: audit.Actor{Operator: "harness"},
	}
}

// Now is the tenant's time.
func (h *House) Now() when.Instant {
	h.t.Helper()
	var now when.Instant
	err := h.Tenant.Read(h.t.Context(), func(tx *store.ReadTx) error {
		now = tx.Now()
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return now
}
