package privilege

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

const roleManagement = "roleManagement/directory/"

var (
	roles = &face.Resource[role]{
		Entity: roleEntity, Set: roleManagement + "roleDefinitions", Table: store.Roles,
		ID:   func(r *role) string { return r.ID.String() },
		Navs: []face.Nav[role]{{Name: "inheritsPermissionsFrom", Many: true, Load: inheritedRoles}},
	}
	assignments = &face.Resource[grant]{
		Entity: assignmentEntity, Set: roleManagement + "roleAssignments", Table: ofSchedules(store.RoleAssignmentsOnce),
		ID:   func(g *grant) string { return pim.RoleAssignmentID(g.Target.Role, g.Principal, g.Target.Scope) },
		Look: lookAll, Navs: grantNavs,
	}
)

// roleOperations are the operations on role definitions and plain assignments
// (operations.md 1a).
func roleOperations() op.Operations {
	definitions := face.Reads(readRoles, readRoles, authz.Role(readDefinitionsStd))
	read := face.Reads(readRoles, readAppRoles, authz.Role(readAssignmentsStd), authz.Self)
	write := face.Writes(writeRoles, writeRoles, authz.Role(manageAssignments))
	return op.Operations{
		{
			Name: "listRoleDefinitions", Summary: "List the role definitions.",
			Method: "GET", Path: "/roleManagement/directory/roleDefinitions", Versions: op.Both, Success: 200, Entity: "unifiedRoleDefinition", Collection: true,
			Rule: definitions, Query: op.ListOptions, Do: roles.List(nil),
		},
		{
			Name: "getRoleDefinition", Summary: "Read one role definition.",
			Method: "GET", Path: "/roleManagement/directory/roleDefinitions/{id}", Versions: op.Both, Success: 200, Entity: "unifiedRoleDefinition",
			Rule: definitions, Locate: locateRole, Query: op.SingleOptions, Do: roles.Get(loadRole),
		},
		{
			Name: "listRoleAssignments", Summary: "List the active role assignments.",
			Method: "GET", Path: "/roleManagement/directory/roleAssignments", Versions: op.Both, Success: 200, Entity: "unifiedRoleAssignment", Collection: true,
			Rule: read, Locate: ownList, Query: op.ListOptions, Do: assignments.List(nil),
		},
		{
			Name: "listTransitiveRoleAssignments", Summary: "List the active role assignments of one principal, itself and through groups.",
			Method: "GET", Path: "/roleManagement/directory/transitiveRoleAssignments", Versions: op.Both, Success: 200, Entity: "unifiedRoleAssignment", Collection: true,
			Rule: face.Reads(readAppRoles, readAppRoles, authz.Role(readAssignmentsStd)), Query: op.ListOptions, Do: listTransitive,
		},
		{
			Name: "getRoleAssignment", Summary: "Read one active role assignment.",
			Method: "GET", Path: "/roleManagement/directory/roleAssignments/{id}", Versions: op.Both, Success: 200, Entity: "unifiedRoleAssignment",
			Rule: read, Locate: locateAssignment, Query: op.SingleOptions, Do: assignments.Get(loadAssignment),
		},
		{
			Name: "createRoleAssignment", Summary: "Assign a role without end, outside of PIM.",
			Method: "POST", Path: "/roleManagement/directory/roleAssignments", Versions: op.Both, Success: 201, Entity: "unifiedRoleAssignment",
			Rule: write, Decode: readAssignment1, Do: createAssignment,
			Writes: true, Activity: roleActivity("Add member to role outside of PIM (permanent)", "Assign"),
		},
		{
			Name: "deleteRoleAssignment", Summary: "Remove an active role assignment.",
			Method: "DELETE", Path: "/roleManagement/directory/roleAssignments/{id}", Versions: op.Both, Success: 204,
			Rule: write, Locate: locateAssignment, Do: deleteAssignment,
			Writes: true, Activity: roleActivity("Remove member from role", "Unassign"),
		},
	}
}

