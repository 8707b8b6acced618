package apps

import (
	"slices"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A roleGrant is an app role that a principal has, or its assignment to the whole, with the names of both ends.
type roleGrant struct {
	directory.RoleGrant
	kind                directory.Kind // of the principal
	principal, resource string         // display names
}

// principalTypes are the kinds of principal in the words of the wire.
var principalTypes = map[directory.Kind]string{
	directory.KindUser: "User", directory.KindGroup: "Group", directory.KindServicePrincipal: "ServicePrincipal",
}

// roleGrantEntity is microsoft.graph.appRoleAssignment, in the order of the examples.
var roleGrantEntity = edm.Declare(edm.Entity[roleGrant]{
	Name: "appRoleAssignment", Base: "directoryObject",
	Properties: []edm.Property[roleGrant]{
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, g *roleGrant) { w.Str(joinIDs(g.Principal, g.ID)) }},
		face.Absent[roleGrant]("deletedDateTime", edm.DateTime),
		{Name: "appRoleId", Type: edm.GUID, NonNull: true, Write: func(w *edm.Writer, g *roleGrant) { w.ID(roleID(g.Permission)) }},
		face.InstantOf("createdDateTime", "", func(g *roleGrant) when.Instant { return g.Created }),
		face.TextOf("principalDisplayName", "", func(g *roleGrant) *string { return &g.principal }, 0),
		face.Filters(edm.Property[roleGrant]{Name: "principalId", Type: edm.GUID, Column: "principal", Write: func(w *edm.Writer, g *roleGrant) { w.ID(g.Principal) }}, edm.Eq|edm.In, 0),
		{Name: "principalType", Type: edm.String, Write: func(w *edm.Writer, g *roleGrant) { w.OptStr(principalTypes[g.kind]) }},
		face.TextOf("resourceDisplayName", "", func(g *roleGrant) *string { return &g.resource }, 0),
		face.Filters(edm.Property[roleGrant]{Name: "resourceId", Type: edm.GUID, Column: "resource", Write: func(w *edm.Writer, g *roleGrant) { w.ID(g.Resource) }}, edm.Eq|edm.In, 0),
	},
})

var roleGrants = &face.Resource[roleGrant]{
	Entity: roleGrantEntity, Set: "appRoleAssignments", Directory: true,
	ID: func(g *roleGrant) string { return joinIDs(g.Principal, g.ID) }, Fill: nameEnds,
	Table: &store.Table[roleGrant]{
		From: store.RoleGrants.From, Scan: store.RoleGrants.Scan, Where: store.RoleGrants.Where, Select: store.RoleGrants.Select,
		ID: store.RoleGrants.ID, Order: store.RoleGrants.Order, Columns: store.RoleGrants.Columns,
		Row: func(scan func(dest ...any) error) (roleGrant, error) {
			g, err := store.RoleGrants.Row(scan)
			return roleGrant{RoleGrant: g}, err
		},
	},
}

// mostRoleGrants is how many application permissions a service principal may have
// (behaviour.md §11).
const mostRoleGrants = 1500

// Scopes of application permissions (operations.md 5g): giving one needs two.
var (
	readRoleGrants    = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readOwnRoleGrants = append([]string{"Application.ReadWrite.OwnedBy"}, readRoleGrants...)
	giveRoles         = []string{"Application.Read.All", "Directory.Read.All", "Application.ReadWrite.All"}
	takeRoles         = []string{"AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"}
)

// What may be done about permissions of Microsoft Graph is for those who manage them for
// everybody; about those of other APIs, for who manages their assignments.
const (
	manageGraphGrants = "servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin"
	manageRoleGrants  = "servicePrincipals/appRoleAssignedTo/update"
)

func givesRoles(action string) *authz.Rule {
	return authz.Rule{
		Delegated: giveRoles, Application: giveRoles, Also: []string{"AppRoleAssignment.ReadWrite.All"}, Arms: true,
		Ways: []authz.Way{face.InDirectory(action)},
	}.Compile()
}

