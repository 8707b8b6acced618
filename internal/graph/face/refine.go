package face

import (
	"encoding/json"
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/when"
)

// Lists of objects of several kinds come from places, not from a table of objects: what a
// $filter, $search or $orderby of them asks is judged in memory, on all that the list holds,
// which is bounded by whoever gathers it (query.md §5: members, owners, memberOf and their
// like; all of it advanced).

// RefineOptions are what such a list takes.
const RefineOptions = odata.Select | odata.Top | odata.Count | odata.SkipToken | odata.Filter | odata.OrderBy | odata.Search | odata.Format

// Refines reports whether the call asks for more of a list than its pages.
func Refines(c *op.Call) bool {
	return c.Query.Filter != nil || c.Query.Search != nil || len(c.Query.OrderBy) > 0
}

// A Ranked is an object with its sort key, "" where it has none.
type Ranked struct {
	directory.Ref
	Key string
}

// Ranks is the order of a call's list.
type Ranks struct {
	By   string // names the order in page tokens
	Desc bool
}

// Compare is the order of two objects.
func (r Ranks) Compare(a, b Ranked) int {
	n := strings.Compare(a.Key, b.Key)
	if n == 0 {
		n = a.ID.Compare(b.ID)
	}
	if r.Desc {
		return -n
	}
	return n
}

// Refine is what the call's filter and search leave of refs, in the order that it asks for.
// kind is what the path casts to, KindNone for nothing. The properties of a filter are those
// of the cast's type; every kind has a displayName.
func Refine(c *op.Call, refs []directory.Ref, kind directory.Kind) ([]Ranked, Ranks, error) {
	ranks, err := ranksOf(c)
	if err != nil {
		return nil, ranks, err
	}
	keep, err := keeps(c, kind)
	if err != nil {
		return nil, ranks, err
	}
	rows := map[guid.ID]odata.Row{}
	if Refines(c) {
		if rows, err = readRows(c, refs); err != nil {
			return nil, ranks, err
		}
	}
	var all []Ranked
	for _, r := range refs {
		row := rows[r.ID]
		if !keep(row) {
			continue
		}
		one := Ranked{Ref: r}
		if ranks.By != "" {
			one.Key = strings.ToLower(textOf(row, "displayName"))
		}
		all = append(all, one)
	}
	slices.SortFunc(all, ranks.Compare)
	return all, ranks, nil
}

// ranksOf is the order that the call asks for: by displayName, or by id.
func ranksOf(c *op.Call) (Ranks, error) {
	if len(c.Query.OrderBy) == 0 {
		return Ranks{}, nil
	}
	by := c.Query.OrderBy[0]
	if len(c.Query.OrderBy) > 1 || len(by.Path) != 1 || !strings.EqualFold(by.Path[0], "displayName") {
		return Ranks{}, fault.UnsupportedQuery("Sorting not supported for current query. '%s' cannot be sorted by.", join(by.Path)).About("$orderby")
	}
	if !Advanced(c) {
		return Ranks{}, fault.UnsupportedQuery("Sorting not supported for current query. Send ConsistencyLevel: eventual and $count=true.").About("$orderby")
	}
	return Ranks{By: "displayName", Desc: by.Desc}, nil
}

// keeps tells the rows that the call asks for from others.
func keeps(c *op.Call, kind directory.Kind) (func(odata.Row) bool, error) {
	found := func(odata.Row) bool { return true }
	if n := c.Query.Search; n != nil {
		if !c.Advanced {
			return nil, unsearched("Unsupported Query. Send ConsistencyLevel: eventual with $search.")
		}
		if err := namesOnly(n); err != nil {
			return nil, err
		}
		found = func(row odata.Row) bool { return searchedFor(n, directory.Words(textOf(row, "displayName"))) }
	}
	filter := c.Query.Filter
	if filter == nil {
		return found, nil
	}
	s, known := kinds[kind]
	switch {
	case !Advanced(c):
		return nil, fault.UnsupportedQuery("Unsupported Query. Send ConsistencyLevel: eventual and $count=true.").About("$filter")
	case kind == directory.KindNone || !known:
		return nil, fault.UnsupportedQuery("Unsupported Query. Objects of several types have no property in common: cast the list, as in /members/microsoft.graph.user.").About("$filter")
	case !c.Snap.MayRead(c.Caller, kind, c.Now):
		return nil, fault.Denied()
	}
	basic := narrowed(c, s.name, guid.ID{})
	if err := answers(filter, func(name string) edm.Ops { return s.ops(name, basic) }); err != nil {
		return nil, err
	}
	return func(row odata.Row) bool { return row != nil && found(row) && odata.Eval(filter, row) }, nil
}

// namesOnly refuses a search of another property than displayName.
func namesOnly(n *odata.SearchNode) error {
	if len(n.Terms) == 0 && !strings.EqualFold(n.Property, "displayName") {
		return unsearched("Unsupported Query. The property '%s' cannot be searched.", n.Property)
	}
	for _, t := range n.Terms {
		if err := namesOnly(t); err != nil {
			return err
		}
	}
	return nil
}

