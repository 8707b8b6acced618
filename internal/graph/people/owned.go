package people

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
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
	return op.Operations{
		list("listUserOwnedObjects", "/users/{id}", readOwned, locateUser), list("listMyOwnedObjects", "/me", nil, locateMe),
		{
			Name: "getUserOwnedDeletedObjects", Summary: "List the deleted groups that a user owned, which can still be restored.", Action: true,
			Method: "POST", Path: "/directory/deletedItems/getUserOwnedObjects", Versions: op.Both, Success: 200, Entity: "directoryObject", Collection: true,
			Rule:   face.Reads(readDeletedOwned, readDeletedOwned, face.InDirectory("users/delete")),
			Decode: readOwnedQuestion, Query: odata.Top | odata.SkipToken | odata.Format, Do: listDeletedOwned,
		},
	}
}

// readDeletedOwned are the scopes of getUserOwnedObjects (operations.md 5f). It is for who
// deletes accounts.
var readDeletedOwned = []string{"Group.Read.All", "Group.ReadWrite.All"}

// readOwnedQuestion is whose deleted objects are asked for. Of what a user owns, groups are
// kept with their owners when they are deleted.
func readOwnedQuestion(body edm.Value) (any, error) {
	if err := body.Object([]edm.Field{{Name: "userId", Type: edm.GUID, Required: true}, {Name: "type", Type: edm.String, Required: true}}); err != nil {
		return nil, err
	}
	if kind, _ := body.Get("type"); !strings.EqualFold(kind.Text, "Group") {
		return nil, fault.BadRequest("type", "The type is Group.")
	}
	v, _ := body.Get("userId")
	return v.ID()
}

func listDeletedOwned(c *op.Call) (op.Answer, error) {
	user := op.Body[guid.ID](c)
	if !face.IsLive(c, user, directory.KindUser) {
		return op.Answer{}, c.NotFound(user.String())
	}
	return ownedDeleted.List(func(*op.Call) (face.Limits, error) {
		return face.Limits{Values: map[string]any{"owner": user.String()}}, nil
	})(c)
}

// typedGroup is a group in a list of objects of any kind.
var typedGroup = func() *edm.Entity[group] {
	e := *groupEntity
	e.Typed = true
	return &e
}()

// ownedDeleted are the deleted groups that the user {owner} owned. Nothing of them is
// filtered by.
var ownedDeleted = &face.Resource[group]{
	Entity: typedGroup, Set: "directoryObjects", Table: store.DeletedGroupsOwned, Directory: true, ID: func(g *group) string { return g.ID.String() },
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
