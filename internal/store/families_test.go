package store

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// furnished makes a tenant with the built-in roles.
func furnished(t *testing.T, s *Store, name string) *Tenant {
	t.Helper()
	tenant := create(t, s, name)
	commit(t, tenant, func(tx *WriteTx) error {
		_, err := tx.PutBuiltInRoles()
		return err
	})
	return tenant
}

// A failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// commit runs a write that leaves a record, and fails the test if it is refused.
func commit(t failer, tenant *Tenant, fn func(*WriteTx) error) {
	t.Helper()
	if err := try(tenant, fn); err != nil {
		t.Fatal(err)
	}
}

// try is commit that gives the refusal back.
func try(tenant *Tenant, fn func(*WriteTx) error) error {
	return tenant.Write(context.Background(), func(tx *WriteTx) error {
		tx.Record(record("test"))
		return fn(tx)
	})
}

// read runs a reading transaction.
func read(t failer, tenant *Tenant, fn func(*ReadTx) error) {
	t.Helper()
	if err := tenant.Read(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// The first two ids of a row.
var (
	firstID  = guid.Must("00000000-0000-4000-8000-000000000001")
	secondID = guid.Must("00000000-0000-4000-8000-000000000002")
)

func named(id guid.ID, kind directory.Kind, name string) directory.Object {
	return directory.Object{ID: id, Kind: kind, DisplayName: name, Created: 7, Deleted: when.Never}
}

func person(id guid.ID, name string) directory.User {
	return directory.User{
		Object: named(id, directory.KindUser, name), UPN: name + "@Contoso.com", MailNickname: name, Enabled: true, Type: "Member",
		Profile: directory.Profile{
			GivenName: name, Surname: "Ödegård", Mail: name + "@mail.example", OtherMails: []string{"A@b.c", "a@B.c"},
			ProxyAddresses: []string{"SMTP:" + name + "@Contoso.com"}, BusinessPhones: []string{"+1 555"}, City: "Malmö", ImmutableID: "x",
		},
		Password: directory.Password{Hash: "$argon2id$…", ForceChange: true, Changed: 9}, SessionsFrom: 8, Generation: 2,
	}
}

func team(id guid.ID, name string, assignable bool) directory.Group {
	return directory.Group{
		Object: named(id, directory.KindGroup, name), Description: "A team", MailNickname: name, SecurityEnabled: true,
		RoleAssignable: assignable, Visibility: "Private", Renewed: 7,
	}
}

// refusal is the fault in err.
func refusal(t *testing.T, err error) *fault.Fault {
	t.Helper()
	f, ok := fault.As(err)
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	return f
}

func TestUnitsGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "units")
		ids := newIDs(s, 2)
		u := directory.Unit{Object: named(ids[0], directory.KindUnit, "Malmö"), Description: "There", Visibility: "Public", Restricted: true}
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(tx.InsertUnit(u), tx.InsertUser(person(ids[1], "Ada")), tx.InsertUnitMember(u.ID, directory.Ref{ID: ids[1], Kind: directory.KindUser}))
		})
		read(t, tenant, func(tx *ReadTx) error {
			got, _, err := tx.Unit(u.ID)
			if d := cmp.Diff(u, got); d != "" {
				t.Error(d)
			}
			page, err2 := List(tx, UnitMembers, ListQuery{Limit: 5, Rows: []Condition{Is(UnitMembers.Column("unit"), u.ID)}})
			if len(page.Rows) != 1 || page.Rows[0].ID != ids[1] {
				t.Errorf("members %v", page.Rows)
			}
			return errors.Join(err, err2)
		})
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUnit(u.ID, 9) })
		commit(t, tenant, func(tx *WriteTx) error { _, err := tx.RestoreUnit(u.ID); return err })
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUnitMember(u.ID, ids[1]) })
	})
}

func TestKeysAndSettingsGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "keys")
		ids := newIDs(s, 2)
		key := SigningKey{ID: ids[0], Algorithm: "ES256", Public: "{}", Private: []byte("private half"), Created: 1, Start: 2, End: when.Never}
		org := directory.Organization{Object: named(ids[1], directory.KindTenant, "Contoso"), Domains: []string{"contoso.com"}}
		commit(t, tenant, func(tx *WriteTx) error {
			tx.InsertSigningKey(key)
			tx.PutOrganization(org)
			tx.PutGuestRole(roledata.RestrictedGuestUser)
			return nil
		})
		read(t, tenant, func(tx *ReadTx) error {
			keys, err := tx.SigningKeys()
			if d := cmp.Diff([]SigningKey{key}, keys); d != "" {
				t.Error(d)
			}
			var stored []byte
			_, err2 := tx.one("SELECT private_key FROM signing_key", nil, &stored)
			if strings.Contains(string(stored), "private") {
				t.Error("a private key is stored in the clear")
			}
			got, err3 := tx.Organization()
			if d := cmp.Diff(org, got); d != "" {
				t.Error(d)
			}
			if tx.Snap().Settings().GuestRole != roledata.RestrictedGuestUser {
				t.Error("the snapshot has another guest role")
			}
			return errors.Join(err, err2, err3)
		})
		commit(t, tenant, func(tx *WriteTx) error { tx.RetireSigningKey(key.ID, 50); return nil })
		commit(t, tenant, func(tx *WriteTx) error { tx.DropSigningKey(key.ID); return nil })
	})
}
