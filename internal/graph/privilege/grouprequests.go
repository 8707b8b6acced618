package privilege

import (
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

const groupPIM = "identityGovernance/privilegedAccess/group/"

// groupRequests are the schedule requests of places in groups, by side.
var groupRequests = bothSides(func(side pim.Side) *face.Resource[request] {
	set, table := "eligibilityScheduleRequests", store.GroupEligibilityRequests
	if side == pim.Assignment {
		set, table = "assignmentScheduleRequests", store.GroupAssignmentRequests
	}
	return &face.Resource[request]{
		Entity: groupRequestEntities[side], Set: groupPIM + set, Table: table,
		ID: func(r *request) string { return r.ID.String() }, Navs: groupRequestNavs(side), More: requestPaths,
	}
})

// groupInboxes are what waits for an approver, by side.
var groupInboxes = bothSides(func(side pim.Side) *store.Table[request] {
	if side == pim.Assignment {
		return store.GroupAssignmentInbox
	}
	return store.GroupEligibilityInbox
})

// groupRequestOperations are the operations on schedule requests of places in groups
// (operations.md 4). They are those of roles with another target.
func groupRequestOperations() op.Operations {
	var list op.Operations
	for _, side := range [...]pim.Side{pim.Eligibility, pim.Assignment} {
		of, access := groupRequests[side], &groupAccesses[side]
		one, path := "Group"+side.String()+"ScheduleRequest", "/"+of.Set
		what := "Add member to group in PIM "
		if side == pim.Eligibility {
			what = "Add eligible member to group in PIM "
		}
		list = append(list,
			&op.Operation{
				Name: "list" + one + "s", Summary: "List schedule requests for places in a group, or of a principal.",
				Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: of.Entity.Name, Collection: true,
				Rule: access.read, Demands: access.reads, Locate: locatePlaces, Query: op.ListOptions, Do: of.List(nil), NotFound: grantNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "create" + one, Summary: "Ask for a change of who is in a group: assign, update, extend, renew, remove, activate, deactivate.",
				Method: "POST", Path: path, Versions: op.Both, Success: 201, Entity: of.Entity.Name,
				Rule: access.take, Demands: access.changes, Locate: locatePlaceAsked, Decode: readGroupRequest(side), BadBody: invalidRequest, Do: createGroupRequest(of), NotFound: grantNotFound,
				DryRun: func(in any) bool { r, ok := in.(pim.Request); return ok && r.DryRun },
				Writes: true, Activity: groupActivity(what+"requested", "Assign"),
			},
			&op.Operation{
				Name: "get" + one, Summary: "Read one schedule request.",
				Method: "GET", Path: path + "/{id}", Versions: op.Both, Success: 200, Entity: of.Entity.Name,
				Rule: access.read, Demands: access.reads, Locate: locatePlaceRequest(side, loadRequest, concerns), Query: op.SingleOptions, Do: of.Get(loadRequest),
				NotFound: requestNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "cancel" + one, Summary: "Call off a schedule request that waits for a decision or for its start.",
				Method: "POST", Path: path + "/{id}/cancel", Versions: op.Both, Success: 204, Action: true,
				Rule: access.callOff, Demands: access.cancels, Locate: locatePlaceRequest(side, loadWaiting, madeBy), Do: cancelRequest, NotFound: requestNotFound,
				Writes: true, Activity: groupActivity(what+"canceled", "Cancel"),
			},
			&op.Operation{
				Name: "filter" + one + "sByCurrentUser", Summary: "List the caller's own schedule requests.",
				Method: "GET", Path: path + "/filterByCurrentUser(on={on})", Versions: op.Both, Success: 200, Entity: of.Entity.Name, Collection: true, Function: true,
				Rule: access.own, Query: op.ListOptions, Do: byCurrentUser(of, groupInboxes[side]),
			},
		)
	}
	return list
}

// groupActivity is an audit activity of PIM on groups.
func groupActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "GroupManagement", Type: kind, Service: "Privileged Identity Management"}
}

// createGroupRequest is createRequest for a place in a group, whose members may be the last
// who could approve something. That they may be the last who could become Global
// Administrator, PIM itself looks at.
func createGroupRequest(of *face.Resource[request]) face.Handler {
	create := createRequest(of)
	return func(c *op.Call) (a op.Answer, err error) {
		if c.W == nil {
			return create(c)
		}
		err = face.GuardApprovers(c, op.Body[request](c).Principal, func() error {
			a, err = create(c)
			return err
		})
		if err != nil {
			return op.Answer{}, err
		}
		return a, nil
	}
}
