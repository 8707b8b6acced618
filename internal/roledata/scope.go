package roledata

import (
	"slices"
	"strings"

	"ephor/internal/guid"
)

// An Object is a kind of directory object at whose scope a role can be assigned.
type Object string

// The objects that can be a scope by themselves.
const (
	ObjectGroup            Object = "group"
	ObjectApplication      Object = "application"
	ObjectServicePrincipal Object = "servicePrincipal"
)

// scopes is which built-in roles may be assigned below the tenant.
type scopes struct {
	unit         []guid.ID
	object       map[Object][]guid.ID
	attributeSet []guid.ID
}

// ScopableToUnit reports whether a built-in role may be assigned at the scope of an
// administrative unit. Every assignable role may be assigned at tenant scope.
func ScopableToUnit(role guid.ID) bool { return slices.Contains(load().scopes.unit, role) }

// ScopableToObject reports whether a built-in role may be assigned at the scope of one
// object of that kind. No complete list is published; the roles are those of the
// published examples and of the entities that these are about.
func ScopableToObject(role guid.ID, kind Object) bool {
	return slices.Contains(load().scopes.object[kind], role)
}

// ScopableToAttributeSet reports whether a built-in role may be assigned at the scope of
// a set of custom security attributes; such an assignment is active, never eligible.
func ScopableToAttributeSet(role guid.ID) bool {
	return slices.Contains(load().scopes.attributeSet, role)
}

// CustomScopableToUnit reports whether a custom role with these actions may be assigned
// at the scope of a unit: one of them must be about what a unit can have as member.
func CustomScopableToUnit(actions []string) bool {
	return slices.ContainsFunc(actions, func(name string) bool {
		s := strings.Split(name, "/")
		if len(s) < 3 || s[0] != directory {
			return false
		}
		entity, _, _ := strings.Cut(s[1], ".")
		return entity == "users" || entity == "groups" || entity == "devices"
	})
}

func (c *catalogue) readScopes() {
	type listed struct {
		ID guid.ID `json:"templateId"`
	}
	var in struct {
		Unit struct {
			Roles []listed `json:"builtInRoles"`
		} `json:"administrativeUnit"`
		Object struct {
			Roles map[Object][]listed `json:"builtInRoles"`
		} `json:"directoryObject"`
		AttributeSet struct {
			Roles []listed `json:"builtInRoles"`
		} `json:"attributeSet"`
	}
	read("scopable-roles.json", false, &in)
	ids := func(roles []listed) (out []guid.ID) {
		for _, r := range roles {
			out = append(out, r.ID)
		}
		return out
	}
	c.scopes = scopes{unit: ids(in.Unit.Roles), attributeSet: ids(in.AttributeSet.Roles), object: make(map[Object][]guid.ID)}
	for kind, roles := range in.Object.Roles {
		c.scopes.object[kind] = ids(roles)
	}
}
