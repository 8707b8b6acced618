package graph

import (
	"strconv"

	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// countOptions are what a $count segment takes: it counts what the list would list.
const countOptions = odata.Filter | odata.Format

// countOperations are the $count segments of collections of directory objects. Each is
// let in as its list is.
func countOperations() op.Operations {
	var counts op.Operations
	for _, of := range []struct {
		list  op.Operations
		name  string
		count handler
	}{
		{userOperations(), "listUsers", users.count},
		{groupOperations(), "listGroups", groups.count},
		{applicationOperations(), "listApplications", applications.count},
		{principalOperations(), "listServicePrincipals", principals.count},
	} {
		list, ok := of.list.Find(of.name)
		if !ok {
			panic("graph: no operation " + of.name)
		}
		counts = append(counts, &op.Operation{
			Name: "count" + of.name[len("list"):], Summary: "Count what " + of.name + " would list, as plain text.",
			Method: "GET", Path: list.Path + "/$count", Versions: list.Versions, Success: 200,
			Rule: list.Rule, Query: countOptions, Do: of.count,
		})
	}
	return counts
}

// count answers how many rows the filter leaves. Directory objects are counted only with
// ConsistencyLevel: eventual (query.md §1).
func (r *resource[T]) count(c *op.Call) (op.Answer, error) {
	if !c.Advanced {
		return op.Answer{}, fault.BadRequest("", "$count is not currently supported.")
	}
	c.Query.Count = true // the segment says so
	q, err := r.query(c, nil)
	if err != nil {
		return op.Answer{}, err
	}
	n, err := store.Count(c.Tx, r.table, q)
	return op.Answer{Status: c.Op.Success, Body: strconv.AppendInt(nil, n, 10), Type: "text/plain"}, err
}
