package people

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

var groups = &face.Resource[group]{
	Entity: groupEntity, Set: "groups", Table: store.Groups, Directory: true,
	ID: func(g *group) string { return g.ID.String() }, Navs: groupNavs(),
}

func init() {
	face.Shows(directory.KindGroup, groupEntity, (*store.ReadTx).GroupsOf, func(g *group) guid.ID { return g.ID })
}

// Limits of groups (behaviour.md §11).
const (
	mostBound      = 20  // owners and members in one request
	mostOwners     = 100 // of a group
	mostAssignable = 500 // role-assignable groups of a tenant
)

func groupActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "GroupManagement", Type: kind, Service: "Core Directory"}
}

// groupOperations are the operations on groups themselves (operations.md §5b).
func groupOperations() op.Operations {
	return op.Operations{
		{
			Name: "listGroups", Summary: "List the groups of the tenant.",
			Method: "GET", Path: "/groups", Versions: op.Both, Success: 200, Entity: "group", Collection: true,
			Rule:  face.Reads(face.AsUser(readGroups), readGroups, authz.Member),
			Query: face.SearchOptions, Do: groups.List(nil),
		},
		{
			Name: "createGroup", Summary: "Create a group, with owners and members if wanted.",
			Method: "POST", Path: "/groups", Versions: op.Both, Success: 201, Entity: "group",
			Rule:   createPlain,
			Locate: locateNewGroup, Decode: readNewGroup, Demands: createDemands, Do: createGroup,
			Writes: true, Activity: groupActivity("Add group", "Add"),
		},
		{
			Name: "getGroup", Summary: "Read one group.",
			Method: "GET", Path: "/groups/{id}", Versions: op.Both, Success: 200, Entity: "group",
			Rule:   face.Reads(face.AsUser(readGroups), readGroups, authz.Anyone),
			Locate: locateGroup, Query: op.SingleOptions, Do: groups.Get(loadGroup),
		},
		{
			Name: "updateGroup", Summary: "Change properties of a group, or bind members to it.",
			Method: "PATCH", Path: "/groups/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(face.AsUser(changeGroupsAny), changeGroupsAny, authz.Anyone),
			Locate: locateJoin, Decode: readGroupChange, Demands: groupDemands, Do: updateGroup,
			Writes: true, Activity: groupActivity("Update group", "Update"),
		},
		{
			Name: "deleteGroup", Summary: "Delete a group; it can be restored for 30 days.",
			Method: "DELETE", Path: "/groups/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Joins(face.AsUser(deleteGroups), deleteGroups, authz.Role("microsoft.directory/groups/delete"), authz.Owner),
			Locate: locateGroup, Do: deleteGroup,
			Writes: true, Activity: groupActivity("Delete group", "Delete"),
		},
	}
}

// locateGroup finds the group that the path names.
func locateGroup(c *op.Call) (authz.Object, error) {
	id, _ := guid.Parse(c.Param("id"))
	return face.GroupObject(c, id, c.Param("id"))
}

// locateNewGroup says what sort of group is to be made: a role may be about that alone.
func locateNewGroup(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant}, Part: roledata.SecurityGroup}
	if op.Body[*groupBody](c).scratch.Unified() {
		o.Part = roledata.UnifiedGroup
	}
	return o, nil
}

func loadGroup(c *op.Call) (group, bool, error) { return c.Tx.Group(c.Object.ID) }

// A groupBody is what a create or update says of a group.
type groupBody struct {
	body            edm.Value
	given           []string
	scratch         group
	owners, members []face.Reference
}

// readNewGroup decodes the body of a create.
func readNewGroup(body edm.Value) (any, error) {
	b := &groupBody{body: body}
	var err error
	if b.given, err = groupEntity.Apply(&b.scratch, body, edm.OnCreate, "owners@odata.bind", "members@odata.bind"); err != nil {
		return nil, err
	}
	if err := directory.CheckGroup(&b.scratch); err != nil {
		return nil, err
	}
	return b, b.readBinds(true)
}

// readGroupChange decodes the body of an update.
func readGroupChange(body edm.Value) (any, error) {
	b := &groupBody{body: body}
	var err error
	if b.given, err = groupEntity.Apply(&b.scratch, body, edm.OnUpdate|edm.Ahead, "members@odata.bind"); err != nil {
		return nil, err
	}
	if err := b.readBinds(false); err != nil {
		return nil, err
	}
	if len(b.given) == 0 && len(b.members) == 0 {
		return nil, fault.BadRequest("", "The request body names no property that can be set.")
	}
	return b, nil
}

