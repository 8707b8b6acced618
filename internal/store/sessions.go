package store

import (
	"encoding/json"
	"fmt"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// Session is the sign-in with that id. Whether it still goes on is for its reader to ask.
func (tx *ReadTx) Session(id guid.ID) (s signin.Session, found bool, err error) {
	var factors string
	found, err = tx.one(`SELECT id, user_id, client_id, factors, generation, created_at, end_at, ended_at FROM session WHERE id = $1`,
		[]any{id}, &s.ID, &s.User, &s.Client, &factors, &s.Generation, &s.Created, &s.End, &s.Ended)
	if err != nil || !found {
		return signin.Session{}, false, err
	}
	if err := json.Unmarshal([]byte(factors), &s.Factors); err != nil {
		return signin.Session{}, false, fmt.Errorf("session %s: %w", id, err)
	}
	return s, true, nil
}

// PutSession stores s, in the place of what was stored of it before. With it go two that are
// over, if there are any: so that those never become many, whoever signs in.
func (tx *WriteTx) PutSession(s signin.Session) error {
	factors, err := json.Marshal(s.Factors)
	if err != nil {
		return fmt.Errorf("session %s: %w", s.ID, err)
	}
	tx.exec(`INSERT INTO session (id, user_id, client_id, factors, generation, created_at, end_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET factors = excluded.factors, generation = excluded.generation, end_at = excluded.end_at, ended_at = excluded.ended_at`,
		s.ID, s.User, s.Client, string(factors), s.Generation, s.Created, s.End, s.Ended)
	tx.DropSessions(tx.machine, 2)
	return nil
}

// DropSessions forgets sessions that were over before the given instant, which is the
// machine's: so many, the longest over first.
func (tx *WriteTx) DropSessions(before when.Instant, most int) {
	tx.exec(`DELETE FROM session WHERE id IN (SELECT id FROM session WHERE end_at < $1 ORDER BY end_at, id LIMIT $2)`, before, most)
}
