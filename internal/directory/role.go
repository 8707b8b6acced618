package directory

import (
	"crypto/sha256"
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/fault"
	"ephor/internal/guid"
)

// A RoleDefinition is a directory role: built in, or the tenant's own.
type RoleDefinition struct {
	Object
	Template    guid.ID // templateId; of a built-in role its id
	Description string
	BuiltIn     bool
	Enabled     bool
	Privileged  bool
	Version     string
	Actions     []string // all that it may do
	// Permissions are the actions as they were given, in groups; nil when they are one.
	Permissions [][]string
	Inherits    []guid.ID
}

// DirectoryRoleID is the id under which a built-in role is found among a tenant's
// directory roles. Every tenant has ids of its own, as in Graph; they are worked out and
// not stored.
func DirectoryRoleID(tenant, template guid.ID) guid.ID {
	sum := sha256.Sum256([]byte("directoryRole\x00" + string(tenant[:]) + string(template[:])))
	id := guid.ID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8, of our own making
	return id
}

// CheckRole judges the names of a role by their form alone.
func CheckRole(r *RoleDefinition) error {
	if err := checkName(r.DisplayName); err != nil {
		return err
	}
	if err := checkText("description", r.Description, 1024); err != nil {
		return err
	}
	return checkText("version", r.Version, 64)
}

// checkName judges a displayName that must be there.
func checkName(name string) error {
	if strings.TrimSpace(name) == "" {
		return invalid("displayName", "A displayName must not be empty.")
	}
	return checkText("displayName", name, 256)
}

// CheckPermission judges one list of a role's actions by form and number.
func CheckPermission(actions []string) error {
	const most, longest = 200, 200
	if len(actions) == 0 || len(actions) > most {
		return fault.BadRequest("rolePermissions", "A permission lists 1 to %d actions.", most)
	}
	for _, a := range actions {
		if utf8.RuneCountInString(a) > longest || strings.ContainsFunc(a, unicode.IsControl) {
			return fault.BadRequest("rolePermissions", "An action has at most %d characters that print.", longest)
		}
	}
	return nil
}
