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
