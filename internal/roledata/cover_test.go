package roledata

import "testing"

// What holders of built-in roles may do, by notes.md, How a check works, 2. Names are
// within microsoft.directory.
func TestRolesCover(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role   string
		does   []string
		doesnt []string
	}{
		{
			"Global Administrator",
			[]string{
				"users/password/update", "users/disable", "users/enable", "users/delete", "users/restore", "users/create",
				"users/invalidateAllRefreshTokens", "users/userPrincipalName/update", "users/standard/read", "users/lifeCycleInfo/read",
				"users/authenticationMethods/create", "users/authenticationMethods/standard/read", "users/jobInfo/update",
				"groups/members/update", "groups.security/members/update", "groups.unified.assignedMembership/delete",
				"groupsAssignableToRoles/create", "groupsAssignableToRoles/allProperties/update", "groupsAssignableToRoles/delete",
				"deletedItems.users/restore", "deletedItems.users/delete", "deletedItems.groups/delete", "roleAssignments/allProperties/allTasks",
				"roleDefinitions/standard/read", "privilegedIdentityManagement/allProperties/read", "auditLogs/allProperties/read",
				"applications/credentials/update", "applications.myOrganization/credentials/update",
				"accessReviews/definitions.directoryRoles/allProperties/allTasks",
			},
			[]string{
				"users/customSecurityAttributes/read", "users/customSecurityAttributes/update", "devices/customSecurityAttributes/read",
				"servicePrincipals/customSecurityAttributes/update", "servicePrincipals/synchronization.customSecurityAttributes/schema/update",
				"customSecurityAttributeAuditLogs/allProperties/read", "customSecurityAttributeDefinitions/allProperties/read",
				"privilegedIdentityManagement/allProperties/allTasks",
			},
		},
		{
			"Global Reader",
			[]string{
				"users/standard/read", "groups/hiddenMembers/read", "roleAssignments/standard/read", "auditLogs/allProperties/read",
				"users/authenticationMethods/standard/restrictedRead", "privilegedIdentityManagement/allProperties/read", "users/identities/read",
			},
			[]string{
				"users/authenticationMethods/standard/read", "users/customSecurityAttributes/read", "users/basic/update", "groups/create",
				"users/invalidateAllRefreshTokens", "customSecurityAttributeAuditLogs/allProperties/read", "roleAssignments/allProperties/allTasks",
			},
		},
		{
			"User Administrator",
			[]string{
				"users/create", "users/delete", "users/restore", "users/enable", "users/disable", "users/password/update",
				"users/invalidateAllRefreshTokens", "users/userPrincipalName/update", "groups/create", "groups/members/update",
				"groups.security/owners/update", "groups.unified/restore", "deletedItems.users/restore",
			},
			[]string{
				"deletedItems/delete", "deletedItems.users/delete", "groupsAssignableToRoles/allProperties/update", "groupsAssignableToRoles/create",
				"groupsAssignableToRoles/delete", "users/authenticationMethods/create", "roleAssignments/allProperties/allTasks",
				"privilegedIdentityManagement/allProperties/read", "auditLogs/allProperties/read",
				"accessReviews/definitions.directoryRoles/allProperties/allTasks",
			},
		},
		{
			"Groups Administrator",
			[]string{"groups/members/update", "groups.security.assignedMembership/members/update", "deletedItems.groups/delete", "groups/restore"},
			[]string{
				"groupsAssignableToRoles/create", "groupsAssignableToRoles/allProperties/update", "groupsAssignableToRoles/delete",
				"groupsAssignableToRoles/restore", "groupsAssignableToRoles/assignLicense", "deletedItems.users/restore", "users/basic/update",
			},
		},
		{
			"Privileged Role Administrator",
			[]string{
				"privilegedIdentityManagement/allProperties/allTasks", "privilegedIdentityManagement/allProperties/read",
				"roleAssignments/standard/read", "groupsAssignableToRoles/allProperties/update", "administrativeUnits/members/read",
				"accessReviews/definitions.directoryRoles/allProperties/read",
			},
			[]string{"users/password/update", "groups/members/update", "users/create"},
		},
		{
			"Identity Governance Administrator",
			[]string{"accessReviews/allProperties/read", "groups.security/members/update", "accessReviews/definitions.applications/allProperties/read"},
			[]string{
				"accessReviews/definitions.directoryRoles/allProperties/allTasks", "accessReviews/definitions.groupsAssignableToRoles/create",
				"groups/owners/update", "groups/create",
			},
		},
		{
			"Knowledge Manager",
			[]string{"groups.security/members/update", "groups.security.assignedMembership/members/update"},
			[]string{"groups/members/update", "groups.unified/members/update"},
		},
		{"Attribute Log Reader", []string{"customSecurityAttributeAuditLogs/allProperties/read"}, []string{"auditLogs/allProperties/read"}},
		{"Reports Reader", []string{"auditLogs/allProperties/read"}, []string{"customSecurityAttributeAuditLogs/allProperties/read"}},
		{"AI Reader", []string{"users/allProperties/read"}, []string{"users/authenticationMethods/standard/read", "users/customSecurityAttributes/read"}},
		{"Directory Readers", []string{"users/standard/read"}, []string{"users/authenticationMethods/standard/restrictedRead", "users/lifeCycleInfo/read"}},
	} {
		r := role(t, tt.role)
		for _, name := range tt.does {
			if !r.Own.Has(action(t, name)) {
				t.Errorf("%s must hold %s", tt.role, name)
			}
		}
		for _, name := range tt.doesnt {
			if r.Own.Has(action(t, name)) {
				t.Errorf("%s must not hold %s", tt.role, name)
			}
		}
	}
}

