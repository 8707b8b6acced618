package store

import (
	"context"
	"time"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/when"
)

// A clock makes a tenant's time of the machine's. The zero clock is the machine's own; only
// a development tenant has another.
type clock struct {
	ahead  time.Duration // added to the machine's time, may be negative
	frozen bool
	at     when.Instant // where it stands while frozen
}

// reads is what the clock shows when the machine's shows machine.
func (c clock) reads(machine when.Instant) when.Instant {
	if c.frozen {
		return c.at
	}
	return machine.Add(c.ahead)
}

// set is a clock that shows now when the machine's shows machine.
func set(now, machine when.Instant, frozen bool) clock {
	if frozen {
		return clock{frozen: true, at: now}
	}
	return clock{ahead: now.Sub(machine)}
}

// A Clock is what a tenant's clock shows, and whether it stands.
type Clock struct {
	Now    when.Instant
	Frozen bool
}

// Clock reads the tenant's clock.
func (t *Tenant) Clock(ctx context.Context) (Clock, error) {
	var c Clock
	err := t.Read(ctx, func(tx *ReadTx) error {
		c = Clock{tx.now, tx.clock.frozen}
		return nil
	})
	return c, err
}

// SetClock makes a development tenant's clock show to.Now, running or frozen, and leaves
// record. Set back, it begins a new incarnation: sessions, tokens, page tokens and caches
// of the time before are void. A production tenant's clock is the machine's: setting it is
// a fault.
func (t *Tenant) SetClock(ctx context.Context, to Clock, record audit.Record) error {
	return t.turn(ctx, func(when.Instant, bool) Clock { return to }, record)
}

// Advance moves a development tenant's clock on by d, which is not negative, and leaves
// record. A frozen clock stays frozen.
func (t *Tenant) Advance(ctx context.Context, d time.Duration, record audit.Record) error {
	if d < 0 {
		return fault.BadRequest("by", "The clock can only be advanced by a duration that is not negative.")
	}
	return t.turn(ctx, func(now when.Instant, frozen bool) Clock { return Clock{now.Add(d), frozen} }, record)
}

// turn changes the clock to what to makes of its present state. It shares its transaction
// with nobody: others are judged on the snapshot that is read after it.
func (t *Tenant) turn(ctx context.Context, to func(now when.Instant, frozen bool) Clock, record audit.Record) error {
	if t.kind != Development {
		return fault.BadRequest("now", "Only a development tenant has a clock of its own.")
	}
	return t.submit(ctx, &entry{alone: true, fn: func(tx *WriteTx) error {
		next := to(tx.now, tx.clock.frozen)
		if next.Now < earliest || next.Now > farthest {
			return fault.BadRequest("now", "The clock must show a year from 1601 to 9000.")
		}
		tx.turn(next)
		tx.Record(record)
		return nil
	}})
}

// The years that a tenant may live in leave room on both sides for every window that it
// can ask for.
var (
	earliest = when.Of(time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC))
	farthest = when.Of(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC))
)

// turn queues the clock's row, and moves the transaction itself to the new time.
func (tx *WriteTx) turn(to Clock) {
	back := to.Now < tx.now
	tx.clock = set(to.Now, tx.machine, to.Frozen)
	tx.now = to.Now
	if back {
		tx.head.version = authz.Version{Incarnation: tx.tenant.store.incarnation(tx.head.version.Incarnation), Seq: tx.head.version.Seq}
		tx.reload = true
		// What was recorded as ended has yet to end again.
		tx.exec("UPDATE schedule SET open = 1 WHERE open = 0 AND end_at > $1", to.Now)
		// And what was recorded as begun has yet to begin again, if it still can.
		const stands = "EXISTS (SELECT 1 FROM schedule s WHERE s.id = request.id)"
		tx.exec("UPDATE request SET status = 'Granted', open = CASE WHEN "+stands+" THEN 1 ELSE 0 END, over_at = CASE WHEN "+stands+" THEN "+never+" ELSE over_at END"+
			" WHERE status = 'Provisioned' AND schedule_id = id AND completed_at > $1", to.Now)
	}
	tx.exec("DELETE FROM tenant_clock WHERE id = $1", "clock")
	tx.exec("INSERT INTO tenant_clock (id, ahead, frozen, frozen_at) VALUES ($1, $2, $3, $4)",
		"clock", int64(tx.clock.ahead), tx.clock.frozen, tx.clock.at)
	tx.changed("clock", "clock")
}

// readClock is the clock as it is stored.
func readClock(tx *ReadTx) (clock, error) {
	var c clock
	var ahead int64
	_, err := tx.one("SELECT ahead, frozen, frozen_at FROM tenant_clock WHERE id = $1", []any{"clock"},
		&ahead, &c.frozen, &c.at)
	c.ahead = time.Duration(ahead)
	return c, err
}
