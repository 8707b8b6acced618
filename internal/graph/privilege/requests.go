package privilege

import (
	"errors"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

var errNoSchedule = errors.New("a granted assignment made no schedule")

var (
	eligibilityRequests = &face.Resource[request]{
		Entity: eligibilityRequestEntity, Set: roleManagement + "roleEligibilityScheduleRequests", Table: store.RoleEligibilityRequests,
		ID: func(r *request) string { return r.ID.String() }, Navs: requestNavs(false), More: requestPaths,
	}
	assignmentRequests = &face.Resource[request]{
		Entity: assignmentRequestEntity, Set: roleManagement + "roleAssignmentScheduleRequests", Table: store.RoleAssignmentRequests,
		ID: func(r *request) string { return r.ID.String() }, Navs: requestNavs(true), More: requestPaths,
	}
)

// requestOperations are the operations on schedule requests of roles (operations.md 1b
// and 1c).
func requestOperations() op.Operations {
	var list op.Operations
	for _, side := range []struct {
		side         pim.Side
		of           *face.Resource[request]
		inbox        *store.Table[request]
		one, path    string
		read, change []string
		remove       []string
		activity     string
		canceled     string
	}{
		{pim.Eligibility, eligibilityRequests, store.RoleEligibilityInbox, "RoleEligibilityScheduleRequest", "/roleManagement/directory/roleEligibilityScheduleRequests", readEligibilityRequests, writeEligibility, removeEligibility, "Add eligible member to role in PIM requested", "Add eligible member to role in PIM canceled"},
		{pim.Assignment, assignmentRequests, store.RoleAssignmentInbox, "RoleAssignmentScheduleRequest", "/roleManagement/directory/roleAssignmentScheduleRequests", readAssignmentRequests, writeAssignment, removeAssignment, "Add member to role in PIM requested", "Add member to role in PIM canceled"},
	} {
		all := face.ReadsPIM(side.read, side.read, authz.Role(readPIM, managePIM), authz.Self)
		own := face.ReadsPIM(side.read, nil, authz.Anyone)
		list = append(list,
			&op.Operation{
				Name: "list" + side.one + "s", Summary: "List schedule requests.",
				Method: "GET", Path: side.path, Versions: op.Both, Success: 200, Entity: side.of.Entity.Name, Collection: true,
				Rule: all, Locate: ownList, Query: op.ListOptions, Do: side.of.List(nil), Sensitive: true,
			},
			&op.Operation{
				Name: "create" + side.one, Summary: "Ask for a change of privilege: assign, update, extend, renew, remove, activate, deactivate.",
				Method: "POST", Path: side.path, Versions: op.Both, Success: 201, Entity: side.of.Entity.Name,
				Rule:   face.WritesPIM(side.remove, side.remove, authz.Anyone),
				Locate: locateRequested, Decode: readRoleRequest(side.side), BadBody: invalidRequest, Demands: requestDemands(side.side), About: asked, Do: createRequest(side.of),
				DryRun: func(in any) bool { r, ok := in.(pim.Request); return ok && r.DryRun },
				Writes: true, Activity: roleActivity(side.activity, "Assign"),
			},
			&op.Operation{
				Name: "get" + side.one, Summary: "Read one schedule request.",
				Method: "GET", Path: side.path + "/{id}", Versions: op.Both, Success: 200, Entity: side.of.Entity.Name,
				Rule: all, Locate: locateRequest(side.side), Query: op.SingleOptions, Do: side.of.Get(loadRequest),
				NotFound: requestNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "cancel" + side.one, Summary: "Call off a schedule request that waits for a decision or for its start.",
				Method: "POST", Path: side.path + "/{id}/cancel", Versions: op.Both, Success: 204, Action: true,
				Rule:   face.WritesPIM(side.change, side.change, authz.Role(managePIM, manageAssignments), authz.Self),
				Locate: locateCancel(side.side), Do: cancelRequest, NotFound: requestNotFound,
				Writes: true, Activity: roleActivity(side.canceled, "Cancel"),
			},
			&op.Operation{
				Name: "filter" + side.one + "sByCurrentUser", Summary: "List the caller's own schedule requests.",
				Method: "GET", Path: side.path + "/filterByCurrentUser(on={on})", Versions: op.Both, Success: 200, Entity: side.of.Entity.Name, Collection: true, Function: true,
				Rule: own, Query: op.ListOptions, Do: byCurrentUser(side.of, side.inbox),
			},
		)
	}
	return list
}

func requestNotFound(string) *fault.Fault {
	return &fault.Fault{Status: 404, Code: "RoleAssignmentRequestNotFound", Message: "The role assignment request is not found"}
}

// requestDemands tells what one asks for oneself from what an administrator decides, and
// what takes away from what gives: the Remove scopes are for the first only.
func requestDemands(side pim.Side) func(*op.Call) []*authz.Rule {
	change, remove := writeEligibility, removeEligibility
	if side == pim.Assignment {
		change, remove = writeAssignment, removeAssignment
	}
	administer := authz.Role(managePIM, manageAssignments)
	table := map[[2]bool]*authz.Rule{ // self, taking away
		{false, false}: face.WritesPIM(change, change, administer),
		{false, true}:  face.WritesPIM(remove, remove, administer),
		{true, false}:  face.WritesPIM(change, nil, authz.Self),
		{true, true}:   face.WritesPIM(remove, nil, authz.Self),
	}
	return func(c *op.Call) []*authz.Rule {
		r, ok := c.In.(pim.Request)
		if !ok {
			return nil
		}
		takes := r.Action == pim.AdminRemove || r.Action == pim.SelfDeactivate
		return []*authz.Rule{table[[2]bool{r.Action.Self(), takes}]}
	}
}

// locateRequested is what a new request is about: for what one asks for oneself, the
// caller's own privilege; else the tenant's.
func locateRequested(c *op.Call) (authz.Object, error) {
	r := op.Body[pim.Request](c)
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
	if r.Action.Self() && !c.Caller.AppOnly {
		// Whose principalId it is, Decide judges: it knows the words.
		o.Own = true
	}
	return o, nil
}

func createRequest(of *face.Resource[request]) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		v, err := decide(c, op.Body[pim.Request](c))
		if err != nil {
			return op.Answer{}, err
		}
		if c.W == nil {
			return of.One(c, &v.Request)
		}
		return of.Made(c, &v.Request)
	}
}

