package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

const (
	// notice is how long before their end the grants are made: time to start the server in,
	// and more for each thousand of them, to make them in.
	notice     = 20 * time.Second
	noticeEach = 300 * time.Millisecond
	// before and after bound the decisions that are asked around the end.
	before = 2 * time.Second
	after  = 3 * time.Second
	// expiryDeadline is how long records are waited for.
	expiryDeadline = time.Minute
)

// An expiry is many grants that end at one instant, in a tenant of their own.
type expiry struct {
	house *house
	city  *city
	end   time.Time
	// holders are the users whose grants end, by id.
	holders map[string]bool
	// late are decisions that allowed and were asked for at or after the end, early those
	// that refused and were answered before it.
	asked, late, early atomic.Int64
	every              time.Duration // between two questions of a connection, 0 for as soon as it has its answer
	times              [askers]spans
}

// askers is over how many connections the holders are asked about.
const askers = 8

// measureExpiry asks about holders of grants that all end at one instant, across that
// instant; and waits for the records.
func measureExpiry(ctx context.Context, b *bench) error {
	x, err := b.expire(ctx, b.ending, 0)
	if err != nil {
		return err
	}
	defer func() { _ = x.house.stop() }() // it has said all that was asked of it
	written, found, err := x.records(ctx)
	if err != nil {
		return err
	}
	x.judge(b)
	b.sheet.add("… records lost", within(0, ""), exactly(float64(b.ending-found)), "")
	b.sheet.add("… the last record written after", within(1, "s"), exactly(written.Seconds()), "")
	return nil
}

// judge says what became of the decisions.
func (x *expiry) judge(b *bench) {
	what := fmt.Sprintf("%s grants that end at one instant, %d decisions a second meanwhile", count(x.city.users), x.asked.Load()/int64((before+after).Seconds()))
	b.sheet.add(what+": late", within(0, ""), exactly(float64(x.late.Load())), fmt.Sprintf("(early: %d)", x.early.Load()))
}

// expire makes so many grants that end at one instant and asks about their holders across
// it. The server is left running.
func (b *bench) expire(ctx context.Context, grants int, every time.Duration) (*expiry, error) {
	x := &expiry{every: every, city: newCity(grants, 0), holders: map[string]bool{}}
	x.city.holders = 0
	for n := range x.city.users {
		x.holders[x.city.user(n).String()] = true
	}
	dir := filepath.Join(b.dir, fmt.Sprintf("ending-%d", time.Now().Unix()))
	b.later(func() error { return os.RemoveAll(dir) })
	if err := b.fill(ctx, x.city, dir, "", x.grant(ctx)); err != nil {
		return nil, err
	}
	var err error
	if x.house, err = b.start(ctx, x.city, dir, ""); err != nil {
		return nil, err
	}
	err = x.house.enter(ctx)
	if err == nil && time.Until(x.end) < before {
		err = errors.New("the machine is too busy: the grants ended before the server was ready")
	}
	if err == nil {
		err = x.watch(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, x.house.stop())
	}
	return x, nil
}

// grant gives every user of the city the same role, to the same instant.
func (x *expiry) grant(ctx context.Context) func(*store.Tenant) error {
	return func(t *store.Tenant) error {
		x.end = time.Now().Add(notice + noticeEach*time.Duration(x.city.users/1000)).Truncate(time.Millisecond)
		for from := 0; from < x.city.users; from += atOnce {
			var in store.Import
			for n := from; n < min(from+atOnce, x.city.users); n++ {
				id, request := identity(aSchedule, n, x.city.users), identity(aRequest, n, x.city.users)
				in.Schedules = append(in.Schedules, pim.Schedule{
					ID: id, Kind: pim.Assigned, Principal: x.city.user(n), Target: pim.Target{Role: helpdesk}, Request: request,
					Window: when.Window{Start: beginning, End: when.Of(x.end)}, Created: beginning, Modified: when.Never,
					Expiration: pim.Expiration{Type: pim.AfterDateTime, End: when.Of(x.end)},
				})
			}
			if err := bring(ctx, t, in); err != nil {
				return err
			}
		}
		return nil
	}
}

