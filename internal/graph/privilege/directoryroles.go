package privilege

import (
	"slices"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// mostHolders bounds the members of a directory role, which are listed whole (C:paging.md).
const mostHolders = 5000

// directoryRoleOptions are what a list of directory roles takes: they come whole.
const directoryRoleOptions = odata.Filter | odata.Select | odata.Expand | odata.Format

// directoryRoleOperations are the operations on directory roles and their templates
// (operations.md 5d): what roleDefinitions and roleAssignments are, in older words.
func directoryRoleOperations() op.Operations {
	rule := func(way authz.Way) *authz.Rule { return face.Reads(readAppRoles, readAppRoles, authz.Member, way) }
	read, members := rule(face.InDirectory("directoryRoles/standard/read")), rule(face.InDirectory("directoryRoles/members/read"))
	templates := rule(face.InDirectory("directoryRoleTemplates/allProperties/read"))
	change := face.Writes(writeRoles, writeRoles, face.InDirectory("directoryRoles/allProperties/allTasks"))
	list := op.Operations{
		{
			Name: "listDirectoryRoles", Summary: "List the directory roles that are activated.",
			Method: "GET", Path: "/directoryRoles", Versions: op.Both, Success: 200, Entity: "directoryRole", Collection: true,
			Rule: read, Query: directoryRoleOptions, Do: directoryRoles.List(nil),
		},
		{
			Name: "activateDirectoryRole", Summary: "Activate a directory role from its template.",
			Method: "POST", Path: "/directoryRoles", Versions: op.Both, Success: 201, Entity: "directoryRole",
			Rule: change, Decode: readActivation, Do: activateDirectoryRole,
			Writes: true, Activity: definitionActivity("Add role from template", "Add"),
		},
		{
			Name: "listDirectoryRoleTemplates", Summary: "List the templates of directory roles.",
			Method: "GET", Path: "/directoryRoleTemplates", Versions: op.Both, Success: 200, Entity: "directoryRoleTemplate", Collection: true,
			Rule: templates, Query: odata.Select | odata.Format, Do: listTemplates,
		},
		{
			Name: "getDirectoryRoleTemplate", Summary: "Read the template of a directory role.",
			Method: "GET", Path: "/directoryRoleTemplates/{id}", Versions: op.Both, Success: 200, Entity: "directoryRoleTemplate",
			Rule: templates, Locate: locateTemplate, Query: odata.Select | odata.Format, Do: getTemplate,
		},
	}
	return append(list, byTemplate(op.Operations{
		{
			Name: "getDirectoryRole", Summary: "Read one directory role.",
			Method: "GET", Path: "/directoryRoles/{id}", Versions: op.Both, Success: 200, Entity: "directoryRole",
			Rule: read, Locate: locateDirectoryRole, Query: odata.Select | odata.Expand | odata.Format, Do: directoryRoles.Get(loadDirectoryRole),
		},
		{
			Name: "listDirectoryRoleMembers", Summary: "List who has a directory role in the whole tenant now.",
			Method: "GET", Path: "/directoryRoles/{id}/members", Versions: op.Both, Success: 200, Entity: "directoryObject", Collection: true,
			Rule: members, Locate: locateDirectoryRole, Query: odata.Select | odata.Filter | odata.Format, Do: face.OnlyByID(listHolders, isHolder),
		},
		{
			Name: "getDirectoryRoleMemberReference", Summary: "Read the address of one who has a directory role in the whole tenant now.",
			Method: "GET", Path: "/directoryRoles/{id}/members/{member}/$ref", Versions: op.Both, Success: 200,
			Rule: members, Locate: locateDirectoryRole, Query: odata.Format, Do: face.Referred("member", isHolder),
		},
		{
			Name: "addDirectoryRoleMember", Summary: "Give somebody a directory role in the whole tenant, by reference: without end, outside of PIM.",
			Method: "POST", Path: "/directoryRoles/{id}/members/$ref", Versions: op.Both, Success: 204,
			Rule: change, Locate: locateDirectoryRole, Decode: face.ReadRefBody, Do: addHolder,
			Writes: true, Activity: roleActivity("Add member to role outside of PIM (permanent)", "Assign"),
		},
		{
			Name: "removeDirectoryRoleMember", Summary: "Take a directory role in the whole tenant from somebody, by reference.",
			Method: "DELETE", Path: "/directoryRoles/{id}/members/{member}/$ref", Versions: op.Both, Success: 204,
			Rule: change, Locate: locateDirectoryRole, Do: removeHolder,
			Writes: true, Activity: roleActivity("Remove member from role", "Unassign"),
		},
		{
			Name: "listDirectoryRoleScopedMembers", Summary: "List who has a directory role in an administrative unit now.",
			Method: "GET", Path: "/directoryRoles/{id}/scopedMembers", Versions: op.Both, Success: 200, Entity: "scopedRoleMembership", Collection: true,
			Rule: rule(face.InDirectory("directoryRoles/members/read", "scopedRoleMemberships/allProperties/read")), Locate: locateDirectoryRole, Query: scopedOptions,
			Do: listScoped(func(c *op.Call) store.Condition { return store.Is(scopedTable.Column("role"), c.Object.ID) }),
		},
	})...)
}

// byTemplate is each operation by id, and again by the alternate key roleTemplateId.
func byTemplate(list op.Operations) op.Operations {
	for _, o := range list {
		other := *o
		other.Name += "ByTemplate"
		other.Path = strings.Replace(o.Path, "/{id}", "(roleTemplateId={roleTemplateId})", 1)
		list = append(list, &other)
	}
	return list
}

// locateDirectoryRole finds the activated role that the path names by either id. The key
// may stand as a segment too (directoryrole-post-members--2).
func locateDirectoryRole(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindRole}}
	name, keyed := c.Params["roleTemplateId"]
	if !keyed {
		name, keyed = strings.CutPrefix(c.Param("id"), "roleTemplateId=")
	}
	id, _ := guid.Parse(strings.Trim(name, "'"))
	template := builtInRole(c.Caller.Tenant, id)
	if keyed != (template == id) { // a directory role has an id of its own
		return o, op.Unknown(name)
	}
	_, found, err := c.Tx.DirectoryRole(template)
	if err == nil && !found {
		err = op.Unknown(name)
	}
	if err == nil {
		o.ID = template
	}
	return o, err
}

