package timekeeper

import (
	"crypto/rand"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/pgtest"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const noon = when.Instant(1_800_000_000 * when.Second)

var (
	contoso  = guid.Must("c0000000-0000-4000-8000-000000000001")
	ada      = guid.Must("c0000000-0000-4000-8000-00000000000a")
	admins   = guid.Must("c0000000-0000-4000-8000-00000000000b") // a group
	helpdesk = guid.Must("729827e3-9c14-49f7-bb1b-9608f156bbb8")
)

// A world is a store with a tenant, and a keeper on a clock that the test turns.
type world struct {
	*Keeper
	t        *testing.T
	dir, url string
	tenant   *store.Tenant
	clock    atomic.Int64
}

// eachEngine runs a test on SQLite and on PostgreSQL.
func eachEngine(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, pgtest.Start(t)))
	})
}

func newWorld(t *testing.T, database string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), url: database}
	w.clock.Store(int64(noon))
	w.open()
	w.tenant = w.create(contoso, "contoso.com")
	t.Cleanup(func() { _ = w.store.Close() }) // a second time where the test has closed it
	return w
}

// open opens the store as a process that starts does.
func (w *world) open() {
	w.t.Helper()
	e := env.Fixed(func() time.Time { return when.Instant(w.clock.Load()).Time() }, rand.Reader)
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(w.t.Context(), store.Config{Dir: w.dir, Database: w.url, Env: e, Dev: true, Log: log, ForeignClock: true})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Keeper = New(st, e, log)
}

// reopen is a restart of the process.
func (w *world) reopen() {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
	var err error
	if w.tenant, err = w.store.Tenant(w.t.Context(), contoso); err != nil {
		w.t.Fatal(err)
	}
}

func object(id guid.ID, kind directory.Kind, name string) directory.Object {
	return directory.Object{ID: id, Kind: kind, DisplayName: name, Created: noon, Deleted: when.Never}
}

func (w *world) create(id guid.ID, domain string) *store.Tenant {
	w.t.Helper()
	t, err := w.store.CreateFrom(w.t.Context(), store.Spec{ID: id, Name: domain, Domains: []string{domain}, Kind: store.Development}, store.Seed{Finish: func(tx *store.WriteTx) error {
		tx.Record(byTest())
		tx.PutGuestRole(roledata.GuestUser)
		if _, err := tx.PutBuiltInRoles(); err != nil {
			return err
		}
		g := directory.Group{Object: object(admins, directory.KindGroup, "Admins"), RoleAssignable: true, SecurityEnabled: true, MailNickname: "admins", Visibility: "Private"}
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		return tx.InsertUser(directory.User{Object: object(ada, directory.KindUser, "Ada"), UPN: "ada@" + domain, Enabled: true, Type: "Member"})
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func byTest() audit.Record {
	return audit.Record{Activity: "Test", Category: "Test", Result: audit.Success, Actor: audit.Actor{Operator: "test"}}
}

func (w *world) write(fn func(tx *store.WriteTx) error) {
	w.t.Helper()
	err := w.tenant.Write(w.t.Context(), func(tx *store.WriteTx) error {
		tx.Record(byTest())
		return fn(tx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// grant gives ada a target for a time.
func (w *world) grant(kind pim.Kind, target pim.Target, from, to when.Instant) pim.Schedule {
	w.t.Helper()
	id := w.env.NextID()
	s := pim.Schedule{
		ID: id, Kind: kind, Principal: ada, Target: target, Window: when.Window{Start: from, End: to},
		Expiration: pim.Expiration{Type: pim.AfterDateTime, End: to}, Request: id, Created: noon, Modified: when.Never,
	}
	w.write(func(tx *store.WriteTx) error { return tx.PutSchedule(s) })
	return s
}

// tick turns the clock to at and has one pass made.
func (w *world) tick(at when.Instant) when.Instant {
	w.t.Helper()
	w.clock.Store(int64(at))
	next, err := w.Tick(w.t.Context())
	if err != nil {
		w.t.Fatalf("at %s: %v", at, err)
	}
	return next
}

// log is the tenant's own records, in their order, without those of the test.
func (w *world) log() []audit.Record {
	w.t.Helper()
	var all []audit.Record
	err := w.tenant.Read(w.t.Context(), func(tx *store.ReadTx) error {
		var after *store.Position
		for {
			page, err := store.List(tx, store.AuditRecords, store.ListQuery{Limit: 1000, After: after})
			if err != nil {
				return err
			}
			for _, r := range page.Rows {
				if r.Actor.App.Name == "Ephor" && r.Operation != "rotateSigningKeys" {
					all = append(all, r)
				}
			}
			if after = page.Next; after == nil {
				return nil
			}
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(all) // they come the newest first
	return all
}

// held counts the schedules that are not recorded as over.
func (w *world) held() int {
	w.t.Helper()
	n := 0
	err := w.tenant.Read(w.t.Context(), func(tx *store.ReadTx) error {
		all, err := tx.Ending(when.Never, 1_000_000)
		n = len(all)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

var roleTarget = pim.Target{Role: helpdesk}
