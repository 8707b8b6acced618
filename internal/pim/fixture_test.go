package pim

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// The people and things of the two published walk-throughs.
var (
	aline     = guid.Must("7146daa8-1b4b-4a66-b2f7-cf593d03c8d2")
	admin     = guid.Must("1ed8ac56-4827-4733-8f80-86adc2e67db5")
	helpdesk  = guid.Must("e77cbb23-0ff2-4e18-819c-690f58269752")
	userAdmin = guid.Must("fe930be7-5e62-47db-91af-98c3a49a38b1")

	eligibilityID = guid.Must("64a8bd54-4591-4f6a-9c77-3e9cb1fdd29b")
	activationID  = guid.Must("295edd40-4646-40ca-89b8-ab0b46b6f60e")
	place         = guid.Must("00000000-0000-4000-8000-000000000001")
	unit          = guid.Must("00000000-0000-4000-8000-000000000002")
	otherID       = guid.Must("00000000-0000-4000-8000-000000000003")

	noon = at("2021-09-03T12:00:00Z")
)

func at(s string) when.Instant {
	i, ok := when.Parse(s)
	if !ok {
		panic("not an instant: " + s)
	}
	return i
}

func until(end when.Instant) Expiration { return Expiration{Type: AfterDateTime, End: end} }

func lasting(d string) Expiration {
	return Expiration{Type: AfterDuration, End: when.Never, Duration: d}
}

func forever() Expiration { return Expiration{Type: NoExpiration, End: when.Never} }

// assignRequest is an administrator's request that default policy allows at noon.
func assignRequest(side Side) Request {
	return Request{
		ID: activationID, Side: side, Action: AdminAssign, Spelling: "adminAssign",
		Principal: aline, Target: Target{Role: userAdmin}, Justification: new("on the rota"),
		Schedule: &Asked{Start: noon, Expiration: forever()}, By: Actor{User: admin},
	}
}

// assignFacts is a tenant in which nobody holds anything yet.
func assignFacts() Facts {
	return Facts{
		Principal: Principal{Kind: directory.KindUser, Enabled: true},
		Role:      Role{Exists: true, Enabled: true},
		Policy:    DefaultRolePolicy(), Settings: DefaultSettings(),
	}
}

// activateRequest is Aline's request that default policy allows at noon.
func activateRequest() Request {
	return Request{
		ID: activationID, Side: Assignment, Action: SelfActivate, Spelling: "selfActivate",
		Principal: aline, Target: Target{Role: userAdmin}, Justification: new("ticket 7"),
		Schedule: &Asked{Start: noon, Expiration: lasting("PT5H")},
		By:       Actor{User: aline}, Proof: Proof{Methods: []string{"pwd", "mfa"}, MFA: true},
	}
}

// activateFacts is a tenant in which Aline is eligible as a member of the helpdesk, from a
// day before noon until a day after.
func activateFacts() Facts {
	f := assignFacts()
	f.Eligibilities = []Held{{
		Schedule: Schedule{
			ID: eligibilityID, Kind: Eligible, Principal: helpdesk, Target: Target{Role: userAdmin},
			Window: when.Window{Start: noon - when.Day, End: noon + when.Day}, Request: eligibilityID, Modified: when.Never,
		},
		Membership: place, Place: true,
	}}
	return f
}

// held is what Aline holds of the target herself.
func held(id guid.ID, kind Kind, start, end when.Instant) Held {
	h := Held{Place: true, Schedule: Schedule{
		ID: id, Kind: kind, Principal: aline, Target: Target{Role: userAdmin},
		Window: when.Window{Start: start, End: end}, Request: id, Modified: when.Never,
	}}
	if kind == Activated {
		h.Membership = place
		h.Schedule.Via = Via{Eligibility: eligibilityID, Membership: place}
		h.Eligibility = when.Window{Start: noon - when.Day, End: noon + when.Day}
	}
	return h
}

// A row is a change to an allowed request or its facts, and what then is answered: a
// status when Code is "".
type row struct {
	name   string
	change func(*Request, *Facts)
	http   int
	code   string
	rules  []string // named by the details, in order, for a policy failure
	status Status
}

const policyFailed = "RoleAssignmentRequestPolicyValidationFailed"

func (x row) test(t *testing.T, r Request, f Facts) {
	t.Run(x.name, func(t *testing.T) {
		t.Parallel()
		if x.change != nil {
			x.change(&r, &f)
		}
		v, err := Decide(r, f, noon)
		if x.code == "" {
			if err != nil || v.Request.Status != x.status {
				t.Fatalf("status %q, %v; want %q", v.Request.Status, err, x.status)
			}
			return
		}
		fa := refusal(t, v, err)
		if fa.Status != x.http || fa.Code != x.code {
			t.Fatalf("%d %s, want %d %s", fa.Status, fa.Code, x.http, x.code)
		}
		if x.rules != nil {
			sameRules(t, fa, x.rules)
		}
	})
}

// refusal is the fault of a refusal, which must have no verdict.
func refusal(t *testing.T, v Verdict, err error) *fault.Fault {
	t.Helper()
	fa, ok := fault.As(err)
	if !ok {
		t.Fatalf("error %v, want a fault", err)
	}
	if diff := cmp.Diff(Verdict{}, v); diff != "" {
		t.Fatalf("a refusal carries a verdict: %s", diff)
	}
	return fa
}

// sameRules holds the message, which clients search, and the details against the rules.
func sameRules(t *testing.T, fa *fault.Fault, rules []string) {
	t.Helper()
	message := `The following policy rules failed: [`
	var named []string
	for i, rule := range rules {
		if i > 0 {
			message += ","
		}
		message += `"` + rule + `"`
	}
	for _, d := range fa.Details {
		named = append(named, d.Code)
		if d.Message == "" {
			t.Errorf("%s says nothing", d.Code)
		}
	}
	if fa.Message != message+"]" || !slices.Equal(named, rules) {
		t.Errorf("message %q with details %v, want %s", fa.Message, named, message+"]")
	}
}

// granted is the verdict of a request that must not be refused.
func granted(t *testing.T, r Request, f Facts, now when.Instant) Verdict {
	t.Helper()
	v, err := Decide(r, f, now)
	if err != nil {
		t.Fatalf("%s: %v", r.Action, err)
	}
	return v
}

func ids(list []Schedule) []guid.ID {
	out := []guid.ID{}
	for _, s := range list {
		out = append(out, s.ID)
	}
	return out
}

const (
	userKind  = directory.KindUser
	groupKind = directory.KindGroup
)
