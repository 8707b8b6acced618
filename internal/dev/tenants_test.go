package dev

import (
	"log/slog"
	"testing"

	"ephor/internal/env"
	"ephor/internal/store"
)

// tenants is development on a store of its own.
func tenants(t testing.TB) *Tenants {
	t.Helper()
	e := env.System()
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir(), Env: e, Dev: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Tenants{Store: st, Env: e, Operator: "tester"}
}

func TestFirstContosoHasTheTutorialsTenantID(t *testing.T) {
	t.Parallel()
	d := tenants(t)
	var ids []string
	for range 2 {
		e, err := d.Create(t.Context(), "Contoso", Contoso, false)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.TenantID.String())
	}
	if ids[0] != "29a4f813-9274-4e1b-858d-0afa98ae66d4" || ids[1] == ids[0] {
		t.Errorf("tenant ids are %v", ids)
	}
	if found, err := d.Store.ByDomain(t.Context(), "contoso.com"); err != nil || found.ID() != contosoID {
		t.Errorf("contoso.com is %v, %v", found, err)
	}
	all, err := d.Elements(t.Context())
	if err != nil || len(all) != 2 || all[0].TenantID != contosoID {
		t.Errorf("the tenants are %+v, %v", all, err)
	}
}

func TestRefusedSeedLeavesNoTenant(t *testing.T) {
	t.Parallel()
	d := tenants(t)
	for _, seed := range []string{
		`{"users":[{"userPrincipalName":"a@b.example"},{"id":"00000000-0000-4000-8000-000000000001","userPrincipalName":"A@B.example"}]}`,
		`{"groups":[{"id":"00000000-0000-4000-8000-000000000001","displayName":"g"}],
			"eligibilities":[{"principalId":"00000000-0000-4000-8000-000000000001","roleDefinitionId":"fe930be7-5e62-47db-91af-98c3a49a38b1"}]}`,
	} {
		if e, err := d.Create(t.Context(), "t", seed, true); err == nil {
			t.Errorf("%s made %+v", seed, e)
		}
	}
	if all, err := d.Store.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("there are %d tenants, %v", len(all), err)
	}
}

func TestAuditLogOfASeedIsWhole(t *testing.T) {
	t.Parallel()
	d := tenants(t)
	e, err := d.Create(t.Context(), "Contoso", Contoso, true)
	if err != nil {
		t.Fatal(err)
	}
	tenant, err := d.Store.Tenant(t.Context(), e.TenantID)
	if err != nil {
		t.Fatal(err)
	}
	// Four users, four applications and five service principals, three consents and seven
	// permissions, two roles; the seed as a whole, and the organization.
	if v, err := tenant.Verify(t.Context()); err != nil || v.Records != 4+4+5+3+7+2+1+1 {
		t.Errorf("%d records, %v", v.Records, err)
	}
}

// The goal is less than 10 ms.
func BenchmarkNewContosoInMemory(b *testing.B) {
	d := tenants(b)
	for b.Loop() {
		e, err := d.Create(b.Context(), "t", Contoso, true)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := d.Store.Drop(b.Context(), e.TenantID); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
