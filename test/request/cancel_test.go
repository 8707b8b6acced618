package request

import (
	"testing"
	"time"

	"ephor/test/harness"
)

// cancel has somebody call off a request.
func cancel(c *harness.Caller, status int, set, id string) harness.Answer {
	if status >= 400 {
		return c.Refused(status, "POST", set+"/"+id+"/cancel", "")
	}
	return c.Want(status, "POST", set+"/"+id+"/cancel", "")
}

// behaviour.md §3, cancel: allowed while Granted; it deletes the future schedule.
func TestCancelOfGrantedDeletesItsFutureSchedule(t *testing.T) {
	each(t, func(d *desk) {
		for _, set := range []string{eligibility, assignment} {
			kind := map[string]string{eligibility: "Eligibility", assignment: "Assignment"}[set]
			id := d.ada.Want(201, "POST", set, asked("adminAssign", "p0", d.from(time.Hour, "P1D")+because)).Str("id")
			if rows := d.rows("role"+kind+"Schedules", "p0"); len(rows) != 1 || rows[0]["status"] != "Granted" {
				t.Fatalf("schedules: %v", rows)
			}
			if a := cancel(d.ada, 204, set, id); a.Text != "" {
				t.Errorf("cancel answers %q", a.Text)
			}
			if rows := d.rows("role"+kind+"Schedules", "p0"); len(rows) != 0 {
				t.Errorf("the schedule is still there: %v", rows)
			}
			got := d.ada.Want(200, "GET", set+"/"+id, "")
			d.has(got, map[string]any{"status": "Canceled", "completedDateTime": d.now.String()})
			d.later(2 * time.Hour)
			if rows := d.rows("role"+kind+"ScheduleInstances", "p0"); len(rows) != 0 {
				t.Errorf("what was canceled began: %v", rows)
			}
			if got := d.status(set, id); got != "Canceled" {
				t.Errorf("at its start it became %s", got)
			}
		}
	})
}

// behaviour.md §3, cancel: Provisioned, Failed, Revoked, Denied, Canceled: 400; errors.md 1b.
func TestCancelOfWhatIsOverIsRefused(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", forever)
		first := d.now
		future := d.As("p0").Want(201, "POST", assignment, asked("selfActivate", "p0", d.from(time.Hour, "PT1H")+because)).Str("id")
		gone := d.As("p0").Want(201, "POST", assignment, asked("selfActivate", "p0", d.from(3*time.Hour, "PT1H")+because)).Str("id")
		cancel(d.As("p0"), 204, assignment, gone)
		provisioned := d.entitle("p1", forever).Str("id")
		revoked := d.ada.Want(201, "POST", eligibility, asked("adminRemove", "p1", "")).Str("id")
		d.at(first.Add(time.Hour)) // the Granted one has begun
		for id, set := range map[string]string{future: assignment, gone: assignment, provisioned: eligibility, revoked: eligibility} {
			for range 2 {
				if a := cancel(d.ada, 400, set, id); a.Code() != "RequestCannotBeCancelled" {
					t.Errorf("%s: %s", d.status(set, id), a.Text)
				}
			}
		}
		for _, id := range []string{"00000000-0000-4000-8000-000000000000", "nonsense", "%20"} {
			if a := cancel(d.ada, 404, assignment, id); a.Code() != "RoleAssignmentRequestNotFound" || a.Str("error", "message") != "The role assignment request is not found" {
				t.Errorf("cancel of %s: %s", id, a.Text)
			}
		}
		// A request is known on its own side only.
		cancel(d.ada, 404, eligibility, future)
	})
}

// operations.md: PIM-W or creator.
func TestCancelIsForAdministratorsAndWhoAsked(t *testing.T) {
	each(t, func(d *desk) {
		d.entitle("p0", lasting("P1D"))
		asks := func() string {
			return d.As("p0").Want(201, "POST", eligibility, asked("selfExtend", "p0", lasting("P20D")+because)).Str("id")
		}
		id := asks()
		cancel(d.As("p1"), 403, eligibility, id)
		cancel(d.As("reader"), 403, eligibility, id)
		cancel(d.As("p0", "RoleEligibilitySchedule.Read.Directory"), 403, eligibility, id)
		cancel(d.As("p0", "RoleEligibilitySchedule.ReadWrite.Directory"), 204, eligibility, id)
		cancel(d.ada, 204, eligibility, asks())
		cancel(d.AsClient("robot"), 204, eligibility, asks())
		// Whom an administrator's request is about did not make it.
		given := d.ada.Want(201, "POST", assignment, asked("adminAssign", "p2", d.from(time.Hour, "P1D")+because)).Str("id")
		cancel(d.As("p2"), 403, assignment, given)
	})
}

// The log names what was called off, and who did it (behaviour.md §13).
func TestCancelIsRecorded(t *testing.T) {
	each(t, func(d *desk) {
		id := d.ada.Want(201, "POST", assignment, asked("adminAssign", "p0", d.from(time.Hour, "P1D")+because)).Str("id")
		cancel(d.ada, 204, assignment, id)
		rows := d.ada.Want(200, "GET", "/auditLogs/directoryAudits?$top=1", "").Values()
		if len(rows) != 1 || rows[0]["activityDisplayName"] != "Add member to role in PIM canceled (timebound)" || rows[0]["result"] != "success" {
			t.Fatalf("recorded is %v", rows)
		}
	})
}

// Two who call off the same: one does, the other is told that it is over.
func TestRequestIsCalledOffOnce(t *testing.T) {
	each(t, func(d *desk) {
		id := d.ada.Want(201, "POST", assignment, asked("adminAssign", "p0", d.from(time.Hour, "P1D")+because)).Str("id")
		answers := make(chan int, 8)
		for range cap(answers) {
			c := d.As("ada")
			go func() { answers <- c.Do("POST", assignment+"/"+id+"/cancel", "").Status }()
		}
		count := map[int]int{}
		for range cap(answers) {
			count[<-answers]++
		}
		if count[204] != 1 || count[400] != cap(answers)-1 {
			t.Errorf("answers: %v", count)
		}
	})
}
