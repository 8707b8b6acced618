package store

import (
	"strconv"
	"strings"

	"ephor/internal/edm"
	"ephor/internal/odata"
)

// A Column is how the database answers for a property. Its SQL is text of ours; of a
// caller's filter nothing but arguments reaches the database.
type Column struct {
	SQL  string
	Kind odata.Kind // KindText, KindBool, KindInt, KindInstant or KindID
	// Folded text is compared without regard to case: SQL names a column of folded values.
	Folded bool
	// Nullable columns show '' and when.Never as null.
	Nullable bool
	// Ops are the operators that the property answers; any other is refused.
	Ops edm.Ops
	// Indexed columns lead an index whose next column is the table's id, so that a list can
	// follow them.
	Indexed bool
	// Selective columns are indexed and have few rows of one value each.
	Selective bool
	// Lead is, for one value of a column that no index leads by itself, a condition that its
	// rows meet and that an index answers in the table's own order; "" where there is none.
	// The rows are rare where it is better than any other index that a filter leads to.
	Lead func(stored any) (condition string, rare bool)
	// Filled columns have an index of what is not '' only.
	Filled bool
	// Spell turns the text of a literal into what the column holds, for enumerations and
	// scopes; what it does not know equals nothing.
	Spell func(text string) (stored any, ok bool)
	// Many makes the property a collection.
	Many *Elements
}

// Elements are the values of a collection: rows of another table.
type Elements struct {
	From string // table and alias
	On   string // the condition that ties them to the object
	// Key and ID, where an index leads to them from an element's value, are the columns that
	// hold the sort key and id by which the objects' table is ordered; Where is the condition
	// for such rows.
	Key, ID, Where string
	// Columns answer for an element's properties; the element itself is the one named "".
	Columns map[string]Column
}

// Columns are the properties that a filter may name, by their path on the wire.
type Columns map[string]Column

// A clause is SQL in the making. Equal holes share one argument.
type clause struct {
	args  []any
	named map[string]string
}

// hole adds an argument and is its number in the text.
func (c *clause) hole(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// A spread is a value that fills the places of as many arguments, with commas between.
type spread []any

// place is hole, but for a spread as many.
func (c *clause) place(v any) string {
	list, many := v.(spread)
	if !many {
		return c.hole(v)
	}
	first := len(c.args) + 1
	c.args = append(c.args, list...)
	return holes(first, len(list))
}

// fill is text with {name} replaced by the argument that holes has for it.
func (c *clause) fill(text string, values map[string]any) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		place, known := c.named[name]
		if !known {
			v, given := values[name]
			if !given {
				panic("store: nothing fills {" + name + "}")
			}
			if place = c.place(v); c.named == nil {
				c.named = map[string]string{}
			}
			c.named[name] = place
		}
		b.WriteString(place)
		text = after
	}
}
