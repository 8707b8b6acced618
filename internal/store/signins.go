package store

import (
	"fmt"

	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// signInsKept is how long a sign-in stays in the log, on the tenant's clock, as in Entra.
const signInsKept = 30 * when.Day

var signInRows = adderOf("sign_in", "id", "at", "user_id", "upn_key", "app_id", "app_key", "address", "code", "correlation", "body")

// SignIn leaves e in the sign-in log. Its id and time are given by the store where they are
// zero. A transaction that writes what a sign-in needs (a session, a counter, a code spent)
// and nothing else needs no audit record beside it: this is its record.
func (tx *WriteTx) SignIn(e signin.Event) {
	if e.ID.IsZero() {
		e.ID = tx.tenant.store.env.NextID()
	}
	if e.At == 0 {
		e.At = tx.now
	}
	tx.signIns = append(tx.signIns, e)
}

// signInArgs are the columns of e.
func signInArgs(e *signin.Event) []any {
	return []any{
		text(e.ID), int64(e.At), text(e.User), fold(e.UPN), text(e.App), fold(e.AppName), fold(e.Address), int64(e.Code), text(e.Correlation), asJSON(e),
	}
}

// trimSignIns forgets as many of the oldest as a group adds, twice over, once they are too
// old: the log grows only by what is written, so it is trimmed there.
func trimSignIns(added int, now when.Instant) statement {
	return statement{
		"DELETE FROM sign_in WHERE id IN (SELECT id FROM sign_in WHERE at < $1 ORDER BY at, id LIMIT $2)",
		[]any{int64(now - signInsKept), int64(2 * added)},
	}
}

func scanSignIn(scan func(dest ...any) error) (signin.Event, error) {
	var e signin.Event
	err := scan(jsonColumn{&e})
	return e, err
}

// SignInEvent is the entry of the sign-in log with that id.
func (tx *ReadTx) SignInEvent(id guid.ID) (e signin.Event, found bool, err error) {
	err = tx.query("SELECT body FROM sign_in WHERE id = $1", []any{id}, func(scan func(dest ...any) error) (err error) {
		found = true
		e, err = scanSignIn(scan)
		return err
	})
	if err != nil {
		return signin.Event{}, false, fmt.Errorf("load sign-in %s: %w", id, err)
	}
	return e, found, nil
}

// signedIn is when somebody signed in: the order of the log, newest first.
func signedIn() Column {
	return Column{SQL: "s.at", Kind: odata.KindInstant, Ops: edm.Ranged, Indexed: true}
}

// SignIns is the sign-in log, the newest first.
var SignIns = &Table[signin.Event]{
	From: "sign_in s", ID: "s.id", Order: Order{Column: signedIn(), Desc: true}, Row: scanSignIn, Select: "s.body",
	Columns: map[string]Column{
		"id":          selective(required(idOf("s.id"))),
		"at":          signedIn(),
		"user":        indexed(idOf("s.user_id")),
		"upn":         indexed(lowered("s.upn_key", edm.Equal|edm.StartsWith)),
		"app":         indexed(idOf("s.app_id")),
		"app_name":    lowered("s.app_key", edm.Equal|edm.StartsWith),
		"address":     indexed(lowered("s.address", edm.Equal)),
		"code":        {SQL: "s.code", Kind: odata.KindInt, Ops: edm.Ranged},
		"correlation": idOf("s.correlation"),
	},
}

// onlySignsIn reports whether all that the transaction did is a sign-in's: it has an entry
// in that log, and no right and no object is other than before.
func (tx *WriteTx) onlySignsIn() bool {
	return len(tx.signIns) > 0 && tx.edit == nil && len(tx.changes) == 0
}

// mark is a row that the commit of tx adds.
func (tx *WriteTx) mark() mark {
	if len(tx.records) > 0 {
		return mark{"audit", tx.records[0].ID}
	}
	return mark{"sign_in", tx.signIns[0].ID}
}

// empty reports whether nothing that was done in the group is to be kept.
func (g *group) empty() bool { return len(g.leaves) == 0 && len(g.signIns) == 0 }
