package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// stormPace is how often each connection asks during the storm. On a machine that is asked as
// fast as it answers, how long an answer takes is told by how many are asked for at a time;
// this leaves it room, so that what takes long is what the storm makes long.
const stormPace = 4 * time.Millisecond

// spans are how long decisions took that one connection asked for: before the end, and from
// then on.
type spans struct{ calm, storm []time.Duration }

// A rhythm is when one connection asks: every so often, or as soon as it has its answer.
type rhythm struct {
	every time.Duration
	due   time.Time
}

// inTurn are the turns of one of the askers, which ask one after the other.
func inTurn(every time.Duration, asker int) rhythm {
	return rhythm{every, time.Now().Add(every * time.Duration(asker) / askers)}
}

// next waits for the next turn and tells since when its answer is waited for: since now, or
// since the turn was due if the answer before it came only later. So an answer that keeps
// many questions from being asked counts as many.
func (t *rhythm) next() (since time.Time) {
	due := t.due
	t.due = due.Add(t.every)
	switch wait := time.Until(due); {
	case t.every == 0:
		return time.Now()
	case wait < 0:
		return due
	default:
		time.Sleep(wait)
		return time.Now()
	}
}

// measureStorm is measureExpiry with so many grants that their records take seconds, and
// tells how long decisions take meanwhile; and what the machine makes of a server that has
// nothing to record, but as much else to do.
func measureStorm(ctx context.Context, b *bench) error {
	x, err := b.expire(ctx, b.storm, stormPace)
	if err != nil {
		return err
	}
	x.judge(b)
	var calm, storm []time.Duration
	for i := range x.times {
		calm, storm = append(calm, x.times[i].calm...), append(storm, x.times[i].storm...)
	}
	median, slow := tail(storm)
	usual, usuallySlow := tail(calm)
	if err := x.house.stop(); err != nil {
		return err
	}
	bareMedian, bareSlow, err := b.besideBusy(ctx)
	if err != nil {
		return err
	}
	b.sheet.add("… p99.9 of decisions to their median", atMost(5), exactly(slow/median), fmt.Sprintf(
		"(%.0f to %.0f µs; before the end %.0f to %.0f; a bare server with one processor busy %.0f to %.0f, which is %s×)",
		slow, median, usuallySlow, usual, bareSlow, bareMedian, short(bareSlow/bareMedian)))
	return nil
}

// tail is the median and the p99.9, in microseconds.
func tail(times []time.Duration) (median, slow float64) {
	if len(times) == 0 {
		return 0, 0
	}
	slices.Sort(times)
	return float64(times[len(times)/2].Microseconds()), float64(times[len(times)*999/1000].Microseconds())
}

// besideBusy is the tail of a bare server that is asked like Ephor in the storm, while one
// goroutine of it works without a pause.
func (b *bench) besideBusy(ctx context.Context) (median, slow float64, err error) {
	bare, err := b.barely(ctx)
	if err != nil {
		return 0, 0, err
	}
	q := request("POST", bare.addr, evaluationPath, "", question{b.small.user(0), actions[0], b.small.user(1)}.asJSON())
	if err := bare.keep(ctx, "decision", []byte(`{"decision":true}`)); err != nil {
		return 0, 0, err
	}
	w, err := dial(ctx, bare.addr)
	if err != nil {
		return 0, 0, err
	}
	defer w.conn.Close() // which ends the work
	if _, err := w.conn.Write(request("GET", bare.addr, busyPath, "", nil)); err != nil {
		return 0, 0, err
	}
	var all sync.WaitGroup
	var times [askers][]time.Duration
	var errs [askers]error
	for i := range errs {
		all.Go(func() { times[i], errs[i] = asking(ctx, bare.addr, q, inTurn(stormPace, i), after) })
	}
	all.Wait()
	median, slow = tail(slices.Concat(times[:]...))
	return median, slow, errors.Join(errs[:]...)
}

// asking asks one question again and again for a while, and tells how long the answers took.
func asking(ctx context.Context, addr string, question []byte, turns rhythm, during time.Duration) (times []time.Duration, err error) {
	w, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer w.conn.Close()
	for end := time.Now().Add(during); time.Now().Before(end) && ctx.Err() == nil; {
		since := turns.next()
		status, err := w.do(question)
		if err != nil || status != http.StatusOK {
			return nil, errors.Join(err, fmt.Errorf("answered %d: %.500s", status, w.body))
		}
		times = append(times, time.Since(since))
	}
	return times, context.Cause(ctx)
}
