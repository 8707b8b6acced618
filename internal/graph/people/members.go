package people

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// memberOperations are the operations on who is in a group (operations.md §5b).
func memberOperations() op.Operations {
	var list op.Operations
	for _, in := range []struct {
		relation  directory.Relation
		one, many string
		read      []string
		change    *authz.Rule
	}{
		{directory.Member, "Member", "members", readMembers, joinMembers},
		{directory.Owner, "Owner", "owners", readOwners, joinOwners},
	} {
		list = append(list, listsOfPlaces(in.relation, in.one, in.many, in.read)...)
		list = append(list,
			&op.Operation{
				Name: "addGroup" + in.one, Summary: "Add one of the " + in.many + " of a group, by reference.",
				Method: "POST", Path: "/groups/{id}/" + in.many + "/$ref", Versions: op.Both, Success: 204,
				Rule: in.change, Locate: locateJoin, Decode: face.ReadRefBody, Do: addPlace(in.relation),
				Writes: true, Activity: groupActivity("Add "+in.relation.String()+" to group", "Assign"),
			},
			&op.Operation{
				Name: "removeGroup" + in.one, Summary: "Remove one of the " + in.many + " of a group, by reference.",
				Method: "DELETE", Path: "/groups/{id}/" + in.many + "/{member}/$ref", Versions: op.Both, Success: 204,
				Rule: in.change, Locate: locateGroup, Do: removePlace(in.relation),
				Writes: true, Activity: groupActivity("Remove "+in.relation.String()+" from group", "Unassign"),
			},
		)
	}
	return list
}

// listsOfPlaces are the lists of who is in a group by a relation, of every kind and of one.
// Who owns a group is never hidden.
func listsOfPlaces(relation directory.Relation, one, many string, scopes []string) op.Operations {
	locate, demands := locateGroup, func(*op.Call) []*authz.Rule { return nil }
	if relation == directory.Member {
		locate, demands = locateGroupInside, hiddenGroupDemands
	}
	var list op.Operations
	for _, cast := range placeCasts {
		var kinds []directory.Kind
		if cast.kind != directory.KindNone {
			kinds = append(kinds, cast.kind)
		}
		list = append(list, &op.Operation{
			Name: "listGroup" + one + "s" + cast.name, Summary: "List the " + many + " of a group.",
			Method: "GET", Path: "/groups/{id}/" + many + cast.segment, Versions: op.Both, Success: 200, Entity: cast.entity, Collection: true,
			Rule:   face.Reads(face.AsUser(scopes), scopes, authz.Anyone),
			Locate: locate, Demands: demands, Query: face.RefineOptions, Do: listPlaces(relation, cast.kind, kinds),
		})
	}
	return append(list, &op.Operation{
		Name: "getGroup" + one + "Reference", Summary: "Read the address of one of the " + many + " of a group.",
		Method: "GET", Path: "/groups/{id}/" + many + "/{member}/$ref", Versions: op.Both, Success: 200,
		Rule:   face.Reads(face.AsUser(scopes), scopes, authz.Anyone),
		Locate: locate, Demands: demands, Query: odata.Format, Do: face.Referred("member", face.Holds(relation)),
	})
}

// listPlaces lists who is in a group by a relation: page by page, or, where more than that is
// asked, from all of them.
func listPlaces(relation directory.Relation, kind directory.Kind, kinds []directory.Kind) face.Handler {
	pages, all := face.ListPlaces(relation, kinds...), listReached(walk{next: placesOf(relation), depth: 1, kind: kind, whole: true})
	list := func(c *op.Call) (op.Answer, error) {
		if face.Refines(c) || face.Advanced(c) {
			return all(c)
		}
		return pages(c)
	}
	if kind != directory.KindNone {
		return list
	}
	return face.ByID(list, face.Holds(relation))
}

