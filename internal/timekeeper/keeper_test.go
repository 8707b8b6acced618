package timekeeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

func TestEndsAreRecordedOnceAndByName(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		end := noon.Add(time.Hour)
		group := pim.Target{Group: admins}
		owner := pim.Target{Group: admins, Relation: directory.Owner}
		made := map[string]pim.Schedule{
			"Remove member from role (PIM activation expired)":              w.grant(pim.Activated, roleTarget, noon, end),
			"Remove member from role in PIM completed (timebound)":          w.grant(pim.Assigned, roleTarget, noon, end),
			"Remove eligible member from role in PIM completed (timebound)": w.grant(pim.Eligible, roleTarget, noon, end),
			"Remove member from group (PIM activation expired)":             w.grant(pim.Activated, group, noon, end),
			"Remove eligible owner from group in PIM completed (timebound)": w.grant(pim.Eligible, owner, noon, end),
			"Remove member from group in PIM completed (timebound)":         w.grant(pim.Assigned, group, noon, end),
		}
		w.grant(pim.Assigned, roleTarget, noon, when.Never)
		session := signin.Session{ID: w.env.NewID(), User: ada, Created: noon, End: end - when.Tick, Ended: when.Never}
		w.write(func(tx *store.WriteTx) error { return tx.PutSession(session) })
		if next := w.tick(end - when.Tick); next != end || len(w.log()) != 0 {
			t.Fatalf("a tick before: next %s, %d records", next, len(w.log()))
		}
		w.tick(end)
		for _, again := range []when.Instant{end, end, end.Add(time.Hour)} {
			w.tick(again)
		}
		err := w.tenant.Read(t.Context(), func(tx *store.ReadTx) error {
			_, found, err := tx.Session(session.ID)
			if found {
				t.Error("a session that is over was kept")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		log := w.log()
		if len(log) != len(made) || w.held() != 1 {
			t.Fatalf("%d records for %d ends; %d schedules are left", len(log), len(made), w.held())
		}
		for _, r := range log {
			s, known := made[r.Activity]
			if !known || r.Correlation != s.Request || r.At != end || r.Result != audit.Success || r.Type != "Unassign" {
				t.Errorf("record %+v", r)
			}
			if r.Targets[1].UPN != "ada@contoso.com" || r.Targets[0].Name == "" || !slices.Contains(r.Details, audit.Detail{Key: "expirationTime", Value: end.String()}) {
				t.Errorf("record %+v", r)
			}
		}
	})
}

// request asks for a grant that begins later.
func (w *world) request(action pim.Action, from, to when.Instant) pim.Request {
	w.t.Helper()
	s := w.grant(pim.Assigned, roleTarget, from, to)
	why := "because"
	r := pim.Request{
		ID: s.ID, Side: pim.Assignment, Action: action, Principal: ada, Target: roleTarget, Justification: &why,
		Schedule: &pim.Asked{Start: from, Expiration: s.Expiration}, Created: noon, Completed: from, Status: pim.Granted, Scheduled: s.ID,
	}
	w.write(func(tx *store.WriteTx) error { return tx.InsertRequest(r) })
	return r
}

func TestAStartInTheFutureIsRecordedWhenItComes(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		start, end := noon.Add(time.Hour), noon.Add(3*time.Hour)
		w.request(pim.SelfActivate, start, end)
		lost := w.request(pim.AdminAssign, start, end)
		w.write(func(tx *store.WriteTx) error {
			s, _, err := tx.Schedule(lost.Scheduled)
			tx.DeleteSchedule(s)
			return err
		})
		if next := w.tick(noon); next != start {
			t.Errorf("next is %s, want %s", next, start)
		}
		if next := w.tick(start); next != end {
			t.Errorf("then %s, want %s", next, end)
		}
		w.tick(start)
		log := w.log()
		if len(log) != 2 {
			t.Fatalf("%d records: %+v", len(log), log)
		}
		for _, r := range log {
			want, result, status := "Add member to role completed (PIM activation)", audit.Success, pim.Provisioned
			if r.Correlation == lost.ID {
				want, result, status = "Add member to role in PIM completed (timebound)", audit.Failure, pim.Canceled
			}
			if r.Activity != want || r.Result != result || r.At != start || r.Details[2].Value != "because" {
				t.Errorf("record %+v", r)
			}
			if got := w.status(r.Correlation); got != status {
				t.Errorf("%s: %s, want %s", r.Activity, got, status)
			}
		}
	})
}

