package authz

import (
	"ephor/internal/directory"
	"ephor/internal/roledata"
)

// Facts are what decisions need to know of any object, in eight bytes, so that a million
// objects stay small. What else there is to know, of the few that have it, is in links.
type Facts struct {
	Kind  directory.Kind
	Flags Flags
	// Generation counts revocations; a token of an earlier one is void.
	Generation uint32
}

// Flags are the facts that are true of an object. None is what most objects have.
type Flags uint16

// The flags.
const (
	Disabled       Flags = 1 << iota // accountEnabled is false
	Deleted                          // soft-deleted
	Guest                            // a user whose userType is Guest
	RoleAssignable                   // a group with isAssignableToRole
	Approver                         // named as approver by some policy
	Restricted                       // a unit with isMemberManagementRestricted
	Variant                          // a Microsoft 365 group; a registration that serves more than the tenant
)

// An object is what a snapshot holds of every id: its facts, and the place of its links in the
// snapshot's ties, which is 0 for most.
type object struct {
	Facts
	tie uint32
}

// Has reports whether any of the flags in x is set.
func (f Flags) Has(x Flags) bool { return f&x != 0 }

// Part is the sort of group or registration that the facts are of, 0 for other kinds.
func (f Facts) Part() roledata.Part {
	switch {
	case f.Kind == directory.KindGroup && f.Flags.Has(Variant):
		return roledata.UnifiedGroup
	case f.Kind == directory.KindGroup:
		return roledata.SecurityGroup
	case f.Kind == directory.KindApplication && !f.Flags.Has(Variant):
		return roledata.OwnApplication
	}
	return 0
}

// Live reports whether the facts are those of an object that exists and is not deleted.
func (f Facts) Live() bool { return f.Kind != directory.KindNone && !f.Flags.Has(Deleted) }

// able reports whether the object may act: users and service principals that live and
// are enabled.
func (f Facts) able() bool {
	actor := f.Kind == directory.KindUser || f.Kind == directory.KindServicePrincipal
	return actor && !f.Flags.Has(Deleted|Disabled)
}
