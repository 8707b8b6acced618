package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/odata"
)

// A walk is the way a list goes through its table: the index it follows, in which order,
// and what is judged on each row that it meets.
type walk struct {
	texts
	values map[string]any
	query  *ListQuery
	order  Order
	key    Column
	after  *Position
	empty  bool // no row can meet the filter

	terms []odata.Node // of the filter, joined by and
	// leads are the terms, and leadAt the row condition, that an index answers; where few
	// rows meet them, those are sorted rather than walked.
	leads  []odata.Node
	leadAt *Condition
	few    bool
	// implied is a condition that follows from one of the terms, and that an index answers.
	implied string
	// source is the collection whose index is walked in place of the table's.
	source *Elements
	any    odata.Any
}

// plan chooses the way. The choice depends on the query alone, so that every page of it
// goes the same way.
func (w *walk) plan() error {
	w.terms = flatten(w.query.Filter)
	own := w.order.Column.SQL
	if o := w.query.Order; o != nil {
		if !o.Column.Indexed && o.Column.SQL != w.id {
			return fault.UnsupportedQuery("Sorting not supported for current query.").About("$orderby")
		}
		w.order = *o
	}
	w.key = w.order.Column
	sorted := w.query.Order != nil
	switch {
	case w.leadFew():
	case w.key.SQL == own && (w.leadImplied(true) || w.leadEqual()):
	case !sorted && w.leadElement():
	case w.leadRange(w.key):
	case !sorted && w.key.SQL == w.id && w.leadAnyRange():
	case w.key.SQL == own && w.leadImplied(false):
	}
	return nil
}

// never reports whether no row can meet the filter, whatever the rows are.
func (w *walk) never() (bool, error) {
	f := compiler{clause: &clause{}, columns: w.query.Columns}
	for _, n := range w.terms {
		sql, err := f.condition(n, true)
		if err != nil || sql == nobody {
			return err == nil, err
		}
	}
	return slices.ContainsFunc(w.query.Rows, func(c Condition) bool { return len(c.Values) == 0 }), nil
}

// bounded reports whether the rows met are judged by more than the index, so that what a
// page examines needs a bound of its own.
func (w *walk) bounded() bool {
	if w.few {
		return false
	}
	judged := len(w.terms) - len(w.leads)
	conditions := len(w.query.Rows)
	if w.leadAt != nil {
		conditions--
	}
	return w.judge != "" || judged > 0 || conditions > 0
}

// flatten is a filter as terms that must all hold. Equality of one property with several
// literals is one term, however it was written.
func flatten(n odata.Node) []odata.Node {
	switch n := n.(type) {
	case nil:
		return nil
	case odata.And:
		var all []odata.Node
		for _, t := range n.Terms {
			all = append(all, flatten(t)...)
		}
		return all
	case odata.Or:
		if in, ok := oneOf(n); ok {
			return []odata.Node{in}
		}
	}
	return []odata.Node{n}
}

// oneOf is "a eq 1 or a eq 2" as "a in (1, 2)".
func oneOf(n odata.Or) (odata.In, bool) {
	var in odata.In
	for i, t := range n.Terms {
		eq, ok := t.(odata.Compare)
		if !ok || eq.Op != odata.Eq || eq.Path.Count || eq.Value.Kind == odata.KindNull || i > 0 && eq.Path.String() != in.Path.String() {
			return odata.In{}, false
		}
		in.Path, in.Pos = eq.Path, n.Pos
		in.Values = append(in.Values, eq.Value)
	}
	return in, true
}

// equal is the column that a term sets equal to something that is not null, and whether to
// one value only.
func (w *walk) equal(n odata.Node) (col Column, single, ok bool) {
	switch n := n.(type) {
	case odata.Compare:
		col, ok = w.query.Columns[n.Path.String()]
		return col, true, ok && n.Op == odata.Eq && n.Value.Kind != odata.KindNull && n.Value.String() != "''"
	case odata.In:
		col, ok = w.query.Columns[n.Path.String()]
		for _, v := range n.Values {
			ok = ok && v.Kind != odata.KindNull && v.String() != "''"
		}
		return col, len(n.Values) == 1, ok
	}
	return Column{}, false, false
}

// leadFew looks for a condition that only few rows meet.
func (w *walk) leadFew() bool {
	for i := range w.query.Rows {
		if c := &w.query.Rows[i]; c.Column.Selective || c.Column.SQL == w.id {
			w.leadAt, w.few = c, true
			return true
		}
	}
	for _, n := range w.terms {
		if col, _, ok := w.equal(n); ok && (col.Selective || col.SQL == w.id) {
			w.leads, w.few = []odata.Node{n}, true
			return true
		}
	}
	return false
}