func (w *world) status(id guid.ID) (s pim.Status) {
	w.t.Helper()
	err := w.tenant.Read(w.t.Context(), func(tx *store.ReadTx) error {
		r, _, err := tx.Request(id)
		s = r.Status
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// What came and went while nobody looked is on record in the order of time: first that it
// began, then that it was over.
func TestAWindowThatPassedUnseenIsRecordedWhole(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		r := w.request(pim.SelfActivate, noon.Add(time.Hour), noon.Add(2*time.Hour))
		w.tick(noon)
		w.reopen()
		w.tick(noon.Add(24 * time.Hour))
		log := w.log()
		if len(log) != 2 || log[0].Operation != "beginSchedule" || log[1].Operation != "expireSchedule" || w.status(r.ID) != pim.Provisioned {
			t.Fatalf("records: %+v", log)
		}
	})
}

func TestDeletedObjectsGoAfterThirtyDays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		w.write(func(tx *store.WriteTx) error { return tx.DeleteUser(ada, tx.Now()) })
		w.clock.Add(int64(time.Hour / 100))
		w.write(func(tx *store.WriteTx) error { return tx.DeleteGroup(admins, tx.Now()) })
		due := noon.Add(30 * 24 * time.Hour)
		if next := w.tick(due - when.Tick); next != due || len(w.log()) != 0 {
			t.Fatalf("next is %s, %d records", next, len(w.log()))
		}
		w.tick(due)
		log := w.log()
		if len(log) != 1 || log[0].Activity != "Hard Delete user" || log[0].Targets[0].ID != ada.String() || log[0].Targets[0].Name != "Ada" {
			t.Fatalf("%+v", log)
		}
		if next := w.tick(due.Add(time.Hour)); next != when.Never || len(w.log()) != 2 {
			t.Errorf("then %s, %d records", next, len(w.log()))
		}
		err := w.tenant.Read(t.Context(), func(tx *store.ReadTx) error {
			for _, id := range []guid.ID{ada, admins} {
				if o, err := tx.DeletedObject(id); err != nil || o.Kind != directory.KindNone {
					t.Errorf("%s is still there: %v %v", id, o, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestDeletedUnitsGoAfterThirtyDaysToo(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		old, young := w.env.NewID(), w.env.NewID()
		w.write(func(tx *store.WriteTx) error {
			return errors.Join(
				tx.InsertUnit(directory.Unit{Object: object(old, directory.KindUnit, "Malmö")}), tx.InsertUnit(directory.Unit{Object: object(young, directory.KindUnit, "Lund")}),
				tx.DeleteUnit(young, tx.Now()+when.Hour), tx.DeleteUnit(old, tx.Now()),
			)
		})
		due := noon.Add(30 * 24 * time.Hour)
		if next := w.tick(due - when.Tick); next != due || len(w.log()) != 0 {
			t.Fatalf("next is %s, %d records", next, len(w.log()))
		}
		if next := w.tick(due); next != due+when.Hour {
			t.Errorf("then %s", next)
		}
		if log := w.log(); len(log) != 1 || log[0].Activity != "Hard Delete administrative unit" || log[0].Targets[0].ID != old.String() || log[0].Targets[0].Name != "Malmö" {
			t.Fatalf("%+v", log)
		}
	})
}

// A tenant that is closed, or was when the process ended, is opened when its time has come
// and not before; one that is gone is nobody's business.
func TestTenantsAreLookedAfterWhetherOpenOrNot(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		end := noon.Add(time.Hour)
		w.grant(pim.Assigned, roleTarget, noon, end)
		other := guid.Must("c0000000-0000-4000-8000-000000000002")
		w.create(other, "other.com")
		w.tick(noon)
		w.reopen()
		due, err := w.store.Due(t.Context())
		if err != nil || len(due) != 1 || due[0] != (store.Due{Tenant: contoso, At: end}) {
			t.Fatalf("due is %+v, %v", due, err)
		}
		if next := w.tick(end - when.Tick); next != end {
			t.Errorf("next is %s", next)
		}
		if err := w.store.Drop(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		w.tick(end)
		if len(w.log()) != 1 {
			t.Errorf("%d records", len(w.log()))
		}
	})
}

// many gives n assignments that end at one instant to a tenth as many people.
func (w *world) many(n int, end when.Instant) {
	w.t.Helper()
	for from := 0; from < n; from += 2000 {
		var in store.Import
		for i := from; i < min(n, from+2000); i++ {
			if i%10 == 0 {
				in.Users = append(in.Users, directory.User{Object: object(w.env.NewID(), directory.KindUser, "Someone"), UPN: fmt.Sprintf("u%d@contoso.com", i), Enabled: true, Type: "Member"})
			}
			id := w.env.NextID()
			in.Schedules = append(in.Schedules, pim.Schedule{
				ID: id, Kind: pim.Activated, Principal: in.Users[len(in.Users)-1].ID, Target: roleTarget, Window: when.Window{Start: noon, End: end},
				Expiration: pim.Expiration{Type: pim.AfterDuration, Duration: "PT1H"}, Request: id, Created: noon, Modified: when.Never,
			})
		}
		w.write(func(tx *store.WriteTx) error { return tx.InsertMany(in) })
	}
}

func TestTenThousandEndsAtOneInstantAreAllRecordedOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		const n = 10_000
		end := noon.Add(time.Hour)
		w.many(n, end)
		w.clock.Store(int64(end))
		began := time.Now()
		w.tick(end)
		t.Logf("%d ends recorded in %v", n, time.Since(began))
		w.tick(end)
		seen := map[guid.ID]int{}
		for _, r := range w.log() {
			seen[r.Correlation]++
		}
		if len(seen) != n || w.held() != 0 {
			t.Errorf("%d of %d ends are on record; %d schedules are open", len(seen), n, w.held())
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("%s is recorded %d times", id, times)
			}
		}
	})
}

