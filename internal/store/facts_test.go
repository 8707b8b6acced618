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

// A desk is a tenant with a role-assignable group that has one member, as in the tutorial.
type desk struct {
	tenant        *Tenant
	store         *Store
	clock         *dial
	role          guid.ID
	admin, member guid.ID
	group         guid.ID
}

func newDesk(t *testing.T, open opener) *desk {
	t.Helper()
	d := &desk{clock: dialAt(noon)}
	d.store = open(t, d.clock.set)
	d.tenant = furnished(t, d.store, "desk")
	ids := newIDs(d.store, 4)
	d.admin, d.member, d.group, d.role = ids[0], ids[1], ids[2], roledata.DirectoryReaders
	commit(t, d.tenant, func(tx *WriteTx) error {
		return errors.Join(
			tx.InsertUser(person(d.admin, "Admin")), tx.InsertUser(person(d.member, "Member")), tx.InsertGroup(team(d.group, "Desk", true)),
			tx.InsertMembership(directory.Membership{ID: ids[3], Group: d.group, Member: directory.Ref{ID: d.member, Kind: directory.KindUser}}),
		)
	})
	return d
}

// ask decides and applies a request for the role, and is what became of it.
func (d *desk) ask(action pim.Action, side pim.Side, principal guid.ID, asked *pim.Asked) (v pim.Verdict, err error) {
	why := "because"
	r := pim.Request{
		ID: d.store.env.NextID(), Side: side, Action: action, Spelling: action.String(), Principal: principal, Target: pim.Target{Role: d.role},
		Justification: &why, Schedule: asked, By: pim.Actor{User: d.admin}, Proof: pim.Proof{Methods: []string{"pwd", "mfa"}, MFA: true},
	}
	if action.Self() {
		r.By.User = principal
	}
	err = try(d.tenant, func(tx *WriteTx) error {
		facts, err := tx.PIMFacts(r)
		if err != nil {
			return err
		}
		if v, err = pim.Decide(r, facts, tx.Now()); err != nil {
			return err
		}
		return tx.Apply(v)
	})
	return v, err
}

// active lists who has the role now.
func (d *desk) active(t *testing.T) []guid.ID {
	t.Helper()
	var who []guid.ID
	read(t, d.tenant, func(tx *ReadTx) error {
		page, err := List(tx, RoleAssignmentsNow, ListQuery{Limit: 10})
		for _, s := range page.Rows {
			who = append(who, s.Principal)
		}
		return err
	})
	return who
}

func lasting(hours string) *pim.Asked {
	return &pim.Asked{Start: when.Never, Expiration: pim.Expiration{Type: pim.AfterDuration, End: when.Never, Duration: hours}}
}

func TestMemberActivatesWhatTheGroupIsEligibleFor(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		if _, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H")); refusal(t, err).Code != "RoleAssignmentRequestPolicyValidationFailed" {
			t.Fatal(err)
		}
		if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D")); err != nil {
			t.Fatal(err)
		}
		v, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H"))
		if err != nil || v.Request.Status != pim.Provisioned || v.Request.Via.Membership.IsZero() {
			t.Fatal(v.Request, err)
		}
		if got := d.active(t); len(got) != 1 || got[0] != d.member {
			t.Errorf("active: %v", got)
		}
		if _, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT1H")); refusal(t, err).Code != "RoleAssignmentExists" {
			t.Error(err)
		}
		read(t, d.tenant, func(tx *ReadTx) error {
			got, found, err := tx.Request(v.Request.ID)
			if diff := cmp.Diff(v.Request, got); !found || diff != "" {
				t.Error(diff)
			}
			next, err2 := tx.NextEvent(tx.Now())
			if next != v.Put[0].Window.End {
				t.Errorf("the next event is at %v", next)
			}
			return errors.Join(err, err2)
		})
		d.clock.ticks.Store(int64(v.Put[0].Window.End) - 1)
		if len(d.active(t)) != 1 {
			t.Error("the activation ended too soon")
		}
		d.clock.ticks.Add(1)
		if len(d.active(t)) != 0 {
			t.Error("the activation outlived its end")
		}
	})
}

