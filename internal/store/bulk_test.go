package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// arrivals is an import of one user in a group and a unit, of which both hold a grant.
func arrivals(s *Store) Import {
	ids := newIDs(s, 8)
	user, group := directory.Ref{ID: ids[0], Kind: directory.KindUser}, ids[1]
	grant := func(id, principal guid.ID, scope pim.Scope) pim.Schedule {
		return pim.Schedule{
			ID: id, Kind: pim.Assigned, Principal: principal, Target: pim.Target{Role: roledata.GlobalAdministrator, Scope: scope},
			Window: when.Window{Start: 5, End: when.Never}, Request: id, Created: 5, Modified: when.Never, Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never},
		}
	}
	return Import{
		Users:       []directory.User{person(user.ID, "Ada")},
		Groups:      []directory.Group{team(group, "ops", true), team(ids[2], "others", false)},
		Units:       []directory.Unit{{Object: named(ids[3], directory.KindUnit, "Malmö")}},
		Memberships: []directory.Membership{{ID: ids[4], Group: group, Member: user, Since: 5}, {ID: ids[5], Group: ids[2], Member: user, Since: 5}},
		UnitMembers: []UnitMember{{Unit: ids[3], Member: user}},
		Schedules:   []pim.Schedule{grant(ids[6], group, pim.Scope{}), grant(ids[7], user.ID, pim.Scope{Kind: pim.ScopeUnit, ID: ids[3]})},
	}
}

// oneByOne brings an import by the doors that look at each thing.
func oneByOne(tx *WriteTx, in Import) error {
	var errs []error
	for _, u := range in.Users {
		errs = append(errs, tx.InsertUser(u))
	}
	for _, g := range in.Groups {
		errs = append(errs, tx.InsertGroup(g))
	}
	for _, u := range in.Units {
		errs = append(errs, tx.InsertUnit(u))
	}
	for _, m := range in.Memberships {
		errs = append(errs, tx.InsertMembership(m))
	}
	for _, m := range in.UnitMembers {
		errs = append(errs, tx.InsertUnitMember(m.Unit, m.Member))
	}
	for _, s := range in.Schedules {
		errs = append(errs, tx.PutSchedule(s))
	}
	return errors.Join(errs...)
}

// brought is all that a tenant holds of an import, by every way that it is read.
type brought struct {
	Objects   []objectRow
	Users     []directory.User
	Groups    []directory.Group
	Units     []directory.Unit
	Places    []directory.Membership
	Schedules []pim.Schedule
	Totals    []int64
	Changes   []string
	Decisions []bool // from the snapshot as it was staged
	Addresses guid.ID
}

func holds(tx *ReadTx, in Import) (b brought, err error) {
	for _, id := range []guid.ID{in.Users[0].ID, in.Groups[0].ID, in.Groups[1].ID, in.Units[0].ID} {
		o, _, err := tx.object(id)
		if err != nil {
			return b, err
		}
		b.Objects = append(b.Objects, o)
	}
	var errs [7]error
	b.Users, errs[0] = tx.UsersOf([]guid.ID{in.Users[0].ID})
	b.Groups, errs[1] = tx.GroupsOf([]guid.ID{in.Groups[0].ID, in.Groups[1].ID})
	b.Units, errs[2] = tx.UnitsOf([]guid.ID{in.Units[0].ID})
	b.Places, errs[3] = tx.memberships("member_id = $1 ORDER BY id", in.Users[0].ID)
	b.Schedules, errs[4] = tx.schedules("s.id > $1 ORDER BY s.id", "")
	b.Addresses, errs[5] = tx.holder("proxyAddresses", in.Users[0].Profile.ProxyAddresses, guid.ID{})
	for _, name := range []string{"user", "group", "administrativeUnit", roleAssignableTotal} {
		n, err := tx.total(name)
		if err != nil {
			return b, err
		}
		b.Totals = append(b.Totals, n)
	}
	changes, err := readChanges(tx, tx.Version().Seq-1, 1000)
	errs[6] = err
	for _, c := range changes {
		b.Changes = append(b.Changes, c.entity+" "+c.id)
	}
	action, _ := roledata.ActionOf("microsoft.directory/users/invalidateAllRefreshTokens")
	for _, target := range []directory.Ref{{ID: in.Users[0].ID, Kind: directory.KindUser}, {ID: in.Groups[0].ID, Kind: directory.KindGroup}} {
		b.Decisions = append(b.Decisions, tx.Snap().Can(in.Users[0].ID, action, target, 9).Allowed)
	}
	return b, errors.Join(errs[:]...)
}

func TestImportLeavesWhatTheOtherDoorsLeave(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		in := arrivals(s)
		var found [2]brought
		for i, bring := range []func(*WriteTx) error{
			func(tx *WriteTx) error { return oneByOne(tx, in) },
			func(tx *WriteTx) error { return tx.InsertMany(in) },
		} {
			tenant := furnished(t, s, []string{"one by one", "at once"}[i])
			commit(t, tenant, bring)
			read(t, tenant, func(tx *ReadTx) (err error) {
				found[i], err = holds(tx, in)
				return err
			})
		}
		if d := cmp.Diff(found[0], found[1]); d != "" {
			t.Error(d)
		}
		if !found[1].Decisions[0] {
			t.Error("the imported grant gives nothing")
		}
	})
}

func TestImportOfWhatIsThereChangesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := furnished(t, s, "twice")
		in := arrivals(s)
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertMany(in) })
		before := see(t, tenant)
		for name, change := range map[string]func(*Import){
			"id":             func(*Import) {},
			"principal name": func(in *Import) { in.Users[0].ID = s.env.NewID(); in.Users[0].Profile.ProxyAddresses = nil },
			"address":        func(in *Import) { in.Users[0].ID = s.env.NewID(); in.Users[0].UPN = "other@contoso.com" },
			"itself":         func(in *Import) { in.Users[0] = person(s.env.NewID(), "Bo"); in.Users = append(in.Users, in.Users[0]) },
		} {
			again := Import{Users: []directory.User{in.Users[0]}}
			change(&again)
			if err := try(tenant, func(tx *WriteTx) error { return tx.InsertMany(again) }); err == nil {
				t.Errorf("%s: it was brought twice", name)
			}
		}
		if d := cmp.Diff(before, see(t, tenant), cmp.AllowUnexported(sight{})); d != "" {
			t.Error(d)
		}
	})
}
