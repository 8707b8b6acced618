package expiry

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/env"
	"ephor/internal/store"
	"ephor/internal/when"
	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// readers is how many ask at once.
const readers = 4

var helpdesk = harness.Role("Helpdesk Administrator")

// seed has somebody who may activate a role, somebody to use it on, and many names for
// readers, so that none waits for another's session.
func seed() harness.Seed {
	return harness.Seed{People: []harness.Person{
		{Name: "ada", Roles: []string{"Global Administrator"}},
		{Name: "eve", Eligible: []string{"Helpdesk Administrator"}},
		{Name: "bystander"},
	}}
}

var may = harness.Question{Subject: "eve", Action: "users/invalidateAllRefreshTokens", Kind: "user", Resource: "bystander"}

// began is when the tests begin, on the tenant's clock.
var began = when.Of(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))

// activate asks for an activation of five minutes from an instant on.
func activate(h *harness.House, from when.Instant) (end when.Instant) {
	h.As("eve").Want(201, "POST", "/roleManagement/directory/roleAssignmentScheduleRequests", fmt.Sprintf(
		`{"action":"selfActivate","principalId":"{eve}","roleDefinitionId":"%s","directoryScopeId":"/","justification":"because",
		"scheduleInfo":{"startDateTime":"%s","expiration":{"type":"afterDuration","duration":"PT5M"}}}`, helpdesk, from))
	return from.Add(5 * time.Minute)
}

// A watch holds answers against the instants at which they may have been judged. When one
// is asked for, the clock shows no less than passed; when it is there, no more than begun.
type watch struct {
	t          *testing.T
	start, end when.Instant
	passed     func() when.Instant
	begun      func() when.Instant
	allowed    atomic.Int64
	denied     atomic.Int64
}

// judge has one answer made, and fails if no instant at which it may have been judged
// explains it.
func (w *watch) judge(what string, ask func() (allowed bool, err error)) {
	from := w.passed()
	allowed, err := ask()
	to := w.begun()
	switch {
	case err != nil:
		w.t.Errorf("%s: %v", what, err)
	case allowed && (from >= w.end || to < w.start):
		w.t.Errorf("%s was allowed between %s and %s; the grant is from %s to %s", what, from, to, w.start, w.end)
	case !allowed && from >= w.start && to < w.end:
		w.t.Errorf("%s was denied between %s and %s; the grant is from %s to %s", what, from, to, w.start, w.end)
	case allowed:
		w.allowed.Add(1)
	default:
		w.denied.Add(1)
	}
}

// read asks in every way there is, until stop is closed, and says so after each round to
// whoever listens.
func (w *watch) read(h *harness.House, stop <-chan struct{}, round chan<- struct{}) {
	eve := h.As("eve")
	for {
		select {
		case <-stop:
			return
		default:
		}
		w.judge("a decision", func() (bool, error) {
			r, err := eve.Decide(may)
			if err == nil && r.Decision && r.Context.Until != w.end.String() {
				err = fmt.Errorf("it holds until %q, want %s", r.Context.Until, w.end)
			}
			return r.Decision, err
		})
		w.judge("a call", func() (bool, error) {
			a := eve.Do("POST", "/users/{bystander}/revokeSignInSessions", "")
			if a.Status != 200 && a.Status != 403 {
				return false, fmt.Errorf("%d %s", a.Status, a.Text)
			}
			return a.Status == 200, nil
		})
		w.judge("a list", func() (bool, error) {
			a := eve.Do("GET", "/roleManagement/directory/roleAssignmentScheduleInstances?$filter=principalId eq '{eve}'", "")
			if a.Status != 200 {
				return false, fmt.Errorf("%d %s", a.Status, a.Text)
			}
			return len(a.Values()) == 1, nil
		})
		select {
		case round <- struct{}{}:
		default: // nobody counts
		}
	}
}