// leadEqual looks for an index whose rows of one value are in the list's order.
func (w *walk) leadEqual() bool {
	for i := range w.query.Rows {
		if c := &w.query.Rows[i]; c.Column.Indexed && len(c.Values) == 1 {
			w.leadAt = c
			return true
		}
	}
	for _, n := range w.terms {
		if col, single, ok := w.equal(n); ok && single && col.Indexed {
			w.leads = []odata.Node{n}
			return true
		}
	}
	return false
}

// leadImplied looks for a term that an index answers for the value that it names: one whose
// rows are rare, or any.
func (w *walk) leadImplied(rare bool) bool {
	for _, n := range w.terms {
		col, single, ok := w.equal(n)
		if !ok || !single || col.Lead == nil {
			continue
		}
		stored, fit, err := col.stored(literal(n))
		if err != nil || !fit {
			continue
		}
		if condition, few := col.Lead(stored); condition != "" && (few || !rare) {
			w.implied = condition
			return true
		}
	}
	return false
}

// literal is the one value that a term sets a property equal to.
func literal(n odata.Node) (odata.Path, odata.Value) {
	if in, ok := n.(odata.In); ok {
		return in.Path, in.Values[0].Value
	}
	eq, _ := n.(odata.Compare)
	return eq.Path, eq.Value.Value
}

// leadElement looks for an index of a collection's elements that leads to the rows in the
// list's order.
func (w *walk) leadElement() bool {
	for _, n := range w.terms {
		any, ok := n.(odata.Any)
		if !ok {
			continue
		}
		col := w.query.Columns[any.Path.String()]
		eq, ok := any.Body.(odata.Compare)
		if !ok || col.Many == nil || col.Many.Key == "" || eq.Op != odata.Eq || eq.Path.Var == "" || eq.Path.Count {
			continue
		}
		if element, ok := col.Many.Columns[strings.Join(eq.Path.Names, "/")]; ok && element.Indexed {
			w.source, w.any = col.Many, any
			return true
		}
	}
	return false
}

// leadRange looks for terms that want one stretch of the index by key.
func (w *walk) leadRange(key Column) bool {
	for _, n := range w.terms {
		if col, ok := w.ranged(n); ok && col.SQL == key.SQL {
			w.leads = append(w.leads, n)
		}
	}
	return len(w.leads) > 0
}

// leadAnyRange looks for an index of which a filter wants one stretch, and makes it the
// order: lists that nobody has sorted may come in any order that stays (query.md, 5).
func (w *walk) leadAnyRange() bool {
	for _, n := range w.terms {
		if col, ok := w.ranged(n); ok && col.Indexed {
			w.key, w.order = col, Order{Column: col}
			return w.leadRange(col)
		}
	}
	return false
}

// ranged is the column of which a term wants one stretch.
func (w *walk) ranged(n odata.Node) (Column, bool) {
	switch n := n.(type) {
	case odata.Match:
		col, ok := w.query.Columns[n.Path.String()]
		return col, ok && n.Func == odata.StartsWith && n.Arg != ""
	case odata.Compare:
		col, ok := w.query.Columns[n.Path.String()]
		return col, ok && !n.Path.Count && n.Op != odata.Ne && n.Op != odata.Eq && n.Value.Kind != odata.KindNull
	}
	return Column{}, false
}

