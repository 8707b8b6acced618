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

// unitMemberOptions are what a list of a unit's members of any kind takes.
const unitMemberOptions = face.PlaceOptions | odata.Count

// Who is in a unit, any member user may read; in one whose membership is hidden, only who
// is in it and who manages it or its members (operations.md 5c). An application needs to be
// one that may manage units.
var (
	readUnitMembers   = face.Reads(face.AsUser(readUnits), readUnits, authz.Member, face.InDirectory("administrativeUnits/members/read"))
	readHiddenMembers = face.Reads(face.AsUser(readUnits), readHiddenUnits, authz.Self, face.InDirectory("administrativeUnits/allProperties/allTasks"))
)

var (
	unitUsers  = &face.Resource[user]{Entity: userEntity, Set: "users", Table: store.UnitUsers, Directory: true, ID: users.ID}
	unitGroups = &face.Resource[group]{Entity: groupEntity, Set: "groups", Table: store.UnitGroups, Directory: true, ID: groups.ID}
)

// unitMemberOperations are the operations on who is in a unit (operations.md 5c).
func unitMemberOperations() op.Operations {
	const path = "/directory/administrativeUnits/{id}/members"
	list := op.Operations{
		{
			Name: "listAdministrativeUnitMembers", Summary: "List what is in an administrative unit.",
			Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: "directoryObject", Collection: true,
			Query: unitMemberOptions | odata.Filter, Do: face.OnlyByID(listUnitMembers(), isInUnit),
		},
		{
			Name: "getAdministrativeUnitMemberReference", Summary: "Read the address of one thing in an administrative unit.",
			Method: "GET", Path: path + "/{member}/$ref", Versions: op.Both, Success: 200,
			Query: odata.Format, Do: face.Referred("member", isInUnit),
		},
		{
			Name: "countAdministrativeUnitMembers", Summary: "Count what is in an administrative unit, as plain text.",
			Method: "GET", Path: path + "/$count", Versions: op.Both, Success: 200,
			Query: odata.Format, Do: countUnitMembers(),
		},
		{
			Name: "listAdministrativeUnitMemberReferences", Summary: "List the addresses of what is in an administrative unit.",
			Method: "GET", Path: path + "/$ref", Versions: op.Both, Success: 200, Collection: true,
			Query: odata.Top | odata.SkipToken | odata.Format, Do: listUnitReferences,
		},
		{
			Name: "listAdministrativeUnitUsers", Summary: "List the users in an administrative unit.",
			Method: "GET", Path: path + "/graph.user", Versions: op.Both, Success: 200, Entity: "user", Collection: true,
			Query: face.SearchOptions, Do: asKind(directory.KindUser, unitUsers.List(inUnit)),
		},
		{
			Name: "listAdministrativeUnitGroups", Summary: "List the groups in an administrative unit.",
			Method: "GET", Path: path + "/graph.group", Versions: op.Both, Success: 200, Entity: "group", Collection: true,
			Query: face.SearchOptions, Do: asKind(directory.KindGroup, unitGroups.List(inUnit)),
		},
	}
	users, groups := unitUsers.CountWithin(list, "listAdministrativeUnitUsers", inUnit), unitGroups.CountWithin(list, "listAdministrativeUnitGroups", inUnit)
	users.Do, groups.Do = asKind(directory.KindUser, users.Do), asKind(directory.KindGroup, groups.Do)
	list = append(list, users, groups)
	for _, o := range list {
		o.Rule, o.Locate, o.Demands = readUnitMembers, locateUnitInside, hiddenDemands
	}
	return append(list,
		&op.Operation{
			Name: "addAdministrativeUnitMember", Summary: "Put a user or group into an administrative unit, by reference.",
			Method: "POST", Path: path + "/$ref", Versions: op.Both, Success: 204,
			Rule: managesUnits(joinUnits), Locate: locateUnit, Decode: face.ReadRefBody, Do: addUnitMember,
			Writes: true, Activity: unitActivity("Add member to administrative unit", "Assign"),
		},
		&op.Operation{
			Name: "removeAdministrativeUnitMember", Summary: "Take a user or group out of an administrative unit, by reference.",
			Method: "DELETE", Path: path + "/{member}/$ref", Versions: op.Both, Success: 204,
			Rule: managesUnits(changeUnits), Locate: locateUnit, Do: removeUnitMember,
			Writes: true, Activity: unitActivity("Remove member from administrative unit", "Unassign"),
		},
	)
}

// locateUnitInside is locateUnit. The unit is the caller's own when the caller is in it, or
// administers who is.
func locateUnitInside(c *op.Call) (authz.Object, error) {
	o, err := locateUnit(c)
	if err != nil {
		return o, err
	}
	o.Own, err = insideUnit(c, o.ID)
	return o, err
}

func insideUnit(c *op.Call, unit guid.ID) (bool, error) {
	me := c.Caller.Principal.ID
	if c.Snap.Administers(me, unit, c.Now) {
		return true, nil
	}
	return c.Tx.InUnit(unit, me)
}

