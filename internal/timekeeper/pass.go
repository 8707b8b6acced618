package timekeeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ephor/internal/env"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A chore is one sort of thing that comes due in a tenant.
type chore struct {
	what string
	// next is when the first of what is not yet recorded comes due, on the tenant's clock.
	next func(*store.ReadTx) (when.Instant, error)
	// do records at most so many of those that have come due, and tells how many. What is
	// due is read in the same transaction that records it, so that it is recorded once,
	// whatever other nodes do and however often this is interrupted.
	do func(tx *store.WriteTx, most int) (done int, err error)
}

// chores are in the order in which they are done. A start comes before an end, so that of
// a window that was over before anybody looked both are on record.
var chores = []chore{
	{"starts", nextStart, recordStarts},
	{"ends", nextEnd, recordEnds},
	{"approvals", nextApproval, recordApprovals},
	{"requests to forget", nextForgotten, forgetRequests},
	purgeUsers, purgeGroups, purgeApplications, purgePrincipals, purgeUnits,
}

// The number of things that are recorded in one transaction follows from how long it
// takes, so that callers never wait long behind it.
const (
	firstSlice   = 64
	smallest     = 64
	largest      = 400
	sliceTime    = 15 * time.Millisecond // aimed at; slices should take no longer than 20
	roundsAtMost = 3                     // without anything done, although something is due
)

// A pass is one tenant's chores.
type pass struct {
	tenant *store.Tenant
	env    *env.Env
	chores []chore
	size   int
}

// run does all that has come due and answers when, on the machine's clock, more does.
func (p *pass) run(ctx context.Context) (next when.Instant, err error) {
	for idle := 0; idle < roundsAtMost; {
		due, next, err := p.due(ctx)
		if err != nil || len(due) == 0 {
			return next, err
		}
		done, err := p.work(ctx, due)
		if err != nil {
			return when.Never, err
		}
		if idle++; done > 0 {
			idle = 0
		}
	}
	return when.Never, errors.New("something has come due that cannot be recorded")
}

// due are the chores for which something has come due. When there are none, it leaves word
// with the tenant until when that is so.
func (p *pass) due(ctx context.Context) (due []chore, next when.Instant, err error) {
	err = p.tenant.Read(ctx, func(tx *store.ReadTx) error {
		first := when.Never
		for _, c := range p.chores {
			at, err := c.next(tx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.what, err)
			}
			if at <= tx.Now() {
				due = append(due, c)
			}
			first = min(first, at)
		}
		if next = first; first != when.Never {
			next = tx.Machine() + (first - tx.Now())
		}
		if len(due) == 0 {
			p.tenant.Quiet(tx, first)
		}
		return nil
	})
	return due, next, err
}

// work does the chores to their ends. One that fails does not keep the others from theirs.
func (p *pass) work(ctx context.Context, due []chore) (done int, err error) {
	var errs []error
	for _, c := range due {
		for {
			asked := p.size
			n, err := p.slice(ctx, c)
			done += n
			if err != nil {
				errs = append(errs, fmt.Errorf("record %s: %w", c.what, err))
			}
			if err != nil || n < asked {
				break
			}
		}
	}
	return done, errors.Join(errs...)
}

// slice does a part of a chore in one transaction, behind all callers who wait.
func (p *pass) slice(ctx context.Context, c chore) (done int, err error) {
	var began time.Time
	err = p.tenant.WriteSlice(ctx, func(tx *store.WriteTx) (err error) {
		began = p.env.Time()
		done, err = c.do(tx, p.size)
		return err
	})
	if err != nil {
		return 0, err
	}
	if done == p.size {
		p.size = resized(p.size, p.env.Time().Sub(began))
	}
	return done, nil
}

// resized is the size of the next slice after one of that size took so long.
func resized(size int, took time.Duration) int {
	fit := 2 * size
	if took > sliceTime/2 {
		fit = int(time.Duration(size) * sliceTime / took)
	}
	return max(smallest, min(fit, largest))
}
