package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// A live is an open tenant: its store, and what of it is in memory. Database first, memory
// second, always: nothing is published that has not been committed.
type live struct {
	tenant   *Tenant
	engine   engine
	lane     lane
	now      atomic.Pointer[published] // nil while nobody may be answered
	mu       sync.Mutex                // guards the fields below, and the writing of now
	unsure   *mark                     // a row of a commit whose outcome is unknown
	halted   error                     // why the tenant has stopped answering for good
	awake    bool                      // the registry knows that something may come due here
	quiet    when.Instant              // the timekeeper's word: nothing is due before, at version
	version  authz.Version
	refusals refusals
	keeper   keeper
}

// A published is one version of a tenant, as every goroutine sees it.
type published struct {
	snap  *authz.Snapshot
	head  head
	clock clock
	next  chan struct{} // closed when this is no longer the latest

	// touched are the objects that changed since version after, or earlier; when after is
	// zero, nobody knows.
	after   authz.Version
	touched map[guid.ID]bool
}

// publish makes p what everybody sees, unless a later version already is.
func (l *live) publish(p *published) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.now.Load()
	if l.halted != nil || l.unsure != nil || old != nil && !newer(p.head.version, old.head.version) {
		return
	}
	p.next = make(chan struct{})
	l.keeper.advance(p.after, p.head.version, p.touched)
	l.now.Store(p)
	if old != nil {
		close(old.next)
	}
}

// withdraw makes the tenant answer nobody until something is published again.
func (l *live) withdraw(then func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	then()
	if old := l.now.Swap(nil); old != nil {
		close(old.next)
	}
}

// newer reports whether a comes after b.
func newer(a, b authz.Version) bool {
	if a.Incarnation != b.Incarnation {
		return a.Incarnation > b.Incarnation
	}
	return a.Seq > b.Seq
}

// publishGroup makes what a committed group has staged the latest version. After a clock
// that was set back it is read anew: windows that were over are open again.
func (l *live) publishGroup(g *group) {
	if g.reload {
		l.withdraw(func() {})
		if _, err := l.reload(g.ctx); err != nil {
			l.tenant.store.log.Error("tenant cannot answer until it is read again", "tenant", l.tenant.id, "error", err)
		}
		return
	}
	snap := g.staged
	if snap.Version() != g.head.version {
		snap = snap.Edit().Publish(g.head.version)
	}
	l.publish(&published{snap: snap, head: g.head, clock: g.clock, after: g.after, touched: g.touched})
}

// reload reads the whole snapshot and publishes it.
func (l *live) reload(ctx context.Context) (*published, error) {
	var p *published
	err := l.view(ctx, func(tx *ReadTx) error {
		c, dismiss, err := l.crew(tx)
		if err != nil {
			return err
		}
		defer dismiss()
		p, err = load(c)
		return err
	})
	if err != nil {
		return nil, err
	}
	l.publish(p)
	return l.now.Load(), nil
}

// view runs fn in a reading transaction, whatever is published.
func (l *live) view(ctx context.Context, fn func(*ReadTx) error) error {
	link, err := l.open(ctx, false)
	if err != nil {
		return err
	}
	defer link.rollback()
	h, err := readHead(ctx, link, l.engine.dialect(), l.tenant.id, false)
	if err != nil {
		return err
	}
	return fn(&ReadTx{ctx: ctx, tenant: l.tenant, link: link, head: h})
}

// open begins a transaction, or says why the tenant has stopped answering.
func (l *live) open(ctx context.Context, write bool) (link, error) {
	l.mu.Lock()
	halted := l.halted
	l.mu.Unlock()
	if halted != nil {
		return nil, halted
	}
	link, err := l.engine.begin(ctx, write)
	if err != nil {
		return nil, err
	}
	if wrap := l.tenant.store.wrap; wrap != nil {
		link = wrap(l.tenant, link, write)
	}
	return link, nil
}

// load reads what is published of the crew's version.
func load(c crew) (*published, error) {
	tx := c[0]
	clock, err := readClock(tx)
	if err != nil {
		return nil, fmt.Errorf("read clock: %w", err)
	}
	edit := authz.Empty().Edit()
	if err := loadSnapshot(c, edit); err != nil {
		return nil, fmt.Errorf("load snapshot: %w", err)
	}
	return &published{snap: edit.Publish(tx.head.version), head: tx.head, clock: clock}, nil
}

// changesFollowed bounds how far behind a node follows change by change; beyond it reading
// everything is quicker.
const changesFollowed = 5000

// agree is what is published of version h, which an open transaction has read; known is
// what was published before it was opened. This node's own lane publishes what it commits
// in a moment; what is not there, because another node has committed it, is caught up with.
func (l *live) agree(ctx context.Context, link link, known *published, h head) (*published, error) {
	if known != nil && known.head.version == h.version {
		return known, nil
	}
	if known != nil && newer(known.head.version, h.version) {
		return nil, l.halt(known.head, h)
	}
	if p := l.now.Load(); p != nil && p.head.version == h.version {
		return p, nil
	}
	caught, err := follow(&ReadTx{ctx: ctx, tenant: l.tenant, link: link, head: h}, known)
	if err != nil {
		return nil, err
	}
	l.publish(caught)
	return caught, nil
}

