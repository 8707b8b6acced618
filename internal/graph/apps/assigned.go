package apps

import (
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

// People and groups are assigned to applications by the same resource as applications are
// given permissions (operations.md 5a, 5b). Such an assignment gives nothing here: it says
// who is to use what, and clients keep and read it.

// Scopes of the assignments of people and groups (operations.md 5a, 5b).
var (
	readUserAssignments  = []string{"AppRoleAssignment.ReadWrite.All", "Directory.Read.All"}
	readGroupAssignments = []string{"Directory.Read.All", "AppRoleAssignment.ReadWrite.All", "Directory.ReadWrite.All"}
	changeAssignments    = []string{"AppRoleAssignment.ReadWrite.All"}
)

// assignToApp is who assigns people and groups: who manages the assignments of what they are
// assigned to.
var assignToApp = face.Writes(changeAssignments, changeAssignments, face.InDirectory(manageRoleGrants))

// principalSets are where principals live.
var principalSets = map[directory.Kind]string{
	directory.KindUser: "users", directory.KindGroup: "groups", directory.KindServicePrincipal: "servicePrincipals",
}

// isPerson reports whether id names a live user or group.
func isPerson(c *op.Call, id guid.ID) bool {
	return face.IsLive(c, id, directory.KindUser) || face.IsLive(c, id, directory.KindGroup)
}

// assignedObject is the live service principal that somebody is assigned to.
func assignedObject(c *op.Call, resource guid.ID) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindServicePrincipal}}
	if !face.IsLive(c, resource, directory.KindServicePrincipal) {
		return o, op.Unknown(resource.String())
	}
	o.ID = resource
	return o, nil
}

// A locator finds what a path names.
type locator func(*op.Call) (authz.Object, error)

func locateUser(c *op.Call) (authz.Object, error) { return face.UserObject(c, c.Param("id")) }

func locateGroup(c *op.Call) (authz.Object, error) {
	id, _ := guid.Parse(c.Param("id"))
	return face.GroupObject(c, id, c.Param("id"))
}

// assignmentOperations are the operations on what users and groups are assigned to. Graph's
// table has none that takes a group's away; it is the same resource, and so is served.
func assignmentOperations() op.Operations {
	var list op.Operations
	for _, side := range []struct {
		one, of string
		read    []string
		locate  locator
	}{
		{"User", "users", readUserAssignments, locateUser},
		{"Group", "groups", readGroupAssignments, locateGroup},
	} {
		path := "/" + side.of + "/{id}/appRoleAssignments"
		list = append(list,
			&op.Operation{
				Name: "list" + side.one + "AppRoleAssignments", Summary: "List what one of the " + side.of + " is assigned to.",
				Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: "appRoleAssignment", Collection: true,
				Rule:   face.Reads(side.read, side.read, face.InDirectory(side.of+"/appRoleAssignments/read")),
				Locate: side.locate, Query: op.ListOptions, Do: listRoleGrants("principal"),
			},
			&op.Operation{
				Name: "create" + side.one + "AppRoleAssignment", Summary: "Assign one of the " + side.of + " to an application.",
				Method: "POST", Path: path, Versions: op.Both, Success: 201, Entity: "appRoleAssignment",
				Rule: assignToApp, Decode: readRoleGrant, Locate: locateAssigned(side.locate), Do: createAssigned(side.locate),
				Writes: true, Activity: applicationActivity("Add app role assignment grant to user", "Assign"),
			},
			&op.Operation{
				Name: "delete" + side.one + "AppRoleAssignment", Summary: "End what one of the " + side.of + " is assigned to.",
				Method: "DELETE", Path: path + "/{assignment}", Versions: op.Both, Success: 204,
				Rule: assignToApp, Locate: locateUnassigned(side.locate), Do: deleteRoleGrant,
				Writes: true, Activity: applicationActivity("Remove app role assignment from user", "Unassign"),
			},
		)
	}
	return list
}

