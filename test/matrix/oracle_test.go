package matrix

import (
	"slices"
	"strings"
)

const globalAdministrator = "Global Administrator"

// An actor is a signed-in user with one role or none.
type actor struct {
	name  string
	role  *publishedRole // nil for none
	guest bool
}

func (a *actor) String() string {
	if a.role == nil {
		return "(" + a.name + ")"
	}
	return a.role.DisplayName
}

// A target is what is acted upon.
type target struct {
	kind       string // "plain user", for messages
	name       string // of its object in the world; "self" for the actor
	roles      []string
	assignable bool     // in a role-assignable group, as member or owner
	owners     []string // of the group
	armed      bool     // an application with privilege
}

// privileged reports whether a user holds privilege or could come to: oneself does, for
// whoever has no role has been refused by then.
func (t *target) privileged() bool { return t.name == "self" || len(t.roles) > 0 || t.assignable }

// allows is what the reference says: whether a, whose permissions suffice, may do what r
// is about to t. It is naive on purpose.
func (p *published) allows(a *actor, r *rule, t *target) bool {
	for _, who := range r.Who {
		switch {
		case who == "anyone", who == "member" && !a.guest, who == "self" && t.name == "self", who == "owner" && (!r.Arms || !t.armed) && slices.Contains(t.owners, a.name):
			return true
		}
	}
	if r.Self != "" && t.name == "self" && p.onSelf(a, r.Self) {
		return true
	}
	if a.role == nil {
		return false
	}
	if a.role.DisplayName != globalAdministrator && !p.is(a.role, r.Named) && !slices.ContainsFunc(r.Actions, func(action string) bool { return p.holds(a.role, action) }) {
		return false
	}
	if (r.Granter || r.Arms && t.armed || r.Decides && t.privileged()) && !p.grants(a.role) {
		return false
	}
	return p.reaches(r.Table, a, t)
}

// onSelf reports whether the implicit role of a gives the action on oneself.
func (p *published) onSelf(a *actor, action string) bool {
	name := "User"
	if a.guest {
		name = "Guest User"
	}
	for _, c := range p.byName[name].ConditionalActions {
		if strings.Contains(c.Condition, "$ResourceIsSelf") && slices.Contains(c.Actions, "microsoft.directory/"+action) {
			return true
		}
	}
	return false
}

// grants reports whether a role could grant roles (notes.md, Trap).
func (p *published) grants(r *publishedRole) bool {
	return r.DisplayName == globalAdministrator || p.holds(r, "privilegedIdentityManagement/allProperties/allTasks") || p.holds(r, "roleAssignments/allProperties/allTasks")
}

// holds reports whether a role has an action of microsoft.directory, its own or inherited,
// by name or by a wider one (notes.md, How a check works, 1 and 2).
func (p *published) holds(r *publishedRole, action string) bool {
	for _, have := range r.Actions {
		if covers(strings.TrimPrefix(have, "microsoft.directory/"), action) {
			return true
		}
	}
	return slices.ContainsFunc(r.InheritsPermissionsFrom, func(id string) bool { return p.holds(p.byID[id], action) })
}

func covers(have, want string) bool {
	if have == want {
		return true
	}
	entity, task, _ := strings.Cut(have, "/")
	of, what, _ := strings.Cut(want, "/")
	if entity != of && (entity != "groups" || !strings.HasPrefix(of, "groups.")) && (entity != "deletedItems" || !strings.HasPrefix(of, "deletedItems.")) {
		return false
	}
	if strings.HasPrefix(what, "authenticationMethods/") {
		return false // whether a wide action covers them is not stated (notes.md, 1): default deny
	}
	verb := what[strings.LastIndex(what, "/")+1:]
	switch task {
	case "allProperties/allTasks":
		return true
	case "allProperties/read", "allProperties/update":
		return task == "allProperties/"+verb
	}
	return task == what
}

// reaches is the cell of a table for the role of a and the target: all that it holds and
// every kind that fits it must be allowed. Of the roles without a column those that the page
// lists reach only who has no privilege (sensitive-actions.json, suggestedDefault).
func (p *published) reaches(name string, a *actor, t *target) bool {
	switch name {
	case "":
		return true
	case "either":
		return p.reaches("sensitive", a, t) || p.reaches("password", a, t)
	}
	roles := t.roles
	if t.name == "self" {
		roles = []string{a.role.DisplayName}
	}
	tb := p.tables[name]
	if _, column := tb.Actors[a.role.TemplateID]; !column {
		whom := p.columnless[a.role.TemplateID]
		return strings.HasPrefix(whom, "any user") || whom != "" && len(roles) == 0 && !t.assignable
	}
	var fits []string
	for _, r := range roles {
		fits = append(fits, p.byName[r].TemplateID)
	}
	switch {
	case t.assignable:
		fits = append(fits, "roleAssignableGroupMemberOrOwner")
	case len(fits) == 0:
		fits = append(fits, "noRole")
	}
	for _, f := range fits {
		allowed, known := tb.cell(a.role.TemplateID, f)
		if !known {
			allowed, _ = tb.cell(a.role.TemplateID, "anyOtherRole")
		}
		if !allowed {
			return false
		}
	}
	return true
}

func (tb *table) cell(actor, target string) (allowed, known bool) {
	for _, c := range tb.Cells {
		if c.Actor == actor && c.Target == target {
			return c.Allowed, true
		}
	}
	return false, false
}
