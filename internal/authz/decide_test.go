package authz

import (
	"testing"

	"ephor/internal/directory"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

const (
	revoke   = "users/invalidateAllRefreshTokens"
	reset    = "users/password/update"
	disable  = "users/disable"
	readUser = "users/standard/read"
	readLogs = "auditLogs/allProperties/read"
	members  = "groups/members/update"
)

func TestWindowIsHalfOpen(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	end := noon + 5*when.Hour
	w.assign("ada", helpdesk, during(noon, end))
	if d := w.want(t, "ada", revoke, user("bob"), noon-when.Tick, SelfOnly); d.Until != noon {
		t.Errorf("refused until %s, want the start", d.Until)
	}
	for _, at := range []when.Instant{noon, end - when.Tick} {
		if d := w.want(t, "ada", revoke, user("bob"), at, Allowed); d.Until != end {
			t.Errorf("allowed until %s, want the end", d.Until)
		}
	}
	if d := w.want(t, "ada", revoke, user("bob"), end, SelfOnly); d.Until != when.Never {
		t.Errorf("refused until %s, want never", d.Until)
	}
}

func TestActivationEndsWithWhatItStandsOn(t *testing.T) {
	t.Parallel()
	end := noon + 5*when.Hour
	for _, c := range []struct {
		name string
		end  func(world)
	}{
		{"eligibility removed", func(w world) { w.DropSchedule(named("ops"), named("ops may have "+helpdesk.String())) }},
		{"eligibility ended", func(w world) { w.eligible("ops", helpdesk, during(noon-when.Day, noon)) }},
		{"eligibility of another role", func(w world) {
			w.schedule("ops may have "+helpdesk.String(), pim.Eligible, "ops", pim.Target{Role: dirReader}, nil)
		}},
		{"eligibility made an assignment", func(w world) {
			w.schedule("ops may have "+helpdesk.String(), pim.Assigned, "ops", pim.Target{Role: helpdesk}, []term{during(noon-when.Day, noon)})
		}},
		{"left the group", func(w world) { w.DropMembership(membership("ada", "ops", directory.Member)) }},
		{"group deleted", func(w world) { w.put(directory.KindGroup, RoleAssignable|Deleted, "ops") }},
		{"group gone", func(w world) { w.DropObject(named("ops")) }},
		{"role disabled", func(w world) {
			w.PutRole(directory.RoleDefinition{Object: alive(helpdesk, directory.KindRole), Enabled: false})
		}},
		{"activation removed", func(w world) { w.DropSchedule(named("ada"), named("ada activated "+helpdesk.String())) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.users("ada", "bob")
			w.group("ops", "ada")
			w.eligible("ops", helpdesk)
			w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
			w.activate("ada", helpdesk, "ops", during(noon, end))
			w.want(t, "ada", revoke, user("bob"), noon, Allowed)
			c.end(w)
			w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
		})
	}
}

func TestDisabledOrDeletedSubjectMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, flag := range []Flags{Disabled, Deleted} {
		w := newWorld()
		w.users("ada", "bob")
		w.assign("ada", globalAdmin)
		w.want(t, "ada", revoke, user("bob"), noon, Allowed)
		w.put(directory.KindUser, flag, "ada")
		w.want(t, "ada", revoke, user("bob"), noon, SubjectDisabled)
	}
}

func TestUnknownThingsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.assign("ada", globalAdmin)
	w.want(t, "nobody", readUser, user("bob"), noon, UnknownSubject)
	w.want(t, "ops", readUser, user("bob"), noon, UnknownSubject)
	w.want(t, "ada", readUser, user("nobody"), noon, UnknownResource)
	w.want(t, "ada", readUser, team("ops"), noon, UnknownResource)
	w.want(t, "ada", readUser, team("bob"), noon, UnknownResource)
	w.want(t, "ada", readUser, directory.Ref{Kind: directory.KindTenant, ID: named("another")}, noon, UnknownResource)
	w.want(t, "ada", reset, tenant, noon, TargetNeeded)
	if d := w.View().Can(named("ada"), roledata.Action(len(roledata.Actions())), user("bob"), noon); d.Reason != UnknownAction {
		t.Errorf("an action past the last: %s", d.Reason)
	}
	if (&Snapshot{}).Can(named("ada"), act(t, readUser), user("bob"), noon).Allowed {
		t.Error("an empty snapshot allows")
	}
}

