package authz

import (
	"fmt"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// holdings are the ways in which somebody can hold, or come to hold, a role.
var holdings = map[string]func(w world, who string, role guid.ID){
	"assigned":  func(w world, who string, role guid.ID) { w.assign(who, role) },
	"eligible":  func(w world, who string, role guid.ID) { w.eligible(who, role) },
	"scheduled": func(w world, who string, role guid.ID) { w.eligible(who, role, during(noon+when.Day, noon+2*when.Day)) },
	"disabled": func(w world, who string, role guid.ID) {
		w.put(directory.KindUser, Disabled, who)
		w.assign(who, role)
	},
}

// The columns of sensitive-actions.json, passwordReset and sensitiveActions, as
// behaviour.md §10 tells them.
func TestReachOfAdministratorsFollowsTheTables(t *testing.T) {
	t.Parallel()
	const stop = "users/disable"
	for _, c := range []struct {
		actor, target guid.ID
		action        string
		reached       bool
	}{
		{helpdesk, dirReader, reset, true},
		{helpdesk, helpdesk, reset, true},
		{helpdesk, passwordAdmin, revoke, true},
		{helpdesk, userAdmin, reset, false},
		{helpdesk, authAdmin, reset, false},
		{helpdesk, globalAdmin, revoke, false},
		{helpdesk, appAdmin, reset, false},
		{passwordAdmin, dirReader, reset, true},
		{passwordAdmin, helpdesk, reset, false},
		{passwordAdmin, reportsReader, reset, false},
		{userAdmin, helpdesk, reset, true},
		{userAdmin, userAdmin, reset, true},
		{userAdmin, groupsAdmin, stop, true},
		{userAdmin, authAdmin, stop, false},
		{userAdmin, roleAdmin, stop, false},
		{authAdmin, authAdmin, stop, true},
		{authAdmin, helpdesk, stop, false},
		{authAdmin, passwordAdmin, stop, true},
		{privAuthAdmin, globalAdmin, reset, true},
		{privAuthAdmin, roleAdmin, stop, true},
		{privAuthAdmin, appAdmin, stop, true},
		{globalAdmin, globalAdmin, stop, true},
		{globalAdmin, roleAdmin, reset, true},
	} {
		for how, hold := range holdings {
			w := newWorld()
			w.users("actor", "target")
			w.assign("actor", c.actor)
			hold(w, "target", c.target)
			want := TargetPrivileged
			if c.reached {
				want = Allowed
			}
			t.Run(fmt.Sprint(c.actor, c.action, c.target, how), func(t *testing.T) {
				w.want(t, "actor", c.action, user("target"), noon, want)
			})
		}
	}
}

func TestEligibleAdministratorIsOutOfHelpdesksReach(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.assign("ada", helpdesk)
	w.want(t, "ada", reset, user("bob"), noon, Allowed)
	w.eligible("bob", globalAdmin)
	w.want(t, "ada", reset, user("bob"), noon, TargetPrivileged)
}

func TestWhoStandsInPrivilegeByAGroupIsOutOfHelpdesksReach(t *testing.T) {
	t.Parallel()
	for name, stand := range map[string]func(world){
		"member of role-assignable group": func(w world) { w.group("ops", "bob") },
		"owner of role-assignable group":  func(w world) { w.group("ops"); w.own("bob", "ops") },
		"member of a deleted one":         func(w world) { w.put(directory.KindGroup, RoleAssignable|Deleted, "ops"); w.join("bob", "ops") },
		"eligible member of one":          func(w world) { w.group("ops"); w.seat("s", pim.Eligible, "bob", "ops", directory.Member) },
		"eligible owner of one":           func(w world) { w.group("ops"); w.seat("s", pim.Eligible, "bob", "ops", directory.Owner) },
		"member of a group eligible in one": func(w world) {
			w.group("ops")
			w.put(directory.KindGroup, 0, "club")
			w.join("bob", "club")
			w.seat("s", pim.Eligible, "club", "ops", directory.Member)
		},
		"approver by name":               func(w world) { w.put(directory.KindUser, Approver, "bob") },
		"member of a group of approvers": func(w world) { w.put(directory.KindGroup, Approver, "board"); w.join("bob", "board") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.users("ada", "bob", "root")
			w.assign("ada", helpdesk)
			w.assign("root", privAuthAdmin)
			stand(w)
			w.want(t, "ada", reset, user("bob"), noon, TargetPrivileged)
			w.want(t, "root", reset, user("bob"), noon, Allowed)
		})
	}
}

