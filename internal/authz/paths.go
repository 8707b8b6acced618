package authz

import "sync"

// rolePaths are the application permissions by which an application can bring itself, or
// whoever controls it, to a directory role, and why. Granting or consenting to one of
// them, and changing the credentials, owners, redirect URIs or consent of an application
// that has one, needs a caller who could grant the roles.
//
// Not here, and why: Directory.ReadWrite.All and Group.ReadWrite.All reach neither
// role-assignable groups nor administrators (that needs RoleManagement.ReadWrite.Directory
// or a role); Application.ReadWrite.OwnedBy reaches the application's own registrations
// only, whose privilege is judged by itself; User.ReadWrite.All and the like change
// administrators only together with a role; the Remove permissions take privilege away;
// all that only read.
var rolePaths = map[string]string{
	"RoleManagement.ReadWrite.Directory":                   "assigns any role to anyone",
	"RoleAssignmentSchedule.ReadWrite.Directory":           "assigns any role to anyone, for a time",
	"RoleEligibilitySchedule.ReadWrite.Directory":          "makes anyone eligible for any role",
	"RoleManagementPolicy.ReadWrite.Directory":             "takes approval and MFA away from an eligibility",
	"PrivilegedAccess.ReadWrite.AzureAD":                   "assigns any role, by the older name",
	"PrivilegedAccess.ReadWrite.AzureADGroup":              "gives a place in a group that holds roles, by the older name",
	"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup":  "gives a place in a group that holds roles",
	"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup": "makes anyone eligible for a place in a group that holds roles",
	"RoleManagementPolicy.ReadWrite.AzureADGroup":          "takes approval away from a place in a group that holds roles",
	"AppRoleAssignment.ReadWrite.All":                      "gives any application any permission, the first of this list included",
	"Application.ReadWrite.All":                            "adds a secret to any application, and so acts as one that has a role",
	"DelegatedPermissionGrant.ReadWrite.All":               "consents for everyone, so that an administrator's next visit is used",
	"Policy.ReadWrite.PermissionGrant":                     "lets users consent to what only administrators may",
	"Policy.ReadWrite.Authorization":                       "changes what everybody may do without a role",
	"Policy.ReadWrite.AuthenticationMethod":                "takes the second factor away from an administrator's sign-in",
	"UserAuthenticationMethod.ReadWrite.All":               "adds a sign-in method to an administrator",
	"User-PasswordProfile.ReadWrite.All":                   "sets an administrator's password",
}

// paths are the permissions of rolePaths as a set.
var paths = sync.OnceValue(func() Scopes {
	names := make([]string, 0, len(rolePaths))
	for name := range rolePaths {
		names = append(names, name)
	}
	return mustScopes(names)
})

// LeadToRoles is those of the permissions that lead to roles: only who could grant roles
// may grant them.
func LeadToRoles(s Scopes) Scopes { return s.And(paths()) }
