package privilege

import (
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A grant is a schedule as one caller sees it: what depends on the caller or the instant
// is filled in for each answer (see look).
type grant struct {
	pim.Schedule
	member string // memberType
	status string // Granted until the start, then Provisioned
	beside bool   // the other kind of grant of the same target is in force too
}

// ofSchedules is a store's list of schedules as a list of grants.
func ofSchedules(t *store.Table[pim.Schedule]) *store.Table[grant] {
	return store.As(t, func(s pim.Schedule) grant { return grant{Schedule: s} }, func(g *grant) *pim.Schedule { return &g.Schedule })
}

// look fills in what the caller sees. asMine says that the list is of what the caller
// holds, where what came through a group is told from what is the caller's own.
func look(c *op.Call, g *grant, asMine bool) {
	g.member, g.status = "Direct", string(pim.Provisioned)
	if asMine && g.Principal != c.Caller.Principal.ID {
		g.member = "Group"
	}
	if g.Window.Start > c.Now && (g.Target.Group.IsZero() || !g.OutsidePIM()) {
		g.status = string(pim.Granted)
	}
	if g.Kind == pim.Activated {
		g.beside = c.Snap.HoldsTarget(g.Principal, g.Target, pim.Assigned, c.Now)
	}
}

// lookAll is look for each row of a page of what anybody holds.
func lookAll(c *op.Call, rows []grant) { lookEach(c, rows, false) }

func lookEach(c *op.Call, rows []grant, asMine bool) {
	for i := range rows {
		look(c, &rows[i], asMine)
	}
}

// The four entities of standing privilege.
var (
	eligibilityScheduleEntity = edm.Declare(edm.Entity[grant]{Name: "unifiedRoleEligibilitySchedule", Base: scheduleBase, Properties: scheduleProperties(false)})
	assignmentScheduleEntity  = edm.Declare(edm.Entity[grant]{Name: "unifiedRoleAssignmentSchedule", Base: scheduleBase, Properties: scheduleProperties(true)})
	eligibilityInstanceEntity = edm.Declare(edm.Entity[grant]{Name: "unifiedRoleEligibilityScheduleInstance", Base: "unifiedRoleScheduleInstanceBase", Properties: instanceProperties(false)})
	assignmentInstanceEntity  = edm.Declare(edm.Entity[grant]{Name: "unifiedRoleAssignmentScheduleInstance", Base: "unifiedRoleScheduleInstanceBase", Properties: instanceProperties(true)})
)

// scheduleID is a schedule's id on the wire: the request's that made it, or for a grant
// made outside PIM the role assignment's (behaviour.md, Id formats).
func scheduleID(s *pim.Schedule) string {
	if s.OutsidePIM() {
		return pim.RoleAssignmentID(s.Target.Role, s.Principal, s.Target.Scope)
	}
	return s.ID.String()
}

// whole are the properties that say who holds what where, in the order of the examples.
func whole() []edm.Property[grant] {
	return []edm.Property[grant]{
		face.Filters(face.IDOf("principalId", "principal", func(g *grant) guid.ID { return g.Principal }), edm.Equal, 0),
		face.Filters(face.IDOf("roleDefinitionId", "role", func(g *grant) guid.ID { return g.Target.Role }), edm.Equal, 0),
		directoryScope(func(g *grant) pim.Scope { return g.Target.Scope }),
		appScope(func(g *grant) pim.Scope { return g.Target.Scope }),
	}
}

// scheduleBaseEntity is what schedules of both sides have in common.
var scheduleBaseEntity = edm.Declare(edm.Entity[grant]{Name: scheduleBase, Properties: baseProperties()})

const scheduleBase = "unifiedRoleScheduleBase"

func baseProperties() []edm.Property[grant] {
	list := append([]edm.Property[grant]{
		face.Filters(edm.Property[grant]{Name: "id", Type: edm.String, Column: "id", Write: func(w *edm.Writer, g *grant) { w.Str(scheduleID(&g.Schedule)) }}, edm.Equal, 0),
	}, whole()...)
	return append(list,
		face.Filters(face.IDOf("createdUsing", "request", func(g *grant) guid.ID { return g.Request }), edm.Equal|edm.Null, 0),
		face.Filters(face.InstantOf("createdDateTime", "created", func(g *grant) when.Instant { return inPIM(g, g.Created) }), edm.Ranged|edm.Null, 0),
		face.Filters(face.InstantOf("modifiedDateTime", "modified", func(g *grant) when.Instant { return inPIM(g, g.Modified) }), edm.Ranged|edm.Null, 0),
		face.Filters(edm.Property[grant]{Name: "status", Type: edm.String, Column: "status", Write: func(w *edm.Writer, g *grant) { w.Str(g.status) }}, edm.Equal, 0),
	)
}

func scheduleProperties(active bool) []edm.Property[grant] {
	list := append(baseProperties(),
		edm.Property[grant]{Name: "scheduleInfo", Type: edm.Complex, Of: requestSchedule, Write: func(w *edm.Writer, g *grant) {
			writeScheduleInfo(w, g.Window.Start, g.Expiration)
		}},
	)
	if active {
		list = append(list, assignmentType())
	}
	return append(list, memberType())
}

// inPIM is t, or null for a grant made outside PIM, of which Graph shows no times.
func inPIM(g *grant, t when.Instant) when.Instant {
	if g.OutsidePIM() {
		return when.Never
	}
	return t
}

func instanceProperties(active bool) []edm.Property[grant] {
	id := edm.Property[grant]{Name: "id", Type: edm.String, Write: func(w *edm.Writer, g *grant) { w.Str(instanceID(g)) }}
	list := append([]edm.Property[grant]{id}, whole()...)
	list = append(list,
		face.Filters(face.InstantOf("startDateTime", "start", func(g *grant) when.Instant { return inPIM(g, g.Window.Start) }), edm.Ranged|edm.Null, 0),
		face.Filters(face.InstantOf("endDateTime", "end", func(g *grant) when.Instant { return g.Window.End }), edm.Ranged|edm.Null, 0),
	)
	schedule := func(name string) edm.Property[grant] {
		p := edm.Property[grant]{Name: name, Type: edm.String, Column: "id", Write: func(w *edm.Writer, g *grant) { w.Str(scheduleID(&g.Schedule)) }}
		return face.Filters(p, edm.Equal, 0)
	}
	if !active {
		return append(list, memberType(), schedule("roleEligibilityScheduleId"))
	}
	origin := edm.Property[grant]{Name: "roleAssignmentOriginId", Type: edm.String, Write: func(w *edm.Writer, g *grant) {
		w.Str(pim.RoleAssignmentID(g.Target.Role, g.Principal, g.Target.Scope))
	}}
	return append(list, assignmentType(), memberType(), origin, schedule("roleAssignmentScheduleId"))
}

func instanceID(g *grant) string {
	if g.Kind == pim.Eligible {
		return pim.EligibilityInstanceID(g.Target.Role, g.Principal, g.Target.Scope)
	}
	return pim.AssignmentInstanceID(g.Target.Role, g.Principal, g.Target.Scope, g.Kind, g.beside)
}

func assignmentType() edm.Property[grant] {
	p := edm.Property[grant]{Name: "assignmentType", Type: edm.String, Column: "assignment_type", Write: func(w *edm.Writer, g *grant) { w.Str(g.Kind.String()) }}
	return face.Filters(p, edm.Equal, 0)
}

func memberType() edm.Property[grant] {
	p := edm.Property[grant]{Name: "memberType", Type: edm.String, Column: "member_type", Write: func(w *edm.Writer, g *grant) { w.Str(g.member) }}
	return face.Filters(p, edm.Equal, 0)
}

// assignmentEntity is microsoft.graph.unifiedRoleAssignment: an active grant, seen as a
// plain role assignment.
var assignmentEntity = edm.Declare(edm.Entity[grant]{
	Name: "unifiedRoleAssignment",
	Properties: append([]edm.Property[grant]{
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, g *grant) {
			w.Str(pim.RoleAssignmentID(g.Target.Role, g.Principal, g.Target.Scope))
		}},
	}, append(whole(), edm.Property[grant]{
		Name: "condition", Type: edm.String, Hidden: true, Write: func(w *edm.Writer, _ *grant) { w.Null() },
	})...),
})
