package people

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// objectOperations are the operations on directory objects of any kind (operations.md 5e).
func objectOperations() op.Operations {
	rule := face.Reads(face.AsUser(readObjects), readObjects, authz.Member, authz.Self)
	return op.Operations{
		{
			Name: "getDirectoryObject", Summary: "Read one directory object, whatever its type.",
			Method: "GET", Path: "/directoryObjects/{id}", Versions: op.Both, Success: 200, Entity: "directoryObject",
			Rule: rule, Locate: locateObject, Query: op.SingleOptions, Do: getObject,
		},
	}
}

// locateObject finds the live object that the path names.
func locateObject(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindUser}}
	id, err := c.ID("id")
	if err != nil {
		return o, err
	}
	f, known := c.Snap.Object(id)
	if !known || !f.Live() {
		return o, op.Unknown(c.Param("id"))
	}
	o.Ref = directory.Ref{ID: id, Kind: f.Kind}
	return o, nil
}

func getObject(c *op.Call) (op.Answer, error) { return oneObject(c, c.Object.ID) }

// oneObject answers a directory object of any kind, with its type.
func oneObject(c *op.Call, id guid.ID) (op.Answer, error) {
	found, err := face.LoadObjects(c, []guid.ID{id}, c.Query.Select)
	if err != nil {
		return op.Answer{}, err
	}
	write := found[id]
	if write == nil {
		return op.Answer{}, c.NotFound(id.String())
	}
	var w edm.Writer
	w.Begin()
	face.WriteContext(c, &w, "directoryObjects", true)
	write(&w)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}