// hiddenDemands are those of the unit that was found. One that cannot be read is judged as
// hidden.
func hiddenDemands(c *op.Call) []*authz.Rule {
	if c.Object.ID.IsZero() {
		return nil
	}
	if u, ok, err := loadUnit(c); err == nil && ok && !u.Hidden() {
		return nil
	}
	return []*authz.Rule{readHiddenMembers}
}

// inUnit limits a list to what is in the unit that was found.
func inUnit(c *op.Call) (face.Limits, error) {
	return face.Limits{Values: map[string]any{"unit": c.Object.ID.String()}}, nil
}

// asKind answers a list that is cast to a kind in full to those who may read that kind. To
// others it shows types and ids, which say nothing to filter or sort by.
func asKind(kind directory.Kind, full face.Handler) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		switch q := &c.Query; {
		case c.Snap.MayRead(c.Caller, kind, c.Now):
			return full(c)
		case q.Filter != nil || len(q.OrderBy) > 0 || len(q.Expand) > 0:
			return op.Answer{}, fault.Denied()
		case strings.HasSuffix(c.Op.Path, "/$count"):
			return countUnitMembers(kind)(c)
		}
		return listUnitMembers(kind)(c)
	}
}

// unitMemberQuery asks for what is in the unit that was found, of some kinds or of any.
func unitMemberQuery(c *op.Call, kinds []directory.Kind) store.ListQuery {
	q := store.ListQuery{Rows: []store.Condition{store.Is(store.UnitMembers.Column("unit"), c.Object.ID)}}
	if len(kinds) > 0 {
		of := store.Condition{Column: store.UnitMembers.Column("kind")}
		for _, k := range kinds {
			of.Values = append(of.Values, int64(k))
		}
		q.Rows = append(q.Rows, of)
	}
	return q
}

// unitMemberPage reads a page of what is in the unit that was found.
func unitMemberPage(c *op.Call, kinds []directory.Kind) (store.ListQuery, store.Page[directory.Ref], error) {
	q, err := face.PlaceQuery(c)
	if err != nil {
		return q, store.Page[directory.Ref]{}, err
	}
	q.Rows = unitMemberQuery(c, kinds).Rows
	page, err := store.List(c.Tx, store.UnitMembers, q)
	return q, page, err
}

func isInUnit(c *op.Call, id guid.ID) (bool, error) { return c.Tx.InUnit(c.Object.ID, id) }

func listUnitMembers(kinds ...directory.Kind) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		q, page, err := unitMemberPage(c, kinds)
		if err != nil {
			return op.Answer{}, err
		}
		total := int64(-1)
		if face.Advanced(c) && q.After == nil {
			if total, err = store.Count(c.Tx, store.UnitMembers, q); err != nil {
				return op.Answer{}, err
			}
		}
		return face.WriteRefs(c, page.Rows, page.Next, total)
	}
}

func countUnitMembers(kinds ...directory.Kind) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		if !c.Advanced {
			return op.Answer{}, fault.BadRequest("", "$count is not currently supported.")
		}
		n, err := store.Count(c.Tx, store.UnitMembers, unitMemberQuery(c, kinds))
		return face.CountAnswer(c, n), err
	}
}

func listUnitReferences(c *op.Call) (op.Answer, error) {
	_, page, err := unitMemberPage(c, nil)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WritePage(c, "Collection($ref)", page.Next, -1, func(w *edm.Writer) {
		for _, r := range page.Rows {
			w.Begin()
			w.Name("@odata.id")
			w.Str(c.Root + "/directoryObjects/" + r.ID.String())
			w.End()
		}
	})
}

// joinsUnit judges whether a unit can have ref in it: users and groups, and in a restricted
// unit no Microsoft 365 groups (sensitive-actions.json).
func joinsUnit(c *op.Call, u *unit, ref directory.Ref) error {
	switch ref.Kind {
	case directory.KindUser:
		return nil
	case directory.KindGroup:
		if !u.Restricted {
			return nil
		}
		g, ok, err := c.Tx.Group(ref.ID)
		if err != nil || !ok {
			return face.Gone(c, err)
		}
		if g.Unified() || !g.SecurityEnabled {
			return fault.BadRequest("", "A restricted management administrative unit has users and security groups in it, and no other groups.")
		}
		return nil
	}
	return fault.BadRequest("", "A member of an administrative unit is a user or a group.")
}

func addUnitMember(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUnit(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	ref, err := op.Body[face.Reference](c).Resolve(c)
	if err != nil {
		return op.Answer{}, err
	}
	if err := joinsUnit(c, &u, ref); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.InsertUnitMember(u.ID, ref); err != nil {
		return op.Answer{}, err
	}
	c.Target(face.PrincipalTarget(c, ref.ID))
	c.Target(unitTarget(&u, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

func removeUnitMember(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUnit(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	member, _ := guid.Parse(c.Param("member"))
	there, err := c.Tx.InUnit(u.ID, member)
	if err != nil {
		return op.Answer{}, err
	}
	if !there {
		return op.Answer{}, face.RemovedNone("members", c.Param("member"))
	}
	if err := c.W.DeleteUnitMember(u.ID, member); err != nil {
		return op.Answer{}, err
	}
	c.Target(face.PrincipalTarget(c, member))
	c.Target(unitTarget(&u, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}