// Several keepers at once, as on several nodes, record each end once.
func TestKeepersDoNotRecordTwice(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		end := noon.Add(time.Hour)
		w.many(300, end)
		w.clock.Store(int64(end))
		errs := make(chan error)
		for range 4 {
			go func() { _, err := w.Tick(t.Context()); errs <- err }()
		}
		for range 4 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if log := w.log(); len(log) != 300 {
			t.Errorf("%d records", len(log))
		}
	})
}

// A pass that is cut off leaves whole records and is completed by the next.
func TestAPassThatIsCutOffIsCompletedLater(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		end := noon.Add(time.Hour)
		w.many(300, end)
		w.clock.Store(int64(end))
		p := pass{tenant: w.tenant, env: w.env, chores: chores, size: 100}
		if done, err := p.slice(t.Context(), chores[1]); err != nil || done != 100 {
			t.Fatalf("%d, %v", done, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Tick(ctx); err == nil {
			t.Error("a pass without time succeeded")
		}
		w.reopen()
		if log := w.log(); len(log) != 100 || w.held() != 200 {
			t.Errorf("%d records, %d schedules are open", len(log), w.held())
		}
		w.tick(end)
		if log := w.log(); len(log) != 300 || w.held() != 0 {
			t.Errorf("%d records, %d schedules are open", len(log), w.held())
		}
	})
}

// A chore that fails is reported, and keeps no other from its records.
func TestAChoreThatFailsDoesNotKeepOthersWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	end := noon.Add(time.Hour)
	w.grant(pim.Assigned, roleTarget, noon, end)
	w.clock.Store(int64(end))
	broken := chore{
		"broken", func(*store.ReadTx) (when.Instant, error) { return noon, nil },
		func(*store.WriteTx, int) (int, error) { return 0, errors.New("out of order") },
	}
	p := pass{tenant: w.tenant, env: w.env, chores: append([]chore{broken}, chores...), size: 8}
	if _, err := p.run(t.Context()); err == nil || len(w.log()) != 1 {
		t.Errorf("%d records, error %v", len(w.log()), err)
	}
}

// What is due and cannot be recorded ends the pass with an error, instead of never.
func TestAPassThatGetsNowhereEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	stuck := chore{
		"stuck", func(*store.ReadTx) (when.Instant, error) { return noon, nil },
		func(*store.WriteTx, int) (int, error) { return 0, nil },
	}
	p := pass{tenant: w.tenant, env: w.env, chores: []chore{stuck}, size: 8}
	if _, err := p.run(t.Context()); err == nil {
		t.Error("nothing was done, and nobody was told")
	}
}

func TestSlicesFitTheirTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		size int
		took time.Duration
		want int
	}{
		{64, 0, 128}, {64, sliceTime / 4, 128}, {64, sliceTime, 64}, {256, 2 * sliceTime, 128}, {64, time.Second, smallest}, {400, 0, largest},
	} {
		if got := resized(row.size, row.took); got != row.want {
			t.Errorf("%d in %v: %d, want %d", row.size, row.took, got, row.want)
		}
	}
}

// Run sleeps until the next thing comes due, and is woken when a clock is moved.
func TestRunWakesWhenSomethingComesDue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		e := env.System()
		st, err := store.Open(t.Context(), store.Config{Dir: dir, Env: e, Dev: true, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, Keeper: New(st, e, slog.New(slog.DiscardHandler))}
		w.tenant = w.create(contoso, "contoso.com")
		end := e.Now().Add(10*time.Minute + 3*time.Millisecond)
		w.grant(pim.Assigned, roleTarget, e.Now(), end)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		time.Sleep(10 * time.Minute)
		if w.held() != 1 {
			t.Error("the end was recorded early")
		}
		time.Sleep(4 * time.Millisecond)
		synctest.Wait()
		if log := w.log(); len(log) != 1 || log[0].At-end > 2*when.Millisecond {
			t.Errorf("records: %+v, the end was %s", log, end)
		}
		later := e.Now().Add(24 * time.Hour)
		w.grant(pim.Assigned, roleTarget, e.Now(), later)
		if err := w.tenant.SetClock(t.Context(), store.Clock{Now: later, Frozen: true}, byTest()); err != nil {
			t.Fatal(err)
		}
		w.Wake()
		synctest.Wait()
		if len(w.log()) != 2 {
			t.Error("a moved clock was not noticed")
		}
		cancel()
		<-ended
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
}
