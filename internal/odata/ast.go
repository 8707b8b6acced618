package odata

import (
	"slices"
	"strings"
)

// A Node is one part of a filter: And, Or, Not, Compare, In, Match, IsOf or Any, and
// nothing else. String is canonical: parsing it gives the same tree again.
type Node interface {
	// At is the byte of the decoded option text at which the node begins.
	At() int
	String() string
	node()
}

// And holds when all of its two or more terms do.
type And struct {
	Terms []Node
	Pos   int
}

// Or holds when one of its two or more terms does.
type Or struct {
	Terms []Node
	Pos   int
}

// Not holds when Term does not.
type Not struct {
	Term Node
	Pos  int
}

// Compare sets a property beside a literal.
type Compare struct {
	Op    Op
	Path  Path
	Value Literal
	Pos   int
}

// In holds when the property equals one of the literals, of which there is at least one.
type In struct {
	Path   Path
	Values []Literal
	Pos    int
}

// Match tests a string property with startswith, endswith or contains.
type Match struct {
	Func Func
	Path Path
	Arg  string
	Pos  int
}

// IsOf holds for objects of the type; isof('microsoft.graph.user') is how delta queries
// choose among directory objects.
type IsOf struct {
	Type string
	Pos  int
}

// Any holds when Body does for one element of the collection, which Body's paths call
// Var. A nil Body asks only whether there is an element.
type Any struct {
	Path Path
	Var  string
	Body Node
	Pos  int
}

// A Path names a property: of an element of the Any around it when Var is set, else of
// the object. With Var and no Names it is the element itself. With Count it is the number
// of elements of the collection.
type Path struct {
	Var   string
	Names []string
	Count bool
	Pos   int
}

// A Literal is a value as a filter writes it: never a list or an object.
type Literal struct {
	Value
	Pos int
}

// An Op is an operator of Compare.
type Op byte

// The operators of Compare.
const (
	Eq Op = iota
	Ne
	Gt
	Ge
	Lt
	Le
	Has
)

var opNames = [...]string{"eq", "ne", "gt", "ge", "lt", "le", "has"}

// String is the operator's keyword.
func (o Op) String() string { return opNames[o] }

// A Func is a function of Match.
type Func byte

// The functions of Match.
const (
	StartsWith Func = iota
	EndsWith
	Contains
)

var funcNames = [...]string{"startswith", "endswith", "contains"}

// String is the function's name.
func (f Func) String() string { return funcNames[f] }

// At is where the first term begins.
func (n And) At() int { return n.Pos }

// At is where the first term begins.
func (n Or) At() int { return n.Pos }

// At is where "not" stands.
func (n Not) At() int { return n.Pos }

// At is where the property stands.
func (n Compare) At() int { return n.Pos }

// At is where the property stands.
func (n In) At() int { return n.Pos }

// At is where the function's name stands.
func (n Match) At() int { return n.Pos }

// At is where the function's name stands.
func (n IsOf) At() int { return n.Pos }

// At is where the collection stands.
func (n Any) At() int { return n.Pos }

func (And) node()     {}
func (Or) node()      {}
func (Not) node()     {}
func (Compare) node() {}
func (In) node()      {}
func (Match) node()   {}
func (IsOf) node()    {}
func (Any) node()     {}

// String joins the terms with "and".
func (n And) String() string { return join(n.Terms, " and ") }

// String joins the terms with "or".
func (n Or) String() string { return join(n.Terms, " or ") }

// String always has parentheses, without which "not a eq b" is read in two ways.
func (n Not) String() string { return "not (" + n.Term.String() + ")" }

// String is "path op literal".
func (n Compare) String() string {
	return n.Path.String() + " " + n.Op.String() + " " + n.Value.String()
}

// String is "path in (literal,literal)".
func (n In) String() string {
	texts := make([]string, len(n.Values))
	for i, v := range n.Values {
		texts[i] = v.String()
	}
	return n.Path.String() + " in (" + strings.Join(texts, ",") + ")"
}

// String is "function(path,'text')".
func (n Match) String() string {
	return n.Func.String() + "(" + n.Path.String() + "," + quote(n.Arg) + ")"
}

// String is "isof('type')".
func (n IsOf) String() string { return "isof(" + quote(n.Type) + ")" }

// String is "path/any()" or "path/any(var:body)".
func (n Any) String() string {
	if n.Body == nil {
		return n.Path.String() + "/any()"
	}
	return n.Path.String() + "/any(" + n.Var + ":" + n.Body.String() + ")"
}

// String is the path with slashes.
func (p Path) String() string {
	names := p.Names
	if p.Var != "" {
		names = append([]string{p.Var}, names...)
	}
	if p.Count {
		names = append(slices.Clip(names), "$count")
	}
	return strings.Join(names, "/")
}

// join writes terms side by side, in parentheses where the tree would be lost without:
// round every "or", and round an "and" that is a term of an "and".
func join(terms []Node, by string) string {
	texts := make([]string, len(terms))
	for i, t := range terms {
		texts[i] = t.String()
		_, or := t.(Or)
		_, and := t.(And)
		if or || and && by == " and " {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, by)
}

// quote is s as a string literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Walk calls visit with n and, while it returns true, with everything below, parents
// first. A nil n is nothing.
func Walk(n Node, visit func(Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	switch n := n.(type) {
	case And:
		for _, t := range n.Terms {
			Walk(t, visit)
		}
	case Or:
		for _, t := range n.Terms {
			Walk(t, visit)
		}
	case Not:
		Walk(n.Term, visit)
	case Any:
		Walk(n.Body, visit)
	}
}

// Paths are the properties that a filter looks at, in the order of its text. Those inside
// an Any carry its variable and follow the path of its collection.
func Paths(n Node) []Path {
	var paths []Path
	Walk(n, func(n Node) bool {
		switch n := n.(type) {
		case Compare:
			paths = append(paths, n.Path)
		case In:
			paths = append(paths, n.Path)
		case Match:
			paths = append(paths, n.Path)
		case Any:
			paths = append(paths, n.Path)
		}
		return true
	})
	return paths
}
