package face

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// A shower is how objects of one kind are shown where objects of any kind may be.
type shower struct {
	has  func(property string) bool
	load func(c *op.Call, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error
}

var kinds = map[directory.Kind]shower{}

// Shows says, while the program starts, how directory objects of a kind are read and
// written: here no kind is known. A kind of which nothing is said is shown by type and id.
func Shows[T any](kind directory.Kind, e *edm.Entity[T], of func(*store.ReadTx, []guid.ID) ([]T, error), id func(*T) guid.ID) {
	kinds[kind] = shower{
		has: func(name string) bool { _, ok := e.Property(name); return ok },
		load: func(c *op.Call, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error {
			list, err := of(c.Tx, ids)
			return keep(c, e, list, err, names, id, out)
		},
	}
}

// LoadObjects reads directory objects of any kind, and answers for each how its members
// are written into an object that is open.
func LoadObjects(c *op.Call, ids []guid.ID, names []string) (map[guid.ID]func(*edm.Writer), error) {
	if err := checkNames(names); err != nil {
		return nil, err
	}
	byKind := map[directory.Kind][]guid.ID{}
	for _, id := range ids {
		if f, ok := c.Snap.Object(id); ok && f.Live() {
			byKind[f.Kind] = append(byKind[f.Kind], id)
		}
	}
	out := map[guid.ID]func(*edm.Writer){}
	for kind, of := range byKind {
		if err := loadKind(c, kind, of, names, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func loadKind(c *op.Call, kind directory.Kind, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error {
	if s, ok := kinds[kind]; ok && c.Snap.MayRead(c.Caller, kind, c.Now) {
		return s.load(c, ids, names, out)
	}
	for _, id := range ids {
		out[id] = func(w *edm.Writer) { writeStranger(c, w, kind, id) }
	}
	return nil
}

// checkNames refuses a $select of directory objects that names what no kind of them has.
func checkNames(names []string) error {
	for _, name := range names {
		known := name == "*"
		for _, s := range kinds {
			known = known || s.has(name)
		}
		if !known {
			return fault.BadQuery("$select", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.directoryObject'.", name)
		}
	}
	return nil
}

// keep notes how each of a kind's objects is written. A name in $select that the kind does
// not have is left out: the collection is of directory objects, not of one kind.
func keep[T any](c *op.Call, e *edm.Entity[T], list []T, err error, names []string, id func(*T) guid.ID, out map[guid.ID]func(*edm.Writer)) error {
	if err != nil {
		return err
	}
	var own []string
	for _, name := range names {
		if _, ok := e.Property(name); ok || name == "*" {
			own = append(own, name)
		}
	}
	s := make(edm.Selection, len(e.Properties))
	if len(names) == 0 || len(own) > 0 {
		if s, err = e.Select(own, true); err != nil {
			return err
		}
	}
	for i := range list {
		v := &list[i]
		out[id(v)] = func(w *edm.Writer) {
			WriteType(c, w, e.TypeName())
			e.WriteMembers(w, v, s)
		}
	}
	return nil
}

func writeStranger(c *op.Call, w *edm.Writer, kind directory.Kind, id guid.ID) {
	WriteType(c, w, "#microsoft.graph."+kind.String())
	w.Name("id")
	w.ID(id)
}

// writeObject answers one object of a path that leads to several kinds, with its type.
func writeObject[T any](c *op.Call, e *edm.Entity[T], v *T) (op.Answer, error) {
	s, err := e.Select(c.Query.Select, false)
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	WriteContext(c, &w, "directoryObjects", true)
	WriteType(c, &w, e.TypeName())
	e.WriteMembers(&w, v, s)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// PlaceOptions are what a list of members takes. It has no filter: what members have in
// common is their id.
const PlaceOptions = odata.Select | odata.Top | odata.SkipToken | odata.Format

// WriteObjects answers a page of directory objects of any kind.
func WriteObjects(c *op.Call, ids []guid.ID, next *store.Position) (op.Answer, error) {
	found, err := LoadObjects(c, ids, c.Query.Select)
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	WriteContext(c, &w, "directoryObjects", false)
	if next != nil {
		link, err := NextLink(c, next)
		if err != nil {
			return op.Answer{}, err
		}
		w.Name("@odata.nextLink")
		w.Str(link)
	}
	w.Name("value")
	w.BeginArray()
	for _, id := range ids {
		if write := found[id]; write != nil {
			w.Begin()
			write(&w)
			w.End()
		}
	}
	w.EndArray()
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}
