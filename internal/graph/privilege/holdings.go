package privilege

import (
	"strings"
	"time"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A holding is something that somebody has or may activate now, of a role or of a group.
// Graph has four lists for each of the two; one list of all is Ephor's own.
type holding struct {
	pim.Schedule
	mine   bool          // not through a group
	until  when.Instant  // when time ends it for the caller: with a membership on the way, if not before
	left   time.Duration // until then
	target string        // what the role or group is called
	via    string        // what the group is called through which it is held
}

// step is a group on the way from the caller to what they hold.
var step = &edm.ComplexType{Name: "ephorGrantStep", Fields: []edm.Field{
	{Name: "id", Type: edm.String},
	{Name: "displayName", Type: edm.String},
}}

var holdingEntity = edm.Declare(edm.Entity[holding]{Name: "ephorGrant", Properties: []edm.Property[holding]{
	face.Filters(edm.Property[holding]{Name: "id", Type: edm.String, NonNull: true, Column: "id", Write: func(w *edm.Writer, h *holding) { w.Str(h.ID.String()) }}, edm.Equal, 0),
	face.Filters(edm.Property[holding]{Name: "kind", Type: edm.String, NonNull: true, Column: "sort", Write: func(w *edm.Writer, h *holding) {
		w.Str(either(h.Target.Role.IsZero(), "group", "role"))
	}}, edm.Equal, 0),
	face.Filters(edm.Property[holding]{Name: "state", Type: edm.String, NonNull: true, Column: "state", Write: func(w *edm.Writer, h *holding) {
		w.Str(either(h.Kind == pim.Eligible, "eligible", "active"))
	}}, edm.Equal, 0),
	face.Filters(face.IDOf("principalId", "principal", func(h *holding) guid.ID { return h.Principal }), edm.Equal, 0),
	{Name: "memberType", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, h *holding) { w.Str(either(h.mine, "Direct", "Group")) }},
	{Name: "path", Type: edm.Complex, Many: true, NonNull: true, Of: step, Write: writePath},
	face.Filters(edm.Property[holding]{Name: "assignmentType", Type: edm.String, Column: "assignment_type", Write: func(w *edm.Writer, h *holding) { w.OptStr(h.Kind.String()) }}, edm.Equal, 0),
	{Name: "displayName", Type: edm.String, Write: func(w *edm.Writer, h *holding) { w.OptStr(h.target) }},
	face.Filters(face.IDOf("roleDefinitionId", "role", func(h *holding) guid.ID { return h.Target.Role }), edm.Equal|edm.Null, 0),
	{Name: "directoryScopeId", Type: edm.String, Write: func(w *edm.Writer, h *holding) { w.OptStr(h.scope(false)) }},
	{Name: "appScopeId", Type: edm.String, Write: func(w *edm.Writer, h *holding) { w.OptStr(h.scope(true)) }},
	face.Filters(face.IDOf("groupId", "group", func(h *holding) guid.ID { return h.Target.Group }), edm.Equal|edm.Null, 0),
	{Name: "accessId", Type: edm.String, Write: func(w *edm.Writer, h *holding) {
		w.OptStr(either(h.Target.Group.IsZero(), "", h.Target.Relation.String()))
	}},
	face.InstantOf("startDateTime", "", func(h *holding) when.Instant { return h.Window.Start }),
	face.Filters(face.InstantOf("endDateTime", "end", func(h *holding) when.Instant { return h.Window.End }), edm.Ranged|edm.Null, 0),
	{Name: "timeLeft", Type: edm.Duration, Write: func(w *edm.Writer, h *holding) {
		w.OptStr(either(h.until == when.Never, "", when.FormatDuration(h.left)))
	}},
}})

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// scope is the scope of a role, as the property for one sort of scope has it.
func (h *holding) scope(app bool) string {
	if h.Target.Role.IsZero() || h.Target.Scope.App != app {
		return ""
	}
	return h.Target.Scope.String()
}

