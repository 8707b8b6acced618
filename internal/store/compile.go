package store

import (
	"slices"
	"strings"
	"unicode/utf8"

	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/when"
)

// A compiler turns a filter into conditions over columns.
type compiler struct {
	*clause
	columns Columns
	element *Elements // inside an any
}

const (
	always = "1 = 1"
	nobody = "1 = 0"
)

// condition is node as SQL; with want false it is the condition under which node is known
// not to hold. The difference matters where a property is null: neither a string function
// on null nor its negation holds (odata.Eval).
func (c *compiler) condition(node odata.Node, want bool) (string, error) {
	switch n := node.(type) {
	case odata.And:
		return c.join(n.Terms, want, want)
	case odata.Or:
		return c.join(n.Terms, !want, want)
	case odata.Not:
		return c.condition(n.Term, !want)
	case odata.Compare:
		return c.compare(n, want)
	case odata.In:
		return c.in(n, want)
	case odata.Match:
		return c.match(n, want)
	case odata.Any:
		return c.any(n, want)
	case odata.IsOf:
		return "", fault.UnsupportedQuery("Unsupported Query. isof is not supported here.")
	}
	return "", fault.UnsupportedQuery("Unsupported Query.")
}

// join is terms side by side, with AND or OR between them.
func (c *compiler) join(terms []odata.Node, and, want bool) (string, error) {
	by := " OR "
	if and {
		by = " AND "
	}
	parts := make([]string, len(terms))
	for i, t := range terms {
		sql, err := c.condition(t, want)
		if err != nil {
			return "", err
		}
		parts[i] = sql
	}
	return "(" + strings.Join(parts, by) + ")", nil
}

// column is what answers for a path, if it answers for all of ops.
func (c *compiler) column(p odata.Path, ops edm.Ops) (Column, error) {
	col, ok := c.columns[strings.Join(p.Names, "/")]
	if p.Var != "" {
		ok = false
		if c.element != nil {
			col, ok = c.element.Columns[strings.Join(p.Names, "/")]
		}
	}
	if !ok || col.Ops == 0 || col.Many != nil {
		return Column{}, unsupported(p)
	}
	if ops&^col.Ops != 0 {
		return Column{}, fault.UnsupportedQuery("Unsupported property filter clause operator '%s' for property '%s'.", opName(ops&^col.Ops), p).About(p.String())
	}
	return col, nil
}

// unsupported refuses a property that cannot be filtered by.
func unsupported(p odata.Path) *fault.Fault {
	return fault.UnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s'.", p).About(p.String())
}

// mistyped refuses a literal that is not of the property's type.
func mistyped(p odata.Path, v odata.Value) *fault.Fault {
	return fault.BadQuery("$filter", "Invalid filter clause: the property '%s' cannot be compared with %s.", p, v)
}

var opNames = []struct {
	op   edm.Ops
	name string
}{
	{edm.Eq, "eq"},
	{edm.Ne, "ne"},
	{edm.Ge, "ge"},
	{edm.Le, "le"},
	{edm.In, "in"},
	{edm.StartsWith, "startsWith"},
	{edm.EndsWith, "endsWith"},
	{edm.Contains, "contains"},
	{edm.Null, "null"},
	{edm.Not, "not"},
}

func opName(ops edm.Ops) string {
	for _, o := range opNames {
		if ops&o.op != 0 {
			return o.name
		}
	}
	return "any"
}

var comparisons = map[odata.Op]struct {
	need edm.Ops
	sql  string
}{
	odata.Eq: {edm.Eq, " = "}, odata.Ne: {edm.Ne, " <> "},
	odata.Gt: {edm.Ge, " > "}, odata.Ge: {edm.Ge, " >= "},
	odata.Lt: {edm.Le, " < "}, odata.Le: {edm.Le, " <= "},
}