// mostAssigned bounds the assignments that are read for one $expand.
const mostAssigned = 5000

// AssignedTo loads what each of some users or groups is assigned to, for $expand: the first
// of each. Who may not list it of each of them is refused.
func AssignedTo(c *op.Call, kind directory.Kind, of []guid.ID, q odata.Query) (func(w *edm.Writer, principal guid.ID), error) {
	rule := expandAssignments[kind]
	for _, id := range of {
		if err := c.Snap.Require(c.Caller, rule, authz.Object{Ref: directory.Ref{ID: id, Kind: kind}}, c.Now); err != nil {
			return nil, err
		}
	}
	if err := face.Flat(q); err != nil {
		return nil, err
	}
	selected, err := roleGrantEntity.Select(q.Select, true)
	if err != nil {
		return nil, err
	}
	rows, err := assignmentsOf(c, of)
	if err != nil {
		return nil, err
	}
	theirs := map[guid.ID][]*roleGrant{}
	for i := range rows {
		if g := &rows[i]; len(theirs[g.Principal]) < face.MostExpanded {
			theirs[g.Principal] = append(theirs[g.Principal], g)
		}
	}
	return func(w *edm.Writer, principal guid.ID) {
		w.BeginArray()
		for _, g := range theirs[principal] {
			roleGrantEntity.Write(w, g, selected)
		}
		w.EndArray()
	}, nil
}

// expandAssignments are the rules of the lists that $expand abbreviates.
var expandAssignments = map[directory.Kind]*authz.Rule{
	directory.KindUser:  face.Reads(readUserAssignments, readUserAssignments, face.InDirectory("users/appRoleAssignments/read")),
	directory.KindGroup: face.Reads(readGroupAssignments, readGroupAssignments, face.InDirectory("groups/appRoleAssignments/read")),
}

// assignmentsOf are the assignments of some principals, in the order of their ids.
func assignmentsOf(c *op.Call, of []guid.ID) ([]roleGrant, error) {
	if len(of) == 0 {
		return nil, nil
	}
	var all []roleGrant
	query := store.ListQuery{Rows: []store.Condition{store.Is(roleGrants.Table.Column("principal"), of...)}, Limit: face.PageMost}
	for {
		page, err := store.List(c.Tx, roleGrants.Table, query)
		if err != nil {
			return nil, err
		}
		if all = append(all, page.Rows...); len(all) > mostAssigned {
			return nil, fault.UnsupportedQuery("Unsupported Query. More than %d assignments would be expanded.", mostAssigned).About("$expand")
		}
		if query.After = page.Next; query.After == nil {
			return all, nameEnds(c, all)
		}
	}
}

// locateAssigned finds what somebody is to be assigned to; whom the path names must be there.
func locateAssigned(locate locator) locator {
	return func(c *op.Call) (authz.Object, error) {
		if o, err := locate(c); err != nil {
			return o, err
		}
		return assignedObject(c, op.Body[roleGrantBody](c).resource)
	}
}

func createAssigned(locate locator) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		b := op.Body[roleGrantBody](c)
		named, err := locate(c)
		if err != nil {
			return op.Answer{}, err
		}
		if b.principal != named.ID {
			return op.Answer{}, fault.BadRequest("principalId", "The body names the principal %s, and the path %s.", b.principal, named.ID)
		}
		return giveRole(c, b)
	}
}

// locateUnassigned finds what the assignment in the path is to, if it is of whom the path
// names.
func locateUnassigned(locate locator) locator {
	return func(c *op.Call) (authz.Object, error) {
		o, err := locate(c)
		if err != nil {
			return o, err
		}
		g, found, err := givenRole(c)
		if err != nil {
			return o, err
		}
		if !found || g.Principal != o.ID {
			return authz.Object{Ref: directory.Ref{Kind: directory.KindServicePrincipal}}, op.Unknown(c.Param("assignment"))
		}
		return assignedObject(c, g.Resource)
	}
}
