package roledata

import (
	"testing"

	"ephor/internal/guid"
)

var (
	custom   = guid.Must("11111111-2222-4333-8444-555555555555")
	exchange = guid.Must("29232cdf-9323-42fd-ade2-1d097af3e4de") // a built-in role without a row
)

// A cell of the published tables: may the column's role touch the row's target?
type cell struct {
	Actor   guid.ID `json:"actor"`
	Target  string  `json:"target"`
	Allowed bool    `json:"allowed"`
}

// The published tables, cell by cell, against the rows that the rules are made of.
func TestReachIsThePublishedTables(t *testing.T) {
	t.Parallel()
	type published struct {
		Cells []cell `json:"cells"`
	}
	var in struct {
		PasswordReset    published `json:"passwordReset"`
		SensitiveActions published `json:"sensitiveActions"`
	}
	read("sensitive-actions.json", false, &in)
	if len(in.PasswordReset.Cells) != 108 || len(in.SensitiveActions.Cells) != 72 {
		t.Fatalf("%d and %d cells", len(in.PasswordReset.Cells), len(in.SensitiveActions.Cells))
	}
	for table, cells := range map[Table][]cell{PasswordReset: in.PasswordReset.Cells, SensitiveActions: in.SensitiveActions.Cells} {
		for _, c := range cells {
			for _, target := range targets(t, c.Target) {
				if Reach(table, c.Actor, target.roles, target.kinds) != c.Allowed {
					t.Errorf("%s: %s on %s %v: want %v", tableNames[table], c.Actor, c.Target, target.roles, c.Allowed)
				}
			}
		}
	}
}

type target struct {
	roles []guid.ID
	kinds Kinds
}

// targets is the people that a row of the tables is about.
func targets(t *testing.T, row string) []target {
	t.Helper()
	switch row {
	case "noRole":
		return []target{{}}
	case "roleAssignableGroupMemberOrOwner":
		return []target{{kinds: RoleAssignableGroup}}
	case "roleScopedToRestrictedManagementAdministrativeUnit":
		return []target{{kinds: RestrictedUnit}, {roles: []guid.ID{DirectoryReaders}, kinds: RestrictedUnit}}
	case "anyOtherRole":
		return []target{{roles: []guid.ID{custom}}, {roles: []guid.ID{exchange}}, {roles: []guid.ID{exchange, custom}}}
	}
	return []target{{roles: []guid.ID{guid.Must(row)}}}
}

func TestOneRoleOutOfReachIsEnough(t *testing.T) {
	t.Parallel()
	helpdesk, admin := role(t, "Helpdesk Administrator").ID, role(t, "User Administrator").ID
	for _, tt := range []struct {
		name    string
		actor   guid.ID
		targets []guid.ID
		kinds   Kinds
		want    bool
	}{
		{"two roles in reach", helpdesk, []guid.ID{DirectoryReaders, helpdesk}, 0, true},
		{"one of two", helpdesk, []guid.ID{DirectoryReaders, GlobalAdministrator}, 0, false},
		{"a custom role beside one in reach", helpdesk, []guid.ID{DirectoryReaders, custom}, 0, false},
		{"a role in reach, and a guarded group", admin, []guid.ID{DirectoryReaders}, RoleAssignableGroup, false},
		{"everything at once", PrivilegedAuthenticationAdministrator, []guid.ID{GlobalAdministrator, custom, exchange}, RoleAssignableGroup | RestrictedUnit, true},
		{"a higher kind of administrator", admin, []guid.ID{PrivilegedRoleAdministrator}, 0, false},
	} {
		if Reach(PasswordReset, tt.actor, tt.targets, tt.kinds) != tt.want {
			t.Errorf("%s: want %v", tt.name, tt.want)
		}
	}
}

// Roles that hold the actions, and have no column: sensitive-actions.json, suggestedDefault.
func TestRolesWithoutAColumnReachOnlyThoseWithoutARole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Security Operator", "Entra SOC Identity Responder", "Directory Writers", "Partner Tier1 Support"} {
		id := role(t, name).ID
		for _, table := range []Table{PasswordReset, SensitiveActions} {
			if !Reach(table, id, nil, 0) {
				t.Errorf("%s does not reach those without a role", name)
			}
			for _, to := range []target{
				{roles: []guid.ID{DirectoryReaders}}, {roles: []guid.ID{custom}}, {kinds: RoleAssignableGroup}, {kinds: RestrictedUnit},
			} {
				if Reach(table, id, to.roles, to.kinds) {
					t.Errorf("%s reaches %v", name, to)
				}
			}
		}
	}
	if !Reach(PasswordReset, role(t, "Partner Tier2 Support").ID, []guid.ID{GlobalAdministrator}, 0) {
		t.Error("Partner Tier2 Support does not reach everybody")
	}
}

