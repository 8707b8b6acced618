package face

import (
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// A Loader is a nav's load.
type Loader[T any] func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error)

// Nothing is a relation that never has an object.
func Nothing[T any](*op.Call, []T, odata.Query) (func(w *edm.Writer, row int), error) {
	return func(w *edm.Writer, _ int) { w.Null() }, nil
}

// Wanted are the distinct ids that the rows name.
func Wanted[T any](rows []T, id func(*T) guid.ID) []guid.ID {
	seen := map[guid.ID]bool{}
	var ids []guid.ID
	for i := range rows {
		if want := id(&rows[i]); !want.IsZero() && !seen[want] {
			seen[want] = true
			ids = append(ids, want)
		}
	}
	return ids
}

// ObjectsOf loads the directory objects that rows name. Each carries its type; a caller
// who may not read its kind is shown the type and id only.
func ObjectsOf[T any](id func(*T) guid.ID) Loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		found, err := LoadObjects(c, Wanted(rows, id), q.Select)
		if err != nil {
			return nil, err
		}
		return func(w *edm.Writer, row int) {
			if write := found[id(&rows[row])]; write != nil {
				w.Begin()
				write(w)
				w.End()
			} else {
				w.Null()
			}
		}, nil
	}
}
