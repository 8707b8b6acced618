package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// schemaLock is the advisory lock under which nodes that start at the same time change
// schemas one after another. The number means nothing, and must stay the same.
const schemaLock int64 = 0x6570686f72

// alone waits until no other node changes schemas; until the end of l's transaction none
// will. SQLite has one process and one writer anyway.
func (s *Store) alone(ctx context.Context, l link) error {
	if s.pool == nil {
		return nil
	}
	return run(ctx, l, statement{"SELECT pg_advisory_xact_lock($1)", []any{schemaLock}})
}

// openSystemSchema connects to the database, refuses one that does not keep what it is
// given, and brings the system schema up to date.
func (s *Store) openSystemSchema(ctx context.Context) error {
	pool, err := openPool(ctx, s.cfg.Database)
	if err != nil {
		return err
	}
	s.pool = pool
	system := schema(pool, systemSchema)
	s.system = system
	if err := s.checkDurable(ctx); err != nil {
		return err
	}
	err = s.change(ctx, func(tx *ReadTx) error {
		if err := s.alone(ctx, tx.link); err != nil {
			return err
		}
		if err := run(ctx, tx.link, statement{sql: "CREATE SCHEMA IF NOT EXISTS " + systemSchema}); err != nil {
			return err
		}
		return migrate(ctx, tx.link, system.dialect(), "system", "head")
	})
	if err != nil {
		return err
	}
	s.confirm = &confirmer{store: s}
	if err := s.confirm.compare(ctx); err != nil {
		return err
	}
	s.news = s.listen()
	return nil
}

// checkDurable refuses a server that answers before a commit is on disk.
func (s *Store) checkDurable(ctx context.Context) error {
	return s.look(ctx, func(tx *ReadTx) error {
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			var value string
			if _, err := tx.one("SELECT current_setting($1)", []any{name}, &value); err != nil {
				return err
			}
			if value == "off" {
				return fmt.Errorf("the database has %s = off: a success that it has answered can be lost; turn it on", name)
			}
		}
		return nil
	})
}

// enterSchema makes the rest of l's transaction work in the named schema.
func enterSchema(ctx context.Context, l link, name string) error {
	return run(ctx, l, statement{"SELECT set_config('search_path', $1, true)", []any{name}})
}

// laySchema makes the tenant's schema, fills it and opens the tenant. Until it is
// announced no node serves it. REQUIRES t.mu.
func (s *Store) laySchema(ctx context.Context, t *Tenant, incarnation int64, seed Seed) error {
	name := schemaName(t.id)
	err := s.change(ctx, func(tx *ReadTx) error {
		var left string
		found, err := tx.one("SELECT id FROM tenant WHERE id = $1", []any{t.id}, &left)
		if err != nil {
			return err
		}
		if found { // of a creation that was cut short
			if err := s.strikeSchema(ctx, tx, t.id); err != nil {
				return err
			}
		}
		if err := s.register(tx, t.Spec(), false); err != nil {
			return err
		}
		h, err := newHead(incarnation)
		if err != nil {
			return err
		}
		d := schema(s.pool, name).dialect()
		tx.pending = append(tx.pending, h.first(d, t.id))
		return s.build(ctx, tx, d)
	})
	if err != nil {
		return err
	}
	return s.openFilled(ctx, t, seed)
}

// build makes the schema of d, empty tables and all, behind what tx has pending.
func (s *Store) build(ctx context.Context, tx *ReadTx, d *dialect) error {
	tx.pending = append(tx.pending, statement{sql: `CREATE SCHEMA "` + d.place + `"`})
	if err := run(ctx, tx.link, tx.take()...); err != nil {
		return err
	}
	if err := enterSchema(ctx, tx.link, d.place); err != nil {
		return err
	}
	return migrate(ctx, tx.link, d, d.parts...)
}

// openFilled opens a tenant with a new schema and runs the seed's first part.
func (s *Store) openFilled(ctx context.Context, t *Tenant, seed Seed) error {
	l := &live{tenant: t, engine: t.engine()}
	if _, err := l.reload(ctx); err != nil {
		return err
	}
	t.live.Store(l)
	if seed.Fill == nil {
		return nil
	}
	return t.fill(ctx, seed.Fill)
}

// relaySchema empties the tenant's schema, in a new incarnation, and fills it again.
// REQUIRES t.mu, and that the tenant is closed.
func (s *Store) relaySchema(ctx context.Context, t *Tenant, incarnation int64, seed Seed) error {
	d := schema(s.pool, schemaName(t.id)).dialect()
	err := s.change(ctx, func(tx *ReadTx) error {
		if _, err := readHead(ctx, tx.link, d, t.id, true); err != nil { // writers of other nodes end first
			return err
		}
		h, err := newHead(incarnation)
		if err != nil {
			return err
		}
		tx.pending = append(tx.pending, h.write(d), statement{sql: `DROP SCHEMA "` + d.place + `" CASCADE`})
		return s.build(ctx, tx, d)
	})
	if err != nil {
		return err
	}
	return s.openFilled(ctx, t, seed)
}

// dropSchema removes a tenant from the database.
func (s *Store) dropSchema(ctx context.Context, id guid.ID) error {
	return s.change(ctx, func(tx *ReadTx) error { return s.strikeSchema(ctx, tx, id) })
}

func (s *Store) strikeSchema(ctx context.Context, tx *ReadTx, id guid.ID) error {
	strike(tx, id)
	tx.pending = append(tx.pending,
		statement{"DELETE FROM chain_head WHERE place = $1", []any{schemaName(id)}},
		statement{sql: `DROP SCHEMA IF EXISTS "` + schemaName(id) + `" CASCADE`})
	return run(ctx, tx.link, tx.take()...)
}

// clockTolerance is how far a node's clock may be from the database's.
const clockTolerance = 500 * time.Millisecond

// checkClock compares the database's clock with the machine's, which showed before and
// after around the question.
func (s *Store) checkClock(theirs, before, after when.Instant) error {
	if s.cfg.ForeignClock {
		return nil
	}
	slack := when.Instant(clockTolerance / 100)
	if theirs < before-slack || theirs > after+slack {
		return fmt.Errorf("this machine's clock and the database's differ by about %v, and may by %v: set them right",
			after.Sub(theirs).Abs().Round(time.Millisecond), clockTolerance)
	}
	return nil
}

var errUnconfirmed = errors.New("the database has not confirmed that this node is up to date")
