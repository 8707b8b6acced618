package store

import (
	"encoding/json"
	"fmt"

	"ephor/internal/when"
)

// A Ticket is something that its holder can show, once or until it ends: a code, a family of
// refresh tokens, what a person is in the middle of. It is stored under the hash of what is
// shown. Its instants are the machine's.
type Ticket struct {
	ID      string // the hash; see signin.HashSecret
	Kind    string
	Key     string          // what else it is found by, "" for nothing
	Body    json.RawMessage // what its room keeps in it
	Created when.Instant
	End     when.Instant
	Spent   when.Instant // when it was used up; when.Never while it is good
}

// Good reports whether the ticket may be used at now.
func (t *Ticket) Good(now when.Instant) bool { return now < t.End && now < t.Spent }

const ticketColumns = "id, kind, found_by, body, created_at, end_at, spent_at"

func (tx *ReadTx) ticket(condition string, args ...any) (t Ticket, found bool, err error) {
	var body string
	found, err = tx.one("SELECT "+ticketColumns+" FROM ticket WHERE "+condition, args, &t.ID, &t.Kind, &t.Key, &body, &t.Created, &t.End, &t.Spent)
	if err != nil {
		return Ticket{}, false, fmt.Errorf("load ticket: %w", err)
	}
	t.Body = json.RawMessage(body)
	return t, found, nil
}

// Ticket is the ticket of that kind and id. Whether it is still good is for its reader to ask.
func (tx *ReadTx) Ticket(kind, id string) (Ticket, bool, error) {
	return tx.ticket("id = $1 AND kind = $2", id, kind)
}

// TicketByKey is the ticket of that kind that was last made with that key.
func (tx *ReadTx) TicketByKey(kind, key string) (Ticket, bool, error) {
	return tx.ticket("kind = $1 AND found_by = $2 AND found_by > '' ORDER BY created_at DESC, id DESC LIMIT 1", kind, key)
}

// TicketsByKey are the tickets of that kind with that key, at most a hundred, the latest
// first.
func (tx *ReadTx) TicketsByKey(kind, key string) ([]Ticket, error) {
	var all []Ticket
	err := tx.query("SELECT "+ticketColumns+" FROM ticket WHERE kind = $1 AND found_by = $2 AND found_by > '' ORDER BY created_at DESC, id DESC LIMIT 100",
		[]any{kind, key}, func(scan func(dest ...any) error) error {
			var t Ticket
			var body string
			err := scan(&t.ID, &t.Kind, &t.Key, &body, &t.Created, &t.End, &t.Spent)
			t.Body = json.RawMessage(body)
			all = append(all, t)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load tickets: %w", err)
	}
	return all, nil
}

// PutTicket stores t, in the place of what was stored of it before. With it go two that are
// over, if there are any, so that those never become many.
func (tx *WriteTx) PutTicket(t Ticket) {
	tx.pass(`INSERT INTO ticket (id, kind, found_by, body, created_at, end_at, spent_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, found_by = excluded.found_by, end_at = excluded.end_at, spent_at = excluded.spent_at`,
		t.ID, t.Kind, t.Key, string(t.Body), t.Created, t.End, t.Spent)
	tx.DropTickets(tx.machine, 2)
}

// DropTickets forgets tickets that were over before the given instant, which is the
// machine's: so many, the longest over first.
func (tx *WriteTx) DropTickets(before when.Instant, most int) {
	tx.pass(`DELETE FROM ticket WHERE id IN (SELECT id FROM ticket WHERE end_at < $1 ORDER BY end_at, id LIMIT $2)`, before, most)
}
