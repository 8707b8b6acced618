package face

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
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

// MostExpanded is how many objects $expand shows of one relation of a directory object; there
// is no next page (C:query-parameters.md).
const MostExpanded = 20

// Flat refuses an expansion within one: directory objects have none (C:query-parameters.md).
func Flat(q odata.Query) error {
	if len(q.Expand) > 0 {
		return fault.BadQuery("$expand", "What is expanded here cannot be expanded further.")
	}
	return nil
}

// ManyOf loads the directory objects that belong to each row, by the row's id: at most
// MostExpanded of each. Who may not read their kind is shown their type and id only.
func ManyOf[T any](id func(*T) guid.ID, of func(c *op.Call, rows []guid.ID) (map[guid.ID][]guid.ID, error)) Loader[T] {
	return RefsOf(id, func(c *op.Call, rows []guid.ID) (map[guid.ID][]directory.Ref, error) {
		theirs, err := of(c, rows)
		refs := make(map[guid.ID][]directory.Ref, len(theirs))
		for row, ids := range theirs {
			refs[row] = liveRefs(c, ids)
		}
		return refs, err
	})
}

// RefsOf is ManyOf for objects whose kinds are known, directory roles among them.
func RefsOf[T any](id func(*T) guid.ID, of func(c *op.Call, rows []guid.ID) (map[guid.ID][]directory.Ref, error)) Loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		if err := Flat(q); err != nil {
			return nil, err
		}
		theirs, err := of(c, Wanted(rows, id))
		if err != nil {
			return nil, err
		}
		var all []directory.Ref
		for _, refs := range theirs {
			all = append(all, refs...)
		}
		slices.SortFunc(all, func(a, b directory.Ref) int { return a.ID.Compare(b.ID) })
		found, err := LoadRefs(c, slices.Compact(all), q.Select)
		if err != nil {
			return nil, err
		}
		return func(w *edm.Writer, row int) {
			w.BeginArray()
			for _, one := range theirs[id(&rows[row])] {
				if write := found[one.ID]; write != nil {
					w.Begin()
					write(w)
					w.End()
				}
			}
			w.EndArray()
		}, nil
	}
}

// ObjectsOf loads the directory objects that rows name. Each carries its type; a caller
// who may not read its kind is shown the type and id only.
func ObjectsOf[T any](id func(*T) guid.ID) Loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		if err := Flat(q); err != nil {
			return nil, err
		}
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
