// Package pim decides what happens when somebody asks for privilege: which request is
// granted, from when to when, under which policy. It reads nothing and changes nothing.
package pim

import (
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// A Target is what a grant gives: a role at a scope, or a place in a group. Roles and
// groups differ in this type only.
type Target struct {
	Role     guid.ID // zero for a group's
	Scope    Scope
	Group    guid.ID // zero for a role's
	Relation directory.Relation
}

// A ScopeKind is how far a role at a scope reaches.
type ScopeKind uint8

// The scopes of a role (behaviour.md §6).
const (
	ScopeTenant ScopeKind = iota // "/"
	ScopeUnit                    // "/administrativeUnits/{id}"
	ScopeObject                  // "/{id}"
)

// A Scope is where a role holds. App marks one given as appScopeId, which is always "/".
type Scope struct {
	Kind ScopeKind
	ID   guid.ID // the unit or object, zero for the tenant
	App  bool
}

const unitPrefix = "/administrativeUnits/"

// ParseScope reads a directoryScopeId; it reports false for what is none.
func ParseScope(s string) (Scope, bool) {
	if s == "/" {
		return Scope{}, true
	}
	kind, rest := ScopeObject, strings.TrimPrefix(s, "/")
	if len(s) > len(unitPrefix) && strings.EqualFold(s[:len(unitPrefix)], unitPrefix) {
		kind, rest = ScopeUnit, s[len(unitPrefix):]
	}
	id, ok := guid.Parse(rest)
	if !ok || !strings.HasPrefix(s, "/") {
		return Scope{}, false
	}
	return Scope{Kind: kind, ID: id}, true
}

// String is the scope as directoryScopeId, or appScopeId when App is set, writes it.
func (s Scope) String() string {
	switch s.Kind {
	case ScopeUnit:
		return unitPrefix + s.ID.String()
	case ScopeObject:
		return "/" + s.ID.String()
	}
	return "/"
}

// Within reports whether every object in s is in wider: the tenant holds all, and a unit the
// objects that are its members. Units are those that the object of s is a member of; they
// are not looked at for other scopes.
func (s Scope) Within(wider Scope, units []guid.ID) bool {
	switch {
	case s == wider:
		return true
	case s.App || wider.App:
		return false
	case wider.Kind == ScopeUnit:
		return s.Kind == ScopeObject && slices.Contains(units, wider.ID)
	}
	return wider.Kind == ScopeTenant
}

// Within reports whether who may have wider may have t: the same place in the same group,
// or the same role at the same scope or a narrower one (Scope.Within).
func (t Target) Within(wider Target, units []guid.ID) bool {
	if t.Role != wider.Role || t.Group != wider.Group || t.Relation != wider.Relation {
		return false
	}
	return t.Scope.Within(wider.Scope, units)
}