// compare is a comparison with one literal.
func (c *compiler) compare(n odata.Compare, want bool) (string, error) {
	if n.Path.Count {
		return c.count(n, want)
	}
	op, known := comparisons[n.Op]
	if !known {
		return "", fault.UnsupportedQuery("Unsupported property filter clause operator '%s' for property '%s'.", n.Op, n.Path).About(n.Path.String())
	}
	if n.Value.Kind == odata.KindNull {
		return c.null(n, want)
	}
	col, err := c.column(n.Path, op.need)
	if err != nil {
		return "", err
	}
	v, fit, err := col.stored(n.Path, n.Value.Value)
	if err != nil {
		return "", err
	}
	equality := n.Op == odata.Eq || n.Op == odata.Ne
	if !fit && equality {
		return truth((n.Op == odata.Ne) == want), nil
	}
	if v == nil {
		return "", mistyped(n.Path, n.Value.Value)
	}
	sql := col.SQL + op.sql + c.hole(v)
	switch {
	case col.Filled && n.Op == odata.Eq:
		sql = "(" + col.SQL + " > '' AND " + sql + ")"
	case col.Nullable && !equality:
		sql = "(" + col.some() + " AND " + sql + ")"
	}
	return negate(sql, want), nil
}

// some is the condition that a nullable column is not null, as the range that it is: an index
// of which a filter wants one stretch is so bounded on both sides.
func (col Column) some() string {
	if col.none() == never {
		return col.SQL + " < " + never
	}
	return col.SQL + " > ''"
}

// truth is a condition that always or never holds.
func truth(b bool) string {
	if b {
		return always
	}
	return nobody
}

func negate(sql string, want bool) string {
	if want {
		return sql
	}
	return "NOT (" + sql + ")"
}

// none is what the column holds for null.
func (col Column) none() string {
	if col.Kind == odata.KindInstant || col.Kind == odata.KindInt {
		return never
	}
	return "''"
}

// null is a comparison with null, which has an answer for eq and ne only.
func (c *compiler) null(n odata.Compare, want bool) (string, error) {
	need := edm.Null
	if n.Op != odata.Eq && n.Op != odata.Ne {
		return "", fault.UnsupportedQuery("Unsupported property filter clause operator '%s' for null.", n.Op).About(n.Path.String())
	}
	col, err := c.column(n.Path, need)
	if err != nil {
		return "", err
	}
	if !col.Nullable {
		return truth((n.Op == odata.Ne) == want), nil
	}
	return negate(col.SQL+comparisons[n.Op].sql+col.none(), want), nil
}

// stored is a literal as the column holds it. It is not fit where nothing in the column
// can equal it, such as a text that is no id.
func (col Column) stored(p odata.Path, v odata.Value) (stored any, fit bool, err error) {
	switch {
	case col.Spell != nil && v.Kind == odata.KindText:
		stored, fit = col.Spell(v.Text)
		return stored, fit, nil
	case col.Kind == odata.KindText && v.Kind == odata.KindText:
		s := v.Text
		if col.Folded {
			s = fold(s)
		}
		return s, s != "" || !col.Nullable, storable(p, s)
	case col.Kind == odata.KindID && v.Kind == odata.KindID, col.Kind == odata.KindText && v.Kind == odata.KindID:
		return v.ID.String(), true, nil
	case col.Kind == odata.KindID && v.Kind == odata.KindText:
		if id, ok := guid.Parse(v.Text); ok {
			return id.String(), true, nil
		}
		return nil, false, nil
	case col.Kind == odata.KindBool && v.Kind == odata.KindBool:
		return flag(v.Bool), true, nil
	case col.Kind == odata.KindInt && v.Kind == odata.KindInt:
		return v.Int, true, nil
	case col.Kind == odata.KindInstant && v.Kind == odata.KindInstant:
		return int64(v.Instant), v.Instant != when.Never, nil
	}
	return nil, false, mistyped(p, v)
}

// storable refuses text that no column can hold: NUL and what is not UTF-8.
func storable(p odata.Path, s string) error {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return fault.BadQuery("$filter", "Invalid filter clause: the text for '%s' holds NUL or is not UTF-8.", p)
	}
	return nil
}