// place gives ref a place in g. What a group may hold is judged here, for every door: a
// role-assignable group has no group in it (behaviour.md §6), and an owner who may not
// grant what stands behind the group may add others, never themselves (design, Who may
// touch whom).
func place(c *op.Call, g *group, relation directory.Relation, ref directory.Ref) error {
	switch {
	case relation == directory.Owner && ref.Kind != directory.KindUser && ref.Kind != directory.KindServicePrincipal:
		return fault.BadRequest("", "An owner of a group is a user or a service principal.")
	case ref.Kind != directory.KindUser && ref.Kind != directory.KindServicePrincipal && ref.Kind != directory.KindGroup:
		return fault.BadRequest("", "A member of a group is a user, a group or a service principal.")
	case ref.Kind == directory.KindGroup && g.RoleAssignable:
		return fault.BadRequest("", "Nesting is currently not supported for groups that can be assigned to a role.")
	case ref.ID == g.ID:
		return fault.BadRequest("", "A group cannot be a member of itself.")
	}
	if c.Tx.Snap().InPlace(ref.ID, g.ID, relation, c.Now) { // for a time, by PIM
		return store.AlreadyIn(relation)
	}
	if relation == directory.Owner {
		n, err := c.Tx.Owners(g.ID)
		if err != nil {
			return err
		}
		if n >= mostOwners {
			return fault.Quota(fault.Principal, "A group has at most %d owners.", mostOwners)
		}
	}
	return c.W.InsertMembership(directory.Membership{ID: c.Env.NextID(), Group: g.ID, Relation: relation, Member: ref, Since: c.Now})
}

// locateJoin is locateGroup, with whom the call would add.
func locateJoin(c *op.Call) (authz.Object, error) {
	o, err := locateGroup(c)
	switch in := c.In.(type) {
	case face.Reference:
		o.Adds = []guid.ID{in.ID}
	case *groupBody:
		for _, r := range in.members {
			o.Adds = append(o.Adds, r.ID)
		}
	}
	return o, err
}

func addPlace(relation directory.Relation) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		g, ok, err := loadGroup(c)
		if err != nil || !ok {
			return op.Answer{}, face.Gone(c, err)
		}
		ref, err := op.Body[face.Reference](c).Resolve(c)
		if err != nil {
			return op.Answer{}, err
		}
		if err := place(c, &g, relation, ref); err != nil {
			return op.Answer{}, err
		}
		c.Target(face.RefTarget(ref))
		c.Target(groupTarget(&g, nil, nil))
		return op.Answer{Status: c.Op.Success}, nil
	}
}

// removePlace takes somebody out of a group at once: out of a standing place, and out of
// those that PIM gives for a time, begun or not. It is an adminRemove at another door.
func removePlace(relation directory.Relation) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		g, ok, err := loadGroup(c)
		if err != nil || !ok {
			return op.Answer{}, face.Gone(c, err)
		}
		member, _ := guid.Parse(c.Param("member"))
		m, standing, err := c.Tx.Membership(g.ID, relation, member)
		if err != nil {
			return op.Answer{}, err
		}
		if standing && relation == directory.Owner && m.Member.Kind == directory.KindUser {
			if err := keepsOwner(c, &g); err != nil {
				return op.Answer{}, err
			}
		}
		if err := face.GuardLoss(c, member, func() error { return leave(c, &g, relation, member) }); err != nil {
			return op.Answer{}, err
		}
		f, _ := c.Snap.Object(member)
		c.Target(face.RefTarget(directory.Ref{ID: member, Kind: f.Kind}))
		c.Target(groupTarget(&g, nil, nil))
		return op.Answer{Status: c.Op.Success}, nil
	}
}

// leave ends what somebody has of a group.
func leave(c *op.Call, g *group, relation directory.Relation, member guid.ID) error {
	r := pim.Request{
		ID: c.Env.NextID(), Side: pim.Assignment, Action: pim.AdminRemove, OutsidePIM: true,
		Principal: member, Target: pim.Target{Group: g.ID, Relation: relation},
	}
	facts, err := c.Tx.PIMFacts(r)
	if err != nil {
		return err
	}
	v, err := pim.Decide(r, facts, c.Now)
	if f, refused := fault.As(err); refused && f.Status == 404 {
		return face.RemovedNone(relation.String()+"s", c.Param("member"))
	}
	if err != nil {
		return err
	}
	return c.W.Apply(v)
}

// keepsOwner refuses to take the last owner away (A:group-delete-owners).
func keepsOwner(c *op.Call, g *group) error {
	n, err := c.Tx.Owners(g.ID)
	if err != nil {
		return err
	}
	if n <= 1 {
		return fault.BadRequest("", "The group must have at least one owner, hence this owner cannot be removed.")
	}
	return nil
}
