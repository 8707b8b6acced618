package directory

import (
	"fmt"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Group is a set of principals. Only a role-assignable one can hold directory roles.
type Group struct {
	Object
	Description     string
	Classification  string
	Mail            string
	MailNickname    string
	MailEnabled     bool
	SecurityEnabled bool
	Types           []string // groupTypes: "Unified" or none
	RoleAssignable  bool     // isAssignableToRole; fixed at creation
	Visibility      string   // "Private", "Public", "HiddenMembership" or ""
	Language        string   // preferredLanguage
	Theme           string
	Renewed         when.Instant
}

// A Relation is how a principal belongs to a group.
type Relation uint8

// The two relations, as PIM for groups names them (accessId).
const (
	Member Relation = iota
	Owner
)

// String is the relation's accessId.
func (r Relation) String() string {
	if r == Owner {
		return "owner"
	}
	return "member"
}

// A Membership is one principal's standing place in a group. It has an id of its own, so
// that a place given up and given again is another place: what was activated through the
// first does not revive with the second.
type Membership struct {
	ID       guid.ID
	Group    guid.ID
	Relation Relation
	Member   Ref
	Since    when.Instant
}

// SecurityIdentifier is the SID of the object id: its four 32-bit words in .NET's byte
// order (behaviour.md §2, 11).
func SecurityIdentifier(id guid.ID) string {
	b := id.DotNet()
	word := func(i int) uint32 {
		return uint32(b[i]) | uint32(b[i+1])<<8 | uint32(b[i+2])<<16 | uint32(b[i+3])<<24
	}
	return fmt.Sprintf("S-1-12-1-%d-%d-%d-%d", word(0), word(4), word(8), word(12))
}
