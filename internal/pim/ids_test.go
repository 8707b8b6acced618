package pim

import (
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/guid"
)

// The published ids that decode to their own bodies (behaviour.md, Id formats).
func TestPublishedIDs(t *testing.T) {
	t.Parallel()
	globalAdmin := guid.Must("62e90394-69f5-4237-9190-012177145e10")
	principal := guid.Must("6be4b305-b75e-4efc-bfcc-31bd3b53a5f8")
	const tenantWide = "lAPpYvVpN0KRkAEhdxReEAWz5Gtet_xOv8wxvTtTpfg-1"
	if got := RoleAssignmentID(globalAdmin, principal, Scope{}); got != tenantWide {
		t.Errorf("%s", got)
	}
	if got, ok := ParseRoleAssignmentID(tenantWide); !ok || got != (Tuple{Role: globalAdmin, Principal: principal}) {
		t.Errorf("%+v %v", got, ok)
	}

	const scoped = "kl2Jm9Msx0SdAqasLV6lw516k2sxx1tGqEQtW1NowWEQEx5mdr2VR4mnjzyPhVv8-1"
	got, ok := ParseRoleAssignmentID(scoped)
	if !ok || got.Role.String()[:8] != "9b895d92" || got.Principal.String()[:8] != "6b937a9d" || got.Scope.String()[:8] != "661e1310" {
		t.Errorf("%+v %v", got, ok)
	}
	if again := RoleAssignmentID(got.Role, got.Principal, Scope{Kind: ScopeObject, ID: got.Scope}); again != scoped {
		t.Errorf("%s", again)
	}

	const eligible = "8MYkhImhnkm70CbBdTyW1BbHHAdHgZdDpbqyEFlRzAs-1-e"
	role, who := guid.Must("8424c6f0-a189-499e-bbd0-26c1753c96d4"), guid.Must("071cc716-8147-4397-a5ba-b2105951cc0b")
	if got := EligibilityInstanceID(role, who, Scope{}); got != eligible {
		t.Errorf("%s", got)
	}
	if got, ok := ParseEligibilityInstanceID(eligible); !ok || got != (Tuple{Role: role, Principal: who}) {
		t.Errorf("%+v %v", got, ok)
	}
}

func TestNoOtherTextIsAnID(t *testing.T) {
	t.Parallel()
	const good = "lAPpYvVpN0KRkAEhdxReEAWz5Gtet_xOv8wxvTtTpfg"
	for _, s := range []string{
		"", "-1", good, good + "-2", good + "-1-e", good + "-1 ", good[1:] + "-1", "A" + good + "-1", good[:42] + "h-1", // a second spelling of the same bytes
		good[:42] + "=-1", good[:20] + "\n" + good[20:] + "-1", "62e90394-69f5-4237-9190-012177145e10",
	} {
		if got, ok := ParseRoleAssignmentID(s); ok {
			t.Errorf("%q read as %+v", s, got)
		}
	}
}

// Beside an assignment an activation has an id of its own; alone, both have the
// roleAssignment's, as published.
func TestInstanceIDsOfOneTuple(t *testing.T) {
	t.Parallel()
	plain := RoleAssignmentID(userAdmin, aline, Scope{})
	if AssignmentInstanceID(userAdmin, aline, Scope{}, Activated, false) != plain ||
		AssignmentInstanceID(userAdmin, aline, Scope{}, Assigned, false) != plain ||
		AssignmentInstanceID(userAdmin, aline, Scope{}, Assigned, true) != plain {
		t.Error("an instance does not have the roleAssignment's id")
	}
	beside := AssignmentInstanceID(userAdmin, aline, Scope{}, Activated, true)
	if got, activated, ok := ParseAssignmentInstanceID(beside); beside == plain || !ok || !activated || got != TupleOf(userAdmin, aline, Scope{}) {
		t.Errorf("%s: %+v %v %v", beside, got, activated, ok)
	}
	if got, activated, ok := ParseAssignmentInstanceID(plain); !ok || activated || got != TupleOf(userAdmin, aline, Scope{}) {
		t.Errorf("%s: %+v %v %v", plain, got, activated, ok)
	}
}

// Every tuple has one id, and every id one tuple.
func TestIDsRoundTrip(t *testing.T) {
	t.Parallel()
	id := rapid.Custom(func(t *rapid.T) guid.ID { return guid.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")) })
	rapid.Check(t, func(t *rapid.T) {
		scope := rapid.SampledFrom([]Scope{{}, {App: true}, {Kind: ScopeUnit, ID: unit}, {Kind: ScopeObject, ID: otherID}}).Draw(t, "scope")
		role, principal := id.Draw(t, "role"), id.Draw(t, "principal")
		s := RoleAssignmentID(role, principal, scope)
		if got, ok := ParseRoleAssignmentID(s); !ok || got != TupleOf(role, principal, scope) {
			t.Fatalf("%s: %+v %v", s, got, ok)
		}
		e := EligibilityInstanceID(role, principal, scope)
		if got, ok := ParseEligibilityInstanceID(e); !ok || got != TupleOf(role, principal, scope) {
			t.Fatalf("%s: %+v %v", e, got, ok)
		}
	})
}

func FuzzParseRoleAssignmentID(f *testing.F) {
	f.Add("lAPpYvVpN0KRkAEhdxReEAWz5Gtet_xOv8wxvTtTpfg-1")
	f.Add("kl2Jm9Msx0SdAqasLV6lw516k2sxx1tGqEQtW1NowWEQEx5mdr2VR4mnjzyPhVv8-1-a")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := ParseRoleAssignmentID(s); ok && got.encode()+plainSuffix != s {
			t.Fatalf("%q and %q are one tuple", s, got.encode())
		}
		if got, activated, ok := ParseAssignmentInstanceID(s); ok && activated && got.encode()+activatedSuffix != s {
			t.Fatalf("%q and %q are one tuple", s, got.encode())
		}
	})
}
