package odata

import "strings"

// A truth is one of three: OData's null, here unknown, is neither.
type truth int8

const (
	no truth = iota - 1
	unknown
	yes
)

// of is the truth of b.
func of(b bool) truth {
	if b {
		return yes
	}
	return no
}

// Eval reports whether the row belongs to what the filter selects; a nil filter selects
// every row. Rows whose property cannot be evaluated are left out, also under "not"
// (query.md, 1): a condition on such a property, on kinds that do not compare, or of a
// string function on null is unknown, and "not" leaves unknown unknown. A comparison with
// null is known: null equals only null, and has no order.
func Eval(n Node, row Row) bool {
	return n == nil || scope{row: row}.eval(n) == yes
}

// A scope is the row and, inside an Any, the element that its variable names.
type scope struct {
	row     Row
	element Value
}

// eval is the truth of one node.
func (s scope) eval(n Node) truth {
	switch n := n.(type) {
	case And:
		return s.least(n.Terms)
	case Or:
		return s.greatest(n.Terms)
	case Not:
		return -s.eval(n.Term)
	case Compare:
		v, ok := s.value(n.Path)
		if !ok {
			return unknown
		}
		return compare(n.Op, v, n.Value.Value)
	case In:
		return s.in(n)
	case Match:
		return s.match(n)
	case IsOf:
		v, ok := s.row([]string{"@odata.type"})
		if !ok || v.Kind != KindText {
			return unknown
		}
		return of(typeName(v.Text) == typeName(n.Type))
	case Any:
		return s.any(n)
	}
	return unknown
}

// least is the truth of terms joined by "and".
func (s scope) least(terms []Node) truth {
	out := yes
	for _, t := range terms {
		if out = min(out, s.eval(t)); out == no {
			break
		}
	}
	return out
}

// greatest is the truth of terms joined by "or".
func (s scope) greatest(terms []Node) truth {
	out := no
	for _, t := range terms {
		if out = max(out, s.eval(t)); out == yes {
			break
		}
	}
	return out
}

// value is what a path names; false when it cannot be evaluated.
func (s scope) value(p Path) (Value, bool) {
	v, ok := s.element, true
	switch {
	case p.Var == "":
		v, ok = s.row(p.Names)
	case len(p.Names) > 0 && v.Kind == KindObject:
		v, ok = v.Row(p.Names)
	case len(p.Names) > 0:
		return Value{}, false
	}
	if !p.Count || !ok {
		return v, ok
	}
	if v.Kind != KindList {
		return Value{}, false
	}
	return Int(int64(len(v.List))), true
}

// compare is the truth of one comparison of a property with a literal.
func compare(op Op, v, literal Value) truth {
	switch op {
	case Eq, Ne:
		equal, comparable := v.Equal(literal)
		if !comparable {
			return unknown
		}
		return of(equal == (op == Eq))
	case Has:
		return has(v, literal)
	}
	if v.Kind == KindNull || literal.Kind == KindNull {
		return no
	}
	order, comparable := v.Compare(literal)
	if !comparable {
		return unknown
	}
	return of(op == Gt && order > 0 || op == Ge && order >= 0 || op == Lt && order < 0 || op == Le && order <= 0)
}

// has is the truth of a flag among the members of an enumeration, which the wire joins
// with commas.
func has(v, flag Value) truth {
	if v.Kind != KindText || flag.Kind != KindText {
		return unknown
	}
	for member := range strings.SplitSeq(v.Text, ",") {
		if strings.EqualFold(strings.TrimSpace(member), flag.Text) {
			return yes
		}
	}
	return no
}

// in is the truth of a comparison with each of a list.
func (s scope) in(n In) truth {
	v, ok := s.value(n.Path)
	if !ok {
		return unknown
	}
	out := no
	for _, literal := range n.Values {
		out = max(out, compare(Eq, v, literal.Value))
	}
	return out
}

// match is the truth of a string function.
func (s scope) match(n Match) truth {
	v, ok := s.value(n.Path)
	if !ok || v.Kind != KindText {
		return unknown
	}
	text, arg := v.folded(v.Fold), Text(n.Arg).folded(v.Fold)
	switch n.Func {
	case StartsWith:
		return of(strings.HasPrefix(text, arg))
	case EndsWith:
		return of(strings.HasSuffix(text, arg))
	}
	return of(strings.Contains(text, arg))
}

// any is the truth of a condition on one of a collection's elements. A collection that is
// null has none.
func (s scope) any(n Any) truth {
	v, ok := s.value(n.Path)
	switch {
	case !ok || v.Kind != KindList && v.Kind != KindNull:
		return unknown
	case n.Body == nil:
		return of(len(v.List) > 0)
	}
	out := no
	for _, element := range v.List {
		out = max(out, scope{row: s.row, element: element}.eval(n.Body))
	}
	return out
}

// typeName is a type's name without "#" and namespace: Graph's clients send the namespace
// or its alias.
func typeName(s string) string {
	s = strings.TrimPrefix(s, "#")
	for _, namespace := range []string{"microsoft.graph.", "graph."} {
		if len(s) > len(namespace) && strings.EqualFold(s[:len(namespace)], namespace) {
			return s[len(namespace):]
		}
	}
	return s
}
