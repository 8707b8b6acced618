package privilege

import (
	"fmt"
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

// A court is the approvals of roles, or those of groups: one set of paths.
type court struct {
	one          string // in the names of operations: "RoleAssignmentApproval"
	set          string
	groups       bool
	inbox        *store.Table[request]
	read, decide []string
}

var courts = []court{
	{
		one: "RoleAssignmentApproval", set: roleManagement + "roleAssignmentApprovals", inbox: store.RoleInbox,
		read:   []string{"RoleAssignmentSchedule.ReadWrite.Directory", "RoleAssignmentSchedule.Read.Directory"},
		decide: []string{"RoleAssignmentSchedule.ReadWrite.Directory"},
	},
	{
		one: "GroupAssignmentApproval", set: groupPIM + "assignmentApprovals", groups: true, inbox: store.GroupInbox,
		read:   []string{"PrivilegedAssignmentSchedule.Read.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"},
		decide: []string{"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"},
	},
}

// approvalOperations are the operations on approvals (operations.md 3). Graph has roles'
// approvals in beta only, and calls a stage a step there; here both words name it in both
// versions, and the answers spell it as each version does.
func approvalOperations() op.Operations {
	var list op.Operations
	for _, k := range courts {
		path := "/" + k.set
		read := face.ReadsPIM(k.read, nil, authz.Role(readPIM, managePIM), authz.Self)
		list = append(list,
			&op.Operation{
				Name: "get" + k.one, Summary: "Read the approval that a request waits for, with its stages.",
				Method: "GET", Path: path + "/{id}", Versions: op.Both, Success: 200, Entity: approvalEntity.Name,
				Rule: read, Locate: k.locate, Query: op.SingleOptions, Do: k.get, NotFound: grantNotFound, Sensitive: true,
			},
			&op.Operation{
				Name: "filter" + k.one + "sByCurrentUser", Summary: "List the approvals that wait for the caller's word.",
				Method: "GET", Path: path + "/filterByCurrentUser(on={on})", Versions: op.Both, Success: 200, Entity: approvalEntity.Name, Collection: true, Function: true,
				Rule:  face.ReadsPIM(k.read, nil, authz.Anyone),
				Query: odata.Filter | odata.Select | odata.Expand | odata.Top | odata.Count | odata.SkipToken | odata.Format, Do: k.list,
			})
		for _, word := range []string{"stage", "step"} {
			name := k.one + strings.ToUpper(word[:1]) + word[1:]
			list = append(list,
				&op.Operation{
					Name: "list" + name + "s", Summary: "List the " + word + "s of an approval.",
					Method: "GET", Path: path + "/{id}/" + word + "s", Versions: op.Both, Success: 200, Entity: stageEntity.Name, Collection: true,
					Rule: read, Locate: k.locate, Query: odata.Select | odata.Format, Do: k.listStages(word + "s"), NotFound: grantNotFound, Sensitive: true,
				},
				&op.Operation{
					Name: "get" + name, Summary: "Read one " + word + " of an approval.",
					Method: "GET", Path: path + "/{id}/" + word + "s/{stageId}", Versions: op.Both, Success: 200, Entity: stageEntity.Name,
					Rule: read, Locate: k.locateStage(false), Query: odata.Select | odata.Format, Do: k.getStage(word + "s"), NotFound: grantNotFound, Sensitive: true,
				},
				&op.Operation{
					Name: "update" + name, Summary: "Approve or deny a request, as one of its approvers.",
					Method: "PATCH", Path: path + "/{id}/" + word + "s/{stageId}", Versions: op.Both, Success: 204,
					Rule:   face.WritesPIM(k.decide, nil, authz.Self),
					Locate: k.locateStage(true), Decode: readSay, BadBody: invalidRequest, Do: review, NotFound: grantNotFound,
					Writes: true, Activity: roleActivity("Add member to role request approved (PIM activation)", "Update"),
				})
		}
	}
	return list
}

// load finds the approval that the path names: the request's id is its own.
func (k court) load(c *op.Call) (approval, bool, error) {
	id, ok := guid.Parse(c.Param("id"))
	if !ok {
		return approval{}, false, nil
	}
	r, found, err := c.Tx.Request(id)
	if err != nil || !found || r.Approval != r.ID || r.Target.Role.IsZero() != k.groups {
		return approval{}, false, err
	}
	a, found, err := c.Tx.Approval(id)
	if err != nil || !found {
		return approval{}, false, err
	}
	seen, err := newBench(c).seen(store.Waiting{Request: r, Approval: a})
	return seen, err == nil, err
}

// locate makes an approval the caller's own when it is theirs to look at.
func (k court) locate(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
	a, found, err := k.load(c)
	if err != nil {
		return o, err
	}
	if !found {
		return o, op.Unknown(c.Param("id"))
	}
	o.Own = a.concerns(c.Caller.Principal.ID)
	return o, nil
}

// locateStage is locate for one stage. To decide it makes it the caller's own only when
// it is theirs to decide: by right at this instant, and never their own request's.
func (k court) locateStage(toDecide bool) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
		a, found, err := k.load(c)
		if err != nil {
			return o, err
		}
		if !found {
			return o, op.Unknown(c.Param("id"))
		}
		o.Own = a.concerns(c.Caller.Principal.ID)
		s, found := a.find(c.Param("stageId"))
		if !found {
			return o, op.Unknown(c.Param("stageId"))
		}
		if toDecide {
			o.Own = s.mine
		}
		return o, nil
	}
}

