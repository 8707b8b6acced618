package roledata

// extra is the actions that operations ask for, or that custom roles may hold, although
// no built-in role names them: they are held through a wider action, or by custom roles
// alone (notes.md, the operation tables and What custom roles may hold).
func extra() []string {
	names := []string{
		"microsoft.directory/users/contactInfo/update",
		"microsoft.directory/users/identities/read",
		"microsoft.directory/users/jobInfo/update",
		"microsoft.directory/users/passwordPolicies/update",
		"microsoft.directory/deletedItems.users/delete",
	}
	for _, kind := range groupKinds {
		for _, rest := range groupTasks {
			names = append(names, "microsoft.directory/"+kind+"/"+rest)
		}
	}
	for _, rest := range ownApplicationTasks {
		names = append(names, "microsoft.directory/applications.myOrganization/"+rest)
	}
	return append(names, customizable()...)
}

// groupKinds is groups as custom roles divide them: all, by type, and those of a type
// whose members are assigned, not found by a rule. None of them is role-assignable when
// it is to be written: those groups have actions of their own (groupsAssignableToRoles).
var groupKinds = []string{
	"groups",
	"groups.security",
	"groups.security.assignedMembership",
	"groups.unified",
	"groups.unified.assignedMembership",
}

var groupTasks = []string{
	"allProperties/read",
	"allProperties/update",
	"assignedLabels/update",
	"basic/update",
	"classification/update",
	"create",
	"createAsOwner",
	"delete",
	"dynamicMembershipRule/update",
	"members/update",
	"owners/update",
	"restore",
	"settings/update",
	"visibility/update",
}

// ownApplicationTasks is what custom roles may hold on applications that serve this
// organisation alone.
var ownApplicationTasks = []string{
	"allProperties/read",
	"allProperties/update",
	"audience/update",
	"authentication/update",
	"basic/update",
	"credentials/update",
	"delete",
	"owners/read",
	"owners/update",
	"permissions/update",
	"standard/read",
}
