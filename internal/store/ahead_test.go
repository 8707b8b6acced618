package store

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// judged is an operation that gathers facts for r, decides and applies, as the gate's does.
func judged(r pim.Request, then func(error)) func(*WriteTx) error {
	return func(tx *WriteTx) error {
		tx.Record(record("ask"))
		facts, err := tx.PIMFacts(r)
		if err != nil {
			return err
		}
		v, err := pim.Decide(r, facts, tx.Now())
		then(err)
		if err != nil {
			return err
		}
		return tx.Apply(v)
	}
}

// wants is a request of the desk's for its role.
func (d *desk) wants(action pim.Action, side pim.Side, principal guid.ID) pim.Request {
	why := "because"
	r := pim.Request{
		ID: d.store.env.NextID(), Side: side, Action: action, Spelling: action.String(), Principal: principal, Target: pim.Target{Role: d.role},
		Justification: &why, Schedule: lasting("PT5H"), By: pim.Actor{User: d.admin}, Proof: pim.Proof{Methods: []string{"pwd", "mfa"}, MFA: true},
	}
	if action.Self() {
		r.By.User = principal
	}
	return r
}

// inOneGroup runs requests so that they share a group, in their order, and whatever else is
// to run before them.
func inOneGroup(t *testing.T, d *desk, before func(*WriteTx) error, all ...pim.Request) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first := make(chan error, 1)
	go func() {
		first <- d.tenant.Write(t.Context(), func(*WriteTx) error {
			once.Do(func() { close(held) })
			<-release
			return nil
		})
	}()
	<-held
	var waiting sync.WaitGroup
	queued := 0
	if before != nil {
		queued++
		waiting.Go(func() {
			if err := d.tenant.Write(t.Context(), before); err != nil {
				t.Error(err)
			}
		})
		awaitQueue(t, d.tenant, queued)
	}
	refused := make([]error, len(all))
	for i, r := range all {
		queued++
		waiting.Go(func() {
			_ = d.tenant.WriteRequest(t.Context(), fmt.Sprint(i), &r, judged(r, func(err error) { refused[i] = err }))
		})
		awaitQueue(t, d.tenant, queued)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	return refused
}

func TestGroupAsksForItsFactsInOneRoundTrip(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		people := newIDs(d.store, 20)
		commit(t, d.tenant, func(tx *WriteTx) error {
			for i, id := range people {
				if err := tx.InsertUser(person(id, fmt.Sprint("p", i))); err != nil {
					return err
				}
			}
			return nil
		})
		var all []pim.Request
		for _, id := range people {
			if _, err := d.ask(pim.AdminAssign, pim.Eligibility, id, lasting("P30D")); err != nil {
				t.Fatal(err)
			}
			all = append(all, d.wants(pim.SelfActivate, pim.Assignment, id))
		}
		trips, statements := counted(d.store, func() {
			for i, err := range inOneGroup(t, d, nil, all...) {
				if err != nil {
					t.Errorf("activation %d: %v", i, err)
				}
			}
		})
		// Beside them there is the lock of the operation that held the lane. Each has a schedule
		// and a request to add.
		if trips != 4 || statements > int64(2*len(all)+20) {
			t.Errorf("%d round trips with %d statements for %d activations", trips, statements, len(all))
		}
		if got := d.active(t); len(got) != 10 { // of a page
			t.Errorf("%d are active", len(got))
		}
	})
}

