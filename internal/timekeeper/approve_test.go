package timekeeper

import (
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// asks is ada's activation of the role, which waits for approval that escalates after an
// hour.
func (w *world) asks() pim.Request {
	w.t.Helper()
	w.grant(pim.Eligible, roleTarget, noon, when.Never)
	policy := store.Policy{Policy: pim.DefaultRolePolicy(), Modified: noon}
	policy.Approval.Required = true
	stage := &policy.Approval.Stages[0]
	stage.Escalation, stage.EscalationMinutes, stage.Escalated = true, 60, []pim.Approver{{Kind: pim.ApproverUser, ID: ada}}
	why := "because"
	r := pim.Request{
		ID: w.env.NextID(), Side: pim.Assignment, Action: pim.SelfActivate, Principal: ada, Target: roleTarget, Justification: &why,
		By: pim.Actor{User: ada}, Proof: pim.Proof{MFA: true},
	}
	w.write(func(tx *store.WriteTx) error {
		tx.PutPolicy(roleTarget, policy)
		facts, err := tx.PIMFacts(r)
		if err != nil {
			return err
		}
		v, err := pim.Decide(r, facts, tx.Now())
		if err != nil {
			return err
		}
		r = v.Request
		return tx.Apply(v)
	})
	return r
}

func TestWhatTimeDoesToAnApprovalIsRecordedOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		r := w.asks()
		if r.Status != pim.PendingApproval {
			t.Fatal(r.Status)
		}
		hour, day := noon.Add(time.Hour), noon.Add(24*time.Hour)
		for _, x := range []struct {
			at, next when.Instant
			records  int
			status   pim.Status
		}{
			{noon, hour, 0, pim.PendingApproval},
			{hour - 1, hour, 0, pim.PendingApproval},
			{hour, day, 1, pim.PendingApproval},
			{hour, day, 1, pim.PendingApproval},
			{day - 1, day, 1, pim.PendingApproval},
			{day, when.Never, 2, pim.TimedOut},
			{day + 1, when.Never, 2, pim.TimedOut},
		} {
			if next := w.tick(x.at); next != x.next || len(w.log()) != x.records || w.status(r.ID) != x.status {
				t.Errorf("at %s: next %s, %d records, %s", x.at, next, len(w.log()), w.status(r.ID))
			}
		}
		want := []audit.Record{
			{Activity: "Add member to role approval escalated (PIM activation)", Result: audit.Success, At: hour},
			{Activity: "Add member to role request timed out (PIM activation)", Result: audit.Timeout, At: day},
		}
		for i, got := range w.log() {
			if got.Activity != want[i].Activity || got.Result != want[i].Result || got.At != want[i].At || got.Correlation != r.ID || got.Targets[1].UPN != "ada@contoso.com" {
				t.Errorf("record %+v", got)
			}
		}
	})
}

// Nobody looked for a week: what was to be decided is timed out since its own time, in one
// record, for an escalation that is over is of no use to anybody.
func TestApprovalThatRanOutUnseenIsRecordedAsOfItsTime(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		r := w.asks()
		w.reopen()
		w.tick(noon + 7*when.Day)
		if n := len(w.log()); n != 1 {
			t.Errorf("%d records", n)
		}
		err := w.tenant.Read(t.Context(), func(tx *store.ReadTx) error {
			got, _, err := tx.Request(r.ID)
			if got.Status != pim.TimedOut || got.Completed != noon+when.Day || got.Scheduled != (guid.ID{}) {
				t.Errorf("%+v", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
