package authz

import "strings"

// String is the way in words, for the permission table.
func (w Way) String() string {
	switch w.kind {
	case byRole:
		return "a role with " + strings.Join(w.names, " or ")
	case byMember:
		return "any member user"
	case byAnyone:
		return "any signed-in user"
	case bySelf:
		return "oneself, one's own"
	case byOwner:
		return "an owner"
	case byPlace:
		return "a member or owner of the group"
	}
	return ""
}
