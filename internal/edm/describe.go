package edm

// A Description is an entity or complex type without its Go type: what documents are
// made from.
type Description struct {
	Name    string
	Base    string
	Complex bool
	Fields  []Described
}

// A Described is one property of a Description.
type Described struct {
	Field
	NonNull  bool
	ReadOnly bool
	Hidden   bool // shown on $select only
	Filter   bool
	Sort     bool
}

// Describe is the entity and the complex types that its properties are made of.
func (e *Entity[T]) Describe() []Description {
	d := Description{Name: e.Name, Base: e.Base}
	var parts []Description
	for _, p := range e.Properties {
		d.Fields = append(d.Fields, Described{
			Field:   Field{Name: p.Name, Type: p.Type, Many: p.Many, Required: p.Uses&Required != 0, Enum: p.Enum, Of: p.Of},
			NonNull: p.NonNull, ReadOnly: p.Uses == 0, Hidden: p.Hidden,
			Filter: p.Filter|p.Advanced != 0, Sort: p.Sort || p.SortAdv,
		})
		if p.Of != nil {
			parts = append(parts, p.Of.describe()...)
		}
	}
	return append([]Description{d}, parts...)
}

func (c *ComplexType) describe() []Description {
	d := Description{Name: c.Name, Complex: true}
	var parts []Description
	for _, f := range c.Fields {
		d.Fields = append(d.Fields, Described{Field: f})
		if f.Of != nil {
			parts = append(parts, f.Of.describe()...)
		}
	}
	return append([]Description{d}, parts...)
}