func TestRolesHoldAllThatTheyName(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		for _, name := range r.Actions {
			if a, ok := ActionOf(name); !ok || !r.Own.Has(a) {
				t.Errorf("%s does not hold %s", r.DisplayName, name)
			}
		}
	}
}

// Only a role that names custom security attributes has them, whatever else it holds.
func TestNothingReachesCustomSecurityAttributesButByName(t *testing.T) {
	t.Parallel()
	guarded := []string{
		"users/customSecurityAttributes/read", "users/customSecurityAttributes/update",
		"devices/customSecurityAttributes/read", "devices/customSecurityAttributes/update",
		"servicePrincipals/customSecurityAttributes/read", "servicePrincipals/customSecurityAttributes/update",
	}
	holders := map[string]bool{"Attribute Assignment Administrator": true, "Attribute Assignment Reader": true}
	for _, r := range All() {
		for _, name := range guarded {
			if r.Own.Has(action(t, name)) && !holders[r.DisplayName] {
				t.Errorf("%s holds %s", r.DisplayName, name)
			}
		}
	}
}

// Writing role-assignable groups is for those who name it, and nobody else.
func TestNothingReachesRoleAssignableGroupsButByName(t *testing.T) {
	t.Parallel()
	holders := map[string]bool{"Global Administrator": true, "Privileged Role Administrator": true}
	for _, r := range All() {
		for _, rest := range []string{"create", "delete", "restore", "assignLicense", "allProperties/update"} {
			if r.Own.Has(action(t, "groupsAssignableToRoles/"+rest)) != holders[r.DisplayName] {
				t.Errorf("%s: %s", r.DisplayName, rest)
			}
		}
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		wide, narrow string
		want         bool
	}{
		{"a.b/c/allProperties/allTasks", "a.b/c/d/update", true},
		{"a.b/c/allProperties/allTasks", "a.b/c/create", true},
		{"a.b/c/allProperties/allTasks", "a.b/c/allProperties/read", true},
		{"a.b/c/allProperties/allTasks", "a.b/cd/create", false},
		{"a.b/c/allProperties/allTasks", "a.x/c/create", false},
		{"a.b/c/allProperties/read", "a.b/c/d/e/read", true},
		{"a.b/c/allProperties/read", "a.b/c/d/limitedRead", false},
		{"a.b/c/allProperties/read", "a.b/c/d/update", false},
		{"a.b/c/allProperties/update", "a.b/c/d/update", true},
		{"a.b/c/allProperties/update", "a.b/c/create", false},
		{"a.b/c/allProperties/read", "a.b/c/allProperties/allTasks", false},
		{"a.b/c/d/allTasks", "a.b/c/d/read", true},
		{"a.b/c/d/allTasks", "a.b/c/e/read", false},
		{"a.b/c/d/update", "a.b/c/d/update", true},
		{"a.b/c/d/update", "a.b/c/d/e/update", false},
		{"a.b/c/create", "a.b/c/create/update", false},
		{"a.b/allEntities/allTasks", "a.b/c/d/update", true},
		{"a.b/allEntities/allTasks", "a.c/c/d/update", false},
		{"a.b/c/allProperties/allTasks", "a.b/c.d/create", false},
		{"a.b/c/allProperties/allTasks", "a.b/c/d.e/create", false},
		{"microsoft.directory/groups/create", "microsoft.directory/groups.unified/create", true},
		{"microsoft.directory/groups.unified/create", "microsoft.directory/groups/create", false},
		{"microsoft.directory/groups.unified/create", "microsoft.directory/groups.security/create", false},
		{"microsoft.directory/groups.unified/create", "microsoft.directory/groups.unified.assignedMembership/create", true},
		{"microsoft.directory/groups/allProperties/update", "microsoft.directory/groups.security/basic/update", true},
		{"microsoft.directory/groups/allProperties/allTasks", "microsoft.directory/groupsAssignableToRoles/delete", false},
		{"microsoft.directory/deletedItems/restore", "microsoft.directory/deletedItems.users/restore", true},
		{"microsoft.directory/deletedItems/restore", "microsoft.directory/deletedItems.users/delete", false},
		{"microsoft.directory/users/allProperties/allTasks", "microsoft.directory/users/authenticationMethods/create", false},
		{"microsoft.directory/users/allProperties/allTasks", "microsoft.directory/users/customSecurityAttributes/read", false},
		{"microsoft.directory/accessReviews/definitions/allProperties/read", "microsoft.directory/accessReviews/definitions.groups/allProperties/read", true},
		{"microsoft.directory/accessReviews/allProperties/read", "microsoft.directory/accessReviews/definitions.groups/allProperties/read", false},
	} {
		w, n := parse(tt.wide), parse(tt.narrow)
		if w.covers(&n) != tt.want {
			t.Errorf("%s covers %s: want %v", tt.wide, tt.narrow, tt.want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		var c catalogue
		c.readRoles()
		c.readActions()
		c.expandRoles()
		c.readScopes()
		c.readTables()
	}
}
