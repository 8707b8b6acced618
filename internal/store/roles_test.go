package store

import (
	"errors"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/roledata"
)

// A tenant that an older program has left is brought to this one's roles when it is opened,
// once and on record; one that a newer program has touched is left alone.
func TestOpenedTenantFollowsTheCatalogue(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		id := furnished(t, s, "old").ID()
		reopen := func(left catalogue) (records int64, ga directory.RoleDefinition) {
			t.Helper()
			tenant, err := s.Tenant(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			commit(t, tenant, func(tx *WriteTx) error {
				tx.putSetting(catalogueSetting, left)
				tx.exec("UPDATE role_definition SET description = 'old', enabled = 0 WHERE id = $1", roledata.GlobalAdministrator)
				return nil
			})
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t)
			if tenant, err = s.Tenant(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			read(t, tenant, func(tx *ReadTx) error {
				_, err := tx.one("SELECT count(*) FROM audit WHERE activity_key = 'update role definition'", nil, &records)
				if err == nil {
					ga, _, err = tx.Role(roledata.GlobalAdministrator)
				}
				return err
			})
			see(t, tenant)
			return records, ga
		}
		if n, ga := reopen(catalogue{0, "old"}); n != 1 || ga.Description == "old" || ga.Enabled {
			t.Errorf("%d records; Global Administrator is %+v", n, ga)
		}
		if n, ga := reopen(ours()); n != 1 || ga.Description != "old" {
			t.Errorf("a tenant that was up to date: %d records, %q", n, ga.Description)
		}
		if n, ga := reopen(catalogue{catalogueNumber + 1, "new"}); n != 1 || ga.Description != "old" {
			t.Errorf("a newer program's tenant: %d records, %q", n, ga.Description)
		}
	})
}

func TestBuiltInRolesFollowTheCatalogue(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := furnished(t, s, "roles")
		commit(t, tenant, func(tx *WriteTx) error {
			ga, found, err := tx.Role(roledata.GlobalAdministrator)
			if !found || !ga.BuiltIn || !ga.Enabled || len(ga.Actions) == 0 || ga.Description == "" {
				t.Errorf("Global Administrator is %+v", ga)
			}
			ga.Enabled, ga.Actions, ga.DisplayName = false, nil, "mine"
			return errors.Join(err, tx.PutRole(ga))
		})
		commit(t, tenant, func(tx *WriteTx) error {
			wrote, err := tx.PutBuiltInRoles()
			if wrote {
				t.Error("roles were written again though nothing has changed")
			}
			ga, _, err2 := tx.Role(roledata.GlobalAdministrator)
			if ga.Enabled || ga.DisplayName != "Global Administrator" || len(ga.Actions) == 0 {
				t.Errorf("the tenant made of it %+v", ga)
			}
			tx.exec("UPDATE role_definition SET description = 'old' WHERE id = $1", roledata.DirectoryReaders)
			return errors.Join(err, err2)
		})
		commit(t, tenant, func(tx *WriteTx) error {
			wrote, err := tx.PutBuiltInRoles()
			if !wrote {
				t.Error("a role of an older catalogue was left")
			}
			n, err2 := Count(&tx.ReadTx, Roles, ListQuery{})
			if n != roledata.Count {
				t.Errorf("%d roles", n)
			}
			return errors.Join(err, err2)
		})
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.DeleteRole(roledata.DirectoryReaders) })); f.Status != 400 {
			t.Error(f)
		}
	})
}
