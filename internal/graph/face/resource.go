package face

import (
	"maps"
	"sync"

	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// A Resource is an entity where it lives: the table behind it and what may be asked of
// it. Lists and gets of every resource are the two operations in this file.
type Resource[T any] struct {
	Entity *edm.Entity[T]
	Set    string // as @odata.context names it: "users"
	Table  *store.Table[T]
	// More are the paths that may be filtered besides the entity's own properties.
	More map[string]Path
	Navs []Nav[T]
	// Directory objects answer some queries only with ConsistencyLevel: eventual and
	// $count=true (query.md §1).
	Directory bool
	// Page is how many rows a page has when nothing is asked, Most how many may be asked for;
	// zero for PageSize and PageMost.
	Page, Most int
	// ID is the entity's id on the wire, for the address of what was made.
	ID func(*T) string
	// Fill completes the rows of an answer with what other tables hold, by one query for
	// the whole page.
	Fill func(c *op.Call, rows []T) error
	// Look fills in what depends on the caller, for each row of an answer.
	Look func(c *op.Call, rows []T)
}

// A Path is a filterable path that is no property of its own, such as createdBy/user/id.
type Path struct {
	Column string
	Ops    edm.Ops
}

// Page sizes where a resource names none (query.md §2, §5).
const (
	PageSize = 100
	PageMost = 999
)

// Rows limits a list to what its caller may see; it is ANDed to whatever the query asks.
type Rows func(c *op.Call) (Limits, error)

// Limits are the conditions and values of a list for one caller.
type Limits struct {
	Conditions []store.Condition
	Values     map[string]any
}

// List answers a collection; within is nil when everybody who is let in sees all rows.
func (r *Resource[T]) List(within Rows) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		q, err := r.Query(c, within)
		if err != nil {
			return op.Answer{}, err
		}
		selected, err := selection(c, r.Entity, guid.ID{}, true)
		if err != nil {
			return op.Answer{}, err
		}
		if r.Table.Keeps() && r.Fill == nil && r.Look == nil && len(c.Query.Expand) == 0 {
			return r.kept(c, q, selected)
		}
		page, err := store.List(c.Tx, r.Table, q)
		if err != nil {
			return op.Answer{}, err
		}
		if r.Fill != nil {
			if err := r.Fill(c, page.Rows); err != nil {
				return op.Answer{}, err
			}
		}
		if r.Look != nil {
			r.Look(c, page.Rows)
		}
		expand, err := r.Expand(c, page.Rows)
		if err != nil {
			return op.Answer{}, err
		}
		return r.Collection(c, q, page, selected, expand)
	}
}

// Query makes the store's query of the caller's, within what they may see.
func (r *Resource[T]) Query(c *op.Call, within Rows) (store.ListQuery, error) {
	q := store.ListQuery{Filter: c.Query.Filter, Values: map[string]any{"caller": ""}}
	if within != nil {
		l, err := within(c)
		if err != nil {
			return q, err
		}
		q.Rows = l.Conditions
		maps.Copy(q.Values, l.Values)
	}
	var err error
	basic := narrowed(c, r.Entity.Name, guid.ID{})
	q.Columns = r.filterable(r.Directory && !Advanced(c), basic)
	if q.Filter, err = r.searched(c, q.Filter, basic); err != nil {
		return q, err
	}
	if q.Limit, err = r.limit(c); err != nil {
		return q, err
	}
	if q.Order, err = r.order(c); err != nil {
		return q, err
	}
	if c.Query.SkipToken != "" {
		q.After, err = OpenPosition(c)
	}
	return q, err
}

// Advanced reports whether the caller asked for an advanced query.
func Advanced(c *op.Call) bool { return c.Advanced && c.Query.Count }

// filterable are the columns that a filter may name, with their operators.
func (r *Resource[T]) filterable(plain, basic bool) store.Columns {
	of := filterOf{r, plain, basic}
	columns, known := filterables.Load(of)
	if !known {
		columns, _ = filterables.LoadOrStore(of, r.columns(plain, basic))
	}
	return columns.(store.Columns)
}

