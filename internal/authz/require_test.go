package authz

import (
	"slices"
	"strings"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
)

const md = "microsoft.directory/"

// Some rules as operations.md has them.
var (
	ruleRevoke = Rule{
		Delegated:   []string{"User.RevokeSessions.All", "Directory.ReadWrite.All", "User.ReadWrite.All"},
		Application: []string{"User.RevokeSessions.All", "Directory.ReadWrite.All", "User.ReadWrite.All"},
		Ways:        []Way{Self, Role(md + revoke)}, Tables: []roledata.Table{roledata.PasswordReset},
	}.Compile()
	ruleDelete = Rule{
		Delegated: []string{"User.DeleteRestore.All", "User.ReadWrite.All"}, Application: []string{"User.ReadWrite.All"},
		Ways: []Way{Role(md + "users/delete")}, Tables: []roledata.Table{roledata.SensitiveActions},
	}.Compile()
	ruleAddMember = Rule{
		Delegated:   []string{"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"},
		Application: []string{"GroupMember.ReadWrite.All", "Group.ReadWrite.All"},
		Ways:        []Way{Owner, Role(md + members)}, Group: GroupJoins,
	}.Compile()
	ruleGroupPIM = Rule{
		Family:      PIM,
		Delegated:   []string{"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"},
		Application: []string{"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"},
		Guarded:     []string{"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"},
		Ways:        []Way{Owner, Role(md + members)}, Group: GroupJoins, TenantOnly: true,
	}.Compile()
	ruleEligibility = Rule{
		Family:      PIM,
		Delegated:   []string{"RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"},
		Application: []string{"RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"},
		Ways:        []Way{Role(managePIM, manageAssignments)},
	}.Compile()
	ruleListUsers = Rule{
		Delegated: []string{"User.ReadBasic.All", "User.Read.All"}, Application: []string{"User.Read.All"},
		Ways: []Way{Member, Role(md + readUser)}, Reads: true,
	}.Compile()
	ruleMe     = Rule{Delegated: []string{"User.Read"}, Ways: []Way{Anyone}, Reads: true}.Compile()
	ruleSecret = Rule{
		Delegated: []string{"Application.ReadWrite.All"}, Application: []string{"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"},
		Ways: []Way{Owner, Role(md + "applications/credentials/update")}, Arms: true,
	}.Compile()
	ruleGrant = Rule{
		Delegated: []string{"AppRoleAssignment.ReadWrite.All"}, Application: []string{"AppRoleAssignment.ReadWrite.All"},
		Also: []string{"Application.Read.All"}, Ways: []Way{Role(md + "servicePrincipals/appRoleAssignedTo/update")},
	}.Compile()
)

// client makes a client to whose service principal everything is consented and granted.
func (w world) client(name string, permissions ...string) {
	w.put(directory.KindServicePrincipal, 0, name)
	w.PutConsent(directory.Consent{ID: named("consent " + name), Client: named(name), Resource: named("graph"), Scopes: permissions})
	for _, p := range permissions {
		w.PutRoleGrant(directory.RoleGrant{ID: named(name + p), Principal: named(name), Resource: named("graph"), Permission: p})
	}
}

// signedIn is who at a client with these scopes.
func (w world) signedIn(who string, scopes ...string) *Caller {
	w.client("shell", scopes...)
	return &Caller{Tenant: named("tenant"), Principal: user(who), Client: named("shell"), Scopes: AllScopes()}
}

// appOnly is a client by itself, with these permissions.
func (w world) appOnly(permissions ...string) *Caller {
	w.client("robot", permissions...)
	ref := directory.Ref{ID: named("robot"), Kind: directory.KindServicePrincipal}
	return &Caller{Tenant: named("tenant"), Principal: ref, Client: ref.ID, AppOnly: true, Scopes: AllScopes()}
}

func (w world) passes(t testing.TB, c *Caller, r *Rule, o Object) {
	t.Helper()
	if f := w.View().Require(c, r, o, noon); f != nil {
		t.Fatalf("refused: %v %v", f, f.Details)
	}
}