func TestPrivilegeDeeperThanCanBeSeenIsOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("root", "bob")
	w.assign("root", globalAdmin)
	below := "bob"
	for i := range maxDepth + 1 {
		g := fmt.Sprint("group", i)
		w.put(directory.KindGroup, 0, g)
		w.join(below, g)
		below = g
	}
	w.want(t, "root", reset, user("bob"), noon, TargetPrivileged)
}

func TestAdministratorOfAUnitReachesOnlyTheUnprivileged(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root", "bob", "eve")
	w.unit("sales", false, "bob", "eve")
	w.assign("ada", userAdmin, inside("sales"))
	w.assign("root", privAuthAdmin, inside("sales"))
	w.eligible("eve", dirReader)
	w.want(t, "ada", reset, user("bob"), noon, Allowed)
	w.want(t, "ada", reset, user("eve"), noon, TargetPrivileged)
	w.want(t, "root", reset, user("eve"), noon, Allowed)
}

// Of several roles only those count that grant the action where the target is.
func TestReachOfOneRoleDoesNotLendItselfToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob", "eve")
	w.unit("sales", false, "eve")
	w.eligible("bob", globalAdmin)
	w.assign("ada", helpdesk)
	w.assign("ada", privAuthAdmin, inside("sales"))
	w.want(t, "ada", reset, user("bob"), noon, TargetPrivileged)
}

func TestReAddedMemberDoesNotRevive(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops", "ada")
	w.eligible("ops", helpdesk)
	w.activate("ada", helpdesk, "ops")
	w.want(t, "ada", revoke, user("bob"), noon, Allowed)
	again := membership("ada", "ops", directory.Member)
	w.DropMembership(again)
	again.ID = named("another place")
	w.PutMembership(again)
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestPlaceInAnotherGroupDoesNotCarryAnActivation(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.group("other", "ada")
	w.eligible("ops", helpdesk)
	w.activate("ada", helpdesk, "ops", via("ops may have "+helpdesk.String(), "ada in othermember"))
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
	w.own("ada", "ops")
	w.activate("ada", helpdesk, "ops", via("ops may have "+helpdesk.String(), "ada in opsowner"))
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestActivationWithoutEligibilityConfersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.schedule("x", pim.Activated, "ada", pim.Target{Role: helpdesk}, nil)
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestActivationWiderThanItsEligibilityConfersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.unit("sales", false, "bob")
	w.eligible("ada", helpdesk, inside("sales"))
	w.activate("ada", helpdesk, "ada")
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
	w.activate("ada", helpdesk, "ada", inside("sales"))
	w.want(t, "ada", revoke, user("bob"), noon, Allowed)
}

// An activation at an object stands on eligibility for a unit only while the object is in it.
func TestActivationAtAnObjectThatLeftTheUnitConfersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindGroup, 0, "staff", "other")
	w.unit("sales", false, "staff")
	w.eligible("ada", groupsAdmin, inside("sales"))
	w.activate("ada", groupsAdmin, "ada", on("staff"))
	w.want(t, "ada", "groups/basic/update", team("staff"), noon, Allowed)
	w.want(t, "ada", "groups/basic/update", team("other"), noon, OutOfScope)
	w.activate("ada", groupsAdmin, "ada", on("other"))
	w.want(t, "ada", "groups/basic/update", team("other"), noon, OwnerOnly)
	w.activate("ada", groupsAdmin, "ada", on("staff"))
	w.DropUnitMember(named("sales"), named("staff"))
	w.want(t, "ada", "groups/basic/update", team("staff"), noon, OwnerOnly)
	w.PutUnitMember(named("sales"), named("staff"))
	w.want(t, "ada", "groups/basic/update", team("staff"), noon, Allowed)
	w.put(directory.KindUnit, Deleted, "sales")
	w.want(t, "ada", "groups/basic/update", team("staff"), noon, OwnerOnly)
}

// Eligibility for an object carries nothing at the unit that the object is in, nor another
// role there.
func TestActivationInTheUnitOfAnObjectConfersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindGroup, 0, "staff")
	w.unit("sales", false, "staff")
	w.eligible("ada", groupsAdmin, on("staff"))
	w.activate("ada", groupsAdmin, "ada", inside("sales"))
	w.want(t, "ada", "groups/basic/update", team("staff"), noon, OwnerOnly)
	w.eligible("ada", helpdesk, inside("sales"))
	w.activate("ada", groupsAdmin, "ada", on("staff"), via("ada may have "+helpdesk.String(), ""))
	w.want(t, "ada", "groups/basic/update", team("staff"), noon, OwnerOnly)
}

