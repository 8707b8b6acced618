package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// An asked is a question as the snapshot takes it, and what a bare map is asked in its
// place.
type asked struct {
	subject  guid.ID
	action   roledata.Action
	resource directory.Ref
	text     string
}

// A court decides in this process, on a data set's own snapshot.
type court struct {
	snap *authz.Snapshot
	now  when.Instant
	all  []asked
	bare map[string]int // a map of every user by id, as text
	sum  int
}

// measureDecisions compares a decision in process with a lookup in Go's map.
func measureDecisions(ctx context.Context, b *bench) error {
	var courts []*court
	for _, c := range b.cities() {
		k, err := b.court(ctx, c)
		if err != nil {
			return err
		}
		courts = append(courts, k)
	}
	samples, err := contest(b.rounds, courts[0].lookups, courts[0].decisions, courts[1].lookups, courts[1].decisions)
	if err != nil {
		return err
	}
	var ratios [2]figure
	for i, c := range b.cities() {
		ratios[i] = ratio(samples[2*i+1], samples[2*i], p50)
		ns := alone(samples[2*i+1], p50).median * 1e9 / combinations
		b.sheet.add(fmt.Sprintf("decision in process, %s users, to a map lookup by string", count(c.users)), atMost(3), ratios[i], fmt.Sprintf("(%.0f ns)", ns))
		b.sheet.add(fmt.Sprintf("… allocations, %s users", count(c.users)), within(0, "a decision"), exactly(courts[i].allocations()), "")
	}
	growth := make([]float64, b.rounds)
	for i := range growth {
		growth[i] = p50(samples[3][i]) / p50(samples[2][i]) / (p50(samples[1][i]) / p50(samples[0][i]))
	}
	b.sheet.add(fmt.Sprintf("… that ratio at %s to that at %s", count(b.large.users), count(b.small.users)), atMost(1.2), figureOf(growth), "")
	clear(courts)
	debug.FreeOSMemory()
	return nil
}

// court opens a data set for as long as it takes to read its snapshot.
func (b *bench) court(ctx context.Context, c *city) (k *court, err error) {
	dir, err := b.set(ctx, c)
	if err != nil {
		return nil, err
	}
	st, err := open(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	id, err := first(ctx, st)
	if err != nil {
		return nil, err
	}
	t, err := st.Tenant(ctx, id)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	k = &court{bare: make(map[string]int, c.users)}
	if k.snap, k.now, err = t.Snapshot(ctx); err != nil {
		return nil, err
	}
	b.say("read a snapshot of %s users in %s", count(c.users), time.Since(began).Round(time.Millisecond))
	for i := range c.users {
		k.bare[c.user(i).String()] = i
	}
	for _, q := range c.questions() {
		action, known := roledata.ActionOf(q.action)
		if !known {
			return nil, fmt.Errorf("no action %s", q.action)
		}
		k.all = append(k.all, asked{q.subject, action, directory.Ref{ID: q.resource, Kind: directory.KindUser}, q.resource.String()})
	}
	return k, k.mixed()
}

// mixed fails unless the questions have answers of both kinds, a fair part of each.
func (k *court) mixed() error {
	allowed := 0
	for i := range k.all {
		q := &k.all[i]
		if k.snap.Can(q.subject, q.action, q.resource, k.now).Allowed {
			allowed++
		}
	}
	if allowed < len(k.all)/10 || allowed > len(k.all)*9/10 {
		return fmt.Errorf("%d of %d questions are allowed: they are too simple", allowed, len(k.all))
	}
	return nil
}

// turns is how often one round asks all questions, in portions that are timed by
// themselves.
const (
	turns    = 20
	portions = 20
)

// lookups finds each question's object in the bare map.
func (k *court) lookups() (sample, error) {
	return k.timed(func(q *asked) int { return k.bare[q.text] })
}

// decisions answers each question.
func (k *court) decisions() (sample, error) {
	return k.timed(func(q *asked) int {
		if k.snap.Can(q.subject, q.action, q.resource, k.now).Allowed {
			return 1
		}
		return 0
	})
}

// timed is the time of all questions, where each portion of them counts as in its fastest
// turn: whatever else the machine does must not count as ours.
func (k *court) timed(one func(*asked) int) (sample, error) {
	var best [portions]time.Duration
	size := len(k.all) / portions
	for turn := range turns {
		for p := range best {
			began := time.Now()
			for i := p * size; i < (p+1)*size; i++ {
				k.sum += one(&k.all[i]) // kept, so that the work is not optimised away
			}
			if took := time.Since(began); turn == 0 || took < best[p] {
				best[p] = took
			}
		}
	}
	var total time.Duration
	for _, took := range best {
		total += took
	}
	return sample{p50: total}, nil
}

// allocations is how many a decision makes.
func (k *court) allocations() float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := k.decisions(); err != nil {
		return -1
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / uint64(turns*len(k.all)))
}
