package face

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/roledata"
)

// AsUser is a list of delegated scopes with the one by which a client may do whatever its
// user may (operations.md, Permission columns).
func AsUser(scopes []string) []string {
	return append(slices.Clip(scopes), "Directory.AccessAsUser.All")
}

// Reads is the rule of an operation that changes nothing.
func Reads(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Reads: true}.Compile()
}

// ReadsPIM is Reads, refused in PIM's words.
func ReadsPIM(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Family: authz.PIM, Delegated: delegated, Application: application, Ways: ways, Reads: true}.Compile()
}

// Writes is the rule of an operation on what has no privilege table and is no group.
func Writes(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways}.Compile()
}

// WritesPIM is Writes, refused in PIM's words.
func WritesPIM(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Family: authz.PIM, Delegated: delegated, Application: application, Ways: ways}.Compile()
}

// Reaches is the rule of an operation on users, which their own privilege puts out of
// reach of some: one of the tables must allow it.
func Reaches(tables []roledata.Table, delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Tables: tables}.Compile()
}

// Joins is the rule of an operation on a group that may change who is in it.
func Joins(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Group: authz.GroupJoins}.Compile()
}

// Arms is the rule of an operation on an application that could be used to act as it.
func Arms(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Arms: true}.Compile()
}

// InDirectory is the way of a role with any of the named actions below microsoft.directory.
func InDirectory(actions ...string) authz.Way {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = "microsoft.directory/" + a
	}
	return authz.Role(names...)
}

// SetPassword are the scopes that reach passwordProfile (operations.md §5a): none of the
// general ones does.
var SetPassword = []string{"User-PasswordProfile.ReadWrite.All"}
