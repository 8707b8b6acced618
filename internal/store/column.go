package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// never is when.Never as SQL text. Queries that read live rows spell it out, because
// partial indexes answer only conditions that repeat their own.
const never = "9223372036854775807"

// lives is the condition on deleted_at of an object that lives, or that does not.
func lives(live bool) string {
	if live {
		return "= " + never
	}
	return "< " + never
}

// errColumn says that a column holds what nothing of ours writes.
var errColumn = errors.New("store: a column holds another type than its table declares")

// fold is the form in which letters of either case are equal: what every _key column
// holds, and what a filter's literals become before they meet one.
func fold(s string) string { return strings.ToLower(s) }

// A jsonColumn is scanned from a TEXT column of JSON into what it points at.
type jsonColumn struct{ into any }

// Scan reads the JSON.
func (c jsonColumn) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return errColumn
	}
	if err := json.Unmarshal([]byte(s), c.into); err != nil {
		return fmt.Errorf("read a JSON column: %w", err)
	}
	return nil
}

// asJSON is v as its column holds it. It panics on a type that JSON cannot hold, which is
// a mistake of this package's.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T is no JSON: %v", v, err))
	}
	return string(b)
}

// insertInto is the statement that adds one row of the named columns.
func insertInto(table string, columns ...string) string {
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + holes(1, len(columns)) + ")"
}

// updateOf is the statement that sets the named columns of the row whose id is the last
// argument.
func updateOf(table string, columns ...string) string {
	var b strings.Builder
	b.WriteString("UPDATE " + table + " SET ")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = $%d", c, i+1)
	}
	fmt.Fprintf(&b, " WHERE id = $%d", len(columns)+1)
	return b.String()
}

// upsertInto is insertInto that sets the columns behind the first, its key, where the row
// is there already.
func upsertInto(table string, columns ...string) string {
	var b strings.Builder
	b.WriteString(insertInto(table, columns...))
	b.WriteString(" ON CONFLICT (" + columns[0] + ") DO UPDATE SET ")
	for i, c := range columns[1:] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c + " = excluded." + c)
	}
	return b.String()
}

// holes is count numbered arguments from first on: "$3, $4".
func holes(first, count int) string {
	var b strings.Builder
	for i := range count {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}
