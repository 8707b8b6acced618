// Package directory holds the people, groups and applications of a tenant, and the rules
// that their properties must keep.
package directory

import (
	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Kind is what sort of object an id names.
type Kind uint8

// The kinds of directory object. KindNone is the kind of an id that names nothing.
const (
	KindNone Kind = iota
	KindUser
	KindGroup
	KindServicePrincipal
	KindApplication
	KindUnit // administrative unit
	KindRole // role definition
	KindTenant
)

var kindNames = [...]string{"", "user", "group", "servicePrincipal", "application", "administrativeUnit", "roleDefinition", "tenant"}

// String is the kind's type name on the wire, without its namespace.
func (k Kind) String() string { return kindNames[k] }

// ParseKind is the inverse of String; it reports false for the name of no kind.
func ParseKind(s string) (Kind, bool) {
	for k, name := range kindNames {
		if name == s && k != 0 {
			return Kind(k), true
		}
	}
	return KindNone, false
}

// An Object is what every directory object has. Deleted is when.Never while the object
// lives; a deleted one is kept for 30 days (behaviour.md §9).
type Object struct {
	ID          guid.ID
	Kind        Kind
	DisplayName string
	Created     when.Instant
	Deleted     when.Instant
}

// Live reports whether the object has not been deleted.
func (o Object) Live() bool { return o.Deleted == when.Never }

// A Ref names an object and its kind.
type Ref struct {
	ID   guid.ID
	Kind Kind
	// A copy is so two moves of a word each. Of 17 bytes it would be two that overlap, and
	// whoever reads the id from a fresh one, as each decision does, waits for both.
	_ [15]byte
}
