package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A forger changes a tenant's rows behind the store's back.
type forger struct {
	name string
	// forge is SQL about the grant $1, which adds or changes one for the user $2.
	forge []string
}

// copied is the row of grant $1 again, for another user: with id $2 and, where named, other
// columns.
func copied(with map[string]string) string {
	columns := append(strings.Split(scheduleColumns, ", "), "scope_id", "open", "record", "proof")
	values := make([]string, len(columns))
	for i, c := range columns {
		if values[i] = c; with[c] != "" {
			values[i] = with[c]
		}
	}
	return "INSERT INTO schedule (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM schedule WHERE id = $1 AND $2 <> ''"
}

var forgeries = []forger{
	{"a row put in by hand", []string{copied(map[string]string{"id": "$2", "principal_id": "$2", "record": "-1", "proof": "''"})}},
	{"a row that names somebody else's record", []string{copied(map[string]string{"id": "$2", "principal_id": "$2", "proof": "''"})}},
	{"a row with somebody else's proof", []string{copied(map[string]string{"id": "$2", "principal_id": "$2"})}},
	{"the same grant under another id", []string{copied(map[string]string{"id": "$2"})}},
	{"a grant moved to another user", []string{"UPDATE schedule SET principal_id = $2 WHERE id = $1"}},
	{"an eligibility made an assignment", []string{"UPDATE schedule SET kind = 1 - kind WHERE id = $1 AND $2 <> ''"}},
	{"an end put off", []string{"UPDATE schedule SET end_at = end_at + 1 WHERE id = $1 AND $2 <> ''"}},
	{"a start brought forward", []string{"UPDATE schedule SET start_at = start_at - 1 WHERE id = $1 AND $2 <> ''"}},
	{"another role", []string{"UPDATE schedule SET role_id = $2 WHERE id = $1"}},
	{"another record named", []string{"UPDATE schedule SET record = 0 WHERE id = $1 AND $2 <> ''"}},
	{"the record taken away", []string{"DELETE FROM audit WHERE idx = (SELECT record FROM schedule WHERE id = $1) AND $2 <> ''"}},
}

// A grantee is a tenant with one user who is eligible for a role.
func grantee(t *testing.T, s *Store, name string, at when.Instant) (*Tenant, pim.Schedule, guid.ID) {
	t.Helper()
	tenant := furnished(t, s, name)
	ids := newIDs(s, 3)
	eligibility := pim.Schedule{
		ID: ids[0], Kind: pim.Eligible, Principal: ids[1], Target: pim.Target{Role: roledata.GlobalAdministrator},
		Window: when.Window{Start: at - when.Hour, End: at + when.Hour}, Modified: when.Never,
	}
	commit(t, tenant, func(tx *WriteTx) error {
		return errors.Join(tx.InsertUser(person(ids[1], "Ada")), tx.InsertUser(person(ids[2], "Eve")))
	})
	commit(t, tenant, func(tx *WriteTx) error { return tx.PutSchedule(eligibility) })
	return tenant, eligibility, ids[2]
}

// honouredGrants counts what each of some principals has that is honoured, everywhere it may
// count: in decisions, in facts for requests, in lists.
func honouredGrants(t *testing.T, tenant *Tenant, principals ...guid.ID) (n int) {
	t.Helper()
	read(t, tenant, func(tx *ReadTx) error {
		for _, p := range principals {
			held, err := tx.Held(p)
			if err != nil {
				return err
			}
			facts, err := tx.PIMFacts(pim.Request{Action: pim.SelfActivate, Side: pim.Assignment, Principal: p, By: pim.Actor{User: p}, Target: pim.Target{Role: roledata.GlobalAdministrator}})
			if err != nil {
				return err
			}
			listed := 0
			for _, table := range []*Table[pim.Schedule]{RoleEligibilities, RoleAssignments} {
				page, err := List(tx, table, ListQuery{Limit: 9, Rows: []Condition{Is(table.Column("principal"), p)}})
				if err != nil {
					return err
				}
				listed += len(page.Rows)
			}
			privilege := tx.Snap().Privilege(p, tx.Now())
			if known := !privilege.None(); known != (len(held) > 0) || known != (listed > 0) || known != (len(facts.Eligibilities)+len(facts.Standing) > 0) {
				t.Errorf("%s: privilege %v, %d held, %d listed, facts %+v", p, known, len(held), listed, facts)
			}
			n += len(held)
		}
		return nil
	})
	return n
}

