package face

import (
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// Some permissions open the basic properties of an object and no others. What may not be read
// is left out of answers, refused when it is asked for by name, and cannot be filtered or
// sorted by.

var narrows = map[string]func(c *op.Call, of guid.ID) bool{}

// Narrows says, while the program starts, when a caller may read the basic properties only of
// the entity's object with that id; the zero id stands for those of a list.
func Narrows(entity string, when func(c *op.Call, of guid.ID) bool) { narrows[entity] = when }

func narrowed(c *op.Call, entity string, of guid.ID) bool {
	when := narrows[entity]
	return when != nil && when(c, of)
}

// selection is what an answer shows of one object, or of each in a list.
func selection[T any](c *op.Call, e *edm.Entity[T], of guid.ID, list bool) (edm.Selection, error) {
	s, err := e.Select(c.Query.Select, list)
	if err != nil || !narrowed(c, e.Name, of) {
		return s, err
	}
	return e.Narrow(s, c.Query.Select)
}
