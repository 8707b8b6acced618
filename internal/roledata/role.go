package roledata

import "ephor/internal/guid"

// Count is the number of built-in roles.
const Count = 145

// A Role is a built-in role. Its ID is the template id, which is also its id as a role
// definition in every tenant.
type Role struct {
	ID             guid.ID `json:"templateId"`
	DisplayName    string  `json:"displayName"`
	DocumentedName string  `json:"documentedName"` // where documents call it otherwise, else ""
	Description    string  `json:"-"`              // in our words
	Privileged     bool    `json:"isPrivileged"`
	Deprecated     bool    `json:"deprecated"`
	// Published reports whether the permissions reference lists the role; the implicit
	// roles and some retired or young ones are only in the service's own list.
	Published   bool          `json:"inPermissionsReference"`
	Assignment  Assignment    `json:"assignmentMode"`
	Actions     []string      `json:"actions"` // as on the wire, with condition null
	Conditional []Conditional `json:"conditionalActions"`
	Inherits    []guid.ID     `json:"inheritsPermissionsFrom"`

	// Own is all that Actions cover.
	Own Set `json:"-"`
	// Inherited is what the roles of Inherits cover. It is held by an assignment at
	// tenant scope only: directory read cannot be granted at a unit's scope (notes.md,
	// How a check works, 1).
	Inherited Set `json:"-"`
}

// A Conditional is a part of a role that holds on some objects only.
type Conditional struct {
	Condition Condition `json:"condition"`
	Actions   []string  `json:"actions"`
	// Own is all that Actions cover.
	Own Set `json:"-"`
}

// A Condition is on which objects a Conditional holds, in the words of the wire.
type Condition string

// The conditions that built-in roles have.
const (
	OnSelf  Condition = "$ResourceIsSelf" // the object is the caller
	OnOwned Condition = "$SubjectIsOwner" // the caller is an owner of the object
)

// An Assignment is how principals come to hold a role.
type Assignment string

// The two assignment modes of the wire.
const (
	Assignable     Assignment = "allowed"
	SystemAssigned Assignment = "systemAssigned" // held by everybody of a kind, never assigned
)

// The roles that rules name. User, GuestUser and RestrictedGuestUser are system-assigned.
var (
	GlobalAdministrator                   = guid.Must("62e90394-69f5-4237-9190-012177145e10")
	PrivilegedRoleAdministrator           = guid.Must("e8611ab8-c189-46e8-94e1-60213ab1f814")
	PrivilegedAuthenticationAdministrator = guid.Must("7be44c8a-adaf-4e2a-84d6-ab2649e08a13")
	DirectoryReaders                      = guid.Must("88d8e3e3-8f55-4a1e-953a-9b9898b8876b")
	User                                  = guid.Must("a0b1b346-4d3e-4e8b-98f8-753987be4970")
	GuestUser                             = guid.Must("10dae51f-b6af-4016-8d66-8c2a99b929b3")
	RestrictedGuestUser                   = guid.Must("2af84b1e-32c8-42b7-82bc-daa82404023b")
)

// All is every built-in role, in the order of the file, which is that of display names
// without regard to case.
func All() []Role { return load().roles }

// ByID finds a built-in role.
func ByID(id guid.ID) (*Role, bool) {
	c := load()
	i, ok := c.index[id]
	if !ok {
		return nil, false
	}
	return &c.roles[i], true
}

func (c *catalogue) readRoles() {
	read("builtin-roles.json", true, &c.roles)
	if len(c.roles) != Count {
		panic("roledata: the number of built-in roles is not Count")
	}
	var descriptions map[guid.ID]string
	read("descriptions.json", true, &descriptions)
	c.index = make(map[guid.ID]int, Count)
	for i := range c.roles {
		r := &c.roles[i]
		c.index[r.ID] = i
		r.Description = descriptions[r.ID]
	}
}

// expandRoles works out what each role covers.
func (c *catalogue) expandRoles() {
	for i := range c.roles {
		r := &c.roles[i]
		r.Own = c.expand(r.Actions)
		for j := range r.Conditional {
			r.Conditional[j].Own = c.expand(r.Conditional[j].Actions)
		}
	}
	for i := range c.roles {
		for _, from := range c.roles[i].Inherits {
			c.roles[i].Inherited.Union(&c.roles[c.index[from]].Own)
		}
	}
}

// expand is Expand for actions that are all in the catalogue.
func (c *catalogue) expand(actions []string) Set {
	var s Set
	for _, name := range actions {
		s.Union(&c.covered[c.actions[name]])
	}
	return s
}
