package odata

// Limits bound what one request may ask. A zero field means its default, so that
// Limits{} is what production uses.
type Limits struct {
	Query       int // bytes of the raw query, default 16384
	Options     int // parameters in the query, and options of one expansion, default 32
	Depth       int // parentheses, not and any inside one another, default 32
	Nodes       int // conditions and connectives of one filter, or clauses of a search, default 200
	InList      int // literals of one in (…), default 200
	Select      int // names of one $select, default 200
	OrderBy     int // keys of one $orderby, default 8
	Expand      int // relations of one $expand, default 16
	ExpandDepth int // expansions inside one another, default 3
}

// filled is l with its defaults in place.
func (l Limits) filled() Limits {
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.Query, 16384},
		{&l.Options, 32},
		{&l.Depth, 32},
		{&l.Nodes, 200},
		{&l.InList, 200},
		{&l.Select, 200},
		{&l.OrderBy, 8},
		{&l.Expand, 16},
		{&l.ExpandDepth, 3},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l
}
