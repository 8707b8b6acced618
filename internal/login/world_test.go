package login

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/pgtest"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// cheap is a cost at which tests run quickly.
var cheap = signin.Cost{Memory: 8 * 1024, Time: 1, Threads: 1}

const (
	ada      = "ada@contoso.com"
	password = "a-long-Sentence-of-hers-7"
	home     = "192.0.2.1"
)

var adaID = guid.Must("a0000000-0000-4000-8000-000000000001")

// A world is one tenant with one person, Ada, on a machine whose clock is turned by hand.
type world struct {
	t      *testing.T
	ticks  atomic.Int64
	env    *env.Env
	tenant *store.Tenant
	*Server
}

// each runs test on both engines.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, newWorld(t, "")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, newWorld(t, pgtest.Start(t))) })
}

func newWorld(t *testing.T, database string) *world {
	t.Helper()
	w := &world{t: t}
	w.ticks.Store(int64(when.Of(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))))
	w.env = env.Fixed(func() time.Time { return when.Instant(w.ticks.Load()).Time() }, rand.Reader)
	st, err := store.Open(t.Context(), store.Config{
		Dir: t.TempDir(), Database: database, Env: w.env, Dev: true, Log: slog.New(slog.DiscardHandler), Budget: time.Minute, ForeignClock: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if w.tenant, err = st.Create(t.Context(), store.Spec{ID: w.env.NewID(), Name: "contoso", Domains: []string{"contoso.com"}, Kind: store.Development}); err != nil {
		t.Fatal(err)
	}
	h, err := NewHasher(w.env, cheap)
	if err != nil {
		t.Fatal(err)
	}
	if w.Server, err = New(w.env, h, "https://localhost:8443"); err != nil {
		t.Fatal(err)
	}
	w.write(func(tx *store.WriteTx) error {
		tx.PutOrganization(directory.Organization{Object: directory.Object{ID: w.tenant.ID(), Kind: directory.KindTenant, DisplayName: "Contoso", Deleted: when.Never}, Domains: []string{"contoso.com"}})
		return tx.InsertUser(w.person(adaID, "Ada", ada))
	})
	return w
}

func (w *world) person(id guid.ID, name, upn string) directory.User {
	hash, err := w.hasher.Hash(context.Background(), password)
	if err != nil {
		w.t.Fatal(err)
	}
	return directory.User{
		Object: directory.Object{ID: id, Kind: directory.KindUser, DisplayName: name, Deleted: when.Never},
		UPN:    upn, MailNickname: name, Enabled: true, Type: "Member", Password: directory.Password{Hash: hash},
	}
}

func (w *world) write(fn func(tx *store.WriteTx) error) {
	w.t.Helper()
	err := w.tenant.Write(context.Background(), func(tx *store.WriteTx) error {
		tx.Record(audit.Record{Activity: "Test", Category: "Test", Result: audit.Success, Actor: audit.Actor{Operator: "test"}})
		return fn(tx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(fn func(tx *store.ReadTx) error) {
	w.t.Helper()
	if err := w.tenant.Read(context.Background(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// change changes Ada's account.
func (w *world) change(change func(u *directory.User)) {
	w.t.Helper()
	w.write(func(tx *store.WriteTx) error {
		u, _, err := tx.User(adaID)
		if err != nil {
			return err
		}
		change(&u)
		return tx.UpdateUser(u)
	})
}

func (w *world) account() (a signin.Account) {
	w.t.Helper()
	w.read(func(tx *store.ReadTx) error {
		u, _, err := tx.User(adaID)
		if err == nil {
			a, err = tx.Account(&u)
		}
		return err
	})
	return a
}

func (w *world) turn(d time.Duration) { w.ticks.Add(d.Nanoseconds() / 100) }
func (w *world) now() when.Instant    { return w.env.Now() }

func from(address string) Try { return Try{Address: address, UserAgent: "test"} }

// kept is a Keep that shows what was proved.
func kept(p *Proof) Keep {
	return func(_ *store.WriteTx, got Proof) error { *p = got; return nil }
}

func forget(*store.WriteTx, Proof) error { return nil }

// signIn is Password that gives the number of its refusal, 0 for none.
func (w *world) signIn(address, name, password string) int {
	w.t.Helper()
	return w.code(w.Password(context.Background(), w.tenant, from(address), name, password, forget))
}

func (w *world) code(err error) int {
	w.t.Helper()
	if err == nil {
		return 0
	}
	var r *Refusal
	if !errors.As(err, &r) {
		w.t.Fatalf("failed: %v", err)
	}
	return r.Code
}

// app gives Ada an authenticator app and answers its seed.
func (w *world) app() []byte {
	seed := []byte("a seed of 20 bytes!!")
	w.write(func(tx *store.WriteTx) error {
		tx.AddMethod(signin.Method{ID: w.env.NewID(), User: adaID, Kind: signin.AppMethod, Name: "Phone", Seed: seed})
		return nil
	})
	return seed
}

// logged are the numbers in the sign-in log, the newest first.
func (w *world) logged() (codes []int) {
	w.read(func(tx *store.ReadTx) error {
		page, err := store.List(tx, store.SignIns, store.ListQuery{Columns: store.SignIns.Columns, Limit: 100})
		for _, e := range page.Rows {
			codes = append(codes, e.Code)
		}
		return err
	})
	return codes
}

// recorded are the activities in the audit log, the newest first, but for the test's own.
func (w *world) recorded() (names []string) {
	w.read(func(tx *store.ReadTx) error {
		page, err := store.List(tx, store.AuditRecords, store.ListQuery{Columns: store.AuditRecords.Columns, Limit: 100})
		for _, r := range page.Rows {
			if r.Activity != "Test" {
				names = append(names, r.Activity)
			}
		}
		return err
	})
	return names
}
