package graph

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// The relations of PIM's objects: principal, roleDefinition, directoryScope, and what
// schedule a request or activation stands on. Each costs one query for the page.

// grantNavs are the relations of schedules, instances and assignments.
var grantNavs = []nav[grant]{
	{name: "principal", load: objectsOf(func(g *grant) guid.ID { return g.Principal })},
	{name: "roleDefinition", load: rolesOf(func(g *grant) guid.ID { return g.Target.Role })},
	{name: "directoryScope", load: objectsOf(func(g *grant) guid.ID { return g.Target.Scope.ID })},
	{name: "appScope", load: nothing[grant]},
}

// requestPaths are what requests are found by beside their properties.
var requestPaths = map[string]path{
	"createdBy/user/id": {"user", edm.Equal | edm.Null},
}

// requestNavs are the relations of requests; only those of assignments may have been
// activated from an eligibility.
func requestNavs(assignment bool) []nav[request] {
	navs := []nav[request]{
		{name: "principal", load: objectsOf(func(r *request) guid.ID { return r.Principal })},
		{name: "roleDefinition", load: rolesOf(func(r *request) guid.ID { return r.Target.Role })},
		{name: "directoryScope", load: objectsOf(func(r *request) guid.ID { return r.Target.Scope.ID })},
		{name: "appScope", load: nothing[request]},
	}
	target := eligibilityScheduleEntity
	if assignment {
		target = assignmentScheduleEntity
		navs = append(navs, nav[request]{name: "activatedUsing", load: schedulesOf(eligibilityScheduleEntity, func(r *request) guid.ID { return r.Via.Eligibility })})
	}
	return append(navs, nav[request]{name: "targetSchedule", load: schedulesOf(target, func(r *request) guid.ID { return r.Scheduled })})
}

// activatedUsing is the eligibility that an activation stands on: its schedule, or for
// instances its instance.
func activatedUsing(instance bool) nav[grant] {
	entity := eligibilityScheduleEntity
	if instance {
		entity = eligibilityInstanceEntity
	}
	return nav[grant]{name: "activatedUsing", load: schedulesOf(entity, func(g *grant) guid.ID { return g.Via.Eligibility })}
}

// A loader is a nav's load.
type loader[T any] func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error)

// nothing is a relation that never has an object.
func nothing[T any](*op.Call, []T, odata.Query) (func(w *edm.Writer, row int), error) {
	return func(w *edm.Writer, _ int) { w.Null() }, nil
}

// wanted are the distinct ids that the rows name.
func wanted[T any](rows []T, id func(*T) guid.ID) []guid.ID {
	seen := map[guid.ID]bool{}
	var ids []guid.ID
	for i := range rows {
		if want := id(&rows[i]); !want.IsZero() && !seen[want] {
			seen[want] = true
			ids = append(ids, want)
		}
	}
	return ids
}

// rolesOf loads the role definitions that rows name.
func rolesOf[T any](id func(*T) guid.ID) loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		s, err := roleEntity.Select(q.Select, false)
		if err != nil {
			return nil, err
		}
		list, err := c.Tx.RolesOf(wanted(rows, id))
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

// schedulesOf loads the schedules that rows name, written as the given entity.
func schedulesOf[T any](entity *edm.Entity[grant], id func(*T) guid.ID) loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		s, err := entity.Select(q.Select, false)
		if err != nil {
			return nil, err
		}
		list, err := c.Tx.SchedulesOf(wanted(rows, id))
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

// objectsOf loads the directory objects that rows name. Each carries its type; a caller
// who may not read its kind is shown the type and id only.
func objectsOf[T any](id func(*T) guid.ID) loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		found, err := loadObjects(c, wanted(rows, id), q.Select)
		if err != nil {
			return nil, err
		}
		return func(w *edm.Writer, row int) {
			if write := found[id(&rows[row])]; write != nil {
				w.Begin()
				write(w)
				w.End()
			} else {
				w.Null()
			}
		}, nil
	}
}

