package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A door is a collection of schedule requests: of roles or of groups, to have something
// or to be eligible for it.
type door struct {
	requests  string // where they are
	expand    string // what they are to bring along
	approvals string // where what awaits approval is decided, "" when nothing does
	steps     string // as that place calls an approval's stages
}

const (
	roles  = "/v1.0/roleManagement/directory/"
	groups = "/v1.0/identityGovernance/privilegedAccess/group/"
)

var doors = []door{
	{roles + "roleAssignmentScheduleRequests", "roleDefinition,principal", "/beta/roleManagement/directory/roleAssignmentApprovals", "steps"},
	{roles + "roleEligibilityScheduleRequests", "roleDefinition,principal", "/beta/roleManagement/directory/roleAssignmentApprovals", "steps"},
	{groups + "assignmentScheduleRequests", "group,principal", groups + "assignmentApprovals", "stages"},
	{groups + "eligibilityScheduleRequests", "group,principal", groups + "assignmentApprovals", "stages"},
}

// A Request is a schedule request as Graph shows it.
type Request struct {
	ID               string    `json:"id"`
	Action           string    `json:"action"`
	Status           string    `json:"status"`
	PrincipalID      string    `json:"principalId"`
	RoleDefinitionID string    `json:"roleDefinitionId,omitempty"`
	DirectoryScopeID string    `json:"directoryScopeId,omitempty"`
	GroupID          string    `json:"groupId,omitempty"`
	AccessID         string    `json:"accessId,omitempty"`
	Justification    string    `json:"justification"`
	CreatedDateTime  time.Time `json:"createdDateTime"`
	ScheduleInfo     *Schedule `json:"scheduleInfo,omitempty"`
	RoleDefinition   *Named    `json:"roleDefinition,omitempty"`
	Group            *Named    `json:"group,omitempty"`
	Principal        *Named    `json:"principal,omitempty"`

	door door
}

// A Named is an object by what people call it.
type Named struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	UserPrincipalName string `json:"userPrincipalName,omitempty"`
}

// A Schedule is scheduleInfo, with what is not said left out.
type Schedule struct {
	StartDateTime *time.Time `json:"startDateTime,omitempty"`
	Expiration    Expiration `json:"expiration"`
}

// An Expiration is scheduleInfo/expiration.
type Expiration struct {
	Type        string     `json:"type"`
	EndDateTime *time.Time `json:"endDateTime,omitempty"`
	Duration    string     `json:"duration,omitempty"`
}

// Target is what the request is for, as people call it.
func (r *Request) Target() string {
	switch {
	case r.GroupID != "":
		return nameOr(r.Group, r.GroupID) + " (" + strings.ToLower(r.AccessID) + ")"
	case r.DirectoryScopeID != "" && r.DirectoryScopeID != "/":
		return nameOr(r.RoleDefinition, r.RoleDefinitionID) + " on " + r.DirectoryScopeID
	}
	return nameOr(r.RoleDefinition, r.RoleDefinitionID)
}

// Who is whom the request is for.
func (r *Request) Who() string {
	if r.Principal != nil && r.Principal.UserPrincipalName != "" {
		return r.Principal.UserPrincipalName
	}
	return nameOr(r.Principal, r.PrincipalID)
}

func nameOr(n *Named, id string) string {
	if n != nil && n.DisplayName != "" {
		return n.DisplayName
	}
	return id
}

// Pending reports that the request waits: for a decision, or to be carried out.
func (r *Request) Pending() bool { return strings.HasPrefix(r.Status, "Pending") }

// Open reports that the request can still be withdrawn.
func (r *Request) Open() bool { return r.Pending() || r.Status == "Granted" }

// Mine are the caller's own requests, the newest first.
func (c *Client) Mine(ctx context.Context) ([]Request, error) {
	return c.requests(ctx, "principal")
}

// Inbox are the requests that the caller may decide, the newest first.
func (c *Client) Inbox(ctx context.Context) ([]Request, error) {
	return c.requests(ctx, "approver")
}

