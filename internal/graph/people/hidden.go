package people

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// The membership of a group or unit with visibility HiddenMembership is seen by who is in
// it, and by who may see such memberships or manage them; from the members' side it is seen
// by the member too (default-user-permissions.md, operations.md 5c).

// readHiddenGroup is the rule of seeing who is in a group whose membership is hidden. An
// application needs to be one that may change it.
var readHiddenGroup = face.Reads(face.AsUser(readMembers), []string{"Group.ReadWrite.All", "GroupMember.ReadWrite.All"}, authz.Self, authz.Owner, face.InDirectory("groups/hiddenMembers/read"))

// locateGroupInside is locateGroup. The group is the caller's own when the caller is in it.
func locateGroupInside(c *op.Call) (authz.Object, error) {
	o, err := locateGroup(c)
	if err != nil {
		return o, err
	}
	o.Own, err = insideGroup(c, o.ID)
	return o, err
}

func insideGroup(c *op.Call, group guid.ID) (bool, error) {
	me := c.Caller.Principal.ID
	if c.Snap.InGroup(me, group, c.Now) {
		return true, nil
	}
	_, standing, err := c.Tx.Membership(group, directory.Member, me)
	return standing, err
}

// hiddenGroupDemands are those of the group that was found. One that cannot be read is
// judged as hidden.
func hiddenGroupDemands(c *op.Call) []*authz.Rule {
	if c.Object.ID.IsZero() {
		return nil
	}
	if hidden, err := c.Tx.HiddenGroups([]guid.ID{c.Object.ID}); err == nil && len(hidden) == 0 {
		return nil
	}
	return []*authz.Rule{readHiddenGroup}
}

// unseenGroups are those of the groups with the given ids whose membership the caller may
// not see.
func unseenGroups(c *op.Call, ids []guid.ID) (map[guid.ID]bool, error) {
	hidden, err := c.Tx.HiddenGroups(ids)
	if err != nil {
		return nil, err
	}
	unseen := map[guid.ID]bool{}
	for _, id := range hidden {
		o := authz.Object{Ref: directory.Ref{ID: id, Kind: directory.KindGroup}}
		if o.Own, err = insideGroup(c, id); err != nil {
			return nil, err
		}
		if _, o.Owner, err = c.Tx.Membership(id, directory.Owner, c.Caller.Principal.ID); err != nil {
			return nil, err
		}
		unseen[id] = c.Snap.Require(c.Caller, readHiddenGroup, o, c.Now) != nil
	}
	return unseen, nil
}

// withoutHidden are the groups among refs in which the caller may see that member is.
// Whoever it is may see its own.
func withoutHidden(c *op.Call, member guid.ID, refs []directory.Ref) ([]directory.Ref, error) {
	if member == c.Caller.Principal.ID || len(refs) == 0 {
		return refs, nil
	}
	unseen, err := unseenGroups(c, face.Wanted(refs, func(r *directory.Ref) guid.ID { return r.ID }))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(refs, func(r directory.Ref) bool { return unseen[r.ID] }), nil
}

// A first loads the first objects that belong to each of some, for $expand.
type first = func(*op.Call, []guid.ID) (map[guid.ID][]guid.ID, error)

// seenMembers is load for the members of groups, but for what is hidden from the caller.
func seenMembers(load first) first {
	return func(c *op.Call, groups []guid.ID) (map[guid.ID][]guid.ID, error) {
		unseen, err := unseenGroups(c, groups)
		if err != nil {
			return nil, err
		}
		return load(c, slices.DeleteFunc(slices.Clone(groups), func(id guid.ID) bool { return unseen[id] }))
	}
}

// seenGroups is load for the groups that objects are in, but for what is hidden from the
// caller.
func seenGroups(load first) first {
	return func(c *op.Call, of []guid.ID) (map[guid.ID][]guid.ID, error) {
		all, err := load(c, of)
		if err != nil {
			return nil, err
		}
		for member, groups := range all {
			if member == c.Caller.Principal.ID {
				continue
			}
			unseen, err := unseenGroups(c, groups)
			if err != nil {
				return nil, err
			}
			all[member] = slices.DeleteFunc(slices.Clone(groups), func(id guid.ID) bool { return unseen[id] })
		}
		return all, nil
	}
}

// unitsAround are the units that an object is in, as far as the caller may see that.
func unitsAround(c *op.Call, member guid.ID) ([]directory.Ref, error) {
	list, err := c.Tx.UnitsWith(member)
	if err != nil {
		return nil, err
	}
	return seenUnits(c, member, list)
}

// seenUnits are those of the units that member is in, as far as the caller may see that.
func seenUnits(c *op.Call, member guid.ID, list []directory.Unit) ([]directory.Ref, error) {
	var all []directory.Ref
	for _, u := range list {
		ref := directory.Ref{ID: u.ID, Kind: directory.KindUnit}
		if u.Hidden() && member != c.Caller.Principal.ID {
			own, err := insideUnit(c, u.ID)
			if err != nil {
				return nil, err
			}
			if c.Snap.Require(c.Caller, readHiddenMembers, authz.Object{Ref: ref, Own: own}, c.Now) != nil {
				continue
			}
		}
		all = append(all, ref)
	}
	return all, nil
}

// downward are the members that a group has now. A group within another does not show a
// hidden membership by that.
func downward(c *op.Call, id guid.ID, first bool) ([]directory.Ref, error) {
	if !first {
		seen, err := withoutHidden(c, guid.ID{}, []directory.Ref{{ID: id, Kind: directory.KindGroup}})
		if err != nil || len(seen) == 0 {
			return nil, err
		}
	}
	return placesOf(directory.Member)(c, id, first)
}

// placesOf are those that a group has by a relation now.
func placesOf(relation directory.Relation) func(c *op.Call, id guid.ID, first bool) ([]directory.Ref, error) {
	return func(c *op.Call, id guid.ID, _ bool) ([]directory.Ref, error) {
		return neighbours(func(after *store.Position) (store.Page[store.Place], error) {
			return c.Tx.Members(id, relation, nil, face.PageMost, after)
		}, func(p *store.Place) directory.Ref { return p.Member })
	}
}
