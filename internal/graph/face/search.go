package face

import (
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// $search finds directory objects by words of their names and descriptions, and by the
// beginnings of other texts (query.md §1). It becomes a filter, on columns whose names no
// filter of a caller's can spell.

// SearchOptions are what a list takes that can be searched.
const SearchOptions = op.ListOptions | odata.Search

// The names of those columns, behind the property's: of its words, and of itself.
const (
	wordsColumn = " words"
	startColumn = " start"
)

// addSearched adds the columns that $search asks for.
func (r *Resource[T]) addSearched(columns store.Columns, basic bool) {
	for i := range r.Entity.Properties {
		p := &r.Entity.Properties[i]
		if p.Column == "" || !p.Basic && basic {
			continue
		}
		if words, has := r.Table.Columns[p.Column+wordsColumn]; has {
			columns[p.Name+wordsColumn] = words
		} else if (p.Filter|p.Advanced)&edm.StartsWith != 0 {
			columns[p.Name+startColumn] = withOps(r.Table.Column(p.Column), edm.StartsWith)
		}
	}
}

// searched is filter with what the call searches for.
func (r *Resource[T]) searched(c *op.Call, filter odata.Node, basic bool) (odata.Node, error) {
	if c.Query.Search == nil {
		return filter, nil
	}
	if !c.Advanced {
		return nil, unsearched("Unsupported Query. Send ConsistencyLevel: eventual with $search.")
	}
	node, err := searchNode(c.Query.Search, r.filterable(false, basic), func(name string) (string, bool) {
		for i := range r.Entity.Properties {
			if strings.EqualFold(r.Entity.Properties[i].Name, name) {
				return r.Entity.Properties[i].Name, true
			}
		}
		return "", false
	})
	if err != nil || filter == nil {
		return node, err
	}
	return odata.And{Terms: []odata.Node{filter, node}}, nil
}

func unsearched(format string, args ...any) error {
	return fault.UnsupportedQuery(format, args...).About("$search")
}

// searchNode is a search as a filter on the columns. property finds the name of a property
// that is written in any case.
func searchNode(n *odata.SearchNode, columns store.Columns, property func(string) (string, bool)) (odata.Node, error) {
	if len(n.Terms) == 0 {
		return searchClause(n, columns, property)
	}
	terms := make([]odata.Node, len(n.Terms))
	for i, t := range n.Terms {
		var err error
		if terms[i], err = searchNode(t, columns, property); err != nil {
			return nil, err
		}
	}
	if n.Any {
		return odata.Or{Terms: terms, Pos: n.Pos}, nil
	}
	return odata.And{Terms: terms, Pos: n.Pos}, nil
}

func searchClause(n *odata.SearchNode, columns store.Columns, property func(string) (string, bool)) (odata.Node, error) {
	name, known := property(n.Property)
	if _, has := columns[name+wordsColumn]; known && has {
		return searchWords(n, name+wordsColumn)
	}
	if _, has := columns[name+startColumn]; known && has {
		return odata.Match{Func: odata.StartsWith, Path: odata.Path{Names: []string{name + startColumn}, Pos: n.Pos}, Arg: n.Text, Pos: n.Pos}, nil
	}
	return nil, unsearched("Unsupported Query. The property '%s' cannot be searched.", n.Property)
}

// searchWords wants each of the words, as it is written or by its parts.
func searchWords(n *odata.SearchNode, column string) (odata.Node, error) {
	begins := func(word string) odata.Node {
		return odata.Any{
			Path: odata.Path{Names: []string{column}, Pos: n.Pos}, Var: "w", Pos: n.Pos,
			Body: odata.Match{Func: odata.StartsWith, Path: odata.Path{Var: "w", Pos: n.Pos}, Arg: word, Pos: n.Pos},
		}
	}
	var words []odata.Node
	for _, s := range directory.Sought(n.Text) {
		word := begins(s.Whole)
		if len(s.Parts) > 1 {
			parts := make([]odata.Node, len(s.Parts))
			for i, p := range s.Parts {
				parts[i] = begins(p)
			}
			word = odata.Or{Terms: []odata.Node{word, odata.And{Terms: parts, Pos: n.Pos}}, Pos: n.Pos}
		}
		words = append(words, word)
	}
	switch len(words) {
	case 0:
		return nil, unsearched("Unsupported Query. '%s' holds no word to search for.", n.Text)
	case 1:
		return words[0], nil
	}
	return odata.And{Terms: words, Pos: n.Pos}, nil
}
