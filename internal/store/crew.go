package store

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	crewMost = 4                     // transactions that read one tenant together
	crewFrom = 20_000                // objects that a tenant has at least for that to pay
	rowsSent = 512                   // rows that change hands at a time
	hireTime = 50 * time.Millisecond // how long another connection is waited for
)

// A crew is reading transactions of one version. Together they read what is large: a start
// takes as many of the machine's processors as there are.
type crew []*ReadTx

// crew is tx and, if the tenant is large, some more like it; dismiss ends those. A crew may
// be smaller than it could be: nobody waits long for a connection that others use.
func (l *live) crew(tx *ReadTx) (c crew, dismiss func(), err error) {
	c = crew{tx}
	dismiss = func() {
		for _, other := range c[1:] {
			other.link.rollback()
		}
	}
	var objects int64
	if _, err := tx.one("SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM total", nil, &objects); err != nil || objects < crewFrom {
		return c, dismiss, err
	}
	for len(c) < min(crewMost, runtime.GOMAXPROCS(0)) {
		other, ok := l.hire(tx)
		if !ok {
			break
		}
		c = append(c, other)
	}
	return c, dismiss, nil
}

// hire opens another transaction at the version of tx, if that can be had.
func (l *live) hire(tx *ReadTx) (*ReadTx, bool) {
	ctx, cancel := context.WithTimeout(tx.ctx, hireTime)
	defer cancel()
	link, err := l.open(ctx, false)
	if err != nil {
		return nil, false
	}
	h, err := readHead(tx.ctx, link, l.engine.dialect(), l.tenant.id, false)
	if err != nil || h.version != tx.head.version {
		link.rollback()
		return nil, false
	}
	return &ReadTx{ctx: tx.ctx, tenant: tx.tenant, link: link, head: h}, true
}

// A span is the keys from one up to another.
type span struct{ from, to string }

// spans are as many parts of all ids as a crew deals with one after the other.
func (c crew) spans() []span {
	const digits = "0123456789abcdefg"
	if len(c) == 1 {
		return []span{{"", digits[len(digits)-1:]}}
	}
	var all []span
	for i := range len(digits) - 1 {
		all = append(all, span{digits[i : i+1], digits[i+1 : i+2]})
	}
	return all
}

// gather reads all rows of a query that takes the bounds of its keys, which are ids, as $1
// and $2. Rows come to each in no order, one at a time.
func gather[T any](c crew, sql string, row func(scan func(dest ...any) error) (T, error), each func(T)) error {
	spans := c.spans()
	todo := make(chan span, len(spans))
	for _, s := range spans {
		todo <- s
	}
	close(todo)
	rows := make(chan []T, len(c))
	var group errgroup.Group
	for _, tx := range c {
		group.Go(func() error {
			for s := range todo {
				if err := send(tx, sql, s, row, rows); err != nil {
					return err
				}
			}
			return nil
		})
	}
	failed := make(chan error, 1)
	go func() {
		failed <- group.Wait()
		close(rows)
	}()
	for some := range rows {
		for i := range some {
			each(some[i])
		}
	}
	return <-failed
}

// send reads the rows of a span.
func send[T any](tx *ReadTx, sql string, s span, row func(scan func(dest ...any) error) (T, error), to chan<- []T) error {
	some := make([]T, 0, rowsSent)
	err := tx.query(sql, []any{s.from, s.to}, func(scan func(dest ...any) error) error {
		v, err := row(scan)
		if err != nil {
			return err
		}
		if some = append(some, v); len(some) == rowsSent {
			to <- some
			some = make([]T, 0, rowsSent)
		}
		return nil
	})
	to <- some
	return err
}