// asked is the request that decide will be about.
func asked(c *op.Call) *pim.Request {
	r := op.Body[pim.Request](c)
	r.By = actorOf(c)
	return &r
}

// decide is the one way to privilege: gather the facts, decide, apply, record. In a dry
// run there is nothing to apply.
func decide(c *op.Call, r pim.Request) (pim.Verdict, error) {
	r.ID, r.By = c.Env.NextID(), actorOf(c)
	r.Proof = c.Caller.Proof
	r.Target.Role = builtInRole(c.Caller.Tenant, r.Target.Role)
	facts, err := c.Tx.PIMFacts(r)
	if err != nil {
		return pim.Verdict{}, err
	}
	v, err := pim.Decide(r, facts, c.Now)
	if err != nil {
		return v, err
	}
	if c.W == nil {
		return v, nil
	}
	recordRequest(c, &v)
	return v, c.W.Apply(v)
}

func actorOf(c *op.Call) pim.Actor {
	if c.Caller.AppOnly {
		return pim.Actor{App: c.Caller.AppID, AppName: c.ActorName}
	}
	return pim.Actor{User: c.Caller.Principal.ID}
}

// recordRequest completes the call's audit records: one for what was asked and one for
// what was done, under one correlation (behaviour.md §13); and one for each request that
// has its answer with this one.
func recordRequest(c *op.Call, v *pim.Verdict) {
	r, permanent := &v.Request, v.Permanent()
	if !r.OutsidePIM {
		c.Record().Activity = r.Activity(pim.StepRequested, permanent)
	}
	recordAbout(c, r)
	for _, s := range v.Put {
		if s.ID == r.ID {
			c.Detail("startTime", s.Window.Start.String())
			if s.Window.End != when.Never {
				c.Detail("expirationTime", s.Window.End.String())
			}
		}
	}
	// What is to begin later is done at its start, and recorded then; what waits for
	// somebody's word, with that.
	if !r.Status.Waits() && !r.OutsidePIM {
		c.Also(r.Activity(pim.StepCompleted, permanent))
	}
	if r.Status == pim.PendingApproval {
		c.Also(r.Activity(pim.StepApprovalAsked, permanent))
	}
	for i := range v.Close {
		recordAnswer(c, &v.Close[i])
	}
}

