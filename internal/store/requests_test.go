package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

func TestRequestsAndPoliciesGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "requests")
		ids := newIDs(s, 6)
		why, number, start := "because", "7", when.Of(noon)+when.Hour
		r := pim.Request{
			ID: ids[0], Side: pim.Assignment, Action: pim.SelfActivate, Spelling: "SelfActivate", Principal: ids[1],
			Target:        pim.Target{Role: ids[2], Scope: pim.Scope{Kind: pim.ScopeUnit, ID: ids[3]}},
			Justification: &why, Ticket: pim.Ticket{Number: &number},
			Schedule: &pim.Asked{Start: start, Expiration: pim.Expiration{Type: pim.AfterDuration, End: when.Never, Duration: "PT5H"}},
			By:       pim.Actor{User: ids[1]}, Created: when.Of(noon), Completed: start, Status: pim.Granted, Scheduled: ids[0],
			Via: pim.Via{Eligibility: ids[4], Membership: ids[5]}, Proof: pim.Proof{Methods: []string{"pwd", "mfa"}, MFA: true},
		}
		commit(t, tenant, func(tx *WriteTx) error { return tx.InsertRequest(r) })
		same := func(want pim.Request) {
			t.Helper()
			read(t, tenant, func(tx *ReadTx) error {
				got, found, err := tx.Request(r.ID)
				if d := cmp.Diff(want, got); d != "" || !found {
					t.Error(found, d)
				}
				return err
			})
		}
		same(r)
		d.ticks.Store(int64(start))
		begun := r
		begun.Status = pim.Provisioned // by time alone
		same(begun)
		begun.Status = pim.Canceled
		commit(t, tenant, func(tx *WriteTx) error { return tx.UpdateRequest(begun) })
		same(begun)
		forged := begun
		forged.Principal = ids[2]
		if err := try(tenant, func(tx *WriteTx) error { return tx.UpdateRequest(forged) }); err == nil {
			t.Error("history was rewritten")
		}
		dry := r
		dry.ID, dry.DryRun = ids[5], true
		if err := try(tenant, func(tx *WriteTx) error { return tx.InsertRequest(dry) }); err == nil {
			t.Error("a dry run was stored")
		}
		target := pim.Target{Group: ids[2], Relation: directory.Owner}
		read(t, tenant, func(tx *ReadTx) error {
			p, err := tx.Policy(target)
			if d := cmp.Diff(pim.DefaultGroupPolicy(), p.Policy); d != "" || p.Modified != when.Never {
				t.Error(d)
			}
			return err
		})
		mine := Policy{Policy: pim.DefaultGroupPolicy(), Modified: 5, By: "Ada"}
		mine.Approval.Required = true
		commit(t, tenant, func(tx *WriteTx) error { return tx.PutPolicy(target, mine) })
		read(t, tenant, func(tx *ReadTx) error {
			got, err := tx.Policy(target)
			other, err2 := tx.Policy(pim.Target{Group: ids[2]})
			if d := cmp.Diff(mine, got); d != "" || other.Approval.Required {
				t.Error(d, other.Approval.Required)
			}
			return errors.Join(err, err2)
		})
	})
}

// What can no longer be renewed or restored is removed bit by bit, the oldest first; what is
// younger stays, and what is open in any case.
func TestForgettingIsBounded(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "forget")
		now := when.Of(noon)
		var ids []guid.ID
		commit(t, tenant, func(tx *WriteTx) error {
			var errs []error
			for i := range when.Instant(6) {
				id, from := s.env.NextID(), now-when.Hour
				ids = append(ids, id)
				w := when.Window{Start: from, End: now + i}
				schedule := pim.Schedule{ID: id, Kind: pim.Assigned, Principal: id, Target: pim.Target{Role: id}, Window: w, Request: id, Modified: when.Never, Expiration: pim.Expiration{End: when.Never}}
				request := pim.Request{ID: id, Action: pim.AdminAssign, Principal: id, Target: pim.Target{Role: id}, Completed: now + when.Day, Status: pim.Granted}
				errs = append(errs, tx.PutSchedule(schedule), tx.InsertRequest(request))
				if i < 5 {
					tx.CloseSchedules([]pim.Schedule{schedule})
				}
			}
			tx.CancelRequests(ids[:5])
			return errors.Join(errs...)
		})
		left := func() (schedules, requests int64) {
			read(t, tenant, func(tx *ReadTx) error {
				_, err := tx.one("SELECT count(*) FROM schedule", nil, &schedules)
				_, err2 := tx.one("SELECT count(*) FROM request", nil, &requests)
				return errors.Join(err, err2)
			})
			return schedules, requests
		}
		for _, want := range []int64{4, 3, 3} {
			commit(t, tenant, func(tx *WriteTx) error {
				tx.ForgetSchedules(now+3, 2)
				_, err := tx.ForgetRequests(now+1, 2)
				return err
			})
			if n, _ := left(); n != want {
				t.Errorf("%d schedules are left, want %d", n, want)
			}
		}
		if _, n := left(); n != 1 {
			t.Errorf("%d requests are left, want the one whose schedule stands", n)
		}
		read(t, tenant, func(tx *ReadTx) error {
			for i, want := range map[int]bool{2: false, 3: false, 5: true} {
				if _, found, err := tx.Schedule(ids[i]); found != want || err != nil {
					t.Errorf("open schedule %d: %v, %v", i, found, err)
				}
			}
			_, err := tx.one("SELECT id FROM schedule WHERE id = $1", []any{ids[0]}, new(string))
			return err
		})
	})
}

// A request that is canceled was completed when that was said, not when it would have begun.
func TestCanceledRequestIsCompletedThen(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "canceled")
		r := pim.Request{ID: s.env.NextID(), Principal: s.env.NewID(), Completed: when.Of(noon) + when.Day, Status: pim.Granted}
		done := r
		done.ID, done.Completed, done.Status = s.env.NextID(), when.Of(noon)-1, pim.Provisioned
		commit(t, tenant, func(tx *WriteTx) error { return errors.Join(tx.InsertRequest(r), tx.InsertRequest(done)) })
		commit(t, tenant, func(tx *WriteTx) error { tx.CancelRequests([]guid.ID{r.ID, done.ID}); return nil })
		d.ticks.Add(int64(2 * when.Day))
		read(t, tenant, func(tx *ReadTx) error {
			got, _, err := tx.Request(r.ID)
			other, _, err2 := tx.Request(done.ID)
			if got.Status != pim.Canceled || got.Completed != when.Of(noon) || other.Status != pim.Provisioned || other.Completed != done.Completed {
				t.Errorf("%s at %s, %s at %s", got.Status, got.Completed, other.Status, other.Completed)
			}
			return errors.Join(err, err2)
		})
	})
}
