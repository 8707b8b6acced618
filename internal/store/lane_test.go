package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"ephor/internal/audit"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pgtest"
	"ephor/internal/when"
)

func yieldCPU() { runtime.Gosched() }

// asFault is the status of the fault in err, 0 if there is none.
func asFault(err error) (int, bool) {
	f, ok := fault.As(err)
	if !ok {
		return 0, false
	}
	return f.Status, true
}

var errRefused = fault.Bad("Refused", "No.")

func TestRefusalLeavesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "refusal")
		ids := newIDs(s, 4)
		early := func(tx *WriteTx) error { // queued, staged and recorded, nothing sent
			_ = put(ids[1])(tx)
			return errRefused
		}
		late := func(tx *WriteTx) error { // the same, and sent
			_ = put(ids[2])(tx)
			_, _ = tx.one("SELECT COUNT(*) FROM object", nil, new(int64))
			return errRefused
		}
		sees := func(tx *WriteTx) error {
			for _, id := range ids[1:3] {
				if _, there := tx.Snap().Object(id); there {
					return errors.New("a refused operation left its staged object")
				}
			}
			return put(ids[3])(tx)
		}
		errs := together(t, tenant, put(ids[0]), early, late, sees)
		if errs[0] != nil || errs[3] != nil || !errors.Is(errs[1], errRefused) || !errors.Is(errs[2], errRefused) {
			t.Errorf("answers: %v", errs)
		}
		if got := see(t, tenant); got != (sight{2, 2, 2, 2}) {
			t.Errorf("see %+v", got)
		}
	})
}

func TestRefusalLeavesItsEffectsAndNothingElse(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "effects")
		ids := newIDs(s, 6)
		refuse := func(asked, left guid.ID, send bool) func(*WriteTx) error {
			return func(tx *WriteTx) error {
				tx.Effect(put(left))
				_ = put(asked)(tx)
				if send {
					_, _ = tx.one("SELECT COUNT(*) FROM object", nil, new(int64))
				}
				return errRefused
			}
		}
		granted := func(tx *WriteTx) error {
			tx.Effect(put(ids[5]))
			return put(ids[4])(tx)
		}
		errs := together(t, tenant, refuse(ids[0], ids[1], false), refuse(ids[2], ids[3], true), granted)
		if !errors.Is(errs[0], errRefused) || !errors.Is(errs[1], errRefused) || errs[2] != nil {
			t.Errorf("answers: %v", errs)
		}
		for i, want := range []bool{false, true, false, true, true, false} {
			if has(t, tenant, ids[i]) != want {
				t.Errorf("object %d: there %v, want %v", i, !want, want)
			}
		}
		see(t, tenant)
	})
}

func TestFailedCommitAnswers503AndChangesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "failed")
		write(t, tenant, put(s.env.NewID()))
		before := see(t, tenant)
		sabotage(tenant, func(s *saboteur) {
			s.onCommit = func(func() error) error { return errSabotage }
		})
		ids := newIDs(s, 2)
		errs := together(t, tenant, put(ids[0]), func(*WriteTx) error { return errRefused }, put(ids[1]))
		for i, err := range errs {
			if status, _ := asFault(err); status != 503 {
				t.Errorf("operation %d of a failed group was answered with %v", i, err)
			}
		}
		s.wrap = nil
		if after := see(t, tenant); after != before {
			t.Errorf("before %+v, after %+v", before, after)
		}
		write(t, tenant, put(ids[0]))
		if !has(t, tenant, ids[0]) || has(t, tenant, ids[1]) {
			t.Error("the tenant does not go on as it was")
		}
	})
}

func TestUnknownOutcomeIsResolvedFromTheDatabase(t *testing.T) {
	t.Parallel()
	for name, happened := range map[string]bool{"it happened": true, "it did not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(t *testing.T, open opener) {
				s := open(t)
				tenant := create(t, s, "unknown")
				var once sync.Once
				sabotage(tenant, func(s *saboteur) {
					s.onCommit = func(commit func() error) (err error) {
						once.Do(func() {
							if happened {
								err = commit()
							}
							if err == nil {
								err = &uncertain{errSabotage}
							}
						})
						if err != nil {
							return err
						}
						return commit()
					}
				})
				id := s.env.NewID()
				err := tenant.Write(t.Context(), put(id))
				if status, _ := asFault(err); happened && err != nil || !happened && status != 503 {
					t.Errorf("answer: %v", err)
				}
				if has(t, tenant, id) != happened {
					t.Errorf("there: %v, happened: %v", !happened, happened)
				}
				see(t, tenant)
			})
		})
	}
}

