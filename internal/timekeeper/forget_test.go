package timekeeper

import (
	"slices"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// History is kept for ever, or for as long as the tenant says; never shorter than what it
// gave, or can give again.
func TestRequestsAreForgottenOnlyAsTheTenantSays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		start, end := noon.Add(time.Hour), noon.Add(3*time.Hour)
		given := w.request(pim.AdminAssign, start, end)
		denied := pim.Request{
			ID: w.env.NextID(), Side: pim.Assignment, Action: pim.SelfExtend, Principal: ada, Target: roleTarget,
			Created: noon, Completed: noon, Status: pim.Denied, Scheduled: given.ID,
		}
		w.write(func(tx *store.WriteTx) error { return tx.InsertRequest(denied) })
		w.tick(end)
		if next := w.tick(end + 400*when.Day); next != when.Never {
			t.Errorf("something is due at %s though history is kept", next)
		}
		w.forgetAfter(10 * 24 * time.Hour)
		w.tick(w.now()) // the denied one is long over; so is the other, and it is not to be renewed any more
		for _, r := range []pim.Request{given, denied} {
			if got := w.status(r.ID); got != "" {
				t.Errorf("the %s is still known as %q", r.Action, got)
			}
		}
		last := w.log()[len(w.log())-1]
		if last.Activity != "Forget requests" || !slices.Contains(last.Details, audit.Detail{Key: "requests", Value: "2"}) {
			t.Errorf("recorded is %+v", last)
		}
	})
}

func TestRequestIsNotForgottenWhileAScheduleNamesIt(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		w.forgetAfter(time.Hour)
		end := noon.Add(30 * 24 * time.Hour)
		running := w.request(pim.AdminAssign, noon.Add(time.Hour), end)
		w.tick(end - 1)
		if got := w.status(running.ID); got != pim.Provisioned {
			t.Errorf("the request of a running grant is %q", got)
		}
		w.tick(end)
		w.tick(end.Add(2 * time.Hour)) // it can still be renewed
		if got := w.status(running.ID); got != pim.Provisioned {
			t.Errorf("the request of what can be renewed is %q", got)
		}
		w.tick(end + keptFor + 1)
		if got := w.status(running.ID); got != "" {
			t.Errorf("the request is still known as %q", got)
		}
	})
}

func (w *world) now() when.Instant { return when.Instant(w.clock.Load()) }

func (w *world) forgetAfter(d time.Duration) {
	w.t.Helper()
	w.write(func(tx *store.WriteTx) error {
		s, err := tx.PIMSettings()
		s.ForgetRequests = d
		tx.PutPIMSettings(s)
		return err
	})
}

// A grant that began and was taken away before anybody recorded its start has begun.
func TestStartOfWhatHasBeenTakenAwaySinceIsAStart(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		start := noon.Add(time.Hour)
		r := w.request(pim.AdminAssign, start, noon.Add(3*time.Hour))
		w.clock.Store(int64(start))
		w.write(func(tx *store.WriteTx) error {
			s, _, err := tx.Schedule(r.Scheduled)
			tx.DeleteSchedule(s)
			return err
		})
		w.tick(start.Add(time.Minute))
		if got := w.status(r.ID); got != pim.Provisioned {
			t.Errorf("the request is %s", got)
		}
		if log := w.log(); len(log) != 1 || log[0].Result != audit.Success {
			t.Errorf("recorded is %+v", log)
		}
	})
}
