package privilege

import "slices"

// The permissions of operations.md's columns, by what they open. Any one of a list is
// enough; where older pages also name Directory.AccessAsUser.All it is accepted, bounded
// as ever by what the user may do.
var (
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
