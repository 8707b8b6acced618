package store

import (
	"errors"
	"slices"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// However many PIM gives a place in the group that has the role, whoever of them can sign in
// is found: the last of more than a thousand, whom all the others come before.
func TestLastOfManyPlacesIsKept(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := furnished(t, s, "crowd")
		ids := newIDs(s, 1105)
		slices.SortFunc(ids, guid.ID.Compare)
		tier0, last := ids[0], ids[len(ids)-1]
		grant := func(id, to guid.ID, t pim.Target) pim.Schedule {
			return pim.Schedule{
				ID: id, Kind: pim.Assigned, Principal: to, Target: t, Request: id, Modified: when.Never,
				Window: when.Window{Start: 1, End: when.Never}, Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never},
			}
		}
		member := pim.Target{Group: tier0, Relation: directory.Member}
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(tx.InsertGroup(team(tier0, "Tier0", true)), tx.InsertUser(person(last, "Ada")), tx.PutSchedule(grant(ids[1], tier0, pim.Target{Role: roledata.GlobalAdministrator})))
		})
		places := map[guid.ID]pim.Schedule{}
		commit(t, tenant, func(tx *WriteTx) error {
			for _, who := range ids[3:] {
				places[who] = grant(s.env.NextID(), who, member)
				if err := tx.PutSchedule(places[who]); err != nil {
					return err
				}
			}
			return nil
		})
		keptWithout := func(who guid.ID) (kept bool) {
			t.Helper()
			undone := errors.New("undone")
			if err := try(tenant, func(tx *WriteTx) (err error) {
				kept, err = tx.KeepsAdministrator(func() error { tx.DeleteSchedule(places[who]); return nil })
				return errors.Join(err, undone)
			}); !errors.Is(err, undone) {
				t.Fatal(err)
			}
			return kept
		}
		if one, only := keptWithout(ids[500]), keptWithout(last); !one || only {
			t.Errorf("without one of many it is kept: %v; without the only one who can sign in: %v", one, only)
		}
	})
}
