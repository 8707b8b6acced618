package graph

import (
	"ephor/internal/audit"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type record = audit.Record

var operationResult = &edm.Enum{Name: "operationResult", Members: []string{"success", "failure", "timeout", "unknownFutureValue"}}

// auditEntity is microsoft.graph.directoryAudit (R:directoryaudit), in the order of
// A:directoryaudit-list.
var auditEntity = edm.Declare(edm.Entity[record]{
	Name: "directoryAudit",
	Properties: []edm.Property[record]{
		face.Filters(face.IDOf("id", "id", func(r *record) guid.ID { return r.ID }), face.ByValue, 0),
		face.Filters(face.TextOf("category", "category", func(r *record) *string { return &r.Category }, 0), edm.Eq, 0),
		face.Filters(face.IDOf("correlationId", "correlation", func(r *record) guid.ID { return r.Correlation }), edm.Eq, 0),
		face.Filters(edm.Property[record]{Name: "result", Type: edm.String, Enum: operationResult, Column: "result", Write: func(w *edm.Writer, r *record) { w.Str(string(r.Result)) }}, edm.Eq, 0),
		face.TextOf("resultReason", "", func(r *record) *string { return &r.Reason }, 0),
		face.Filters(face.TextOf("activityDisplayName", "activity", func(r *record) *string { return &r.Activity }, 0), edm.Eq|face.ByPrefix, 0),
		face.Sorted(face.Filters(face.InstantOf("activityDateTime", "at", func(r *record) when.Instant { return r.At }), edm.Eq|face.ByRange, 0)),
		face.Filters(face.TextOf("loggedByService", "service", func(r *record) *string { return &r.Service }, 0), edm.Eq, 0),
		face.TextOf("operationType", "", func(r *record) *string { return &r.Type }, 0),
		{Name: "initiatedBy", Type: edm.Complex, Of: &edm.ComplexType{Name: "auditActivityInitiator"}, Write: writeInitiator},
		{Name: "targetResources", Type: edm.Complex, Many: true, Of: &edm.ComplexType{Name: "targetResource"}, Write: writeTargets},
		{Name: "additionalDetails", Type: edm.Complex, Many: true, Of: &edm.ComplexType{Name: "keyValue"}, Write: writeAdditional},
	},
})

// writeInitiator puts who did it: an application or a user, the other being null. The
// operator at the server's own machine is shown as an application of that name.
func writeInitiator(w *edm.Writer, r *record) {
	a := r.Actor
	w.Begin()
	w.Name("app")
	switch {
	case a.Operator != "":
		writeApp(w, audit.App{Name: "Operator: " + a.Operator})
	case a.App != audit.App{}:
		writeApp(w, a.App)
	default:
		w.Null()
	}
	w.Name("user")
	if a.User.ID.IsZero() {
		w.Null()
	} else {
		writeInitiatingUser(w, a.User)
	}
	w.End()
}

func writeApp(w *edm.Writer, a audit.App) {
	w.Begin()
	w.Name("appId")
	w.OptStr(a.ID)
	w.Name("displayName")
	w.OptStr(a.Name)
	w.Name("servicePrincipalId")
	w.OptID(a.ServicePrincipalID)
	w.Name("servicePrincipalName")
	w.OptStr(a.ServicePrincipal)
	w.End()
}

func writeInitiatingUser(w *edm.Writer, u audit.User) {
	w.Begin()
	w.Name("id")
	w.OptID(u.ID)
	w.Name("displayName")
	w.OptStr(u.Name)
	w.Name("userPrincipalName")
	w.OptStr(u.UPN)
	w.Name("ipAddress")
	w.OptStr(u.IP)
	for _, name := range []string{"userType", "homeTenantId", "homeTenantName"} {
		w.Name(name)
		w.Null()
	}
	w.End()
}

func writeTargets(w *edm.Writer, r *record) {
	w.BeginArray()
	for _, t := range r.Targets {
		w.Begin()
		w.Name("id")
		w.OptStr(t.ID)
		w.Name("displayName")
		w.OptStr(t.Name)
		w.Name("type")
		w.Str(string(t.Kind))
		w.Name("userPrincipalName")
		w.OptStr(t.UPN)
		w.Name("groupType")
		w.OptStr(t.GroupType)
		w.Name("modifiedProperties")
		writeModified(w, t.Modified)
		w.End()
	}
	w.EndArray()
}

func writeModified(w *edm.Writer, list []audit.Property) {
	w.BeginArray()
	for _, p := range list {
		w.Begin()
		w.Name("displayName")
		w.Str(p.Name)
		w.Name("oldValue")
		w.OptStr(p.Old)
		w.Name("newValue")
		w.OptStr(p.New)
		w.End()
	}
	w.EndArray()
}

func writeAdditional(w *edm.Writer, r *record) {
	w.BeginArray()
	for _, d := range r.Details {
		w.Begin()
		w.Name("key")
		w.Str(d.Key)
		w.Name("value")
		w.Str(d.Value)
		w.End()
	}
	w.EndArray()
}