func loadDirectoryRole(c *op.Call) (directoryRole, bool, error) {
	r, found, err := c.Tx.DirectoryRole(c.Object.ID)
	return directoryRole{r, directory.DirectoryRoleID(c.Caller.Tenant, r.ID)}, found, err
}

// readActivation reads which template is to be activated.
func readActivation(body edm.Value) (any, error) {
	var r directoryRole
	_, err := directoryRoleEntity.Apply(&r, body, edm.OnCreate)
	return r.ID, err
}

func activateDirectoryRole(c *op.Call) (op.Answer, error) {
	id := op.Body[guid.ID](c)
	built, known := roledata.ByID(id)
	if !known || built.Assignment == roledata.SystemAssigned {
		return op.Answer{}, fault.BadRequest("roleTemplateId", "One or more property values specified are invalid.").
			With(fault.Detail{Code: "InvalidValue", Message: "No directory role has that template.", Target: "roleTemplateId"})
	}
	_, active, err := c.Tx.DirectoryRole(id)
	if err != nil {
		return op.Answer{}, err
	}
	if active {
		return op.Answer{}, fault.BadRequest("roleTemplateId", "A conflicting object with one or more of the specified property values is present in the directory.")
	}
	list, err := directoryRolesOf(c.Tx, []guid.ID{id})
	if err != nil || len(list) == 0 {
		return op.Answer{}, face.Gone(c, err)
	}
	c.W.ActivateRole(id)
	c.Target(roleTarget(c, id))
	return directoryRoles.Made(c, &list[0])
}

// eachHolder shows take the grants of a role that are in force now, in the whole tenant, until
// it wants no more.
func eachHolder(c *op.Call, role guid.ID, take func(grant) bool, more ...store.Condition) error {
	table := ofSchedules(store.RoleAssignmentsNow)
	q := store.ListQuery{Rows: append(more, store.Is(table.Column("role"), role)), Limit: face.PageMost}
	for {
		page, err := store.List(c.Tx, table, q)
		if err != nil {
			return err
		}
		for _, g := range page.Rows {
			if g.Target.Scope.Kind == pim.ScopeTenant && !take(g) {
				return nil
			}
		}
		if q.After = page.Next; q.After == nil {
			return nil
		}
	}
}