// roleActivity is an audit activity on roles.
func roleActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "RoleManagement", Type: kind, Service: "Privileged Identity Management"}
}

func locateRole(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindRole}}
	id, err := c.ID("id")
	if err != nil {
		return o, err
	}
	_, ok, err := c.Tx.Role(id)
	if err != nil {
		return o, err
	}
	if !ok {
		return o, op.Unknown(c.Param("id"))
	}
	o.ID = id
	return o, nil
}

func loadRole(c *op.Call) (role, bool, error) { return c.Tx.Role(c.Object.ID) }

// locateAssignment finds the active grant that an assignment's id spells out.
func locateAssignment(c *op.Call) (authz.Object, error) {
	g, ok, err := loadAssignment(c)
	if err != nil {
		return authz.Object{}, err
	}
	if !ok {
		return authz.Object{Ref: directory.Ref{Kind: directory.KindRole}}, op.Unknown(c.Param("id"))
	}
	return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}, Own: g.Principal == c.Caller.Principal.ID}, nil
}

// loadAssignment reads the grant in force of the tuple in the path; of several kinds, the
// assigned one.
func loadAssignment(c *op.Call) (grant, bool, error) {
	tuple, ok := pim.ParseRoleAssignmentID(c.Param("id"))
	if !ok {
		return grant{}, false, nil
	}
	return findTuple(c, store.RoleAssignmentsNow, tuple, pim.Assigned)
}

// readAssignment1 decodes a plain role assignment: an adminAssign without end.
func readAssignment1(body edm.Value) (any, error) {
	fields := []edm.Field{
		{Name: "roleDefinitionId", Type: edm.String, Required: true},
		{Name: "principalId", Type: edm.String, Required: true},
		{Name: "directoryScopeId", Type: edm.String},
		{Name: "appScopeId", Type: edm.String},
		{Name: "condition", Type: edm.String},
	}
	if err := body.Object(fields); err != nil {
		return nil, err
	}
	if v, ok := body.Get("condition"); ok && !v.IsNull() {
		return nil, fault.BadRequest("condition", "Conditions on role assignments are not supported.")
	}
	r := pim.Request{Side: pim.Assignment, Action: pim.AdminAssign, Spelling: pim.AdminAssign.String(), OutsidePIM: true}
	in := requestInput{side: pim.Assignment, body: body}
	if err := in.role(&r); err != nil {
		f, _ := fault.As(err)
		return nil, fault.BadRequest(f.Target, "%s", f.Details[0].Message)
	}
	return r, nil
}

func createAssignment(c *op.Call) (op.Answer, error) {
	v, err := decide(c, op.Body[pim.Request](c))
	if err != nil {
		return op.Answer{}, err
	}
	if len(v.Put) != 1 {
		return op.Answer{}, fault.Internal(errNoSchedule)
	}
	return assignments.Made(c, &grant{Schedule: v.Put[0]})
}

func deleteAssignment(c *op.Call) (op.Answer, error) {
	g, ok, err := loadAssignment(c)
	if err != nil {
		return op.Answer{}, err
	}
	if !ok {
		return op.Answer{}, c.NotFound(c.Param("id"))
	}
	if _, err := decide(c, outsidePIM(pim.AdminRemove, g.Principal, g.Target.Role, g.Target.Scope)); err != nil {
		return op.Answer{}, err
	}
	return op.Answer{Status: c.Op.Success}, nil
}

// roleTarget is a role as an audit target. A built-in one has the catalogue's name.
func roleTarget(c *op.Call, id guid.ID) audit.Target {
	t := audit.Target{ID: id.String(), Kind: audit.KindRole}
	if r, ok := roledata.ByID(id); ok {
		t.Name = r.DisplayName
	} else if r, ok, err := c.Tx.Role(id); err == nil && ok {
		t.Name = r.DisplayName
	}
	return t
}
