package authz

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// permissions are all permission names that mean something here: those of the permission
// columns of operations.md, those of errors.md's refusals, the basic OpenID ones, and
// those that lead to roles (see paths.go). A name's place is its bit in Scopes, which
// lives in memory only, so the list may be reordered.
var permissions = []string{
	"openid", "profile", "email", "offline_access",
	"AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All",
	"AppRegistration.Create", "AppRoleAssignment.ReadWrite.All",
	"Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy",
	"AuditLog.Read.All", "DelegatedPermissionGrant.ReadWrite.All",
	"Directory.AccessAsUser.All", "Directory.Read.All", "Directory.ReadWrite.All",
	"Domain.Read.All", "Domain.ReadWrite.All",
	"Group.Create", "Group.Read.All", "Group.ReadBasic.All", "Group.ReadWrite.All",
	"GroupMember.Read.All", "GroupMember.ReadBasic.All", "GroupMember.ReadWrite.All",
	"Organization.Read.All", "Organization.ReadWrite.All",
	"Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod", "Policy.ReadWrite.Authorization", "Policy.ReadWrite.PermissionGrant",
	"PrivilegedAccess.Read.AzureAD", "PrivilegedAccess.Read.AzureADGroup",
	"PrivilegedAccess.ReadWrite.AzureAD", "PrivilegedAccess.ReadWrite.AzureADGroup",
	"PrivilegedAssignmentSchedule.Read.AzureADGroup",
	"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
	"PrivilegedAssignmentSchedule.Remove.AzureADGroup",
	"PrivilegedEligibilitySchedule.Read.AzureADGroup",
	"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
	"PrivilegedEligibilitySchedule.Remove.AzureADGroup",
	"RoleAssignmentSchedule.Read.Directory", "RoleAssignmentSchedule.ReadWrite.Directory",
	"RoleAssignmentSchedule.Remove.Directory",
	"RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory",
	"RoleEligibilitySchedule.Remove.Directory",
	"RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory",
	"RoleManagementPolicy.Read.AzureADGroup", "RoleManagementPolicy.Read.Directory",
	"RoleManagementPolicy.ReadWrite.AzureADGroup", "RoleManagementPolicy.ReadWrite.Directory",
	"User.DeleteRestore.All", "User.EnableDisableAccount.All", "User.ManageIdentities.All",
	"User.Read", "User.Read.All", "User.ReadBasic.All", "User.ReadWrite", "User.ReadWrite.All",
	"User.RevokeSessions.All", "User-PasswordProfile.ReadWrite.All",
	"UserAuthenticationMethod.Read", "UserAuthenticationMethod.Read.All",
	"UserAuthenticationMethod.ReadWrite", "UserAuthenticationMethod.ReadWrite.All",
}

// scopeWords is how many words of 64 names Scopes has.
const scopeWords = 2

// Scopes is a set of permission names: delegated scopes or application permissions. The
// zero Scopes is empty.
type Scopes [scopeWords]uint64

var scopeIndex = indexScopes()

func indexScopes() map[string]int {
	if len(permissions) > scopeWords*64 {
		panic("authz: more permission names than Scopes has bits")
	}
	index := make(map[string]int, len(permissions))
	for i, name := range permissions {
		if _, twice := index[name]; twice {
			panic("authz: permission named twice: " + name)
		}
		index[name] = i
	}
	return index
}

// AllScopes is every known permission name, for a token that asked for whatever it has.
func AllScopes() Scopes {
	var s Scopes
	for i := range permissions {
		s.add(i)
	}
	return s
}

// ParseScopes is the set of names; it also tells those that are not known. Names are
// compared as they are spelt.
func ParseScopes(names []string) (known Scopes, unknown []string) {
	for _, name := range names {
		if i, found := scopeIndex[name]; found {
			known.add(i)
		} else {
			unknown = append(unknown, name)
		}
	}
	return known, unknown
}

// mustScopes is ParseScopes for declarations: it panics on an unknown name.
func mustScopes(names []string) Scopes {
	known, unknown := ParseScopes(names)
	if len(unknown) > 0 {
		panic(fmt.Sprintf("authz: unknown permissions %s", strings.Join(unknown, ", ")))
	}
	return known
}

func (s *Scopes) add(i int) { s[i/64] |= 1 << (i % 64) }

// Has reports whether the permission called name is in the set; an unknown one never is.
func (s Scopes) Has(name string) bool {
	i, found := scopeIndex[name]
	return found && s[i/64]&(1<<(i%64)) != 0
}

// Empty reports whether no name is in the set.
func (s Scopes) Empty() bool { return s == Scopes{} }

// And is what is in both sets.
func (s Scopes) And(o Scopes) Scopes {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

// Or is what is in either set.
func (s Scopes) Or(o Scopes) Scopes {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

// Minus is what is in s and not in o.
func (s Scopes) Minus(o Scopes) Scopes {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

// Names are the names in the set, sorted.
func (s Scopes) Names() []string {
	var names []string
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			names = append(names, permissions[i*64+bits.TrailingZeros64(word)])
		}
	}
	slices.Sort(names)
	return names
}
