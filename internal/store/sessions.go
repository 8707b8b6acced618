package store

import (
	"encoding/json"
	"fmt"

	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

func (tx *ReadTx) session(condition string, arg any) (s signin.Session, found bool, err error) {
	var factors string
	found, err = tx.one(`SELECT id, user_id, client_id, factors, generation, created_at, end_at, ended_at, cookie, user_generation, incarnation
FROM session WHERE `+condition,
		[]any{arg}, &s.ID, &s.User, &s.Client, &factors, &s.Generation, &s.Created, &s.End, &s.Ended, &s.Cookie, &s.UserGeneration, &s.Incarnation)
	if err != nil || !found {
		return signin.Session{}, false, err
	}
	if err := json.Unmarshal([]byte(factors), &s.Factors); err != nil {
		return signin.Session{}, false, fmt.Errorf("session %s: %w", s.ID, err)
	}
	return s, true, nil
}

// Session is the sign-in with that id. Whether it still goes on is for its reader to ask.
func (tx *ReadTx) Session(id guid.ID) (s signin.Session, found bool, err error) {
	return tx.session("id = $1", id)
}

// SessionByCookie is the sign-in of the browser whose cookie has that hash. Whether it still
// goes on is for its reader to ask.
func (tx *ReadTx) SessionByCookie(hash string) (s signin.Session, found bool, err error) {
	if hash == "" {
		return s, false, nil
	}
	return tx.session("cookie = $1 AND cookie > ''", hash)
}

// PutSession stores s, in the place of what was stored of it before. With it go two that are
// over, if there are any: so that those never become many, whoever signs in.
func (tx *WriteTx) PutSession(s signin.Session) error {
	factors, err := json.Marshal(s.Factors)
	if err != nil {
		return fmt.Errorf("session %s: %w", s.ID, err)
	}
	tx.pass(`INSERT INTO session (id, user_id, client_id, factors, generation, created_at, end_at, ended_at, cookie, user_generation, incarnation)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (id) DO UPDATE SET factors = excluded.factors, generation = excluded.generation, end_at = excluded.end_at, ended_at = excluded.ended_at,
cookie = excluded.cookie, user_generation = excluded.user_generation`,
		s.ID, s.User, s.Client, string(factors), s.Generation, s.Created, s.End, s.Ended, s.Cookie, s.UserGeneration, s.Incarnation)
	tx.DropSessions(tx.machine, 2)
	return nil
}

// DropSessions forgets sessions that were over before the given instant, which is the
// machine's: so many, the longest over first.
func (tx *WriteTx) DropSessions(before when.Instant, most int) {
	tx.pass(`DELETE FROM session WHERE id IN (SELECT id FROM session WHERE end_at < $1 ORDER BY end_at, id LIMIT $2)`, before, most)
}

// endedKept is for how long an ended session is remembered: longer than any token lives that
// it has given out.
const endedKept = 2 * when.Hour

// EndSession ends a session now: what it gave out is void from the next decision on. With it
// go two that ended so long ago that nothing of them is about any more.
func (tx *WriteTx) EndSession(id guid.ID) error {
	tx.exec("UPDATE session SET ended_at = $1, cookie = '' WHERE id = $2 AND ended_at > $1", tx.machine, id)
	tx.stage().PutEnded(id)
	tx.changed(aSession, id.String())
	var old []guid.ID
	err := tx.query("SELECT id FROM session WHERE ended_at < $1 AND ended_at < "+never+" ORDER BY ended_at, id LIMIT 2",
		[]any{tx.machine - endedKept}, func(scan func(dest ...any) error) error {
			var id guid.ID
			err := scan(&id)
			old = append(old, id)
			return err
		})
	if err != nil {
		return fmt.Errorf("load ended sessions: %w", err)
	}
	for _, id := range old {
		tx.exec("DELETE FROM session WHERE id = $1", id)
		tx.stage().DropEnded(id)
		tx.changed(aSession, id.String())
	}
	return nil
}

// loadEnded reads the sessions that were ended while what they gave out may be about.
func loadEnded(tx *ReadTx, edit *authz.Edit) error {
	return tx.query("SELECT id FROM session WHERE ended_at < "+never+" ORDER BY ended_at, id", nil, func(scan func(dest ...any) error) error {
		var id guid.ID
		err := scan(&id)
		edit.PutEnded(id)
		return err
	})
}

func reloadSession(tx *ReadTx, edit *authz.Edit, name string) error {
	all, err := ids(name, 1)
	if err != nil {
		return err
	}
	s, found, err := tx.Session(all[0])
	if err != nil {
		return err
	}
	if found && s.Ended < when.Never {
		edit.PutEnded(all[0])
	} else {
		edit.DropEnded(all[0])
	}
	return nil
}
