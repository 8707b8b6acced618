// Package env is the only room that asks the machine for the time, for new ids and for
// random bytes. Everything else is given them.
package env

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// An Env is a source of time, ids and randomness. Make one with System or Fixed.
type Env struct {
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	last uint64 // the last time-ordered id's clock: milliseconds << 12 | counter
}

// System is the machine's own clock and random source.
func System() *Env { return &Env{now: time.Now, random: rand.Reader} }

// Fixed is an Env for tests: now is asked for the time, random for bytes.
func Fixed(now func() time.Time, random io.Reader) *Env { return &Env{now: now, random: random} }

// Now is the present, in ticks.
func (e *Env) Now() when.Instant { return when.Of(e.now()) }

// Time is the present with the machine's monotonic reading, for measuring.
func (e *Env) Time() time.Time { return e.now() }

// Read fills p with random bytes. It panics when the machine has none: nothing secret
// may be made without them.
func (e *Env) Read(p []byte) (int, error) {
	if _, err := io.ReadFull(e.random, p); err != nil {
		panic("env: no random bytes: " + err.Error())
	}
	return len(p), nil
}

// NewID is a random id (version 4), for directory objects.
func (e *Env) NewID() guid.ID {
	var id guid.ID
	_, _ = e.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// NextID is a time-ordered id (version 7) on the machine's clock, for requests,
// schedules and audit records: later ones sort behind earlier ones of this process.
func (e *Env) NextID() guid.ID {
	var id guid.ID
	_, _ = e.Read(id[8:])
	e.mu.Lock()
	tick := uint64(e.now().UnixMilli()) << 12
	e.last = max(tick, e.last+1)
	tick = e.last
	e.mu.Unlock()
	binary.BigEndian.PutUint64(id[:8], tick>>12<<16|0x7000|tick&0xfff)
	id[8] = id[8]&0x3f | 0x80
	return id
}