// readAll starts the readers; more lets them go on for so many rounds, and finish ends them.
func (w *watch) readAll(h *harness.House) (more func(rounds int), finish func()) {
	round, stop := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	for range readers {
		all.Go(func() { w.read(h, stop, round) })
	}
	more = func(rounds int) {
		for range rounds {
			select {
			case <-round:
			case <-w.t.Context().Done():
			}
		}
	}
	return more, func() {
		close(stop)
		all.Wait()
	}
}

// recorded fails if the log has a success of eve's outside the grant's window: these are
// the instants that the server itself judged by.
func (w *watch) recorded(h *harness.House) {
	w.t.Helper()
	n := 0
	err := h.Tenant.Read(w.t.Context(), func(tx *store.ReadTx) error {
		var after *store.Position
		for {
			page, err := store.List(tx, store.AuditRecords, store.ListQuery{Limit: 500, After: after})
			if err != nil {
				return err
			}
			for _, r := range page.Rows {
				if r.Operation != "revokeSignInSessions" || r.Result != audit.Success {
					continue
				}
				if n++; r.At < w.start || r.At >= w.end {
					w.t.Errorf("%s was done at %s; the grant is from %s to %s", r.Activity, r.At, w.start, w.end)
				}
			}
			if after = page.Next; after == nil {
				return nil
			}
		}
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if n == 0 || w.allowed.Load() == 0 || w.denied.Load() == 0 {
		w.t.Errorf("%d calls were recorded, %d answers allowed and %d denied: the test has seen nothing", n, w.allowed.Load(), w.denied.Load())
	}
}

// around are the instants at which the clock is made to stand, tick by tick about an edge.
func around(edge when.Instant) []when.Instant {
	var all []when.Instant
	for d := when.Instant(-3); d <= 3; d++ {
		all = append(all, edge+d)
	}
	return all
}

func TestDecisionsUnderPressureTurnAtTheTick(t *testing.T) {
	t.Parallel()
	harness.Each(t, seed(), func(t *testing.T, h *harness.House) {
		h.SetClock(began)
		start := began.Add(time.Hour)
		end := activate(h, start)
		var passed, begun atomic.Int64
		passed.Store(int64(began))
		begun.Store(int64(began))
		w := &watch{
			t: t, start: start, end: end,
			passed: func() when.Instant { return when.Instant(passed.Load()) },
			begun:  func() when.Instant { return when.Instant(begun.Load()) },
		}
		more, finish := w.readAll(h)
		for _, at := range append(around(start), around(end)...) {
			begun.Store(int64(at))
			h.SetClock(at)
			passed.Store(int64(at))
			more(2 * readers) // of which half at least began at this instant
		}
		finish()
		w.recorded(h)
	})
}

func TestDecisionsUnderPressureTurnWhenTheRunningClockReachesTheEnd(t *testing.T) {
	t.Parallel()
	harness.Each(t, seed(), func(t *testing.T, h *harness.House) {
		h.SetClock(began)
		start := began
		end := activate(h, start)
		machine := env.System()
		ahead := run(t, h, end.Add(-2*time.Second))
		shows := func() when.Instant { return machine.Now() + ahead }
		w := &watch{t: t, start: start, end: end, passed: shows, begun: shows}
		more, finish := w.readAll(h)
		for shows() < end.Add(time.Second) {
			more(readers)
		}
		finish()
		w.recorded(h)
	})
}

// run sets the tenant's clock going from an instant, and answers by how much it is ahead
// of the machine's.
func run(t *testing.T, h *harness.House, from when.Instant) (ahead when.Instant) {
	t.Helper()
	err := h.Tenant.SetClock(t.Context(), store.Clock{Now: from}, audit.Record{
		Activity: "Set clock", Category: "DirectoryManagement", Service: "Core Directory", Type: "Update", Operation: "test",
		Result: audit.Success, Actor: audit.Actor{Operator: "test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Tenant.Read(t.Context(), func(tx *store.ReadTx) error {
		ahead = tx.Now() - tx.Machine()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ahead
}
