package roledata

import (
	"slices"
	"strings"
	"testing"

	"ephor/internal/guid"
)

// role finds a built-in role by the name that the tests read best with.
func role(t *testing.T, name string) *Role {
	t.Helper()
	for i := range All() {
		if r := &All()[i]; r.DisplayName == name {
			return r
		}
	}
	t.Fatalf("no role %q", name)
	return nil
}

func TestThereAre145BuiltInRoles(t *testing.T) {
	t.Parallel()
	ids := make(map[guid.ID]bool)
	for _, r := range All() {
		ids[r.ID] = true
		if found, ok := ByID(r.ID); !ok || found.DisplayName != r.DisplayName {
			t.Errorf("%s is not found by its id", r.DisplayName)
		}
	}
	if len(ids) != 145 {
		t.Errorf("%d roles", len(ids))
	}
	if _, ok := ByID(guid.Must("00000000-0000-0000-0000-000000000001")); ok {
		t.Error("an unknown id is a role")
	}
	if !slices.IsSortedFunc(All(), func(a, b Role) int {
		return strings.Compare(strings.ToLower(a.DisplayName), strings.ToLower(b.DisplayName))
	}) {
		t.Error("the roles are not in the order of their names")
	}
}

func TestNamedRolesAreThose(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]guid.ID{
		"Global Administrator":                    GlobalAdministrator,
		"Privileged Role Administrator":           PrivilegedRoleAdministrator,
		"Privileged Authentication Administrator": PrivilegedAuthenticationAdministrator,
		"Directory Readers":                       DirectoryReaders,
		"User":                                    User,
		"Guest User":                              GuestUser,
		"Restricted Guest User":                   RestrictedGuestUser,
	} {
		if got := role(t, name); got.ID != id {
			t.Errorf("%s is %s", name, got.ID)
		}
	}
}

func TestEveryRoleHasItsOwnDescription(t *testing.T) {
	t.Parallel()
	var all map[guid.ID]string
	read("descriptions.json", true, &all)
	if len(all) != Count {
		t.Errorf("%d descriptions", len(all))
	}
	seen := make(map[string]string)
	for _, r := range All() {
		if n := len(r.Description); n < 30 || n > 250 || !strings.HasSuffix(r.Description, ".") {
			t.Errorf("%s: %q", r.DisplayName, r.Description)
		}
		if other, ok := seen[r.Description]; ok {
			t.Errorf("%s and %s are described alike", other, r.DisplayName)
		}
		seen[r.Description] = r.DisplayName
	}
}

func TestOnlyImplicitRolesCannotBeAssigned(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		implicit := r.ID == User || r.ID == GuestUser || r.ID == RestrictedGuestUser
		want := Assignable
		if implicit {
			want = SystemAssigned
		}
		if r.Assignment != want {
			t.Errorf("%s: %q", r.DisplayName, r.Assignment)
		}
	}
}

// notes.md, The catalogue: these six are retired.
func TestRetiredRolesAreMarked(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range All() {
		if r.Deprecated {
			got = append(got, r.DisplayName)
		}
	}
	want := []string{"Device Join", "Device Managers", "Device Users", "Partner Tier1 Support", "Partner Tier2 Support", "Workplace Device Join"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// notes.md, How a check works, 1: 125 roles inherit Directory Readers, Guest Inviter
// inherits Guest User, and nothing is inherited twice over.
func TestInheritanceIsOneStep(t *testing.T) {
	t.Parallel()
	readers := 0
	for _, r := range All() {
		for _, id := range r.Inherits {
			from, ok := ByID(id)
			if !ok || len(from.Inherits) != 0 {
				t.Errorf("%s inherits %s", r.DisplayName, id)
				continue
			}
			if !r.Inherited.Covers(&from.Own) {
				t.Errorf("%s does not inherit what %s covers", r.DisplayName, from.DisplayName)
			}
		}
		if slices.Equal(r.Inherits, []guid.ID{DirectoryReaders}) {
			readers++
		}
		if len(r.Inherits) == 0 && !r.Inherited.Empty() {
			t.Errorf("%s inherits from nowhere", r.DisplayName)
		}
	}
	if readers != 125 || !slices.Equal(role(t, "Guest Inviter").Inherits, []guid.ID{GuestUser}) {
		t.Errorf("%d roles inherit Directory Readers", readers)
	}
}

// Inherited rights hold at tenant scope only, so they must not have slipped into Own.
func TestInheritedRightsAreKeptApart(t *testing.T) {
	t.Parallel()
	read := action(t, "users/standard/read")
	helpdesk := role(t, "Helpdesk Administrator")
	if helpdesk.Own.Has(read) || !helpdesk.Inherited.Has(read) {
		t.Error("Helpdesk Administrator reads users by itself")
	}
}

func TestConditionsAreKnown(t *testing.T) {
	t.Parallel()
	count := 0
	for _, r := range All() {
		for _, part := range r.Conditional {
			count++
			if part.Condition != OnSelf && part.Condition != OnOwned {
				t.Errorf("%s: condition %q", r.DisplayName, part.Condition)
			}
			for _, name := range part.Actions {
				if a, ok := ActionOf(name); !ok || !part.Own.Has(a) {
					t.Errorf("%s: %s", r.DisplayName, name)
				}
			}
		}
	}
	if count != 5 {
		t.Errorf("%d conditional parts", count)
	}
	member := role(t, "User")
	end := action(t, "users/invalidateAllRefreshTokens")
	if member.Own.Has(end) || !slices.ContainsFunc(member.Conditional, func(c Conditional) bool {
		return c.Condition == OnSelf && c.Own.Has(end)
	}) {
		t.Error("a member must be able to end the own sessions, and nobody else's")
	}
}
