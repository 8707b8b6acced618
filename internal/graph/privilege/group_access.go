package privilege

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
)

// Actions by which roles reach the places in groups.
const (
	readGroups    = "microsoft.directory/groups/allProperties/read"
	changeMembers = "microsoft.directory/groups/members/update"
	changeOwners  = "microsoft.directory/groups/owners/update"
)

// A groupAccess is who may do what with one side of PIM for groups (operations.md 4).
type groupAccess struct {
	scopes, more, remove  []string // to read, to change, to take away
	read                  *authz.Rule
	ofPlain, ofAssignable *authz.Rule // to read what a group has
	ofPrincipal, own      *authz.Rule // to read what somebody has, what the caller has
	give, take            *authz.Rule // as administrator
	ask, leave            *authz.Rule // for oneself
	callOff               *authz.Rule // what one has asked for
}

// groupAccesses are both sides'.
var groupAccesses = bothSides(func(side pim.Side) groupAccess {
	name := "Privileged" + side.String() + "Schedule."
	const of = ".AzureADGroup"
	a := groupAccess{scopes: []string{name + "Read" + of, name + "ReadWrite" + of}, more: []string{name + "ReadWrite" + of}}
	a.remove = append(slices.Clip(a.more), name+"Remove"+of)
	a.read = face.ReadsPIM(a.scopes, a.scopes, authz.Anyone)
	a.ofPlain = face.ReadsPIM(a.scopes, a.scopes, authz.Inside, authz.Self, authz.Role(readGroups, changeMembers))
	a.ofAssignable = face.ReadsPIM(a.scopes, a.scopes, authz.Inside, authz.Self, authz.Role(readGroups, updateAssignable))
	a.ofPrincipal = face.ReadsPIM(a.scopes, a.scopes, authz.Self, authz.Role(readPIM, managePIM))
	a.own = face.ReadsPIM(a.scopes, nil, authz.Anyone)
	a.give, a.take = managesPlaces(a.more), managesPlaces(a.remove)
	a.ask, a.leave = face.WritesPIM(a.more, nil, authz.Self), face.WritesPIM(a.remove, nil, authz.Self)
	a.callOff = face.WritesPIM(a.more, a.more, authz.Self)
	return a
})

// managesPlaces is the rule of who decides that others get or lose places in a group: its
// owners, and who manages such groups. Of a guarded group, who could grant what lies
// behind it; its owner, if it is role-assignable, for others only (design, Who may touch
// whom).
func managesPlaces(scopes []string) *authz.Rule {
	return authz.Rule{
		Family: authz.PIM, Delegated: scopes, Application: scopes, Guarded: scopes,
		Ways:  []authz.Way{authz.Owner, authz.Role(changeMembers, changeOwners)},
		Group: authz.GroupJoins, TenantOnly: true,
	}.Compile()
}

// reads are the rules for reading what was located: of a group, or of a principal.
func (a *groupAccess) reads(c *op.Call) []*authz.Rule {
	switch f, _ := c.Snap.Object(c.Object.ID); {
	case c.Object.Kind != directory.KindGroup:
		return []*authz.Rule{a.ofPrincipal}
	case f.Flags.Has(authz.RoleAssignable):
		return []*authz.Rule{a.ofAssignable}
	}
	return []*authz.Rule{a.ofPlain}
}

// changes are the rules for a new request: what one asks for oneself, and what an
// administrator decides; what takes away, and what gives.
func (a *groupAccess) changes(c *op.Call) []*authz.Rule {
	r, ok := c.In.(pim.Request)
	if !ok {
		return nil
	}
	takes := r.Action == pim.AdminRemove || r.Action == pim.SelfDeactivate
	switch {
	case r.Action.Self() && takes:
		return []*authz.Rule{a.leave}
	case r.Action.Self():
		return []*authz.Rule{a.ask}
	case takes:
		return []*authz.Rule{a.take}
	}
	return []*authz.Rule{a.give}
}

// cancels are the rules for calling a request off: who made it may, and who could take away
// what it would give.
func (a *groupAccess) cancels(c *op.Call) []*authz.Rule {
	if c.Object.Own {
		return []*authz.Rule{a.callOff}
	}
	return []*authz.Rule{a.give}
}

// locatePlaceAsked finds the group that a new request is about, and whom an administrator
// would add to it.
func locatePlaceAsked(c *op.Call) (authz.Object, error) {
	r := op.Body[pim.Request](c)
	if r.Action.Self() && !c.Caller.AppOnly {
		// Whose principalId it is, and whether there is such a group, Decide judges.
		return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}, Own: true}, nil
	}
	o, err := face.GroupObject(c, r.Target.Group, r.Target.Group.String())
	if r.Action != pim.AdminRemove {
		o.Adds = []guid.ID{r.Principal}
	}
	return o, err
}

// locatePlaces finds what a list is about: the group that its filter pins, else the
// principal. A list of everything is refused (errors.md 1b).
func locatePlaces(c *op.Call) (authz.Object, error) {
	group, byGroup := pinned(c.Query.Filter, "groupId")
	who, byWho := pinned(c.Query.Filter, "principalId")
	switch own := byWho && who == c.Caller.Principal.ID; {
	case byGroup:
		o, err := face.GroupObject(c, group, group.String())
		o.Own = own
		return o, err
	case byWho:
		return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}, Own: own}, nil
	}
	return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant}}, unscoped()
}

func unscoped() error {
	return fault.Bad("MissingParameters", "The required parameters GroupId or PrincipalId is missing.").About("$filter").
		With(fault.Detail{Code: "MissingParameters", Message: "Name what the list is about: $filter=groupId eq '…' or principalId eq '…'.", Target: "$filter"})
}

// pinned is the id that a property has in every row of a filter.
func pinned(n odata.Node, property string) (id guid.ID, ok bool) {
	switch n := n.(type) {
	case odata.And:
		for _, t := range n.Terms {
			if id, ok := pinned(t, property); ok {
				return id, true
			}
		}
	case odata.Compare:
		if n.Op != odata.Eq || n.Path.Var != "" || n.Path.Count || len(n.Path.Names) != 1 || n.Path.Names[0] != property {
			return id, false
		}
		switch v := n.Value.Value; v.Kind {
		case odata.KindText:
			id, _ = guid.Parse(v.Text) // what is no id is nobody's
			return id, true
		case odata.KindID:
			return v.ID, true
		}
	}
	return id, false
}

// locatePlaceRequest finds a request on its own side only. Whose own it is depends on what
// for.
func locatePlaceRequest(side pim.Side, load func(*op.Call) (request, bool, error), own func(*request, guid.ID) bool) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		r, ok, err := load(c)
		if err != nil {
			return authz.Object{}, err
		}
		if !ok || r.Side != side || r.Target.Group.IsZero() {
			return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}, op.Unknown(c.Param("id"))
		}
		return ofPlace(c, r.Target.Group, own(&r, c.Caller.Principal.ID))
	}
}

// ofPlace is a group that PIM knows something of, as what a call is about. One that is
// deleted is nobody's but the tenant's.
func ofPlace(c *op.Call, group guid.ID, own bool) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
	if face.IsLive(c, group, directory.KindGroup) {
		var err error
		if o, err = face.GroupObject(c, group, group.String()); err != nil {
			return o, err
		}
	}
	o.Own = own
	return o, nil
}