func (w world) fails(t testing.TB, c *Caller, r *Rule, o Object, code string, detail ...string) *fault.Fault {
	t.Helper()
	f := w.View().Require(c, r, o, noon)
	if f == nil {
		t.Fatal("passed")
	}
	var got []string
	for _, d := range f.Details {
		got = append(got, strings.TrimSpace(d.Code+" "+d.Target))
	}
	if f.Status != 403 || f.Code != code || !slices.Equal(got, detail) {
		t.Fatalf("%d %s %q, want 403 %s %q", f.Status, f.Code, got, code, detail)
	}
	return f
}

const (
	denied       = "Authorization_RequestDenied"
	unauthorised = "UnauthorizedAccessException"
	notGranted   = "PermissionScopeNotGranted"
	missingRole  = "missingAction microsoft.directory/groupsAssignableToRoles/allProperties/update"
)

func TestDelegatedCallNeedsScopeAndRole(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	c := w.signedIn("ada", "User.ReadWrite.All")
	bob := Object{Ref: user("bob")}
	w.fails(t, c, ruleRevoke, bob, denied, "selfOnly", "missingAction microsoft.directory/users/invalidateAllRefreshTokens")
	w.passes(t, c, ruleRevoke, Object{Ref: user("ada")})
	w.assign("ada", helpdesk)
	w.passes(t, c, ruleRevoke, bob)
	c = w.signedIn("ada", "User.Read")
	w.fails(t, c, ruleRevoke, bob, denied, "missingScope User.RevokeSessions.All", "missingScope Directory.ReadWrite.All", "missingScope User.ReadWrite.All")
}

func TestRefusalsOfPIMAreInItsOwnWords(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	c := w.signedIn("ada", "User.Read")
	f := w.fails(t, c, ruleEligibility, Tenant, notGranted,
		"missingScope RoleEligibilitySchedule.ReadWrite.Directory", "missingScope RoleManagement.ReadWrite.Directory")
	const words = "Authorization failed due to missing permission scope RoleEligibilitySchedule.ReadWrite.Directory,RoleManagement.ReadWrite.Directory."
	if !f.Wrapped || f.Message != words {
		t.Errorf("message %q, wrapped %v", f.Message, f.Wrapped)
	}
	c = w.signedIn("ada", "RoleEligibilitySchedule.ReadWrite.Directory")
	f = w.fails(t, c, ruleEligibility, Tenant, unauthorised, "missingAction "+managePIM, "missingAction "+manageAssignments)
	if f.Wrapped || f.Message != "Attempted to perform an unauthorized operation." {
		t.Errorf("message %q, wrapped %v", f.Message, f.Wrapped)
	}
}

// create-eligibility-request.md: who writes, and who reads but cannot write.
func TestPIMIsWrittenByPrivilegedRoleAndGlobalAdministratorsOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		role   guid.ID
		writes bool
	}{
		"Privileged Role Administrator": {roleAdmin, true},
		"Global Administrator":          {globalAdmin, true},
		"Global Reader":                 {guid.Must("f2ef992c-3afb-46b9-b7cf-a126ee74c451"), false},
		"Security Operator":             {guid.Must("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"), false},
		"Security Reader":               {securityReader, false},
		"Security Administrator":        {guid.Must("194ae4cb-b126-40b2-bd5b-6091b380977d"), false},
		"User Administrator":            {userAdmin, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.users("ada")
			w.assign("ada", c.role)
			caller := w.signedIn("ada", "RoleEligibilitySchedule.ReadWrite.Directory")
			if f := w.View().Require(caller, ruleEligibility, Tenant, noon); (f == nil) != c.writes {
				t.Fatalf("%v, want writes %v", f, c.writes)
			}
		})
	}
}

func TestConsentTakenBackIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	c := w.signedIn("ada", "User.Read")
	w.passes(t, c, ruleMe, Tenant)
	w.DropConsent(named("consent shell"))
	w.fails(t, c, ruleMe, Tenant, denied, "missingScope User.Read")
}

