package face

import (
	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/op"
)

// mostOwned is how many groups and applications a user owns who makes more of them without
// a role to do so (behaviour.md §11).
const mostOwned = 250

// RoomToOwn refuses to make one more group or application for a user who owns as many as
// they may, unless they may make any: rule says who may.
func RoomToOwn(c *op.Call, administers *authz.Rule) error {
	if c.Caller.AppOnly || c.Snap.Require(c.Caller, administers, c.Object, c.Now) == nil {
		return nil
	}
	n, err := c.Tx.Owned(c.Caller.Principal.ID, mostOwned)
	if err == nil && n >= mostOwned {
		err = fault.Quota(fault.Principal, "Without a role you own at most %d groups and applications.", mostOwned)
	}
	return err
}
