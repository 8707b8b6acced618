package request

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ephor/test/harness"
)

// may is a call that the role is for.
const may = "/users/{p9}/revokeSignInSessions"

func TestActivationAfterTheEligibilityEnded(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("PT30M"))
		ends := d.now.Add(30 * time.Minute)
		d.at(ends - 1)
		for _, length := range []string{"PT5M", "PT0.0000002S"} { // it would outlive the eligibility, or be too short
			d.As("p0").Refused(400, "POST", assignment, asked("selfActivate", "p0", lasting(length)+because))
		}
		d.at(ends)
		for _, with := range []string{lasting("PT5M"), d.from(time.Minute, "PT5M"), `,"scheduleInfo":{"startDateTime":"` + began.String() + `","expiration":{"type":"afterDuration","duration":"PT5M"}}`} {
			a := d.As("p0").Refused(400, "POST", assignment, asked("selfActivate", "p0", with+because))
			if !strings.Contains(a.Str("error", "message"), "EligibilityRule") {
				t.Errorf("after its end: %s", a.Text)
			}
		}
	})
}

func TestActivationAfterTheEligibilityWasRemoved(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", forever)
		p0 := d.As("p0")
		future := p0.Want(201, "POST", assignment, asked("selfActivate", "p0", d.from(2*time.Hour, "PT1H")+because)).Str("id")
		d.activate("p0")
		p0.Want(200, "POST", may, "")
		d.ada.Want(201, "POST", eligibility, asked("adminRemove", "p0", ""))
		p0.Refused(403, "POST", may, "")
		p0.Refused(400, "POST", assignment, asked("selfActivate", "p0", lasting("PT1H")+because))
		if got := d.status(assignment, future); got != "Canceled" {
			t.Errorf("what was to begin later is %s", got)
		}
		// Nor does being made eligible anew bring back what was activated before.
		d.entitle("p0", forever)
		p0.Refused(403, "POST", may, "")
		d.later(2*time.Hour + time.Minute)
		d.As("p0").Refused(403, "POST", may, "")
	})
}

func TestActivationThroughAGroupThatOneHasLeft(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("g0", forever)
		d.activate("m0")
		m0 := d.As("m0")
		m0.Want(200, "POST", may, "")
		d.ada.Want(204, "DELETE", "/groups/{g0}/members/{m0}/$ref", "")
		m0.Refused(403, "POST", may, "")
		m0.Refused(400, "POST", assignment, asked("selfActivate", "m0", lasting("PT1H")+because))
	})
}

func TestScopeIsNotWidenedByActivation(t *testing.T) {
	each(t, func(d *desk) {
		const unit = `,"directoryScopeId":"/administrativeUnits/{unit}"`
		d.entitle("p0", unit+forever)
		p0 := d.As("p0")
		for _, scope := range []string{`,"directoryScopeId":"/"`, `,"appScopeId":"/"`, `,"directoryScopeId":"/{p1}"`, `,"directoryScopeId":"/{unit}"`, `,"directoryScopeId":"/administrativeUnits/{p1}"`} {
			a := p0.Do("POST", assignment, asked("selfActivate", "p0", scope+lasting("PT1H")+because))
			if a.Status < 400 {
				t.Errorf("activated at %s: %s", scope, a.Text)
			}
		}
		p0.Want(201, "POST", assignment, asked("selfActivate", "p0", unit+lasting("PT1H")+because))
		p0.Refused(403, "POST", may, "") // p9 is not in the unit
		// An administrator's change keeps to its scope as well.
		d.ada.Refused(400, "POST", eligibility, asked("adminExtend", "p0", lasting("P9D")+because))
		d.ada.Refused(400, "POST", eligibility, asked("adminRemove", "p0", ""))
	})
}

func TestDurationThatOverflows(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", forever)
		p0 := d.As("p0")
		for _, duration := range []string{
			"P9223372036854775807D", "PT9223372036854775807S", "P292277026596Y", "P99999999999999999999Y", "PT2562047788015215H30M7S", "-P1D", "PT-1H", "P1Y2M3DT4H5M6S7", "PT1H ", "",
			"PT8H1S", "P1M", "PT0H", "PT00008H00000M01S",
		} {
			a := p0.Do("POST", assignment, asked("selfActivate", "p0", lasting(duration)+because))
			if a.Status != 400 {
				t.Errorf("a duration of %q: %d %s", duration, a.Status, a.Text)
			}
		}
		for _, end := range []string{"9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-03-02T09:00:00+99:00"} {
			body := asked("selfActivate", "p0", `,"scheduleInfo":{"expiration":{"type":"afterDateTime","endDateTime":"`+end+`"}}`+because)
			if a := p0.Do("POST", assignment, body); a.Status != 400 {
				t.Errorf("an end at %q: %d %s", end, a.Status, a.Text)
			}
		}
	})
}

func TestStartInThePastGivesNothingMore(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", forever)
		for i, start := range []string{"0001-01-01T00:00:00Z", "1969-12-31T23:59:59.9999999Z", "2026-03-02T08:59:59.9999999Z"} {
			who := fmt.Sprintf("p%d", i)
			if i > 0 {
				d.entitle(who, forever)
			}
			a := d.As(who).Want(201, "POST", assignment, asked("selfActivate", who, `,"scheduleInfo":{"startDateTime":"`+start+`","expiration":{"type":"afterDuration","duration":"PT8H"}}`+because))
			d.has(a, map[string]any{"scheduleInfo/startDateTime": d.now.String(), "completedDateTime": d.now.String()})
			if rows := d.rows("roleAssignmentScheduleInstances", who); len(rows) != 1 || rows[0]["endDateTime"] != d.in(8*time.Hour) {
				t.Errorf("from %s: %v", start, rows)
			}
		}
	})
}