func TestRemovingTheEligibilityEndsWhatStandsOnIt(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		eligible, err := d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D"))
		if err != nil {
			t.Fatal(err)
		}
		active, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := d.ask(pim.AdminRemove, pim.Eligibility, d.group, nil)
		if err != nil || len(v.End) != 2 {
			t.Fatal(v.End, err)
		}
		read(t, d.tenant, func(tx *ReadTx) error {
			for _, s := range []pim.Schedule{eligible.Put[0], active.Put[0]} {
				if _, found, err := tx.Schedule(s.ID); found || err != nil {
					t.Errorf("schedule %s is still there, %v", s.ID, err)
				}
			}
			return nil
		})
		if got := d.active(t); len(got) != 0 {
			t.Errorf("active: %v", got)
		}
	})
}

// What was granted for later and is taken away before it begins will never be provisioned:
// its request says so at once, not at its start.
func TestTakingAwayWhatHasNotBegunCancelsItsRequest(t *testing.T) {
	t.Parallel()
	later := &pim.Asked{Start: when.Of(noon) + when.Day, Expiration: pim.Expiration{Type: pim.AfterDuration, End: when.Never, Duration: "PT5H"}}
	takings := map[string]func(d *desk) error{
		"removed": func(d *desk) error { _, err := d.ask(pim.AdminRemove, pim.Assignment, d.member, nil); return err },
		"updated": func(d *desk) error {
			_, err := d.ask(pim.AdminUpdate, pim.Assignment, d.member, lasting("PT6H"))
			return err
		},
		"purged": func(d *desk) error {
			return try(d.tenant, func(tx *WriteTx) error {
				return errors.Join(tx.DeleteUser(d.member, tx.Now()), tx.PurgeUser(d.member))
			})
		},
	}
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		status := func(id guid.ID) (s pim.Status) {
			read(t, d.tenant, func(tx *ReadTx) error {
				r, _, err := tx.Request(id)
				s = r.Status
				return err
			})
			return s
		}
		for _, name := range []string{"removed", "updated", "purged"} {
			v, err := d.ask(pim.AdminAssign, pim.Assignment, d.member, later)
			if err != nil || status(v.Request.ID) != pim.Granted {
				t.Fatalf("%s: %s, %v", name, status(v.Request.ID), err)
			}
			if err := takings[name](d); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := status(v.Request.ID); got != pim.Canceled {
				t.Errorf("%s: the request is %s", name, got)
			}
			if name == "updated" { // what is there now has begun
				d.clock.ticks.Add(int64(when.Hour))
				if _, err := d.ask(pim.AdminRemove, pim.Assignment, d.member, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// What has begun was provisioned, whatever became of it then.
func TestTakingAwayWhatHasBegunLeavesItsRequest(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		v, err := d.ask(pim.AdminAssign, pim.Assignment, d.member, lasting("PT5H"))
		if err != nil {
			t.Fatal(err)
		}
		d.clock.ticks.Add(int64(when.Hour))
		if _, err := d.ask(pim.AdminRemove, pim.Assignment, d.member, nil); err != nil {
			t.Fatal(err)
		}
		read(t, d.tenant, func(tx *ReadTx) error {
			r, _, err := tx.Request(v.Request.ID)
			if r.Status != pim.Provisioned {
				t.Errorf("the request is %s", r.Status)
			}
			return err
		})
	})
}

func TestPlaceGivenUpAndGivenAgainRevivesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		for _, step := range []func() (pim.Verdict, error){
			func() (pim.Verdict, error) { return d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D")) },
			func() (pim.Verdict, error) {
				return d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H"))
			},
		} {
			if _, err := step(); err != nil {
				t.Fatal(err)
			}
		}
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.DeleteMembership(d.group, directory.Member, d.member) })
		if len(d.active(t)) != 0 {
			t.Error("active without the place that carried it")
		}
		again := directory.Membership{ID: d.store.env.NewID(), Group: d.group, Member: directory.Ref{ID: d.member, Kind: directory.KindUser}}
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.InsertMembership(again) })
		if len(d.active(t)) != 0 {
			t.Error("the place that was given again revived an activation")
		}
		if v, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT1H")); err != nil || len(v.End) != 1 {
			t.Errorf("a second activation: %v, ends %v", err, v.End)
		}
	})
}

