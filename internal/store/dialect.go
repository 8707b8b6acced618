package store

import "context"

// An engine is where one store lives: an SQLite file, or a schema of a PostgreSQL
// database. Everything above this file is the same for both.
type engine interface {
	// begin opens a transaction. A writing one waits for the only writer's place (on
	// PostgreSQL that is chain_head's row, taken by readHead); a reading one sees one
	// state of the store from its first query to its end.
	begin(ctx context.Context, write bool) (link, error)
	dialect() *dialect
	close() error
}

// A link is one open transaction. It ends with commit or rollback, whichever is called
// first; rollback after either is harmless.
type link interface {
	// query sends pending and then all that is asked, at once, and gives each row's scan to
	// its question. An error of a row ends it and is returned; any other error leaves the
	// transaction good for nothing.
	query(ctx context.Context, pending []statement, asked ...question) error
	// commit sends pending and commits. Its error is an *uncertain one when nobody can
	// tell whether it happened; after any other, it did not.
	commit(ctx context.Context, pending []statement) error
	rollback()
}

// A question is a statement that is asked for its rows, each of which goes to row. What row
// returns ends the query.
type question struct {
	statement
	row func(scan func(dest ...any) error) error
}

// An uncertain error is that of a commit whose outcome is not known.
type uncertain struct{ cause error }

func (e *uncertain) Error() string { return "commit without an answer: " + e.cause.Error() }
func (e *uncertain) Unwrap() error { return e.cause }

// A dialect is what the two engines spell in different ways.
type dialect struct {
	// place names the store in chain_head, which on PostgreSQL has one row a schema.
	place string
	// head is chain_head as a transaction of a tenant names it.
	head string
	// lock makes a SELECT wait for other writers of its row. SQLite has one writer anyway.
	lock string
	// parts are the folders of migrations that make a tenant's store.
	parts []string
	// ddl turns a migration into what this engine reads. Text is compared byte by byte on
	// both; PostgreSQL has to be told so, column by column.
	ddl func(sql string) string
	// blame reports whether err is the statement's own fault, a constraint or its text, and
	// not the machine's: trying again would not help.
	blame func(err error) bool
}