var (
	giveGraphRole = givesRoles(manageGraphGrants)
	giveOtherRole = givesRoles(manageRoleGrants)
	takeGraphRole = face.Arms(takeRoles, takeRoles, face.InDirectory(manageGraphGrants))
	takeOtherRole = face.Arms(takeRoles, takeRoles, face.InDirectory(manageRoleGrants))
)

// roleGrantOperations are the operations on application permissions (operations.md 5g),
// from both ends: those that a service principal has, and those that it gives.
func roleGrantOperations() op.Operations {
	var list op.Operations
	for _, end := range []struct{ name, path, column string }{
		{"AppRoleAssignment", "appRoleAssignments", "principal"},
		{"AppRoleAssignedTo", "appRoleAssignedTo", "resource"},
	} {
		ofClient := end.column == "principal"
		list = append(list, keyed(op.Operations{
			{
				Name: "list" + end.name, Summary: "List the application permissions that a service principal " + map[bool]string{true: "has.", false: "gives."}[ofClient],
				Method: "GET", Path: "/servicePrincipals/{id}/" + end.path, Versions: op.Both, Success: 200, Entity: "appRoleAssignment", Collection: true,
				Rule:   face.Reads(readRoleGrants, readOwnRoleGrants, face.InDirectory("servicePrincipals/appRoleAssignments/read")),
				Locate: locatePrincipal, Query: op.ListOptions, Do: listRoleGrants(end.column),
			},
			{
				Name: "create" + end.name, Summary: "Give a service principal an application permission.",
				Method: "POST", Path: "/servicePrincipals/{id}/" + end.path, Versions: op.Both, Success: 201, Entity: "appRoleAssignment",
				Rule: giveOtherRole, Decode: readRoleGrant, Locate: locateRoleGrant, Demands: roleGrantDemands, Do: createRoleGrant(ofClient),
				Writes: true, Activity: applicationActivity("Add app role assignment to service principal", "Assign"),
			},
			{
				Name: "get" + end.name, Summary: "Read one application permission that a service principal " + map[bool]string{true: "has.", false: "gives."}[ofClient],
				Method: "GET", Path: "/servicePrincipals/{id}/" + end.path + "/{assignment}", Versions: op.Both, Success: 200, Entity: "appRoleAssignment",
				Rule:   face.Reads(readRoleGrants, readOwnRoleGrants, face.InDirectory("servicePrincipals/appRoleAssignments/read")),
				Locate: locatePrincipal, Query: op.SingleOptions, Do: getRoleGrant(ofClient),
			},
			{
				Name: "delete" + end.name, Summary: "Take an application permission from a service principal.",
				Method: "DELETE", Path: "/servicePrincipals/{id}/" + end.path + "/{assignment}", Versions: op.Both, Success: 204,
				Rule: takeOtherRole, Locate: locateGivenRole(ofClient), Demands: givenRoleDemands, Do: deleteRoleGrant,
				Writes: true, Activity: applicationActivity("Remove app role assignment from service principal", "Unassign"),
			},
		})...)
	}
	return list
}

// A roleGrantBody is the body of a new app role assignment.
type roleGrantBody struct{ principal, resource, role guid.ID }

var roleGrantFields = []edm.Field{
	{Name: "principalId", Type: edm.GUID, Required: true},
	{Name: "resourceId", Type: edm.GUID, Required: true},
	{Name: "appRoleId", Type: edm.GUID, Required: true},
}

func readRoleGrant(body edm.Value) (any, error) {
	if err := body.Object(roleGrantFields); err != nil {
		return nil, err
	}
	var b roleGrantBody
	for _, f := range []struct {
		name string
		into *guid.ID
	}{{"principalId", &b.principal}, {"resourceId", &b.resource}, {"appRoleId", &b.role}} {
		v, _ := body.Get(f.name)
		id, err := v.ID()
		if err != nil {
			return nil, err
		}
		*f.into = id
	}
	return b, nil
}