func TestLastGlobalAdministratorIsNotRemoved(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		d.role = roledata.GlobalAdministrator
		for _, who := range []guid.ID{d.admin, d.member} {
			if _, err := d.ask(pim.AdminAssign, pim.Assignment, who, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.ask(pim.AdminRemove, pim.Assignment, d.member, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ask(pim.AdminRemove, pim.Assignment, d.admin, nil); refusal(t, err).Status != 400 {
			t.Error(err)
		}
		if got := d.active(t); len(got) != 1 || got[0] != d.admin {
			t.Errorf("active: %v", got)
		}
	})
}

func TestPurgeEndsAllThatTheObjectWasTiedTo(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D")); err != nil {
			t.Fatal(err)
		}
		if _, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H")); err != nil {
			t.Fatal(err)
		}
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.DeleteGroup(d.group, tx.Now()) })
		if len(d.active(t)) != 0 {
			t.Error("an activation outlived the group that carried it")
		}
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.PurgeGroup(d.group) })
		read(t, d.tenant, func(tx *ReadTx) error {
			var schedules, places int64
			_, err := tx.one("SELECT count(*) FROM schedule", nil, &schedules)
			_, err2 := tx.one("SELECT count(*) FROM membership", nil, &places)
			if schedules != 0 || places != 0 {
				t.Errorf("%d schedules and %d places are left", schedules, places)
			}
			return errors.Join(err, err2)
		})
	})
}

func TestActivationMayBeNarrowerThanItsEligibilityNeverWider(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		unit := pim.Scope{Kind: pim.ScopeUnit, ID: d.store.env.NewID()}
		made := func(kind pim.Kind, scope pim.Scope, on guid.ID) pim.Schedule {
			return pim.Schedule{
				ID: d.store.env.NextID(), Kind: kind, Principal: d.member, Target: pim.Target{Role: d.role, Scope: scope}, Modified: when.Never,
				Window: when.Window{Start: when.Of(noon), End: when.Of(noon) + when.Hour}, Via: pim.Via{Eligibility: on},
			}
		}
		object := pim.Scope{Kind: pim.ScopeObject, ID: d.group}
		all, part := made(pim.Eligible, pim.Scope{}, guid.ID{}), made(pim.Eligible, unit, guid.ID{})
		narrower, wider := made(pim.Activated, unit, all.ID), made(pim.Activated, pim.Scope{}, part.ID)
		inUnit := made(pim.Activated, object, part.ID)
		commit(t, d.tenant, func(tx *WriteTx) error {
			return errors.Join(tx.InsertUnit(directory.Unit{Object: named(unit.ID, directory.KindUnit, "Malmö")}),
				tx.PutSchedule(all), tx.PutSchedule(part), tx.PutSchedule(narrower), tx.PutSchedule(wider), tx.PutSchedule(inUnit))
		})
		only := func(when string, want ...guid.ID) {
			t.Helper()
			read(t, d.tenant, func(tx *ReadTx) error {
				for list, table := range map[string]*Table[pim.Schedule]{"in force": RoleAssignmentsNow, "standing": RoleAssignments} {
					page, err := List(tx, table, ListQuery{Limit: 10})
					var got []guid.ID
					for _, s := range page.Rows {
						got = append(got, s.ID)
					}
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%s, %s: %v, want %v; %v", when, list, got, want, err)
					}
				}
				if got := tx.Snap().Holds(d.member, inUnit.ID, tx.Now()); got != slices.Contains(want, inUnit.ID) {
					t.Errorf("%s the activation at the object is in force: %v", when, got)
				}
				return nil
			})
		}
		only("outside the unit", narrower.ID)
		commit(t, d.tenant, func(tx *WriteTx) error {
			return tx.InsertUnitMember(unit.ID, directory.Ref{ID: d.group, Kind: directory.KindGroup})
		})
		only("in the unit", narrower.ID, inUnit.ID)
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.DeleteUnit(unit.ID, tx.Now()) })
		only("in a deleted unit")
		commit(t, d.tenant, func(tx *WriteTx) error { _, err := tx.RestoreUnit(unit.ID); return err })
		only("in the unit again", narrower.ID, inUnit.ID)
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.DeleteUnitMember(unit.ID, d.group) })
		only("after leaving", narrower.ID)
		commit(t, d.tenant, func(tx *WriteTx) error {
			return tx.InsertUnitMember(unit.ID, directory.Ref{ID: d.group, Kind: directory.KindGroup})
		})
		only("back in the unit, in which nothing revives", narrower.ID)
	})
}
