package privilege

import (
	"net/http"

	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/op"
)

// providerOperations are the two paths above PIM for groups. Nothing is there: Graph looks
// for the provider that the rest of the path names, and finds none (errors.md 1b).
func providerOperations() op.Operations {
	list := op.Operations{
		{Name: "getPrivilegedAccess", Summary: "Nothing is here: the path lacks the provider, so it is always refused.", Path: "/identityGovernance/privilegedAccess"},
		{Name: "getPrivilegedAccessGroup", Summary: "Nothing is here: the path lacks what of PIM for groups is meant, so it is always refused.", Path: "/identityGovernance/privilegedAccess/group"},
	}
	for _, o := range list {
		o.Method, o.Versions, o.Success, o.Rule, o.Do = http.MethodGet, op.Both, http.StatusBadRequest, readAnyPlace, missingProvider
	}
	return list
}

// readAnyPlace lets in whoever may read something of PIM for groups.
var readAnyPlace = func() *authz.Rule {
	var scopes []string
	for i := range groupAccesses {
		scopes = face.AppendNew(scopes, groupAccesses[i].scopes...)
	}
	return face.ReadsPIM(scopes, scopes, authz.Anyone)
}()

func missingProvider(*op.Call) (op.Answer, error) {
	return op.Answer{}, &fault.Fault{Status: http.StatusBadRequest, Code: "MissingProvider", Message: "The provider is missing.", Wrapped: true}
}
