package authz

import (
	"testing"

	"ephor/internal/directory"
	"ephor/internal/when"
)

func TestWhoAdministersAUnitHasARoleThereNow(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob", "cleo", "dora", "erin", "finn", "gus")
	w.unit("north", false)
	w.unit("south", false)
	w.group("desk", "cleo")
	w.put(directory.KindGroup, 0, "plain")
	w.join("gus", "plain")
	w.assign("ada", helpdesk, inside("north"))
	w.assign("bob", helpdesk, inside("south"))
	w.assign("desk", helpdesk, inside("north"))
	w.assign("plain", helpdesk, inside("north"))
	w.eligible("dora", helpdesk, inside("north"))
	w.assign("erin", helpdesk, inside("north"), during(noon+1, when.Never))
	w.assign("finn", globalAdmin)
	for who, want := range map[string]bool{"ada": true, "bob": false, "cleo": true, "dora": false, "erin": false, "finn": false, "gus": false, "nobody": false} {
		if got := w.View().Administers(named(who), named("north"), noon); got != want {
			t.Errorf("%s administers north: %v", who, got)
		}
	}
	if !w.View().Administers(named("erin"), named("north"), noon+1) {
		t.Error("erin does not from her role's start")
	}
	w.put(directory.KindUser, Disabled, "ada")
	if w.View().Administers(named("ada"), named("north"), noon) {
		t.Error("somebody disabled does")
	}
}

// Who administers a unit reaches only those in it without privilege, also what needs no table,
// and also by a narrower activation at one of them.
func TestUnitsAdministratorChangesNobodyWithPrivilege(t *testing.T) {
	t.Parallel()
	const basic = "users/basic/update"
	w := newWorld()
	w.users("ada", "bob", "eve", "gus")
	w.unit("north", false, "bob", "eve")
	w.assign("ada", userAdmin, inside("north"))
	w.eligible("eve", securityReader, during(noon, noon+2))
	w.assign("gus", userAdmin, on("eve"))
	w.want(t, "ada", basic, user("bob"), noon, Allowed)
	w.want(t, "ada", "users/standard/read", user("eve"), noon, Allowed)
	for _, who := range []string{"ada", "gus"} {
		w.want(t, who, basic, user("eve"), noon, TargetPrivileged)
		w.want(t, who, basic, user("eve"), noon+1, TargetPrivileged)
		w.want(t, who, basic, user("eve"), noon+2, Allowed)
	}
	w.assign("ada", userAdmin)
	w.want(t, "ada", basic, user("eve"), noon, Allowed)
}

// A permission alone neither opens nor closes a restricted management unit.
func TestApplicationNeedsARoleForARestrictedUnit(t *testing.T) {
	t.Parallel()
	rule := Rule{
		Delegated: []string{"AdministrativeUnit.ReadWrite.All"}, Application: []string{"AdministrativeUnit.ReadWrite.All"}, TenantOnly: true,
		Ways: []Way{Role(md + "administrativeUnits/allProperties/allTasks")},
	}.Compile()
	w := newWorld()
	w.unit("open", false)
	w.unit("vault", true)
	robot := w.appOnly("AdministrativeUnit.ReadWrite.All")
	unit := func(name string) Object { return Object{Ref: directory.Ref{ID: named(name), Kind: directory.KindUnit}} }
	w.passes(t, robot, rule, unit("open"))
	w.fails(t, robot, rule, unit("vault"), denied, "restrictedUnit", "missingAction microsoft.directory/administrativeUnits/allProperties/allTasks")
	w.assign("robot", userAdmin, inside("vault"))
	w.fails(t, robot, rule, unit("vault"), denied, "restrictedUnit", "missingAction microsoft.directory/administrativeUnits/allProperties/allTasks")
	w.assign("robot", roleAdmin)
	w.passes(t, robot, rule, unit("vault"))
}

// Who approves is for those to settle who could grant what waits for approval.
func TestWhoDecidesForThePrivilegedIsSettledByWhoCouldGrant(t *testing.T) {
	t.Parallel()
	rule := Rule{
		Delegated: []string{"User.ReadWrite.All"}, Application: []string{"User.ReadWrite.All"}, Decides: true,
		Ways: []Way{Role(md + "users/manager/update")},
	}.Compile()
	w := newWorld()
	w.users("una", "ada", "plain", "eligible", "past")
	w.assign("una", userAdmin)
	w.assign("ada", globalAdmin)
	w.eligible("eligible", helpdesk)
	w.eligible("past", helpdesk, during(noon-2, noon))
	object := func(name string) Object { return Object{Ref: user(name)} }
	una, ada := w.signedIn("una", "User.ReadWrite.All"), w.signedIn("ada", "User.ReadWrite.All")
	w.passes(t, una, rule, object("plain"))
	w.passes(t, una, rule, object("past"))
	w.fails(t, una, rule, object("eligible"), denied, "outOfReach")
	w.fails(t, una, rule, object("una"), denied, "outOfReach")
	w.passes(t, ada, rule, object("eligible"))
	robot := w.appOnly("User.ReadWrite.All")
	w.passes(t, robot, rule, object("plain"))
	w.fails(t, robot, rule, object("eligible"), denied, "outOfReach")
}
