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

// Requests that ask together are judged by what each would be judged by alone: nothing of one
// reaches another.
func TestFactsAskedTogetherAreThoseAskedAlone(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		requests := d.mixed(t)
		read(t, d.tenant, func(tx *ReadTx) error {
			var together []*gathering
			for _, r := range requests {
				together = append(together, &gathering{tx: tx, request: r})
			}
			if err := tx.ask(newRound(tx, together...).questions()...); err != nil {
				return err
			}
			some := false
			for i, r := range requests {
				alone := &gathering{tx: tx, request: r}
				if err := tx.ask(newRound(tx, alone).questions()...); err != nil {
					return err
				}
				got := together[i]
				got.standingOn()
				alone.standingOn()
				if diff := cmp.Diff(alone.facts, got.facts) + cmp.Diff(alone.actions, got.actions); diff != "" {
					t.Errorf("request %d: %s", i, diff)
				}
				some = some || len(alone.facts.Pending) > 0
			}
			if !some {
				t.Error("no request waits")
			}
			return nil
		})
	})
}

// mixed are requests of several people for roles under several policies, of which some are
// held, some through the group, and one waits for approval.
func (d *desk) mixed(t *testing.T) (all []pim.Request) {
	t.Helper()
	people, unit, place := newIDs(d.store, 4), d.store.env.NewID(), d.store.env.NewID()
	other, target := roledata.GlobalAdministrator, pim.Target{Role: d.role}
	strict := Policy{Policy: pim.DefaultRolePolicy(), Modified: when.Of(noon)}
	strict.Approval.Required = true
	commit(t, d.tenant, func(tx *WriteTx) error {
		errs := []error{
			tx.InsertUnit(directory.Unit{Object: named(unit, directory.KindUnit, "unit")}),
			tx.InsertMembership(directory.Membership{ID: place, Group: d.group, Relation: directory.Owner, Member: directory.Ref{ID: people[0], Kind: directory.KindUser}}),
			tx.PutPolicy(target, strict),
		}
		for i, id := range people {
			errs = append(errs, tx.InsertUser(person(id, string(rune('a'+i)))))
		}
		return errors.Join(errs...)
	})
	give := func(action pim.Action, side pim.Side, who guid.ID, t2 pim.Target) {
		r := d.wants(action, side, who)
		r.Target = t2
		if err := try(d.tenant, judged(r, func(error) {})); err != nil {
			t.Fatal(err)
		}
	}
	scoped := pim.Target{Role: roledata.DirectoryReaders, Scope: pim.Scope{Kind: pim.ScopeUnit, ID: unit}}
	for _, id := range []guid.ID{d.group, people[0], people[1]} {
		give(pim.AdminAssign, pim.Eligibility, id, target)
	}
	give(pim.AdminAssign, pim.Eligibility, people[1], pim.Target{Role: other})
	give(pim.AdminAssign, pim.Assignment, people[2], target)
	give(pim.AdminAssign, pim.Eligibility, people[2], pim.Target{Group: d.group})
	give(pim.SelfActivate, pim.Assignment, people[1], pim.Target{Role: other})
	give(pim.SelfActivate, pim.Assignment, people[0], target) // waits
	for _, ask := range []struct {
		action pim.Action
		who    guid.ID
		target pim.Target
	}{
		{pim.SelfActivate, people[0], target},
		{pim.SelfActivate, d.member, target},
		{pim.SelfActivate, people[1], target},
		{pim.SelfDeactivate, people[1], pim.Target{Role: other}},
		{pim.SelfActivate, people[3], target},
		{pim.SelfActivate, people[0], scoped},
		{pim.SelfActivate, people[2], pim.Target{Group: d.group}},
		{pim.AdminRemove, people[1], pim.Target{Role: other}},
		{pim.AdminAssign, people[3], scoped},
		{pim.SelfActivate, people[1], pim.Target{Role: other}},
		{pim.AdminRenew, people[2], target},
	} {
		r := d.wants(ask.action, pim.Assignment, ask.who)
		r.Target = ask.target
		all = append(all, r)
	}
	return all
}