func TestConnectionLostAtTheCommitChangesNothing(t *testing.T) {
	t.Parallel()
	s := installation(t, pgtest.Start(t))(t)
	tenant := create(t, s, "lost")
	ids := newIDs(s, 2)
	s.wrap = func(_ *Tenant, l link, write bool) link {
		if !write {
			return l
		}
		lost := l.(*postgresLink)
		return &saboteur{link: l, onCommit: func(commit func() error) error {
			_ = lost.conn.Conn().PgConn().Conn().Close()
			return commit()
		}}
	}
	if err := tenant.Write(t.Context(), put(ids[0])); !is503(err) {
		t.Errorf("answer: %v", err)
	}
	s.wrap = nil
	write(t, tenant, put(ids[1]))
	if has(t, tenant, ids[0]) || !has(t, tenant, ids[1]) {
		t.Error("what was not committed is there, or what was is not")
	}
	see(t, tenant)
}

func TestLargeImportIsSentInParts(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "import")
		ids := newIDs(s, queuedMost+10)
		fill := func(tx *WriteTx) error {
			for _, id := range ids {
				if err := put(id)(tx); err != nil {
					return err
				}
				tx.records = tx.records[:1]
			}
			return nil
		}
		refused := func(tx *WriteTx) error { _ = fill(tx); return errRefused }
		if err := tenant.Write(t.Context(), refused); !errors.Is(err, errRefused) {
			t.Errorf("answer: %v", err)
		}
		if see(t, tenant) != (sight{}) {
			t.Errorf("a refused import left %+v", see(t, tenant))
		}
		write(t, tenant, fill)
		if n := int64(len(ids)); see(t, tenant) != (sight{n, n, 1, 1}) {
			t.Errorf("see %+v", see(t, tenant))
		}
	})
}

func TestTenantAnswersNobodyWhileAnOutcomeIsUnknown(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "unready")
		id := s.env.NewID()
		var down atomic.Bool
		s.wrap = func(on *Tenant, l link, _ bool) link {
			sab := &saboteur{link: l}
			sab.onCommit = func(commit func() error) error {
				if err := commit(); err != nil {
					return err
				}
				down.Store(true)
				return &uncertain{errSabotage}
			}
			sab.onQuery = func(string) error {
				if down.Load() {
					return errSabotage
				}
				return nil
			}
			return sab
		}
		if status, _ := asFault(tenant.Write(t.Context(), put(id))); status != 503 {
			t.Errorf("the write was answered with %d", status)
		}
		if _, _, err := tenant.Snapshot(t.Context()); !is503(err) {
			t.Errorf("a decision was answered: %v", err)
		}
		if err := tenant.Read(t.Context(), func(*ReadTx) error { return nil }); !is503(err) {
			t.Errorf("a read was answered: %v", err)
		}
		s.wrap = nil
		if !has(t, tenant, id) {
			t.Error("what had happened is not there")
		}
		see(t, tenant)
	})
}

func is503(err error) bool { status, _ := asFault(err); return status == 503 }

func TestCallerWhoLeftInTimeChangesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "left")
		ids := newIDs(s, 3)
		held, release := make(chan struct{}), make(chan struct{})
		first := make(chan error, 1)
		stays, leave := context.WithCancel(t.Context())
		go func() { // its caller leaves while it runs: it completes
			first <- tenant.Write(stays, func(tx *WriteTx) error {
				close(held)
				<-release
				return put(ids[0])(tx)
			})
		}()
		<-held
		leave()
		gone, cancel := context.WithCancel(t.Context())
		second := make(chan error, 1)
		go func() { second <- tenant.Write(gone, put(ids[1])) }()
		awaitQueue(t, tenant, 1)
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) {
			t.Errorf("who left was answered with %v", err)
		}
		close(release)
		if err := <-first; err != nil {
			t.Errorf("what had begun was answered with %v", err)
		}
		write(t, tenant, put(ids[2]))
		for i, want := range []bool{true, false, true} {
			if has(t, tenant, ids[i]) != want {
				t.Errorf("object %d: there %v, want %v", i, !want, want)
			}
		}
	})
}

