package face

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// A Nav is a relation of an entity that $expand can follow. It costs one query for the
// whole page.
type Nav[T any] struct {
	Name string
	Many bool
	// Starred is what $expand=* shows too, though it is many.
	Starred bool
	// Rule has the permissions without which the relation is not shown; nil when those for
	// the rows themselves are enough.
	Rule *authz.Rule
	// Load answers, for each row, how its related objects are written.
	Load func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error)
}

// An Expansion is a relation that has been loaded for a page.
type Expansion struct {
	name  string
	write func(w *edm.Writer, row int)
}

// open reports that the caller has the permissions that the relation asks for.
func (n *Nav[T]) open(c *op.Call) error {
	if n.Rule == nil {
		return nil
	}
	if f := c.Snap.RequireScopes(c.Caller, n.Rule); f != nil {
		return f
	}
	return nil
}

// maxExpand is how many relations one request of PIM may expand; directory objects take
// one (C:query-parameters.md).
const maxExpand = 8

// Expand loads the relations that the query names.
func (r *Resource[T]) Expand(c *op.Call, rows []T) ([]Expansion, error) {
	if r.Directory && len(c.Query.Expand) > 1 {
		return nil, tooMany()
	}
	if r.Directory && len(c.Query.Expand) > 0 && Advanced(c) {
		return nil, fault.UnsupportedQuery("Unsupported Query. $expand is not supported together with $count=true and ConsistencyLevel: eventual.")
	}
	return r.ExpandEach(c, rows, r.starred(c))
}

func tooMany() error {
	return fault.BadQuery("$expand", "Too many relations are expanded in one request.")
}

// ExpandEach loads the given relations: of a request's rows, or of what is itself expanded.
func (r *Resource[T]) ExpandEach(c *op.Call, rows []T, wanted []odata.Expansion) ([]Expansion, error) {
	if wanted = r.each(wanted); len(wanted) > maxExpand {
		return nil, tooMany()
	}
	var out []Expansion
	for _, x := range wanted {
		found := false
		for _, n := range r.Navs {
			if n.Name != x.Path {
				continue
			}
			found = true
			if err := n.open(c); err != nil {
				return nil, err
			}
			if err := x.Query.Only(odata.Select | odata.Expand); err != nil {
				return nil, err
			}
			write, err := n.Load(c, rows, x.Query)
			if err != nil {
				return nil, err
			}
			out = append(out, Expansion{n.Name, write})
		}
		if !found {
			return nil, fault.BadQuery("$expand", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", x.Path, r.Entity.Name)
		}
	}
	return out, nil
}

// starred puts in the place of "*" what it stands for, also where the answer names what was
// expanded.
func (r *Resource[T]) starred(c *op.Call) []odata.Expansion {
	in := *c.Input // the input is shared by the runs of a call
	in.Query.Expand = r.each(in.Query.Expand)
	c.Input = &in
	return in.Query.Expand
}

// each puts in the place of "*" every single-valued or starred relation.
func (r *Resource[T]) each(wanted []odata.Expansion) []odata.Expansion {
	var all []odata.Expansion
	for _, x := range wanted {
		if x.Path != "*" {
			all = append(all, x)
			continue
		}
		for _, n := range r.Navs {
			if !n.Many || n.Starred {
				all = append(all, odata.Expansion{Path: n.Name, Query: x.Query})
			}
		}
	}
	return all
}

// WriteExpanded puts one row of an expanded relation whose own relations were loaded.
func (r *Resource[T]) WriteExpanded(w *edm.Writer, v *T, s edm.Selection, expand []Expansion, row int) {
	w.Begin()
	r.Entity.WriteMembers(w, v, s)
	WriteExpansions(w, expand, row)
	w.End()
}

// unexpanded is the selection without what is expanded: a relation that is shown in short
// without being asked for is shown once.
func (r *Resource[T]) unexpanded(s edm.Selection, expand []Expansion) edm.Selection {
	for _, x := range expand {
		s = r.Entity.Without(s, x.name)
	}
	return s
}

// WriteExpansions puts what was expanded of a row into the object that is open.
func WriteExpansions(w *edm.Writer, list []Expansion, row int) {
	for _, x := range list {
		w.Name(x.name)
		x.write(w, row)
	}
}

func join(path []string) string { return strings.Join(path, "/") }
