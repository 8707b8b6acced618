package privilege

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// A groupView is one of the four views of who is in groups by PIM. Those of active places
// show standing ones too, which are in a table of their own.
type groupView struct {
	side     pim.Side
	instance bool
	name     string
	of       *face.Resource[grant]
	standing *face.Resource[grant] // nil for eligibilities
}

func groupViews() []groupView {
	var list []groupView
	for _, side := range [...]pim.Side{pim.Eligibility, pim.Assignment} {
		for _, instance := range [...]bool{false, true} {
			list = append(list, newGroupView(side, instance))
		}
	}
	return list
}

func newGroupView(side pim.Side, instance bool) groupView {
	v := groupView{side: side, instance: instance, name: "Schedule"}
	entity, id := groupScheduleEntities[side], func(g *grant) string { return pim.GroupScheduleID(g.Target, g.ID) }
	table := [2][2]*store.Table[pim.Schedule]{{store.GroupEligibilities, store.GroupEligibilitiesNow}, {store.GroupAssignments, store.GroupAssignmentsNow}}[side][btoi(instance)]
	if instance {
		v.name, entity, id = "ScheduleInstance", groupInstanceEntities[side], func(g *grant) string { return pim.GroupInstanceID(g.Schedule) }
	}
	set := strings.ToLower(side.String()) + v.name + "s"
	v.of = &face.Resource[grant]{Entity: entity, Set: groupPIM + set, Table: ofSchedules(table), ID: id, Look: lookAll, Navs: groupGrantNavs(side, instance)}
	if side == pim.Assignment {
		places := *v.of
		places.Table = ofSchedules(store.GroupPlaces)
		v.standing = &places
	}
	return v
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// groupGrantOperations are the reads of schedules and instances of places in groups
// (operations.md 4).
func groupGrantOperations() op.Operations {
	var list op.Operations
	for _, v := range groupViews() {
		access, one, path := &groupAccesses[v.side], "Group"+v.side.String()+v.name, "/"+v.of.Set
		list = append(list,
			&op.Operation{
				Name: "list" + one + "s", Summary: "List who has, or may have, a place in a group, or the places of a principal.",
				Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: v.of.Entity.Name, Collection: true,
				Rule: access.read, Demands: access.reads, Locate: locatePlaces, Query: op.ListOptions, Do: v.list(nil), NotFound: grantNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "get" + one, Summary: "Read one of " + v.of.Set + ".",
				Method: "GET", Path: path + "/{id}", Versions: op.Both, Success: 200, Entity: v.of.Entity.Name,
				Rule: access.read, Demands: access.reads, Locate: v.locate, Query: op.SingleOptions, Do: v.of.Get(v.load), NotFound: grantNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "filter" + one + "sByCurrentUser", Summary: "List the caller's own places in groups, had or to be had.",
				Method: "GET", Path: path + "/filterByCurrentUser(on={on})", Versions: op.Both, Success: 200, Entity: v.of.Entity.Name, Collection: true, Function: true,
				Rule: access.own, Query: op.ListOptions, Do: v.list(placesOfCaller),
			},
		)
	}
	return list
}

// list answers the rows of a table, or of both, within what the caller may see.
func (v groupView) list(within func(*op.Call, *store.Table[grant]) (face.Limits, error)) face.Handler {
	return v.of.ListAll(func(c *op.Call) ([]store.Source[grant], error) {
		var from []store.Source[grant]
		for _, r := range []*face.Resource[grant]{v.of, v.standing} {
			if r == nil {
				continue
			}
			var rows face.Rows
			if within != nil {
				rows = func(c *op.Call) (face.Limits, error) { return within(c, r.Table) }
			}
			q, err := r.Query(c, rows)
			if err != nil {
				return nil, err
			}
			from = append(from, store.Source[grant]{Table: r.Table, Query: q})
		}
		return from, nil
	}, func(g grant) guid.ID { return g.ID })
}

// placesOfCaller are the caller's own.
func placesOfCaller(c *op.Call, table *store.Table[grant]) (face.Limits, error) {
	if !strings.EqualFold(c.Param("on"), "principal") {
		return face.Limits{}, fault.BadRequest("on", "The parameter 'on' must be principal.")
	}
	me := c.Caller.Principal.ID
	return face.Limits{Conditions: []store.Condition{store.Is(table.Column("principal"), me)}, Values: map[string]any{"caller": me.String()}}, nil
}

// load reads the grant that the path names.
func (v groupView) load(c *op.Call) (grant, bool, error) {
	target, id, ok := pim.ParseGroupScheduleID(c.Param("id"))
	if !ok {
		return grant{}, false, nil
	}
	made, standing := id, id
	if v.instance {
		made, standing = pim.ScheduleOfInstance(id)
	}
	named := func(g grant) bool { return target == (pim.Target{}) || g.Target == target }
	g, found, err := v.find(c, v.of, made, named)
	if err != nil || found || v.standing == nil {
		return g, found, err
	}
	return v.find(c, v.standing, standing, named)
}

func (v groupView) find(c *op.Call, r *face.Resource[grant], id guid.ID, want func(grant) bool) (grant, bool, error) {
	page, err := store.List(c.Tx, r.Table, store.ListQuery{Rows: []store.Condition{store.Is(r.Table.Column("id"), id)}, Limit: 1, Values: map[string]any{"caller": ""}})
	if err != nil || len(page.Rows) == 0 || !want(page.Rows[0]) {
		return grant{}, false, err
	}
	lookAll(c, page.Rows)
	return page.Rows[0], true, nil
}

// locate finds the grant that the path names, and the group that it is of.
func (v groupView) locate(c *op.Call) (authz.Object, error) {
	g, ok, err := v.load(c)
	if err != nil {
		return authz.Object{}, err
	}
	if !ok {
		return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}, op.Unknown(c.Param("id"))
	}
	return ofPlace(c, g.Target.Group, g.Principal == c.Caller.Principal.ID)
}

