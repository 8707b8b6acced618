// Package rest is HTTP for any operation: it matches, authenticates, decodes, encodes and
// writes errors. It knows no resource.
package rest

import (
	"net/url"
	"slices"
	"strings"

	"ephor/internal/op"
)

// A router finds the operation for a method and path. Paths are matched without case;
// keys may stand as segments (/users/x) or in parentheses (/users('x')); functions and
// casts may carry the namespace or its alias (behaviour.md §14).
type router struct{ root node }

type node struct {
	static map[string]*node
	param  *node
	name   string // of the parameter that led here
	ops    map[string]*op.Operation
	// argument says that what follows is the value of a function's argument, which may be
	// empty, as a key may not.
	argument bool
}

func (n *node) child(segment string) *node {
	if strings.HasPrefix(segment, "{") {
		if n.param == nil {
			n.param = &node{name: strings.Trim(segment, "{}")}
		}
		return n.param
	}
	if n.static == nil {
		n.static = map[string]*node{}
	}
	key := strings.ToLower(segment)
	if n.static[key] == nil {
		n.static[key] = &node{}
	}
	return n.static[key]
}

// newRouter builds the tree for one API version.
func newRouter(list op.Operations, version op.Versions) *router {
	r := &router{}
	for _, o := range list {
		if o.Versions&version == 0 {
			continue
		}
		r.add(o, o.Path)
		if rest, moved := strings.CutPrefix(o.Path, "/directory"+unitsInBeta); moved && version == op.Beta {
			r.add(o, unitsInBeta+rest)
		}
	}
	return r
}

// unitsInBeta is where beta has administrative units too, as it had them first.
const unitsInBeta = "/administrativeUnits"

// add puts an operation at a declared path.
func (r *router) add(o *op.Operation, path string) {
	n := &r.root
	last := ""
	for _, s := range declared(path) {
		n.argument = n.argument || strings.ContainsAny(last, "(,")
		n, last = n.child(s), s
	}
	if n.ops == nil {
		n.ops = map[string]*op.Operation{}
	}
	n.ops[o.Method] = o
}

// declared splits a declared path: f(a={a},b={b}) becomes the segments f(a and {a}, ,b and {b}.
func declared(path string) []string {
	var out []string
	for s := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		name, args, call := strings.Cut(s, "(")
		if !call {
			out = append(out, s)
			continue
		}
		for i, arg := range named(strings.Split(strings.TrimSuffix(args, ")"), ",")) {
			key, hole, _ := strings.Cut(arg, "=")
			out = append(out, keyed(name, i, key), hole)
		}
	}
	return out
}

// keyed is the segment of a function's argument, by its place and name.
func keyed(function string, place int, name string) string {
	if place == 0 {
		return function + "(" + name
	}
	return "," + name
}

// named puts a function's arguments in the order of their names: they may come in any
// (OData URL conventions, Invoking a Function).
func named(args []string) []string {
	slices.SortStableFunc(args, func(a, b string) int { return strings.Compare(argument(a), argument(b)) })
	return args
}

// argument is the name by which an argument is known.
func argument(arg string) string {
	name, _, _ := strings.Cut(arg, "=")
	return strings.ToLower(strings.TrimSpace(name))
}

// A match is an operation and the values of its path's parameters.
type match struct {
	op     *op.Operation
	params map[string]string
	// methods are those that the path takes, when the one asked for is not among them.
	methods []string
}

// find matches a request's escaped path below the version. ok is false when no operation
// has that path; a match without an operation is a wrong method.
func (r *router) find(method, path string) (m match, ok bool) {
	segments, good := requested(path)
	if !good {
		return match{}, false
	}
	m.params = map[string]string{}
	n := r.root.walk(segments, m.params)
	if n == nil {
		return match{}, false
	}
	m.op = n.ops[method]
	if m.op == nil {
		for known := range n.ops {
			m.methods = append(m.methods, known)
		}
	}
	return m, true
}