func TestQueueOfACallerIsBounded(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	tenant := create(t, s, "bounded", inMemory)
	held, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = tenant.Write(t.Context(), func(*WriteTx) error { close(held); <-release; return nil })
	})
	<-held
	for range callerLimit {
		all.Go(func() {
			if err := tenant.WriteAs(t.Context(), "ada", put(s.env.NewID())); err != nil {
				t.Error(err)
			}
		})
	}
	awaitQueue(t, tenant, callerLimit)
	if status, _ := asFault(tenant.WriteAs(t.Context(), "ada", put(s.env.NewID()))); status != 429 {
		t.Errorf("one more of the same caller: %d", status)
	}
	all.Go(func() {
		if err := tenant.WriteAs(t.Context(), "grace", put(s.env.NewID())); err != nil {
			t.Error(err)
		}
	})
	awaitQueue(t, tenant, callerLimit+1)
	close(release)
	all.Wait()
	if got := see(t, tenant); got.rows != callerLimit+1 {
		t.Errorf("see %+v", got)
	}
}

func TestSlicesGoBehindCallersAndAreNotStarved(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	tenant := create(t, s, "slices", inMemory)
	held, release := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	var order []string
	note := func(what string) func(*WriteTx) error {
		return func(*WriteTx) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, what)
			return nil
		}
	}
	var all sync.WaitGroup
	all.Go(func() {
		_ = tenant.Write(t.Context(), func(*WriteTx) error { close(held); <-release; return nil })
	})
	<-held
	n := 0
	join := func(write func(context.Context, func(*WriteTx) error) error, what string) {
		all.Go(func() { _ = write(t.Context(), note(what)) })
		n++
		awaitQueue(t, tenant, n)
	}
	join(tenant.WriteSlice, "slice")
	join(tenant.WriteSlice, "slice")
	for range groupSize + 1 {
		join(tenant.Write, "caller")
	}
	close(release)
	all.Wait()
	// The first group was the holder's, so a slice had its turn; then a full group of
	// callers, the second slice, and the caller that was left.
	want := map[int]string{0: "slice", 1: "caller", groupSize: "caller", groupSize + 1: "slice", groupSize + 2: "caller"}
	for i, what := range want {
		if order[i] != what {
			t.Errorf("place %d went to a %s, want a %s (%v)", i, order[i], what, order)
		}
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "time")
		read := func() (now when.Instant) {
			_, now, err := tenant.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		write(t, tenant, put(s.env.NewID()))
		if read() != when.Of(noon) {
			t.Errorf("the time is %v", read())
		}
		d.ticks.Add(-when.Hour)
		if read() != when.Of(noon) {
			t.Errorf("the machine's clock went back, and the tenant's with it, to %v", read())
		}
		var at when.Instant
		write(t, tenant, func(tx *WriteTx) error { at = tx.Now(); return put(s.env.NewID())(tx) })
		if at != when.Of(noon) {
			t.Errorf("a write was judged at %v", at)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, d.set)
		tenant, err := s.Tenant(t.Context(), tenant.ID())
		if err != nil {
			t.Fatal(err)
		}
		if read() != when.Of(noon) {
			t.Errorf("after a restart the time is %v", read())
		}
	})
}

func TestRecordsHaveTheirPlaceTimeAndId(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "records")
		write(t, tenant, func(tx *WriteTx) error {
			tx.Record(record("requested"))
			tx.Record(record("completed"))
			return nil
		})
		var got []audit.Record
		err := tenant.Read(t.Context(), func(tx *ReadTx) error {
			return tx.query("SELECT body FROM audit ORDER BY idx", nil, func(scan func(...any) error) error {
				var b []byte
				if err := scan(&b); err != nil {
					return err
				}
				r, err := audit.Decode(b)
				got = append(got, r)
				return err
			})
		})
		if err != nil || len(got) != 2 {
			t.Fatalf("%d records: %v", len(got), err)
		}
		for i, r := range got {
			if r.Seq != uint64(i) || r.At != when.Of(noon) || r.ID.IsZero() {
				t.Errorf("record %d: seq %d, at %v, id %v", i, r.Seq, r.At, r.ID)
			}
		}
		if see(t, tenant).seq != 1 {
			t.Error("two records of one operation made two versions")
		}
	})
}