func TestConsentCountsForItsClientUserAndAPIOnly(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.put(directory.KindServicePrincipal, 0, "shell", "other", "another api")
	give := func(id string, c directory.Consent) {
		c.ID, c.Scopes = named(id), []string{"User.Read", "no such scope"}
		w.PutConsent(c)
	}
	has := func(client, user string) bool {
		return w.View().Permissions(named(client), named(user), AllScopes(), false).Has("User.Read")
	}
	give("1", directory.Consent{Client: named("shell"), Resource: named("graph"), Principal: named("ada")})
	give("2", directory.Consent{Client: named("other"), Resource: named("another api")})
	if !has("shell", "ada") || has("shell", "bob") || has("other", "ada") || has("shell", "nobody") || has("nobody", "ada") {
		t.Error("a consent counts for others than it was given for")
	}
	// Another client and user whose ids fold into the same key.
	client, person := named("shell"), named("ada")
	client[0] ^= 1
	person[len(person)-1] ^= 1
	w.PutObject(client, Facts{Kind: directory.KindServicePrincipal})
	w.PutObject(person, Facts{Kind: directory.KindUser})
	if pair(client, person) != pair(named("shell"), named("ada")) {
		t.Fatal("the pairs do not collide")
	}
	if !w.View().Permissions(client, person, AllScopes(), false).Empty() {
		t.Error("a consent counts for another pair with its key")
	}
	w.put(directory.KindServicePrincipal, Disabled, "shell")
	if has("shell", "ada") {
		t.Error("a disabled client has scopes")
	}
	w.put(directory.KindServicePrincipal, 0, "shell")
	w.put(directory.KindUser, Deleted, "ada")
	if has("shell", "ada") {
		t.Error("a client has scopes for a deleted user")
	}
}

func TestTokenOfAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	c := w.signedIn("ada", "User.Read")
	c.Tenant = named("another tenant")
	w.fails(t, c, ruleMe, Tenant, denied, "missingScope User.Read")
}

func TestApplicationNeedsARoleForAdministrators(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("bob", "eve")
	w.eligible("eve", globalAdmin)
	w.unit("board", true, "bob")
	c := w.appOnly("User.ReadWrite.All")
	w.fails(t, c, ruleDelete, Object{Ref: user("bob")}, denied, "restrictedUnit", "missingAction microsoft.directory/users/delete")
	w.DropUnitMember(named("board"), named("bob"))
	w.passes(t, c, ruleDelete, Object{Ref: user("bob")})
	w.fails(t, c, ruleDelete, Object{Ref: user("eve")}, denied, "outOfReach")
	w.assign("robot", userAdmin)
	w.fails(t, c, ruleDelete, Object{Ref: user("eve")}, denied, "outOfReach")
	w.assign("robot", privAuthAdmin)
	w.passes(t, c, ruleDelete, Object{Ref: user("eve")})
	w.fails(t, c, ruleMe, Tenant, denied, "notSupported")
}

func TestScopeOfTokenIsNotAnApplicationsPermission(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("bob")
	c := w.appOnly()
	w.PutConsent(directory.Consent{ID: named("x"), Client: named("robot"), Resource: named("graph"), Scopes: []string{"User.ReadWrite.All"}})
	w.fails(t, c, ruleDelete, Object{Ref: user("bob")}, denied, "missingPermission User.ReadWrite.All")
	c = w.appOnly("User.ReadWrite.All")
	c.Principal = user("bob")
	w.fails(t, c, ruleDelete, Object{Ref: user("bob")}, denied, "missingPermission User.ReadWrite.All")
}

func TestOwnerCannotAddThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.put(directory.KindGroup, 0, "plain")
	w.own("ada", "ops")
	c := w.signedIn("ada", "RoleManagement.ReadWrite.Directory", "Group.ReadWrite.All")
	ops := func(adds ...string) Object {
		o := Object{Ref: team("ops")}
		for _, name := range adds {
			o.Adds = append(o.Adds, named(name))
		}
		return o
	}
	w.passes(t, c, ruleAddMember, ops("bob"))
	w.fails(t, c, ruleAddMember, ops("ada"), denied, "outOfReach")
	w.fails(t, c, ruleAddMember, ops("bob", "ada"), denied, "outOfReach")
	w.passes(t, c, ruleAddMember, Object{Ref: team("plain"), Owner: true, Adds: []guid.ID{named("ada")}})
	w.assign("ada", roleAdmin)
	w.passes(t, c, ruleAddMember, ops("ada"))
}

