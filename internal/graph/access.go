package graph

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/roledata"
)

// The permissions of operations.md's columns, by what they open. Any one of a list is
// enough; where older pages also name Directory.AccessAsUser.All it is accepted, bounded
// as ever by what the user may do.
var (
	readUsers        = []string{"User.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All", "User.ReadWrite.All"}
	readUsersUser    = append([]string{"Directory.AccessAsUser.All"}, readUsers...)
	readSelfToo      = append([]string{"User.Read", "User.ReadWrite"}, readUsersUser...)
	writeUsers       = []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}
	writeUsersUser   = append([]string{"Directory.AccessAsUser.All"}, writeUsers...)
	changeUsers      = []string{"User.ReadWrite.All", "Directory.ReadWrite.All", "User.EnableDisableAccount.All", "User.ManageIdentities.All"}
	changeUsersUser  = append([]string{"User.ReadWrite", "Directory.AccessAsUser.All"}, changeUsers...)
	deleteUsers      = []string{"User.DeleteRestore.All", "User.ReadWrite.All"}
	deleteUsersUser  = append([]string{"Directory.AccessAsUser.All"}, deleteUsers...)
	revokeSessions   = []string{"User.RevokeSessions.All", "Directory.ReadWrite.All", "User.ReadWrite.All"}
	revokeUserTokens = append([]string{"Directory.AccessAsUser.All"}, revokeSessions...)

	readGroups      = []string{"Group.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All"}
	createGroups    = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}
	createGroupsApp = []string{"Group.Create", "Directory.ReadWrite.All", "Group.ReadWrite.All"}
	changeGroups    = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}
	changeGroupsAny = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All", "GroupMember.ReadWrite.All", "RoleManagement.ReadWrite.Directory"} // what is given decides further
	deleteGroups    = []string{"Group.ReadWrite.All"}
	readMembers     = []string{"GroupMember.ReadBasic.All", "Directory.Read.All", "Group.Read.All", "Group.ReadBasic.All", "Group.ReadWrite.All", "GroupMember.Read.All", "GroupMember.ReadWrite.All"}
	changeMembers   = []string{"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
	readOwners      = []string{"GroupMember.Read.All", "Directory.Read.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"}
	changeOwners    = []string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}

	readRoles    = []string{"RoleManagement.Read.Directory", "Directory.Read.All", "Directory.ReadWrite.All", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"}
	writeRoles   = []string{"RoleManagement.ReadWrite.Directory"}
	readAppRoles = []string{"RoleManagement.Read.Directory", "Directory.Read.All", "Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"}

	readEligibility   = []string{"RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"}
	writeEligibility  = []string{"RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"}
	readAssignment    = []string{"RoleAssignmentSchedule.Read.Directory", "RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"}
	removeEligibility = append(slices.Clip(writeEligibility), "RoleEligibilitySchedule.Remove.Directory")
	// The permission data puts the eligibility Remove scope on this path too (operations.md 1c).
	removeAssignment = append(slices.Clip(writeAssignment), "RoleAssignmentSchedule.Remove.Directory", "RoleEligibilitySchedule.Remove.Directory")
	writeAssignment  = []string{"RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"}
	// The newest permission data has only ReadWrite for reading requests; the documented
	// tables have the Read scopes too (operations.md 1b: accept them).
	readEligibilityRequests = []string{"RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"}
	readAssignmentRequests  = []string{"RoleAssignmentSchedule.Read.Directory", "RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"}

	readObjects         = []string{"Directory.Read.All"}
	readOrganization    = []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Organization.ReadWrite.All", "User.Read", "User.Read.All"}
	readOrganizationApp = []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Organization.ReadWrite.All", "User.Read.All"}
	readAudits          = []string{"AuditLog.Read.All", "Directory.Read.All"}
)

// Actions that several operations ask for.
const (
	readPIM            = "microsoft.directory/privilegedIdentityManagement/allProperties/read"
	managePIM          = "microsoft.directory/privilegedIdentityManagement/allProperties/allTasks"
	manageAssignments  = "microsoft.directory/roleAssignments/allProperties/allTasks"
	readDefinitionsStd = "microsoft.directory/roleDefinitions/standard/read"
	readAssignmentsStd = "microsoft.directory/roleAssignments/standard/read"
	updateAssignable   = "microsoft.directory/groupsAssignableToRoles/allProperties/update"
)

// asUser is a list of delegated scopes with the one by which a client may do whatever its
// user may (operations.md, Permission columns).
func asUser(scopes []string) []string {
	return append(slices.Clip(scopes), "Directory.AccessAsUser.All")
}

// reads is the rule of an operation that changes nothing.
func reads(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Reads: true}.Compile()
}

// readsPIM is reads, refused in PIM's words.
func readsPIM(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Family: authz.PIM, Delegated: delegated, Application: application, Ways: ways, Reads: true}.Compile()
}

// writes is the rule of an operation on what has no privilege table and is no group.
func writes(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways}.Compile()
}

// writesPIM is writes, refused in PIM's words.
func writesPIM(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Family: authz.PIM, Delegated: delegated, Application: application, Ways: ways}.Compile()
}

// reaches is the rule of an operation on users, which their own privilege puts out of
// reach of some: one of the tables must allow it.
func reaches(tables []roledata.Table, delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Tables: tables}.Compile()
}

// joins is the rule of an operation on a group that may change who is in it.
func joins(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Group: authz.GroupJoins}.Compile()
}

// The tables of who may reach whom (sensitive-actions.json).
var (
	passwordTable  = []roledata.Table{roledata.PasswordReset}
	sensitiveTable = []roledata.Table{roledata.SensitiveActions}
	eitherTable    = []roledata.Table{roledata.SensitiveActions, roledata.PasswordReset}
)
