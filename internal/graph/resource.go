package graph

import (
	"maps"

	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// A resource is an entity where it lives: the table behind it and what may be asked of
// it. Lists and gets of every resource are the two operations in this file.
type resource[T any] struct {
	entity *edm.Entity[T]
	set    string // as @odata.context names it: "users"
	table  *store.Table[T]
	// more are the paths that may be filtered besides the entity's own properties.
	more map[string]path
	navs []nav[T]
	// directory objects answer some queries only with ConsistencyLevel: eventual and
	// $count=true (query.md §1).
	directory bool
	// unpaged collections come whole, whatever their size (C:paging.md).
	page, most int
	id         func(*T) string
	// look fills in what depends on the caller, for each row of an answer.
	look func(c *op.Call, rows []T)
}

// A path is a filterable path that is no property of its own, such as createdBy/user/id.
type path struct {
	column string
	ops    edm.Ops
}

// Page sizes where a resource names none (query.md §2, §5).
const (
	pageSize = 100
	pageMost = 999
)

// rows limits a list to what its caller may see; it is ANDed to whatever the query asks.
type rows func(c *op.Call) (limits, error)

// limits are the conditions and values of a list for one caller.
type limits struct {
	conditions []store.Condition
	values     map[string]any
}

// list answers a collection. within is nil when everybody who is let in sees all rows.
func (r *resource[T]) list(within rows) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		q, err := r.query(c, within)
		if err != nil {
			return op.Answer{}, err
		}
		selection, err := r.entity.Select(c.Query.Select, true)
		if err != nil {
			return op.Answer{}, err
		}
		page, err := store.List(c.Tx, r.table, q)
		if err != nil {
			return op.Answer{}, err
		}
		if r.look != nil {
			r.look(c, page.Rows)
		}
		expand, err := r.expand(c, page.Rows)
		if err != nil {
			return op.Answer{}, err
		}
		return r.collection(c, q, page, selection, expand)
	}
}

// query makes the store's query of the caller's, within what they may see.
func (r *resource[T]) query(c *op.Call, within rows) (store.ListQuery, error) {
	q := store.ListQuery{Filter: c.Query.Filter, Values: map[string]any{"caller": ""}}
	if within != nil {
		l, err := within(c)
		if err != nil {
			return q, err
		}
		q.Rows = l.conditions
		maps.Copy(q.Values, l.values)
	}
	var err error
	q.Columns = r.filterable(r.directory && !advanced(c))
	if q.Limit, err = r.limit(c); err != nil {
		return q, err
	}
	if q.Order, err = r.order(c); err != nil {
		return q, err
	}
	if c.Query.SkipToken != "" {
		q.After, err = openPosition(c)
	}
	return q, err
}

// advanced reports whether the caller asked for an advanced query.
func advanced(c *op.Call) bool { return c.Advanced && c.Query.Count }

// filterable are the columns that a filter may name, with their operators.
func (r *resource[T]) filterable(plain bool) store.Columns {
	columns := make(store.Columns, len(r.entity.Properties)+len(r.more))
	for _, p := range r.entity.Properties {
		ops := p.Filter | p.Advanced
		if plain {
			ops = p.Filter
		}
		if p.Column != "" && ops != 0 {
			columns[p.Name] = withOps(r.table.Column(p.Column), ops)
		}
	}
	for name, p := range r.more {
		columns[name] = withOps(r.table.Column(p.column), p.ops)
	}
	return columns
}

func withOps(c store.Column, ops edm.Ops) store.Column {
	c.Ops = ops
	return c
}

// limit is the page's size. Directory objects refuse what they do not serve; PIM cuts.
func (r *resource[T]) limit(c *op.Call) (int, error) {
	page, most := r.page, r.most
	if page == 0 {
		page, most = pageSize, pageMost
	}
	top := c.Query.Top
	switch {
	case top == nil:
		return page, nil
	case *top >= 1 && *top <= most:
		return *top, nil
	case *top > most && !r.directory:
		return most, nil
	}
	return 0, fault.BadRequest("$top", "Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", *top, most)
}