// halt ends the tenant's service on this node: the database has lost commits that this
// node has seen, so it was restored without the new incarnation that a restore begins.
func (l *live) halt(seen, found head) error {
	err := fmt.Errorf("the database is at %v, behind %v which was committed before: it was put back without ephor", found.version, seen.version)
	l.withdraw(func() { l.halted = err })
	l.tenant.store.log.Error("tenant stops answering", "tenant", l.tenant.id, "error", err)
	return err
}

// follow is p brought to the version of tx by the changes between them, or read whole when
// they are too many, of another incarnation, or of a kind that cannot be read one by one.
func follow(tx *ReadTx, p *published) (*published, error) {
	if p == nil || p.head.version.Incarnation != tx.head.version.Incarnation {
		return load(crew{tx})
	}
	changes, err := readChanges(tx, p.head.version.Seq, changesFollowed+1)
	if err != nil {
		return nil, err
	}
	if len(changes) > changesFollowed {
		return load(crew{tx})
	}
	c, err := readClock(tx)
	if err != nil {
		return nil, err
	}
	edit, touched := p.snap.Edit(), map[guid.ID]bool{}
	for _, change := range changes {
		change.touch(touched)
		reload, known := reloaders[change.entity]
		if !known {
			return load(crew{tx})
		}
		if reload == nil {
			continue
		}
		if err := reload(tx, edit, change.id); err != nil {
			return nil, fmt.Errorf("follow change of %s %s: %w", change.entity, change.id, err)
		}
	}
	return &published{snap: edit.Publish(tx.head.version), head: tx.head, clock: c, after: p.head.version, touched: touched}, nil
}

// readChanges lists what became different after version seq, oldest first, each once.
func readChanges(tx *ReadTx, seq int64, limit int) ([]change, error) {
	var changes []change
	seen := map[change]bool{}
	err := tx.query("SELECT entity, id FROM change WHERE seq > $1 AND seq <= $2 ORDER BY seq, entity, id LIMIT $3",
		[]any{seq, tx.head.version.Seq, limit}, func(scan func(...any) error) error {
			var c change
			if err := scan(&c.entity, &c.id); err != nil {
				return err
			}
			if !seen[c] {
				seen[c] = true
				changes = append(changes, c)
			}
			return nil
		})
	return changes, err
}

// A mark is a row that a group's commit adds: it tells whether the commit happened.
type mark struct {
	table string
	id    guid.ID
}

// doubt notes that nobody knows whether the commit that adds m happened. Until it is known
// the tenant answers nobody.
func (l *live) doubt(m mark) {
	l.withdraw(func() { l.unsure = &m })
}

var errUnsure = errors.New("whether the last change was saved is not known yet")

// settle resolves a doubt left by an earlier group, and reads the tenant again.
func (l *live) settle(ctx context.Context) error {
	l.mu.Lock()
	unsure := l.unsure
	l.mu.Unlock()
	if unsure != nil {
		if _, err := l.happened(ctx, unsure); err != nil {
			return fault.Unavailable(fmt.Errorf("%w: %w", errUnsure, err))
		}
	}
	if l.now.Load() != nil {
		return nil
	}
	_, err := l.reload(ctx)
	return err
}

// resolve finds out at once, if it can, what became of a commit without an answer: nil if
// it happened.
func (l *live) resolve(ctx context.Context, cause error) error {
	l.mu.Lock()
	unsure := l.unsure
	l.mu.Unlock()
	happened, err := l.happened(ctx, unsure)
	if err != nil {
		return fault.Unavailable(fmt.Errorf("%w: %w, %w", errUnsure, cause, err))
	}
	if _, err := l.reload(ctx); err != nil {
		return fault.Unavailable(err)
	}
	if !happened {
		return fault.Unavailable(cause)
	}
	return nil
}

// happened asks the database whether the row is there. It takes the write lock
// first, and so waits until a commit that is still under way has ended.
func (l *live) happened(ctx context.Context, m *mark) (bool, error) {
	link, err := l.open(ctx, true)
	if err != nil {
		return false, err
	}
	defer link.rollback()
	if _, err := readHead(ctx, link, l.engine.dialect(), l.tenant.id, true); err != nil {
		return false, err
	}
	var found guid.ID
	tx := &ReadTx{ctx: ctx, tenant: l.tenant, link: link}
	if _, err := tx.one("SELECT id FROM "+m.table+" WHERE id = $1", []any{m.id}, &found); err != nil {
		return false, err
	}
	l.mu.Lock()
	l.unsure = nil
	l.mu.Unlock()
	return found == m.id, nil
}
