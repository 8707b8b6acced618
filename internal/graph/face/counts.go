package face

import (
	"strconv"

	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// countOptions are what a $count segment takes: it counts what the list would list.
const countOptions = odata.Filter | odata.Search | odata.Format

// CountOperation is the $count segment of the list of that name among ops. It lets in whom
// the list does.
func (r *Resource[T]) CountOperation(ops op.Operations, name string) *op.Operation {
	return r.CountWithin(ops, name, nil)
}

// CountWithin is CountOperation for a list of some of the rows.
func (r *Resource[T]) CountWithin(ops op.Operations, name string, within Rows) *op.Operation {
	list, ok := ops.Find(name)
	if !ok {
		panic("graph: no operation " + name)
	}
	return &op.Operation{
		Name: "count" + name[len("list"):], Summary: "Count what " + name + " would list, as plain text.",
		Method: "GET", Path: list.Path + "/$count", Versions: list.Versions, Success: 200,
		Rule: list.Rule, Locate: list.Locate, Demands: list.Demands, Query: countOptions, Do: r.count(within),
	}
}

// count answers how many rows the filter leaves. Directory objects are counted only with
// ConsistencyLevel: eventual (query.md §1).
func (r *Resource[T]) count(within Rows) Handler {
	return func(c *op.Call) (op.Answer, error) {
		if !c.Advanced {
			return op.Answer{}, fault.BadRequest("", "$count is not currently supported.")
		}
		in := *c.Input        // the input is shared by the runs of a call
		in.Query.Count = true // the segment says so
		c.Input = &in
		q, err := r.Query(c, within)
		if err != nil {
			return op.Answer{}, err
		}
		n, err := store.Count(c.Tx, r.Table, q)
		return CountAnswer(c, n), err
	}
}

// CountAnswer is a number in plain text.
func CountAnswer(c *op.Call, n int64) op.Answer {
	return op.Answer{Status: c.Op.Success, Body: strconv.AppendInt(nil, n, 10), Type: "text/plain"}
}
