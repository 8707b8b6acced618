package roledata

import (
	"slices"
	"testing"
)

// The published list of roles that may be assigned at the scope of a unit.
func TestOnlyListedRolesAreScopableToAUnit(t *testing.T) {
	t.Parallel()
	want := []string{
		"Attribute Assignment Administrator", "Attribute Assignment Reader", "Authentication Administrator", "Cloud Device Administrator",
		"Groups Administrator", "Helpdesk Administrator", "License Administrator", "Password Administrator", "Printer Administrator",
		"Privileged Authentication Administrator", "SharePoint Administrator", "Teams Administrator", "Teams Devices Administrator",
		"User Administrator",
	}
	var got []string
	for _, r := range All() {
		if ScopableToUnit(r.ID) {
			got = append(got, r.DisplayName)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestRolesAreScopableToTheObjectsTheyAreAbout(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role string
		kind Object
		want bool
	}{
		{"Application Administrator", ObjectApplication, true},
		{"Cloud Application Administrator", ObjectApplication, true},
		{"Cloud Application Administrator", ObjectServicePrincipal, true},
		{"Groups Administrator", ObjectGroup, true},
		{"User Administrator", ObjectGroup, true},
		{"Groups Administrator", ObjectApplication, false},
		{"Global Administrator", ObjectGroup, false},
		{"Global Administrator", ObjectApplication, false},
		{"Global Administrator", ObjectServicePrincipal, false},
		{"Groups Administrator", "user", false},
	} {
		if ScopableToObject(role(t, tt.role).ID, tt.kind) != tt.want {
			t.Errorf("%s at a %s: want %v", tt.role, tt.kind, tt.want)
		}
	}
}

func TestAttributeRolesAreScopableToAttributeSets(t *testing.T) {
	t.Parallel()
	if !ScopableToAttributeSet(role(t, "Attribute Definition Administrator").ID) || ScopableToAttributeSet(GlobalAdministrator) {
		t.Error("the list of attribute sets is another")
	}
}

func TestACustomRoleNeedsSomethingThatAUnitHolds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"microsoft.directory/users/basic/update":             true,
		"microsoft.directory/groups.security/members/update": true,
		"microsoft.directory/devices/delete":                 true,
		"microsoft.directory/groupsAssignableToRoles/create": false,
		"microsoft.directory/applications/basic/update":      false,
		"microsoft.people/users/photo/update":                false,
		"microsoft.directory/users":                          false,
	} {
		if CustomScopableToUnit([]string{"microsoft.directory/policies/create", name}) != want {
			t.Errorf("%s: want %v", name, want)
		}
	}
}