// A grant that was not given by a recorded write gives nothing, and neither does one that was
// changed since or whose record is gone: not at the next start, nor before.
func TestForgedGrantIsNotHonoured(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		at := when.Of(noon)
		type victim struct {
			forger
			tenant guid.ID
			grant  pim.Schedule
			eve    guid.ID
		}
		var victims []victim
		for i, f := range forgeries {
			tenant, grant, eve := grantee(t, s, fmt.Sprint("forged", i), at)
			if n := honouredGrants(t, tenant, grant.Principal, eve); n != 1 {
				t.Fatalf("%d grants are honoured before anything is forged", n)
			}
			commit(t, tenant, func(tx *WriteTx) error {
				for _, sql := range f.forge {
					tx.exec(sql, grant.ID, eve)
				}
				return nil
			})
			victims = append(victims, victim{f, tenant.id, grant, eve})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, clock.set)
		for _, v := range victims {
			tenant, err := s.Tenant(t.Context(), v.tenant)
			if err != nil {
				t.Fatal(err)
			}
			own := 0 // what was given to Ada stands where it was left alone
			if strings.HasPrefix(v.forge[0], "INSERT") {
				own = 1
			}
			if n := honouredGrants(t, tenant, v.grant.Principal, v.eve); n != own {
				t.Errorf("%s: %d grants are honoured after a start, want %d", v.name, n, own)
			}
			if told := strings.Join(s.Unproven(), " "); !strings.Contains(told, v.tenant.String()) {
				t.Errorf("%s: nobody is told: %q", v.name, told)
			}
			_, err = tenant.Verify(t.Context())
			if _, breach := errors.AsType[*audit.Breach](err); !breach {
				t.Errorf("%s: Verify finds %v, want a breach", v.name, err)
			}
		}
	})
}

// Rows that appear while the server runs are no ground for a request either.
func TestForgedEligibilityIsNoGroundForAnActivation(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant, grant, eve := grantee(t, s, "running", when.Of(noon))
		commit(t, tenant, func(tx *WriteTx) error { tx.exec(forgeries[0].forge[0], grant.ID, eve); return nil })
		if n := honouredGrants(t, tenant, grant.Principal, eve); n != 1 {
			t.Errorf("%d grants are honoured, want the one that was given", n)
		}
	})
}

// A forged place in a group shows in no list of who is there, nor of where somebody is.
func TestForgedPlaceIsNotListed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant := create(t, s, "place")
		g, m := peopled(t, s, tenant)
		ids := newIDs(s, 2)
		given := pim.Schedule{
			ID: ids[0], Kind: pim.Assigned, Principal: m.Member.ID, Target: pim.Target{Group: g.ID},
			Window: when.Window{Start: when.Of(noon), End: when.Of(noon) + when.Hour}, Modified: when.Never,
		}
		eve := person(ids[1], "Eve")
		eve.Profile.ProxyAddresses = nil
		commit(t, tenant, func(tx *WriteTx) error { return errors.Join(tx.InsertUser(eve), tx.PutSchedule(given)) })
		commit(t, tenant, func(tx *WriteTx) error { tx.exec(forgeries[0].forge[0], given.ID, eve.ID); return nil })
		if got := memberIDs(t, tenant, g.ID, 9); !slices.Equal(got, []guid.ID{m.Member.ID}) {
			t.Errorf("members %v, want %s alone", got, m.Member.ID)
		}
		read(t, tenant, func(tx *ReadTx) error {
			around, err := tx.FirstAround([]guid.ID{eve.ID}, directory.Member, 9)
			if len(around[eve.ID]) > 0 {
				t.Errorf("Eve is in %v", around)
			}
			return err
		})
	})
}

func TestGrantsOfAnOlderProgramAreProvenOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant, grant, _ := grantee(t, s, "older", when.Of(noon))
		commit(t, tenant, func(tx *WriteTx) error { tx.exec("UPDATE schedule SET record = -1, proof = ''"); return nil })
		link, err := tenant.engine().begin(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.adopt(t.Context(), link), link.commit(t.Context(), nil)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, clock.set)
		if tenant, err = s.Tenant(t.Context(), tenant.id); err != nil {
			t.Fatal(err)
		}
		if n := honouredGrants(t, tenant, grant.Principal); n != 1 || len(s.Unproven()) > 0 {
			t.Errorf("%d grants are honoured; unproven: %v", n, s.Unproven())
		}
		if _, err := tenant.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestChangedGrantIsProvenByItsLatestRecord(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant, grant, _ := grantee(t, s, "changed", when.Of(noon))
		grant.Window.End += when.Hour
		commit(t, tenant, func(tx *WriteTx) error { return tx.PutSchedule(grant) })
		read(t, tenant, func(tx *ReadTx) error {
			c, _, err := tx.claim(grant.ID)
			var newest int64
			if _, err := tx.one("SELECT max(idx) FROM audit", nil, &newest); err != nil {
				return err
			}
			if !c.proven || c.record != newest {
				t.Errorf("proven %v by record %d, want by %d", c.proven, c.record, newest)
			}
			return err
		})
	})
}