func (a *approval) find(id string) (*stage, bool) {
	parsed, _ := guid.Parse(id)
	for i := range a.stages {
		if a.stages[i].id == parsed {
			return &a.stages[i], true
		}
	}
	return nil, false
}

// resource is the court's approvals as this version of the API spells them.
func (k court) resource(c *op.Call) *face.Resource[approval] {
	r := &face.Resource[approval]{Entity: approvalEntity, Set: k.set, Table: ofRequests(k.inbox)}
	if strings.HasSuffix(c.Root, "/beta") {
		r.Entity = steppedEntity
	}
	return r
}

// inline drops from what is expanded the stages, which are always there.
func inline(c *op.Call) {
	in := *c.Input // the input is shared by the runs of a call
	in.Query.Expand = nil
	for _, x := range c.Query.Expand {
		if x.Path != "stages" && x.Path != "steps" {
			in.Query.Expand = append(in.Query.Expand, x)
		}
	}
	c.Input = &in
}

func (k court) get(c *op.Call) (op.Answer, error) {
	a, found, err := k.load(c)
	if err != nil || !found {
		return op.Answer{}, gone(c, err)
	}
	inline(c)
	return k.resource(c).One(c, &a)
}

func gone(c *op.Call, err error) error {
	if err != nil {
		return err
	}
	return c.NotFound(c.Param("id"))
}

// list answers the approvals that wait for the caller (B:approval-filterbycurrentuser).
func (k court) list(c *op.Call) (op.Answer, error) {
	if !strings.EqualFold(c.Param("on"), "approver") {
		return op.Answer{}, fault.BadRequest("on", "The parameter 'on' must be approver.")
	}
	inline(c)
	r, b := k.resource(c), newBench(c)
	q, err := r.Query(c, candidates(k.inbox))
	if err != nil {
		return op.Answer{}, err
	}
	selection, err := r.Entity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	waiting, err := b.page(k.inbox, q)
	if err != nil {
		return op.Answer{}, err
	}
	page := store.Page[approval]{Next: waiting.Next}
	for _, w := range waiting.Rows {
		a, err := b.seen(w)
		if err != nil {
			return op.Answer{}, err
		}
		page.Rows = append(page.Rows, a)
	}
	expand, err := r.Expand(c, page.Rows)
	if err != nil {
		return op.Answer{}, err
	}
	return r.Counted(c, page, selection, expand, func() (int64, error) { return b.count(k.inbox, q) })
}

// stagesOf are the stages of the approval that the path names, as a collection of its own.
func (k court) stagesOf(c *op.Call, word string) *face.Resource[stage] {
	return &face.Resource[stage]{Entity: stageEntity, Set: fmt.Sprintf("%s('%s')/%s", k.set, c.Param("id"), word)}
}

