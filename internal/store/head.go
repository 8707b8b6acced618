package store

import (
	"context"
	"errors"
	"fmt"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// A head is a tenant's row of chain_head: its version, the latest instant that anything
// was recorded at, and the end of its audit log. Who has it locked is the tenant's only
// writer.
type head struct {
	version  authz.Version
	instant  when.Instant
	frontier string // as it is stored; only a writing transaction has it
}

// errStranger says that a store belongs to another tenant. Going on would show one
// tenant's data to another, so nothing is read from it.
var errStranger = errors.New("the store belongs to another tenant")

// readHead begins every transaction of a tenant: it takes the write lock if lock is set,
// and compares whose store this is.
func readHead(ctx context.Context, l link, d *dialect, id guid.ID, lock bool) (head, error) {
	var h head
	var owner string
	sql := "SELECT tenant, incarnation, seq, instant, '' AS frontier FROM " + d.head + " WHERE place = $1"
	if lock {
		sql = "SELECT tenant, incarnation, seq, instant, frontier FROM " + d.head + " WHERE place = $1" + d.lock
	}
	err := l.query(ctx, nil, question{statement{sql, []any{d.place}}, func(scan func(...any) error) error {
		return scan(&owner, &h.version.Incarnation, &h.version.Seq, (*int64)(&h.instant), &h.frontier)
	}})
	if err != nil {
		return head{}, err
	}
	if owner == "" {
		return head{}, fmt.Errorf("%w: chain_head has no row for %s", ErrNoTenant, d.place)
	}
	if owner != id.String() {
		return head{}, fmt.Errorf("%w: %s holds tenant %q, not %s", errStranger, d.place, owner, id)
	}
	return h, nil
}

// write is the statement that makes h the head.
func (h head) write(d *dialect) statement {
	return statement{
		"UPDATE " + d.head + " SET incarnation = $1, seq = $2, instant = $3, frontier = $4 WHERE place = $5",
		[]any{h.version.Incarnation, h.version.Seq, int64(h.instant), h.frontier, d.place},
	}
}

// first is the statement that gives a new store to tenant id.
func (h head) first(d *dialect, id guid.ID) statement {
	return statement{
		"INSERT INTO " + d.head + " (place, tenant, incarnation, seq, instant, frontier) VALUES ($1, $2, $3, $4, $5, $6)",
		[]any{d.place, id.String(), h.version.Incarnation, h.version.Seq, int64(h.instant), h.frontier},
	}
}

// tree is the Merkle tree that the log has become, for a transaction that only reads.
func (tx *ReadTx) tree() (audit.Frontier, error) {
	h, d := tx.head, tx.tenant.live.Load().engine.dialect()
	if _, err := tx.one("SELECT frontier FROM "+d.head+" WHERE place = $1", []any{d.place}, &h.frontier); err != nil {
		return audit.Frontier{}, err
	}
	return h.tree()
}

// tree is the Merkle tree that the log has become.
func (h head) tree() (audit.Frontier, error) {
	var f audit.Frontier
	if err := f.UnmarshalText([]byte(h.frontier)); err != nil {
		return f, fmt.Errorf("read the log's frontier: %w", err)
	}
	return f, nil
}