func TestRoleOfGroupReachesItsMembers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob", "eve")
	w.group("inner", "ada")
	w.group("outer")
	w.join("inner", "outer")
	w.own("eve", "outer")
	w.assign("outer", helpdesk)
	w.want(t, "ada", revoke, user("bob"), noon, Allowed)
	w.want(t, "eve", revoke, user("bob"), noon, SelfOnly)
	w.put(directory.KindGroup, Deleted|RoleAssignable, "inner")
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestEligibilityOfGroupConfersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops", "ada")
	w.eligible("ops", helpdesk)
	w.eligible("ada", helpdesk)
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestGroupThatIsNotRoleAssignableConfersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.put(directory.KindGroup, 0, "plain")
	w.join("ada", "plain")
	w.assign("plain", helpdesk)
	w.eligible("plain", userAdmin)
	w.activate("ada", userAdmin, "plain")
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestGroupsInACircleComeToAnEnd(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	names := []string{"a", "b", "c", "d"}
	for _, n := range names {
		w.group(n, "ada")
	}
	for _, from := range names {
		for _, to := range names {
			w.join(from, to)
		}
	}
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
	w.assign("d", helpdesk)
	w.want(t, "ada", revoke, user("bob"), noon, Allowed)
}

func TestPlaceForATimeCarriesRolesForThatTime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.assign("ops", helpdesk)
	w.seat("eligible", pim.Eligible, "ada", "ops", directory.Member)
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
	w.seat("active", pim.Activated, "ada", "ops", directory.Member, via("eligible", ""), during(noon, noon+when.Hour))
	if d := w.want(t, "ada", revoke, user("bob"), noon, Allowed); d.Until != noon+when.Hour {
		t.Errorf("allowed until %s", d.Until)
	}
	w.want(t, "ada", revoke, user("bob"), noon+when.Hour, SelfOnly)
	w.DropSchedule(named("ada"), named("eligible"))
	w.want(t, "ada", revoke, user("bob"), noon, SelfOnly)
}

func TestEligibilityCarriedByAPlaceForATime(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops")
	w.eligible("ops", helpdesk)
	w.seat("seat", pim.Assigned, "ada", "ops", directory.Member, during(noon, noon+when.Hour))
	w.activate("ada", helpdesk, "ops", via("ops may have "+helpdesk.String(), "seat"))
	if d := w.want(t, "ada", revoke, user("bob"), noon, Allowed); d.Until != noon+when.Hour {
		t.Errorf("allowed until %s, want the end of the place", d.Until)
	}
	w.want(t, "ada", revoke, user("bob"), noon+when.Hour, SelfOnly)
}

func TestScopeOfUnitCoversItsMembersNotItself(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob", "eve")
	w.put(directory.KindGroup, 0, "club")
	w.join("eve", "club")
	w.unit("sales", false, "bob", "club")
	w.assign("ada", userAdmin, inside("sales"))
	w.want(t, "ada", disable, user("bob"), noon, Allowed)
	w.want(t, "ada", disable, user("eve"), noon, OutOfScope)
	w.want(t, "ada", members, team("club"), noon, Allowed)
	w.want(t, "ada", "users/create", tenant, noon, OutOfScope)
	w.assign("ada", globalAdmin, inside("sales"))
	w.want(t, "ada", "administrativeUnits/allProperties/allTasks",
		directory.Ref{ID: named("sales"), Kind: directory.KindUnit}, noon, OutOfScope)
	w.DropUnitMember(named("sales"), named("bob"))
	w.want(t, "ada", disable, user("bob"), noon, OutOfScope)
	w.PutUnitMember(named("sales"), named("bob"))
	deleted := directory.Unit{Object: alive(named("sales"), directory.KindUnit)}
	deleted.Deleted = noon
	w.PutUnit(deleted)
	w.want(t, "ada", disable, user("bob"), noon, OutOfScope)
}

func TestScopeOfObjectCoversIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindApplication, 0, "payroll", "crm")
	w.assign("ada", appAdmin, on("payroll"))
	app := func(name string) directory.Ref {
		return directory.Ref{ID: named(name), Kind: directory.KindApplication}
	}
	w.want(t, "ada", "applications/credentials/update", app("payroll"), noon, Allowed)
	w.want(t, "ada", "applications/credentials/update", app("crm"), noon, OutOfScope)
	w.want(t, "ada", "applications/credentials/update", tenant, noon, OutOfScope)
}

// Helpdesk Administrator inherits Directory Readers; a guest has no directory read of
// their own, so what is inherited is all there is.
func TestInheritedActionsCountAtTenantScopeOnly(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.put(directory.KindUser, Guest, "gus")
	w.users("bob")
	w.unit("sales", false, "bob")
	w.want(t, "gus", readUser, user("bob"), noon, SelfOnly)
	w.assign("gus", helpdesk, inside("sales"))
	w.want(t, "gus", readUser, user("bob"), noon, SelfOnly)
	w.want(t, "gus", reset, user("bob"), noon, Allowed)
	w.assign("gus", helpdesk)
	w.want(t, "gus", readUser, user("bob"), noon, Allowed)
}

func TestCustomRoleGivesWhatItListsWhileEnabled(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	custom := directory.RoleDefinition{
		Object: alive(named("custom"), directory.KindRole), Enabled: true,
		Actions: []string{"microsoft.directory/users/jobInfo/update", "microsoft.directory/users/password/update", "no such action"},
	}
	w.assign("ada", named("custom"))
	w.want(t, "ada", "users/jobInfo/update", user("bob"), noon, NoRole)
	w.PutRole(custom)
	w.want(t, "ada", "users/jobInfo/update", user("bob"), noon, Allowed)
	w.want(t, "ada", "users/manager/update", user("bob"), noon, NoRole)
	w.want(t, "ada", reset, user("bob"), noon, TargetPrivileged)
	custom.Enabled = false
	w.PutRole(custom)
	w.want(t, "ada", "users/jobInfo/update", user("bob"), noon, NoRole)
	custom.Enabled = true
	w.PutRole(custom)
	w.DropRole(named("custom"))
	w.want(t, "ada", "users/jobInfo/update", user("bob"), noon, NoRole)
}

func TestUntilIsTheEndOfTheLastGrantInForce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops", "ada")
	w.assign("ada", helpdesk, during(noon, noon+when.Hour))
	w.assign("ops", helpdesk, during(noon, noon+2*when.Hour))
	if d := w.want(t, "ada", revoke, user("bob"), noon, Allowed); d.Until != noon+2*when.Hour {
		t.Errorf("until %s", d.Until)
	}
	w.assign("ada", userAdmin)
	if d := w.want(t, "ada", revoke, user("bob"), noon, Allowed); d.Until != when.Never {
		t.Errorf("until %s", d.Until)
	}
}

func TestRefusalForPrivilegeLastsUntilTheTargetLosesSome(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.assign("ada", helpdesk)
	w.eligible("bob", globalAdmin, during(noon+when.Day, noon+2*when.Day))
	if d := w.want(t, "ada", revoke, user("bob"), noon, TargetPrivileged); d.Until != noon+2*when.Day {
		t.Errorf("until %s", d.Until)
	}
	w.want(t, "ada", revoke, user("bob"), noon+2*when.Day, Allowed)
}