// filterables are the columns of every resource, by filterOf: they are worked out once.
var filterables sync.Map

type filterOf struct {
	resource any
	plain    bool
	basic    bool
}

func (r *Resource[T]) columns(plain, basic bool) store.Columns {
	columns := make(store.Columns, len(r.Entity.Properties)+len(r.More))
	for _, p := range r.Entity.Properties {
		ops := p.Filter | p.Advanced
		if plain {
			ops = p.Filter
		}
		if p.Column != "" && ops != 0 && (p.Basic || !basic) {
			columns[p.Name] = withOps(r.Table.Column(p.Column), ops)
		}
	}
	for name, p := range r.More {
		columns[name] = withOps(r.Table.Column(p.Column), p.Ops)
	}
	r.addSearched(columns, basic)
	return columns
}

func withOps(c store.Column, ops edm.Ops) store.Column {
	c.Ops = ops
	return c
}

// limit is the page's size. Directory objects refuse what they do not serve; PIM cuts.
func (r *Resource[T]) limit(c *op.Call) (int, error) {
	page, most := r.Page, r.Most
	if page == 0 {
		page, most = PageSize, PageMost
	}
	top := c.Query.Top
	switch {
	case top == nil:
		return page, nil
	case *top >= 1 && *top <= most:
		return *top, nil
	case *top > most && !r.Directory:
		return most, nil
	}
	return 0, fault.BadRequest("$top", "Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", *top, most)
}

// ObjectLimit is the page's size in a list of directory objects of any kind.
func ObjectLimit(c *op.Call) (int, error) { return (&Resource[struct{}]{Directory: true}).limit(c) }

func (r *Resource[T]) order(c *op.Call) (*store.Order, error) {
	if len(c.Query.OrderBy) == 0 {
		return nil, nil
	}
	if len(c.Query.OrderBy) > 1 {
		return nil, fault.UnsupportedQuery("Sorting not supported for current query. Sort by one property.")
	}
	by := c.Query.OrderBy[0]
	if len(by.Path) == 1 {
		p, ok := r.Entity.Property(by.Path[0])
		if ok && p.Column != "" && (p.Sort || p.SortAdv) && (p.Basic || !narrowed(c, r.Entity.Name, guid.ID{})) {
			plain := p.Sort && c.Query.Filter == nil && c.Query.Search == nil
			if r.Directory && !plain && !Advanced(c) {
				return nil, fault.UnsupportedQuery("Sorting not supported for current query. Send ConsistencyLevel: eventual and $count=true.").About("$orderby")
			}
			return &store.Order{Column: r.Table.Column(p.Column), Desc: by.Desc}, nil
		}
	}
	return nil, fault.UnsupportedQuery("Sorting not supported for current query. '%s' cannot be sorted by.", join(by.Path)).About("$orderby")
}

// Collection writes a page.
func (r *Resource[T]) Collection(c *op.Call, q store.ListQuery, page store.Page[T], s edm.Selection, expand []Expansion) (op.Answer, error) {
	return r.Counted(c, page, s, expand, func() (int64, error) { return store.Count(c.Tx, r.Table, q) })
}

// Counted is Collection for a list that has its own way to tell, if it is asked, how many
// rows there are on all pages.
func (r *Resource[T]) Counted(c *op.Call, page store.Page[T], s edm.Selection, expand []Expansion, rows func() (int64, error)) (op.Answer, error) {
	s = r.unexpanded(s, expand)
	w := edm.NewWriter()
	w.Begin()
	if err := r.head(c, w, page.Next, rows); err != nil {
		return op.Answer{}, err
	}
	w.Name("value")
	w.BeginArray()
	for i := range page.Rows {
		w.Begin()
		WriteIdentity(c, w, r.Entity, &page.Rows[i], r.Entity.Typed)
		r.Entity.WriteMembers(w, &page.Rows[i], s)
		WriteExpansions(w, expand, i)
		w.End()
	}
	w.EndArray()
	w.End()
	return written(c, w), nil
}

