package odata

import (
	"strings"

	"ephor/internal/fault"
)

// splitOutside cuts the text at each sep that stands outside of quotes and parentheses,
// and says at which byte each piece begins.
func (c cursor) splitOutside(sep byte) (pieces []cursor, err error) {
	start, open, quoted := 0, 0, false
	for i := 0; i < len(c.text); i++ {
		switch b := c.text[i]; {
		case b == '\'':
			quoted = !quoted
		case quoted:
		case b == '(':
			open++
		case b == ')':
			open--
		case b == sep && open == 0:
			pieces, start = append(pieces, c.part(start, i)), i+1
		}
		if open < 0 {
			return nil, c.refuse(i, "')' closes nothing")
		}
	}
	if quoted || open > 0 {
		return nil, c.refuse(len(c.text), "a quote or parenthesis is not closed")
	}
	return append(pieces, c.part(start, len(c.text))), nil
}

// part is the text from start up to end without the blanks round it.
func (c cursor) part(start, end int) cursor {
	for start < end && blank(c.text[start]) {
		start++
	}
	for end > start && blank(c.text[end-1]) {
		end--
	}
	c.text, c.base = c.text[start:end], c.base+start
	return c
}

// name reads the whole text as a path of property names; a segment may be a type such as
// microsoft.graph.user, which is for the caller to understand or refuse.
func (c cursor) name() error {
	at := 0
	for segment := range strings.SplitSeq(c.text, "/") {
		for part := range strings.SplitSeq(segment, ".") {
			if !identifier(part) {
				return c.refuse(at, "'%s' is not a property name", excerpt(segment))
			}
		}
		at += len(segment) + 1
	}
	return nil
}

// selection reads $select. A name that is repeated counts once.
func (c cursor) selection() ([]string, error) {
	pieces, err := c.splitOutside(',')
	if err != nil {
		return nil, err
	}
	var names []string
	for _, piece := range pieces {
		if len(names) >= c.limits.Select {
			return nil, piece.refuse(0, "more than %d names", c.limits.Select)
		}
		if piece.text != "*" {
			err = piece.name()
		}
		if err != nil {
			return nil, err
		}
		if !containsFold(names, piece.text) {
			names = append(names, piece.text)
		}
	}
	return names, nil
}

// containsFold reports whether names holds name in some case.
func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// orders reads $orderby.
func (c cursor) orders() ([]Order, error) {
	pieces, err := c.splitOutside(',')
	if err != nil {
		return nil, err
	}
	var orders []Order
	var seen []string
	for _, piece := range pieces {
		if len(orders) >= c.limits.OrderBy {
			return nil, piece.refuse(0, "more than %d keys", c.limits.OrderBy)
		}
		order, err := piece.order()
		if err != nil {
			return nil, err
		}
		path := strings.Join(order.Path, "/")
		if containsFold(seen, path) {
			return nil, piece.refuse(0, "'%s' is given more than once", excerpt(path))
		}
		orders, seen = append(orders, order), append(seen, path)
	}
	return orders, nil
}

// order reads one key: a path and, if any, its direction.
func (c cursor) order() (Order, error) {
	words := strings.Fields(c.text)
	if len(words) == 0 || len(words) > 2 {
		return Order{}, c.refuse(0, "'%s' is not a property and a direction", excerpt(c.text))
	}
	if strings.Contains(words[0], ".") {
		return Order{}, c.refuse(0, "type casts are not supported")
	}
	path := c.part(0, len(words[0]))
	if err := path.name(); err != nil {
		return Order{}, err
	}
	order := Order{Path: strings.Split(words[0], "/")}
	if len(words) == 2 {
		order.Desc = strings.EqualFold(words[1], "desc")
		if !order.Desc && !strings.EqualFold(words[1], "asc") {
			return Order{}, c.refuse(len(c.text)-len(words[1]), "'%s' is neither asc nor desc", excerpt(words[1]))
		}
	}
	return order, nil
}

// expansions reads $expand.
func (c cursor) expansions() ([]Expansion, error) {
	if c.depth >= c.limits.ExpandDepth {
		return nil, c.refuse(0, "expansions are nested deeper than %d", c.limits.ExpandDepth)
	}
	pieces, err := c.splitOutside(',')
	if err != nil {
		return nil, err
	}
	var all []Expansion
	var seen []string
	for _, piece := range pieces {
		if len(all) >= c.limits.Expand {
			return nil, piece.refuse(0, "more than %d relations", c.limits.Expand)
		}
		one, err := piece.expansion()
		if err != nil {
			return nil, err
		}
		if containsFold(seen, one.Path) {
			return nil, piece.refuse(0, "'%s' is expanded more than once", excerpt(one.Path))
		}
		all, seen = append(all, one), append(seen, one.Path)
	}
	return all, nil
}

// expansion reads one relation and the options in parentheses behind it.
func (c cursor) expansion() (Expansion, error) {
	open := strings.IndexByte(c.text, '(')
	if open < 0 {
		open = len(c.text)
	}
	path := c.part(0, open)
	if path.text != "*" {
		if err := path.name(); err != nil {
			return Expansion{}, err
		}
	}
	one := Expansion{Path: path.text}
	if open == len(c.text) {
		return one, nil
	}
	if !strings.HasSuffix(c.text, ")") {
		return Expansion{}, c.refuse(len(c.text), "')' is expected at the end of the options of '%s'", excerpt(path.text))
	}
	inside := c.part(open+1, len(c.text)-1)
	inside.depth++
	err := one.Query.readNested(inside)
	return one, err
}

// paging are the options that belong to a request as a whole, not to an expansion, and
// $search, which no page documents there.
const paging = SkipToken | DeltaToken | Format | Search

// readNested reads options separated by semicolons: $select=id;$expand=rules.
func (q *Query) readNested(c cursor) error {
	pieces, err := c.splitOutside(';')
	if err != nil {
		return err
	}
	if len(pieces) > c.limits.Options {
		return c.refuse(0, "more than %d options", c.limits.Options)
	}
	for _, piece := range pieces {
		equals := strings.IndexByte(piece.text, '=')
		if equals < 0 {
			return piece.refuse(0, "'%s' is not an option with a value", excerpt(piece.text))
		}
		name := piece.part(0, equals).text
		option, known := optionNamed(name)
		if !known || option&paging != 0 {
			return fault.BadQuery(excerpt(name), "The query option '%s' is not supported inside $expand.", excerpt(name))
		}
		value := piece.part(equals+1, len(piece.text))
		value.option = option
		if err := q.set(option, value); err != nil {
			return err
		}
	}
	return nil
}