// locateRoleGrant finds who would get the permission: that is the object, from whichever
// end the path comes. Of people and groups, to whom it gives nothing, it is what they would
// be assigned to.
func locateRoleGrant(c *op.Call) (authz.Object, error) {
	b := op.Body[roleGrantBody](c)
	o, err := locatePrincipal(c)
	if err != nil {
		return o, err
	}
	if isPerson(c, b.principal) {
		return assignedObject(c, b.resource)
	}
	if o.ID = b.principal; !face.IsLive(c, b.principal, directory.KindServicePrincipal) {
		o.ID = guid.ID{}
		return o, op.Unknown(b.principal.String())
	}
	if p, known := authz.RoleWithID(b.role); known {
		o.Grants, _ = authz.ParseScopes([]string{p.Name})
	}
	return o, nil
}

// end is the end of the grant that the path must name.
func (b roleGrantBody) end(ofClient bool) guid.ID {
	if ofClient {
		return b.principal
	}
	return b.resource
}

func roleGrantDemands(c *op.Call) []*authz.Rule {
	if isPerson(c, op.Body[roleGrantBody](c).principal) {
		return []*authz.Rule{assignToApp}
	}
	if graph, ok := graphPrincipal(c); ok && op.Body[roleGrantBody](c).resource == graph {
		return []*authz.Rule{giveGraphRole}
	}
	return []*authz.Rule{giveOtherRole}
}

func createRoleGrant(ofClient bool) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		b := op.Body[roleGrantBody](c)
		named, err := locatePrincipal(c)
		if err != nil {
			return op.Answer{}, err
		}
		if end := b.end(ofClient); end != named.ID {
			return op.Answer{}, fault.BadRequest("", "The body names the service principal %s, and the path %s.", end, named.ID)
		}
		return giveRole(c, b)
	}
}

// giveRole gives the permission, if its API publishes it.
func giveRole(c *op.Call, b roleGrantBody) (op.Answer, error) {
	if !face.IsLive(c, b.resource, directory.KindServicePrincipal) {
		return op.Answer{}, c.NotFound(b.resource.String())
	}
	permission, value, err := offered(c, b)
	if err != nil {
		return op.Answer{}, err
	}
	n, err := store.Count(c.Tx, roleGrants.Table, store.ListQuery{Rows: []store.Condition{store.Is(roleGrants.Table.Column("principal"), b.principal)}})
	if err != nil {
		return op.Answer{}, err
	}
	if n >= mostRoleGrants {
		return op.Answer{}, fault.Quota(fault.Principal, "A service principal has at most %d app role assignments.", mostRoleGrants)
	}
	g := roleGrant{RoleGrant: directory.RoleGrant{ID: c.Env.NewID(), Principal: b.principal, Resource: b.resource, Permission: permission, Created: c.Now}}
	if err := c.W.InsertRoleGrant(g.RoleGrant); err != nil {
		return op.Answer{}, err
	}
	rows := []roleGrant{g}
	if err := nameEnds(c, rows); err != nil {
		return op.Answer{}, err
	}
	c.Target(roleGrantTarget(&rows[0], "", value))
	a, err := roleGrants.One(c, &rows[0])
	a.Location = c.Root + "/" + principalSets[rows[0].kind] + "/" + b.principal.String() + "/appRoleAssignments/" + roleGrants.ID(&rows[0])
	return a, err
}

// getRoleGrant answers the permission that the path names, if it is at that end of the service
// principal that the path names too.
func getRoleGrant(ofClient bool) face.Handler {
	return roleGrants.Get(func(c *op.Call) (roleGrant, bool, error) {
		g, found, err := givenRole(c)
		b := roleGrantBody{principal: g.Principal, resource: g.Resource}
		if err != nil || !found || b.end(ofClient) != c.Object.ID {
			return roleGrant{}, false, err
		}
		rows := []roleGrant{{RoleGrant: g}}
		err = nameEnds(c, rows)
		return rows[0], err == nil, err
	})
}

