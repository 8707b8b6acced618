package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		a, b := create(t, s, "a"), create(t, s, "b")
		ids := newIDs(s, 3)
		write(t, a, put(ids[0]))
		write(t, b, put(ids[1]))
		write(t, a, put(ids[2]))
		for i, inA := range []bool{true, false, true} {
			if has(t, a, ids[i]) != inA || has(t, b, ids[i]) == inA {
				t.Errorf("object %d: in a %v, in b %v", i, has(t, a, ids[i]), has(t, b, ids[i]))
			}
		}
		if see(t, a) != (sight{2, 2, 2, 2}) || see(t, b) != (sight{1, 1, 1, 1}) {
			t.Errorf("a %+v, b %+v", see(t, a), see(t, b))
		}
	})
}

func TestStoreOfAnotherTenantIsNotTouched(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		a, b := create(t, s, "a"), create(t, s, "b")
		write(t, b, put(s.env.NewID()))
		a.live.Load().engine, b.live.Load().engine = b.live.Load().engine, a.live.Load().engine
		ran := false
		err := a.Read(t.Context(), func(*ReadTx) error { ran = true; return nil })
		if !errors.Is(err, errStranger) || !is503(err) {
			t.Errorf("a read in the wrong store: %v", err)
		}
		err = a.Write(t.Context(), func(*WriteTx) error { ran = true; return nil })
		if !errors.Is(err, errStranger) || !is503(err) {
			t.Errorf("a write in the wrong store: %v", err)
		}
		if ran {
			t.Error("an operation ran in the wrong store")
		}
		a.live.Load().engine, b.live.Load().engine = b.live.Load().engine, a.live.Load().engine
		if see(t, b) != (sight{1, 1, 1, 1}) || see(t, a) != (sight{}) {
			t.Error("something was changed")
		}
	})
}

func TestMemoryTenantsVanish(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "memory", inMemory)
		write(t, tenant, put(s.env.NewID()))
		tenant.Refused(record("refused"))
		if see(t, tenant).rows != 1 {
			t.Error("the memory tenant does not work")
		}
		folder := s.memory
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("after the close the folder is there: %v", err)
		}
		if err := os.MkdirAll(filepath.Join(folder, "left by a process that was killed"), 0o700); err != nil {
			t.Fatal(err)
		}
		s = open(t)
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("after the next start: %v, %v", left, err)
		}
		if _, err := s.Tenant(t.Context(), tenant.ID()); !errors.Is(err, ErrNoTenant) {
			t.Errorf("the tenant is known: %v", err)
		}
		if list, err := s.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("list: %v, %v", list, err)
		}
	})
}

func TestDevelopmentAndProductionNeverMix(t *testing.T) {
	t.Parallel()
	production := func(c *Config) { c.Dev = false }
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		if _, err := s.Create(t.Context(), Spec{ID: s.env.NewID(), Kind: Production}); err == nil {
			t.Error("a development server made a production tenant")
		}
		tenant := create(t, s, "born in development")
		cfg := s.cfg
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		production(&cfg)
		if s, err := Open(t.Context(), cfg); err == nil {
			_ = s.Close()
			t.Fatal("a production server opened a development tenant")
		} else if !strings.Contains(err.Error(), "--dev") || !strings.Contains(err.Error(), tenant.ID().String()) {
			t.Errorf("the refusal does not say what to do: %v", err)
		}
	})
	s := installation(t, "")(t)
	cfg := s.cfg // an installation that has its key, and no tenant
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	production(&cfg)
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	create(t, s, "born in production")
	if _, err := s.Create(t.Context(), Spec{ID: s.env.NewID(), Kind: Production, Memory: true}); err == nil {
		t.Error("a production tenant was made in memory")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Dev = true
	if s, err := Open(t.Context(), cfg); err == nil {
		_ = s.Close()
		t.Fatal("a development server opened a production tenant")
	}
}

func TestIdsAndDomainsAreUnique(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "first")
		for _, memory := range []bool{false, true} {
			_, err := s.Create(t.Context(), Spec{ID: tenant.ID(), Kind: Development, Memory: memory})
			if !errors.Is(err, ErrTaken) {
				t.Errorf("the same id: %v", err)
			}
			_, err = s.Create(t.Context(), Spec{ID: s.env.NewID(), Kind: Development, Domains: []string{"FIRST.example"}, Memory: memory})
			if !errors.Is(err, ErrTaken) {
				t.Errorf("the same domain: %v", err)
			}
		}
	})
}

