package graph

import (
	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

type signInEvent = signin.Event

// signInEntity is microsoft.graph.signIn, in the order of A:signin-get. What is not judged
// here (risk, conditional access, places) is answered as Graph does where nothing is known.
var signInEntity = edm.Declare(edm.Entity[signInEvent]{
	Name: "signIn",
	Properties: []edm.Property[signInEvent]{
		face.Filters(face.IDOf("id", "id", func(e *signInEvent) guid.ID { return e.ID }), edm.Eq, 0),
		face.Sorted(face.Filters(face.InstantOf("createdDateTime", "at", func(e *signInEvent) when.Instant { return e.At }), edm.Eq|face.ByRange, 0)),
		face.TextOf("userDisplayName", "", func(e *signInEvent) *string { return &e.UserName }, 0),
		face.Filters(face.TextOf("userPrincipalName", "upn", func(e *signInEvent) *string { return &e.UPN }, 0), edm.Eq|face.ByPrefix, 0),
		face.Filters(face.IDOf("userId", "user", func(e *signInEvent) guid.ID { return e.User }), edm.Eq, 0),
		face.Filters(face.IDOf("appId", "app", func(e *signInEvent) guid.ID { return e.App }), edm.Eq, 0),
		face.Filters(face.TextOf("appDisplayName", "app_name", func(e *signInEvent) *string { return &e.AppName }, 0), edm.Eq|face.ByPrefix, 0),
		face.Filters(face.TextOf("ipAddress", "address", func(e *signInEvent) *string { return &e.Address }, 0), edm.Eq, 0),
		face.TextOf("clientAppUsed", "", func(e *signInEvent) *string { return &e.ClientUsed }, 0),
		face.TextOf("userAgent", "", func(e *signInEvent) *string { return &e.UserAgent }, 0),
		face.IDOf("correlationId", "", func(e *signInEvent) guid.ID { return e.Correlation }),
		word("conditionalAccessStatus", "notApplied"),
		{Name: "isInteractive", Type: edm.Boolean, Write: func(w *edm.Writer, e *signInEvent) { w.Bool(e.Interactive) }},
		word("riskDetail", "none"), word("riskLevelAggregated", "none"), word("riskLevelDuringSignIn", "none"), word("riskState", "none"),
		face.None[signInEvent]("riskEventTypes_v2"),
		face.TextOf("resourceDisplayName", "", func(e *signInEvent) *string { return &e.ResourceApp }, 0),
		face.IDOf("resourceId", "", func(e *signInEvent) guid.ID { return e.Resource }),
		face.IDOf("servicePrincipalId", "", func(e *signInEvent) guid.ID { return e.Principal }),
		{Name: "status", Type: edm.Complex, Of: &edm.ComplexType{Name: "signInStatus"}, Write: writeSignInStatus},
	},
})

// words are the enums of what is not judged here, as the published CSDL has them.
var words = map[string]*edm.Enum{
	"conditionalAccessStatus": {Name: "conditionalAccessStatus", Members: []string{"success", "failure", "notApplied", "unknownFutureValue"}},
	"riskDetail":              {Name: "riskDetail", Members: []string{"none"}},
	"riskLevelAggregated":     riskLevel,
	"riskLevelDuringSignIn":   riskLevel,
	"riskState":               {Name: "riskState", Members: []string{"none"}},
}

var riskLevel = &edm.Enum{Name: "riskLevel", Members: []string{"low", "medium", "high", "hidden", "none", "unknownFutureValue"}}

// word is a property that always has one value.
func word(name, value string) edm.Property[signInEvent] {
	return edm.Property[signInEvent]{Name: name, Type: edm.String, Enum: words[name], Write: func(w *edm.Writer, _ *signInEvent) { w.Str(value) }}
}

func writeSignInStatus(w *edm.Writer, e *signInEvent) {
	w.Begin()
	w.Name("errorCode")
	w.Int(int64(e.Code))
	w.Name("failureReason")
	w.OptStr(e.Reason)
	w.Name("additionalDetails")
	w.OptStr(e.Detail)
	w.End()
}

// signIns is the log of sign-ins, the newest first.
var signIns = &face.Resource[signInEvent]{
	Entity: signInEntity, Set: "auditLogs/signIns", Table: store.SignIns,
	Page: 1000, Most: 1000, ID: func(e *signInEvent) string { return e.ID.String() },
	More: map[string]face.Path{"status/errorCode": {Column: "code", Ops: edm.Eq}},
}

var readSignIns = []string{"AuditLog.Read.All"}

// signInOperations are the reads of the sign-in log (operations.md §6).
func signInOperations() op.Operations {
	rule := face.Reads(readSignIns, readSignIns, authz.Role("microsoft.directory/signInReports/allProperties/read"))
	return op.Operations{
		{
			Name: "listSignIns", Summary: "List the sign-in log, newest first.",
			Method: "GET", Path: "/auditLogs/signIns", Versions: op.Both, Success: 200, Entity: "signIn", Collection: true,
			Rule: rule, Query: odata.Filter | odata.Top | odata.SkipToken | odata.Format | odata.OrderBy | odata.Select, Do: signIns.List(nil), Sensitive: true,
		},
		{
			Name: "getSignIn", Summary: "Read one sign-in.",
			Method: "GET", Path: "/auditLogs/signIns/{id}", Versions: op.Both, Success: 200, Entity: "signIn",
			Rule: rule, Query: odata.Select | odata.Format, Do: signIns.Get(loadSignIn), Sensitive: true,
		},
	}
}

func loadSignIn(c *op.Call) (signInEvent, bool, error) {
	id, ok := guid.Parse(c.Param("id"))
	if !ok {
		return signInEvent{}, false, nil
	}
	return c.Tx.SignInEvent(id)
}