// holders are the grants of the role that was found, in the whole tenant and in force now.
func holders(c *op.Call, more ...store.Condition) (all []grant, err error) {
	err = eachHolder(c, c.Object.ID, func(g grant) bool {
		all = append(all, g)
		return len(all) <= mostHolders
	}, more...)
	if err == nil && len(all) > mostHolders {
		return nil, fault.UnsupportedQuery("Unsupported Query. The role has more than %d members: list roleManagement/directory/roleAssignments instead.", mostHolders)
	}
	return all, err
}

// firstHolders are the first of who has each role now, in the whole tenant.
func firstHolders(c *op.Call, roles []guid.ID) (map[guid.ID][]guid.ID, error) {
	first := map[guid.ID][]guid.ID{}
	for _, id := range roles {
		err := eachHolder(c, id, func(g grant) bool {
			if !slices.Contains(first[id], g.Principal) {
				first[id] = append(first[id], g.Principal)
			}
			return len(first[id]) < face.MostExpanded
		})
		if err != nil {
			return nil, err
		}
	}
	return first, nil
}

func listHolders(c *op.Call) (op.Answer, error) {
	list, err := holders(c)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WriteObjects(c, face.Wanted(list, func(g *grant) guid.ID { return g.Principal }), nil)
}

func isHolder(c *op.Call, id guid.ID) (bool, error) {
	list, err := holders(c, store.Is(store.RoleAssignmentsNow.Column("principal"), id))
	return len(list) > 0, err
}

func addHolder(c *op.Call) (op.Answer, error) {
	ref, err := op.Body[face.Reference](c).Resolve(c)
	if err != nil {
		return op.Answer{}, err
	}
	r := outsidePIM(pim.AdminAssign, ref.ID, c.Object.ID, pim.Scope{})
	if c.Snap.HoldsTarget(r.Principal, r.Target, pim.Assigned, c.Now) {
		return op.Answer{}, fault.BadRequest("members", "One or more added object references already exist for the following modified properties: 'members'.")
	}
	_, err = decide(c, r)
	return op.Answer{Status: c.Op.Success}, err
}

func removeHolder(c *op.Call) (op.Answer, error) {
	member, _ := guid.Parse(c.Param("member"))
	list, err := holders(c, store.Is(store.RoleAssignmentsNow.Column("principal"), member))
	if err != nil {
		return op.Answer{}, err
	}
	if len(list) == 0 {
		f := fault.NotFound(c.Param("member"))
		f.Message = "One or more removed object references do not exist for the following modified properties: 'members'."
		return op.Answer{}, f
	}
	_, err = decide(c, outsidePIM(pim.AdminRemove, member, c.Object.ID, list[0].Target.Scope))
	return op.Answer{Status: c.Op.Success}, err
}

// outsidePIM is what an older door asks for, in PIM's words: the same rules but that for a
// justification, which it has no field for (design, One model of grants).
func outsidePIM(a pim.Action, principal, role guid.ID, scope pim.Scope) pim.Request {
	return pim.Request{
		Side: pim.Assignment, Action: a, Spelling: a.String(), OutsidePIM: true,
		Principal: principal, Target: pim.Target{Role: role, Scope: scope},
	}
}

func listTemplates(c *op.Call) (op.Answer, error) {
	s, err := roleTemplateEntity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WritePage(c, "directoryRoleTemplates", nil, -1, func(w *edm.Writer) {
		for i := range roledata.All() {
			roleTemplateEntity.Write(w, &roledata.All()[i], s)
		}
	})
}

// locateTemplate finds the template that the path names.
func locateTemplate(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindRole}}
	id, err := c.ID("id")
	if err != nil {
		return o, err
	}
	if _, known := roledata.ByID(id); !known {
		return o, op.Unknown(c.Param("id"))
	}
	o.ID = id
	return o, nil
}

func getTemplate(c *op.Call) (op.Answer, error) {
	built, _ := roledata.ByID(c.Object.ID)
	return templates.One(c, built)
}

var templates = &face.Resource[roledata.Role]{Entity: roleTemplateEntity, Set: "directoryRoleTemplates"}

// unitTarget is an administrative unit as an audit target.
func unitTarget(c *op.Call, id guid.ID) audit.Target {
	t := audit.Target{ID: id.String(), Kind: audit.KindOther}
	if u, ok, err := c.Tx.Unit(id); err == nil && ok {
		t.Name = u.DisplayName
	}
	return t
}
