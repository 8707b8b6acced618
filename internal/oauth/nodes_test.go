package oauth

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/pgtest"
	"ephor/internal/store"
	"ephor/internal/when"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// Two nodes on one database: a token of one is good on the other, which has never signed,
// and what one takes away is refused by the other at the next request.
func TestNodesShareKeysAndRevocation(t *testing.T) {
	t.Parallel()
	database, dir := pgtest.Start(t), t.TempDir()
	log := slog.New(slog.DiscardHandler)
	e := env.Fixed(func() time.Time { return noon.Time() }, rand.Reader)
	node := func(name string) *Server {
		st, err := store.Open(t.Context(), store.Config{
			Dir: filepath.Join(dir, name), KeyFile: filepath.Join(dir, "master.key"), Database: database,
			Env: e, Dev: true, Log: log, ForeignClock: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
		s, err := New(set, st, e, log)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, two := node("one"), node("two")
	here, err := one.store.CreateFrom(t.Context(), store.Spec{ID: contoso, Name: "Contoso", Domains: []string{"contoso.com"}, Kind: store.Development}, seed)
	if err != nil {
		t.Fatal(err)
	}
	app, err := one.ClientToken(t.Context(), here, client)
	if err != nil {
		t.Fatal(err)
	}
	person, err := one.UserToken(t.Context(), here, SignIn{User: ada, Client: client, Methods: []string{"pwd", "mfa"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{app.Access, person.Access} {
		if _, _, err := two.Authenticate(t.Context(), raw, "contoso.com"); err != nil {
			t.Errorf("the other node: %v", err)
		}
	}
	there, err := two.byID(t.Context(), contoso)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := two.keysOf(t.Context(), there)
	if err != nil || len(keys.keys) != 1 || keys.currentFor(forAccess, noon+when.Second) == nil {
		t.Errorf("the other node has keys %+v, %v", keys, err)
	}
	nodesShareSignIns(t, one, two, here, there)
	err = here.Write(t.Context(), func(tx *store.WriteTx) error {
		tx.Record(operator("Revoke"))
		u, _, err := tx.User(ada)
		if err != nil {
			return err
		}
		u.Generation++
		return tx.UpdateUser(u)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = two.Authenticate(t.Context(), person.Access, "")
	if f, ok := fault.As(err); !ok || f.Status != 401 {
		t.Errorf("a revoked user's token on the other node: %v", err)
	}
	if _, _, err := two.Authenticate(t.Context(), app.Access, ""); err != nil {
		t.Errorf("the client's own token: %v", err)
	}
}

// nodesShareSignIns takes a sign-in from node to node: a session and a code of one are good
// on the other, once.
func nodesShareSignIns(t *testing.T, one, two *Server, here, there *store.Tenant) {
	t.Helper()
	w := &world{t: t, tenant: here, server: one}
	b := w.browser()
	b.signIn("pwd")
	w.server, w.tenant = two, there
	code := b.code(ask())
	w.server = one
	first := w.tokens(redemption(code))
	w.server = two
	w.accepted("the other node's token", first.Access)
	next := w.tokens(refreshing(first.Refresh))
	w.server = one
	w.denied("the code, on the first node again", redemption(code), 54005)
	w.server = two
	w.refused("what it gave, on the other", next.Access, "", sayOver)
	w.denied("its refresh token, on the other", refreshing(next.Refresh), 50173)
}
