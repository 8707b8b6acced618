package request

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ephor/internal/directory"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const (
	eligibility = "/roleManagement/directory/roleEligibilityScheduleRequests"
	assignment  = "/roleManagement/directory/roleAssignmentScheduleRequests"
	root        = "/roleManagement/directory/"
)

// began is when each test begins, on the tenant's clock, which stands still.
var began = when.Of(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))

var (
	helpdesk = harness.Role("Helpdesk Administrator").String()
	userAdm  = harness.Role("User Administrator").String()
)

// A desk is a tenant in which rows are played, each with people of its own.
type desk struct {
	*harness.House
	t   *testing.T
	now when.Instant
	ada *harness.Caller
}

// people is how many a desk has for its rows: p0, p1, …; and as many groups, g0 with the
// member m0, …
const people = 50

func seed() harness.Seed {
	s := harness.Seed{
		People:  []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "reader", Roles: []string{"Global Reader"}}},
		Groups:  []harness.Group{{Name: "plain"}},
		Clients: []harness.Client{{Name: "robot", Permissions: []string{"RoleManagement.ReadWrite.Directory"}}},
	}
	for i := range people {
		s.People = append(s.People, harness.Person{Name: fmt.Sprintf("p%d", i)}, harness.Person{Name: fmt.Sprintf("m%d", i)})
		s.Groups = append(s.Groups, harness.Group{Name: fmt.Sprintf("g%d", i), Assignable: true, Members: []string{fmt.Sprintf("m%d", i)}})
	}
	return s
}

// each plays on both engines.
func each(t *testing.T, test func(d *desk)) {
	t.Parallel()
	harness.Each(t, seed(), func(t *testing.T, h *harness.House) {
		d := &desk{House: h, t: t}
		d.at(began)
		h.Write(func(tx *store.WriteTx) error {
			return tx.InsertUnit(directory.Unit{Object: directory.Object{ID: harness.ID("unit"), Kind: directory.KindUnit, DisplayName: "unit", Deleted: when.Never}})
		})
		h.Name("unit", harness.ID("unit").String())
		test(d)
	})
}

// at sets the clock, and has ada sign in after it.
func (d *desk) at(now when.Instant) {
	d.t.Helper()
	d.SetClock(now)
	d.now = now
	d.ada = d.As("ada")
}

func (d *desk) later(by time.Duration) { d.at(d.now.Add(by)) }

// in is an instant so long from now, as the wire writes it.
func (d *desk) in(by time.Duration) string { return d.now.Add(by).String() }

const day = 24 * time.Hour

// The pieces of a body.

func lasting(duration string) string {
	return `,"scheduleInfo":{"expiration":{"type":"afterDuration","duration":"` + duration + `"}}`
}

func (d *desk) until(by time.Duration) string {
	return `,"scheduleInfo":{"expiration":{"type":"afterDateTime","endDateTime":"` + d.in(by) + `"}}`
}

func (d *desk) from(by time.Duration, duration string) string {
	return `,"scheduleInfo":{"startDateTime":"` + d.in(by) + `","expiration":{"type":"afterDuration","duration":"` + duration + `"}}`
}

const (
	forever = `,"scheduleInfo":{"expiration":{"type":"noExpiration"}}`
	because = `,"justification":"because"`
	dry     = `,"isValidationOnly":true`
)

// asked is a body; rest is the pieces beside action, principal, role and scope.
func asked(action, who, rest string) string {
	b := `{"action":"` + action + `","principalId":"{` + who + `}"`
	if !strings.Contains(rest, `"roleDefinitionId"`) {
		b += `,"roleDefinitionId":"` + helpdesk + `"`
	}
	if !strings.Contains(rest, `ScopeId"`) {
		b += `,"directoryScopeId":"/"`
	}
	return b + rest + "}"
}

// entitle makes somebody eligible; given is the time of it.
func (d *desk) entitle(who, given string) harness.Answer {
	d.t.Helper()
	return d.ada.Want(201, "POST", eligibility, asked("adminAssign", who, given+because))
}

func (d *desk) assign(who, given string) harness.Answer {
	d.t.Helper()
	return d.ada.Want(201, "POST", assignment, asked("adminAssign", who, given+because))
}

// activate has somebody activate what they are eligible for, for an hour.
func (d *desk) activate(who string) harness.Answer {
	d.t.Helper()
	return d.As(who).Want(201, "POST", assignment, asked("selfActivate", who, lasting("PT1H")+because))
}

