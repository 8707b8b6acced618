package edm

import (
	"slices"
	"strings"

	"ephor/internal/fault"
)

// A Selection is the set of properties that an answer shows, in the order declared.
type Selection []bool

// Default is what an answer without $select shows.
func (e *Entity[T]) Default() Selection {
	return slices.Clone(e.usual)
}

// Select resolves the names of a $select; none is the default, * is everything that may be
// listed. An unknown name is 400, one that a list cannot show is 501 (A:user-list).
func (e *Entity[T]) Select(names []string, list bool) (Selection, error) {
	if len(names) == 0 {
		return e.Default(), nil
	}
	s := make(Selection, len(e.Properties))
	for _, name := range names {
		if name == "*" {
			for i, p := range e.Properties {
				s[i] = s[i] || p.Write != nil && !p.Single
			}
			continue
		}
		head, _, _ := strings.Cut(name, "/")
		i, ok := e.index[head]
		if !ok {
			if p, folded := e.fold(head); folded {
				i, ok = e.index[p.Name], true
			}
		}
		if !ok || e.Properties[i].Write == nil {
			return nil, fault.BadQuery("$select", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, e.Name)
		}
		if list && e.Properties[i].Single {
			return nil, &fault.Fault{Status: 501, Code: "NotImplemented", Target: "$select", Message: "The property '" + name + "' is answered for one object only, not in a list."}
		}
		s[i] = true
	}
	return s, nil
}

// IsDefault reports whether s is what an answer without $select shows.
func (e *Entity[T]) IsDefault(s Selection) bool { return slices.Equal(s, e.usual) }

// Narrow is the selection for who may read the basic properties only. What an answer has
// without being asked is left out silently; to name another property is refused.
func (e *Entity[T]) Narrow(s Selection, names []string) (Selection, error) {
	narrowed := make(Selection, len(s))
	for i, p := range e.Properties {
		narrowed[i] = s[i] && p.Basic
		if s[i] && !p.Basic && named(names, p.Name) {
			return nil, fault.Denied()
		}
	}
	return narrowed, nil
}

// Without is the selection without the property of that name, if there is one.
func (e *Entity[T]) Without(s Selection, name string) Selection {
	i, known := e.index[name]
	if !known || !s[i] {
		return s
	}
	less := slices.Clone(s)
	less[i] = false
	return less
}

// WriteMembers puts the selected properties of v into the object that is open in w.
func (e *Entity[T]) WriteMembers(w *Writer, v *T, s Selection) {
	for i := range e.Properties {
		if s[i] {
			w.Name(e.Properties[i].Name)
			e.Properties[i].Write(w, v)
		}
	}
}

// Write puts v as an object of its own, without annotations.
func (e *Entity[T]) Write(w *Writer, v *T, s Selection) {
	w.Begin()
	e.WriteMembers(w, v, s)
	w.End()
}

// Apply reads the members of a request body into v and answers the names of the
// properties that were given. extra names members that the operation reads by itself,
// such as owners@odata.bind. A property that cannot be given in this use is 400, but for a
// create that says nothing of it, and for an update that repeats what v has: clients send all
// that they know, and back all that they have read.
func (e *Entity[T]) Apply(v *T, body Value, use Uses, extra ...string) ([]string, error) {
	if body.Kind != ObjectValue {
		return nil, body.wrong("an object")
	}
	var given []string
	for _, m := range body.Members {
		if named(extra, m.Name) || annotation(m.Name) {
			continue
		}
		p, ok := e.fold(m.Name)
		if !ok {
			return nil, unknown(m)
		}
		if p.Uses&use&(OnCreate|OnUpdate) == 0 && (use&OnCreate != 0 && m.Value.blank() || use&OnUpdate != 0 && (use&Ahead != 0 || p.repeats(v, m.Value))) {
			continue
		}
		if err := p.apply(v, m.Value, use); err != nil {
			return nil, err
		}
		given = append(given, p.Name)
	}
	return given, e.requirements(body, use)
}

func (e *Entity[T]) requirements(body Value, use Uses) error {
	if use&OnCreate == 0 {
		return nil
	}
	for _, p := range e.Properties {
		if _, ok := body.Get(p.Name); p.Uses&Required != 0 && !ok {
			return fault.BadRequest(p.Name, "The property '%s' is required.", p.Name)
		}
	}
	return nil
}

func (p *Property[T]) apply(v *T, in Value, use Uses) error {
	if p.Uses&use == 0 || p.Read == nil {
		return fault.BadRequest(in.Path, "The property '%s' is read-only here.", p.Name)
	}
	if in.IsNull() {
		if p.NonNull || p.Uses&Required != 0 {
			return fault.BadRequest(in.Path, "The property '%s' must not be null.", p.Name)
		}
		return p.Read(v, in)
	}
	if err := checkType(in, p.Type, p.Many, p.Enum, p.Of); err != nil {
		return err
	}
	return p.Read(v, in)
}

// repeats reports whether a body says of a property what v has already.
func (p *Property[T]) repeats(v *T, in Value) bool {
	if p.Write == nil {
		return false
	}
	var w Writer
	p.Write(&w, v)
	has, err := ParseJSON(w.Bytes())
	return err == nil && in.repeats(has)
}

func named(list []string, name string) bool {
	for _, s := range list {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