// Past is what the caller was once given and may have no more, by the requests that gave it,
// the newest first: eligibilities, or what was assigned.
func (c *Client) Past(ctx context.Context, eligible bool) ([]Grant, error) {
	mine, err := c.Mine(ctx)
	var list []Grant
	for _, r := range mine {
		if strings.Contains(r.door.requests, "ligibilityScheduleRequests") != eligible || r.Status != "Provisioned" || !strings.HasPrefix(strings.ToLower(r.Action), "admin") {
			continue
		}
		g := Grant{Kind: "role", Name: nameOr(r.RoleDefinition, r.RoleDefinitionID), Role: r.RoleDefinitionID, Scope: r.DirectoryScopeID}
		if r.GroupID != "" {
			g = Grant{Kind: "group", Name: nameOr(r.Group, r.GroupID), Group: r.GroupID, Access: r.AccessID}
		}
		list = append(list, g)
	}
	return list, err
}

// requests are those of all doors that the caller has to do with. A door for which the
// token has no permission is passed over: not every client deals with groups.
func (c *Client) requests(ctx context.Context, on string) ([]Request, error) {
	var list []Request
	for _, d := range doors {
		err := All(ctx, c, d.requests+"/filterByCurrentUser(on='"+on+"')?$expand="+d.expand, func(r Request) error {
			r.door = d
			list = append(list, r)
			return nil
		})
		if err := unless("PermissionScopeNotGranted", err); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Request) int { return b.CreatedDateTime.Compare(a.CreatedDateTime) })
	return list, nil
}

// unless is err, but nil for a refusal with that code.
func unless(code string, err error) error {
	if r, ok := errors.AsType[*Refusal](err); ok && r.Code == code {
		return nil
	}
	return err
}

// Pick is the one of list whose id begins with id. Latest picks the newest.
func Pick(list []Request, id string, latest bool) (*Request, error) {
	if latest {
		if len(list) == 0 {
			return nil, errors.New("there is no such request")
		}
		return &list[0], nil
	}
	var found *Request
	for i := range list {
		if id == "" || !strings.HasPrefix(strings.ToLower(list[i].ID), strings.ToLower(id)) {
			continue
		}
		if found != nil {
			return nil, &Unclear{fmt.Sprintf("more than one request begins with %s: give more of the id", id)}
		}
		found = &list[i]
	}
	if found == nil {
		return nil, fmt.Errorf("no such request: %s", id)
	}
	return found, nil
}

// Cancel withdraws a request.
func (c *Client) Cancel(ctx context.Context, r *Request) error {
	return c.Call(ctx, http.MethodPost, r.door.requests+"/"+r.ID+"/cancel", nil, nil)
}

// A stage is one step of an approval.
type stage struct {
	ID           string
	Status       string
	AssignedToMe bool
}

// Review approves or denies a request: the stage of it that waits for the caller. What is
// asked of an administrator is approved by giving it.
func (c *Client) Review(ctx context.Context, r *Request, approve bool, why string) error {
	if approve && r.Status == "PendingAdminDecision" {
		return c.give(ctx, r, why)
	}
	at := r.door.approvals + "/" + r.ID
	var approval struct{ Steps, Stages []stage }
	if err := c.Call(ctx, http.MethodGet, at, nil, &approval); err != nil {
		return err
	}
	stages := append(approval.Steps, approval.Stages...)
	i := slices.IndexFunc(stages, func(s stage) bool { return s.AssignedToMe && s.Status == "InProgress" })
	if i < 0 {
		return errors.New("nothing of this request waits for your decision")
	}
	result := "Deny"
	if approve {
		result = "Approve"
	}
	body := map[string]string{"reviewResult": result, "justification": why}
	return c.Call(ctx, http.MethodPatch, at+"/"+r.door.steps+"/"+stages[i].ID, body, nil)
}

// give extends or renews what a request asks for, as an administrator.
func (c *Client) give(ctx context.Context, r *Request, why string) error {
	body := map[string]any{"action": "adminExtend", "principalId": r.PrincipalID, "justification": why, "scheduleInfo": r.ScheduleInfo}
	if strings.EqualFold(r.Action, "selfRenew") {
		body["action"] = "adminRenew"
	}
	if r.GroupID != "" {
		body["groupId"], body["accessId"] = r.GroupID, r.AccessID
	} else {
		body["roleDefinitionId"], body["directoryScopeId"] = r.RoleDefinitionID, r.DirectoryScopeID
	}
	return c.Call(ctx, http.MethodPost, r.door.requests, body, nil)
}

// Reload is the request as it is now.
func (c *Client) Reload(ctx context.Context, r *Request) (*Request, error) {
	now := &Request{door: r.door}
	return now, c.Call(ctx, http.MethodGet, r.door.requests+"/"+r.ID+"?$expand="+r.door.expand, nil, now)
}