func TestRoleAssignableGroupNeedsItsOwnScope(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.put(directory.KindGroup, 0, "plain")
	w.assign("ada", globalAdmin)
	ops, plain := Object{Ref: team("ops")}, Object{Ref: team("plain")}
	c := w.signedIn("ada", "Group.ReadWrite.All")
	w.passes(t, c, ruleAddMember, plain)
	w.fails(t, c, ruleAddMember, ops, denied, "missingScope RoleManagement.ReadWrite.Directory")
	w.fails(t, c, ruleAddMember, Object{Ref: directory.Ref{Kind: directory.KindGroup}, RoleAssignable: true}, denied,
		"missingScope RoleManagement.ReadWrite.Directory")
	c = w.signedIn("ada", "RoleManagement.ReadWrite.Directory")
	w.passes(t, c, ruleAddMember, ops)
	w.fails(t, c, ruleAddMember, plain, denied,
		"missingScope GroupMember.ReadWrite.All", "missingScope Group.ReadWrite.All", "missingScope Directory.ReadWrite.All")
	robot := w.appOnly("Group.ReadWrite.All")
	w.passes(t, robot, ruleAddMember, plain)
	w.fails(t, robot, ruleAddMember, ops, denied, "missingPermission RoleManagement.ReadWrite.Directory")
	w.passes(t, w.appOnly("RoleManagement.ReadWrite.Directory"), ruleAddMember, ops)
}

// operations.md, GRP-W.
func TestPlacesInGroupsAreGivenByWhoManagesTheGroup(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root", "own", "bob")
	w.group("ops", "bob")
	w.put(directory.KindGroup, 0, "plain")
	w.unit("sales", false, "plain")
	w.own("own", "ops")
	w.assign("ada", groupsAdmin)
	w.assign("root", roleAdmin)
	ops, plain := Object{Ref: team("ops")}, Object{Ref: team("plain")}
	const scope = "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"
	w.passes(t, w.signedIn("ada", scope), ruleGroupPIM, plain)
	w.fails(t, w.signedIn("ada", scope), ruleGroupPIM, ops, unauthorised, "ownerOnly", missingRole)
	w.passes(t, w.signedIn("root", scope), ruleGroupPIM, ops)
	w.passes(t, w.signedIn("own", scope), ruleGroupPIM, ops)
	w.fails(t, w.signedIn("bob", scope), ruleGroupPIM, ops, unauthorised, "ownerOnly", missingRole)
	w.assign("bob", groupsAdmin, inside("sales"))
	w.fails(t, w.signedIn("bob", scope), ruleGroupPIM, plain, unauthorised, "outOfScope", "missingAction microsoft.directory/groups/members/update")
}

func TestOwnerOfApplicationWithPrivilegeMayNotAddASecret(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindApplication, 0, "app")
	w.put(directory.KindServicePrincipal, 0, "its principal")
	w.PutApplication(named("app"), named("appId"))
	w.PutClient(named("appId"), named("its principal"))
	app := Object{Ref: directory.Ref{ID: named("app"), Kind: directory.KindApplication}, Owner: true}
	stranger := Object{Ref: app.Ref}
	ada, robot := w.signedIn("ada", "Application.ReadWrite.All"), w.appOnly("Application.ReadWrite.OwnedBy")
	w.passes(t, ada, ruleSecret, app)
	w.passes(t, robot, ruleSecret, app)
	w.fails(t, robot, ruleSecret, stranger, denied, "missingPermission Application.ReadWrite.All")
	w.eligible("its principal", helpdesk)
	w.fails(t, ada, ruleSecret, app, denied, "outOfReach")
	w.fails(t, robot, ruleSecret, app, denied, "outOfReach")
	w.passes(t, w.appOnly("Application.ReadWrite.OwnedBy", "RoleManagement.ReadWrite.Directory"), ruleSecret, app)
	w.assign("ada", roleAdmin)
	w.passes(t, ada, ruleSecret, app)
}

