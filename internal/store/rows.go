package store

import "strings"

// rowsTogether is how many rows one statement adds at most: more would save little, and an
// engine bounds the arguments of a statement.
const rowsTogether = 64

// An adder adds many rows to a table with few statements. Their texts are as many as there
// are powers of two up to rowsTogether, so that an engine prepares each only once.
type adder struct {
	columns int
	sql     []string // sql[i] adds 1<<i rows
}

func adderOf(table string, columns ...string) adder {
	a := adder{columns: len(columns)}
	for n := 1; n <= rowsTogether; n *= 2 {
		rows := make([]string, n)
		for i := range rows {
			rows[i] = "(" + holes(1+i*a.columns, a.columns) + ")"
		}
		a.sql = append(a.sql, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES "+strings.Join(rows, ", "))
	}
	return a
}

// add is what adds the rows whose columns, one row after the other, are args.
func (a *adder) add(args []any) []statement {
	var statements []statement
	for size := len(a.sql) - 1; len(args) > 0; {
		n := a.columns << size
		if n > len(args) {
			size--
			continue
		}
		statements = append(statements, statement{a.sql[size], args[:n:n]})
		args = args[n:]
	}
	return statements
}

// listed is how many ids a list in a statement has at most, as its callers promise.
const listed = 1024

// lists are the arguments of lists of ids, by the logarithm of their number.
var lists = func() (lists []string) {
	for n := 1; n <= listed; n *= 2 {
		lists = append(lists, holes(1, n))
	}
	return lists
}()

// list makes args as long as the next power of two, by saying the last again, and is the
// text of their places: for a condition IN (…), which then has few texts.
func list(args []any) (places string, padded []any) {
	size := 0
	for 1<<size < len(args) {
		size++
	}
	if size >= len(lists) {
		return holes(1, len(args)), args
	}
	for len(args) < 1<<size {
		args = append(args, args[len(args)-1])
	}
	return lists[size], args
}
