package privilege

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// roleSchedules are the schedules of both sides, eligibilities and assignments.
var (
	roleSchedules = &face.Resource[grant]{
		Entity: scheduleBaseEntity, Set: "Collection(" + scheduleBase + ")", Table: ofSchedules(store.RoleSchedules), Navs: grantNavs,
		ID: func(g *grant) string { return scheduleID(&g.Schedule) },
	}
	scheduleKinds = []*edm.Entity[grant]{eligibilityScheduleEntity, assignmentScheduleEntity}
)

// scheduleParameters are the arguments of the function roleSchedules, each a property by which
// schedules are chosen.
var scheduleParameters = []string{"directoryScopeId", "appScopeId", "principalId", "roleDefinitionId"}

// The permissions are those of the older PIM of directory roles (operations.md 1c).
func roleScheduleOperations() op.Operations {
	return op.Operations{{
		Name: "listRoleSchedules", Summary: "List the schedules, eligibilities and assignments, of a principal, a role and a scope; an argument that is empty or null asks for none in particular.",
		Method: "GET", Path: "/" + roleManagement + "roleSchedules(directoryScopeId={directoryScopeId},appScopeId={appScopeId},principalId={principalId},roleDefinitionId={roleDefinitionId})",
		Versions: op.Both, Success: 200, Entity: scheduleBase, Collection: true, Function: true,
		Rule: face.ReadsPIM([]string{"PrivilegedAccess.ReadWrite.AzureAD"}, []string{"PrivilegedAccess.Read.AzureAD"}, authz.Role(readPIM, managePIM), authz.Self),
		// What is asked for is the caller's own where it names the caller (behaviour.md §10).
		Locate: func(c *op.Call) (authz.Object, error) {
			id, named := guid.Parse(c.Param("principalId"))
			own := named && id == c.Caller.Principal.ID
			return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}, Own: own}, nil
		},
		Query: op.ListOptions, Do: listRoleSchedules, Sensitive: true,
	}}
}

func listRoleSchedules(c *op.Call) (op.Answer, error) {
	in := *c.Input // the input is shared by the runs of a call
	in.Query.Filter = chosen(c)
	c.Input = &in
	q, err := roleSchedules.Query(c, nil)
	if err != nil {
		return op.Answer{}, err
	}
	kinds, err := face.SelectKinds(scheduleBase, scheduleKinds, c.Query.Select)
	if err != nil {
		return op.Answer{}, err
	}
	page, err := store.List(c.Tx, roleSchedules.Table, q)
	if err != nil {
		return op.Answer{}, err
	}
	lookAll(c, page.Rows)
	expand, err := roleSchedules.Expand(c, page.Rows)
	if err != nil {
		return op.Answer{}, err
	}
	total := int64(-1)
	if c.Query.Count && c.Query.SkipToken == "" {
		if total, err = store.Count(c.Tx, roleSchedules.Table, q); err != nil {
			return op.Answer{}, err
		}
	}
	return face.WritePage(c, roleSchedules.Set, page.Next, total, func(w *edm.Writer) {
		for i := range page.Rows {
			w.Begin()
			kinds.WriteMembers(c, w, scheduleEntityOf(&page.Rows[i]), &page.Rows[i])
			face.WriteExpansions(w, expand, i)
			w.End()
		}
	})
}

// scheduleEntityOf is the type of a schedule.
func scheduleEntityOf(g *grant) *edm.Entity[grant] {
	if g.Kind == pim.Eligible {
		return eligibilityScheduleEntity
	}
	return assignmentScheduleEntity
}

// chosen is the caller's filter, within what the function's arguments ask for.
func chosen(c *op.Call) odata.Node {
	var terms []odata.Node
	for _, name := range scheduleParameters {
		if v := c.Param(name); v != "" && !strings.EqualFold(v, "null") {
			terms = append(terms, odata.Compare{Op: odata.Eq, Path: odata.Path{Names: []string{name}}, Value: odata.Literal{Value: odata.Text(v)}})
		}
	}
	if c.Query.Filter != nil {
		terms = append(terms, c.Query.Filter)
	}
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return odata.And{Terms: terms}
}