// seeded is a seed that makes the object with that id.
func seeded(id guid.ID) Seed {
	return Seed{Key: id.String(), Fill: put(id), Finish: func(tx *WriteTx) error { return put(tx.Tenant().ID())(tx) }}
}

func TestResetGoesBackToTheSeedInANewIncarnation(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		for _, memory := range []bool{false, true} {
			s := open(t)
			ids := newIDs(s, 2)
			seed := seeded(ids[0])
			tenant, err := s.CreateFrom(t.Context(), Spec{ID: s.env.NewID(), Kind: Development, Memory: memory, Seed: "test"}, seed)
			if err != nil {
				t.Fatal(err)
			}
			fresh := see(t, tenant)
			before, _, err := tenant.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			write(t, tenant, put(ids[1]))
			if err := s.Reset(t.Context(), tenant.ID(), seed); err != nil {
				t.Fatal(err)
			}
			if see(t, tenant) != fresh || !has(t, tenant, ids[0]) || !has(t, tenant, tenant.ID()) || has(t, tenant, ids[1]) {
				t.Errorf("memory %v: after the reset %+v, before %+v", memory, see(t, tenant), fresh)
			}
			after, _, err := tenant.Snapshot(t.Context())
			if err != nil || after.Version().Incarnation <= before.Version().Incarnation {
				t.Errorf("memory %v: incarnation %v after %v (%v)", memory, after.Version(), before.Version(), err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A seed that says nothing of the tenant's settings makes a tenant that knows itself all
// the same, whether its snapshot was read or copied with the template.
func TestTenantOfATemplateIsItself(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	seed := Seed{Key: "template", Fill: func(tx *WriteTx) error {
		tx.PutGuestRole(roledata.RestrictedGuestUser)
		tx.Record(record("fill"))
		return nil
	}}
	for _, memory := range []bool{false, true, true} {
		tenant, err := s.CreateFrom(t.Context(), Spec{ID: s.env.NewID(), Kind: Development, Memory: memory}, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"made", "reset"} {
			snap, _, err := tenant.Snapshot(t.Context())
			if got := snap.Settings(); err != nil || got.Tenant != tenant.ID() || got.GuestRole != roledata.RestrictedGuestUser {
				t.Errorf("memory %v, %s: %+v, %v", memory, when, got, err)
			}
			if err := s.Reset(t.Context(), tenant.ID(), seed); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestFailedCreationLeavesNoTenant(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		id := s.env.NewID()
		for _, memory := range []bool{false, true} {
			spec := Spec{ID: id, Kind: Development, Memory: memory, Domains: []string{"half.example"}}
			for _, seed := range []Seed{
				{Key: "bad fill", Fill: func(*WriteTx) error { return errSabotage }},
				{Finish: func(*WriteTx) error { return errSabotage }},
				{Key: "sealed fill", Fill: func(tx *WriteTx) error {
					tx.tenant = &Tenant{store: s} // as a template has it on SQLite
					_ = tx.seal("t", "r", "c", nil)
					return nil
				}},
			} {
				if _, err := s.CreateFrom(t.Context(), spec, seed); err == nil {
					t.Fatalf("memory %v: the creation succeeded", memory)
				}
				if _, err := s.Tenant(t.Context(), id); !errors.Is(err, ErrNoTenant) {
					t.Errorf("memory %v: the tenant is there: %v", memory, err)
				}
			}
			tenant, err := s.Create(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			if see(t, tenant) != (sight{}) {
				t.Errorf("memory %v: the new tenant is not empty", memory)
			}
			if err := s.Drop(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if err := tenant.Read(t.Context(), func(*ReadTx) error { return nil }); !errors.Is(err, ErrNoTenant) {
				t.Errorf("memory %v: a dropped tenant answers %v", memory, err)
			}
			if _, err := s.ByDomain(t.Context(), "half.example"); !errors.Is(err, ErrNoTenant) {
				t.Errorf("memory %v: a dropped tenant keeps its domain: %v", memory, err)
			}
		}
		if files, err := os.ReadDir(filepath.Join(s.cfg.Dir, "tenants")); err != nil || len(files) != 0 {
			t.Errorf("files left: %v %v", files, err)
		}
	})
}

func TestTenantWhoseFileIsLostIsNotReplacedByAnEmptyOne(t *testing.T) {
	t.Parallel()
	open := installation(t, "")
	s := open(t)
	tenant := create(t, s, "lost")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(tenant.path()); err != nil {
		t.Fatal(err)
	}
	s = open(t)
	again, err := s.Tenant(t.Context(), tenant.ID())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Read(t.Context(), func(*ReadTx) error { return nil }); !is503(err) {
		t.Errorf("answer: %v", err)
	}
	if _, err := os.Stat(tenant.path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

func TestTenantsUsedLongAgoAreClosedAndOpenAgain(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t, func(c *Config) { c.OpenTenants = 2 })
		var tenants []*Tenant
		var ids []guid.ID
		for _, name := range []string{"one", "two", "three", "four"} {
			tenant, id := create(t, s, name), s.env.NewID()
			write(t, tenant, put(id))
			tenants, ids = append(tenants, tenant), append(ids, id)
		}
		for range 2 {
			for i, tenant := range tenants {
				if !has(t, tenant, ids[i]) {
					t.Errorf("tenant %d lost its object", i)
				}
			}
			opened := slices.DeleteFunc(slices.Clone(tenants), func(t *Tenant) bool { return t.live.Load() == nil })
			if len(opened) > 2 || !slices.Contains(opened, tenants[3]) {
				t.Errorf("%d tenants are open", len(opened))
			}
		}
	})
}

func TestWhatIsDueIsKnownWithoutOpeningTenants(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, never, asked := create(t, s, "due"), create(t, s, "never"), create(t, s, "asked")
		at := s.env.Now().Add(time.Hour)
		for _, tenant := range []*Tenant{tenant, never, asked} {
			write(t, tenant, put(s.env.NewID()))
		}
		quiet := func(tenant *Tenant, until when.Instant) {
			err := tenant.Read(t.Context(), func(tx *ReadTx) error { tenant.Quiet(tx, until); return nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		quiet(tenant, at)
		quiet(never, when.Never)
		quiet(asked, at)
		write(t, asked, put(s.env.NewID())) // after the timekeeper's word
		want := []Due{{asked.ID(), 0}, {tenant.ID(), at}}
		if got, err := s.Due(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("due: %v %v, want %v", got, err, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t)
		if got, err := s.Due(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("after a restart: %v %v, want %v", got, err, want)
		}
	})
}

func TestClockOfADevelopmentTenantCanBeSet(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "clock")
		id := s.env.NewID()
		write(t, tenant, put(id))
		past := when.Of(time.Date(2021, 9, 3, 20, 45, 28, 0, time.UTC))
		version := func() authz.Version {
			snap, _, err := tenant.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return snap.Version()
		}
		reads := func(want when.Instant, frozen bool) {
			t.Helper()
			c, err := tenant.Clock(t.Context())
			if err != nil || c != (Clock{want, frozen}) {
				t.Errorf("the clock shows %v (%v), want %v, frozen %v", c, err, want, frozen)
			}
			if _, now, err := tenant.Snapshot(t.Context()); err != nil || now != want {
				t.Errorf("decisions are made at %v (%v), want %v", now, err, want)
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		first := version()
		must(tenant.SetClock(t.Context(), Clock{past, true}, record("clock")))
		reads(past, true)
		second := version()
		if second.Incarnation <= first.Incarnation {
			t.Errorf("set back, the version went from %v to %v", first, second)
		}
		d.ticks.Add(when.Hour)
		reads(past, true)
		must(tenant.Advance(t.Context(), time.Minute, record("clock")))
		reads(past+when.Minute, true)
		must(tenant.SetClock(t.Context(), Clock{past + when.Hour, false}, record("clock")))
		reads(past+when.Hour, false)
		d.ticks.Add(when.Hour)
		reads(past+2*when.Hour, false)
		must(tenant.Advance(t.Context(), time.Minute, record("clock")))
		reads(past+2*when.Hour+when.Minute, false)
		if third := version(); third.Incarnation != second.Incarnation {
			t.Errorf("set forward, the version went from %v to %v", second, third)
		}
		if !has(t, tenant, id) || see(t, tenant).log != 5 {
			t.Errorf("see %+v", see(t, tenant))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, d.set)
		tenant, err := s.Tenant(t.Context(), tenant.ID())
		must(err)
		reads(past+2*when.Hour+when.Minute, false)
	})
}

func TestClockOfAProductionTenantIsTheMachines(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	cfg := s.cfg
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Dev = false
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	tenant := create(t, s, "production")
	for name, err := range map[string]error{
		"set":     tenant.SetClock(t.Context(), Clock{Now: s.env.Now()}, record("clock")),
		"advance": tenant.Advance(t.Context(), time.Hour, record("clock")),
		"reset":   s.Reset(t.Context(), tenant.ID(), Seed{}),
	} {
		if status, _ := asFault(err); status != 400 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
