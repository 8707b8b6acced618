package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

func TestObjectsInUnitsAreListedFromBothEnds(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "units")
		ids := newIDs(s, 6)
		north, south, ada, bob, team0 := ids[0], ids[1], ids[2], ids[3], ids[4]
		user := func(id guid.ID) directory.Ref { return directory.Ref{ID: id, Kind: directory.KindUser} }
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(
				tx.InsertUnit(directory.Unit{Object: named(north, directory.KindUnit, "North")}), tx.InsertUnit(directory.Unit{Object: named(south, directory.KindUnit, "South")}),
				tx.InsertUser(person(ada, "Ada")), tx.InsertUser(person(bob, "Bob")), tx.InsertGroup(team(team0, "Team", false)),
				tx.InsertUnitMember(north, user(ada)), tx.InsertUnitMember(south, user(ada)), tx.InsertUnitMember(north, directory.Ref{ID: team0, Kind: directory.KindGroup}), tx.InsertUnitMember(south, user(bob)),
			)
		})
		of := func(tx *ReadTx, unit guid.ID) (users, groups int) {
			q := ListQuery{Limit: 9, Values: map[string]any{"unit": unit.String()}}
			u, err := List(tx, UnitUsers, q)
			g, err2 := List(tx, UnitGroups, q)
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
			}
			return len(u.Rows), len(g.Rows)
		}
		read(t, tenant, func(tx *ReadTx) error {
			if u, g := of(tx, north); u != 1 || g != 1 {
				t.Errorf("north has %d users and %d groups", u, g)
			}
			in, err := tx.UnitsWith(ada)
			if len(in) != 2 {
				t.Errorf("ada is in %v", in)
			}
			there, err2 := tx.InUnit(south, bob)
			none, err3 := tx.InUnit(north, bob)
			if !there || none {
				t.Errorf("bob is in south %v, in north %v", there, none)
			}
			return errors.Join(err, err2, err3)
		})
		commit(t, tenant, func(tx *WriteTx) error { return errors.Join(tx.DeleteUser(ada, 9), tx.DeleteUnit(south, 9)) })
		read(t, tenant, func(tx *ReadTx) error {
			if u, g := of(tx, north); u != 0 || g != 1 {
				t.Errorf("north has %d users and %d groups though ada is deleted", u, g)
			}
			in, err := tx.UnitsWith(ada)
			if len(in) != 1 || in[0].ID != north {
				t.Errorf("ada is in %v though south is deleted", in)
			}
			return err
		})
	})
}

func TestAnObjectIsInAtMostThirtyUnits(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	tenant := create(t, s, "units")
	ids := newIDs(s, 32)
	member := directory.Ref{ID: ids[31], Kind: directory.KindUser}
	commit(t, tenant, func(tx *WriteTx) error {
		errs := []error{tx.InsertUser(person(member.ID, "Ada"))}
		for _, id := range ids[:31] {
			errs = append(errs, tx.InsertUnit(directory.Unit{Object: named(id, directory.KindUnit, id.String())}))
		}
		for _, id := range ids[:30] {
			errs = append(errs, tx.InsertUnitMember(id, member))
		}
		return errors.Join(errs...)
	})
	if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.InsertUnitMember(ids[30], member) })); f.Code != "Directory_QuotaExceeded" {
		t.Error(f)
	}
	// A deleted unit comes back with its members, so it counts.
	commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUnit(ids[0], 9) })
	if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.InsertUnitMember(ids[30], member) })); f.Code != "Directory_QuotaExceeded" {
		t.Error(f)
	}
}

func TestManagersGoWithWhomTheyAre(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "managers")
		ids := newIDs(s, 3)
		ada, bob, cleo := ids[0], ids[1], ids[2]
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(
				tx.InsertUser(person(ada, "Ada")), tx.InsertUser(person(bob, "Bob")), tx.InsertUser(person(cleo, "Cleo")),
				tx.PutManager(ada, bob), tx.PutManager(bob, cleo), tx.PutManager(ada, cleo),
			)
		})
		managers := func() (of map[guid.ID]guid.ID, reports []directory.Ref) {
			t.Helper()
			read(t, tenant, func(tx *ReadTx) (err error) {
				if of, err = tx.ManagersOf([]guid.ID{ada, bob, cleo}); err != nil {
					return err
				}
				page, err := List(tx, Reports, ListQuery{Limit: 9, Rows: []Condition{Is(Reports.Column("manager"), cleo)}})
				reports = page.Rows
				one, found, err2 := tx.Manager(ada)
				if found != (of[ada] != guid.ID{}) || one != of[ada] {
					t.Errorf("one by one ada's manager is %s", one)
				}
				return errors.Join(err, err2)
			})
			return of, reports
		}
		if of, reports := managers(); of[ada] != cleo || of[bob] != cleo || len(of) != 2 || len(reports) != 2 {
			t.Errorf("managers %v, reports %v", of, reports)
		}
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteUser(cleo, 9) })
		if of, _ := managers(); len(of) != 0 {
			t.Errorf("a deleted manager manages %v", of)
		}
		commit(t, tenant, func(tx *WriteTx) error { _, err := tx.RestoreUser(cleo); return errors.Join(err, tx.DropManager(bob)) })
		if of, reports := managers(); len(of) != 1 || len(reports) != 1 {
			t.Errorf("restored: managers %v, reports %v", of, reports)
		}
		commit(t, tenant, func(tx *WriteTx) error { return errors.Join(tx.DeleteUser(cleo, 9), tx.PurgeUser(cleo)) })
		var rows int64
		read(t, tenant, func(tx *ReadTx) error { _, err := tx.one("SELECT count(*) FROM manager", nil, &rows); return err })
		if rows != 0 {
			t.Errorf("%d rows of somebody who is gone", rows)
		}
	})
}