// where is the condition for the rows behind after, up to and with end.
func (w *walk) where(c *clause, after, end *Position) (string, error) {
	parts, err := w.conditions(c)
	if err != nil {
		return "", err
	}
	if w.source != nil {
		within, err := w.within(c, after, end)
		if err != nil {
			return "", err
		}
		parts = append(parts, w.id+" IN (SELECT "+w.source.ID+" FROM "+w.source.From+" WHERE "+within+")")
	}
	ids := []string{w.id}
	if w.twin != "" && w.key.SQL == w.id {
		ids = append(ids, w.twin)
	}
	for _, id := range ids {
		if after != nil {
			parts = append(parts, w.beyond(c, w.keyOn(id), id, after))
		}
		if end != nil {
			parts = append(parts, w.upTo(c, w.keyOn(id), id, end))
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), nil
}

// keyOn is the sort key where rows are told apart by the id in a column: that itself where
// they are sorted by their id.
func (w *walk) keyOn(id string) string {
	if w.key.SQL == w.id {
		return id
	}
	return w.key.SQL
}

// conditions are all that a row must meet, wherever it stands.
func (w *walk) conditions(c *clause) ([]string, error) {
	parts := w.fixed(c)
	for i := range w.query.Rows {
		parts = append(parts, w.query.Rows[i].sql(c))
	}
	f := compiler{clause: c, columns: w.query.Columns}
	for _, n := range w.terms {
		sql, err := f.condition(n, true)
		if err != nil {
			return nil, err
		}
		parts = append(parts, c.fill(sql, w.values))
	}
	return parts, nil
}

// fixed are the table's own conditions.
func (w *walk) fixed(c *clause) []string {
	var parts []string
	for _, text := range []string{w.scan, w.judge, w.implied} {
		if text != "" {
			parts = append(parts, c.fill(text, w.values))
		}
	}
	return parts
}

// sql is the condition as text.
func (r *Condition) sql(c *clause) string {
	if len(r.Values) == 0 {
		return nobody
	}
	parts := make([]string, len(r.Values))
	for i, v := range r.Values {
		parts[i] = c.hole(v)
	}
	sql := r.Column.SQL + " IN (" + strings.Join(parts, ", ") + ")"
	if len(parts) == 1 {
		sql = r.Column.SQL + " = " + parts[0]
	}
	if r.Column.Filled && !slices.Contains(r.Values, any("")) {
		sql = r.Column.SQL + " > '' AND " + sql
	}
	return sql
}

// end is the position of the chunk-th index row behind after, or of the last; nil when
// there is none.
func (w *walk) end(tx *ReadTx, after *Position, chunk int) (*Position, error) {
	c := &clause{}
	from, key, id, parts, err := w.index(c, after)
	if err != nil {
		return nil, err
	}
	direction, back := "", " DESC"
	if w.order.Desc {
		direction, back = " DESC", ""
	}
	columns, order, reverse := key+" AS k, "+id+" AS i", key+direction+", "+id+direction, "k"+back+", i"+back
	if key == id {
		columns, order, reverse = id+" AS k, "+id+" AS i", id+direction, "i"+back
	}
	sql := "SELECT k, i FROM (SELECT " + columns + " FROM " + c.fill(from, w.values)
	if len(parts) > 0 {
		sql += " WHERE " + strings.Join(parts, " AND ")
	}
	sql += " ORDER BY " + order + " LIMIT " + c.hole(int64(chunk)) + ") AS chunk ORDER BY " + reverse + " LIMIT 1"
	p := &Position{By: w.by()}
	found, err := tx.one(sql, c.args, w.keyOf(p), &p.ID)
	if err != nil {
		return nil, fmt.Errorf("bound %s: %w", w.from, err)
	}
	if !found {
		return nil, nil
	}
	return p, nil
}

// index is what the walk steps through: its rows in their order, without what is judged
// on each of them.
func (w *walk) index(c *clause, after *Position) (from, key, id string, parts []string, err error) {
	if w.source != nil {
		within, err := w.within(c, after, nil)
		return w.source.From, w.source.Key, w.source.ID, []string{within}, err
	}
	if w.scan != "" {
		parts = append(parts, c.fill(w.scan, w.values))
	}
	if w.leadAt != nil {
		parts = append(parts, w.leadAt.sql(c))
	}
	if w.implied != "" {
		parts = append(parts, w.implied)
	}
	f := compiler{clause: c, columns: w.query.Columns}
	for _, n := range w.leads {
		sql, err := f.condition(n, true)
		if err != nil {
			return "", "", "", nil, err
		}
		parts = append(parts, c.fill(sql, w.values))
	}
	if after != nil {
		parts = append(parts, w.beyond(c, w.key.SQL, w.id, after))
	}
	return w.from, w.key.SQL, w.id, parts, nil
}

// within is the condition for a collection's elements that the walk steps through.
func (w *walk) within(c *clause, after, end *Position) (string, error) {
	f := compiler{clause: c, columns: w.query.Columns, element: w.source}
	sql, err := f.condition(w.any.Body, true)
	if err != nil {
		return "", err
	}
	parts := []string{sql}
	if w.source.Where != "" {
		parts = append(parts, w.source.Where)
	}
	if after != nil {
		parts = append(parts, w.beyond(c, w.source.Key, w.source.ID, after))
	}
	if end != nil {
		parts = append(parts, w.upTo(c, w.source.Key, w.source.ID, end))
	}
	return strings.Join(parts, " AND "), nil
}