// groupGrantNavs are the relations of schedules and instances of places in groups.
func groupGrantNavs(side pim.Side, instance bool) []face.Nav[grant] {
	navs := []face.Nav[grant]{
		{Name: "group", Load: face.ObjectsOf(func(g *grant) guid.ID { return g.Target.Group })},
		{Name: "principal", Load: face.ObjectsOf(func(g *grant) guid.ID { return g.Principal })},
	}
	if side == pim.Eligibility {
		return navs
	}
	entity := groupScheduleEntities[pim.Eligibility]
	if instance {
		entity = groupInstanceEntities[pim.Eligibility]
	}
	return append(navs, face.Nav[grant]{Name: "activatedUsing", Load: schedulesOf(entity, func(g *grant) guid.ID { return g.Via.Eligibility })})
}

// groupRequestNavs are the relations of requests for places in groups. The schedule of an
// assignment request is published as an eligibility's, which it is not: it carries the type
// that it has (query.md §4).
func groupRequestNavs(side pim.Side) []face.Nav[request] {
	navs := []face.Nav[request]{
		{Name: "group", Load: face.ObjectsOf(func(r *request) guid.ID { return r.Target.Group })},
		{Name: "principal", Load: face.ObjectsOf(func(r *request) guid.ID { return r.Principal })},
	}
	if side == pim.Assignment {
		navs = append(navs, face.Nav[request]{Name: "activatedUsing", Load: schedulesOf(groupScheduleEntities[pim.Eligibility], func(r *request) guid.ID { return r.Via.Eligibility })})
	}
	scheduled := schedulesOf(groupScheduleEntities[side], func(r *request) guid.ID { return r.Scheduled })
	if side == pim.Assignment {
		scheduled = typedAs(groupScheduleEntities[side], scheduled)
	}
	return append(navs, face.Nav[request]{Name: "targetSchedule", Load: scheduled})
}

// typedAs is a loader whose objects carry their type.
func typedAs(e *edm.Entity[grant], load face.Loader[request]) face.Loader[request] {
	return func(c *op.Call, rows []request, q odata.Query) (func(w *edm.Writer, row int), error) {
		write, err := load(c, rows, q)
		if err != nil {
			return nil, err
		}
		return func(w *edm.Writer, row int) {
			var one edm.Writer
			write(&one, row)
			members, isObject := strings.CutPrefix(string(one.Bytes()), "{")
			if !isObject || c.Metadata == "none" {
				w.Raw(one.Bytes())
				return
			}
			if members != "}" {
				members = "," + members
			}
			w.Raw([]byte(`{"@odata.type":"` + e.TypeName() + `"` + members))
		}, nil
	}
}
