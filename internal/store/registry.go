package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// Tenant gives the tenant with that id, which need not be open; ErrNoTenant if there is
// none.
func (s *Store) Tenant(ctx context.Context, id guid.ID) (*Tenant, error) {
	s.mu.Lock()
	t := s.tenants[id]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	var specs []Spec
	err := s.look(ctx, func(tx *ReadTx) (err error) {
		specs, err = readSpecs(tx, "id = $1", text(id))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up tenant %s: %w", id, err)
	}
	if len(specs) == 0 {
		return nil, ErrNoTenant
	}
	return s.admit(specs[0])
}

// ByDomain gives the tenant that has the domain, in any letter case; ErrNoTenant if none
// has.
func (s *Store) ByDomain(ctx context.Context, domain string) (*Tenant, error) {
	key := fold(domain)
	s.mu.Lock()
	id, known := s.domains[key]
	s.mu.Unlock()
	if known {
		return s.Tenant(ctx, id)
	}
	err := s.look(ctx, func(tx *ReadTx) (err error) {
		known, err = tx.one("SELECT tenant_id FROM tenant_domain WHERE domain_key = $1", []any{key}, &id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up domain %s: %w", domain, err)
	}
	if !known {
		return nil, ErrNoTenant
	}
	return s.Tenant(ctx, id)
}

// List is every tenant's Spec, by id.
func (s *Store) List(ctx context.Context) ([]Spec, error) {
	var specs []Spec
	err := s.look(ctx, func(tx *ReadTx) (err error) {
		specs, err = readSpecs(tx, "id > $1", "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tenants: %w", err)
	}
	s.mu.Lock()
	for _, t := range s.tenants {
		if t.memory {
			specs = append(specs, t.Spec())
		}
	}
	s.mu.Unlock()
	slices.SortFunc(specs, func(a, b Spec) int { return a.ID.Compare(b.ID) })
	return specs, nil
}

// readSpecs reads what the registry knows of tenants, by id.
func readSpecs(tx *ReadTx, where string, arg string) ([]Spec, error) {
	var specs []Spec
	err := tx.query("SELECT id, name, kind, seed FROM tenant WHERE ready = 1 AND "+where+" ORDER BY id", []any{arg}, func(scan func(...any) error) error {
		var t Spec
		if err := scan(&t.ID, &t.Name, (*string)(&t.Kind), &t.Seed); err != nil {
			return err
		}
		specs = append(specs, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range specs {
		err := tx.query("SELECT domain FROM tenant_domain WHERE tenant_id = $1 ORDER BY rank, domain_key", []any{specs[i].ID}, func(scan func(...any) error) error {
			var d string
			err := scan(&d)
			specs[i].Domains = append(specs[i].Domains, d)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return specs, nil
}

// admit gives the one Tenant that stands for spec in this process. A tenant of the kind
// that is not served is refused, also one that another node has made since the start.
func (s *Store) admit(spec Spec) (*Tenant, error) {
	if spec.Kind != s.kind() {
		return nil, fmt.Errorf("tenant %s is a %s tenant, and this server serves %s ones", spec.ID, spec.Kind, s.kind())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tenants[spec.ID]
	if t == nil {
		t = &Tenant{store: s, id: spec.ID, kind: spec.Kind, memory: spec.Memory}
		t.about.Store(&spec)
		s.tenants[spec.ID] = t
	}
	for _, d := range spec.Domains {
		s.domains[fold(d)] = spec.ID
	}
	return t, nil
}

// list puts a new tenant into this process's lists.
func (s *Store) list(t *Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenants[t.id] = t
	for _, d := range t.Spec().Domains {
		s.domains[fold(d)] = t.id
	}
}

// forget takes a tenant out of this process's lists.
func (s *Store) forget(t *Tenant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenants[t.id] == t {
		delete(s.tenants, t.id)
	}
	for d, id := range s.domains {
		if id == t.id {
			delete(s.domains, d)
		}
	}
}

// register writes a new tenant into the registry, in the transaction of tx.
func (s *Store) register(tx *ReadTx, spec Spec, ready bool) error {
	schema, err := latest("head", "tenant", "refused")
	if err != nil {
		return err
	}
	tx.pending = append(tx.pending, statement{
		"INSERT INTO tenant (id, name, kind, place, seed, schema, ready, next_due, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		[]any{text(spec.ID), spec.Name, string(spec.Kind), schemaName(spec.ID), spec.Seed, schema, flag(ready), int64(0), int64(s.env.Now())},
	})
	for i, d := range spec.Domains {
		tx.pending = append(tx.pending, statement{
			"INSERT INTO tenant_domain (domain_key, domain, tenant_id, rank) VALUES ($1, $2, $3, $4)",
			[]any{fold(d), d, text(spec.ID), int64(i)},
		})
	}
	return nil
}

// schemaName is the tenant's schema on PostgreSQL.
func schemaName(id guid.ID) string { return "t_" + strings.ReplaceAll(id.String(), "-", "") }

// strike takes a tenant out of the registry.
func strike(tx *ReadTx, id guid.ID) {
	tx.pending = append(tx.pending,
		statement{"DELETE FROM tenant_domain WHERE tenant_id = $1", []any{text(id)}},
		statement{"DELETE FROM tenant WHERE id = $1", []any{text(id)}})
}

// A Due is a tenant in which something may come due, and when, on the machine's clock: 0
// for one that must be asked.
type Due struct {
	Tenant guid.ID
	At     when.Instant
}

// Due lists the tenants in which something will come due, without opening any: what was
// told by Quiet for as long as nothing has been written since.
func (s *Store) Due(ctx context.Context) ([]Due, error) {
	due := map[guid.ID]when.Instant{}
	err := s.look(ctx, func(tx *ReadTx) error {
		return tx.query("SELECT id, next_due FROM tenant WHERE ready = 1 AND next_due < $1 ORDER BY next_due, id", []any{when.Never}, func(scan func(...any) error) error {
			var id guid.ID
			var at when.Instant
			err := scan(&id, &at)
			due[id] = at
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list what is due: %w", err)
	}
	s.mu.Lock()
	for id, t := range s.tenants {
		if at, known := t.due(); known {
			due[id] = at
		}
	}
	s.mu.Unlock()
	out := make([]Due, 0, len(due))
	for id, at := range due {
		if at < when.Never {
			out = append(out, Due{id, at})
		}
	}
	slices.SortFunc(out, func(a, b Due) int {
		if a.At != b.At {
			return int(min(max(a.At-b.At, -1), 1))
		}
		return a.Tenant.Compare(b.Tenant)
	})
	return out, nil
}

// Quiet is the timekeeper's word that, as of the version that tx reads, nothing comes due
// before the given instant of the tenant's time.
func (t *Tenant) Quiet(tx *ReadTx, until when.Instant) {
	l := t.live.Load()
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet, l.version = machineTime(tx.clock, until), tx.head.version
}

// machineTime is when the machine's clock shows what the tenant's shows as until.
func machineTime(c clock, until when.Instant) when.Instant {
	if until == when.Never || c.frozen && c.at < until {
		return when.Never
	}
	if c.frozen {
		return 0
	}
	return until.Add(-c.ahead)
}

// due is when something comes due in a tenant that is open, or in memory, where the
// registry does not know it.
func (t *Tenant) due() (when.Instant, bool) {
	if l := t.live.Load(); l != nil {
		return l.due(), true
	}
	return when.Instant(t.rest.Load()), t.memory
}

// due is the timekeeper's word, or 0 if something was written after it.
func (l *live) due() when.Instant {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.now.Load(); p != nil && p.head.version == l.version {
		return l.quiet
	}
	return 0
}

// wake notes in the registry, before the first write of an open tenant, that it must be
// asked what is due. If the process dies, the next one asks.
func (l *live) wake(ctx context.Context) error {
	if l.awake || l.tenant.memory {
		return nil
	}
	err := l.tenant.store.setDue(ctx, l.tenant.id, 0)
	l.awake = err == nil
	return err
}

func (s *Store) setDue(ctx context.Context, id guid.ID, at when.Instant) error {
	return s.change(ctx, func(tx *ReadTx) error {
		tx.pending = append(tx.pending, statement{"UPDATE tenant SET next_due = $1 WHERE id = $2 AND next_due <> $1", []any{int64(at), text(id)}})
		return nil
	})
}

// close ends a tenant's use. Nobody is in it any more. What is due in it is left in the
// registry, if nothing was written since the timekeeper said.
func (l *live) close() error {
	var err error
	at := l.due()
	l.tenant.rest.Store(int64(at))
	if at > 0 && !l.tenant.memory {
		err = l.tenant.store.setDue(context.Background(), l.tenant.id, at)
	}
	return errors.Join(err, l.refusals.close(), l.engine.close())
}

// evict closes the tenants that were used longest ago while more are open than may be.
// Those in use stay; but is the one that has just been opened.
func (s *Store) evict(but *Tenant) {
	s.mu.Lock()
	var open []*Tenant
	for _, t := range s.tenants {
		if t.live.Load() != nil && t != but {
			open = append(open, t)
		}
	}
	s.mu.Unlock()
	excess := len(open) + 1 - s.cfg.OpenTenants
	if excess <= 0 {
		return
	}
	slices.SortFunc(open, func(a, b *Tenant) int { return int(a.used.Load() - b.used.Load()) })
	for _, t := range open {
		if excess == 0 {
			return
		}
		if !t.mu.TryLock() {
			continue
		}
		if err := t.close(nil); err != nil {
			s.log.Error("close tenant", "tenant", t.id, "error", err)
		}
		t.mu.Unlock()
		excess--
	}
}

// join enters this server among the nodes that have the installation open.
func (s *Store) join(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	s.node = s.env.NewID()
	return s.change(ctx, func(tx *ReadTx) error {
		if s.pool == nil { // there is one node, and the lock says that it is this one
			tx.pending = append(tx.pending, statement{sql: "DELETE FROM node"})
		}
		tx.pending = append(tx.pending, statement{
			"INSERT INTO node (id, host, started_at) VALUES ($1, $2, $3)", []any{text(s.node), host, int64(s.env.Now())},
		})
		return nil
	})
}

// leave takes this server off the nodes.
func (s *Store) leave() error {
	if s.node.IsZero() {
		return nil
	}
	return s.change(context.Background(), func(tx *ReadTx) error {
		tx.pending = append(tx.pending, statement{"DELETE FROM node WHERE id = $1", []any{text(s.node)}})
		return nil
	})
}
