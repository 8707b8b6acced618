package privilege

import (
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// transitive are the assignments of a principal, its own and those of the groups that it is
// in, each under the principal that has it.
var transitive = func() *face.Resource[grant] {
	r := *assignments
	r.Set = roleManagement + "transitiveRoleAssignments"
	return &r
}()

// listTransitive lists the assignments of the principal that the filter names, which it must
// (B:rbacapplication-list-transitiveroleassignments).
func listTransitive(c *op.Call) (op.Answer, error) {
	who, rest, ok := take(c.Query.Filter, "principalId")
	if !ok {
		return op.Answer{}, fault.UnsupportedQuery("Unsupported Query. Name one principal: $filter=principalId eq '…'.")
	}
	ids, err := withGroups(c, who)
	if err != nil {
		return op.Answer{}, err
	}
	in := *c.Input // the input is shared by the runs of a call
	in.Query.Filter = rest
	c.Input = &in
	return transitive.List(func(*op.Call) (face.Limits, error) {
		return face.Limits{Conditions: []store.Condition{store.Is(transitive.Table.Column("principal"), ids...)}}, nil
	})(c)
}

// take is the id that a property is compared with in a filter that asks for nothing else, or
// for that and more, and what more it asks for.
func take(n odata.Node, property string) (id guid.ID, rest odata.Node, ok bool) {
	and, several := n.(odata.And)
	if !several {
		id, ok = pinned(n, property)
		return id, nil, ok
	}
	for i, term := range and.Terms {
		if id, ok = pinned(term, property); !ok {
			continue
		}
		terms := append(append([]odata.Node(nil), and.Terms[:i]...), and.Terms[i+1:]...)
		if len(terms) == 1 {
			return id, terms[0], true
		}
		return id, odata.And{Terms: terms}, true
	}
	return id, n, false
}
