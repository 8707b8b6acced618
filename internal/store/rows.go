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

// rowByRow are statements that add one row, which operations in the lane queue one by one,
// and what adds many such rows.
var rowByRow = map[string]adder{
	insertSchedule: adderOf("schedule", scheduleRow...),
	insertRequest:  adderOf("request", requestColumns...),
}

// merged is statements in which rows that are added one after the other are added together.
// No table refers to another, so that among additions only the order in each table counts.
func merged(statements []statement) []statement {
	out := make([]statement, 0, len(statements))
	for len(statements) > 0 {
		run := 0
		for run < len(statements) && rowByRow[statements[run].sql].columns > 0 {
			run++
		}
		if run == 0 {
			out, statements = append(out, statements[0]), statements[1:]
			continue
		}
		out, statements = append(out, added(statements[:run])...), statements[run:]
	}
	return out
}

// added is additions of rows, by table.
func added(rows []statement) (out []statement) {
	args := map[string][]any{}
	var order []string
	for _, s := range rows {
		if args[s.sql] == nil {
			order = append(order, s.sql)
		}
		args[s.sql] = append(args[s.sql], s.args...)
	}
	for _, sql := range order {
		a := rowByRow[sql]
		out = append(out, a.add(args[sql])...)
	}
	return out
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
