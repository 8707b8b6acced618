package authz

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/roledata"
)

// A Rule says who may call an operation. A delegated call needs a permission, and one of
// the Ways; an app-only call needs a permission, and for a privileged target what a role
// would need. A rule is declared with its operation and made ready once by Compile.
type Rule struct {
	Family      Family
	Delegated   []string // delegated scopes, of which one is enough; none: no delegated calls
	Application []string // application permissions, of which one is enough; none: no app-only calls
	Also        []string // permissions that are all needed besides, in either kind of call
	Ways        []Way    // what a signed-in user needs besides, of which one is enough

	Reads  bool             // nothing is changed
	Tables []roledata.Table // which judge the user it is done to; the reach of one is enough
	Group  GroupWrite       // what it does to a group, when its object is one
	// Guarded are the permissions needed in place of Delegated and Application when roles
	// stand behind the group; none is RoleManagement.ReadWrite.Directory.
	Guarded []string
	// Arms reports that it could be used to act as the application that is its object.
	Arms bool
	// Decides reports that it settles who decides on what its object asks for. Of a user who
	// holds privilege, or could come to, only who could grant that settles it.
	Decides bool
	// TenantOnly reports that only roles held in the whole tenant count.
	TenantOnly bool

	scopes compiled
}

// compiled is a rule's permissions as sets.
type compiled struct {
	delegated, application, also, guarded Scopes
	ready                                 bool
}

// A Family is how refusals are worded.
type Family uint8

// The families.
const (
	Directory Family = iota
	PIM              // errors.md 1a: scopes in the double envelope, roles by PIM's own authorizer
)

// A GroupWrite is what an operation does to a group.
type GroupWrite uint8

// The writes. Looks reach all groups but those that roles stand behind; Joins may change
// who is in the group, or who decides that, and are guarded further; Governs change by
// which rules others come to be in it, which of a guarded group not even an owner may.
const (
	NotGroup GroupWrite = iota
	GroupLooks
	GroupJoins
	GroupGoverns
)

// A Way is one thing that lets a signed-in user call an operation. Make one with Role, or
// take Member, Anyone, Self or Owner.
type Way struct {
	kind    wayKind
	names   []string
	actions *roledata.Set
	guarded *roledata.Set // what is needed instead when roles stand behind the group
	global  bool
}

type wayKind uint8

const (
	byRole wayKind = iota + 1
	byMember
	byAnyone
	bySelf
	byOwner
	byPlace
)

// The ways that need no role.
var (
	Member = Way{kind: byMember} // any user that is not a guest
	Anyone = Way{kind: byAnyone} // any signed-in user
	Self   = Way{kind: bySelf}   // the object is the caller, or the caller's own
	Owner  = Way{kind: byOwner}  // the caller owns the object
	Inside = Way{kind: byPlace}  // the caller is a member or owner of the group
)

// OnSelf is Self for users whose implicit role has the action on its own holder: what
// members may change of themselves, guests may not. It panics on an unknown action.
func OnSelf(action string) Way { return Way{kind: bySelf, actions: mustActions(action)} }

// OnOwned is Owner for users whose implicit role has the action on what its holder owns:
// what members may do with their applications, guests may not. It panics on an unknown
// action.
func OnOwned(actions ...string) Way { return Way{kind: byOwner, actions: mustActions(actions...)} }

// Role is the way of whoever holds a role, not an implicit one, with any of these actions
// at a scope that covers the object. Global Administrator is accepted wherever a role is
// asked for (operations.md, Role codes), except for custom security attributes. It panics
// on an unknown action.
func Role(actions ...string) Way {
	if len(actions) == 0 {
		panic("authz: a role without actions")
	}
	w := Way{kind: byRole, names: actions, actions: mustActions(actions...), global: true, guarded: new(roledata.Set)}
	for _, name := range actions {
		if strings.Contains(name, "ustomSecurityAttribute") {
			w.global = false
		}
		w.guarded.Union(mustActions(assignableFor(name)))
	}
	return w
}

// assignableFor is the action that a group with roles behind it asks for in place of the
// one called name: a groups/* write never reaches it (notes.md, Groups).
func assignableFor(name string) string {
	entity, task, _ := strings.Cut(strings.TrimPrefix(name, "microsoft.directory/"), "/")
	kind, _, _ := strings.Cut(strings.TrimPrefix(entity, "deletedItems."), ".")
	if kind != "groups" && kind != "groupsAssignableToRoles" && kind != "deletedItems" {
		return name
	}
	switch task {
	case "createAsOwner":
		task = "create"
	case "create", "delete", "restore", "assignLicense", "reprocessLicenseAssignment":
	default:
		task = "allProperties/update"
	}
	return "microsoft.directory/groupsAssignableToRoles/" + task
}

// Compile is the rule made ready. It panics on a rule that nobody, or anybody, could
// satisfy by mistake: without permissions, without ways for delegated calls, or with an
// unknown name.
func (r Rule) Compile() *Rule {
	if len(r.Delegated)+len(r.Application) == 0 {
		panic("authz: a rule without permissions")
	}
	if len(r.Delegated) > 0 && len(r.Ways) == 0 {
		panic("authz: delegated scopes without a way: " + strings.Join(r.Delegated, ", "))
	}
	if slices.ContainsFunc(r.Ways, func(w Way) bool { return w.kind == 0 }) {
		panic("authz: a way that is none")
	}
	if r.Reads && (r.Arms || r.Decides || len(r.Guarded) > 0) {
		panic("authz: a rule that reads and writes")
	}
	for _, t := range r.Tables {
		if t >= tables {
			panic(fmt.Sprintf("authz: no table %d", t))
		}
	}
	guarded := r.Guarded
	if len(guarded) == 0 {
		guarded = []string{"RoleManagement.ReadWrite.Directory"}
	}
	r.scopes = compiled{
		delegated: mustScopes(r.Delegated), application: mustScopes(r.Application),
		also: mustScopes(r.Also), guarded: mustScopes(guarded), ready: true,
	}
	return &r
}

// enough is the permissions of which one is enough for a call of c's kind: on an object
// that roles stand behind, or on any other. It is empty where such calls are not served.
func (r *Rule) enough(c *Caller, roles bool) Scopes {
	served := r.scopes.delegated
	if c.AppOnly {
		served = r.scopes.application
	}
	if roles && r.Group != NotGroup && !r.Reads && !served.Empty() {
		return r.scopes.guarded
	}
	return served
}

// spelt is the names of a set in the order in which they were declared.
func (r *Rule) spelt(s Scopes) (names []string) {
	for _, declared := range [][]string{r.Delegated, r.Application, r.Guarded, r.Also, s.Names()} {
		for _, name := range declared {
			if s.Has(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
