package people

import "ephor/internal/roledata"

// The permissions of operations.md's columns, by what they open. Any one of a list is
// enough; where older pages also name Directory.AccessAsUser.All it is accepted, bounded
// as ever by what the user may do.
var (
	readUsers        = []string{"User.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.Read.All", "User.ReadWrite.All"}
	readProfiles     = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
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

	readObjects         = []string{"Directory.Read.All"}
	readOrganization    = []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Organization.ReadWrite.All", "User.Read", "User.Read.All"}
	readOrganizationApp = []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Organization.ReadWrite.All", "User.Read.All"}
)

// The tables of who may reach whom (sensitive-actions.json).
var (
	passwordTable  = []roledata.Table{roledata.PasswordReset}
	sensitiveTable = []roledata.Table{roledata.SensitiveActions}
	eitherTable    = []roledata.Table{roledata.SensitiveActions, roledata.PasswordReset}
)
