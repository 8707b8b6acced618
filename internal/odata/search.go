package odata

import (
	"strings"

	"ephor/internal/fault"
)

// A SearchNode is one clause of $search, or clauses joined by one connective.
type SearchNode struct {
	Property string // of a clause, as it is written
	Text     string // of a clause, not empty: what to look for
	// Any joins Terms with OR, else they are joined with AND. A clause has no Terms,
	// everything else has two or more.
	Any   bool
	Terms []*SearchNode
	Pos   int
}

// String is canonical: parsing it gives the same tree again.
func (n *SearchNode) String() string {
	if len(n.Terms) == 0 {
		escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(n.Property + ":" + n.Text)
		return `"` + escaped + `"`
	}
	by := " AND "
	if n.Any {
		by = " OR "
	}
	texts := make([]string, len(n.Terms))
	for i, t := range n.Terms {
		texts[i] = t.String()
		if len(t.Terms) > 0 && (t.Any || !n.Any) {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, by)
}

// ParseSearch reads the decoded text of a $search: clauses such as "displayName:text" in
// double quotes, joined with AND, which binds tighter, and OR. How a property is searched
// is the caller's.
func ParseSearch(text string, limits Limits) (*SearchNode, error) {
	limits = limits.filled()
	if len(text) > limits.Query {
		return nil, fault.BadQuery("$search", "Invalid $search clause: it is longer than %d bytes.", limits.Query)
	}
	return cursor{option: Search, text: text, limits: limits}.search()
}

// search reads the whole text.
func (c cursor) search() (*SearchNode, error) {
	s := &searcher{cursor: c}
	n, err := s.terms("OR", s.all)
	if err != nil {
		return nil, err
	}
	if s.at < len(s.text) {
		return nil, s.refuse(s.at, "AND, OR or the end is expected")
	}
	return n, nil
}

// A searcher reads clauses from byte at on.
type searcher struct {
	cursor
	at, nested, clauses int
}

// skip passes blanks.
func (s *searcher) skip() {
	for s.at < len(s.text) && blank(s.text[s.at]) {
		s.at++
	}
}

// accept passes the keyword or mark if it comes next.
func (s *searcher) accept(what string) bool {
	s.skip()
	rest := s.text[s.at:]
	if len(rest) < len(what) || !strings.EqualFold(rest[:len(what)], what) {
		return false
	}
	s.at += len(what)
	return true
}

// all reads clauses joined by AND.
func (s *searcher) all() (*SearchNode, error) { return s.terms("AND", s.one) }

// terms reads one or more nodes with the keyword between them.
func (s *searcher) terms(keyword string, read func() (*SearchNode, error)) (*SearchNode, error) {
	var terms []*SearchNode
	for {
		n, err := read()
		if err != nil {
			return nil, err
		}
		terms = append(terms, n)
		if !s.accept(keyword) {
			break
		}
	}
	s.skip()
	if len(terms) == 1 {
		return terms[0], nil
	}
	return &SearchNode{Any: keyword == "OR", Terms: terms, Pos: terms[0].Pos}, nil
}

// one reads a clause or a parenthesis.
func (s *searcher) one() (*SearchNode, error) {
	if s.accept("(") {
		if s.nested++; s.nested > s.limits.Depth {
			return nil, s.refuse(s.at, "nested deeper than %d", s.limits.Depth)
		}
		n, err := s.terms("OR", s.all)
		if err != nil {
			return nil, err
		}
		if s.nested--; !s.accept(")") {
			return nil, s.refuse(s.at, "')' is expected")
		}
		return n, nil
	}
	pos := s.at
	if !s.accept(`"`) {
		return nil, s.refuse(pos, `a clause in double quotes is expected, such as "displayName:text"`)
	}
	if s.clauses++; s.clauses > s.limits.Nodes {
		return nil, s.refuse(pos, "more than %d clauses", s.limits.Nodes)
	}
	return s.clause(pos)
}

// clause reads what stands behind an opening quote at byte pos. A backslash escapes a
// quote or a backslash.
func (s *searcher) clause(pos int) (*SearchNode, error) {
	var b strings.Builder
	for ; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			if s.at++; s.at == len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\\' {
				return nil, s.refuse(s.at-1, "a backslash escapes only a double quote or a backslash")
			}
		}
		b.WriteByte(s.text[s.at])
	}
	if !s.accept(`"`) {
		return nil, s.refuse(pos, "the clause is not closed")
	}
	property, text, found := strings.Cut(b.String(), ":")
	property, text = strings.TrimSpace(property), strings.TrimSpace(text)
	if !found || !identifier(property) || text == "" {
		return nil, s.refuse(pos, "a clause is a property, a colon and a text, not '%s'", excerpt(b.String()))
	}
	return &SearchNode{Property: property, Text: text, Pos: s.base + pos}, nil
}