func TestCustomRoleGoesRoundAndStaysWhileAssigned(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := furnished(t, s, "roles")
		ids := newIDs(s, 4)
		const read1, read2 = "microsoft.directory/users/standard/read", "microsoft.directory/groups/standard/read"
		custom := directory.RoleDefinition{
			Object: named(ids[0], directory.KindRole, "Reader"), Template: ids[1], Description: "Reads", Enabled: true, Version: "7",
			Actions: []string{read1, read2}, Permissions: [][]string{{read1}, {read2}}, Inherits: []guid.ID{roledata.DirectoryReaders},
		}
		at := pim.Schedule{ID: ids[3], Kind: pim.Assigned, Principal: ids[2], Target: pim.Target{Role: custom.ID}, Window: when.Window{Start: 1, End: when.Never}, Created: 1, Modified: when.Never}
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(tx.PutRole(custom), tx.InsertUser(person(ids[2], "Ada")), tx.PutSchedule(at))
		})
		read(t, tenant, func(tx *ReadTx) error {
			got, _, err := tx.Role(custom.ID)
			if d := cmp.Diff(custom, got); d != "" {
				t.Error(d)
			}
			all, err2 := tx.CustomRoles()
			if len(all) != 1 {
				t.Errorf("%d custom roles", len(all))
			}
			return errors.Join(err, err2)
		})
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.DeleteRole(custom.ID) })); f.Status != 400 {
			t.Error(f)
		}
		commit(t, tenant, func(tx *WriteTx) error { tx.DeleteSchedule(at); return tx.DeleteRole(custom.ID) })
		read(t, tenant, func(tx *ReadTx) error {
			_, found, err := tx.Role(custom.ID)
			if found {
				t.Error("the role is still there")
			}
			return err
		})
	})
}

// R:directoryrole: Global Administrator is always there; others once they are activated, by
// name or by being given to somebody, and for good.
func TestDirectoryRolesAreThoseThatAreActivated(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := furnished(t, s, "roles")
		ids := newIDs(s, 2)
		helpdesk := guid.Must("729827e3-9c14-49f7-bb1b-9608f156bbb8")
		active := func() (all []guid.ID) {
			t.Helper()
			read(t, tenant, func(tx *ReadTx) error {
				page, err := List(tx, DirectoryRoles, ListQuery{Limit: 200})
				for _, r := range page.Rows {
					all = append(all, r.ID)
				}
				return err
			})
			return all
		}
		if got := active(); len(got) != 1 || got[0] != roledata.GlobalAdministrator {
			t.Errorf("at first %v", got)
		}
		at := pim.Schedule{ID: ids[0], Kind: pim.Eligible, Principal: ids[1], Target: pim.Target{Role: helpdesk}, Window: when.Window{Start: 1, End: when.Never}, Created: 1, Modified: when.Never}
		commit(t, tenant, func(tx *WriteTx) error {
			tx.ActivateRole(roledata.DirectoryReaders)
			return errors.Join(tx.InsertUser(person(ids[1], "Ada")), tx.PutSchedule(at))
		})
		if got := active(); len(got) != 3 || !slices.Contains(got, helpdesk) || !slices.Contains(got, roledata.DirectoryReaders) {
			t.Errorf("then %v", got)
		}
		read(t, tenant, func(tx *ReadTx) error {
			_, found, err := tx.DirectoryRole(helpdesk)
			_, other, err2 := tx.DirectoryRole(roledata.PrivilegedRoleAdministrator)
			if !found || other {
				t.Errorf("found %v and %v", found, other)
			}
			return errors.Join(err, err2)
		})
		commit(t, tenant, func(tx *WriteTx) error { tx.DeleteSchedule(at); _, err := tx.PutBuiltInRoles(); return err })
		if got := active(); len(got) != 2 {
			t.Errorf("in the end %v", got)
		}
	})
}