func TestRolesThatNoTableNamesReachNobody(t *testing.T) {
	t.Parallel()
	for table := range tableCount {
		for _, actor := range []guid.ID{custom, exchange, PrivilegedRoleAdministrator, User, {}} {
			if Reach(table, actor, nil, 0) {
				t.Errorf("%s: %s reaches somebody", tableNames[table], actor)
			}
		}
	}
}

// Helpdesk and Password Administrators reset passwords, and have no column in the other table.
func TestResettingPasswordsIsNotReachingAccounts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Helpdesk Administrator", "Password Administrator"} {
		if Reach(SensitiveActions, role(t, name).ID, nil, 0) || !Reach(PasswordReset, role(t, name).ID, nil, 0) {
			t.Error(name)
		}
	}
}

func TestSignInMethodsAreReachedAsTheirTableSays(t *testing.T) {
	t.Parallel()
	auth, reader, admin := role(t, "Authentication Administrator").ID, role(t, "Global Reader").ID, role(t, "User Administrator").ID
	global := []guid.ID{GlobalAdministrator}
	for _, tt := range []struct {
		name    string
		table   Table
		actor   guid.ID
		targets []guid.ID
		want    bool
	}{
		{"own kind", AuthenticationMethods, auth, []guid.ID{auth}, true},
		{"no role", AuthenticationMethods, auth, nil, true},
		{"Global Administrator by Authentication Administrator", AuthenticationMethods, auth, global, false},
		{"the same, reading", RestrictedMethodsRead, auth, global, false},
		{"Global Administrator by its keeper", AuthenticationMethods, PrivilegedAuthenticationAdministrator, global, true},
		{"Global Administrator by another", AuthenticationMethods, GlobalAdministrator, global, true},
		{"Global Reader reads", RestrictedMethodsRead, reader, global, true},
		{"Global Reader changes", AuthenticationMethods, reader, nil, false},
		{"User Administrator", AuthenticationMethods, admin, nil, false},
		{"User Administrator, reading", RestrictedMethodsRead, admin, nil, false},
	} {
		if Reach(tt.table, tt.actor, tt.targets, 0) != tt.want {
			t.Errorf("%s: want %v", tt.name, tt.want)
		}
	}
}

func TestInAUnitOnlyThoseWithoutARoleAreReached(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		for table := range tableCount {
			whole := ActorOf(table, r.ID)
			unit := whole.InUnit()
			if unit.Allows(RoleSet{}, 0) != whole.Allows(RoleSet{}, 0) {
				t.Errorf("%s: those without a role", r.DisplayName)
			}
			if unit.Allows(Roles(DirectoryReaders), 0) || unit.Allows(RoleSet{}, RoleAssignableGroup) || unit.Allows(RoleSet{}, RestrictedUnit) {
				t.Errorf("%s reaches privilege from a unit", r.DisplayName)
			}
		}
		if ExemptInUnit(r.ID) != (r.ID == PrivilegedAuthenticationAdministrator) {
			t.Errorf("%s is exempt", r.DisplayName)
		}
	}
}

func TestTablesNameTheirActionsAndProperties(t *testing.T) {
	t.Parallel()
	for table := range tableCount {
		if len(table.Gates()) == 0 {
			t.Errorf("%s has no gates", tableNames[table])
		}
	}
	if n := len(SensitiveActions.Properties()); n != 7 {
		t.Errorf("%d sensitive properties", n)
	}
	if n := len(PasswordReset.Properties()); n != 3 {
		t.Errorf("%d properties that go with passwords", n)
	}
}

func TestRoleSet(t *testing.T) {
	t.Parallel()
	var s RoleSet
	if !s.Empty() {
		t.Error("the zero set is not empty")
	}
	for _, r := range All() {
		if s.Has(r.ID) {
			t.Errorf("%s is in the set already", r.DisplayName)
		}
		s.Add(r.ID)
		if !s.Has(r.ID) || s.Has(custom) {
			t.Errorf("%s", r.DisplayName)
		}
	}
	s.Add(custom)
	if !s.Has(custom) {
		t.Error("a custom role is lost")
	}
}

func TestAllowsAllocatesNothing(t *testing.T) {
	actor, targets := ActorOf(PasswordReset, GlobalAdministrator), Roles(DirectoryReaders, custom)
	if n := testing.AllocsPerRun(100, func() {
		if !actor.Allows(targets, RoleAssignableGroup) {
			t.Fatal("out of reach")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
