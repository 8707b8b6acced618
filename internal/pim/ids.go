package pim

import (
	"encoding/base64"
	"strings"

	"ephor/internal/guid"
)

// Assignments and instances have no ids of their own on the wire: theirs spell out the
// tuple that they are about (behaviour.md, Id formats).
//
// One tuple can be held twice at an instant: assigned by an administrator while an
// activation of the same runs. As a roleAssignment the two are one row, for that is the
// tuple. As instances they are two, and a collection must not show one id twice. So an
// active instance has the roleAssignment's id, as in Graph, except an activation beside
// an assignment, which has an id that says so. Reading either form of an activation's id
// finds it; roleAssignmentOriginId is the plain one in every case.
const (
	plainSuffix     = "-1"
	activatedSuffix = "-1-a"
	eligibleSuffix  = "-1-e"
)

// A Tuple is what the id of a role assignment or instance spells out.
type Tuple struct {
	Role      guid.ID
	Principal guid.ID
	Scope     guid.ID // the unit or object, zero for the tenant
	App       bool    // held at appScopeId "/"
}

// TupleOf is the tuple of a role that principal holds at scope.
func TupleOf(role, principal guid.ID, scope Scope) Tuple {
	return Tuple{Role: role, Principal: principal, Scope: scope.ID, App: scope.App}
}

// RoleAssignmentID is the id of a role assignment, and of a schedule that was made
// outside PIM.
func RoleAssignmentID(role, principal guid.ID, scope Scope) string {
	return TupleOf(role, principal, scope).encode() + plainSuffix
}

// ParseRoleAssignmentID is the inverse of RoleAssignmentID; it reports false for any
// other text. Whether the scope is a unit or an object does not stand in the id.
func ParseRoleAssignmentID(s string) (Tuple, bool) { return parseTuple(s, plainSuffix) }

// AssignmentInstanceID is the id of an active instance; beside says that the other kind
// of grant of the same tuple is in force too.
func AssignmentInstanceID(role, principal guid.ID, scope Scope, kind Kind, beside bool) string {
	if kind == Activated && beside {
		return TupleOf(role, principal, scope).encode() + activatedSuffix
	}
	return RoleAssignmentID(role, principal, scope)
}

// ParseAssignmentInstanceID reads the id of an active instance. With activated false it
// means the Assigned one or, where there is none, the Activated one.
func ParseAssignmentInstanceID(s string) (t Tuple, activated, ok bool) {
	if t, ok := parseTuple(s, activatedSuffix); ok {
		return t, true, true
	}
	t, ok = parseTuple(s, plainSuffix)
	return t, false, ok
}

// EligibilityInstanceID is the id of an eligibility's instance.
func EligibilityInstanceID(role, principal guid.ID, scope Scope) string {
	return TupleOf(role, principal, scope).encode() + eligibleSuffix
}

// ParseEligibilityInstanceID is the inverse of EligibilityInstanceID; it reports false
// for any other text.
func ParseEligibilityInstanceID(s string) (Tuple, bool) { return parseTuple(s, eligibleSuffix) }

// strict refuses a second spelling of the same bytes.
var strict = base64.RawURLEncoding.Strict()

// encode is the tuple's GUIDs in .NET's byte order: two for the tenant, three for a unit
// or an object. An app scope, which Graph's examples do not show, has a third of zeros,
// which is no object's id.
func (t Tuple) encode() string {
	b := make([]byte, 0, 48)
	ids := []guid.ID{t.Role, t.Principal}
	if t.App || !t.Scope.IsZero() {
		ids = append(ids, t.Scope)
	}
	for _, id := range ids {
		net := id.DotNet()
		b = append(b, net[:]...)
	}
	return strict.EncodeToString(b)
}

func parseTuple(s, suffix string) (Tuple, bool) {
	const longest = 64 + len(activatedSuffix)
	body, found := strings.CutSuffix(s, suffix)
	if !found || len(s) > longest {
		return Tuple{}, false
	}
	b, err := strict.DecodeString(body)
	if err != nil || len(b) != 32 && len(b) != 48 || strings.ContainsAny(body, "\r\n") {
		return Tuple{}, false
	}
	t := Tuple{Role: guid.FromDotNet([16]byte(b[:16])), Principal: guid.FromDotNet([16]byte(b[16:32]))}
	if len(b) == 48 {
		t.Scope = guid.FromDotNet([16]byte(b[32:]))
		t.App = t.Scope.IsZero()
	}
	return t, true
}