// loadObjects reads directory objects of any kind, and answers for each how its members
// are written into an object that is open.
func loadObjects(c *op.Call, ids []guid.ID, names []string) (map[guid.ID]func(*edm.Writer), error) {
	if err := checkNames(names); err != nil {
		return nil, err
	}
	byKind := map[directory.Kind][]guid.ID{}
	for _, id := range ids {
		if f, ok := c.Snap.Object(id); ok && f.Live() {
			byKind[f.Kind] = append(byKind[f.Kind], id)
		}
	}
	out := map[guid.ID]func(*edm.Writer){}
	for kind, of := range byKind {
		if err := loadKind(c, kind, of, names, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func loadKind(c *op.Call, kind directory.Kind, ids []guid.ID, names []string, out map[guid.ID]func(*edm.Writer)) error {
	if !c.Snap.MayRead(c.Caller, kind, c.Now) {
		for _, id := range ids {
			out[id] = func(w *edm.Writer) { writeStranger(c, w, kind, id) }
		}
		return nil
	}
	switch kind {
	case directory.KindUser:
		list, err := c.Tx.UsersOf(ids)
		return keep(c, userEntity, list, err, names, func(u *user) guid.ID { return u.ID }, out)
	case directory.KindGroup:
		list, err := c.Tx.GroupsOf(ids)
		return keep(c, groupEntity, list, err, names, func(g *group) guid.ID { return g.ID }, out)
	case directory.KindServicePrincipal:
		list, err := c.Tx.ServicePrincipalsOf(ids)
		return keep(c, principalEntity, list, err, names, func(p *principal) guid.ID { return p.ID }, out)
	case directory.KindApplication:
		list, err := applicationsOf(c, ids)
		return keep(c, applicationEntity, list, err, names, func(a *application) guid.ID { return a.ID }, out)
	}
	for _, id := range ids {
		out[id] = func(w *edm.Writer) { writeStranger(c, w, kind, id) }
	}
	return nil
}

// checkNames refuses a $select of directory objects that names what no kind of them has.
func checkNames(names []string) error {
	for _, name := range names {
		_, u := userEntity.Property(name)
		_, g := groupEntity.Property(name)
		_, p := principalEntity.Property(name)
		_, a := applicationEntity.Property(name)
		if name != "*" && !u && !g && !p && !a {
			return fault.BadQuery("$select", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.directoryObject'.", name)
		}
	}
	return nil
}

// keep notes how each of a kind's objects is written. A name in $select that the kind does
// not have is left out: the collection is of directory objects, not of one kind.
func keep[T any](c *op.Call, e *edm.Entity[T], list []T, err error, names []string, id func(*T) guid.ID, out map[guid.ID]func(*edm.Writer)) error {
	if err != nil {
		return err
	}
	var own []string
	for _, name := range names {
		if _, ok := e.Property(name); ok || name == "*" {
			own = append(own, name)
		}
	}
	s := make(edm.Selection, len(e.Properties))
	if len(names) == 0 || len(own) > 0 {
		if s, err = e.Select(own, true); err != nil {
			return err
		}
	}
	for i := range list {
		v := &list[i]
		out[id(v)] = func(w *edm.Writer) {
			writeType(c, w, e.TypeName())
			e.WriteMembers(w, v, s)
		}
	}
	return nil
}

func writeStranger(c *op.Call, w *edm.Writer, kind directory.Kind, id guid.ID) {
	writeType(c, w, "#microsoft.graph."+kind.String())
	w.Name("id")
	w.ID(id)
}

// applicationsOf reads registrations, which are few among what a page names.
func applicationsOf(c *op.Call, ids []guid.ID) ([]application, error) {
	var list []application
	for _, id := range ids {
		a, ok, err := c.Tx.Application(id)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, a)
		}
	}
	return list, nil
}
