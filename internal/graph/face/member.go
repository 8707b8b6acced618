package face

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// A Within tells whether an object is in the list of a call's object: a member of the group,
// an owner of the application.
type Within func(c *op.Call, id guid.ID) (bool, error)

// Holds is Within for who is in a group, or owns an application, by relation: in a standing
// place, or in one that PIM gave for a time.
func Holds(relation directory.Relation) Within {
	return func(c *op.Call, id guid.ID) (bool, error) {
		if c.Snap.InPlace(id, c.Object.ID, relation, c.Now) {
			return true, nil
		}
		_, there, err := c.Tx.Membership(c.Object.ID, relation, id)
		return there, err
	}
}

// ByID is a list that answers $filter=id eq '…' too, which is how Terraform asks whether
// somebody is in it, with the object of that id or with nothing. All other filters are the
// list's own.
func ByID(list Handler, within Within) Handler {
	return func(c *op.Call) (op.Answer, error) {
		id, asked := filteredID(c)
		if !asked {
			return list(c)
		}
		var refs []directory.Ref
		there, err := within(c, id)
		if err != nil {
			return op.Answer{}, err
		}
		if there {
			refs = liveRefs(c, []guid.ID{id})
		}
		total := int64(-1)
		if Advanced(c) {
			total = int64(len(refs))
		}
		return WriteRefs(c, refs, nil, total)
	}
}

// OnlyByID is ByID for a list that has no other filter.
func OnlyByID(list Handler, within Within) Handler {
	return ByID(func(c *op.Call) (op.Answer, error) {
		if c.Query.Filter != nil {
			return op.Answer{}, fault.UnsupportedQuery("Unsupported Query. This list is filtered by id eq only.").About("$filter")
		}
		return list(c)
	}, within)
}

// filteredID is the id that a call's filter asks for when it asks for nothing else.
func filteredID(c *op.Call) (guid.ID, bool) {
	eq, ok := c.Query.Filter.(odata.Compare)
	if !ok || eq.Op != odata.Eq || eq.Path.Var != "" || eq.Path.Count || eq.Path.String() != "id" || c.Query.Search != nil || len(c.Query.OrderBy) > 0 {
		return guid.ID{}, false
	}
	switch eq.Value.Kind {
	case odata.KindID:
		return eq.Value.ID, true
	case odata.KindText:
		return guid.Parse(eq.Value.Text)
	}
	return guid.ID{}, false
}

// Referred answers the address of the one object of a list that the path's parameter names,
// if it is in it.
func Referred(param string, within Within) Handler {
	return func(c *op.Call) (op.Answer, error) {
		id, _ := guid.Parse(c.Param(param))
		there, err := within(c, id)
		if err != nil {
			return op.Answer{}, err
		}
		if !there || len(liveRefs(c, []guid.ID{id})) == 0 {
			return op.Answer{}, c.NotFound(c.Param(param))
		}
		var w edm.Writer
		w.Begin()
		WriteContext(c, &w, "$ref", false)
		w.Name("@odata.id")
		w.Str(c.Root + "/directoryObjects/" + id.String())
		w.End()
		return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
	}
}