// recordAbout completes the call's audit record with what a request is about, and why.
func recordAbout(c *op.Call, r *pim.Request) {
	ofRole := !r.Target.Role.IsZero()
	if ofRole {
		c.Target(roleTarget(c, r.Target.Role))
	} else {
		c.Target(face.PrincipalTarget(c, r.Target.Group))
	}
	c.Target(face.PrincipalTarget(c, r.Principal))
	c.Detail("requestId", r.ID.String())
	if ofRole {
		c.Detail("directoryScope", r.Target.Scope.String())
	}
	for _, d := range []struct {
		key   string
		value *string
	}{{"justification", r.Justification}, {"ticketNumber", r.Ticket.Number}, {"ticketSystem", r.Ticket.System}} {
		if d.value != nil {
			c.Detail(d.key, *d.value)
		}
	}
}

// cancelRequest calls off the request that was located.
func cancelRequest(c *op.Call) (op.Answer, error) {
	r, ok, err := loadWaiting(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	facts, err := c.Tx.PIMFacts(r)
	if err != nil {
		return op.Answer{}, err
	}
	v, err := pim.CallOff(r, facts, c.Now)
	if err != nil {
		return op.Answer{}, err
	}
	c.Record().Activity = r.Activity(pim.StepCanceled, v.Permanent())
	recordAbout(c, &v.Request)
	if r.Target.Group.IsZero() || len(v.End) == 0 {
		return op.Answer{Status: 204}, c.W.Apply(v)
	}
	return op.Answer{Status: 204}, face.GuardApprovers(c, r.Principal, func() error { return c.W.Apply(v) })
}

// recordAnswer records what became of a request that waited for an administrator.
func recordAnswer(c *op.Call, r *pim.Request) {
	step := pim.StepRequestApproved
	if r.Status == pim.Denied {
		step = pim.StepRequestDenied
	}
	record := c.Also(r.Activity(step, false))
	for i := range record.Details {
		if record.Details[i].Key == "requestId" {
			record.Details[i].Value = r.ID.String()
		}
	}
}

// locateRequest finds the request that the path names, on its own side only.
func locateRequest(side pim.Side) func(*op.Call) (authz.Object, error) {
	return locateBy(side, loadRequest, concerns)
}

// locateCancel is locateRequest for what is to be called off.
func locateCancel(side pim.Side) func(*op.Call) (authz.Object, error) {
	return locateBy(side, loadWaiting, madeBy)
}

// locateBy finds a request on its own side only. Whose own it is depends on what for.
func locateBy(side pim.Side, load func(*op.Call) (request, bool, error), own func(*request, guid.ID) bool) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
		r, ok, err := load(c)
		if err != nil {
			return o, err
		}
		if !ok || r.Side != side || r.Target.Role.IsZero() {
			return o, op.Unknown(c.Param("id"))
		}
		o.Own = own(&r, c.Caller.Principal.ID)
		return o, nil
	}
}

// concerns reports whether somebody made a request, or would have what it asks for.
func concerns(r *request, who guid.ID) bool { return r.Principal == who || r.By.User == who }

// madeBy reports whether somebody made a request: they may call it off, whom it is about
// may not (operations.md).
func madeBy(r *request, who guid.ID) bool { return r.By.User == who }

func loadRequest(c *op.Call) (request, bool, error) {
	id, ok := guid.Parse(c.Param("id"))
	if !ok {
		return request{}, false, nil
	}
	return c.Tx.Request(id)
}

// loadWaiting finds what a cancel is about: the request that the path names or, if that
// waits no more, the one that waits for somebody's word on the schedule of that id. The id of
// a schedule for a role is that of the request that made it (behaviour.md, Id formats).
func loadWaiting(c *op.Call) (request, bool, error) {
	place, id, ok := pim.ParseGroupScheduleID(c.Param("id"))
	if !ok {
		return request{}, false, nil
	}
	r, found, err := c.Tx.Request(id)
	if err == nil && (!found || !r.Status.Waits()) {
		var asked request
		var waits bool
		if asked, waits, err = c.Tx.Asked(id); waits {
			r, found = asked, true
		}
	}
	return r, found && (place.Group.IsZero() || place == r.Target), err
}

// requestsOfCaller are the caller's own: by principal, which never includes what came
// through a group, or by who asked (behaviour.md §6).
func requestsOfCaller(c *op.Call) (face.Limits, error) {
	table := store.RoleAssignmentRequests
	switch me := c.Caller.Principal.ID; strings.ToLower(c.Param("on")) {
	case "principal":
		return face.Limits{Conditions: []store.Condition{store.Is(table.Column("principal"), me)}}, nil
	case "createdby":
		return face.Limits{Conditions: []store.Condition{store.Is(table.Column("user"), me)}}, nil
	}
	return face.Limits{}, fault.BadRequest("on", "The parameter 'on' is principal, createdBy or approver.")
}
