package directory

import (
	"strings"
	"testing"

	"ephor/internal/fault"
	"ephor/internal/guid"
)

func TestUsersAreJudgedByTheirForm(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		property string
		user     User
		ok       bool
	}{
		{"userPrincipalName", User{UPN: "AlineD@Contoso.com"}, true},
		{"userPrincipalName", User{UPN: "o'hara.jr_2#~^!@sub.contoso.com"}, true},
		{"userPrincipalName", User{UPN: "aline"}, false},
		{"userPrincipalName", User{UPN: "aline@contoso"}, false},
		{"userPrincipalName", User{UPN: ".aline@contoso.com"}, false},
		{"userPrincipalName", User{UPN: "a line@contoso.com"}, false},
		{"userPrincipalName", User{UPN: "aline@-contoso.com"}, false},
		{"userPrincipalName", User{UPN: strings.Repeat("a", 65) + "@contoso.com"}, false},
		{"userPrincipalName", User{UPN: "aliné@contoso.com"}, false},
		{"displayName", User{Object: Object{DisplayName: "Aline Dupuy"}}, true},
		{"displayName", User{Object: Object{DisplayName: "  "}}, false},
		{"displayName", User{Object: Object{DisplayName: "a\nb"}}, false},
		{"displayName", User{Object: Object{DisplayName: strings.Repeat("é", 256)}}, true},
		{"displayName", User{Object: Object{DisplayName: strings.Repeat("é", 257)}}, false},
		{"mailNickname", User{MailNickname: "AlineD"}, true},
		{"mailNickname", User{MailNickname: "aline d"}, false},
		{"mailNickname", User{}, false},
		{"userType", User{Type: "gUEST"}, true},
		{"userType", User{Type: "Owner"}, false},
		{"usageLocation", User{Profile: Profile{UsageLocation: "NLD"}}, false},
		{"mail", User{Profile: Profile{Mail: "aline@contoso.com"}}, true},
		{"mail", User{Profile: Profile{Mail: "aline at contoso"}}, false},
	} {
		err := CheckUser(&row.user, []string{row.property})
		f, isFault := fault.As(err)
		switch {
		case row.ok && err != nil, !row.ok && !isFault:
			t.Errorf("%s of %+v: %v, want ok %v", row.property, row.user, err, row.ok)
		case !row.ok && (f.Status != 400 || f.Target != row.property):
			t.Errorf("%s: fault %+v", row.property, f)
		}
	}
}

func TestGroupsAreJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	plain := Group{Object: Object{DisplayName: "g"}, MailNickname: "g", SecurityEnabled: true}
	for name, row := range map[string]struct {
		change func(*Group)
		ok     bool
	}{
		"a security group":                      {func(*Group) {}, true},
		"role-assignable":                       {func(g *Group) { g.RoleAssignable = true }, true},
		"Microsoft 365, by another casing":      {func(g *Group) { g.Types, g.MailEnabled = []string{"unified"}, true }, true},
		"neither security nor Microsoft 365":    {func(g *Group) { g.SecurityEnabled = false }, false},
		"role-assignable, not security-enabled": {func(g *Group) { g.RoleAssignable, g.SecurityEnabled, g.Types = true, false, []string{"Unified"} }, false},
		"mail for a security group":             {func(g *Group) { g.MailEnabled = true }, false},
		"dynamic membership":                    {func(g *Group) { g.Types = []string{"DynamicMembership"} }, false},
		"the same type twice":                   {func(g *Group) { g.Types = []string{"Unified", "unified"} }, false},
		"unknown visibility":                    {func(g *Group) { g.Visibility = "Secret" }, false},
		"visibility by another casing":          {func(g *Group) { g.Visibility = "private" }, true},
	} {
		g := plain
		row.change(&g)
		if err := CheckGroup(&g); (err == nil) != row.ok {
			t.Errorf("%s: %v, want ok %v", name, err, row.ok)
		}
	}
}

// The published group's SID is the four words of its id (behaviour.md §2, 11).
func TestSecurityIdentifierIsTheObjectsID(t *testing.T) {
	t.Parallel()
	id := guid.Must("e77cbb23-0ff2-4e18-819c-690f58269752")
	if got := SecurityIdentifier(id); got != "S-1-12-1-3883711267-1310199794-258579585-1385637464" {
		t.Fatal(got)
	}
}
