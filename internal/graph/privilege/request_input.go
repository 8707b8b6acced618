package privilege

import (
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// The fields of a schedule request's body (S:003). Ids are strings on this wire, and any
// text that is not a GUID names nothing.
var (
	expirationTypes = &edm.Enum{Name: "expirationPatternType", Members: []string{"notSpecified", "noExpiration", "afterDateTime", "afterDuration"}}

	expirationPattern = &edm.ComplexType{Name: "expirationPattern", Fields: []edm.Field{
		{Name: "duration", Type: edm.Duration},
		{Name: "endDateTime", Type: edm.DateTime},
		{Name: "type", Type: edm.String, Enum: expirationTypes},
	}}
	requestSchedule = &edm.ComplexType{Name: "requestSchedule", Fields: []edm.Field{
		{Name: "expiration", Type: edm.Complex, Of: expirationPattern},
		{Name: "recurrence", Type: edm.Complex, Of: &edm.ComplexType{Name: "patternedRecurrence", Open: true}},
		{Name: "startDateTime", Type: edm.DateTime},
	}}
	ticketInfo = &edm.ComplexType{Name: "ticketInfo", Fields: []edm.Field{
		{Name: "ticketNumber", Type: edm.String},
		{Name: "ticketSystem", Type: edm.String},
	}}
	requestFields = []edm.Field{
		{Name: "action", Type: edm.String},
		{Name: "appScopeId", Type: edm.String},
		{Name: "customData", Type: edm.String},
		{Name: "directoryScopeId", Type: edm.String},
		{Name: "isValidationOnly", Type: edm.Boolean},
		{Name: "justification", Type: edm.String},
		{Name: "principalId", Type: edm.String},
		{Name: "roleDefinitionId", Type: edm.String},
		{Name: "scheduleInfo", Type: edm.Complex, Of: requestSchedule},
		{Name: "targetScheduleId", Type: edm.String},
		{Name: "ticketInfo", Type: edm.Complex, Of: ticketInfo},
	}
)

// readOnly are the properties of a request that clients which know them send without a value.
var readOnly = []string{
	"approvalId", "completedDateTime", "createdBy", "createdDateTime", "id", "status", "targetSchedule",
	"activatedUsing", "appScope", "directoryScope", "group", "principal", "roleDefinition",
}

// invalidRequest is PIM's 400 for a body that cannot be a request (errors.md §1a).
func invalidRequest(target, hint string) *fault.Fault {
	return fault.Bad("InvalidRoleAssignmentRequest", "The role assignment request is invalid.").
		About(target).With(fault.Detail{Code: "InvalidRoleAssignmentRequest", Message: hint, Target: target})
}

// readRoleRequest reads the body of a role's schedule request on the given side.
func readRoleRequest(side pim.Side) func(edm.Value) (any, error) {
	return func(body edm.Value) (any, error) {
		body = body.Without(readOnly)
		if err := body.Object(requestFields); err != nil {
			f, ok := fault.As(err)
			if !ok {
				return nil, err
			}
			return nil, invalidRequest(f.Target, f.Message)
		}
		in := requestInput{side: side, body: body, target: requestInput.role}
		return in.read()
	}
}

// A requestInput reads a body whose shape has been checked.
type requestInput struct {
	side pim.Side
	body edm.Value
	// target reads who is to get what.
	target func(requestInput, *pim.Request) error
}

func (in requestInput) text(name string) *string {
	v, ok := in.body.Get(name)
	if !ok || v.IsNull() {
		return nil
	}
	return &v.Text
}

func (in requestInput) read() (pim.Request, error) {
	r := pim.Request{Side: in.side, Justification: in.text("justification"), Completed: when.Never}
	action := in.text("action")
	if action == nil {
		// Graph says it in these words (errors.md §1a).
		return r, fault.Bad("InvalidRoleAssignmentRequest", "Value cannot be null.\r\nParameter name: action").About("action").
			With(fault.Detail{Code: "InvalidRoleAssignmentRequest", Message: "Name the action, such as adminAssign or selfActivate.", Target: "action"})
	}
	var ok bool
	if r.Action, ok = pim.ParseAction(*action); !ok {
		return r, invalidRequest("action", "'"+*action+"' is not an action.")
	}
	r.Spelling = *action
	if v, given := in.body.Get("isValidationOnly"); given {
		r.DryRun = v.Bool
	}
	if v, given := in.body.Get("ticketInfo"); given {
		r.Ticket = readTicket(v)
	}
	if err := in.target(in, &r); err != nil {
		return r, err
	}
	var err error
	r.Schedule, err = in.schedule()
	return r, err
}

// role reads who is to get which role where. An unknown id is for Decide to refuse,
// which knows the words for it; here it stays zero.
func (in requestInput) role(r *pim.Request) error {
	for _, id := range []struct {
		name string
		into *guid.ID
	}{{"principalId", &r.Principal}, {"roleDefinitionId", &r.Target.Role}} {
		s := in.text(id.name)
		if s == nil {
			return invalidRequest(id.name, "The property '"+id.name+"' is required.")
		}
		*id.into, _ = guid.Parse(*s)
	}
	directory, app := in.text("directoryScopeId"), in.text("appScopeId")
	switch {
	case directory != nil && app != nil:
		return invalidRequest("appScopeId", "Give directoryScopeId or appScopeId, not both.")
	case app != nil:
		if *app != "/" {
			return invalidRequest("appScopeId", "The only appScopeId that directory roles know is '/'.")
		}
		r.Target.Scope = pim.Scope{App: true}
	case directory != nil:
		var ok bool
		if r.Target.Scope, ok = pim.ParseScope(*directory); !ok {
			return invalidRequest("directoryScopeId", "A directoryScopeId is '/', '/administrativeUnits/{id}' or '/{objectId}'.")
		}
	default:
		return invalidRequest("directoryScopeId", "Either directoryScopeId or appScopeId is required.")
	}
	return nil
}

func readTicket(v edm.Value) pim.Ticket {
	var t pim.Ticket
	if n, ok := v.Get("ticketNumber"); ok && !n.IsNull() {
		t.Number = &n.Text
	}
	if s, ok := v.Get("ticketSystem"); ok && !s.IsNull() {
		t.System = &s.Text
	}
	return t
}

// schedule reads scheduleInfo; nil when none was given. The shape has been checked.
func (in requestInput) schedule() (*pim.Asked, error) {
	v, ok := in.body.Get("scheduleInfo")
	if !ok || v.IsNull() {
		return nil, nil
	}
	asked := pim.Asked{Start: when.Never, Expiration: pim.Expiration{End: when.Never}}
	if r, given := v.Get("recurrence"); given && !r.IsNull() {
		return nil, invalidRequest("scheduleInfo/recurrence", "Recurring schedules are not supported: leave recurrence out or null.")
	}
	if s, given := v.Get("startDateTime"); given && !s.IsNull() {
		asked.Start, _ = when.Parse(s.Text)
	}
	if e, given := v.Get("expiration"); given && !e.IsNull() {
		asked.Expiration = readExpiration(e)
	}
	return &asked, nil
}

func readExpiration(v edm.Value) pim.Expiration {
	e := pim.Expiration{End: when.Never}
	if t, ok := v.Get("type"); ok && !t.IsNull() {
		name, _ := expirationTypes.Parse(t.Text)
		for i, member := range expirationTypes.Members {
			if member == name {
				e.Type = pim.ExpirationType(i)
			}
		}
	}
	if end, ok := v.Get("endDateTime"); ok && !end.IsNull() {
		e.End, _ = when.Parse(end.Text)
	}
	if d, ok := v.Get("duration"); ok && !d.IsNull() {
		e.Duration = d.Text
	}
	return e
}
