package graph

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// A deletion is the operation that deletes objects of one kind.
type deletion struct {
	kind  directory.Kind
	by    *op.Operation
	opens *authz.Rule // by which permissions
}

// deletions are those among ops, in the order in which permissions are looked at.
func deletions(ops op.Operations) (all []deletion) {
	for _, d := range []struct {
		kind directory.Kind
		name string
	}{
		{directory.KindUser, "deleteUser"},
		{directory.KindGroup, "deleteGroup"},
		{directory.KindApplication, "deleteApplication"},
		{directory.KindServicePrincipal, "deleteServicePrincipal"},
		{directory.KindUnit, "deleteAdministrativeUnit"},
	} {
		by, ok := ops.Find(d.name)
		if !ok {
			panic("graph: no operation " + d.name)
		}
		all = append(all, deletion{d.kind, by, face.AnyOf(by.Rule)})
	}
	return all
}

// deleteObject is the deletion of an object of any kind (operations.md 5e): to each is done
// what its own operation does, by whom that lets.
func deleteObject(ops op.Operations) *op.Operation {
	all := deletions(ops)
	var rules []*authz.Rule
	for _, d := range all {
		rules = append(rules, d.by.Rule)
	}
	find := func(kind directory.Kind) *op.Operation {
		for _, d := range all {
			if d.kind == kind {
				return d.by
			}
		}
		return nil
	}
	return &op.Operation{
		Name: "deleteDirectoryObject", Summary: "Delete a directory object, whatever its type; it can be restored for 30 days.",
		Method: "DELETE", Path: "/directoryObjects/{id}", Versions: op.Both, Success: 204,
		Rule:   face.AnyOf(rules...),
		Locate: func(c *op.Call) (authz.Object, error) { return locateDeletion(c, all) },
		Demands: func(c *op.Call) []*authz.Rule {
			if by := find(c.Object.Kind); by != nil {
				return []*authz.Rule{by.Rule}
			}
			return nil
		},
		Do: func(c *op.Call) (op.Answer, error) {
			by := find(c.Object.Kind)
			if by == nil {
				return op.Answer{}, c.NotFound(c.Param("id"))
			}
			c.Record().Activity, c.Record().Category = by.Activity.Name, by.Activity.Category
			return by.Do(c)
		},
		Writes: true, Activity: op.Activity{Name: "Delete directory object", Category: "DirectoryManagement", Type: "Delete", Service: "Core Directory"},
	}
}

// locateDeletion finds the live object that the path names by its id. One of a kind that the
// caller's permissions do not open is as one that is not there.
func locateDeletion(c *op.Call, all []deletion) (authz.Object, error) {
	id, named := guid.Parse(c.Param("id"))
	f, known := c.Snap.Object(id)
	var o authz.Object
	for _, d := range all {
		if c.Snap.RequireScopes(c.Caller, d.opens) != nil {
			continue
		}
		if named && known && f.Kind == d.kind && f.Live() {
			return d.by.Locate(c)
		}
		if o.Kind == directory.KindNone {
			o.Kind = d.kind
		}
	}
	return o, op.Unknown(c.Param("id"))
}