func (b *groupBody) readBinds(owners bool) (err error) {
	if v, ok := b.body.Get("members@odata.bind"); ok {
		if b.members, err = face.ReadReferences(v, mostBound); err != nil {
			return err
		}
	}
	if v, ok := b.body.Get("owners@odata.bind"); ok && owners {
		if b.owners, err = face.ReadReferences(v, mostBound); err != nil {
			return err
		}
	}
	if len(b.owners)+len(b.members) > mostBound {
		return fault.BadRequest("members@odata.bind", "At most %d objects can be bound in one request.", mostBound)
	}
	return nil
}

func createGroup(c *op.Call) (op.Answer, error) {
	b := op.Body[*groupBody](c)
	g := group{Object: directory.Object{ID: c.Env.NewID(), Kind: directory.KindGroup, Created: c.Now, Deleted: when.Never}, Renewed: c.Now}
	if _, err := groupEntity.Apply(&g, b.body, edm.OnCreate, "owners@odata.bind", "members@odata.bind"); err != nil {
		return op.Answer{}, err
	}
	if err := directory.CheckGroup(&g); err != nil {
		return op.Answer{}, err
	}
	if g.RoleAssignable {
		if err := newAssignable(c, &g); err != nil {
			return op.Answer{}, err
		}
	} else if err := face.RoomToOwn(c, createAny); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.InsertGroup(g); err != nil {
		return op.Answer{}, err
	}
	c.Target(groupTarget(&g, b.given, nil))
	if err := b.bind(c, &g); err != nil {
		return op.Answer{}, err
	}
	return groups.Made(c, &g)
}

// newAssignable holds a role-assignable group to its limit. It is private from the start
// (S:000 step 2).
func newAssignable(c *op.Call, g *group) error {
	n, err := c.Tx.RoleAssignableGroups()
	if err != nil {
		return err
	}
	if n >= mostAssignable {
		return fault.Quota(fault.Tenant, "The tenant has %d role-assignable groups, which is as many as it may.", mostAssignable)
	}
	g.Visibility = "Private"
	return nil
}

// bind gives a new group its owners and members. Without owners, the user who made it is
// the owner (A:group-post-groups).
func (b *groupBody) bind(c *op.Call, g *group) error {
	for _, r := range b.owners {
		ref, err := r.Resolve(c)
		if err != nil {
			return err
		}
		if err := place(c, g, directory.Owner, ref); err != nil {
			return err
		}
	}
	if len(b.owners) == 0 && !c.Caller.AppOnly {
		if err := place(c, g, directory.Owner, c.Caller.Principal); err != nil {
			return err
		}
	}
	return b.bindMembers(c, g)
}

func (b *groupBody) bindMembers(c *op.Call, g *group) error {
	for _, r := range b.members {
		ref, err := r.Resolve(c)
		if err != nil {
			return err
		}
		if err := place(c, g, directory.Member, ref); err != nil {
			return err
		}
	}
	return nil
}

func updateGroup(c *op.Call) (op.Answer, error) {
	b := op.Body[*groupBody](c)
	g, ok, err := loadGroup(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	before := g
	if _, err := groupEntity.Apply(&g, b.body, edm.OnUpdate, "members@odata.bind"); err != nil {
		return op.Answer{}, err
	}
	if g.RoleAssignable && g.Visibility != before.Visibility {
		return op.Answer{}, fault.BadRequest("visibility", "The visibility of a role-assignable group cannot be changed.")
	}
	if err := directory.CheckGroup(&g); err != nil {
		return op.Answer{}, err
	}
	if err := b.bindMembers(c, &g); err != nil {
		return op.Answer{}, err
	}
	if len(b.given) > 0 {
		if err := c.W.UpdateGroup(g); err != nil {
			return op.Answer{}, err
		}
	}
	c.Target(groupTarget(&g, b.given, &before))
	return op.Answer{Status: c.Op.Success}, nil
}

func deleteGroup(c *op.Call) (op.Answer, error) {
	g, ok, err := loadGroup(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	if err := face.GuardLoss(c, g.ID, func() error { return c.W.DeleteGroup(g.ID, c.Now) }); err != nil {
		return op.Answer{}, err
	}
	c.Target(groupTarget(&g, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

func groupTarget(g *group, given []string, before *group) audit.Target {
	kind := ""
	if g.Unified() {
		kind = "unifiedGroups"
	}
	return audit.Target{
		ID: g.ID.String(), Kind: audit.KindGroup, Name: g.DisplayName, GroupType: kind,
		Modified: face.Modified(groupEntity, given, before, g),
	}
}
