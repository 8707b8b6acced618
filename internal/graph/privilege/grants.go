package privilege

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

var (
	eligibilitySchedules = grantResource(eligibilityScheduleEntity.Name, "roleEligibilitySchedules", store.RoleEligibilities)
	assignmentSchedules  = grantResource(assignmentScheduleEntity.Name, "roleAssignmentSchedules", store.RoleAssignments)
	eligibilityInstances = grantResource(eligibilityInstanceEntity.Name, "roleEligibilityScheduleInstances", store.RoleEligibilitiesNow)
	assignmentInstances  = grantResource(assignmentInstanceEntity.Name, "roleAssignmentScheduleInstances", store.RoleAssignmentsNow)
)

// grantResource is one of the four views of standing privilege.
func grantResource(entity, set string, table *store.Table[pim.Schedule]) *face.Resource[grant] {
	r := &face.Resource[grant]{Set: roleManagement + set, Table: ofSchedules(table), Look: lookAll, Navs: grantNavs}
	switch entity {
	case eligibilityScheduleEntity.Name:
		r.Entity, r.ID = eligibilityScheduleEntity, func(g *grant) string { return scheduleID(&g.Schedule) }
	case assignmentScheduleEntity.Name:
		r.Entity, r.ID = assignmentScheduleEntity, func(g *grant) string { return scheduleID(&g.Schedule) }
		r.Navs = append([]face.Nav[grant]{activatedUsing(false)}, grantNavs...)
	case eligibilityInstanceEntity.Name:
		r.Entity, r.ID = eligibilityInstanceEntity, instanceID
	default:
		r.Entity, r.ID = assignmentInstanceEntity, instanceID
		r.Navs = append([]face.Nav[grant]{activatedUsing(true)}, grantNavs...)
	}
	return r
}

// grantOperations are the reads of schedules and instances (operations.md 1b and 1c).
func grantOperations() op.Operations {
	var list op.Operations
	for _, v := range []struct {
		of        *face.Resource[grant]
		one, path string
		read      []string
		load      func(*op.Call) (grant, bool, error)
	}{
		{eligibilitySchedules, "RoleEligibilitySchedule", "roleEligibilitySchedules", readEligibility, loadSchedule(pim.Eligibility)},
		{assignmentSchedules, "RoleAssignmentSchedule", "roleAssignmentSchedules", readAssignment, loadSchedule(pim.Assignment)},
		{eligibilityInstances, "RoleEligibilityScheduleInstance", "roleEligibilityScheduleInstances", readEligibility, loadEligibilityInstance},
		{assignmentInstances, "RoleAssignmentScheduleInstance", "roleAssignmentScheduleInstances", readAssignment, loadAssignmentInstance},
	} {
		path := "/" + roleManagement + v.path
		rule := face.ReadsPIM(v.read, v.read, authz.Role(readPIM, managePIM), authz.Self)
		list = append(list,
			&op.Operation{
				Name: "list" + v.one + "s", Summary: "List " + v.path + ".",
				Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: v.of.Entity.Name, Collection: true,
				Rule: rule, Locate: ownList, Query: op.ListOptions, Do: v.of.List(nil), Sensitive: true,
			},
			&op.Operation{
				Name: "get" + v.one, Summary: "Read one of " + v.path + ".",
				Method: "GET", Path: path + "/{id}", Versions: op.Both, Success: 200, Entity: v.of.Entity.Name,
				Rule: rule, Locate: locateGrant(v.load), Query: op.SingleOptions, Do: v.of.Get(v.load), NotFound: grantNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "filter" + v.one + "sByCurrentUser", Summary: "List what the caller holds of " + v.path + ", itself or through groups.",
				Method: "GET", Path: path + "/filterByCurrentUser(on={on})", Versions: op.Both, Success: 200, Entity: v.of.Entity.Name, Collection: true, Function: true,
				Rule: face.ReadsPIM(v.read, nil, authz.Anyone), Query: op.ListOptions, Do: mine(v.of).List(grantsOfCaller(v.of.Table)),
			},
		)
	}
	return list
}

func grantNotFound(string) *fault.Fault {
	return &fault.Fault{Status: 404, Code: "ResourceNotFound", Message: "The resource is not found."}
}

// mine is a resource as a list of what the caller holds.
func mine(r *face.Resource[grant]) *face.Resource[grant] {
	m := *r
	m.Look = func(c *op.Call, rows []grant) { lookEach(c, rows, true) }
	return &m
}

// ownList makes a list the caller's own when its filter pins principalId to the caller
// (behaviour.md §10).
func ownList(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
	o.Own = pins(c.Query.Filter, "principalId", c.Caller.Principal.ID)
	return o, nil
}

// pins reports whether a filter holds for no row in which property is other than id.
func pins(n odata.Node, property string, id guid.ID) bool {
	switch n := n.(type) {
	case odata.And:
		for _, t := range n.Terms {
			if pins(t, property, id) {
				return true
			}
		}
	case odata.Compare:
		if n.Op != odata.Eq || n.Path.Var != "" || n.Path.Count || len(n.Path.Names) != 1 || n.Path.Names[0] != property {
			return false
		}
		switch v := n.Value.Value; v.Kind {
		case odata.KindText:
			named, ok := guid.Parse(v.Text)
			return ok && named == id
		case odata.KindID:
			return v.ID == id
		}
	}
	return false
}