// What was read ahead is not believed once something before it in the group has changed it.
func TestFactsReadAheadAreReadAgainAfterAChange(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		before func(d *desk) func(*WriteTx) error
		code   string // of the refusal
	}{
		"nothing": {code: ""},
		"the eligibility was taken away": {func(d *desk) func(*WriteTx) error {
			return func(tx *WriteTx) error {
				tx.Record(record("take"))
				held, err := tx.Held(d.member)
				for _, s := range held {
					tx.DeleteSchedule(s)
				}
				return err
			}
		}, "SubjectNotFound RoleAssignmentDoesNotExist EligibilityRule"},
		"the person was disabled": {func(d *desk) func(*WriteTx) error {
			return func(tx *WriteTx) error {
				tx.Record(record("disable"))
				u, _, err := tx.User(d.member)
				u.Enabled = false
				if err != nil {
					return err
				}
				return tx.UpdateUser(u)
			}
		}, "any"},
		"the role was disabled": {func(d *desk) func(*WriteTx) error {
			return func(tx *WriteTx) error {
				tx.Record(record("disable"))
				r, _, err := tx.Role(d.role)
				r.Enabled = false
				tx.PutRole(r)
				return err
			}
		}, "any"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, open opener) {
				d := newDesk(t, open)
				if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.member, lasting("P30D")); err != nil {
					t.Fatal(err)
				}
				var before func(*WriteTx) error
				if row.before != nil {
					before = row.before(d)
				}
				err := inOneGroup(t, d, before, d.wants(pim.SelfActivate, pim.Assignment, d.member))[0]
				if _, refused := fault.As(err); refused != (row.code != "") {
					t.Errorf("the activation ended with %v", err)
				}
			})
		})
	}
}

// Two requests of one person in a group: the second is judged on what the first has made.
func TestSecondRequestOfAGroupSeesTheFirst(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.member, lasting("P30D")); err != nil {
			t.Fatal(err)
		}
		twice := inOneGroup(t, d, nil, d.wants(pim.SelfActivate, pim.Assignment, d.member), d.wants(pim.SelfActivate, pim.Assignment, d.member))
		if twice[0] != nil || twice[1] == nil {
			t.Errorf("the first ended with %v, the second with %v", twice[0], twice[1])
		}
	})
}

// A member activates what a group got earlier in the same commit.
func TestEligibilityGivenToAGroupIsSeenByItsMembersInTheSameCommit(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		give := d.wants(pim.AdminAssign, pim.Eligibility, d.group)
		give.Schedule = lasting("P30D")
		for i, err := range inOneGroup(t, d, nil, give, d.wants(pim.SelfActivate, pim.Assignment, d.member)) {
			if err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		}
	})
}

// What a member activates is ended with the group's eligibility, also within one commit.
func TestRemovalEndsWhatWasActivatedEarlierInTheSameCommit(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := newDesk(t, open)
		if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D")); err != nil {
			t.Fatal(err)
		}
		remove := d.wants(pim.AdminRemove, pim.Eligibility, d.group)
		remove.Schedule = nil
		for i, err := range inOneGroup(t, d, nil, d.wants(pim.SelfActivate, pim.Assignment, d.member), remove) {
			if err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		}
		read(t, d.tenant, func(tx *ReadTx) error {
			held, err := tx.Held(d.member)
			if len(held) > 0 {
				t.Errorf("%d schedules are left to the member", len(held))
			}
			return err
		})
	})
}

func TestRowsAddedOneByOneAreAddedTogether(t *testing.T) {
	t.Parallel()
	row := func(sql, id string) statement {
		columns := rowByRow[sql].columns
		args := make([]any, columns)
		args[0] = id
		return statement{sql, args}
	}
	other := statement{sql: "DELETE FROM schedule"}
	in := []statement{
		row(insertSchedule, "s1"), row(insertRequest, "r1"), row(insertSchedule, "s2"), other, row(insertSchedule, "s3"), row(insertSchedule, "s4"), row(insertSchedule, "s5"),
	}
	var got []string
	for _, s := range merged(in) {
		text := "other"
		for _, a := range s.args {
			if id, ok := a.(string); ok {
				text += " " + id
			}
		}
		got = append(got, text)
	}
	want := []string{"other s1 s2", "other r1", "other", "other s3 s4", "other s5"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("merged into %q, want %q", got, want)
	}
}
