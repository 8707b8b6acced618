package people

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// ownedOperations list what somebody owns: groups and applications (operations.md 5a).
func ownedOperations() op.Operations {
	list := func(name, path string, application []string, locate func(*op.Call) (authz.Object, error)) *op.Operation {
		return &op.Operation{
			Name: name, Summary: "List the directory objects that a user owns.",
			Method: "GET", Path: path + "/ownedObjects", Versions: op.Both, Me: path == "/me", Success: 200, Entity: "directoryObject", Collection: true,
			Rule: face.Reads(readOwnedToo, application, authz.Member, authz.Self), Locate: locate, Query: face.PlaceOptions, Do: listOwned,
		}
	}
	return op.Operations{list("listUserOwnedObjects", "/users/{id}", readOwned, locateUser), list("listMyOwnedObjects", "/me", nil, locateMe)}
}

func listOwned(c *op.Call) (op.Answer, error) {
	q, err := face.PlaceQuery(c)
	if err != nil {
		return op.Answer{}, err
	}
	page, err := c.Tx.Around(c.Object.ID, directory.Owner, q.Limit, q.After)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WriteObjects(c, face.Wanted(page.Rows, func(p *store.Place) guid.ID { return p.Group }), page.Next)
}
