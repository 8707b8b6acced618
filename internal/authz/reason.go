package authz

// A Reason is why a decision came out as it did. Its order is how far the question got,
// so of several grants that do not suffice the one that came closest gives the reason.
type Reason uint8

// The reasons.
const (
	UnknownSubject Reason = iota
	SubjectDisabled
	UnknownAction
	UnknownResource
	ResourceDeleted
	NoRole
	SelfOnly
	OwnerOnly
	OutOfScope
	RestrictedUnit
	TargetNeeded
	TargetPrivileged
	GroupGuarded
	ApplicationGuarded
	Allowed
)

var reasons = [...]struct{ code, text string }{
	UnknownSubject:     {"unknownSubject", "No user or service principal has this id."},
	SubjectDisabled:    {"subjectDisabled", "The subject is disabled or deleted."},
	UnknownAction:      {"unknownAction", "No action has this name."},
	UnknownResource:    {"unknownResource", "No object of this type, or that the action is about, has this id."},
	ResourceDeleted:    {"resourceDeleted", "The object is deleted and can only be restored or removed for good."},
	NoRole:             {"noRoleGrantsAction", "No role that the subject has now allows the action."},
	SelfOnly:           {"selfOnly", "Without a role, the action is allowed on the subject's own object only."},
	OwnerOnly:          {"ownerOnly", "Without a role, the action is allowed on objects that the subject owns only."},
	OutOfScope:         {"outOfScope", "The subject's roles that allow the action do not cover the object."},
	RestrictedUnit:     {"restrictedUnit", "The object is in a restricted management unit, and the subject has no role there."},
	TargetNeeded:       {"targetNeeded", "Whether the action is allowed depends on whom it is done to."},
	TargetPrivileged:   {"targetIsPrivileged", "The object's own privilege puts it out of reach of the subject's roles."},
	GroupGuarded:       {"groupIsGuarded", "Privilege stands behind the group: only who could grant it may do this."},
	ApplicationGuarded: {"applicationIsGuarded", "The application holds privilege: only who could grant it may do this."},
	Allowed:            {"allowed", "A role that the subject has now, or its own or an owned object, allows the action."},
}

// String is the reason's code, which does not change between versions.
func (r Reason) String() string { return reasons[r].code }

// Text is the reason in a sentence.
func (r Reason) Text() string { return reasons[r].text }