func (r *resource[T]) order(c *op.Call) (*store.Order, error) {
	if len(c.Query.OrderBy) == 0 {
		return nil, nil
	}
	if len(c.Query.OrderBy) > 1 {
		return nil, fault.UnsupportedQuery("Sorting not supported for current query. Sort by one property.")
	}
	by := c.Query.OrderBy[0]
	if len(by.Path) == 1 {
		p, ok := r.entity.Property(by.Path[0])
		if ok && p.Column != "" && (p.Sort || p.SortAdv) {
			plain := p.Sort && c.Query.Filter == nil
			if r.directory && !plain && !advanced(c) {
				return nil, fault.UnsupportedQuery("Sorting not supported for current query. Send ConsistencyLevel: eventual and $count=true.").About("$orderby")
			}
			return &store.Order{Column: r.table.Column(p.Column), Desc: by.Desc}, nil
		}
	}
	return nil, fault.UnsupportedQuery("Sorting not supported for current query. '%s' cannot be sorted by.", join(by.Path)).About("$orderby")
}

// collection writes a page.
func (r *resource[T]) collection(c *op.Call, q store.ListQuery, page store.Page[T], s edm.Selection, expand []expansion) (op.Answer, error) {
	var w edm.Writer
	w.Begin()
	if err := r.head(c, &w, q, page); err != nil {
		return op.Answer{}, err
	}
	w.Name("value")
	w.BeginArray()
	for i := range page.Rows {
		w.Begin()
		if r.entity.Typed {
			writeType(c, &w, r.entity.TypeName())
		}
		r.entity.WriteMembers(&w, &page.Rows[i], s)
		writeExpansions(&w, expand, i)
		w.End()
	}
	w.EndArray()
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// head puts what stands before a page's rows: context, count, link to the next page.
func (r *resource[T]) head(c *op.Call, w *edm.Writer, q store.ListQuery, page store.Page[T]) error {
	writeContext(c, w, r.set, false)
	if c.Query.Count && q.After == nil && (!r.directory || c.Advanced) {
		total, err := store.Count(c.Tx, r.table, q)
		if err != nil {
			return err
		}
		w.Name("@odata.count")
		w.Int(total)
	}
	if page.Next == nil {
		return nil
	}
	link, err := nextLink(c, page.Next)
	if err != nil {
		return err
	}
	w.Name("@odata.nextLink")
	w.Str(link)
	return nil
}

// one answers a single entity.
func (r *resource[T]) one(c *op.Call, v *T) (op.Answer, error) {
	selection, err := r.entity.Select(c.Query.Select, false)
	if err != nil {
		return op.Answer{}, err
	}
	expand, err := r.expand(c, []T{*v})
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	writeContext(c, &w, r.set, true)
	if r.entity.Typed {
		writeType(c, &w, r.entity.TypeName())
	}
	r.entity.WriteMembers(&w, v, selection)
	writeExpansions(&w, expand, 0)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// made answers an entity that the call has created.
func (r *resource[T]) made(c *op.Call, v *T) (op.Answer, error) {
	a, err := r.one(c, v)
	a.Location = c.Root + "/" + r.set + "/" + r.id(v)
	return a, err
}

// get answers the entity that load finds.
func (r *resource[T]) get(load func(c *op.Call) (T, bool, error)) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		v, ok, err := load(c)
		if err != nil {
			return op.Answer{}, err
		}
		if !ok {
			return op.Answer{}, c.NotFound(c.Param("id"))
		}
		return r.one(c, &v)
	}
}

func writeContext(c *op.Call, w *edm.Writer, set string, single bool) {
	if c.Metadata == "none" {
		return
	}
	w.Name("@odata.context")
	w.Str(c.Root + "/$metadata#" + odata.Context(set, c.Query, single))
}

func writeType(c *op.Call, w *edm.Writer, name string) {
	if c.Metadata == "none" {
		return
	}
	w.Name("@odata.type")
	w.Str(name)
}
