package harness

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"ephor/internal/pgtest"
	"ephor/internal/store"
)

// masterKey is the file of the key under which a server's secrets are sealed. Nodes share it.
const masterKey = "master.key"

// Nodes makes a tenant of the seed on PostgreSQL, served by so many servers, and answers
// with the tenant as each has it.
func Nodes(t *testing.T, n int, s Seed) []*House {
	t.Helper()
	database, first := pgtest.Start(t), t.TempDir()
	var houses []*House
	for i := range n {
		dir := first
		if i > 0 {
			dir = t.TempDir()
			key, err := os.ReadFile(filepath.Join(first, masterKey))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, masterKey), key, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		v, err := serve(context.WithoutCancel(t.Context()), dir, database)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := v.store.Close(); err != nil {
				t.Error(err)
			}
		})
		if i == 0 {
			houses = append(houses, v.house(t, s, false))
			continue
		}
		tenant, err := v.store.Tenant(t.Context(), houses[0].Tenant.ID())
		if err != nil {
			t.Fatal(err)
		}
		houses = append(houses, &House{Tenant: tenant, t: t, server: v, ids: maps.Clone(houses[0].ids)})
	}
	return houses
}

// Anew makes another tenant on the same server and the same engine, to be dropped by who
// asks for many of them in one test.
func (h *House) Anew(s Seed) (house *House, drop func()) {
	h.t.Helper()
	text, ids := s.text(h.t)
	e, err := h.server.tenants.Create(h.t.Context(), "house", text, h.Tenant.Spec().Memory)
	if err != nil {
		h.t.Fatalf("seed: %v", err)
	}
	tenant, err := h.server.store.Tenant(h.t.Context(), e.TenantID)
	if err != nil {
		h.t.Fatal(err)
	}
	return &House{Tenant: tenant, t: h.t, server: h.server, ids: ids}, func() {
		if err := h.server.store.Drop(context.WithoutCancel(h.t.Context()), tenant.ID()); err != nil {
			h.t.Error(err)
		}
	}
}

// Store is the store of the server that the tenant is on.
func (h *House) Store() *store.Store { return h.server.store }
