package privilege

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// A scopedMember is a role that somebody has in an administrative unit, in the words of
// the older API. Its id is that of the role assignment, which it is.
type scopedMember struct {
	grant
	name, upn string
	role      guid.ID // the directory role's id; of a custom role its own
}

// scopedMemberEntity is microsoft.graph.scopedRoleMembership.
var scopedMemberEntity = edm.Declare(edm.Entity[scopedMember]{
	Name: "scopedRoleMembership",
	Properties: []edm.Property[scopedMember]{
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, m *scopedMember) { w.Str(scopedID(&m.grant)) }},
		{Name: "administrativeUnitId", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, m *scopedMember) { w.ID(m.Target.Scope.ID) }},
		{Name: "roleId", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, m *scopedMember) { w.ID(m.role) }},
		{Name: "roleMemberInfo", Type: edm.Complex, NonNull: true, Of: memberIdentity, Write: writeMemberInfo},
	},
})

// memberIdentity is microsoft.graph.identity, an open type: of users it says their user
// principal name too (A:administrativeunit-post-scopedrolemembers).
var memberIdentity = &edm.ComplexType{Name: "identity", Fields: []edm.Field{
	{Name: "displayName", Type: edm.String},
	{Name: "id", Type: edm.String},
}}

func writeMemberInfo(w *edm.Writer, m *scopedMember) {
	w.Begin()
	w.Name("id")
	w.ID(m.Principal)
	w.Name("displayName")
	w.OptStr(m.name)
	if m.upn != "" {
		w.Name("userPrincipalName")
		w.Str(m.upn)
	}
	w.End()
}

func scopedID(g *grant) string {
	return pim.RoleAssignmentID(g.Target.Role, g.Principal, g.Target.Scope)
}

// scopedTable are the grants that role assignments show, with whatever scope.
var scopedTable = ofSchedules(store.RoleAssignmentsOnce)

var scopedMembers = &face.Resource[scopedMember]{
	Entity: scopedMemberEntity, Set: "scopedRoleMemberships",
	ID: func(m *scopedMember) string { return scopedID(&m.grant) },
}

// scopedOptions are what a list of scoped members takes.
const scopedOptions = odata.Top | odata.SkipToken | odata.Format

// scopedRoleOperations are the operations on who has roles in a unit (operations.md 5c).
// They end in the one door to privilege, as all do.
func scopedRoleOperations() op.Operations {
	const path = "/directory/administrativeUnits/{id}/scopedRoleMembers"
	read := face.Reads(readAppRoles, readAppRoles, authz.Member, face.InDirectory("administrativeUnits/standard/read", "scopedRoleMemberships/allProperties/read"))
	change := authz.Rule{
		Delegated: writeRoles, Application: writeRoles, TenantOnly: true,
		Ways: []authz.Way{face.InDirectory("scopedRoleMemberships/allProperties/allTasks")},
	}.Compile()
	return op.Operations{
		{
			Name: "listScopedRoleMembers", Summary: "List who has roles in an administrative unit now.",
			Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: "scopedRoleMembership", Collection: true,
			Rule: read, Locate: locateScopeUnit, Query: scopedOptions,
			Do: listScoped(func(c *op.Call) store.Condition { return store.Is(scopedTable.Column("scope"), c.Object.ID) }),
		},
		{
			Name: "getScopedRoleMember", Summary: "Read one role that somebody has in an administrative unit.",
			Method: "GET", Path: path + "/{membership}", Versions: op.Both, Success: 200, Entity: "scopedRoleMembership",
			Rule: read, Locate: locateScopeUnit, Query: odata.Format, Do: getScoped,
		},
		{
			Name: "addScopedRoleMember", Summary: "Give somebody a role in an administrative unit: without end, outside of PIM.",
			Method: "POST", Path: path, Versions: op.Both, Success: 201, Entity: "scopedRoleMembership",
			Rule: change, Locate: locateScopeUnit, Decode: readScoped, Do: addScoped,
			Writes: true, Activity: roleActivity("Add member to role outside of PIM (permanent)", "Assign"),
		},
		{
			Name: "removeScopedRoleMember", Summary: "Take a role in an administrative unit from somebody.",
			Method: "DELETE", Path: path + "/{membership}", Versions: op.Both, Success: 204,
			Rule: change, Locate: locateScopeUnit, Do: removeScoped,
			Writes: true, Activity: roleActivity("Remove member from role", "Unassign"),
		},
	}
}

func locateScopeUnit(c *op.Call) (authz.Object, error) {
	return face.LocateKind(c, "id", directory.KindUnit)
}

// listScoped lists the grants at the scopes of units that a condition leaves.
func listScoped(of func(*op.Call) store.Condition) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		q := store.ListQuery{Rows: []store.Condition{of(c)}}
		var err error
		if q.Limit, err = face.ObjectLimit(c); err != nil {
			return op.Answer{}, err
		}
		if c.Query.SkipToken != "" {
			if q.After, err = face.OpenPosition(c); err != nil {
				return op.Answer{}, err
			}
		}
		page, err := store.List(c.Tx, scopedTable, q)
		if err != nil {
			return op.Answer{}, err
		}
		var rows []grant
		for _, g := range page.Rows {
			if g.Target.Scope.Kind == pim.ScopeUnit {
				rows = append(rows, g)
			}
		}
		list, err := describeScoped(c, rows)
		if err != nil {
			return op.Answer{}, err
		}
		return face.WritePage(c, scopedMembers.Set, page.Next, -1, func(w *edm.Writer) {
			for i := range list {
				scopedMemberEntity.Write(w, &list[i], scopedMemberEntity.Default())
			}
		})
	}
}

