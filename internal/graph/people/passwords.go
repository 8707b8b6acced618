package people

import (
	"errors"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/login"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// passwordOperations change one's own password (operations.md 5a). That of others is
// passwordProfile.
func passwordOperations() op.Operations {
	return op.Operations{{
		Name: "changeMyPassword", Summary: "Change the signed-in user's password, by giving the present one; all sessions and tokens end.",
		Method: "POST", Path: "/me/changePassword", Versions: op.Both, Me: true, Success: 204, Action: true,
		Rule:   face.Writes([]string{"Directory.AccessAsUser.All"}, nil, authz.Self),
		Locate: locateMe, Decode: readChange, Prepare: judgeChange, Do: changePassword,
		Writes: true, Activity: userActivity("Change user password", "Update"),
	}}
}

// A passwordChange is what the body asks for. The texts are gone once they are judged.
type passwordChange struct {
	current, next string
	login.Change
}

var changeFields = []edm.Field{
	{Name: "currentPassword", Type: edm.String, Required: true},
	{Name: "newPassword", Type: edm.String, Required: true},
}

func readChange(body edm.Value) (any, error) {
	if err := body.Object(changeFields); err != nil {
		return nil, err
	}
	current, _ := body.Get("currentPassword")
	next, _ := body.Get("newPassword")
	return passwordChange{current: current.Text, next: next.Text}, nil
}

// judgeChange computes, before the lane, the hashes of a copy of the input.
func judgeChange(by *op.Preparing, in any) (any, error) {
	b, _ := in.(passwordChange)
	b.User, b.Fresh = by.Caller.Principal.ID, by.Caller.Fresh
	err := by.Read(func(tx *store.ReadTx) error { return b.Look(tx, tryOf(by.Input), b.current, b.next) })
	if err == nil {
		err = b.Compute(by, b.current, b.next)
	}
	b.current, b.next = "", ""
	return b, refusedChange(err)
}

func changePassword(c *op.Call) (op.Answer, error) {
	b := op.Body[passwordChange](c)
	b.User, b.Fresh = c.Caller.Principal.ID, c.Caller.Fresh
	try := tryOf(c.Input)
	client, _, err := c.Tx.ServicePrincipal(c.Caller.Client)
	if err != nil {
		return op.Answer{}, err
	}
	try.AppName = client.DisplayName
	u, err := b.Apply(c.W, try)
	if err != nil {
		return op.Answer{}, refusedChange(err)
	}
	c.Target(userTarget(&u, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

// tryOf is where a call comes from, as sign-ins are counted and logged.
func tryOf(in *op.Input) login.Try {
	return login.Try{Address: in.Address, Correlation: in.Request, App: in.Caller.AppID, ClientUsed: signin.ClientNative}
}

// refusedChange is a refusal of the present password as Graph answers it: the token is good,
// what was given with it is not (errors.md 2).
func refusedChange(err error) error {
	r, ok := errors.AsType[*login.Refusal](err)
	switch {
	case !ok:
		return err
	case r.Code == login.CodeLocked:
		return fault.BadRequest("currentPassword", "The account is locked because of too many failed attempts. Try again later.")
	}
	return fault.BadRequest("currentPassword", "One or more properties contains invalid values.")
}
