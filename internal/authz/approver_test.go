package authz

import (
	"fmt"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// seatOf gives who a place in a group for a time.
func (w world) seatOf(who, group string, start, end when.Instant) {
	w.PutSchedule(pim.Schedule{
		ID: named(who + " for a time in " + group), Kind: pim.Assigned, Principal: named(who),
		Target: pim.Target{Group: named(group)}, Window: when.Window{Start: start, End: end},
	})
}

func TestApproversAreFoundThroughGroups(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "bob", "eve", "tim", "zoe")
	w.put(directory.KindUser, Deleted, "gone")
	w.put(directory.KindGroup, Approver, "board")
	w.put(directory.KindGroup, 0, "crew", "club")
	w.put(directory.KindGroup, Deleted, "past")
	w.join("ada", "board")
	w.join("gone", "board")
	w.join("crew", "board")
	w.join("bob", "crew")
	w.join("past", "board")
	w.join("eve", "past")
	w.own("zoe", "board")
	w.seatOf("tim", "crew", noon, noon+when.Hour)
	w.join("crew", "crew") // a circle ends
	for who, want := range map[string]bool{"ada": true, "bob": true, "tim": true, "eve": false, "zoe": false, "gone": false, "nobody": false} {
		if got := w.View().Among(named(who), named("board"), noon); got != want {
			t.Errorf("%s among the board: %v, want %v", who, got, want)
		}
		if got := len(w.View().Boards(named(who), noon)) == 1; got != want {
			t.Errorf("%s has boards: %v, want %v", who, got, want)
		}
	}
	for at, want := range map[when.Instant]bool{noon - 1: false, noon: true, noon + when.Hour - 1: true, noon + when.Hour: false} {
		if got := w.View().Among(named("tim"), named("board"), at); got != want {
			t.Errorf("tim among the board %v after noon: %v", at.Sub(noon), got)
		}
	}
}

func TestGroupsTooDeepAreNotLookedInto(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada")
	for i := range maxDepth + 2 {
		w.put(directory.KindGroup, Approver, fmt.Sprint("g", i))
		if i > 0 {
			w.join(fmt.Sprint("g", i-1), fmt.Sprint("g", i))
		}
	}
	w.join("ada", "g0")
	if !w.View().Among(named("ada"), named(fmt.Sprint("g", maxDepth-1)), noon) {
		t.Error("what is deep is not found")
	}
	if w.View().Among(named("ada"), named(fmt.Sprint("g", maxDepth)), noon) {
		t.Error("what is too deep is found")
	}
}

func TestWhoManagesRolesDecidesWhereNobodyIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("ada", "pria", "una", "erin", "unit")
	w.put(directory.KindUser, Disabled, "dan")
	w.put(directory.KindServicePrincipal, 0, "robot")
	w.unit("sales", false)
	w.assign("ada", globalAdmin)
	w.assign("pria", roleAdmin)
	w.assign("una", userAdmin)
	w.assign("dan", globalAdmin)
	w.assign("robot", globalAdmin)
	w.eligible("erin", globalAdmin)
	w.assign("unit", roleAdmin, inside("sales"))
	for who, want := range map[string]bool{"ada": true, "pria": true, "una": false, "dan": false, "robot": false, "erin": false, "unit": false} {
		if got := w.View().Manages(named(who), noon); got != want {
			t.Errorf("%s manages roles: %v, want %v", who, got, want)
		}
	}
	w.assign("tim", roleAdmin, during(noon, noon+when.Hour))
	w.users("tim")
	if s := w.View(); !s.Manages(named("tim"), noon+when.Hour-1) || s.Manages(named("tim"), noon+when.Hour) {
		t.Error("a manager's time does not end on the tick")
	}
	if w.View().Manages(guid.ID{}, noon) {
		t.Error("nobody manages roles")
	}
}

// Whoever resets the password of an approver could let themselves in.
func TestAccountOfApproverIsReachedOnlyByWhoReachesPrivilege(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("hal", "paula", "ada", "bob")
	w.put(directory.KindUser, Approver, "vera")
	w.assign("hal", helpdesk)
	w.assign("paula", privAuthAdmin)
	w.put(directory.KindGroup, Approver, "board")
	w.put(directory.KindGroup, 0, "crew")
	w.join("crew", "board")
	w.join("bob", "crew")
	const reset = "users/password/update"
	w.want(t, "hal", reset, user("ada"), noon, Allowed)
	for _, approver := range []string{"vera", "bob"} {
		w.want(t, "hal", reset, user(approver), noon, TargetPrivileged)
		w.want(t, "paula", reset, user(approver), noon, Allowed)
	}
}

// Whoever puts people into a group that is in an approving group makes approvers.
func TestMembersOfGroupInsideApproverGroupAreNotForItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.users("olga", "root")
	w.put(directory.KindGroup, Approver, "board")
	w.put(directory.KindGroup, 0, "crew")
	w.own("olga", "crew")
	w.want(t, "olga", members, team("crew"), noon, Allowed)
	w.join("crew", "board")
	w.want(t, "olga", members, team("crew"), noon, GroupGuarded)
}
