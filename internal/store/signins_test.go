package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/signin"
	"ephor/internal/when"
)

func TestSignInsAreFoundByWhatTheySay(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant, ids := create(t, s, "sign-ins"), newIDs(s, 5)
		add := func(e signin.Event) {
			t.Helper()
			// No audit record: the log of its own is enough.
			if err := tenant.Write(t.Context(), func(tx *WriteTx) error { tx.SignIn(e); return nil }); err != nil {
				t.Fatal(err)
			}
			d.ticks.Add(when.Minute)
		}
		first := signin.Event{
			ID: ids[0], User: ids[3], UPN: "Ada@Contoso.com", UserName: "Ada", App: ids[4], AppName: "Graph Explorer", Address: "192.0.2.1",
			UserAgent: "test", Interactive: true, ClientUsed: signin.ClientBrowser, Code: 50126, Reason: "wrong", Correlation: ids[4], Methods: []string{"pwd"},
		}
		add(first)
		add(signin.Event{ID: ids[1], User: ids[3], UPN: "ada@contoso.com", AppName: "Console", Address: "2001:DB8::1"})
		add(signin.Event{ID: ids[2], UPN: "grace@contoso.com", App: ids[4], AppName: "graph explorer"})
		for filter, want := range map[string][]int{
			"at ge 2026-03-01T12:01:00Z":                      {2, 1},
			"at le 2026-03-01T12:00:00Z":                      {0},
			"user eq '" + ids[3].String() + "'":               {1, 0},
			"upn eq 'ADA@contoso.com'":                        {1, 0},
			"app eq '" + ids[4].String() + "'":                {2, 0},
			"startswith(app_name,'GRAPH')":                    {2, 0},
			"address eq '2001:db8::1'":                        {1},
			"code eq 50126":                                   {0},
			"code ne 0 and user eq '" + ids[0].String() + "'": {},
			"correlation eq '" + ids[4].String() + "'":        {0},
			"id eq '" + ids[1].String() + "'":                 {1},
		} {
			f, err := odata.ParseFilter(filter, odata.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var got []guid.ID
			read(t, tenant, func(tx *ReadTx) error {
				page, err := List(tx, SignIns, ListQuery{Filter: f, Columns: SignIns.Columns, Limit: 10})
				for _, e := range page.Rows {
					got = append(got, e.ID)
				}
				return err
			})
			var expect []guid.ID
			for _, i := range want {
				expect = append(expect, ids[i])
			}
			if diff := cmp.Diff(expect, got); diff != "" {
				t.Errorf("%s: %s", filter, diff)
			}
		}
		first.At = when.Of(noon)
		read(t, tenant, func(tx *ReadTx) error {
			got, found, err := tx.SignInEvent(ids[0])
			if diff := cmp.Diff(first, got); diff != "" || !found {
				t.Errorf("found %v: %s", found, diff)
			}
			return err
		})
	})
}

func TestASignInIsNoLicenceToChangeTheTenantWithoutARecord(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "licence")
		err := tenant.Write(t.Context(), func(tx *WriteTx) error {
			tx.SignIn(signin.Event{})
			return tx.InsertUser(person(s.env.NewID(), "Ada"))
		})
		if !errors.Is(err, errNoRecord) {
			t.Errorf("a user was made beside a sign-in and without a record: %v", err)
		}
	})
}

func TestARefusedSignInIsInTheLogAndDoesNothingElse(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant, id := create(t, s, "refusal"), s.env.NewID()
		err := tenant.Write(t.Context(), func(tx *WriteTx) error {
			tx.Effect(func(tx *WriteTx) error { tx.SignIn(signin.Event{ID: id, Code: 50126}); return nil })
			if err := tx.PutSession(signin.Session{ID: id}); err != nil {
				return err
			}
			return fault.BadRequest("", "no")
		})
		if _, ok := fault.As(err); !ok {
			t.Fatal(err)
		}
		read(t, tenant, func(tx *ReadTx) error {
			_, logged, err := tx.SignInEvent(id)
			if _, began, err := tx.Session(id); began || err != nil {
				t.Error("the refused session began", err)
			}
			if !logged {
				t.Error("the refusal is not in the log")
			}
			return err
		})
	})
}

func TestOldSignInsAreForgotten(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant, ids := create(t, s, "old"), newIDs(s, 2)
		add := func(id guid.ID) {
			if err := tenant.Write(t.Context(), func(tx *WriteTx) error { tx.SignIn(signin.Event{ID: id}); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		kept := func(id guid.ID) (found bool) {
			read(t, tenant, func(tx *ReadTx) (err error) { _, found, err = tx.SignInEvent(id); return err })
			return found
		}
		add(ids[0])
		d.ticks.Add(30 * when.Day)
		add(ids[1])
		if !kept(ids[0]) {
			t.Error("a sign-in of exactly 30 days ago is gone")
		}
		d.ticks.Add(1)
		add(s.env.NewID())
		if kept(ids[0]) || !kept(ids[1]) {
			t.Error("the wrong sign-ins were forgotten")
		}
	})
}
