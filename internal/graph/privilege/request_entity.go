package privilege

import (
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

type request = pim.Request

// The two schedule requests of roles differ in name and relations only. Properties are in
// the order of S:003's answers.
var (
	eligibilityRequestEntity = edm.Declare(edm.Entity[request]{Name: "unifiedRoleEligibilityScheduleRequest", Base: "request", Properties: requestProperties()})
	assignmentRequestEntity  = edm.Declare(edm.Entity[request]{Name: "unifiedRoleAssignmentScheduleRequest", Base: "request", Properties: requestProperties()})
)

func requestProperties() []edm.Property[request] {
	return []edm.Property[request]{
		face.Filters(face.IDOf("id", "id", func(r *request) guid.ID { return r.ID }), edm.Equal, 0),
		face.Filters(edm.Property[request]{Name: "status", Type: edm.String, NonNull: true, Column: "status", Write: func(w *edm.Writer, r *request) { w.Str(string(r.Status)) }}, edm.Equal, 0),
		face.Sorted(face.Filters(face.InstantOf("createdDateTime", "created", func(r *request) when.Instant { return r.Created }), edm.Ranged, 0)),
		face.Filters(face.InstantOf("completedDateTime", "completed", func(r *request) when.Instant { return r.Completed }), edm.Ranged|edm.Null, 0),
		face.Filters(face.IDOf("approvalId", "approval", func(r *request) guid.ID { return r.Approval }), edm.Equal|edm.Null, 0),
		face.Absent[request]("customData", edm.String),
		face.Filters(edm.Property[request]{Name: "action", Type: edm.String, Column: "action", Write: func(w *edm.Writer, r *request) { w.Str(r.Spelling) }}, edm.Equal, 0),
		face.Filters(face.IDOf("principalId", "principal", func(r *request) guid.ID { return r.Principal }), edm.Equal, 0),
		face.Filters(face.IDOf("roleDefinitionId", "role", func(r *request) guid.ID { return r.Target.Role }), edm.Equal, 0),
		directoryScope(func(r *request) pim.Scope { return r.Target.Scope }),
		appScope(func(r *request) pim.Scope { return r.Target.Scope }),
		{Name: "isValidationOnly", Type: edm.Boolean, Write: func(w *edm.Writer, r *request) { w.Bool(r.DryRun) }},
		face.Filters(face.IDOf("targetScheduleId", "schedule", func(r *request) guid.ID { return r.Scheduled }), edm.Equal|edm.Null, 0),
		{Name: "justification", Type: edm.String, Write: func(w *edm.Writer, r *request) { w.Ptr(r.Justification) }},
		{Name: "createdBy", Type: edm.Complex, Of: &edm.ComplexType{Name: "identitySet"}, Write: func(w *edm.Writer, r *request) { writeActor(w, r.By) }},
		{Name: "scheduleInfo", Type: edm.Complex, Of: requestSchedule, Write: func(w *edm.Writer, r *request) { writeAsked(w, r.Schedule) }},
		{Name: "ticketInfo", Type: edm.Complex, Of: ticketInfo, Write: func(w *edm.Writer, r *request) { writeTicket(w, r.Ticket) }},
	}
}

// directoryScope is directoryScopeId: null when the grant is held at an app's scope.
func directoryScope[T any](of func(*T) pim.Scope) edm.Property[T] {
	p := edm.Property[T]{Name: "directoryScopeId", Type: edm.String, Column: "directory_scope", Write: func(w *edm.Writer, v *T) {
		if s := of(v); s.App {
			w.Null()
		} else {
			w.Str(s.String())
		}
	}}
	return face.Filters(p, edm.Equal|edm.Null, 0)
}

// appScope is appScopeId: null unless the grant is held at an app's scope.
func appScope[T any](of func(*T) pim.Scope) edm.Property[T] {
	p := edm.Property[T]{Name: "appScopeId", Type: edm.String, Column: "app_scope", Write: func(w *edm.Writer, v *T) {
		if s := of(v); s.App {
			w.Str(s.String())
		} else {
			w.Null()
		}
	}}
	return face.Filters(p, edm.Equal|edm.Null, 0)
}

// writeActor puts an identitySet in full; a user's displayName is null even where it is
// known (behaviour.md §2, 8).
func writeActor(w *edm.Writer, a pim.Actor) {
	w.Begin()
	w.Name("application")
	if a.App.IsZero() {
		w.Null()
	} else {
		w.Begin()
		w.Name("displayName")
		w.OptStr(a.AppName)
		w.Name("id")
		w.ID(a.App)
		w.End()
	}
	w.Name("device")
	w.Null()
	w.Name("user")
	if a.User.IsZero() {
		w.Null()
	} else {
		w.Begin()
		w.Name("displayName")
		w.Null()
		w.Name("id")
		w.ID(a.User)
		w.End()
	}
	w.End()
}

func writeAsked(w *edm.Writer, a *pim.Asked) {
	if a == nil {
		w.Null()
		return
	}
	writeScheduleInfo(w, a.Start, a.Expiration)
}

func writeScheduleInfo(w *edm.Writer, start when.Instant, e pim.Expiration) {
	w.Begin()
	w.Name("startDateTime")
	w.Instant(start)
	w.Name("recurrence")
	w.Null()
	w.Name("expiration")
	w.Begin()
	w.Name("type")
	w.Str(e.Type.String())
	w.Name("endDateTime")
	w.Instant(e.End)
	w.Name("duration")
	w.OptStr(e.Duration)
	w.End()
	w.End()
}

func writeTicket(w *edm.Writer, t pim.Ticket) {
	w.Begin()
	w.Name("ticketNumber")
	w.Ptr(t.Number)
	w.Name("ticketSystem")
	w.Ptr(t.System)
	w.End()
}