// givenRole is the application permission that the path names, if it is at that end of the
// service principal that the path names too.
func givenRole(c *op.Call) (directory.RoleGrant, bool, error) {
	ids, ok := splitIDs(c.Param("assignment"))
	if !ok || len(ids) != 2 {
		return directory.RoleGrant{}, false, nil
	}
	g, found, err := c.Tx.RoleGrant(ids[1])
	return g, found && g.Principal == ids[0], err
}

// locateGivenRole finds who has the permission that is to be taken.
func locateGivenRole(ofClient bool) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		o, err := locatePrincipal(c)
		if err != nil {
			return o, err
		}
		g, found, err := givenRole(c)
		if err != nil {
			return o, err
		}
		if !found || ofClient && g.Principal != o.ID || !ofClient && g.Resource != o.ID {
			o.ID = guid.ID{}
			return o, op.Unknown(c.Param("assignment"))
		}
		if isPerson(c, g.Principal) {
			return assignedObject(c, g.Resource)
		}
		o.ID = g.Principal
		return o, nil
	}
}

// givenRoleDemands treats a permission that is not there as one of Microsoft Graph's, which
// is what nearly all are.
func givenRoleDemands(c *op.Call) []*authz.Rule {
	g, found, err := givenRole(c)
	if err == nil && found && isPerson(c, g.Principal) {
		return []*authz.Rule{assignToApp}
	}
	if graph, ok := graphPrincipal(c); err == nil && found && (!ok || g.Resource != graph) {
		return []*authz.Rule{takeOtherRole}
	}
	return []*authz.Rule{takeGraphRole}
}

func deleteRoleGrant(c *op.Call) (op.Answer, error) {
	g, found, err := givenRole(c)
	if err != nil || !found {
		return op.Answer{}, face.Gone(c, err)
	}
	rows := []roleGrant{{RoleGrant: g}}
	if err := nameEnds(c, rows); err != nil {
		return op.Answer{}, err
	}
	if err := face.GuardLastAdministrator(c, func() error { return c.W.DeleteRoleGrant(g.ID) }); err != nil {
		return op.Answer{}, err
	}
	c.Target(roleGrantTarget(&rows[0], g.Permission, ""))
	return op.Answer{Status: c.Op.Success}, nil
}

func roleGrantTarget(g *roleGrant, before, after string) audit.Target {
	t := face.RefTarget(directory.Ref{ID: g.Principal, Kind: g.kind})
	t.Name, t.Modified = g.principal, []audit.Property{{Name: "AppRole.Value", Old: before, New: after}}
	return t
}

// nameEnds fills in what both ends of each row are, and are called.
func nameEnds(c *op.Call, rows []roleGrant) error {
	var ids []guid.ID
	for i := range rows {
		f, _ := c.Snap.Object(rows[i].Principal)
		rows[i].kind = f.Kind
		ids = append(ids, rows[i].Principal, rows[i].Resource)
	}
	names := map[guid.ID]string{}
	for some := range slices.Chunk(ids, face.PageMost) {
		if err := addNames(c, some, names); err != nil {
			return err
		}
	}
	for i := range rows {
		rows[i].principal, rows[i].resource = names[rows[i].Principal], names[rows[i].Resource]
	}
	return nil
}

// addNames adds what principals, at most a thousand, are called.
func addNames(c *op.Call, ids []guid.ID, names map[guid.ID]string) error {
	clients, err := c.Tx.ServicePrincipalsOf(ids)
	if err != nil {
		return err
	}
	for i := range clients {
		names[clients[i].ID] = clients[i].DisplayName
	}
	users, err := c.Tx.UsersOf(ids)
	if err != nil {
		return err
	}
	for i := range users {
		names[users[i].ID] = users[i].DisplayName
	}
	groups, err := c.Tx.GroupsOf(ids)
	for i := range groups {
		names[groups[i].ID] = groups[i].DisplayName
	}
	return err
}

// listRoleGrants lists those at one end of the service principal that was found.
func listRoleGrants(column string) face.Handler {
	return roleGrants.List(func(c *op.Call) (face.Limits, error) {
		return face.Limits{Conditions: []store.Condition{store.Is(roleGrants.Table.Column(column), c.Object.ID)}}, nil
	})
}
