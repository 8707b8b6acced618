package face

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// GroupObject is the live group with that id as what a call is about, with the caller's
// standing places in it; Unknown when there is none.
func GroupObject(c *op.Call, id guid.ID, name string) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindGroup}}
	if !IsLive(c, id, directory.KindGroup) {
		return o, op.Unknown(name)
	}
	o.ID = id
	var err error
	if _, o.Owner, err = c.Tx.Membership(id, directory.Owner, c.Caller.Principal.ID); err != nil {
		return o, err
	}
	_, o.Inside, err = c.Tx.Membership(id, directory.Member, c.Caller.Principal.ID)
	return o, err
}

// UserObject is the live user with that id or user principal name as what a call is about;
// Unknown when there is none.
func UserObject(c *op.Call, name string) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindUser}}
	if id, ok := guid.Parse(name); ok {
		if !IsLive(c, id, directory.KindUser) {
			return o, op.Unknown(name)
		}
		o.ID = id
		return o, nil
	}
	u, ok, err := c.Tx.UserByUPN(name)
	if err != nil {
		return o, err
	}
	if !ok {
		return o, op.Unknown(name)
	}
	o.ID = u.ID
	return o, nil
}