// default-user-permissions.md: who may do what without any assigned role.
func TestImplicitRoles(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.put(directory.KindUser, Guest, "gus")
	w.put(directory.KindServicePrincipal, 0, "robot")
	w.put(directory.KindGroup, RoleAssignable, "ops")
	w.put(directory.KindGroup, 0, "club")
	w.own("ada", "ops")
	w.own("ada", "club")
	w.unit("sales", false)
	sales := directory.Ref{ID: named("sales"), Kind: directory.KindUnit}
	for _, c := range []struct {
		who, action string
		on          directory.Ref
		want        Reason
	}{
		{"ada", readUser, user("bob"), Allowed},
		{"ada", "groups/members/read", team("ops"), Allowed},
		{"ada", "groups/hiddenMembers/read", team("ops"), NoRole},
		{"ada", "administrativeUnits/standard/read", sales, Allowed},
		{"ada", "roleAssignments/standard/read", tenant, Allowed},
		{"ada", "privilegedIdentityManagement/allProperties/read", tenant, NoRole},
		{"ada", "groups/createAsOwner", tenant, Allowed},
		{"ada", "groups/create", tenant, NoRole},
		{"ada", revoke, user("ada"), Allowed},
		{"ada", revoke, user("bob"), SelfOnly},
		{"ada", "users/changePassword", user("ada"), Allowed},
		{"ada", "users/changePassword", user("bob"), SelfOnly},
		{"ada", reset, user("ada"), NoRole},
		{"ada", "users/authenticationMethods/create", user("ada"), Allowed},
		{"ada", "users/authenticationMethods/create", user("bob"), SelfOnly},
		{"ada", readLogs, tenant, OwnerOnly},
		{"ada", members, team("club"), Allowed},
		{"ada", members, team("ops"), GroupGuarded},
		{"ada", "groupsAssignableToRoles/allProperties/update", team("ops"), Allowed},
		{"ada", "groupsAssignableToRoles/delete", team("ops"), Allowed},
		{"ada", "groupsAssignableToRoles/create", tenant, NoRole},
		{"bob", members, team("club"), OwnerOnly},
		{"bob", "groupsAssignableToRoles/allProperties/update", team("ops"), OwnerOnly},
		{"gus", "users/guestBasicProfile/limitedRead", user("bob"), Allowed},
		{"gus", readUser, user("bob"), SelfOnly},
		{"gus", readUser, user("gus"), Allowed},
		{"gus", reset, user("gus"), Allowed},
		{"gus", "administrativeUnits/standard/read", sales, NoRole},
		{"robot", readUser, user("bob"), NoRole},
	} {
		w.want(t, c.who, c.action, c.on, noon, c.want)
	}
	w.PutSettings(Settings{GuestRole: roledata.RestrictedGuestUser})
	w.want(t, "gus", "users/guestBasicProfile/limitedRead", user("bob"), noon, NoRole)
	w.PutSettings(Settings{GuestRole: named("unknown")})
	w.want(t, "gus", "users/guestBasicProfile/limitedRead", user("bob"), noon, NoRole)
	w.PutSettings(Settings{GuestRole: roledata.User})
	w.want(t, "gus", readUser, user("bob"), noon, Allowed)
}

func TestImplicitRoleCannotBeAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.put(directory.KindServicePrincipal, 0, "robot")
	w.users("bob")
	w.assign("robot", roledata.User)
	w.PutRole(directory.RoleDefinition{Object: alive(roledata.User, directory.KindRole), Enabled: true})
	w.want(t, "robot", readUser, user("bob"), noon, NoRole)
}

func TestDeletedObjectCanOnlyBeRestored(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	w.put(directory.KindUser, Deleted, "bob")
	w.assign("ada", userAdmin)
	w.want(t, "ada", reset, user("bob"), noon, ResourceDeleted)
	w.want(t, "ada", "deletedItems.users/restore", user("bob"), noon, Allowed)
}

func TestPublishedSnapshotNeverChanges(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob")
	w.assign("ada", helpdesk)
	before := w.Publish(Version{Incarnation: 1, Seq: 7})
	w.put(directory.KindUser, Disabled, "ada")
	w.DropSchedule(named("ada"), named("ada has "+helpdesk.String()))
	w.PutRole(directory.RoleDefinition{Object: alive(helpdesk, directory.KindRole)})
	if !before.Can(named("ada"), act(t, revoke), user("bob"), noon).Allowed {
		t.Error("a later edit shows in an earlier snapshot")
	}
	if before.Version() != (Version{1, 7}) {
		t.Errorf("version %v", before.Version())
	}
	w.want(t, "ada", revoke, user("bob"), noon, SubjectDisabled)
}
