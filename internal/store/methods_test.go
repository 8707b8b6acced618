package store

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

func methodsOf(t *testing.T, tenant *Tenant, user guid.ID) (all []signin.Method) {
	t.Helper()
	read(t, tenant, func(tx *ReadTx) (err error) { all, err = tx.Methods(user); return err })
	return all
}

func accountOf(t *testing.T, tenant *Tenant, user guid.ID) (a signin.Account) {
	t.Helper()
	read(t, tenant, func(tx *ReadTx) error {
		u, _, err := tx.User(user)
		if err == nil {
			a, err = tx.Account(&u)
		}
		return err
	})
	return a
}

func TestMethodsGoRoundAndLeaveTheirMark(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, ids := create(t, s, "methods"), newIDs(s, 3)
		user := ids[0]
		commit(t, tenant, func(tx *WriteTx) error { tx.PutMFA(user, signin.Enabled); return tx.InsertUser(person(user, "Ada")) })
		if d := cmp.Diff(signin.Account{MustChange: true, MFA: signin.Enabled}, accountOf(t, tenant, user)); d != "" {
			t.Error(d)
		}
		app := signin.Method{ID: ids[1], User: user, Kind: signin.AppMethod, Name: "Phone", Created: 5, Seed: []byte("seed of twenty bytes")}
		key := signin.Method{ID: ids[2], User: user, Kind: signin.PasskeyMethod, Name: "Key", Created: 6, Passkey: signin.Passkey{ID: "abc", Credential: []byte(`{"x":1}`), AAGUID: ids[0]}}
		commit(t, tenant, func(tx *WriteTx) error {
			tx.AddMethod(app)
			tx.AddMethod(key)
			tx.PutRecoveryCodes(user, []string{"h1", "h2"})
			return nil
		})
		if d := cmp.Diff([]signin.Method{app, key}, methodsOf(t, tenant, user)); d != "" {
			t.Error(d)
		}
		want := signin.Account{MustChange: true, MFA: signin.Enforced, Factors: 2, Codes: 2, Had: true}
		if d := cmp.Diff(want, accountOf(t, tenant, user)); d != "" {
			t.Error(d)
		}
		app.Step = 7
		commit(t, tenant, func(tx *WriteTx) error { tx.UsedMethod(app); return nil })
		read(t, tenant, func(tx *ReadTx) error {
			got, found, err := tx.MethodByCredential("abc")
			if d := cmp.Diff(key, got); d != "" || !found {
				t.Errorf("found %v: %s", found, d)
			}
			_, none, _ := tx.MethodByCredential("")
			if none {
				t.Error("an app was found as a passkey without an id")
			}
			return err
		})
		commit(t, tenant, func(tx *WriteTx) error { tx.DropMethod(key); return nil })
		if d := cmp.Diff([]signin.Method{app}, methodsOf(t, tenant, user)); d != "" {
			t.Error(d)
		}
		commit(t, tenant, func(tx *WriteTx) error { tx.DropMethod(app); return nil })
		if d := cmp.Diff(signin.Account{MustChange: true, MFA: signin.Enforced, Had: true}, accountOf(t, tenant, user)); d != "" {
			t.Errorf("after the last factor has gone: %s", d)
		}
	})
}

func TestSeedsAreSealedInTheDatabase(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, ids := create(t, s, "sealed"), newIDs(s, 2)
		seed := []byte("seed of twenty bytes")
		commit(t, tenant, func(tx *WriteTx) error {
			tx.AddMethod(signin.Method{ID: ids[0], User: ids[1], Kind: signin.AppMethod, Seed: seed})
			return nil
		})
		read(t, tenant, func(tx *ReadTx) error {
			var sealed []byte
			_, err := tx.one("SELECT sealed FROM sign_in_method WHERE id = $1", []any{ids[0]}, &sealed)
			if len(sealed) == 0 || bytes.Contains(sealed, seed) || bytes.Contains(sealed, []byte(signin.SeedText(seed))) {
				t.Error("the seed stands in the database as it is")
			}
			return err
		})
		// Moved to another row, what was sealed opens no more.
		commit(t, tenant, func(tx *WriteTx) error { tx.exec("UPDATE sign_in_method SET id = $1", ids[1]); return nil })
		err := tenant.Read(t.Context(), func(tx *ReadTx) error { _, err := tx.Methods(ids[1]); return err })
		if err == nil {
			t.Error("a seed was read in another row than it was sealed for")
		}
	})
}

func TestRecoveryCodeIsSpentOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, user := create(t, s, "codes"), s.env.NewID()
		commit(t, tenant, func(tx *WriteTx) error { tx.PutRecoveryCodes(user, []string{"h1", "h2"}); return nil })
		spend := func(hash string) (ok bool) {
			commit(t, tenant, func(tx *WriteTx) (err error) { ok, err = tx.SpendRecoveryCode(user, hash); return err })
			return ok
		}
		if !spend("h1") || spend("h1") || spend("none") || !spend("h2") {
			t.Error("codes are not spent once each")
		}
	})
}

func TestPassesGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, ids := create(t, s, "passes"), newIDs(s, 3)
		p := signin.TemporaryPass{ID: ids[1], User: ids[0], Hash: "h", Created: 1, Start: 2, Minutes: 60, Once: true, Opens: 3, Ends: 4}
		check := func(want ...signin.TemporaryPass) {
			t.Helper()
			read(t, tenant, func(tx *ReadTx) error {
				got, err := tx.Passes(ids[0])
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
				return err
			})
		}
		check()
		commit(t, tenant, func(tx *WriteTx) error { tx.PutPass(p); return nil })
		check(p)
		commit(t, tenant, func(tx *WriteTx) error { tx.UsedPass(p.ID); return nil })
		p.Used = true
		check(p)
		p.ID, p.Used = ids[2], false
		commit(t, tenant, func(tx *WriteTx) error { tx.PutPass(p); return nil })
		check(p)
		commit(t, tenant, func(tx *WriteTx) error { tx.DropPass(p.ID); return nil })
		check()
	})
}

func TestTalliesAndFamiliarAddressesGoRoundAndEnd(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant, ids, now := create(t, s, "tallies"), newIDs(s, 2), when.Of(noon)
		put := func(key string, n int64) {
			commit(t, tenant, func(tx *WriteTx) error {
				tx.PutTally(key, signin.Tally{Failures: n, Last: tx.Machine()}, now+100)
				return nil
			})
		}
		get := func(key string) (got signin.Tally) {
			read(t, tenant, func(tx *ReadTx) (err error) { got, err = tx.Tally(key); return err })
			return got
		}
		put("a", 1)
		put("a", 2)
		put("b", 1)
		if got := get("a"); got != (signin.Tally{Failures: 2, Last: now}) {
			t.Errorf("tally %+v", got)
		}
		commit(t, tenant, func(tx *WriteTx) error { tx.DropTally("b"); return nil })
		if get("b") != (signin.Tally{}) {
			t.Error("a tally that was dropped is there")
		}
		commit(t, tenant, func(tx *WriteTx) error { tx.PutFamiliar(ids[0], "192.0.2.1", 0); return nil })
		known := func(user guid.ID, address string, after when.Instant) (known bool) {
			read(t, tenant, func(tx *ReadTx) (err error) { known, err = tx.Familiar(user, address, after); return err })
			return known
		}
		if !known(ids[0], "192.0.2.1", now-1) || known(ids[0], "192.0.2.1", now) || known(ids[1], "192.0.2.1", 0) || known(ids[0], "192.0.2.2", 0) {
			t.Error("addresses are not known to whom they should be")
		}
		d.ticks.Add(101)
		put("c", 1)
		commit(t, tenant, func(tx *WriteTx) error { tx.PutFamiliar(ids[1], "192.0.2.1", now); return nil })
		if get("a") != (signin.Tally{}) || known(ids[0], "192.0.2.1", 0) {
			t.Error("what is over was kept")
		}
	})
}

func TestPurgedUserLeavesNoFactorBehind(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, ids := create(t, s, "purged"), newIDs(s, 2)
		commit(t, tenant, func(tx *WriteTx) error {
			tx.AddMethod(signin.Method{ID: ids[1], User: ids[0], Kind: signin.AppMethod, Seed: []byte("x")})
			return tx.InsertUser(person(ids[0], "Ada"))
		})
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUser(ids[0], tx.Now()) })
		if len(methodsOf(t, tenant, ids[0])) != 1 {
			t.Error("a user who may be restored has lost a factor")
		}
		commit(t, tenant, func(tx *WriteTx) error { return tx.PurgeUser(ids[0]) })
		if len(methodsOf(t, tenant, ids[0])) != 0 {
			t.Error("a purged user's factor is still there")
		}
	})
}