func TestPermissionThatLeadsToARoleIsGrantedByWhoCouldGrantIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root")
	w.assign("ada", appAdmin)
	w.assign("root", globalAdmin)
	w.put(directory.KindServicePrincipal, 0, "target")
	grants := func(name string) Object {
		s, _ := ParseScopes([]string{name})
		return Object{Ref: directory.Ref{ID: named("target"), Kind: directory.KindServicePrincipal}, Grants: s}
	}
	scopes := []string{"AppRoleAssignment.ReadWrite.All", "Application.Read.All"}
	w.passes(t, w.signedIn("ada", scopes...), ruleGrant, grants("User.Read.All"))
	w.fails(t, w.signedIn("ada", scopes...), ruleGrant, grants("RoleManagement.ReadWrite.Directory"), denied, "outOfReach")
	w.passes(t, w.signedIn("root", scopes...), ruleGrant, grants("RoleManagement.ReadWrite.Directory"))
	w.fails(t, w.appOnly(scopes...), ruleGrant, grants("AppRoleAssignment.ReadWrite.All"), denied, "outOfReach")
	w.fails(t, w.signedIn("root", scopes[0]), ruleGrant, grants("User.Read.All"), denied,
		"missingScope AppRoleAssignment.ReadWrite.All", "missingScope Application.Read.All")
}

func TestGuestsAreNotMembers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindUser, Guest, "gus")
	w.passes(t, w.signedIn("ada", "User.Read.All"), ruleListUsers, Tenant)
	w.fails(t, w.signedIn("gus", "User.Read.All"), ruleListUsers, Tenant, denied, "missingAction microsoft.directory/users/standard/read")
	w.assign("gus", dirReader)
	w.passes(t, w.signedIn("gus", "User.Read.All"), ruleListUsers, Tenant)
}

func TestOnlyReadersOfPIMLearnWhyATargetIsOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.eligible("bob", globalAdmin)
	w.assign("ada", helpdesk)
	c := w.signedIn("ada", "User.ReadWrite.All")
	w.fails(t, c, ruleRevoke, Object{Ref: user("bob")}, denied, "outOfReach")
	w.assign("ada", securityReader)
	w.fails(t, c, ruleRevoke, Object{Ref: user("bob")}, denied, "targetIsPrivileged")
}

func TestUnknownObjectIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.assign("ada", globalAdmin)
	c := w.signedIn("ada", "User.ReadWrite.All")
	w.passes(t, c, ruleRevoke, Object{Ref: user("bob")})
	if f := w.View().Require(c, ruleRevoke, Object{Ref: user("nobody")}, noon); f == nil {
		t.Error("an unknown user")
	}
	if f := w.View().Require(c, ruleAddMember, Object{Ref: team("bob")}, noon); f == nil {
		t.Error("a user as a group")
	}
}

func TestMayReadDecidesWhoLearnsWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		who, scope string
		kind       directory.Kind
		may        bool
	}{
		{"ada", "User.ReadBasic.All", directory.KindUser, true},
		{"ada", "User.Read", directory.KindUser, false},
		{"ada", "User.Read.All", directory.KindGroup, false},
		{"ada", "Directory.Read.All", directory.KindUnit, true},
		{"ada", "Directory.Read.All", directory.KindTenant, false},
		{"gus", "User.Read.All", directory.KindUser, true},
		{"gus", "Directory.Read.All", directory.KindUnit, false},
		{"", "Group.Read.All", directory.KindGroup, true},
		{"", "Group.Read.All", directory.KindUser, false},
	} {
		w := newWorld()
		w.users("ada")
		w.put(directory.KindUser, Guest, "gus")
		caller := w.appOnly(c.scope)
		if c.who != "" {
			caller = w.signedIn(c.who, c.scope)
		}
		if may := w.View().MayRead(caller, c.kind, noon); may != c.may {
			t.Errorf("%q with %s reads %s: %v", c.who, c.scope, c.kind, may)
		}
	}
}

func TestOperatorNeedsNoRule(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.passes(t, &Caller{Operator: true}, ruleEligibility, Tenant)
}

