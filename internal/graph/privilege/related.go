package privilege

import (
	"slices"

	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// The relations of PIM's objects: principal, roleDefinition, directoryScope, and what
// schedule a request or activation stands on. Each costs one query for the page.

// grantNavs are the relations of schedules, instances and assignments.
var grantNavs = []face.Nav[grant]{
	{Name: "principal", Load: face.ObjectsOf(func(g *grant) guid.ID { return g.Principal })},
	{Name: "roleDefinition", Load: rolesOf(func(g *grant) guid.ID { return g.Target.Role })},
	{Name: "directoryScope", Load: face.ObjectsOf(func(g *grant) guid.ID { return g.Target.Scope.ID })},
	{Name: "appScope", Load: face.Nothing[grant]},
}

// requestPaths are what requests are found by beside their properties.
var requestPaths = map[string]face.Path{
	"createdBy/user/id": {Column: "user", Ops: edm.Equal | edm.Null},
}

// requestNavs are the relations of requests; only those of assignments may have been
// activated from an eligibility.
func requestNavs(assignment bool) []face.Nav[request] {
	navs := []face.Nav[request]{
		{Name: "principal", Load: face.ObjectsOf(func(r *request) guid.ID { return r.Principal })},
		{Name: "roleDefinition", Load: rolesOf(func(r *request) guid.ID { return r.Target.Role })},
		{Name: "directoryScope", Load: face.ObjectsOf(func(r *request) guid.ID { return r.Target.Scope.ID })},
		{Name: "appScope", Load: face.Nothing[request]},
	}
	target := eligibilityScheduleEntity
	if assignment {
		target = assignmentScheduleEntity
		navs = append(navs, face.Nav[request]{Name: "activatedUsing", Load: schedulesOf(eligibilityScheduleEntity, func(r *request) guid.ID { return r.Via.Eligibility })})
	}
	return append(navs, face.Nav[request]{Name: "targetSchedule", Load: schedulesOf(target, func(r *request) guid.ID { return r.Scheduled })})
}

// activatedUsing is the eligibility that an activation stands on: its schedule, or for
// instances its instance.
func activatedUsing(instance bool) face.Nav[grant] {
	entity := eligibilityScheduleEntity
	if instance {
		entity = eligibilityInstanceEntity
	}
	return face.Nav[grant]{Name: "activatedUsing", Load: schedulesOf(entity, func(g *grant) guid.ID { return g.Via.Eligibility })}
}

// rolesOf loads the role definitions that rows name.
func rolesOf[T any](id func(*T) guid.ID) face.Loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		if err := face.Flat(q); err != nil {
			return nil, err
		}
		s, err := roleEntity.Select(q.Select, false)
		if err != nil {
			return nil, err
		}
		list, err := c.Tx.RolesOf(face.Wanted(rows, id))
		if err != nil {
			return nil, err
		}
		found := map[guid.ID]*role{}
		for i := range list {
			found[list[i].ID] = &list[i]
		}
		return func(w *edm.Writer, row int) {
			if r := found[id(&rows[row])]; r != nil {
				roleEntity.Write(w, r, s)
			} else {
				w.Null()
			}
		}, nil
	}
}

// inheritedRoles loads the role definitions whose permissions rows inherit.
func inheritedRoles(c *op.Call, rows []role, q odata.Query) (func(w *edm.Writer, row int), error) {
	if err := face.Flat(q); err != nil {
		return nil, err
	}
	s, err := roleEntity.Select(q.Select, false)
	if err != nil {
		return nil, err
	}
	var ids []guid.ID
	for i := range rows {
		ids = append(ids, rows[i].Inherits...)
	}
	slices.SortFunc(ids, guid.ID.Compare)
	list, err := c.Tx.RolesOf(slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	return func(w *edm.Writer, row int) {
		w.BeginArray()
		for i := range list {
			if slices.Contains(rows[row].Inherits, list[i].ID) {
				roleEntity.Write(w, &list[i], s)
			}
		}
		w.EndArray()
	}, nil
}

// schedulesOf loads the schedules that rows name, written as the given entity.
func schedulesOf[T any](entity *edm.Entity[grant], id func(*T) guid.ID) face.Loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		if err := face.Flat(q); err != nil {
			return nil, err
		}
		s, err := entity.Select(q.Select, false)
		if err != nil {
			return nil, err
		}
		list, err := c.Tx.SchedulesOf(face.Wanted(rows, id))
		if err != nil {
			return nil, err
		}
		found := map[guid.ID]*grant{}
		for _, schedule := range list {
			g := &grant{Schedule: schedule}
			look(c, g, c.Snap.InGroup(c.Caller.Principal.ID, g.Principal, c.Now))
			found[schedule.ID] = g
		}
		return func(w *edm.Writer, row int) {
			if g := found[id(&rows[row])]; g != nil {
				entity.Write(w, g, s)
			} else {
				w.Null()
			}
		}, nil
	}
}
