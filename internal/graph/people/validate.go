package people

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// validateNames are the scopes of validateProperties (operations.md 5e).
var (
	validateNames    = []string{"Group.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	validateNamesApp = []string{"Group.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"}
)

func validateOperations() op.Operations {
	return op.Operations{{
		Name: "validateGroupProperties", Summary: "Tell whether a Microsoft 365 group that is to be made could be called so.", Action: true,
		Method: "POST", Path: "/directoryObjects/validateProperties", Versions: op.Both, Success: 204,
		Rule: face.Reads(face.AsUser(validateNames), validateNamesApp, authz.Member), Decode: readNames, Do: validateGroupNames,
	}}
}

// A naming is what a group is to be called; a name that is not given is nil.
type naming struct {
	displayName, mailNickname *string
	onBehalfOf                guid.ID
}

// readNames reads the body of validateProperties. What no group may be called whatever others
// are is refused as it is when one is made: it is no matter of policy.
func readNames(body edm.Value) (any, error) {
	err := body.Object([]edm.Field{
		{Name: "displayName", Type: edm.String},
		{Name: "entityType", Type: edm.String, Required: true},
		{Name: "mailNickname", Type: edm.String},
		{Name: "onBehalfOfUserId", Type: edm.GUID},
	})
	if err != nil {
		return nil, err
	}
	var n naming
	if v, _ := body.Get("entityType"); !strings.EqualFold(v.Text, "Group") {
		return nil, fault.BadRequest("entityType", "The only entityType whose properties are validated is Group.")
	}
	if v, given := body.Get("displayName"); given && !v.IsNull() {
		n.displayName = &v.Text
	}
	if v, given := body.Get("mailNickname"); given && !v.IsNull() {
		n.mailNickname = &v.Text
	}
	if n.displayName == nil && n.mailNickname == nil {
		return nil, fault.BadRequest("displayName", "Give a displayName, a mailNickname, or both.")
	}
	if v, given := body.Get("onBehalfOfUserId"); given && !v.IsNull() {
		if n.onBehalfOf, err = v.ID(); err != nil {
			return nil, err
		}
	}
	return n, directory.CheckGroupNames(n.displayName, n.mailNickname)
}

// validateGroupNames answers 204, or 422 with what is wrong. Names are judged alike for
// everybody: of whoever they are judged for it is asked only that they are there, and of who
// may not read users not even that.
func validateGroupNames(c *op.Call) (op.Answer, error) {
	n := op.Body[naming](c)
	if id := n.onBehalfOf; !id.IsZero() && c.Snap.MayRead(c.Caller, directory.KindUser, c.Now) {
		if f, known := c.Snap.Object(id); !known || !f.Live() || f.Kind != directory.KindUser {
			return op.Answer{}, fault.NotFound(id.String()).About("onBehalfOfUserId")
		}
	}
	if n.mailNickname == nil {
		return op.Answer{Status: c.Op.Success}, nil
	}
	taken, err := c.Tx.MailNicknameTaken(*n.mailNickname, guid.ID{})
	if err == nil && taken {
		err = (&fault.Fault{Status: 422, Code: "Request_UnprocessableEntity", Message: "The values provided contain one or more validation errors."}).
			With(fault.Detail{Code: "PropertyConflict", Target: "mailNickname", Message: "Another object with the same value for property mailNickname already exists."})
	}
	return op.Answer{Status: c.Op.Success}, err
}
