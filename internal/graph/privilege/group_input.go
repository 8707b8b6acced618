package privilege

import (
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// The fields of a group's schedule request. Ids are strings, and enumerations are read in
// any casing, as in the requests of roles.
var groupRequestFields = []edm.Field{
	{Name: "accessId", Type: edm.String},
	{Name: "action", Type: edm.String},
	{Name: "customData", Type: edm.String},
	{Name: "groupId", Type: edm.String},
	{Name: "isValidationOnly", Type: edm.Boolean},
	{Name: "justification", Type: edm.String},
	{Name: "principalId", Type: edm.String},
	{Name: "scheduleInfo", Type: edm.Complex, Of: requestSchedule},
	{Name: "targetScheduleId", Type: edm.String},
	{Name: "ticketInfo", Type: edm.Complex, Of: ticketInfo},
}

// readGroupRequest reads the body of a group's schedule request on the given side.
func readGroupRequest(side pim.Side) func(edm.Value) (any, error) {
	return func(body edm.Value) (any, error) {
		body = body.Without(readOnly)
		if err := body.Object(groupRequestFields); err != nil {
			f, ok := fault.As(err)
			if !ok {
				return nil, err
			}
			return nil, invalidRequest(f.Target, f.Message)
		}
		in := requestInput{side: side, body: body, target: requestInput.place}
		return in.read()
	}
}

// place reads who is to get which place in which group. An unknown id is for Decide to
// refuse; here it stays zero.
func (in requestInput) place(r *pim.Request) error {
	for _, name := range []string{"principalId", "groupId", "accessId"} {
		if in.text(name) == nil {
			return invalidRequest(name, "The property '"+name+"' is required.")
		}
	}
	var ok bool
	if r.Target.Relation, ok = pim.ParseRelation(*in.text("accessId")); !ok {
		return invalidRequest("accessId", "An accessId is member or owner.")
	}
	if r.Target.Group, ok = guid.Parse(*in.text("groupId")); !ok {
		return invalidRequest("groupId", "A groupId is the id of a group.")
	}
	r.Principal, _ = guid.Parse(*in.text("principalId"))
	return nil
}
