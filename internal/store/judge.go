package store

import (
	"context"
	"errors"
)

// Judge runs fn as Read does, on what is published, and opens the database only when fn asks
// it something: most of what is refused is refused by the snapshot alone, and an object whose
// row is kept is read without it. fn runs again, from its start, if the database is then
// found to be at another version.
//
// It confirms nothing: who needs that on several nodes has called Snapshot before.
func (t *Tenant) Judge(ctx context.Context, fn func(*ReadTx) error) error {
	l, err := t.enter(ctx)
	if err != nil {
		return err
	}
	defer t.mu.RUnlock()
	p, err := t.current(ctx, l)
	if err != nil {
		return err
	}
	late := &lateLink{live: l, at: p.head}
	defer late.rollback()
	err = fn(t.reading(ctx, late, p, p.head))
	if !late.moved() { // whatever fn has made of errMoved
		return err
	}
	if p, err = l.agree(ctx, late.link, p, late.found); err != nil {
		return t.unavailable(err)
	}
	return fn(t.reading(ctx, late.link, p, late.found))
}

// reading is a transaction that reads version h, of which p is published.
func (t *Tenant) reading(ctx context.Context, l link, p *published, h head) *ReadTx {
	machine := t.store.env.Now()
	return &ReadTx{
		ctx: ctx, tenant: t, link: l, head: h, clock: p.clock, base: p.snap, view: view{keeper: &t.live.Load().keeper, version: h.version},
		machine: machine, now: max(p.clock.reads(machine), h.instant),
	}
}

// errMoved says that the database is at another version than what was judged by.
var errMoved = errors.New("the tenant has changed meanwhile")

// A lateLink is a reading transaction that opens when it is first asked something.
type lateLink struct {
	live   *live
	link   link // nil until something was asked
	at     head // what must be found
	found  head // what was, once opened
	opened bool
}

func (l *lateLink) query(ctx context.Context, pending []statement, asked ...question) error {
	if l.link == nil {
		if err := l.open(ctx); err != nil {
			return err
		}
	}
	if l.moved() {
		return errMoved
	}
	return l.link.query(ctx, pending, asked...)
}

func (l *lateLink) open(ctx context.Context) error {
	link, err := l.live.open(ctx, false)
	if err != nil {
		return l.live.tenant.unavailable(err)
	}
	l.link = link
	l.found, err = readHead(ctx, link, l.live.engine.dialect(), l.live.tenant.id, false)
	if err != nil {
		return l.live.tenant.unavailable(err)
	}
	l.opened = true
	return nil
}

// moved reports whether the database was found at another version.
func (l *lateLink) moved() bool {
	return l.opened && l.found.version != l.at.version
}

// commit is never called: nothing is written here.
func (l *lateLink) commit(context.Context, []statement) error {
	return errors.New("commit of a transaction that only reads")
}

func (l *lateLink) rollback() {
	if l.link != nil {
		l.link.rollback()
	}
}
