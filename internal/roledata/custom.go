package roledata

import (
	"slices"
	"sync"
)

// Customizable reports whether a role of the tenant's own may hold the action: those on
// users, groups and applications that are listed for custom roles, and no others
// (notes.md, What custom roles may hold). None of them gives roles, and none reaches
// passwords, sign-in methods or role-assignable groups.
func Customizable(action string) bool {
	_, found := slices.BinarySearch(customizable(), action)
	return found
}

var customizable = sync.OnceValue(func() []string {
	names := slices.Concat(
		within("users", customUserTasks), within("applications", customApplicationTasks),
		within("applications.myOrganization", customOwnTasks), within("groups", customGroupReads),
	)
	for _, kind := range groupKinds {
		names = append(names, within(kind, customGroupTasks)...)
	}
	for _, kind := range groupKinds {
		if kind == "groups" || kind == "groups.security" || kind == "groups.unified" {
			names = append(names, within(kind, []string{"dynamicMembershipRule/update"})...)
		}
	}
	slices.Sort(names)
	return names
})

// within is what may be done, as actions on an entity of the directory.
func within(entity string, tasks []string) []string {
	names := make([]string, len(tasks))
	for i, task := range tasks {
		names[i] = directory + "/" + entity + "/" + task
	}
	return names
}

var customUserTasks = []string{
	"appRoleAssignments/read", "assignLicense", "basic/update", "contactInfo/update", "deviceForResourceAccount/read", "directReports/read",
	"extensionProperties/update", "identities/read", "jobInfo/update", "licenseDetails/read", "manager/read", "manager/update", "memberOf/read",
	"ownedDevices/read", "parentalControls/update", "passwordPolicies/update", "registeredDevices/read", "reprocessLicenseAssignment",
	"scopedRoleMemberOf/read", "standard/read", "usageLocation/update",
}

var customGroupReads = []string{"allProperties/read", "standard/read", "members/read", "memberOf/read", "owners/read"}

// customGroupTasks are had on each kind of group.
var customGroupTasks = []string{"create", "createAsOwner", "delete", "allProperties/update", "basic/update", "classification/update", "members/update"}

// customApplicationTasks are had on any registration, customOwnTasks on those that serve
// this organisation alone too.
var (
	customApplicationTasks = append([]string{"create", "createAsOwner", "owners/read"}, customOwnTasks...)
	customOwnTasks         = []string{
		"allProperties/read", "standard/read", "delete", "allProperties/update", "audience/update", "authentication/update",
		"basic/update", "credentials/update", "owners/update", "permissions/update",
	}
)
