package store

import (
	"errors"
	"fmt"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A statement is SQL with its arguments, each a string, an int64 or a []byte.
type statement struct {
	sql  string
	args []any
}

// bind turns arguments into what both engines take as it is.
func bind(args []any) ([]any, error) {
	for i, arg := range args {
		switch v := arg.(type) {
		case string, int64:
		case []byte:
			if v == nil {
				args[i] = []byte{} // a nil slice would be NULL
			}
		case int:
			args[i] = int64(v)
		case when.Instant:
			args[i] = int64(v)
		case guid.ID:
			args[i] = text(v)
		case bool:
			args[i] = flag(v)
		default:
			return nil, fmt.Errorf("argument $%d is a %T, which no column holds", i+1, arg)
		}
	}
	return args, nil
}

// text is id as a column holds it: an id that names nothing is ”.
func text(id guid.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// flag is b as a column holds it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

var errNotID = errors.New("column does not hold an id")

// A reading reads the rows of one query: its scan is the engine's, which raw is, but also
// fills bools, ids and instants. What a row needs is kept for the next.
type reading struct {
	raw     func(dest ...any) error
	plain   []any
	texts   []string
	numbers []int64
}

// scan reads a row. The targets of one query are the same for every row, but need not be.
func (r *reading) scan(dest ...any) error {
	if len(r.plain) != len(dest) {
		r.plain, r.texts, r.numbers = make([]any, len(dest)), make([]string, len(dest)), make([]int64, len(dest))
	}
	for i, d := range dest {
		switch d := d.(type) {
		case *when.Instant:
			r.plain[i] = (*int64)(d)
		case *int, *bool:
			r.plain[i] = &r.numbers[i]
		case *guid.ID:
			r.plain[i] = &r.texts[i]
		default:
			r.plain[i] = d
		}
	}
	if err := r.raw(r.plain...); err != nil {
		return err
	}
	return r.fill(dest)
}

// fill gives targets that the engine does not know what it has read for them.
func (r *reading) fill(dest []any) error {
	for i, d := range dest {
		switch d := d.(type) {
		case *int:
			*d = int(r.numbers[i])
		case *bool:
			*d = r.numbers[i] != 0
		case *guid.ID:
			id, ok := guid.Parse(r.texts[i])
			if *d = id; !ok && r.texts[i] != "" {
				return errNotID
			}
		}
	}
	return nil
}
