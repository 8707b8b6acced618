package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/authz"
	"ephor/internal/directory"
)

func TestUserGoesRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "users")
		ada := person(s.env.NewID(), "Ada")
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertUser(ada) })
		ada.Profile.Department, ada.Enabled, ada.Generation = "Difference Engines", false, 3
		ada.Profile.OtherMails = nil
		commit(t, tenant, func(tx *WriteTx) error { return tx.UpdateUser(ada) })
		read(t, tenant, func(tx *ReadTx) error {
			for _, find := range []func() (directory.User, bool, error){
				func() (directory.User, bool, error) { return tx.User(ada.ID) },
				func() (directory.User, bool, error) { return tx.UserByUPN("aDA@contoso.COM") },
			} {
				got, found, err := find()
				if err != nil || !found {
					t.Fatal(found, err)
				}
				if d := cmp.Diff(ada, got); d != "" {
					t.Error(d)
				}
			}
			f, known := tx.Snap().Object(ada.ID)
			if want := (authz.Facts{Kind: directory.KindUser, Flags: authz.Disabled, Generation: 3}); !known || f != want {
				t.Errorf("the snapshot says %+v", f)
			}
			n, err := Count(tx, Users, ListQuery{})
			if n != 1 {
				t.Errorf("%d users", n)
			}
			return err
		})
	})
}

func TestNamesAreOnePersons(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "names")
		ids := newIDs(s, 4)
		ada := person(ids[0], "Ada")
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertUser(ada) })
		sameUPN, sameAddress, sameID := person(ids[1], "ADA"), person(ids[1], "Bob"), person(ids[0], "Bob")
		sameUPN.Profile.ProxyAddresses = nil
		sameAddress.Profile.ProxyAddresses = []string{"smtp:ada@contoso.com"}
		for _, row := range []struct {
			user   directory.User
			target string
		}{{sameUPN, "userPrincipalName"}, {sameAddress, "proxyAddresses"}, {sameID, "id"}} {
			f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.InsertUser(row.user) }))
			want := "Another object with the same value for property " + row.target + " already exists."
			if f.Status != 400 || f.Code != "Request_BadRequest" || f.Message != want || f.Details[0].Code != "ObjectConflict" || f.Details[0].Target != row.target {
				t.Errorf("%s: %+v", row.target, f)
			}
		}
		shared := person(ids[1], "Bob")
		shared.MailNickname = "Ada" // two people may, in two domains
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertUser(shared) })
		shared.UPN = "ada@CONTOSO.com"
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.UpdateUser(shared) })); f.Status != 400 {
			t.Errorf("a taken name was given by an update: %v", f)
		}
		mailed := team(ids[2], "Crew", false)
		mailed.MailEnabled, mailed.Types = true, []string{"Unified"}
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertGroup(mailed) })
		mailed.ID, mailed.MailNickname = ids[3], "CREW"
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.InsertGroup(mailed) })); f.Details[0].Target != "mailNickname" {
			t.Errorf("two groups receive mail under one nickname: %+v", f)
		}
		mailed.MailEnabled = false
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertGroup(mailed) })
	})
}

func TestDeletedUserFreesTheNameAndComesBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "deleted")
		ids := newIDs(s, 2)
		ada := person(ids[0], "Ada")
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertUser(ada) })
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUser(ada.ID, 100) })
		read(t, tenant, func(tx *ReadTx) error {
			if _, found, err := tx.User(ada.ID); found || err != nil {
				t.Error("a deleted user is still there", err)
			}
			gone, found, err := tx.DeletedUser(ada.ID)
			if want := strings.ReplaceAll(ada.ID.String(), "-", "") + ada.UPN; !found || gone.UPN != want || gone.Deleted != 100 {
				t.Errorf("deleted as %q at %v", gone.UPN, gone.Deleted)
			}
			if f, _ := tx.Snap().Object(ada.ID); !f.Flags.Has(authz.Deleted) {
				t.Error("the snapshot has a deleted user alive")
			}
			return err
		})
		var back directory.User
		commit(t, tenant, func(tx *WriteTx) (err error) { back, err = tx.RestoreUser(ada.ID); return err })
		if d := cmp.Diff(ada, back); d != "" {
			t.Errorf("restored with its name free: %s", d)
		}
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUser(ada.ID, 200) })
		heir := person(ids[1], "Ada")
		heir.Profile.ProxyAddresses = nil
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertUser(heir) })
		commit(t, tenant, func(tx *WriteTx) (err error) { back, err = tx.RestoreUser(ada.ID); return err })
		if back.UPN == ada.UPN || !back.Live() {
			t.Errorf("restored as %q while another has the name", back.UPN)
		}
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.PurgeUser(ada.ID) })); f.Status != 404 {
			t.Error("a live user was purged")
		}
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUser(ada.ID, 300) })
		commit(t, tenant, func(tx *WriteTx) error { return tx.PurgeUser(ada.ID) })
		if has(t, tenant, ada.ID) {
			t.Error("a purged user is still known")
		}
	})
}
