package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// openTenant opens a tenant that exists, and brings it to what this program knows: its
// schema, and the built-in roles. REQUIRES t.mu.
func (s *Store) openTenant(ctx context.Context, t *Tenant) (*live, error) {
	if _, err := os.Stat(t.path()); err != nil && (s.pool == nil || t.memory) {
		return nil, fmt.Errorf("the tenant's file: %w", err) // SQLite would make an empty one
	}
	l := &live{tenant: t, engine: t.engine()}
	err := s.upgrade(ctx, l.engine, t)
	if err == nil {
		_, err = l.reload(ctx)
	}
	if err == nil {
		err = l.followCatalogue(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, l.engine.close())
	}
	return l, nil
}

// upgrade brings a tenant's schema up to date, if the registry says that it is not.
func (s *Store) upgrade(ctx context.Context, e engine, t *Tenant) error {
	if t.memory {
		return nil // made by this process
	}
	want, err := latest("head", "tenant", "refused")
	if err != nil {
		return err
	}
	var have int64
	err = s.look(ctx, func(tx *ReadTx) error {
		found, err := tx.one("SELECT schema FROM tenant WHERE id = $1", []any{t.id}, &have)
		if err == nil && !found {
			err = ErrNoTenant
		}
		return err
	})
	if err != nil || have == want {
		return err
	}
	if err := s.raise(ctx, e); err != nil {
		return err
	}
	return s.change(ctx, func(tx *ReadTx) error {
		tx.pending = append(tx.pending, statement{"UPDATE tenant SET schema = $1 WHERE id = $2", []any{want, text(t.id)}})
		return nil
	})
}

// raise takes the steps that a tenant's store lacks, all or none.
func (s *Store) raise(ctx context.Context, e engine) error {
	l, err := e.begin(ctx, true)
	if err != nil {
		return err
	}
	defer l.rollback()
	if err := s.alone(ctx, l); err != nil {
		return err
	}
	before, err := migrated(ctx, l)
	if err != nil {
		return err
	}
	if err := migrate(ctx, l, e.dialect(), e.dialect().parts...); err != nil {
		return err
	}
	if before["tenant"] < proofStep {
		if err := s.adopt(ctx, l); err != nil {
			return fmt.Errorf("prove the grants that there are: %w", err)
		}
	}
	if before["tenant"] < wordsStep {
		if err := s.spell(ctx, l); err != nil {
			return err
		}
	}
	return l.commit(ctx, nil)
}
