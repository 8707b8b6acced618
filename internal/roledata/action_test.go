package roledata

import (
	"slices"
	"testing"
)

// action is a microsoft.directory action by the rest of its name.
func action(t *testing.T, rest string) Action {
	t.Helper()
	a, ok := ActionOf("microsoft.directory/" + rest)
	if !ok {
		t.Fatalf("unknown action %s", rest)
	}
	return a
}

func TestEveryActionHasItsNumber(t *testing.T) {
	t.Parallel()
	for i, name := range Actions() {
		if a, ok := ActionOf(name); !ok || int(a) != i || a.String() != name {
			t.Errorf("%s: %d, %v", name, a, ok)
		}
	}
	if _, ok := ActionOf("microsoft.directory/users/Password/update"); ok {
		t.Error("names are compared without regard to case")
	}
}

// The actions that notes.md names in its operation tables.
var operationActions = []string{
	"users/standard/read", "users/manager/read", "users/directReports/read", "users/memberOf/read", "users/ownedDevices/read",
	"users/registeredDevices/read", "users/licenseDetails/read", "users/appRoleAssignments/read", "users/scopedRoleMemberOf/read",
	"users/identities/read", "users/create", "users/inviteGuest", "users/basic/update", "users/jobInfo/update", "users/contactInfo/update",
	"users/usageLocation/update", "users/passwordPolicies/update", "users/manager/update", "users/enable", "users/disable",
	"users/userPrincipalName/update", "users/password/update", "users/changePassword", "users/delete", "users/restore",
	"deletedItems.users/restore", "deletedItems/delete", "users/invalidateAllRefreshTokens", "users/assignLicense",
	"users/reprocessLicenseAssignment", "users/lifeCycleInfo/read", "users/photo/update", "users/customSecurityAttributes/read",
	"users/customSecurityAttributes/update", "attributeSets/allProperties/read", "attributeSets/allProperties/allTasks",
	"customSecurityAttributeDefinitions/allProperties/read", "customSecurityAttributeDefinitions/allProperties/allTasks",
	"users/authenticationMethods/standard/read", "users/authenticationMethods/standard/restrictedRead", "users/authenticationMethods/create",
	"users/authenticationMethods/basic/update", "users/authenticationMethods/delete",
	"groups/standard/read", "groups/members/read", "groups/owners/read", "groups/memberOf/read", "groups/hiddenMembers/read",
	"groups/create", "groups/createAsOwner", "groups.security/create", "groups.unified/create", "groups.security.assignedMembership/create",
	"groups.unified.assignedMembership/createAsOwner", "groupsAssignableToRoles/create", "groups/basic/update", "groups/classification/update",
	"groups/dynamicMembershipRule/update", "groups/visibility/update", "groups/settings/update", "groups/members/update", "groups/owners/update",
	"groups/delete", "groups/restore", "deletedItems.groups/restore", "deletedItems.groups/delete", "groupsAssignableToRoles/allProperties/update",
	"groupsAssignableToRoles/delete", "groupsAssignableToRoles/restore", "groupsAssignableToRoles/assignLicense",
	"administrativeUnits/standard/read", "administrativeUnits/members/read", "administrativeUnits/allProperties/allTasks",
	"scopedRoleMemberships/allProperties/read", "scopedRoleMemberships/allProperties/allTasks",
	"roleDefinitions/standard/read", "roleDefinitions/allProperties/read", "roleDefinitions/allProperties/allTasks",
	"roleAssignments/standard/read", "roleAssignments/allProperties/read", "roleAssignments/allProperties/allTasks",
	"directoryRoles/standard/read", "directoryRoles/members/read", "directoryRoles/allProperties/read", "directoryRoles/allProperties/allTasks",
	"resourceNamespaces/resourceActions/authenticationContext/update",
	"privilegedIdentityManagement/allProperties/read", "privilegedIdentityManagement/allProperties/allTasks",
	"authorizationPolicy/allProperties/allTasks", "authorizationPolicy/standard/read",
	"conditionalAccessPolicies/standard/read", "conditionalAccessPolicies/create", "conditionalAccessPolicies/basic/update", "conditionalAccessPolicies/delete",
	"namedLocations/standard/read", "namedLocations/create", "namedLocations/basic/update", "namedLocations/delete",
	"auditLogs/allProperties/read", "customSecurityAttributeAuditLogs/allProperties/read", "signInReports/allProperties/read",
	"provisioningLogs/allProperties/read", "accessReviews/definitions.directoryRoles/allProperties/read",
	"accessReviews/definitions.directoryRoles/allProperties/allTasks", "accessReviews/definitions.groupsAssignableToRoles/create",
	"accessReviews/definitions.groupsAssignableToRoles/delete", "accessReviews/definitions.groupsAssignableToRoles/allProperties/update",
}

func TestWhatOperationsAskForIsKnown(t *testing.T) {
	t.Parallel()
	for _, name := range operationActions {
		action(t, name)
	}
}

// notes.md, The catalogue: no unprivileged role holds a labelled action.
func TestPrivilegedActionsAreForPrivilegedRoles(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		if holds := slices.ContainsFunc(r.Actions, Privileged); holds && !r.Privileged {
			t.Errorf("%s holds a privileged action", r.DisplayName)
		}
	}
	for name, want := range map[string]bool{
		"microsoft.directory/users/password/update":                                                true,
		"microsoft.directory/users/disable":                                                        true,
		"microsoft.directory/applications/credentials/update":                                      true,
		"microsoft.directory/onPasswordSubmitCustomAuthenticationExtension/allProperties/allTasks": true,
		"microsoft.directory/users/standard/read":                                                  false,
		"microsoft.directory/groups/members/update":                                                false,
		"microsoft.directory/no/such":                                                              false,
		"":                                                                                         false,
	} {
		if Privileged(name) != want {
			t.Errorf("%q: privileged is %v", name, !want)
		}
	}
}

func TestUnknownActionsDoNothing(t *testing.T) {
	t.Parallel()
	s, unknown := Expand([]string{"microsoft.directory/groups/basic/update", "microsoft.directory/users/allProperties/everything", ""})
	if len(unknown) != 2 || !s.Has(action(t, "groups/basic/update")) || s.Has(action(t, "users/basic/update")) {
		t.Errorf("unknown: %q", unknown)
	}
	if s, unknown := Expand(nil); !s.Empty() || unknown != nil {
		t.Error("nothing gives something")
	}
}
