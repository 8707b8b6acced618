package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"ephor/internal/fault"
	"ephor/internal/pim"
)

const (
	groupSize   = 32   // operations that share one commit
	queueLimit  = 4096 // operations that may wait in one tenant
	callerLimit = 256  // and of one caller
	slicesLimit = 64   // and of low urgency
)

// A lane is where a tenant's writes wait. Those that wait together share one transaction
// and one commit: durability is not bought one fsync at a time. A goroutine works the lane
// off and ends when it is empty.
type lane struct {
	mu      sync.Mutex
	waiting []*entry // of callers, first come first served
	slices  []*entry // of imports and the timekeeper: one after each group of callers
	callers map[string]int
	working bool
	slice   bool // whose turn it is, when both wait
}

// An entry is one operation that waits, is judged, or has its answer.
type entry struct {
	fn     func(*WriteTx) error
	caller string // "" for none
	low    bool
	alone  bool          // shares its transaction with nobody
	budget time.Duration // 0 for the store's
	// request is what fn will ask PIMFacts about, nil for nothing; gathered is what has been
	// asked of it ahead.
	request  *pim.Request
	gathered *gathering
	state    atomic.Int32
	err      error         // valid once done is closed
	done     chan struct{} // closed with the answer
}

// The states of an entry. It is queued once, and then begun, unless its caller has quit.
const (
	queued int32 = iota
	begun
	quit
)

// join puts e in the lane and waits for its answer. A caller whose ctx ends before e is
// taken leaves, and nothing of e happens; after that the answer is waited for, because e
// runs in any case: no waiter's context enters the lane.
func (l *lane) join(ctx context.Context, e *entry, work func([]*entry)) error {
	e.done = make(chan struct{})
	if err := l.queue(e, work); err != nil {
		return err
	}
	select {
	case <-e.done:
	case <-ctx.Done():
		if e.state.CompareAndSwap(queued, quit) {
			return fmt.Errorf("write was not begun: %w", context.Cause(ctx))
		}
		<-e.done
	}
	return e.err
}

// queue appends e, if its queue is not full, and sees to it that somebody works.
func (l *lane) queue(e *entry, work func([]*entry)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.low && len(l.slices) >= slicesLimit, !e.low && len(l.waiting) >= queueLimit:
		return tooMany("The tenant has too many changes waiting.")
	case e.caller != "" && l.callers[e.caller] >= callerLimit:
		return tooMany("You have too many changes waiting.")
	}
	if e.low {
		l.slices = append(l.slices, e)
	} else {
		l.waiting = append(l.waiting, e)
	}
	if e.caller != "" {
		if l.callers == nil {
			l.callers = map[string]int{}
		}
		l.callers[e.caller]++
	}
	if !l.working {
		l.working = true
		go l.run(work)
	}
	return nil
}

func tooMany(why string) *fault.Fault {
	return &fault.Fault{Status: 429, Code: "TooManyRequests", Message: why, RetryAfter: 1}
}

// run works until nobody waits.
func (l *lane) run(work func([]*entry)) {
	for {
		group, more := l.take()
		if !more {
			return
		}
		if len(group) > 0 {
			work(group)
		}
	}
}

// take is the next group: callers as long as any wait, at most groupSize of them, and one
// slice of low urgency after each such group. It is empty when all it would hold have left.
func (l *lane) take() (group []*entry, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting)+len(l.slices) == 0 {
		l.working = false
		return nil, false
	}
	from, size := &l.waiting, groupSize
	if len(l.slices) > 0 && (l.slice || len(l.waiting) == 0) {
		from, size = &l.slices, 1
	}
	l.slice = from == &l.waiting
	for len(*from) > 0 && len(group) < size {
		e := (*from)[0]
		if e.alone && len(group) > 0 {
			break
		}
		if e.alone {
			size = 1
		}
		(*from)[0] = nil
		*from = (*from)[1:]
		l.leave(e)
		if e.state.CompareAndSwap(queued, begun) {
			group = append(group, e)
		}
	}
	return group, true
}

// leave frees e's place in its caller's share.
func (l *lane) leave(e *entry) {
	if e.caller == "" {
		return
	}
	if l.callers[e.caller]--; l.callers[e.caller] == 0 {
		delete(l.callers, e.caller)
	}
}

// answer lets every waiter go, with err where its entry has none of its own.
func answer(entries []*entry, err error) {
	for _, e := range entries {
		if err != nil {
			e.err = err
		}
		close(e.done)
	}
}

// unavailable is err as a caller may read it: the tenant cannot answer now. A fault stays
// as it is.
func unavailable(err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	return fault.Unavailable(err)
}
