package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Grant is something that the caller can activate, or holds, now.
type Grant struct {
	Kind       string     `json:"kind"`  // role or group
	State      string     `json:"state"` // eligible or active
	Name       string     `json:"displayName"`
	Role       string     `json:"roleDefinitionId,omitempty"`
	Scope      string     `json:"directoryScopeId,omitempty"`
	Group      string     `json:"groupId,omitempty"`
	Access     string     `json:"accessId,omitempty"` // to a group: member or owner
	MemberType string     `json:"memberType"`         // Direct or Group
	Assignment string     `json:"assignmentType,omitempty"`
	Path       []Named    `json:"path"` // the groups through which it is held
	End        *time.Time `json:"endDateTime"`
	Left       string     `json:"timeLeft,omitempty"` // ISO 8601; none for what has no end
}

// target is the id of the role or group.
func (g *Grant) target() string { return g.Role + g.Group }

// Via is the group that it is held through, "" for none.
func (g *Grant) Via() string {
	if len(g.Path) == 0 {
		return ""
	}
	return nameOr(&g.Path[0], g.Path[0].ID)
}

// Grants is everything that the caller can activate and holds, itself or through groups.
func (c *Client) Grants(ctx context.Context) ([]Grant, error) {
	list := []Grant{}
	err := All(ctx, c, "/v1.0/roleManagement/ephor/grants/filterByCurrentUser(on='principal')", func(g Grant) error {
		list = append(list, g)
		return nil
	})
	return list, err
}

// Is reports whether a person may mean the grant by name: its name or the beginning of it,
// without case, or its target's id.
func (g *Grant) Is(name string) bool {
	return strings.EqualFold(g.target(), name) ||
		len(g.Name) >= len(name) && name != "" && strings.EqualFold(g.Name[:len(name)], name)
}

// exactly reports whether name leaves nothing open.
func (g *Grant) exactly(name string) bool {
	return strings.EqualFold(g.target(), name) || strings.EqualFold(g.Name, name)
}

// What is the grant as people call it.
func (g *Grant) What() string {
	switch {
	case g.Kind == "group":
		return g.Name + " (" + g.Access + ")"
	case g.Scope != "" && g.Scope != "/":
		return g.Name + " on " + g.Scope
	}
	return g.Name
}

// Choose is the one of list that is meant by name, among those that fit. A whole name goes
// before the beginning of another. Two ways to the same target are one.
func Choose(list []Grant, name string, fits func(*Grant) bool) (*Grant, error) {
	var found []*Grant
	for i := range list {
		if list[i].Is(name) && fits(&list[i]) {
			found = append(found, &list[i])
		}
	}
	for _, g := range found {
		if g.exactly(name) {
			found = only(found, func(o *Grant) bool { return o.exactly(name) })
			break
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nothing of yours is called %q: `ephor list` shows what is there", name)
	}
	first := found[0]
	for _, g := range found[1:] {
		if g.target() != first.target() || g.Scope != first.Scope || g.Access != first.Access {
			return nil, &Unclear{fmt.Sprintf("%q can be %s or %s: say more of it, its id, or --scope or --access", name, first.among(g), g.among(first))}
		}
	}
	return first, nil
}

// An Unclear name or id fits more than one thing.
type Unclear struct{ why string }

// Error names two of them.
func (u *Unclear) Error() string { return u.why }

// among is the grant as people call it, with the id of its target where o is called the same.
func (g *Grant) among(o *Grant) string {
	if g.What() == o.What() {
		return g.What() + " [" + g.target() + "]"
	}
	return g.What()
}

// At is the list as it can be activated in scope: what a role is eligible for in a wider scope
// can be had there too. Whether an object is in a unit is for the server to say.
func At(list []Grant, scope string) []Grant {
	unit := strings.HasPrefix(scope, "/administrativeUnits/")
	at := slices.Clone(list)
	for i := range at {
		g := &at[i]
		inUnit := strings.HasPrefix(g.Scope, "/administrativeUnits/")
		if g.Kind == "role" && g.State == "eligible" && (g.Scope == "/" || inUnit && !unit && scope != "/") {
			g.Scope = scope
		}
	}
	return at
}

func only(list []*Grant, keep func(*Grant) bool) []*Grant {
	var out []*Grant
	for _, g := range list {
		if keep(g) {
			out = append(out, g)
		}
	}
	return out
}

// An Ask is what a person asks for themselves.
type Ask struct {
	Action        string
	Eligible      bool // about the eligibility and not about what is held
	Justification string
	Ticket        string
	TicketSystem  string
	Schedule      *Schedule
	DryRun        bool
}

// Request sends a schedule request for what g is about, in the name of the caller.
func (c *Client) Request(ctx context.Context, me *Caller, g *Grant, a Ask) (*Request, error) {
	body := map[string]any{"action": a.Action, "principalId": me.ID}
	if a.Justification != "" {
		body["justification"] = a.Justification
	}
	if a.Ticket != "" || a.TicketSystem != "" {
		body["ticketInfo"] = map[string]string{"ticketNumber": a.Ticket, "ticketSystem": a.TicketSystem}
	}
	if a.Schedule != nil {
		body["scheduleInfo"] = a.Schedule
	}
	if a.DryRun {
		body["isValidationOnly"] = true
	}
	i := 0
	if g.Kind == "group" {
		i = 2
		body["groupId"], body["accessId"] = g.target(), g.Access
	} else {
		body["roleDefinitionId"], body["directoryScopeId"] = g.target(), g.Scope
	}
	if a.Eligible {
		i++
	}
	// What was asked for is called in the answer as it is in lists of requests.
	made := &Request{door: doors[i], Principal: &Named{me.ID, me.DisplayName, me.UserPrincipalName}}
	if what := (&Named{ID: g.target(), DisplayName: g.Name}); g.Kind == "group" {
		made.Group = what
	} else {
		made.RoleDefinition = what
	}
	return made, c.Call(ctx, http.MethodPost, doors[i].requests, body, made)
}

// A Caller is whose sign-in it is.
type Caller struct {
	ID                string `json:"id"`
	DisplayName       string `json:"displayName"`
	UserPrincipalName string `json:"userPrincipalName,omitempty"`
	AppID             string `json:"appId,omitempty"`
}

// WhoAmI is the person who is signed in, or the application.
func (c *Client) WhoAmI(ctx context.Context) (*Caller, error) {
	var who Caller
	path := "/v1.0/me?$select=id,displayName,userPrincipalName"
	if c.Profile.Way == BySecret {
		path = "/v1.0/servicePrincipals(appId='" + c.Profile.Client + "')?$select=id,displayName,appId"
	}
	return &who, c.Call(ctx, http.MethodGet, path, nil, &who)
}