func (k court) listStages(word string) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		a, found, err := k.load(c)
		if err != nil || !found {
			return op.Answer{}, gone(c, err)
		}
		r := k.stagesOf(c, word)
		selection, err := r.Entity.Select(c.Query.Select, true)
		if err != nil {
			return op.Answer{}, err
		}
		return r.Collection(c, store.ListQuery{}, store.Page[stage]{Rows: a.stages}, selection, nil)
	}
}

func (k court) getStage(word string) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		a, found, err := k.load(c)
		if err != nil || !found {
			return op.Answer{}, gone(c, err)
		}
		s, found := a.find(c.Param("stageId"))
		if !found {
			return op.Answer{}, c.NotFound(c.Param("stageId"))
		}
		return k.stagesOf(c, word).One(c, s)
	}
}

// sayFields are what an approver writes (A:approvalstage-update).
var (
	reviewResults = &edm.Enum{Name: "reviewResult", Members: []string{string(pim.ResultApprove), string(pim.ResultDeny)}}
	sayFields     = []edm.Field{
		{Name: "reviewResult", Type: edm.String, Enum: reviewResults},
		{Name: "justification", Type: edm.String},
	}
)

// longestWhy bounds an approver's reason, in bytes.
const longestWhy = 2048

func readSay(body edm.Value) (any, error) {
	if err := body.Object(sayFields); err != nil {
		f, ok := fault.As(err)
		if !ok {
			return nil, err
		}
		return nil, invalidRequest(f.Target, f.Message)
	}
	in := requestInput{body: body}
	result := in.text("reviewResult")
	if result == nil {
		return nil, invalidRequest("reviewResult", "Say Approve or Deny, in reviewResult.")
	}
	say := pim.Say{}
	name, _ := reviewResults.Parse(*result)
	say.Result = pim.Result(name)
	if why := in.text("justification"); why != nil {
		say.Why = *why
	}
	if len(say.Why) > longestWhy {
		return nil, invalidRequest("justification", fmt.Sprintf("A justification has at most %d bytes.", longestWhy))
	}
	return say, nil
}

// review takes the caller's word: gather the facts, decide, apply, record.
func review(c *op.Call) (op.Answer, error) {
	id, err := c.ID("id")
	if err != nil {
		return op.Answer{}, err
	}
	say := op.Body[pim.Say](c)
	say.Stage, _ = guid.Parse(c.Param("stageId"))
	r, _, err := c.Tx.Request(id)
	if err != nil {
		return op.Answer{}, err
	}
	a, _, err := c.Tx.Approval(id)
	if err != nil {
		return op.Answer{}, err
	}
	facts, err := c.Tx.PIMFacts(r)
	if err != nil {
		return op.Answer{}, err
	}
	circle, err := c.Tx.Circle(c.Caller.Principal.ID, r, a.Rules(facts.Policy))
	if err != nil {
		return op.Answer{}, err
	}
	circle.Name = c.ActorName
	v, err := pim.Review(r, a, say, circle, facts, c.Now)
	if err != nil {
		return op.Answer{}, err
	}
	recordReview(c, &v, say)
	return op.Answer{Status: c.Op.Success}, c.W.Apply(v)
}

// recordReview completes the call's audit records: the word, and, if it was the last one
// that was needed, what is done with it.
func recordReview(c *op.Call, v *pim.Verdict, say pim.Say) {
	r, step := &v.Request, pim.StepRequestApproved
	if say.Result == pim.ResultDeny {
		step = pim.StepRequestDenied
	}
	first := c.Record()
	first.Activity, first.Correlation = r.Activity(step, false), r.ID
	if r.Target.Role.IsZero() {
		first.Category = "GroupManagement"
		c.Target(face.PrincipalTarget(c, r.Target.Group))
	} else {
		c.Target(roleTarget(c, r.Target.Role))
		c.Detail("directoryScope", r.Target.Scope.String())
	}
	c.Target(face.PrincipalTarget(c, r.Principal))
	c.Detail("requestId", r.ID.String())
	c.Detail("stageId", say.Stage.String())
	c.Detail("justification", say.Why)
	for _, s := range v.Put {
		c.Detail("startTime", s.Window.Start.String())
		c.Detail("expirationTime", s.Window.End.String())
	}
	if r.Status == pim.Provisioned {
		c.Also(r.Activity(pim.StepCompleted, false))
	}
}