// kept answers a page of rows that are kept. What a row shows without $select is written
// once, and kept with it.
func (r *Resource[T]) kept(c *op.Call, q store.ListQuery, s edm.Selection) (op.Answer, error) {
	page, err := store.ListKept(c.Tx, r.Table, q)
	if err != nil {
		return op.Answer{}, err
	}
	w := edm.NewWriter()
	w.Begin()
	if err := r.head(c, w, page.Next, func() (int64, error) { return store.Count(c.Tx, r.Table, q) }); err != nil {
		return op.Answer{}, err
	}
	w.Name("value")
	w.BeginArray()
	usual := r.Entity.IsDefault(s)
	for _, k := range page.Rows {
		w.Begin()
		WriteIdentity(c, w, r.Entity, &k.Row, r.Entity.Typed)
		if usual {
			w.Members(k.Wire(r.Entity, r.usually))
		} else {
			r.Entity.WriteMembers(w, &k.Row, s)
		}
		w.End()
	}
	w.EndArray()
	w.End()
	return written(c, w), nil
}

// written is what w has written, as an answer that gives w back.
func written(c *op.Call, w *edm.Writer) op.Answer {
	return op.Answer{Status: c.Op.Success, Body: w.Bytes(), Free: w.Free}
}

// usually is what v shows without $select.
func (r *Resource[T]) usually(v *T) []byte {
	var w edm.Writer
	r.Entity.WriteMembers(&w, v, r.Entity.Default())
	return w.Bytes()
}

// head puts what stands before a page's rows: context, count, link to the next page.
func (r *Resource[T]) head(c *op.Call, w *edm.Writer, next *store.Position, rows func() (int64, error)) error {
	WriteContext(c, w, r.Set, false)
	if c.Query.Count && c.Query.SkipToken == "" && (!r.Directory || c.Advanced) {
		total, err := rows()
		if err != nil {
			return err
		}
		w.Name("@odata.count")
		w.Int(total)
	}
	if next == nil {
		return nil
	}
	link, err := NextLink(c, next)
	if err != nil {
		return err
	}
	w.Name("@odata.nextLink")
	w.Str(link)
	return nil
}

// One answers a single entity.
func (r *Resource[T]) One(c *op.Call, v *T) (op.Answer, error) {
	selected, err := selection(c, r.Entity, c.Object.ID, false)
	if err != nil {
		return op.Answer{}, err
	}
	expand, err := r.Expand(c, []T{*v})
	if err != nil {
		return op.Answer{}, err
	}
	w := edm.NewWriter()
	w.Begin()
	WriteContext(c, w, r.Set, true)
	WriteIdentity(c, w, r.Entity, v, r.Entity.Typed)
	r.Entity.WriteMembers(w, v, r.unexpanded(selected, expand))
	WriteExpansions(w, expand, 0)
	w.End()
	return written(c, w), nil
}

// Made answers an entity that the call has created.
func (r *Resource[T]) Made(c *op.Call, v *T) (op.Answer, error) {
	a, err := r.One(c, v)
	a.Location = c.Root + "/" + r.Set + "/" + r.ID(v)
	return a, err
}

// Get answers the entity that load finds.
func (r *Resource[T]) Get(load func(c *op.Call) (T, bool, error)) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		v, ok, err := load(c)
		if err != nil {
			return op.Answer{}, err
		}
		if !ok {
			return op.Answer{}, c.NotFound(c.Param("id"))
		}
		return r.One(c, &v)
	}
}

// WriteContext puts @odata.context of a set, or of one of its entities, unless the caller
// wants no metadata.
func WriteContext(c *op.Call, w *edm.Writer, set string, single bool) {
	if c.Metadata == "none" {
		return
	}
	w.Name("@odata.context")
	w.Str(c.Root + "/$metadata#" + odata.Context(set, c.Query, single))
}