// grantsOfCaller are what the caller holds, itself or as a member of a group.
func grantsOfCaller(table *store.Table[grant]) face.Rows {
	return func(c *op.Call) (face.Limits, error) {
		if !strings.EqualFold(c.Param("on"), "principal") {
			return face.Limits{}, fault.BadRequest("on", "The parameter 'on' must be principal.")
		}
		ids, err := selfAndGroups(c)
		if err != nil {
			return face.Limits{}, err
		}
		return face.Limits{
			Conditions: []store.Condition{store.Is(table.Column("principal"), ids...)},
			Values:     map[string]any{"caller": c.Caller.Principal.ID.String()},
		}, nil
	}
}

// mostGroups bounds the groups through which a caller's privilege is listed.
const mostGroups = 1000

// selfAndGroups are the caller and the groups that it is a member of now.
func selfAndGroups(c *op.Call) ([]guid.ID, error) { return withGroups(c, c.Caller.Principal.ID) }

// withGroups are a principal and the groups that it is a member of now. Those that hold roles
// have no groups in them.
func withGroups(c *op.Call, who guid.ID) ([]guid.ID, error) {
	page, err := c.Tx.Around(who, directory.Member, mostGroups, nil)
	if err != nil {
		return nil, err
	}
	ids := []guid.ID{who}
	for _, p := range page.Rows {
		ids = append(ids, p.Group)
	}
	return ids, nil
}

// locateGrant finds the grant that the path names. It is the caller's own when the caller
// holds it, or is in the group that does.
func locateGrant(load func(*op.Call) (grant, bool, error)) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
		g, ok, err := load(c)
		if err != nil {
			return o, err
		}
		if !ok {
			return o, op.Unknown(c.Param("id"))
		}
		o.Own = g.Principal == c.Caller.Principal.ID || c.Snap.InGroup(c.Caller.Principal.ID, g.Principal, c.Now)
		return o, nil
	}
}

// loadSchedule reads a schedule of one side by its id on the wire.
func loadSchedule(side pim.Side) func(*op.Call) (grant, bool, error) {
	return func(c *op.Call) (grant, bool, error) {
		table := store.RoleEligibilities
		if side == pim.Assignment {
			table = store.RoleAssignments
		}
		text := c.Param("id")
		if tuple, ok := pim.ParseRoleAssignmentID(text); ok && side == pim.Assignment {
			g, found, err := findTuple(c, table, tuple, pim.Assigned)
			return g, found && g.OutsidePIM(), err
		}
		id, ok := guid.Parse(text)
		if !ok {
			return grant{}, false, nil
		}
		g, found, err := firstGrant(c, table, func(grant) bool { return true }, store.Is(table.Column("id"), id))
		return g, found && !g.OutsidePIM(), err
	}
}

func loadEligibilityInstance(c *op.Call) (grant, bool, error) {
	tuple, ok := pim.ParseEligibilityInstanceID(c.Param("id"))
	if !ok {
		return grant{}, false, nil
	}
	return findTuple(c, store.RoleEligibilitiesNow, tuple, pim.Eligible)
}

func loadAssignmentInstance(c *op.Call) (grant, bool, error) {
	tuple, activated, ok := pim.ParseAssignmentInstanceID(c.Param("id"))
	if !ok {
		return grant{}, false, nil
	}
	prefer := pim.Assigned
	if activated {
		prefer = pim.Activated
	}
	g, found, err := findTuple(c, store.RoleAssignmentsNow, tuple, prefer)
	return g, found && (!activated || g.Kind == pim.Activated), err
}

// findTuple is the grant of a tuple in a list: of the kind preferred, else of another.
func findTuple(c *op.Call, table *store.Table[pim.Schedule], t pim.Tuple, prefer pim.Kind) (grant, bool, error) {
	same := func(g grant) bool { return pim.TupleOf(g.Target.Role, g.Principal, g.Target.Scope) == t }
	where := []store.Condition{store.Is(table.Column("principal"), t.Principal), store.Is(table.Column("role"), t.Role)}
	g, found, err := firstGrant(c, table, func(g grant) bool { return same(g) && g.Kind == prefer }, where...)
	if err != nil || found {
		return g, found, err
	}
	return firstGrant(c, table, same, where...)
}

// firstGrant is the first grant under the conditions that is wanted.
func firstGrant(c *op.Call, table *store.Table[pim.Schedule], want func(grant) bool, where ...store.Condition) (grant, bool, error) {
	q := store.ListQuery{Rows: where, Limit: face.PageMost, Values: map[string]any{"caller": ""}}
	for {
		page, err := store.List(c.Tx, ofSchedules(table), q)
		if err != nil {
			return grant{}, false, err
		}
		for _, g := range page.Rows {
			if want(g) {
				look(c, &g, g.Principal != c.Caller.Principal.ID && c.Snap.InGroup(c.Caller.Principal.ID, g.Principal, c.Now))
				return g, true, nil
			}
		}
		if page.Next == nil {
			return grant{}, false, nil
		}
		q.After = page.Next
	}
}
