package odata

import (
	"slices"
	"strings"

	"ephor/internal/fault"
)

// ParseFilter reads the decoded text of a $filter. Keywords and function names are read
// in any case; names of properties are kept as they are written.
func ParseFilter(text string, limits Limits) (Node, error) {
	limits = limits.filled()
	if len(text) > limits.Query {
		return nil, fault.BadQuery("$filter", "Invalid filter clause: it is longer than %d bytes.", limits.Query)
	}
	return cursor{option: Filter, text: text, limits: limits}.filter()
}

// filter reads the text as one condition.
func (c cursor) filter() (Node, error) {
	tokens, err := c.lex()
	if err != nil {
		return nil, err
	}
	p := &parser{cursor: c, tokens: tokens}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != finish {
		return nil, p.refuse(t.from, "'and', 'or' or the end is expected, not %s", t)
	}
	return n, nil
}

// A parser reads tokens by recursive descent; what nests is bounded by Limits.Depth.
type parser struct {
	cursor
	tokens   []token
	next     int
	nested   int
	nodes    int
	variable string // of the Any whose body is read
}

// peek is the next token.
func (p *parser) peek() token { return p.tokens[p.next] }

// take is the next token, which is then behind; the end stays.
func (p *parser) take() token {
	t := p.tokens[p.next]
	if t.kind != finish {
		p.next++
	}
	return t
}

// accept takes the next token if it is s.
func (p *parser) accept(s string) bool {
	if !p.peek().is(s) {
		return false
	}
	p.take()
	return true
}

// expect takes the next token, which must be s.
func (p *parser) expect(s string) error {
	if t := p.peek(); !p.accept(s) {
		return p.refuse(t.from, "'%s' is expected, not %s", s, t)
	}
	return nil
}

// calls reports whether the next token is a name with an opening parenthesis behind it.
func (p *parser) calls() bool {
	return p.peek().kind == word && p.tokens[p.next+1].is("(")
}

// made counts n against the limit of nodes.
func (p *parser) made(n Node) (Node, error) {
	if p.nodes++; p.nodes > p.limits.Nodes {
		return nil, p.refuse(n.At()-p.base, "more than %d conditions", p.limits.Nodes)
	}
	return n, nil
}

// inside reads what read reads one level deeper.
func (p *parser) inside(read func() (Node, error)) (Node, error) {
	if p.nested++; p.nested > p.limits.Depth {
		return nil, p.refuse(p.peek().from, "nested deeper than %d", p.limits.Depth)
	}
	n, err := read()
	p.nested--
	return n, err
}

// or reads terms joined by "or", which binds least.
func (p *parser) or() (Node, error) {
	terms, err := p.terms("or", p.and)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return p.made(Or{Terms: terms, Pos: terms[0].At()})
}

// and reads terms joined by "and".
func (p *parser) and() (Node, error) {
	terms, err := p.terms("and", p.term)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return p.made(And{Terms: terms, Pos: terms[0].At()})
}

// terms reads one or more terms with the keyword between them.
func (p *parser) terms(keyword string, read func() (Node, error)) ([]Node, error) {
	var terms []Node
	for {
		n, err := read()
		if err != nil {
			return nil, err
		}
		if terms = append(terms, n); !p.accept(keyword) {
			return terms, nil
		}
	}
}

