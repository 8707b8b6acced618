package roledata

import (
	"slices"
	"strings"
	"testing"
)

// The pages that notes.md names list 21 actions on users, and on groups and applications
// those below: a sample of each section, and what none of them lists.
func TestCustomRolesMayHoldWhatIsListedForThemAndNoMore(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"users/standard/read", "users/basic/update", "users/manager/update", "users/jobInfo/update", "users/contactInfo/update",
		"users/usageLocation/update", "users/assignLicense", "users/passwordPolicies/update", "users/scopedRoleMemberOf/read",
		"users/parentalControls/update", "users/extensionProperties/update", "users/deviceForResourceAccount/read",
		"groups/allProperties/read", "groups/members/read", "groups/create", "groups.unified/create", "groups.security.assignedMembership/create",
		"groups/createAsOwner", "groups/allProperties/update", "groups.security/basic/update", "groups.unified/dynamicMembershipRule/update",
		"groups/members/update", "groups.security.assignedMembership/members/update", "groups/delete",
		"applications/create", "applications/createAsOwner", "applications/delete", "applications.myOrganization/delete",
		"applications/allProperties/read", "applications.myOrganization/standard/read", "applications/owners/read", "applications/owners/update",
		"applications/credentials/update", "applications.myOrganization/credentials/update", "applications/permissions/update",
	} {
		if !Customizable("microsoft.directory/" + name) {
			t.Errorf("%s is not for custom roles", name)
		}
		action(t, name)
	}
	for _, name := range []string{
		"users/create", "users/delete", "users/password/update", "users/enable", "users/disable", "users/invalidateAllRefreshTokens",
		"users/userPrincipalName/update", "users/allProperties/allTasks", "users/authenticationMethods/create",
		"groups/owners/update", "groups/allProperties/allTasks", "groups.security.assignedMembership/dynamicMembershipRule/update",
		"groupsAssignableToRoles/create", "groupsAssignableToRoles/allProperties/update",
		"roleAssignments/allProperties/allTasks", "roleDefinitions/allProperties/allTasks", "privilegedIdentityManagement/allProperties/allTasks",
		"applications/allProperties/allTasks", "applications/basic/read", "applications.myOrganization/owners/read", "servicePrincipals/credentials/update",
		"administrativeUnits/allProperties/allTasks", "directoryRoles/allProperties/allTasks", "oAuth2PermissionGrants/allProperties/update",
		"deletedItems/restore", "auditLogs/allProperties/read", "",
	} {
		if Customizable("microsoft.directory/" + name) {
			t.Errorf("%s is for custom roles", name)
		}
	}
	for _, name := range []string{"", "*", "microsoft.directory/*", "microsoft.directory/Users/basic/update", "microsoft.directory/users/basic/update "} {
		if Customizable(name) {
			t.Errorf("%q is for custom roles", name)
		}
	}
	users := 0
	for _, name := range customizable() {
		if strings.HasPrefix(name, "microsoft.directory/users/") {
			users++
		}
	}
	if all := customizable(); users != 21 || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("%d actions on users, want 21; %d in all", users, len(all))
	}
}

// Whatever a custom role holds, it cannot come to give roles by it.
func TestNoCustomizableActionGivesRoles(t *testing.T) {
	t.Parallel()
	all, unknown := Expand(customizable())
	if len(unknown) > 0 {
		t.Errorf("unknown: %q", unknown)
	}
	for _, name := range Actions() {
		a, _ := ActionOf(name)
		entity, _, _ := strings.Cut(strings.TrimPrefix(name, "microsoft.directory/"), "/")
		switch entity {
		case "roleAssignments", "roleDefinitions", "privilegedIdentityManagement", "directoryRoles", "scopedRoleMemberships", "groupsAssignableToRoles", "administrativeUnits":
			if all.Has(a) {
				t.Errorf("a custom role may hold %s", name)
			}
		}
	}
}
