package face

import (
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/op"
)

// Kinds are what is shown of rows of several types that have a base in common.
type Kinds[T any] map[*edm.Entity[T]]edm.Selection

// SelectKinds resolves a $select of rows of the given types, in which the properties of any
// of them may be named; what a type does not have is left out of it. base is what the types
// have in common.
func SelectKinds[T any](base string, types []*edm.Entity[T], names []string) (Kinds[T], error) {
	for _, name := range names {
		known := name == "*"
		for _, e := range types {
			_, has := e.Property(name)
			known = known || has
		}
		if !known {
			return nil, fault.BadQuery("$select", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, base)
		}
	}
	s := make(Kinds[T], len(types))
	for _, e := range types {
		var own []string
		for _, name := range names {
			if _, has := e.Property(name); has || name == "*" {
				own = append(own, name)
			}
		}
		shown := make(edm.Selection, len(e.Properties))
		if len(names) == 0 || len(own) > 0 {
			var err error
			if shown, err = e.Select(own, true); err != nil {
				return nil, err
			}
		}
		s[e] = shown
	}
	return s, nil
}

// WriteMembers puts v, whose type is e, into the object that is open: its type, which could be
// another, and what is shown of it.
func (s Kinds[T]) WriteMembers(c *op.Call, w *edm.Writer, e *edm.Entity[T], v *T) {
	WriteType(c, w, e.TypeName())
	e.WriteMembers(w, v, s[e])
}