// watch asks about one holder after the other, from before the end until after it.
func (x *expiry) watch(ctx context.Context) error {
	// One who holds nothing: every holder may end that person's sessions until the end.
	target := guid.Must("071cc716-8147-4397-a5ba-b2105951cc0b") // Sam Reed of contoso
	var questions [][]byte
	for n := range x.city.users {
		q := question{x.city.user(n), actions[0], target}
		questions = append(questions, request("POST", x.house.host, evaluationPath, x.house.admin, q.asJSON()))
	}
	select {
	case <-time.After(time.Until(x.end) - before):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var all sync.WaitGroup
	errs := make([]error, askers)
	for i := range errs {
		all.Go(func() { errs[i] = x.ask(ctx, questions, i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// ask is one connection's part of the watch.
func (x *expiry) ask(ctx context.Context, questions [][]byte, from int) error {
	w, err := dial(ctx, x.house.addr)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	turns := inTurn(x.every, from)
	for n := from * len(questions) / askers; ; n++ {
		since := turns.next()
		asked := time.Now()
		if asked.After(x.end.Add(after)) || ctx.Err() != nil {
			return context.Cause(ctx)
		}
		status, err := w.do(questions[n%len(questions)])
		answered := time.Now()
		if err != nil || status != http.StatusOK {
			return errors.Join(err, fmt.Errorf("answered %d: %.500s", status, w.body))
		}
		var d struct {
			Decision bool `json:"decision"`
		}
		if err := json.Unmarshal(w.body, &d); err != nil {
			return err
		}
		x.asked.Add(1)
		if into := &x.times[from]; since.Before(x.end) {
			into.calm = append(into.calm, answered.Sub(since))
		} else {
			into.storm = append(into.storm, answered.Sub(since))
		}
		switch {
		case d.Decision && !asked.Before(x.end):
			x.late.Add(1)
		case !d.Decision && answered.Before(x.end):
			x.early.Add(1)
		}
	}
}

// records reads the log until all grants have theirs, and tells how long after the end the
// last was written: a record's id holds the instant at which it was made.
func (x *expiry) records(ctx context.Context) (last time.Duration, found int, err error) {
	const activity = "Remove member from role in PIM completed (timebound)"
	filter := url.PathEscape("activityDisplayName eq '" + activity + "'")
	first := "/v1.0/auditLogs/directoryAudits?$top=999&$filter=" + filter
	for deadline := x.end.Add(expiryDeadline); ; {
		if last, found, err = x.count(ctx, first); err != nil || found >= x.city.users || time.Now().After(deadline) {
			return last, found, err
		}
		select {
		case <-ctx.Done():
			return 0, 0, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// count reads all pages from path on.
func (x *expiry) count(ctx context.Context, path string) (last time.Duration, found int, err error) {
	seen := map[string]bool{}
	for path != "" {
		answer, err := ask(ctx, x.house.addr, request("GET", x.house.host, path, x.house.robot, nil), http.StatusOK)
		if err != nil {
			return 0, 0, err
		}
		var page struct {
			Value []struct {
				ID      guid.ID `json:"id"`
				Targets []struct {
					ID string `json:"id"`
				} `json:"targetResources"`
			} `json:"value"`
			Next string `json:"@odata.nextLink"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return 0, 0, err
		}
		for _, r := range page.Value {
			last = max(last, made(r.ID).Sub(x.end))
			for _, t := range r.Targets {
				if x.holders[t.ID] {
					seen[t.ID] = true
				}
			}
		}
		path = ""
		if u, err := url.Parse(page.Next); err == nil && page.Next != "" {
			path = u.RequestURI()
		}
	}
	return last, len(seen), nil
}

// made is the instant in a time-ordered id (version 7).
func made(id guid.ID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16))
}
