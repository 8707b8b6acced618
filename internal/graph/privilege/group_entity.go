package privilege

import (
	"strings"

	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// What PIM has of places in groups, as it has it of roles: the same requests and schedules,
// in other clothes. Enumerations are of the CSDL here, in its casing, where roles have text
// (behaviour.md §4).
var (
	relationships   = &edm.Enum{Name: "privilegedAccessGroupRelationships", First: 1, Members: []string{"owner", "member"}}
	assignmentTypes = &edm.Enum{Name: "privilegedAccessGroupAssignmentType", First: 1, Members: []string{"assigned", "activated"}}
	memberTypes     = &edm.Enum{Name: "privilegedAccessGroupMemberType", First: 1, Members: []string{"direct", "group"}}
	groupActions    = &edm.Enum{Name: "scheduleRequestActions", First: 1, Members: []string{
		"adminAssign", "adminUpdate", "adminRemove", "selfActivate", "selfDeactivate", "adminExtend", "adminRenew", "selfExtend", "selfRenew",
	}}
)

// groupEntityName is the published name of one of the six: privilegedAccessGroup, which
// side, and what.
func groupEntityName(side pim.Side, what string) string {
	return "privilegedAccessGroup" + side.String() + "Schedule" + what
}

var (
	groupRequestEntities  = bothSides(func(side pim.Side) *edm.Entity[request] { return groupRequestEntity(side) })
	groupScheduleEntities = bothSides(func(side pim.Side) *edm.Entity[grant] { return groupScheduleEntity(side) })
	groupInstanceEntities = bothSides(func(side pim.Side) *edm.Entity[grant] { return groupInstanceEntity(side) })
)

// bothSides is one of each, by side.
func bothSides[T any](of func(pim.Side) T) [2]T {
	return [2]T{pim.Eligibility: of(pim.Eligibility), pim.Assignment: of(pim.Assignment)}
}

func groupRequestEntity(side pim.Side) *edm.Entity[request] {
	own := []edm.Property[request]{}
	for _, p := range requestProperties() {
		switch p.Name {
		case "roleDefinitionId", "directoryScopeId", "appScopeId", "targetScheduleId", "principalId", "status":
			continue
		case "action":
			p.Enum = groupActions
		}
		own = append(own, p)
	}
	id, rest := own[0], own[1:]
	list := append([]edm.Property[request]{id, statusOf(func(r *request) string { return string(r.Status) })}, rest...)
	list = append(list, placeProperties(func(r *request) (guid.ID, pim.Target) { return r.Principal, r.Target })...)
	list = append(list, face.Filters(edm.Property[request]{Name: "targetScheduleId", Type: edm.String, Column: "schedule", Write: func(w *edm.Writer, r *request) {
		if r.Scheduled.IsZero() {
			w.Null()
			return
		}
		w.Str(pim.GroupScheduleID(r.Target, r.Scheduled))
	}}, edm.Equal|edm.Null, 0))
	return edm.Declare(edm.Entity[request]{Name: groupEntityName(side, "Request"), Base: "privilegedAccessScheduleRequest", Properties: list})
}

func statusOf[T any](of func(*T) string) edm.Property[T] {
	return face.Filters(edm.Property[T]{Name: "status", Type: edm.String, NonNull: true, Column: "status", Write: func(w *edm.Writer, v *T) { w.Str(of(v)) }}, edm.Equal, 0)
}

// placeProperties say who has which place in which group, in the order of the examples.
func placeProperties[T any](of func(*T) (guid.ID, pim.Target)) []edm.Property[T] {
	return []edm.Property[T]{
		face.Filters(edm.Property[T]{Name: "accessId", Type: edm.String, Enum: relationships, Column: "relation", Write: func(w *edm.Writer, v *T) {
			_, t := of(v)
			w.Str(t.Relation.String())
		}}, edm.Equal, 0),
		face.Filters(face.IDOf("principalId", "principal", func(v *T) guid.ID { principal, _ := of(v); return principal }), edm.Equal, 0),
		face.Filters(face.IDOf("groupId", "group", func(v *T) guid.ID { _, t := of(v); return t.Group }), edm.Equal, 0),
	}
}

func placeOf(g *grant) (guid.ID, pim.Target) { return g.Principal, g.Target }

func groupScheduleEntity(side pim.Side) *edm.Entity[grant] {
	list := []edm.Property[grant]{
		face.Filters(edm.Property[grant]{Name: "id", Type: edm.String, Column: "id", Write: func(w *edm.Writer, g *grant) { w.Str(pim.GroupScheduleID(g.Target, g.ID)) }}, edm.Equal, 0),
		{Name: "scheduleInfo", Type: edm.Complex, Of: requestSchedule, Write: func(w *edm.Writer, g *grant) { writeScheduleInfo(w, g.Window.Start, g.Expiration) }},
		face.Filters(face.IDOf("createdUsing", "request", func(g *grant) guid.ID { return g.Request }), edm.Equal|edm.Null, 0),
		face.Filters(face.InstantOf("createdDateTime", "created", func(g *grant) when.Instant { return g.Created }), edm.Ranged, 0),
		face.Filters(face.InstantOf("modifiedDateTime", "modified", func(g *grant) when.Instant { return g.Modified }), edm.Ranged|edm.Null, 0),
		statusOf(func(g *grant) string { return g.status }),
	}
	list = append(list, placeProperties(placeOf)...)
	return edm.Declare(edm.Entity[grant]{Name: groupEntityName(side, ""), Base: "privilegedAccessSchedule", Properties: append(list, kindProperties(side)...)})
}

func groupInstanceEntity(side pim.Side) *edm.Entity[grant] {
	schedule := "eligibilityScheduleId"
	if side == pim.Assignment {
		schedule = "assignmentScheduleId"
	}
	list := []edm.Property[grant]{
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, g *grant) { w.Str(pim.GroupInstanceID(g.Schedule)) }},
		face.Filters(face.InstantOf("startDateTime", "start", func(g *grant) when.Instant { return inPIM(g, g.Window.Start) }), edm.Ranged|edm.Null, 0),
		face.Filters(face.InstantOf("endDateTime", "end", func(g *grant) when.Instant { return g.Window.End }), edm.Ranged|edm.Null, 0),
	}
	list = append(list, placeProperties(placeOf)...)
	list = append(list, kindProperties(side)...)
	list = append(list, face.Filters(edm.Property[grant]{Name: schedule, Type: edm.String, Column: "id", Write: func(w *edm.Writer, g *grant) { w.Str(pim.GroupScheduleID(g.Target, g.ID)) }}, edm.Equal, 0))
	return edm.Declare(edm.Entity[grant]{Name: groupEntityName(side, "Instance"), Base: "privilegedAccessScheduleInstance", Properties: list})
}

// kindProperties say how a place is held.
func kindProperties(side pim.Side) []edm.Property[grant] {
	list := []edm.Property[grant]{face.Filters(edm.Property[grant]{Name: "memberType", Type: edm.String, Enum: memberTypes, Column: "member_type", Write: func(w *edm.Writer, g *grant) {
		w.Str(strings.ToLower(g.member))
	}}, edm.Equal, 0)}
	if side == pim.Eligibility {
		return list
	}
	return append(list, face.Filters(edm.Property[grant]{Name: "assignmentType", Type: edm.String, Enum: assignmentTypes, Column: "assignment_type", Write: func(w *edm.Writer, g *grant) {
		w.Str(strings.ToLower(g.Kind.String()))
	}}, edm.Equal, 0))
}

// groupTypes are the types of all six, and of what their requests have in common.
func groupTypes() (all []edm.Description) {
	all = append(all, edm.Description{Name: "privilegedAccessScheduleRequest", Base: "request"})
	for _, side := range [...]pim.Side{pim.Eligibility, pim.Assignment} {
		all = append(all, groupRequestEntities[side].Describe()...)
		all = append(all, groupScheduleEntities[side].Describe()...)
		all = append(all, groupInstanceEntities[side].Describe()...)
	}
	return all
}
