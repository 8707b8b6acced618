package face

import (
	"slices"

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
	name string // of the type
	has  func(property string) bool
	load func(c *op.Call, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error
	// rows reads objects for a filter or an order that is judged in memory; ops are the
	// operators that a property answers there, none for one that is not basic where basic is.
	rows func(c *op.Call, ids []guid.ID, out map[guid.ID]odata.Row) error
	ops  func(property string, basic bool) edm.Ops
	// own is the id by which an object is shown; nil when that is the one that names it.
	own func(tenant, id guid.ID) guid.ID
}

var kinds = map[directory.Kind]shower{}

// Shows says, while the program starts, how directory objects of a kind are read and
// written: here no kind is known. A kind of which nothing is said is shown by type and id.
func Shows[T any](kind directory.Kind, e *edm.Entity[T], of func(*store.ReadTx, []guid.ID) ([]T, error), id func(*T) guid.ID) {
	kinds[kind] = shower{
		name: e.Name,
		has:  func(name string) bool { _, ok := e.Property(name); return ok },
		load: func(c *op.Call, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error {
			list, err := of(c.Tx, ids)
			return keep(c, e, list, err, names, id, out)
		},
		rows: func(c *op.Call, ids []guid.ID, out map[guid.ID]odata.Row) error {
			list, err := of(c.Tx, ids)
			for i := range list {
				v := &list[i]
				out[id(v)] = rowOf(e, v)
			}
			return err
		},
		ops: func(property string, basic bool) edm.Ops {
			p, ok := e.Property(property)
			if !ok || basic && !p.Basic {
				return 0
			}
			return p.Filter | p.Advanced
		},
	}
}

// ShowsAs is Shows for a kind whose objects have another id in answers.
func ShowsAs[T any](kind directory.Kind, e *edm.Entity[T], of func(*store.ReadTx, []guid.ID) ([]T, error), id func(*T) guid.ID, own func(tenant, id guid.ID) guid.ID) {
	Shows(kind, e, of, id)
	s := kinds[kind]
	s.own = own
	kinds[kind] = s
}

// Shown is the id by which an answer shows what ref names.
func Shown(c *op.Call, ref directory.Ref) guid.ID {
	if s := kinds[ref.Kind]; s.own != nil {
		return s.own(c.Caller.Tenant, ref.ID)
	}
	return ref.ID
}

// LoadObjects reads directory objects of any kind, and answers for each how its members
// are written into an object that is open.
func LoadObjects(c *op.Call, ids []guid.ID, names []string) (map[guid.ID]func(*edm.Writer), error) {
	return LoadRefs(c, liveRefs(c, ids), names)
}

// liveRefs are the objects with those ids that live.
func liveRefs(c *op.Call, ids []guid.ID) (refs []directory.Ref) {
	for _, id := range ids {
		if f, ok := c.Snap.Object(id); ok && f.Live() {
			refs = append(refs, directory.Ref{ID: id, Kind: f.Kind})
		}
	}
	return refs
}

// loadMost is how many objects of a kind are read in one query.
const loadMost = 1000

// LoadRefs is LoadObjects for objects whose kinds are known. Directory roles are among them
// by their template ids.
func LoadRefs(c *op.Call, refs []directory.Ref, names []string) (map[guid.ID]func(*edm.Writer), error) {
	if err := checkNames(names); err != nil {
		return nil, err
	}
	byKind := map[directory.Kind][]guid.ID{}
	for _, r := range refs {
		byKind[r.Kind] = append(byKind[r.Kind], r.ID)
	}
	out := map[guid.ID]func(*edm.Writer){}
	for kind, of := range byKind {
		for some := range slices.Chunk(of, loadMost) {
			if err := loadKind(c, kind, some, names, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func loadKind(c *op.Call, kind directory.Kind, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error {
	s, known := kinds[kind]
	if known && c.Snap.MayRead(c.Caller, kind, c.Now) {
		return s.load(c, ids, names, out)
	}
	name := s.name
	if !known {
		name = kind.String()
	}
	for _, id := range ids {
		out[id] = func(w *edm.Writer) { writeStranger(c, w, name, Shown(c, directory.Ref{ID: id, Kind: kind})) }
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
	basic, err := e.Narrow(s, nil)
	if err != nil {
		return err
	}
	for i := range list {
		v, shown := &list[i], s
		if narrowed(c, e.Name, id(v)) {
			shown = basic
		}
		out[id(v)] = func(w *edm.Writer) {
			WriteIdentity(c, w, e, v, true)
			e.WriteMembers(w, v, shown)
		}
	}
	return nil
}

func writeStranger(c *op.Call, w *edm.Writer, name string, id guid.ID) {
	WriteType(c, w, "#microsoft.graph."+name)
	writeAddress(c, w, name, id.String())
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
	WriteIdentity(c, &w, e, v, true)
	e.WriteMembers(&w, v, s)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// PlaceOptions are what a list of members takes. It has no filter: what members have in
// common is their id.
const PlaceOptions = odata.Select | odata.Top | odata.SkipToken | odata.Format

// WriteObjects answers a page of directory objects of any kind.
func WriteObjects(c *op.Call, ids []guid.ID, next *store.Position) (op.Answer, error) {
	return WriteRefs(c, liveRefs(c, ids), next, -1)
}

// WriteRefs is WriteObjects for objects whose kinds are known. total is how many there are
// on all pages, negative when that is not to be told.
func WriteRefs(c *op.Call, refs []directory.Ref, next *store.Position, total int64) (op.Answer, error) {
	found, err := LoadRefs(c, refs, c.Query.Select)
	if err != nil {
		return op.Answer{}, err
	}
	return WritePage(c, castSet(c.Op.Entity), next, total, func(w *edm.Writer) {
		for _, r := range refs {
			if write := found[r.ID]; write != nil {
				w.Begin()
				write(w)
				w.End()
			}
		}
	})
}

// castSet is the set that a list of directory objects says that it is of: that of the type
// to which it is cast (group-list-members--4, user-list-memberof--4).
func castSet(entity string) string {
	switch entity {
	case "user", "group", "servicePrincipal", "application", "administrativeUnit", "directoryRole":
		return entity + "s"
	}
	return "directoryObjects"
}

// WritePage answers a page of a set, whose rows write puts.
func WritePage(c *op.Call, set string, next *store.Position, total int64, write func(*edm.Writer)) (op.Answer, error) {
	var w edm.Writer
	w.Begin()
	WriteContext(c, &w, set, false)
	if total >= 0 {
		w.Name("@odata.count")
		w.Int(total)
	}
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
	write(&w)
	w.EndArray()
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}