// in is a comparison with each of a list.
func (c *compiler) in(n odata.In, want bool) (string, error) {
	col, err := c.column(n.Path, edm.In)
	if err != nil {
		return "", err
	}
	var list []string
	var null bool
	for _, literal := range n.Values {
		if literal.Kind == odata.KindNull {
			null = true
			continue
		}
		v, fit, err := col.stored(n.Path, literal.Value)
		if err != nil {
			return "", err
		}
		if fit {
			list = append(list, c.hole(v))
		}
	}
	if null && col.Nullable {
		list = append(list, col.none())
	}
	if len(list) == 0 {
		return truth(!want), nil
	}
	sql := col.SQL + " IN (" + strings.Join(list, ", ") + ")"
	if col.Filled && !null {
		sql = "(" + col.SQL + " > '' AND " + sql + ")"
	}
	return negate(sql, want), nil
}

// match is a string function. startswith is a range of the column, which an index answers.
func (c *compiler) match(n odata.Match, want bool) (string, error) {
	need := [...]edm.Ops{odata.StartsWith: edm.StartsWith, odata.EndsWith: edm.EndsWith, odata.Contains: edm.Contains}[n.Func]
	col, err := c.column(n.Path, need)
	if err != nil {
		return "", err
	}
	if col.Kind != odata.KindText || col.Spell != nil {
		return "", mistyped(n.Path, odata.Text(n.Arg))
	}
	arg := n.Arg
	if col.Folded {
		arg = fold(arg)
	}
	if err := storable(n.Path, arg); err != nil {
		return "", err
	}
	sql := negate(c.matching(col, n.Func, arg), want)
	if col.Nullable {
		sql = "(" + col.some() + " AND " + sql + ")"
	}
	return sql, nil
}

// matching is the condition of a string function on text that is not null. Lengths are in
// characters, as both engines count them.
func (c *compiler) matching(col Column, f odata.Func, arg string) string {
	if arg == "" {
		return always
	}
	switch f {
	case odata.StartsWith:
		sql := col.SQL + " >= " + c.hole(arg)
		if end, bounded := after(arg); bounded {
			sql += " AND " + col.SQL + " < " + c.hole(end)
		}
		return sql
	case odata.EndsWith:
		n := int64(utf8.RuneCountInString(arg))
		return "(length(" + col.SQL + ") >= " + c.hole(n) + " AND substr(" + col.SQL + ", length(" + col.SQL + ") - " + c.hole(n-1) + ") = " + c.hole(arg) + ")"
	}
	return "length(replace(" + col.SQL + ", " + c.hole(arg) + ", '')) < length(" + col.SQL + ")"
}

// after is the first text behind all that begin with prefix, in byte order. It stays
// UTF-8: the last character that has a successor is raised and what follows is cut.
func after(prefix string) (string, bool) {
	runes := []rune(prefix)
	for i, rune := range slices.Backward(runes) {
		next := rune + 1
		if next == 0xD800 {
			next = 0xE000
		}
		if next <= utf8.MaxRune {
			return string(runes[:i]) + string(next), true
		}
	}
	return "", false
}

// any is a condition on one element of a collection. It counts, because PostgreSQL answers
// EXISTS with a hash of the whole table when it thinks that many rows will ask.
func (c *compiler) any(n odata.Any, want bool) (string, error) {
	col, ok := c.columns[strings.Join(n.Path.Names, "/")]
	if !ok || col.Many == nil || c.element != nil || n.Path.Var != "" {
		return "", unsupported(n.Path)
	}
	inner := compiler{clause: c.clause, columns: c.columns, element: col.Many}
	sql := "0 < (SELECT count(*) FROM " + col.Many.From + " WHERE " + col.Many.On
	if n.Body != nil {
		body, err := inner.condition(n.Body, true)
		if err != nil {
			return "", err
		}
		sql += " AND " + body
	}
	return negate(sql+")", want), nil
}

// count compares the number of a collection's elements with a literal.
func (c *compiler) count(n odata.Compare, want bool) (string, error) {
	col, ok := c.columns[strings.Join(n.Path.Names, "/")]
	op, known := comparisons[n.Op]
	if !ok || !known || col.Many == nil || c.element != nil {
		return "", unsupported(n.Path)
	}
	if n.Value.Kind != odata.KindInt {
		return "", mistyped(n.Path, n.Value.Value)
	}
	return negate("(SELECT count(*) FROM "+col.Many.From+" WHERE "+col.Many.On+")"+op.sql+c.hole(n.Value.Int), want), nil
}