// walk prefers a literal segment to a parameter and tries the other when that leads
// nowhere.
func (n *node) walk(segments []string, params map[string]string) *node {
	if len(segments) == 0 {
		if len(n.ops) == 0 {
			return nil
		}
		return n
	}
	head, rest := segments[0], segments[1:]
	if next, ok := n.static[strings.ToLower(head)]; ok {
		if found := next.walk(rest, params); found != nil {
			return found
		}
	}
	if n.param == nil || head == "" && !n.argument {
		return nil
	}
	found := n.param.walk(rest, params)
	if found != nil {
		params[n.param.name] = head
	}
	return found
}

const maxSegments = 24

// requested splits a request's path the way declared splits a declaration's.
func requested(path string) ([]string, bool) {
	var out []string
	for path != "" {
		var escaped string
		if escaped, path = cutSegment(path); escaped == "" {
			continue // doubled and trailing slashes occur in clients' paths
		}
		s, err := url.PathUnescape(escaped)
		if err != nil || len(s) > 1024 || strings.ContainsRune(s, 0) {
			return nil, false
		}
		parts, ok := call(s)
		if !ok || len(out)+len(parts) > maxSegments {
			return nil, false
		}
		out = append(out, parts...)
	}
	return out, true
}

// cutSegment takes the first segment off an escaped path. A slash inside an argument's quotes
// ends none: a scope is written directoryScopeId='/administrativeUnits/…'.
func cutSegment(path string) (segment, rest string) {
	segment, rest, _ = strings.Cut(path, "/")
	if !strings.ContainsAny(segment, "(%") {
		return segment, rest
	}
	inside, quoted := false, false
	for i := 0; i < len(path); i++ {
		switch c := unescaped(path[i:]); {
		case c == '(':
			inside = true
		case inside && c == '\'':
			quoted = !quoted // a doubled quote is both ends at once
		case c == ')' && !quoted:
			inside = false
		case c == '/' && !quoted:
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// unescaped is the byte that an escaped text begins with, among those that clients escape or
// not as they like.
func unescaped(s string) byte {
	if len(s) > 2 && s[0] == '%' && s[1] == '2' {
		switch s[2] {
		case '7':
			return '\''
		case '8':
			return '('
		case '9':
			return ')'
		}
	}
	return s[0]
}

// arguments splits what is in a function's parentheses at its commas, but for those in quotes.
func arguments(args string) []string {
	var out []string
	begin, quoted := 0, false
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == '\'':
			quoted = !quoted
		case args[i] == ',' && !quoted:
			out = append(out, args[begin:i])
			begin = i + 1
		}
	}
	return append(out, args[begin:])
}

// call splits a segment with parentheses into a name and its arguments.
func call(s string) ([]string, bool) {
	name, args, isCall := strings.Cut(s, "(")
	name = unqualified(name)
	if !isCall || strings.Contains(name, "@") || name == "" {
		return []string{unqualified(s)}, true
	}
	if !strings.HasSuffix(args, ")") {
		return nil, false
	}
	args = strings.TrimSuffix(args, ")")
	if args == "" {
		return []string{name}, true
	}
	var out []string
	for i, arg := range named(arguments(args)) {
		key, value, hasName := strings.Cut(arg, "=")
		if !hasName {
			if i > 0 {
				return nil, false
			}
			return []string{name, unquote(arg)}, true
		}
		out = append(out, keyed(name, i, strings.TrimSpace(key)), unquote(value))
	}
	return out, true
}

// unqualified drops the namespace or its alias from a function's or cast's name. Casts are
// declared with the alias, and are told from functions by their lower-case type's name.
func unqualified(s string) string {
	lower := strings.ToLower(s)
	for _, prefix := range []string{"microsoft.graph.", "graph."} {
		if strings.HasPrefix(lower, prefix) {
			rest := s[len(prefix):]
			if casts[strings.ToLower(rest)] {
				return "graph." + rest
			}
			return rest
		}
	}
	return s
}

// casts are the types that a path may cast a collection to.
var casts = map[string]bool{
	"user": true, "group": true, "application": true, "serviceprincipal": true,
	"administrativeunit": true, "directoryrole": true, "device": true,
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'")
	}
	return s
}
