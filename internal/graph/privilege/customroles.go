package privilege

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
	"ephor/internal/when"
)

// mostCustomRoles is how many roles of its own a tenant has (behaviour.md §11).
const mostCustomRoles = 100

// changeRoles are the scopes of role definitions (operations.md 1a).
var changeRoles = []string{"RoleManagement.ReadWrite.Directory", "Directory.ReadWrite.All"}

// What a definition says, whoever holds it may do. So one that somebody holds or may come
// to hold is changed by those only who could assign it.
var (
	changeRole   = face.Writes(changeRoles, changeRoles, face.InDirectory("roleDefinitions/allProperties/allTasks"))
	changeGrants = face.Writes(writeRoles, writeRoles, authz.Role(managePIM, manageAssignments))
)

func definitionActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "RoleManagement", Type: kind, Service: "Core Directory"}
}

// customRoleOperations are the changes of role definitions (operations.md 1a).
func customRoleOperations() op.Operations {
	path := "/" + roleManagement + "roleDefinitions"
	return op.Operations{
		{
			Name: "createRoleDefinition", Summary: "Create a custom role.",
			Method: "POST", Path: path, Versions: op.Both, Success: 201, Entity: "unifiedRoleDefinition",
			Rule: changeRole, Decode: readRole(edm.OnCreate), Do: createRole,
			Writes: true, Activity: definitionActivity("Add role definition", "Add"),
		},
		{
			Name: "updateRoleDefinition", Summary: "Change a custom role.",
			Method: "PATCH", Path: path + "/{id}", Versions: op.Both, Success: 204,
			Rule: changeRole, Locate: locateRole, Demands: changeDemands, Decode: readRole(edm.OnUpdate), Do: updateRole,
			Writes: true, Activity: definitionActivity("Update role definition", "Update"),
		},
		{
			Name: "deleteRoleDefinition", Summary: "Delete a custom role that nobody holds or is eligible for.",
			Method: "DELETE", Path: path + "/{id}", Versions: op.Both, Success: 204,
			Rule: changeRole, Locate: locateRole, Do: deleteRole,
			Writes: true, Activity: definitionActivity("Delete role definition", "Delete"),
		},
	}
}

// changeDemands are the rules that a change of the role that was found must meet. What
// cannot be read is judged as what is assigned.
func changeDemands(c *op.Call) []*authz.Rule {
	if c.Object.ID.IsZero() {
		return nil
	}
	if assigned, err := c.Tx.RoleAssigned(c.Object.ID); err == nil && !assigned {
		return nil
	}
	return []*authz.Rule{changeRole, changeGrants}
}

func createRole(c *op.Call) (op.Answer, error) {
	b := op.Body[*roleBody](c)
	r := role{Object: directory.Object{ID: c.Env.NewID(), Kind: directory.KindRole, Created: c.Now, Deleted: when.Never}}
	if err := b.apply(&r); err != nil {
		return op.Answer{}, err
	}
	if r.Template.IsZero() {
		r.Template = r.ID
	}
	others, err := c.Tx.CustomRoles()
	if err != nil {
		return op.Answer{}, err
	}
	if len(others) >= mostCustomRoles {
		return op.Answer{}, fault.Quota(fault.Tenant, "A tenant has at most %d custom roles.", mostCustomRoles)
	}
	if err := unique(c, &r, others); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.PutRole(r); err != nil {
		return op.Answer{}, err
	}
	c.Target(definitionTarget(&r, b.given, nil))
	return roles.Made(c, &r)
}

// unique refuses a name or template id that another role has: what somebody is asked to
// grant must not be taken for something else.
func unique(c *op.Call, r *role, customs []role) error {
	taken, err := c.Tx.RoleNamed(r.DisplayName)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(taken, func(id guid.ID) bool { return id != r.ID }) {
		return fault.BadRequest("displayName", "A conflicting object with one or more of the specified property values is present in the directory.")
	}
	_, other, err := c.Tx.Role(r.Template)
	if err != nil {
		return err
	}
	same := func(o role) bool { return o.ID != r.ID && o.Template == r.Template }
	if other && r.Template != r.ID || slices.ContainsFunc(customs, same) {
		return fault.BadRequest("templateId", "A conflicting object with one or more of the specified property values is present in the directory.")
	}
	return nil
}

func updateRole(c *op.Call) (op.Answer, error) {
	b := op.Body[*roleBody](c)
	r, ok, err := loadRole(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	if r.BuiltIn {
		return op.Answer{}, fault.BadRequest("isBuiltIn", "A built-in role cannot be changed.")
	}
	before := r
	if err := b.apply(&r); err != nil {
		return op.Answer{}, err
	}
	if r.Template != before.Template {
		return op.Answer{}, fault.BadRequest("templateId", "The property 'templateId' is fixed when the role is created.")
	}
	if err := unique(c, &r, nil); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.PutRole(r); err != nil {
		return op.Answer{}, err
	}
	c.Target(definitionTarget(&r, b.given, &before))
	return op.Answer{Status: c.Op.Success}, nil
}

func deleteRole(c *op.Call) (op.Answer, error) {
	r, ok, err := loadRole(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	if err := c.W.DeleteRole(r.ID); err != nil {
		return op.Answer{}, err
	}
	c.Target(definitionTarget(&r, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

// definitionTarget is a role definition as an audit target, with what has changed of it.
func definitionTarget(r *role, given []string, before *role) audit.Target {
	return audit.Target{ID: r.ID.String(), Kind: audit.KindRole, Name: r.DisplayName, Modified: face.Modified(roleEntity, given, before, r)}
}