func TestRestrictedUnitKeepsOutRolesFromOutside(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("root", "ada", "eve", "bob")
	w.unit("board", true, "bob", "club", "ops")
	w.unit("sales", false, "bob")
	w.put(directory.KindGroup, 0, "club")
	w.group("ops")
	w.own("eve", "club")
	w.assign("root", globalAdmin)
	w.assign("ada", userAdmin, inside("sales"))
	w.want(t, "root", "users/basic/update", user("bob"), noon, RestrictedUnit)
	w.want(t, "root", reset, user("bob"), noon, RestrictedUnit)
	w.want(t, "root", readUser, user("bob"), noon, Allowed)
	w.want(t, "ada", reset, user("bob"), noon, RestrictedUnit)
	w.want(t, "bob", "users/changePassword", user("bob"), noon, Allowed)
	w.want(t, "eve", members, team("club"), noon, OwnerOnly)
	w.want(t, "root", "groupsAssignableToRoles/allProperties/update", team("ops"), noon, Allowed)
	w.assign("ada", userAdmin, inside("board"))
	w.want(t, "ada", reset, user("bob"), noon, Allowed)
	w.want(t, "ada", members, team("club"), noon, Allowed)
}

func TestGroupsAdministratorNeverReachesGroupsWithRolesBehind(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root")
	w.assign("ada", groupsAdmin)
	w.assign("root", roleAdmin)
	w.group("ops")
	w.put(directory.KindGroup, 0, "club", "crew", "plain")
	w.seat("s", pim.Eligible, "club", "ops", directory.Member, during(noon, noon+when.Day))
	w.seat("p", pim.Eligible, "ada", "crew", directory.Member)
	assignTo := "groupsAssignableToRoles/allProperties/update"
	for _, action := range []string{members, "groups/owners/update", "groups/basic/update", "groups/dynamicMembershipRule/update", "groups/delete"} {
		w.want(t, "ada", action, team("ops"), noon, GroupGuarded)
		w.want(t, "ada", action, team("plain"), noon, Allowed)
	}
	if d := w.want(t, "ada", members, team("club"), noon, GroupGuarded); d.Until != noon+when.Day {
		t.Errorf("refused until %s, want the end of what is behind", d.Until)
	}
	w.want(t, "ada", members, team("club"), noon+when.Day, Allowed)
	w.want(t, "ada", "groups/members/read", team("ops"), noon, Allowed)
	w.want(t, "root", assignTo, team("ops"), noon, Allowed)
	w.want(t, "root", assignTo, team("club"), noon, Allowed)
	w.want(t, "root", assignTo, team("plain"), noon, UnknownResource)
	w.want(t, "ada", members, team("crew"), noon, Allowed)
}

func TestGroupThatPIMFillsNeedsARoleInTheWholeTenant(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.put(directory.KindGroup, 0, "crew")
	w.unit("sales", false, "crew")
	w.assign("ada", groupsAdmin, inside("sales"))
	w.want(t, "ada", members, team("crew"), noon, Allowed)
	w.seat("s", pim.Eligible, "bob", "crew", directory.Member)
	w.want(t, "ada", members, team("crew"), noon, OutOfScope)
	w.want(t, "ada", "groups/basic/update", team("crew"), noon, Allowed)
	w.DropSchedule(named("bob"), named("s"))
	w.want(t, "ada", members, team("crew"), noon, Allowed)
}

func TestApproversAreChosenOnlyByWhoCouldGrant(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root")
	w.put(directory.KindGroup, Approver, "board")
	w.assign("ada", groupsAdmin)
	w.own("ada", "board")
	w.want(t, "ada", members, team("board"), noon, GroupGuarded)
	w.want(t, "ada", "groups/basic/update", team("board"), noon, Allowed)
	w.assign("root", roleAdmin)
	w.assign("root", groupsAdmin)
	w.want(t, "root", members, team("board"), noon, Allowed)
}