func TestWrongDeclarationsPanic(t *testing.T) {
	t.Parallel()
	for name, declare := range map[string]func(){
		"no permissions":     func() { Rule{Ways: []Way{Member}}.Compile() },
		"no ways":            func() { Rule{Delegated: []string{"User.Read"}}.Compile() },
		"zero way":           func() { Rule{Delegated: []string{"User.Read"}, Ways: []Way{{}}}.Compile() },
		"unknown scope":      func() { Rule{Delegated: []string{"User.Raed"}, Ways: []Way{Member}}.Compile() },
		"unknown permission": func() { Rule{Application: []string{"User.Raed"}}.Compile() },
		"unknown table":      func() { Rule{Application: []string{"User.Read"}, Tables: []roledata.Table{tables}}.Compile() },
		"unknown action":     func() { Role("microsoft.directory/users/raed") },
		"no action":          func() { Role() },
		"reads and arms":     func() { Rule{Application: []string{"User.Read"}, Reads: true, Arms: true}.Compile() },
		"not compiled":       func() { Empty().RequireScopes(&Caller{Operator: true}, &Rule{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			declare()
		})
	}
}

func TestSeatForATimeOfAnOwnerIsOwnership(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.seat("e", pim.Eligible, "ada", "ops", directory.Owner)
	c := w.signedIn("ada", "RoleManagement.ReadWrite.Directory")
	w.fails(t, c, ruleAddMember, Object{Ref: team("ops")}, denied, "ownerOnly", missingRole)
	w.seat("a", pim.Activated, "ada", "ops", directory.Owner, via("e", ""), during(noon, noon+1))
	w.passes(t, c, ruleAddMember, Object{Ref: team("ops"), Adds: []guid.ID{named("bob")}})
}

// Whoever owns an ordinary group could otherwise let anybody into the group that it has a
// place in.
func TestOwnerOfGroupWithAPlaceInAnotherDoesNotDecideWhoGetsThere(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.put(directory.KindGroup, 0, "club")
	c := w.signedIn("ada", "RoleManagement.ReadWrite.Directory", "Group.ReadWrite.All")
	club := Object{Ref: team("club"), Owner: true, Adds: []guid.ID{named("bob")}}
	w.passes(t, c, ruleAddMember, club)
	w.seat("s", pim.Eligible, "club", "ops", directory.Member)
	w.fails(t, c, ruleAddMember, club, denied, "outOfReach")
}

var ruleGroupPolicy = Rule{
	Family:      PIM,
	Delegated:   []string{"RoleManagementPolicy.ReadWrite.AzureADGroup"},
	Application: []string{"RoleManagementPolicy.ReadWrite.AzureADGroup"},
	Guarded:     []string{"RoleManagementPolicy.ReadWrite.AzureADGroup"},
	Ways:        []Way{Owner, Role(md + members)}, Group: GroupGoverns, TenantOnly: true,
}.Compile()

// design, Who may touch whom: an owner never edits the policy of a guarded group.
func TestPolicyOfAGuardedGroupIsChangedByWhoCouldGrantWhatLiesBehindIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root", "own")
	w.assign("ada", groupsAdmin)
	w.assign("root", roleAdmin)
	w.group("ops")
	w.put(directory.KindGroup, 0, "plain")
	w.put(directory.KindGroup, Approver, "board")
	for _, g := range []string{"ops", "plain", "board"} {
		w.own("own", g)
	}
	const scope = "RoleManagementPolicy.ReadWrite.AzureADGroup"
	for _, guarded := range []string{"ops", "board"} {
		o := Object{Ref: team(guarded)}
		for _, who := range []string{"own", "ada"} {
			if f := w.View().Require(w.signedIn(who, scope), ruleGroupPolicy, o, noon); f == nil || f.Status != 403 {
				t.Errorf("%s changes the policy of %s: %v", who, guarded, f)
			}
		}
	}
	w.passes(t, w.signedIn("root", scope), ruleGroupPolicy, Object{Ref: team("ops")})
	w.passes(t, w.appOnly(scope), ruleGroupPolicy, Object{Ref: team("ops")})
	plain := Object{Ref: team("plain")}
	w.passes(t, w.signedIn("own", scope), ruleGroupPolicy, plain)
	w.passes(t, w.signedIn("ada", scope), ruleGroupPolicy, plain)
	// That PIM gives places in it puts nothing behind it; a place in the other group does.
	w.users("bob")
	w.seat("s", pim.Eligible, "bob", "plain", directory.Member)
	w.passes(t, w.signedIn("own", scope), ruleGroupPolicy, plain)
	w.seat("t", pim.Assigned, "plain", "ops", directory.Member)
	if f := w.View().Require(w.signedIn("own", scope), ruleGroupPolicy, plain, noon); f == nil {
		t.Error("an owner changes the policy of a group with a place in a guarded one")
	}
}