// searchedFor reports whether a name with those words is what a search looks for.
func searchedFor(n *odata.SearchNode, words []string) bool {
	if len(n.Terms) == 0 {
		sought := directory.Sought(n.Text)
		return len(sought) > 0 && !slices.ContainsFunc(sought, func(s directory.SoughtWord) bool { return !s.Found(words) })
	}
	for _, t := range n.Terms {
		if searchedFor(t, words) == n.Any {
			return n.Any
		}
	}
	return !n.Any
}

// readRows reads objects of any kind that the caller may read.
func readRows(c *op.Call, refs []directory.Ref) (map[guid.ID]odata.Row, error) {
	byKind := map[directory.Kind][]guid.ID{}
	for _, r := range refs {
		byKind[r.Kind] = append(byKind[r.Kind], r.ID)
	}
	out := map[guid.ID]odata.Row{}
	for kind, ids := range byKind {
		s, known := kinds[kind]
		if !known || !c.Snap.MayRead(c.Caller, kind, c.Now) {
			continue
		}
		for some := range slices.Chunk(ids, loadMost) {
			if err := s.rows(c, some, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// textOf is a row's text, "" for none.
func textOf(row odata.Row, property string) string {
	if row == nil {
		return ""
	}
	v, _ := row([]string{property})
	return v.Text
}

// rowOf answers for v's properties as they are written.
func rowOf[T any](e *edm.Entity[T], v *T) odata.Row {
	return func(path []string) (odata.Value, bool) {
		p, ok := e.Property(join(path))
		if !ok || p.Write == nil {
			return odata.Value{}, false
		}
		var w edm.Writer
		p.Write(&w, v)
		var written any
		if err := json.Unmarshal(w.Bytes(), &written); err != nil {
			return odata.Value{}, false
		}
		return valueOf(p.Type, written)
	}
}

// valueOf is what a property of that type has written, as filters compare it.
func valueOf(t edm.Type, written any) (odata.Value, bool) {
	switch v := written.(type) {
	case nil:
		return odata.Null(), true
	case bool:
		return odata.Bool(v), true
	case float64:
		return odata.Int(int64(v)), t == edm.Int32 || t == edm.Int64
	case string:
		return textValue(t, v)
	case []any:
		list := odata.List()
		for _, item := range v {
			one, ok := valueOf(t, item)
			if !ok {
				return odata.Value{}, false
			}
			list.List = append(list.List, one)
		}
		return list, true
	}
	return odata.Value{}, false
}

func textValue(t edm.Type, s string) (odata.Value, bool) {
	switch t {
	case edm.DateTime:
		at, ok := when.Parse(s)
		return odata.Instant(at), ok
	case edm.GUID:
		id, ok := guid.Parse(s)
		return odata.ID(id), ok
	case edm.String:
		return odata.Folded(s), true
	}
	return odata.Value{}, false
}

// answers is a fault for a filter that names what has no operator for it.
func answers(n odata.Node, ops func(string) edm.Ops) error {
	switch n := n.(type) {
	case odata.And:
		return eachAnswers(n.Terms, ops)
	case odata.Or:
		return eachAnswers(n.Terms, ops)
	case odata.Not:
		return answers(n.Term, ops)
	case odata.Compare:
		need := map[odata.Op]edm.Ops{odata.Eq: edm.Eq, odata.Ne: edm.Ne, odata.Gt: edm.Ge, odata.Ge: edm.Ge, odata.Lt: edm.Le, odata.Le: edm.Le}[n.Op]
		if n.Value.Kind == odata.KindNull {
			need = edm.Null
		}
		return answersPath(n.Path, need, ops)
	case odata.In:
		return answersPath(n.Path, edm.In, ops)
	case odata.Match:
		return answersPath(n.Path, [...]edm.Ops{odata.StartsWith: edm.StartsWith, odata.EndsWith: edm.EndsWith, odata.Contains: edm.Contains}[n.Func], ops)
	case odata.Any:
		if n.Path.Var != "" || ops(join(n.Path.Names)) == 0 {
			return unanswered(n.Path)
		}
		if n.Body == nil {
			return nil
		}
		return answers(n.Body, func(name string) edm.Ops { return 0 })
	}
	return fault.UnsupportedQuery("Unsupported Query.").About("$filter")
}

func eachAnswers(terms []odata.Node, ops func(string) edm.Ops) error {
	for _, t := range terms {
		if err := answers(t, ops); err != nil {
			return err
		}
	}
	return nil
}

// answersPath is a fault unless the property has the operator. The element of a collection
// itself is a text with all of them.
func answersPath(p odata.Path, need edm.Ops, ops func(string) edm.Ops) error {
	if p.Var != "" && len(p.Names) == 0 && !p.Count && need != 0 {
		return nil
	}
	if p.Count || p.Var != "" || need == 0 || ops(join(p.Names))&need == 0 {
		return unanswered(p)
	}
	return nil
}

func unanswered(p odata.Path) error {
	return fault.UnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s'.", p).About(p.String())
}