func writePath(w *edm.Writer, h *holding) {
	w.BeginArray()
	if !h.mine {
		w.Begin()
		w.Name("id")
		w.ID(h.Principal)
		w.Name("displayName")
		w.OptStr(h.via)
		w.End()
	}
	w.EndArray()
}

// holdings are of two tables; queries are made for each by a resource of its own.
var (
	holdings   = holdingsIn(store.Holdings)
	heldPlaces = holdingsIn(store.HeldPlaces)
)

func holdingsIn(t *store.Table[pim.Schedule]) *face.Resource[holding] {
	return &face.Resource[holding]{
		Entity: holdingEntity, Set: "roleManagement/ephor/grants", Table: ofHoldings(t), Look: lookAtHoldings,
		ID: func(h *holding) string { return h.ID.String() },
	}
}

func ofHoldings(t *store.Table[pim.Schedule]) *store.Table[holding] {
	return store.As(t, func(s pim.Schedule) holding { return holding{Schedule: s} }, func(h *holding) *pim.Schedule { return &h.Schedule })
}

// readHoldings are the scopes that read one's own of everything. Those that read less read
// Graph's own lists.
var readHoldings = []string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"}

func holdingOperations() op.Operations {
	return op.Operations{{
		Name: "filterGrantsByCurrentUser", Summary: "List everything that the caller has and may activate now: roles and groups, itself or through groups, with the time left.",
		Method: "GET", Path: "/roleManagement/ephor/grants/filterByCurrentUser(on={on})", Versions: op.Both, Success: 200,
		Entity: holdingEntity.Name, Collection: true, Function: true,
		Rule: face.ReadsPIM(readHoldings, nil, authz.Anyone), Query: op.ListOptions,
		Do: holdings.ListAll(holdingsOfCaller, func(h holding) guid.ID { return h.ID }),
	}}
}

// holdingsOfCaller are the schedules of the caller and of their groups, and their standing
// places in groups.
func holdingsOfCaller(c *op.Call) ([]store.Source[holding], error) {
	if !strings.EqualFold(c.Param("on"), "principal") {
		return nil, fault.BadRequest("on", "The parameter 'on' must be principal.")
	}
	ids, err := selfAndGroups(c)
	if err != nil {
		return nil, err
	}
	var sources []store.Source[holding]
	for _, of := range []struct {
		resource *face.Resource[holding]
		whose    []guid.ID
	}{{holdings, ids}, {heldPlaces, ids[:1]}} {
		q, err := of.resource.Query(c, func(*op.Call) (face.Limits, error) {
			return face.Limits{
				Conditions: []store.Condition{store.Is(of.resource.Table.Column("principal"), of.whose...)},
				Values:     map[string]any{"caller": ids[0].String()},
			}, nil
		})
		if err != nil {
			return nil, err
		}
		sources = append(sources, store.Source[holding]{Table: of.resource.Table, Query: q})
	}
	return sources, nil
}

// lookAtHoldings fills in what depends on the caller and the instant, and what things are
// called. A name that the database does not give fails the transaction.
func lookAtHoldings(c *op.Call, rows []holding) {
	var roles, groups []guid.ID
	for i := range rows {
		h := &rows[i]
		h.mine = h.Principal == c.Caller.Principal.ID
		h.until = min(h.Window.End, c.Snap.HeldUntil(c.Caller.Principal.ID, h.Principal, h.ID, c.Now))
		if h.until != when.Never {
			h.left = h.until.Sub(c.Now)
		}
		roles = append(roles, h.Target.Role)
		groups = append(groups, h.Target.Group)
		if !h.mine {
			groups = append(groups, h.Principal)
		}
	}
	names := map[guid.ID]string{}
	if found, err := c.Tx.RolesOf(roles); err == nil {
		for i := range found {
			names[found[i].ID] = found[i].DisplayName
		}
	}
	if found, err := c.Tx.GroupsOf(groups); err == nil {
		for i := range found {
			names[found[i].ID] = found[i].DisplayName
		}
	}
	for i := range rows {
		h := &rows[i]
		h.target, h.via = names[h.Target.Role]+names[h.Target.Group], names[h.Principal]
	}
}