// policy changes the policy of a role.
func (d *desk) policy(role string, change func(*pim.Policy)) {
	d.t.Helper()
	target := pim.Target{Role: harness.Role(role)}
	d.Write(func(tx *store.WriteTx) error {
		p, err := tx.Policy(target)
		change(&p.Policy)
		tx.PutPolicy(target, p)
		return err
	})
}

func (d *desk) settings(change func(*pim.Settings)) {
	d.t.Helper()
	d.Write(func(tx *store.WriteTx) error {
		s, err := tx.PIMSettings()
		change(&s)
		tx.PutPIMSettings(s)
		return err
	})
}

// status is what has become of a request.
func (d *desk) status(set, id string) string {
	d.t.Helper()
	return d.ada.Want(200, "GET", set+"/"+id, "").Str("status")
}

// rows are the rows of a list of one principal.
func (d *desk) rows(list, who string) []map[string]any {
	d.t.Helper()
	return d.ada.Want(200, "GET", root+list+"?$filter=principalId eq '{"+who+"}'", "").Values()
}

// has holds members of an answer, at paths with slashes, against what they must be.
func (d *desk) has(a harness.Answer, want map[string]any) {
	d.t.Helper()
	for path, w := range want {
		if got := a.Get(strings.Split(path, "/")...); got != w {
			d.t.Errorf("%s is %v, want %v: %s", path, got, w, a.Text)
		}
	}
}

// A play is one row: somebody of its own asks for something after something.
type play struct {
	row    string                                      // of the reference, and what of it
	before func(d *desk, who string)                   // what was there
	set    string                                      // where it is asked, eligibility if ""
	ask    func(d *desk, who string) (body string)     // what
	self   bool                                        // by the person; else by ada
	status string                                      // of the request, if it is granted
	http   int                                         // of the refusal, 400 if 0
	code   string                                      // of the refusal
	rule   string                                      // that the refusal names
	says   string                                      // what the refusal says, in its details or before
	after  func(d *desk, who string, a harness.Answer) // what must hold then
}

func (d *desk) play(all []play) {
	d.t.Helper()
	if len(all) > people {
		d.t.Fatalf("%d rows and %d people", len(all), people)
	}
	for i, p := range all {
		who := fmt.Sprintf("p%d", i)
		if p.before != nil {
			p.before(d, who)
		}
		set, c := p.set, d.ada
		if set == "" {
			set = eligibility
		}
		if p.self {
			c = d.As(who)
		}
		d.one(p, who, c, set)
		if d.t.Failed() {
			d.t.Fatalf("in row %q", p.row)
		}
	}
}

func (d *desk) one(p play, who string, c *harness.Caller, set string) {
	d.t.Helper()
	body := p.ask(d, who)
	var a harness.Answer
	if p.code != "" {
		status := p.http
		if status == 0 {
			status = 400
		}
		if a = c.Refused(status, "POST", set, body); a.Code() != p.code || !strings.Contains(a.Str("error", "message"), p.rule) || !strings.Contains(a.Text, p.says) {
			d.t.Errorf("%s: %s, want %s %s %s", p.row, a.Text, p.code, p.rule, p.says)
		}
	} else if a = c.Want(201, "POST", set, body); a.Str("status") != p.status {
		d.t.Errorf("%s: %s, want %s", p.row, a.Text, p.status)
	}
	if p.after != nil {
		p.after(d, who, a)
	}
}

// batchRoles are twenty roles.
func batchRoles() []string {
	var ids []string
	for _, name := range []string{
		"Helpdesk Administrator", "User Administrator", "Groups Administrator", "Global Reader", "Reports Reader", "Directory Readers", "Guest Inviter",
		"Message Center Reader", "Password Administrator", "License Administrator", "Security Reader", "Security Administrator", "Exchange Administrator",
		"SharePoint Administrator", "Teams Administrator", "Application Administrator", "Cloud Application Administrator", "Application Developer",
		"Authentication Administrator", "Billing Administrator",
	} {
		ids = append(ids, harness.Role(name).String())
	}
	return ids
}

// password gives somebody one to sign in with, which the guards ask for.
func (d *desk) password(who string) {
	d.t.Helper()
	d.ada.Want(204, "PATCH", "/users/{"+who+"}", `{"passwordProfile":{"password":"correct-horse-4-battery","forceChangePasswordNextSignIn":false}}`)
}
