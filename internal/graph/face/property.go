package face

import (
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// Written are the uses of a property that is given on create and changed on update.
const Written = edm.OnCreate | edm.OnUpdate

// Operators as query.md §5 groups them for directory objects.
const (
	ByValue   = edm.Eq | edm.In // "D" for eq and in
	ByRange   = edm.Ge | edm.Le
	ByPrefix  = edm.StartsWith
	Exclusion = edm.Ne | edm.Not
)

// The constructors below declare properties whose value is one field of T: what is shown
// is what may be written. An empty string is null on the wire.

// TextOf is a string property. column is the store's, "" when nothing filters by it.
func TextOf[T any](name, column string, field func(*T) *string, uses edm.Uses) edm.Property[T] {
	p := edm.Property[T]{
		Name: name, Type: edm.String, Uses: uses, Column: column,
		Write: func(w *edm.Writer, v *T) { w.OptStr(*field(v)) },
	}
	if uses != 0 {
		p.Read = func(v *T, in edm.Value) (err error) {
			*field(v), err = in.OptStr()
			return err
		}
	}
	return p
}

// FlagOf is a boolean property over a column of 0 and 1.
func FlagOf[T any](name, column string, field func(*T) *bool, uses edm.Uses) edm.Property[T] {
	p := edm.Property[T]{
		Name: name, Type: edm.Boolean, Uses: uses, Column: column,
		Write: func(w *edm.Writer, v *T) { w.Bool(*field(v)) },
	}
	if uses != 0 {
		p.Read = func(v *T, in edm.Value) (err error) {
			*field(v), err = in.Boolean()
			return err
		}
	}
	return p
}

// ListOf is a property of many strings, bounded by limit.
func ListOf[T any](name, column string, limit int, field func(*T) *[]string, uses edm.Uses) edm.Property[T] {
	p := edm.Property[T]{
		Name: name, Type: edm.String, Many: true, NonNull: true, Uses: uses,
		Column: column,
		Write:  func(w *edm.Writer, v *T) { w.Strs(*field(v)) },
	}
	if uses != 0 {
		p.Read = func(v *T, in edm.Value) (err error) {
			*field(v), err = in.Strings(limit)
			return err
		}
	}
	return p
}

// InstantOf is a read-only timestamp; Never is null.
func InstantOf[T any](name, column string, field func(*T) when.Instant) edm.Property[T] {
	return edm.Property[T]{
		Name: name, Type: edm.DateTime, Column: column,
		Write: func(w *edm.Writer, v *T) { w.Instant(field(v)) },
	}
}

// IDOf is a read-only id that Graph types as a string; the zero id is null.
func IDOf[T any](name, column string, field func(*T) guid.ID) edm.Property[T] {
	return edm.Property[T]{
		Name: name, Type: edm.String, Column: column,
		Write: func(w *edm.Writer, v *T) { w.OptID(field(v)) },
	}
}

// Absent is a property of the CSDL that Ephor has no value for: always null.
func Absent[T any](name string, t edm.Type) edm.Property[T] {
	return edm.Property[T]{Name: name, Type: t, Write: func(w *edm.Writer, _ *T) { w.Null() }}
}

// None is a collection of the CSDL that Ephor never fills: always empty.
func None[T any](name string) edm.Property[T] {
	return edm.Property[T]{
		Name: name, Type: edm.String, Many: true, NonNull: true,
		Write: func(w *edm.Writer, _ *T) { w.BeginArray(); w.EndArray() },
	}
}

// Filters gives p the operators that always answer and those that need an advanced query.
func Filters[T any](p edm.Property[T], plain, advanced edm.Ops) edm.Property[T] {
	p.Filter, p.Advanced = plain, advanced
	return p
}

// Sorted lets $orderby name p in any query.
func Sorted[T any](p edm.Property[T]) edm.Property[T] {
	p.Sort = true
	return p
}

// SortedAdvanced lets $orderby name p in an advanced query.
func SortedAdvanced[T any](p edm.Property[T]) edm.Property[T] {
	p.SortAdv = true
	return p
}

// Hidden keeps p out of answers that do not $select it.
func Hidden[T any](p edm.Property[T]) edm.Property[T] {
	p.Hidden = true
	return p
}

// OfType makes p of a complex type whose properties Ephor has no values for.
func OfType[T any](p edm.Property[T], name string) edm.Property[T] {
	p.Type, p.Of = edm.Complex, &edm.ComplexType{Name: name}
	return p
}
