package authz

import (
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A Caller is on whose behalf a request is made.
type Caller struct {
	Tenant    guid.ID
	Principal directory.Ref // the user; in an app-only call, the service principal
	Client    guid.ID       // the client's service principal
	AppID     guid.ID
	AppOnly   bool
	// Scopes are the permissions that the token asked for. What of them is in force is
	// read from the snapshot at each decision.
	Scopes Scopes
	Proof  pim.Proof
	// Fresh says that the user gave a second factor within the last ten minutes.
	Fresh bool
	// Operator marks whoever runs the server, on its own machine, for whom no rule is
	// asked. It is never set for a request that came over HTTP.
	Operator bool
}

// An Object is what an operation is about to touch, as far as its caller has looked it
// up. What the snapshot knows by itself need not be said.
type Object struct {
	directory.Ref
	Own   bool // it belongs to the caller, as a request belongs to its principal
	Owner bool // the caller is among its owners
	// Inside says that the caller is among the standing members of the group, which the
	// snapshot knows of few.
	Inside bool
	// RoleAssignable is of a group that is about to be made.
	RoleAssignable bool
	// Part is the sort of group or registration that is about to be made; of what is there,
	// the snapshot knows it.
	Part roledata.Part
	// Adds are the principals that would become members or owners of the group.
	Adds []guid.ID
	// Grants are the permissions that would be granted to the application.
	Grants Scopes
}

// Tenant is the object of operations that are about no object in particular.
var Tenant = Object{Ref: directory.Ref{Kind: directory.KindTenant}}

// Require is nil when c may call an operation with rule r on o at now, else why not:
// RequireScopes, then RequireObject.
func (s *Snapshot) Require(c *Caller, r *Rule, o Object, now when.Instant) *fault.Fault {
	if f := s.RequireScopes(c, r); f != nil {
		return f
	}
	return s.RequireObject(c, r, o, now)
}

// RequireScopes is nil when c has the permissions that r asks for on some object. It
// needs no object, and so comes before the body is read.
func (s *Snapshot) RequireScopes(c *Caller, r *Rule) *fault.Fault {
	if !r.scopes.ready {
		panic("authz: a rule that was not compiled")
	}
	if c.Operator {
		return nil
	}
	return r.permits(c, s.permissions(c), r.enough(c, false).Or(r.enough(c, true)))
}

// permissions are those of c that are in force.
func (s *Snapshot) permissions(c *Caller) Scopes {
	if c.AppOnly && c.Principal.ID != c.Client || c.Tenant != s.settings.Tenant {
		return Scopes{}
	}
	return s.Permissions(c.Client, c.Principal.ID, c.Scopes, c.AppOnly)
}

// permits is nil when the permissions held are enough for r.
func (r *Rule) permits(c *Caller, held, enough Scopes) *fault.Fault {
	if held.And(enough).Empty() || !r.scopes.also.Minus(held).Empty() {
		return r.noScope(c, enough)
	}
	return nil
}

// RequireObject is nil when c, who has passed RequireScopes, may do it to o at now.
func (s *Snapshot) RequireObject(c *Caller, r *Rule, o Object, now when.Instant) *fault.Fault {
	if !r.scopes.ready {
		panic("authz: a rule that was not compiled")
	}
	if c.Operator {
		return nil
	}
	k := call{s: s, c: c, r: r, o: &o, now: now, held: s.permissions(c)}
	k.actor = s.object(c.Principal.ID)
	if o.Kind != directory.KindTenant && !o.ID.IsZero() {
		k.object = s.object(o.ID)
		if among(tracked, o.Kind) && k.object.Kind != o.Kind {
			return r.noRole(UnknownResource, false, false)
		}
	}
	return k.judge()
}

// tracked are the kinds of which a snapshot knows every object, so that one that it does
// not know is refused.
var tracked = bit(directory.KindUser, directory.KindGroup, directory.KindServicePrincipal,
	directory.KindApplication, directory.KindUnit)

// A call is a caller, a rule and an object, being judged.
type call struct {
	s      *Snapshot
	c      *Caller
	r      *Rule
	o      *Object
	now    when.Instant
	held   Scopes
	actor  object // of the caller
	object object // of o
	guards guards
	reason Reason
}

func (k *call) judge() *fault.Fault {
	if !k.actor.able() {
		return k.r.noRole(SubjectDisabled, false, false)
	}
	if k.r.Group != NotGroup && k.o.Kind == directory.KindGroup {
		k.guards = k.s.behind(k.o.ID, k.object, k.now).guards
		if k.o.RoleAssignable {
			k.guards |= guardRoles
		}
	}
	if f := k.scopes(); f != nil {
		return f
	}
	if !k.admitted() && !k.governs() {
		return k.r.noRole(k.reason, k.guards&guardRoles != 0, k.discreet())
	}
	if reason := k.dangerous(); reason != Allowed && !k.couldGrant() {
		return k.r.noRole(reason, k.guards&guardRoles != 0, k.discreet())
	}
	return nil
}

// admitted reports whether the caller may do it, by what it is and holds.
func (k *call) admitted() bool {
	if k.c.AppOnly {
		return k.application()
	}
	return k.user()
}

// scopes is nil when the caller's permissions are enough for this very object.
func (k *call) scopes() *fault.Fault {
	enough := k.r.enough(k.c, k.guards&guardRoles != 0)
	if !k.owner() && !k.o.ID.IsZero() {
		enough = enough.Minus(ownedOnly())
	}
	if k.o.Kind == directory.KindUser && k.o.ID != k.c.Principal.ID {
		enough = enough.Minus(selfOnly())
	}
	return k.r.permits(k.c, k.held, enough)
}

// dangerous is why the call is for those only who could grant roles, or Allowed.
func (k *call) dangerous() Reason {
	if k.r.Reads {
		return Allowed
	}
	if k.r.Group == GroupJoins && k.guards&guardApproval != 0 {
		return GroupGuarded
	}
	if k.r.Group == GroupGoverns && k.guards&(guardApproval|guardRoles) != 0 && !k.entrusted() {
		return GroupGuarded
	}
	if !LeadToRoles(k.o.Grants).Empty() {
		return ApplicationGuarded
	}
	if k.r.Decides {
		if p := k.s.privilege(k.o.ID, k.object, k.now); !p.None() {
			return TargetPrivileged
		}
	}
	if k.r.Arms {
		if armed, _ := k.s.armed(k.o.Ref, k.object, k.now); armed {
			return ApplicationGuarded
		}
	}
	return Allowed
}

// governs reports whether the call is about the rules of a guarded group, which are for who
// could grant what lies behind it, whether or not they may manage other groups.
func (k *call) governs() bool {
	return k.r.Group == GroupGoverns && k.guards&(guardApproval|guardRoles) != 0 && k.couldGrant()
}

// entrusted reports whether an application acts by a permission that leads to roles, which
// only who could grant roles can have given it.
func (k *call) entrusted() bool {
	return k.c.AppOnly && !LeadToRoles(k.held.And(k.r.enough(k.c, true))).Empty()
}

// couldGrant reports whether the caller could grant any role: by a role, or, app-only, by
// the permission to do so.
func (k *call) couldGrant() bool {
	if k.c.AppOnly && k.held.Has("RoleManagement.ReadWrite.Directory") {
		return true
	}
	j := judge{s: k.s, now: k.now, subject: k.c.Principal.ID, actor: k.actor}
	return j.granter().Allowed
}

// discreet reports whether the caller may not learn what others hold: privilege that is
// not active is for those who may read PIM.
func (k *call) discreet() bool {
	j := judge{s: k.s, now: k.now, subject: k.c.Principal.ID, actor: k.actor, any: reading(), global: true}
	j.resource.Kind = directory.KindTenant
	j.prepare(noTable, false)
	j.from(j.s.links(j.actor), always, nil)
	return !j.allowed
}

// application reports whether an app-only caller may do it. Its permission is enough on
// what has no privilege, and neither is in a restricted management unit nor is one; there
// it needs a role, as a user would (behaviour.md §10).
func (k *call) application() bool {
	if k.r.Reads {
		return true
	}
	j := k.question(nil, noTable)
	k.reason = TargetPrivileged
	if j.restricted || k.o.Kind == directory.KindUnit && k.object.Flags.Has(Restricted) {
		k.reason = RestrictedUnit
	} else if len(k.r.Tables) == 0 || j.privilege().None() {
		return true
	}
	for i := range k.r.Ways {
		if w := &k.r.Ways[i]; w.kind == byRole && k.role(w) {
			return true
		}
	}
	return false
}

// user reports whether one of the ways admits a signed-in user.
func (k *call) user() bool {
	if k.actor.Kind != directory.KindUser {
		k.reason = UnknownSubject
		return false
	}
	for i := range k.r.Ways {
		if k.way(&k.r.Ways[i]) {
			return true
		}
	}
	return false
}

// question is what is asked about a role with the actions of w.
func (k *call) question(w *Way, table int8) judge {
	j := judge{
		s: k.s, now: k.now, subject: k.c.Principal.ID, actor: k.actor,
		resource: k.o.Ref, object: k.object, part: k.object.Part() | k.o.Part,
	}
	if w != nil {
		j.any, j.global = w.actions, w.global
		if k.guards&guardRoles != 0 && !k.r.Reads {
			j.any = w.guarded
		}
	}
	j.tenantOnly = k.r.TenantOnly || k.r.Group >= GroupJoins && k.guards&guardPlaces != 0
	j.prepare(table, !k.r.Reads)
	return j
}

// role reports whether a role admits by way w, for one of the rule's tables.
func (k *call) role(w *Way) bool {
	if len(k.r.Tables) == 0 {
		return k.holds(w, noTable)
	}
	for _, t := range k.r.Tables {
		if k.holds(w, int8(t)) {
			return true
		}
	}
	return false
}

func (k *call) holds(w *Way, table int8) bool {
	if k.o.Kind != directory.KindUser {
		table = noTable
	}
	j := k.question(w, table)
	j.from(j.s.links(j.actor), always, nil)
	k.reason = max(k.reason, j.reason)
	return j.allowed
}