// first is the first of terms, nil when there is none.
func first(terms []Node) Node {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

// term reads one condition.
func (p *parser) term() (Node, error) {
	t := p.peek()
	switch {
	case t.is("("):
		return p.inside(p.group)
	case t.is("not"):
		return p.inside(p.not)
	case p.calls():
		return p.call()
	case t.kind == word && !t.is("true") && !t.is("false") && !t.is("null"):
		return p.property()
	case t.kind == finish:
		return nil, p.refuse(t.from, "a condition is expected, not %s", t)
	}
	return nil, p.refuse(t.from, "a condition begins with a property or a function, not %s", t)
}

// group reads a condition in parentheses.
func (p *parser) group() (Node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	return n, p.expect(")")
}

// not reads a negation. OData binds "not" tighter than "eq", so "not a eq b" negates a
// property, while whoever writes it means the comparison: it is refused, not guessed.
func (p *parser) not() (Node, error) {
	pos := p.base + p.take().from
	operand, read := p.peek(), p.term
	if operand.is("(") {
		read = p.group
	}
	n, err := read()
	if err != nil {
		return nil, err
	}
	_, compares := n.(Compare)
	_, lists := n.(In)
	if (compares || lists) && !operand.is("(") {
		return nil, p.refuse(operand.from, "what 'not' negates stands in parentheses: not(%s)", excerpt(n.String()))
	}
	return p.made(Not{Term: n, Pos: pos})
}

// call reads a function of the object itself.
func (p *parser) call() (Node, error) {
	name := p.take()
	if name.is("isof") {
		return p.isOf(name)
	}
	if name.is("any") || name.is("all") {
		return nil, p.refuse(name.from, "%s stands behind a collection: collection/any(x:x eq 'v')", name)
	}
	f := slices.IndexFunc(funcNames[:], func(known string) bool { return name.is(known) })
	if f < 0 {
		return nil, p.refuse(name.from, "the function %s is not supported", name)
	}
	return p.match(Func(f), name)
}

// match reads the arguments of a string function.
func (p *parser) match(f Func, name token) (Node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	if path.Count {
		return nil, p.refuse(path.Pos-p.base, "%s tests a string, not a number", name)
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	arg := p.take()
	if arg.kind != quoted {
		return nil, p.refuse(arg.from, "the second argument of %s is a string in single quotes, not %s", name, arg)
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	return p.made(Match{Func: f, Path: path, Arg: arg.text, Pos: p.base + name.from})
}

// isOf reads the argument of isof.
func (p *parser) isOf(name token) (Node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	arg := p.take()
	if arg.kind != quoted {
		return nil, p.refuse(arg.from, "the argument of isof is a type in single quotes, not %s", arg)
	}
	if p.variable != "" {
		return nil, p.refuse(name.from, "isof inside any is not supported")
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	return p.made(IsOf{Type: arg.text, Pos: p.base + name.from})
}

// property reads a condition that begins with a property.
func (p *parser) property() (Node, error) {
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	switch op := p.take(); {
	case op.is("/"): // path stops before a lambda only
		return p.any(path)
	case op.is("in"):
		return p.in(path)
	default:
		return p.compare(path, op)
	}
}

// compare reads the literal behind an operator.
func (p *parser) compare(path Path, op token) (Node, error) {
	o := slices.IndexFunc(opNames[:], func(known string) bool { return op.is(known) })
	if o < 0 {
		return nil, p.refuse(op.from, "an operator is expected behind '%s', not %s", excerpt(path.String()), op)
	}
	value, err := p.literal()
	if err != nil {
		return nil, err
	}
	return p.made(Compare{Op: Op(o), Path: path, Value: value, Pos: path.Pos})
}

// in reads the list of literals behind "in".
func (p *parser) in(path Path) (Node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	n := In{Path: path, Pos: path.Pos}
	for {
		if len(n.Values) >= p.limits.InList {
			return nil, p.refuse(p.peek().from, "more than %d values in a list", p.limits.InList)
		}
		value, err := p.literal()
		if err != nil {
			return nil, err
		}
		n.Values = append(n.Values, value)
		if !p.accept(",") {
			break
		}
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	return p.made(n)
}

// any reads a lambda behind its collection.
func (p *parser) any(path Path) (Node, error) {
	name := p.take()
	if name.is("all") {
		return nil, p.refuse(name.from, "'all' is not supported; 'any' is")
	}
	if !name.is("any") || path.Count {
		return nil, p.refuse(name.from, "an operator is expected behind '%s', not %s", excerpt(path.String()), name)
	}
	if p.variable != "" {
		return nil, p.refuse(name.from, "'any' inside 'any' is not supported")
	}
	n := Any{Path: path, Pos: path.Pos}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if p.accept(")") {
		return p.made(n)
	}
	var err error
	if n.Var, n.Body, err = p.body(); err != nil {
		return nil, err
	}
	return p.made(n)
}

// body reads a lambda's variable, condition and closing parenthesis.
func (p *parser) body() (string, Node, error) {
	variable := p.take()
	if variable.kind != word || !identifier(variable.text) {
		return "", nil, p.refuse(variable.from, "a variable is expected, not %s", variable)
	}
	if err := p.expect(":"); err != nil {
		return "", nil, err
	}
	p.variable = variable.text
	n, err := p.inside(p.or)
	p.variable = ""
	if err != nil {
		return "", nil, err
	}
	return variable.text, n, p.expect(")")
}

// path reads a property's path. It stops before the slash of a lambda.
func (p *parser) path() (Path, error) {
	path := Path{Pos: p.base + p.peek().from}
	for {
		t := p.take()
		if t.is("$count") && len(path.Names) > 0 {
			path.Count = true
			return path, nil
		}
		if strings.Contains(t.text, ".") && t.kind == word {
			return Path{}, p.refuse(t.from, "type casts such as %s are not supported here", t)
		}
		if t.kind != word || !identifier(t.text) {
			return Path{}, p.refuse(t.from, "a property is expected, not %s", t)
		}
		switch outermost := len(path.Names) == 0 && path.Var == ""; {
		case !outermost || p.variable == "":
			path.Names = append(path.Names, t.text)
		case strings.EqualFold(t.text, p.variable):
			path.Var = p.variable
		default:
			return Path{}, p.refuse(t.from, "inside any(%s:…) a property begins with %s/, not %s", p.variable, p.variable, t)
		}
		if !p.peek().is("/") || p.lambda() {
			return path, nil
		}
		p.take()
	}
}

// lambda reports whether a slash and a lambda come next.
func (p *parser) lambda() bool {
	p.next++
	defer func() { p.next-- }()
	return p.calls() && (p.peek().is("any") || p.peek().is("all"))
}
