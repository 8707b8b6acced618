package store

import (
	"fmt"

	"ephor/internal/signin"
	"ephor/internal/when"
)

// Tally is what was counted under key: failures in a row. Every node reads and writes the
// same counts, in the tenant's lane.
func (tx *ReadTx) Tally(key string) (t signin.Tally, err error) {
	if _, err := tx.one("SELECT failures, last_at FROM tally WHERE id = $1", []any{key}, &t.Failures, &t.Last); err != nil {
		return t, fmt.Errorf("load tally: %w", err)
	}
	return t, nil
}

// PutTally stores t under key until forgotten, and forgets two that were over before.
func (tx *WriteTx) PutTally(key string, t signin.Tally, forgotten when.Instant) {
	tx.pass("INSERT INTO tally (id, failures, last_at, end_at) VALUES ($1, $2, $3, $4) "+
		"ON CONFLICT (id) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, end_at = excluded.end_at",
		key, t.Failures, t.Last, forgotten)
	tx.pass("DELETE FROM tally WHERE id IN (SELECT id FROM tally WHERE end_at < $1 ORDER BY end_at, id LIMIT 2)", tx.machine)
}

// DropTally forgets what was counted under key.
func (tx *WriteTx) DropTally(key string) { tx.pass("DELETE FROM tally WHERE id = $1", key) }