// describeScoped says who the holders of grants are.
func describeScoped(c *op.Call, rows []grant) ([]scopedMember, error) {
	ids := face.Wanted(rows, func(g *grant) guid.ID { return g.Principal })
	people, err := c.Tx.UsersOf(ids)
	if err != nil {
		return nil, err
	}
	names := map[guid.ID]scopedMember{}
	for i := range people {
		names[people[i].ID] = scopedMember{name: people[i].DisplayName, upn: people[i].UPN}
	}
	groups, err := c.Tx.GroupsOf(ids)
	if err != nil {
		return nil, err
	}
	for i := range groups {
		names[groups[i].ID] = scopedMember{name: groups[i].DisplayName}
	}
	clients, err := c.Tx.ServicePrincipalsOf(ids)
	if err != nil {
		return nil, err
	}
	for i := range clients {
		names[clients[i].ID] = scopedMember{name: clients[i].DisplayName}
	}
	list := make([]scopedMember, len(rows))
	for i, g := range rows {
		m := names[g.Principal]
		m.grant, m.role = g, g.Target.Role
		if _, builtIn := roledata.ByID(m.role); builtIn {
			m.role = directory.DirectoryRoleID(c.Caller.Tenant, m.role)
		}
		list[i] = m
	}
	return list, nil
}

// loadScoped is the grant that the path names, if it is at the scope of its unit.
func loadScoped(c *op.Call) (grant, error) {
	none := c.NotFound(c.Param("membership"))
	tuple, ok := pim.ParseRoleAssignmentID(c.Param("membership"))
	if !ok || tuple.Scope != c.Object.ID {
		return grant{}, none
	}
	g, found, err := findTuple(c, store.RoleAssignmentsNow, tuple, pim.Assigned)
	if err == nil && (!found || g.Target.Scope.Kind != pim.ScopeUnit) {
		err = none
	}
	return g, err
}

func getScoped(c *op.Call) (op.Answer, error) {
	g, err := loadScoped(c)
	if err != nil {
		return op.Answer{}, err
	}
	list, err := describeScoped(c, []grant{g})
	if err != nil {
		return op.Answer{}, err
	}
	return scopedMembers.One(c, &list[0])
}

// A scopedBody is the body of a new scoped member.
type scopedBody struct{ role, member guid.ID }

func readScoped(body edm.Value) (any, error) {
	fields := []edm.Field{
		{Name: "id", Type: edm.String},
		{Name: "administrativeUnitId", Type: edm.String},
		{Name: "roleId", Type: edm.String, Required: true},
		{Name: "roleMemberInfo", Type: edm.Complex, Required: true, Of: &edm.ComplexType{Name: "identity", Fields: []edm.Field{
			{Name: "id", Type: edm.String, Required: true},
			{Name: "displayName", Type: edm.String},
			{Name: "userPrincipalName", Type: edm.String},
		}}},
	}
	if err := body.Object(fields); err != nil {
		return nil, err
	}
	var b scopedBody
	var err error
	v, _ := body.Get("roleId")
	if b.role, err = v.ID(); err != nil {
		return nil, err
	}
	info, _ := body.Get("roleMemberInfo")
	v, _ = info.Get("id")
	b.member, err = v.ID()
	return b, err
}

func addScoped(c *op.Call) (op.Answer, error) {
	b := op.Body[scopedBody](c)
	role := builtInRole(c.Caller.Tenant, b.role)
	if _, active, err := c.Tx.DirectoryRole(role); err != nil || !active {
		if err == nil {
			err = c.NotFound(b.role.String())
		}
		return op.Answer{}, err
	}
	v, err := decide(c, outsidePIM(pim.AdminAssign, b.member, role, pim.Scope{Kind: pim.ScopeUnit, ID: c.Object.ID}))
	if err != nil {
		return op.Answer{}, err
	}
	c.Target(unitTarget(c, c.Object.ID))
	list, err := describeScoped(c, []grant{{Schedule: v.Put[0]}})
	if err != nil {
		return op.Answer{}, err
	}
	a, err := scopedMembers.One(c, &list[0])
	a.Location = c.Root + "/directory/administrativeUnits/" + c.Object.ID.String() + "/scopedRoleMembers/" + scopedID(&list[0].grant)
	return a, err
}

func removeScoped(c *op.Call) (op.Answer, error) {
	g, err := loadScoped(c)
	if err != nil {
		return op.Answer{}, err
	}
	if _, err := decide(c, outsidePIM(pim.AdminRemove, g.Principal, g.Target.Role, g.Target.Scope)); err != nil {
		return op.Answer{}, err
	}
	c.Target(unitTarget(c, c.Object.ID))
	return op.Answer{Status: c.Op.Success}, nil
}
