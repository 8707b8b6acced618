// Package edm is the machinery of entity declarations: what a resource looks like on the
// wire, how it is written as JSON, read from a request body, selected and described. It
// knows no resource; graph declares those with this vocabulary.
package edm

import "strings"

// A Type is the kind of value that a property holds (OData 4.0 primitive types, and
// Complex for a value with properties of its own).
type Type uint8

// The types that Graph's directory and PIM entities use.
const (
	String Type = iota
	Boolean
	Int32
	Int64
	DateTime // Edm.DateTimeOffset
	Duration
	GUID
	Binary
	Complex
)

var typeNames = [...]string{"Edm.String", "Edm.Boolean", "Edm.Int32", "Edm.Int64", "Edm.DateTimeOffset", "Edm.Duration", "Edm.Guid", "Edm.Binary", ""}

// String is the type's name in CSDL, "" for Complex.
func (t Type) String() string { return typeNames[t] }

// An Enum is a closed set of names. Input is matched without case; output is the CSDL's
// casing (behaviour.md §3, Casing of input).
type Enum struct {
	Name    string
	Members []string
	// First is the number of the first member in CSDL; the others follow.
	First int
}

// Parse is the member that s names in any casing.
func (e *Enum) Parse(s string) (string, bool) {
	for _, m := range e.Members {
		if strings.EqualFold(m, s) {
			return m, true
		}
	}
	return "", false
}

// Uses says in which requests a property may be given.
type Uses uint8

// The uses of a property. A property with none is read-only.
const (
	OnCreate Uses = 1 << iota
	OnUpdate
	Required // on create
	// Ahead, in a use that is asked for, says that the object itself is not at hand yet. What
	// is read-only is left to be judged when the body is applied to it.
	Ahead
)

// Ops are the filter operators that a property answers.
type Ops uint16

// The operators of $filter. Null is the comparison with null.
const (
	Eq Ops = 1 << iota
	Ne
	Ge // ge and gt
	Le // le and lt
	In
	StartsWith
	EndsWith
	Contains
	Null
	Not
)

// Common sets of operators.
const (
	Equal  = Eq | Ne | In | Not
	Ranged = Equal | Ge | Le
)

// A Property is one named value of an entity or complex type T.
type Property[T any] struct {
	Name     string
	Type     Type
	Many     bool // a collection
	NonNull  bool
	Enum     *Enum
	Of       *ComplexType // for Complex
	Hidden   bool         // only in an answer whose $select names it
	Single   bool         // cannot be selected in a list (501, A:user-list)
	Basic    bool         // shown also to who may read the basic properties only
	Uses     Uses
	Filter   Ops // operators that always answer
	Advanced Ops // operators that need ConsistencyLevel: eventual (query.md §1)
	Sort     bool
	SortAdv  bool   // sorting needs ConsistencyLevel: eventual
	Column   string // the store's name for what answers $filter and $orderby, "" for none
	// Write puts the value; nil for a property that is never shown.
	Write func(w *Writer, v *T)
	// Read takes the value from a request body, which has the property's type; nil for a
	// read-only property.
	Read func(v *T, in Value) error
}

// A ComplexType is a value with properties of its own: its name and, for CSDL and for
// reading bodies, its fields.
type ComplexType struct {
	Name   string
	Fields []Field
	Open   bool // any object is of the type as far as a body goes: who reads it says why not
}

// A Field is a property of a complex type or a parameter of an action.
type Field struct {
	Name     string
	Type     Type
	Many     bool
	Required bool
	Enum     *Enum
	Of       *ComplexType
	Default  string // of a field that is kept: its JSON text where nothing was said; "" for null, or no items
}

// An Entity is the declaration of a resource's type.
type Entity[T any] struct {
	Name       string // "user"
	Base       string // base type, "directoryObject" or ""
	Properties []Property[T]
	// Typed entities carry @odata.type wherever they stand in a collection of a base type.
	Typed bool

	index map[string]int
	usual Selection // what is shown without $select
}

// Declare makes an entity ready for use. It panics on a property declared twice.
func Declare[T any](e Entity[T]) *Entity[T] {
	e.index = make(map[string]int, len(e.Properties))
	for i, p := range e.Properties {
		if _, twice := e.index[p.Name]; twice {
			panic("edm: " + e.Name + "." + p.Name + " is declared twice")
		}
		e.index[p.Name] = i
		e.usual = append(e.usual, !p.Hidden && p.Write != nil)
	}
	return &e
}

// Property is the declaration of the property of that name, in the CSDL's casing.
func (e *Entity[T]) Property(name string) (*Property[T], bool) {
	i, ok := e.index[name]
	if !ok {
		return nil, false
	}
	return &e.Properties[i], true
}

// fold finds a property by name without case: clients write mailNickName (clients.md).
func (e *Entity[T]) fold(name string) (*Property[T], bool) {
	if p, ok := e.Property(name); ok {
		return p, true
	}
	for i := range e.Properties {
		if strings.EqualFold(e.Properties[i].Name, name) {
			return &e.Properties[i], true
		}
	}
	return nil, false
}

// TypeName is the entity's name as @odata.type gives it.
func (e *Entity[T]) TypeName() string { return "#microsoft.graph." + e.Name }