// A clock that is set back must not bring back what was taken away, nor forget that it
// ended; set forth and back, a grant has the window that it had.
func TestClockStepsGiveNothing(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("P1D"))
		d.activate("p0")
		token := d.As("p0")
		d.at(began.Add(2 * day))
		d.As("p0").Refused(403, "POST", may, "")
		d.at(began.Add(30 * time.Minute))
		token.Refused(401, "POST", may, "") // setting it back ends tokens
		d.As("p0").Want(200, "POST", may, "")
		d.ada.Want(201, "POST", eligibility, asked("adminRemove", "p0", ""))
		d.at(began.Add(10 * time.Minute))
		d.As("p0").Refused(403, "POST", may, "")
		d.As("p0").Refused(400, "POST", assignment, asked("selfActivate", "p0", lasting("PT1H")+because))
		d.at(began.Add(-time.Hour))
		d.As("p0").Refused(403, "POST", may, "")
	})
}

// Who extends at the instant of the end is too late, however many try: what has ended is
// renewed, by whoever may give it, and not by asking.
func TestExtensionAgainstExpiry(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("PT1H"))
		ends := d.now.Add(time.Hour)
		d.at(ends - 1)
		waiting := d.As("p0").Want(201, "POST", eligibility, asked("selfExtend", "p0", lasting("P1D")+because)).Str("id")
		d.at(ends)
		d.ada.Refused(400, "POST", eligibility, asked("adminExtend", "p0", lasting("P1D")+because))
		d.As("p0").Refused(400, "POST", eligibility, asked("selfExtend", "p0", lasting("P2D")+because))
		d.As("p0").Refused(400, "POST", assignment, asked("selfActivate", "p0", lasting("PT5M")+because))
		if rows := d.rows("roleEligibilityScheduleInstances", "p0"); len(rows) != 0 {
			t.Errorf("asking for an extension has kept it alive: %v", rows)
		}
		d.ada.Want(201, "POST", eligibility, asked("adminRenew", "p0", lasting("P1D")+because))
		if got := d.status(eligibility, waiting); got != "Provisioned" {
			t.Errorf("who asked in time is %s", got)
		}
	})
}

func TestPrincipalOfAnotherIsRefused(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("P1D"))
		d.activate("p0")
		d.later(10 * time.Minute)
		for _, x := range []struct{ set, action, with string }{
			{assignment, "selfActivate", lasting("PT1H")},
			{assignment, "selfDeactivate", ""},
			{eligibility, "selfExtend", lasting("P2D")},
			{eligibility, "selfRenew", lasting("P2D")},
			{assignment, "selfExtend", lasting("P2D")},
			{assignment, "selfRenew", lasting("P2D")},
		} {
			for _, thief := range []*harness.Caller{d.As("p1"), d.ada} {
				a := thief.Refused(400, "POST", x.set, asked(x.action, "p0", x.with+because))
				if a.Code() != "InvalidRoleAssignmentRequest" {
					t.Errorf("%s for another: %s", x.action, a.Text)
				}
			}
		}
		// Nor an administrator's action without the right to it.
		for _, action := range []string{"adminAssign", "adminUpdate", "adminExtend", "adminRenew", "adminRemove"} {
			for _, set := range []string{eligibility, assignment} {
				for _, thief := range []string{"p0", "p1", "reader"} {
					d.As(thief).Refused(403, "POST", set, asked(action, thief, lasting("P2D")+because))
				}
			}
		}
	})
}

// Two ids for one request: whoever sends a body with more than one principal, or two
// spellings of one, has none of it.
func TestBodyThatSaysTwoThings(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", forever)
		p0 := d.As("p0")
		good := asked("selfActivate", "p0", lasting("PT1H")+because)
		for _, with := range []string{`"principalId":"{p1}"`, `"PrincipalId":"{p1}"`, `"PRINCIPALID":"{p0}"`, `"action":"adminAssign"`, `"Action":"adminAssign"`} {
			p0.Refused(400, "POST", assignment, strings.Replace(good, "{", "{"+with+",", 1))
			p0.Refused(400, "POST", assignment, strings.TrimSuffix(good, "}")+","+with+"}")
		}
	})
}

// Of activations that race with the removal of their eligibility, none is left.
func TestActivationRacesTheRemovalOfItsEligibility(t *testing.T) {
	each(t, func(d *desk) {
		for i := range 8 {
			who := fmt.Sprintf("p%d", i)
			d.entitle(who, forever)
			c, ada := d.As(who), d.As("ada")
			var both sync.WaitGroup
			both.Go(func() { c.Do("POST", assignment, asked("selfActivate", who, lasting("PT1H")+because)) })
			both.Go(func() { ada.Do("POST", eligibility, asked("adminRemove", who, "")) })
			both.Wait()
			if a := c.Do("POST", may, ""); a.Status != 403 {
				t.Fatalf("%s is active without an eligibility: %d", who, a.Status)
			}
			if rows := d.rows("roleAssignmentSchedules", who); len(rows) != 0 {
				t.Fatalf("left: %v", rows)
			}
		}
	})
}

// A dry run tells nothing that the real run would not, and a stranger's is refused alike.
func TestDryRunIsNoOracle(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", forever)
		stranger := d.As("p1")
		held := stranger.Refused(403, "POST", eligibility, asked("adminAssign", "p0", forever+because+dry))
		free := stranger.Refused(403, "POST", eligibility, asked("adminAssign", "p2", forever+because+dry))
		if held.Str("error", "message") != free.Str("error", "message") {
			t.Errorf("a stranger can tell %s from %s", held.Text, free.Text)
		}
	})
}