func TestSecretOfPrivilegedApplicationNeedsWhoCouldGrant(t *testing.T) {
	t.Parallel()
	app := directory.Ref{ID: named("app"), Kind: directory.KindApplication}
	robot := directory.Ref{ID: named("robot"), Kind: directory.KindServicePrincipal}
	for name, arm := range map[string]func(world){
		"assigned":   func(w world) { w.assign("robot", helpdesk) },
		"scheduled":  func(w world) { w.assign("robot", helpdesk, during(noon+when.Day, when.Never)) },
		"by a group": func(w world) { w.group("ops", "robot") },
		"by a permission": func(w world) {
			w.PutRoleGrant(directory.RoleGrant{ID: named("g"), Principal: named("robot"), Resource: named("graph"), Permission: "AppRoleAssignment.ReadWrite.All"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.users("ada", "root")
			w.put(directory.KindApplication, 0, "app")
			w.put(directory.KindServicePrincipal, 0, "robot")
			w.PutClient(named("appId"), named("robot"))
			w.PutApplication(named("app"), named("appId"))
			w.assign("ada", appAdmin)
			w.assign("root", globalAdmin)
			for _, c := range []struct {
				action string
				on     directory.Ref
			}{
				{"applications/credentials/update", app},
				{"applications/owners/update", app},
				{"applications/authentication/update", app},
				{"servicePrincipals/credentials/update", robot},
				{"oAuth2PermissionGrants/create", robot},
				{"deletedItems.applications/restore", app},
			} {
				v := world{w.View().Edit()}
				v.want(t, "ada", c.action, c.on, noon, Allowed)
				arm(v)
				v.want(t, "ada", c.action, c.on, noon, ApplicationGuarded)
				v.want(t, "root", c.action, c.on, noon, Allowed)
				v.want(t, "ada", "applications/basic/update", app, noon, Allowed)
			}
		})
	}
}

func TestHarmlessPermissionDoesNotArm(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindServicePrincipal, 0, "robot", "other api")
	w.assign("ada", appAdmin)
	w.PutRoleGrant(directory.RoleGrant{ID: named("1"), Principal: named("robot"), Resource: named("graph"), Permission: "User.Read.All"})
	w.PutRoleGrant(directory.RoleGrant{ID: named("2"), Principal: named("robot"), Resource: named("other api"), Permission: "RoleManagement.ReadWrite.Directory"})
	w.want(t, "ada", "servicePrincipals/credentials/update", directory.Ref{ID: named("robot"), Kind: directory.KindServicePrincipal}, noon, Allowed)
}

func TestRestoringADeletedAdministratorFollowsTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "root")
	w.put(directory.KindUser, Deleted, "bob")
	w.eligible("bob", globalAdmin)
	w.assign("ada", userAdmin)
	w.assign("root", globalAdmin)
	for _, action := range []string{"deletedItems.users/restore", "users/restore"} {
		w.want(t, "ada", action, user("bob"), noon, TargetPrivileged)
		w.want(t, "root", action, user("bob"), noon, Allowed)
	}
	w.want(t, "root", "deletedItems/restore", user("bob"), noon, Allowed)
}

func TestGlobalAdministratorHasNoCustomSecurityAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("root", "ada", "bob")
	w.assign("root", globalAdmin)
	w.assign("ada", attributeAdmin)
	w.want(t, "root", "users/customSecurityAttributes/update", user("bob"), noon, NoRole)
	w.want(t, "ada", "users/customSecurityAttributes/update", user("bob"), noon, Allowed)
}

// Certificates sign a user in as a password does, though no published table names them.
func TestAdministratorsCertificatesAreGuardedLikeTheirPasswords(t *testing.T) {
	t.Parallel()
	hybrid := guid.Must("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2") // Hybrid Identity Administrator
	w := newWorld()
	w.users("ada", "bob", "eve", "root")
	w.assign("ada", hybrid)
	w.assign("root", privAuthAdmin)
	w.eligible("eve", globalAdmin)
	w.want(t, "ada", "users/authorizationInfo/update", user("bob"), noon, Allowed)
	w.want(t, "ada", "users/authorizationInfo/update", user("eve"), noon, TargetPrivileged)
	w.want(t, "root", "users/authorizationInfo/update", user("eve"), noon, Allowed)
}

// What leads to a group is where it stood. When the group is gone, another may stand there.
func TestAttackMemberOfPurgedGroupIsNotInItsSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob", "eve")
	w.group("old", "ada")
	w.seat("s", pim.Assigned, "eve", "old", directory.Member)
	w.DropObject(named("old"))
	w.group("new")
	w.assign("new", helpdesk)
	for _, who := range []string{"ada", "eve"} {
		w.want(t, who, revoke, user("bob"), noon, SelfOnly)
		if p := w.View().Privilege(named(who), noon); !p.None() {
			t.Errorf("%s has the privilege of a group that she was never in: %+v", who, p)
		}
	}
}
