package pim

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/when"
)

var (
	boss    = guid.Must("00000000-0000-4000-8000-0000000000b0")
	deputy  = guid.Must("00000000-0000-4000-8000-0000000000d0")
	board   = guid.Must("00000000-0000-4000-8000-0000000000bb")
	theBoss = Approver{Kind: ApproverUser, ID: boss}
	theDep  = Approver{Kind: ApproverUser, ID: deputy}
	boarded = Approver{Kind: ApproverGroup, ID: board}
)

// named is an approval rule with so many stages, each of one approver list.
func namedStages(lists ...[]Approver) ApprovalRule {
	r := ApprovalRule{Required: true, Mode: "SingleStage"}
	if len(lists) > 1 {
		r.Mode = "Serial"
	}
	for _, l := range lists {
		r.Stages = append(r.Stages, ApprovalStage{TimeOutDays: 1, Approvers: l, Escalated: []Approver{}})
	}
	return r
}

// A hearing is a request that waits since noon, and who speaks on it.
type hearing struct {
	r Request
	a Approval
	f Facts
}

// waiting is Aline's activation under a rule, as it waits.
func waiting(t *testing.T, rule ApprovalRule, change ...func(*Request, *Facts)) hearing {
	t.Helper()
	r, f := activateRequest(), activateFacts()
	f.Policy.Approval = rule
	for _, c := range change {
		c(&r, &f)
	}
	v := granted(t, r, f, noon)
	if v.Request.Status != PendingApproval || v.Approval == nil || len(v.Put)+len(v.End) > 0 {
		t.Fatalf("%s with %d schedules", v.Request.Status, len(v.Put))
	}
	return hearing{v.Request, *v.Approval, f}
}

// by is the circle of a user who is whom the named are.
func by(user guid.ID, named ...Approver) Circle {
	c := Circle{User: user, Name: "N", Able: true, Among: map[Approver]bool{}}
	for _, a := range named {
		c.Among[a] = true
	}
	return c
}

func (h hearing) say(stage int, result Result, c Circle, at when.Instant) (Verdict, error) {
	return Review(h.r, h.a, Say{Stage: h.a.StageID(stage), Result: result, Why: "because"}, c, h.f, at)
}

// goOn is the hearing after a word that must be taken.
func (h hearing) goOn(t *testing.T, stage int, c Circle, at when.Instant, want Status) hearing {
	t.Helper()
	v, err := h.say(stage, ResultApprove, c, at)
	if err != nil || v.Request.Status != want || !v.Stored {
		t.Fatalf("stage %d: %q, %v; want %q", stage, v.Request.Status, err, want)
	}
	return hearing{v.Request, *v.Approval, h.f}
}

func (h hearing) refuses(t *testing.T, stage int, result Result, c Circle, at when.Instant, status int, code string) {
	t.Helper()
	v, err := h.say(stage, result, c, at)
	if fa := refusal(t, v, err); fa.Status != status || fa.Code != code {
		t.Errorf("%d %s, want %d %s", fa.Status, fa.Code, status, code)
	}
}

const (
	unauthorized = "UnauthorizedAccessException"
	conflict     = "Conflict"
)

// The example of pim-approval-workflow (behaviour.md §3): no start while it is now, the
// schedule's id, complete already.
func TestActivationThatWaits(t *testing.T) {
	t.Parallel()
	h := waiting(t, namedStages([]Approver{theBoss}))
	want := activateRequest()
	want.Status, want.Approval, want.Scheduled, want.Created, want.Completed = PendingApproval, activationID, activationID, noon, noon
	want.Schedule = &Asked{Start: when.Never, Expiration: lasting("PT5H")}
	want.Via = Via{Eligibility: eligibilityID, Membership: place}
	if diff := cmp.Diff(want, h.r); diff != "" {
		t.Error(diff)
	}
	later := waiting(t, namedStages([]Approver{theBoss}), func(r *Request, _ *Facts) { r.Schedule.Start = noon + when.Hour })
	if later.r.Schedule.Start != noon+when.Hour {
		t.Errorf("a start to come is %s", later.r.Schedule.Start)
	}
	if due := h.a.Due(); due != noon+when.Day {
		t.Errorf("it waits until %s", due)
	}
}

func TestDryRunOfWhatNeedsApproval(t *testing.T) {
	t.Parallel()
	r, f := activateRequest(), activateFacts()
	f.Policy.Approval, r.DryRun = namedStages([]Approver{theBoss}), true
	v := granted(t, r, f, noon)
	if v.Request.Status != PendingApproval || v.Approval != nil || !v.Request.Scheduled.IsZero() || !v.Request.Approval.IsZero() {
		t.Errorf("%+v", v)
	}
}

func TestWhoMustBeApprovedGivesAReason(t *testing.T) {
	t.Parallel()
	r, f := activateRequest(), activateFacts()
	f.Policy.EndUserAssignment.Enablement.Justification, r.Justification = false, nil
	f.Policy.Approval = namedStages([]Approver{theBoss})
	f.Policy.Approval.RequestorJustification = true
	v, err := Decide(r, f, noon)
	sameRules(t, refusal(t, v, err), []string{"JustificationRule"})
	f.Policy.Approval.RequestorJustification = false
	granted(t, r, f, noon)
}

// Start is the later of what was asked and the decision, and the duration counts from it
// (behaviour.md §8, 6).
func TestApprovedActivationCountsFromItsApproval(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		start  when.Instant
		window when.Window
		status Status
	}{
		"now":    {noon, when.Window{Start: noon + when.Hour, End: noon + 6*when.Hour}, Provisioned},
		"before": {noon + 59*when.Minute, when.Window{Start: noon + when.Hour, End: noon + 6*when.Hour}, Provisioned},
		"later":  {noon + 2*when.Hour, when.Window{Start: noon + 2*when.Hour, End: noon + 7*when.Hour}, Granted},
	} {
		h := waiting(t, namedStages([]Approver{theBoss}), func(r *Request, _ *Facts) { r.Schedule.Start = x.start })
		v, err := h.say(0, ResultApprove, by(boss, theBoss), noon+when.Hour)
		if err != nil || len(v.Put) != 1 {
			t.Fatal(name, err)
		}
		s := v.Put[0]
		if s.Window != x.window || s.ID != activationID || s.Kind != Activated || s.Via != (Via{Eligibility: eligibilityID, Membership: place}) || s.Created != noon+when.Hour {
			t.Errorf("%s: %+v", name, s)
		}
		if v.Request.Status != x.status || v.Request.Completed != x.window.Start || v.Request.Created != noon || v.Request.Scheduled != activationID {
			t.Errorf("%s: %+v", name, v.Request)
		}
		if word, _ := v.Approval.Last(0); word.By != boss || word.Result != ResultApprove || word.Why != "because" || word.At != noon+when.Hour {
			t.Errorf("%s: %+v", name, word)
		}
	}
}

func TestDenialEndsTheRequest(t *testing.T) {
	t.Parallel()
	h := waiting(t, namedStages([]Approver{theBoss}, []Approver{theDep}))
	v, err := h.say(0, ResultDeny, by(boss, theBoss), noon+1)
	if err != nil || v.Request.Status != Denied || v.Request.Completed != noon+1 || !v.Request.Scheduled.IsZero() || len(v.Put) > 0 {
		t.Fatalf("%+v %v", v.Request, err)
	}
	if a := v.Approval; a.Status(0, noon+1) != "Completed" || a.Stages[0].Result != ResultDeny || a.Status(1, noon+1) != "Expired" {
		t.Errorf("%+v", a)
	}
}

// Nobody approves what they asked for, whichever list they stand on.
func TestSelfApprovalByAnyDetour(t *testing.T) {
	t.Parallel()
	me := Approver{Kind: ApproverUser, ID: aline}
	manager := Approver{Kind: ApproverManager, Level: 1}
	escalating := namedStages([]Approver{theBoss})
	escalating.Stages[0].Escalation, escalating.Stages[0].Escalated = true, []Approver{me}
	falling := namedStages([]Approver{theBoss})
	falling.Stages[0].Fallback = []Approver{me}
	for name, x := range map[string]struct {
		rule  ApprovalRule
		stage int
		c     Circle
	}{
		"named":                   {namedStages([]Approver{me}), 0, by(aline, me)},
		"in a group that is":      {namedStages([]Approver{boarded}), 0, by(aline, boarded)},
		"their own manager":       {namedStages([]Approver{manager}), 0, by(aline, manager)},
		"where nobody is named":   {namedStages(nil), 0, Circle{User: aline, Able: true, Manages: true}},
		"to whom it escalates":    {escalating, 0, by(aline, me)},
		"on whom it falls back":   {falling, 0, by(aline, me)},
		"in the name of a group":  {namedStages([]Approver{boarded}), 0, Circle{User: boss, Able: true, Gains: true, Among: map[Approver]bool{boarded: true}}},
		"as nobody in particular": {namedStages([]Approver{me}), 0, by(guid.ID{}, me)},
	} {
		h := waiting(t, x.rule)
		for _, result := range []Result{ResultApprove, ResultDeny} {
			v, err := h.say(x.stage, result, x.c, noon+when.Hour)
			if fa := refusal(t, v, err); fa.Status != 403 || fa.Code != unauthorized {
				t.Errorf("%s: %s", name, fa)
			}
		}
	}
	second := waiting(t, namedStages([]Approver{theBoss}, []Approver{me})).goOn(t, 0, by(boss, theBoss), noon, PendingApproval)
	second.refuses(t, 1, ResultApprove, by(aline, me), noon, 403, unauthorized)
}

// The delegate who asked for somebody is no other person's approver either.
func TestWhoMadeTheRequestDoesNotApproveIt(t *testing.T) {
	t.Parallel()
	h := waiting(t, namedStages([]Approver{theBoss}))
	h.r.By.User = boss
	h.refuses(t, 0, ResultApprove, by(boss, theBoss), noon, 403, unauthorized)
}

func TestWhoIsNoApproverDecidesNothing(t *testing.T) {
	t.Parallel()
	disabled := by(boss, theBoss)
	disabled.Able = false
	rule := namedStages([]Approver{theBoss}, []Approver{theDep})
	for name, c := range map[string]Circle{
		"a stranger":                                 {User: deputy, Able: true},
		"the next stage's approver":                  by(deputy, theDep),
		"a disabled approver":                        disabled,
		"who manages roles, where somebody is named": {User: admin, Able: true, Manages: true},
	} {
		h := waiting(t, rule)
		v, err := h.say(0, ResultApprove, c, noon)
		if fa := refusal(t, v, err); fa.Code != unauthorized {
			t.Errorf("%s: %s", name, fa)
		}
	}
	h := waiting(t, namedStages(nil))
	h.goOn(t, 0, Circle{User: admin, Able: true, Manages: true}, noon, Provisioned)
	h.refuses(t, 0, ResultApprove, by(boss, theBoss), noon, 403, unauthorized)
}

func TestStagesFollowOneAnother(t *testing.T) {
	t.Parallel()
	h := waiting(t, namedStages([]Approver{theBoss}, []Approver{theDep}))
	h.f.Eligibilities[0].Schedule.Window.End = noon + 9*when.Day
	if h.a.Status(0, noon) != "InProgress" || h.a.Status(1, noon) != "Initializing" {
		t.Errorf("%s, %s", h.a.Status(0, noon), h.a.Status(1, noon))
	}
	h.refuses(t, 1, ResultApprove, by(deputy, theDep), noon, 409, conflict)
	h = h.goOn(t, 0, by(boss, theBoss), noon+23*when.Hour, PendingApproval)
	if h.a.Status(0, noon) != "Completed" || h.a.Status(1, noon) != "InProgress" || h.a.Due() != noon+47*when.Hour {
		t.Errorf("%s, %s, due %s", h.a.Status(0, noon), h.a.Status(1, noon), h.a.Due())
	}
	h.refuses(t, 0, ResultDeny, by(boss, theBoss), noon, 400, "RoleAssignmentRequestAlreadyApproved")
	h.refuses(t, 0, ResultDeny, by(deputy, theBoss), noon, 409, conflict)
	h.goOn(t, 1, by(deputy, theDep), noon+47*when.Hour-1, Provisioned)
	h.refuses(t, 1, ResultApprove, by(deputy, theDep), noon+47*when.Hour, 409, conflict)
}

func TestSoManyDifferentPeopleMustApprove(t *testing.T) {
	t.Parallel()
	rule := namedStages([]Approver{boarded})
	rule.Stages[0].Minimum = 2
	h := waiting(t, rule).goOn(t, 0, by(boss, boarded), noon, PendingApproval)
	h.refuses(t, 0, ResultApprove, by(boss, boarded), noon, 400, "RoleAssignmentRequestAlreadyApproved")
	h.goOn(t, 0, by(deputy, boarded), noon, Provisioned)
	if v, err := h.say(0, ResultDeny, by(deputy, boarded), noon); err != nil || v.Request.Status != Denied {
		t.Errorf("one denial: %q, %v", v.Request.Status, err)
	}
}

func TestEscalationLetsOthersApproveFromItsTickOn(t *testing.T) {
	t.Parallel()
	rule := namedStages([]Approver{theBoss})
	rule.Stages[0].Escalation, rule.Stages[0].EscalationMinutes, rule.Stages[0].Escalated = true, 30, []Approver{theDep}
	h := waiting(t, rule)
	h.refuses(t, 0, ResultApprove, by(deputy, theDep), noon+30*when.Minute-1, 403, unauthorized)
	h.goOn(t, 0, by(deputy, theDep), noon+30*when.Minute, Provisioned)
	h.goOn(t, 0, by(boss, theBoss), noon+30*when.Minute, Provisioned)
	rule.Stages[0].Escalation = false
	waiting(t, rule).refuses(t, 0, ResultApprove, by(deputy, theDep), noon+30*when.Minute, 403, unauthorized)
}

func TestFallbackApprovesOnlyWhileNobodyElseCould(t *testing.T) {
	t.Parallel()
	rule := namedStages([]Approver{theBoss})
	rule.Stages[0].Fallback = []Approver{theDep}
	h, c := waiting(t, rule), by(deputy, theDep)
	h.goOn(t, 0, c, noon, Provisioned)
	c.Living = map[Approver]bool{theBoss: true}
	h.refuses(t, 0, ResultApprove, c, noon, 403, unauthorized)
	rule.Stages[0].Approvers = nil // who manages roles is always there
	waiting(t, rule).refuses(t, 0, ResultApprove, by(deputy, theDep), noon, 403, unauthorized)
}

// Those to whom a stage would escalate could decide it if it does, and else are nobody.
func TestFallbackWaitsForTheEscalatedOnlyIfTheStageEscalates(t *testing.T) {
	t.Parallel()
	rule := namedStages([]Approver{theBoss})
	rule.Stages[0].Fallback, rule.Stages[0].Escalated, rule.Stages[0].EscalationMinutes = []Approver{theDep}, []Approver{boarded}, 30
	c := by(deputy, theDep)
	c.Living = map[Approver]bool{boarded: true}
	waiting(t, rule).goOn(t, 0, c, noon, Provisioned)
	rule.Stages[0].Escalation = true
	waiting(t, rule).refuses(t, 0, ResultApprove, c, noon, 403, unauthorized)
}

func TestApproverGivesAReason(t *testing.T) {
	t.Parallel()
	rule := namedStages([]Approver{theBoss})
	rule.Stages[0].ApproverJustification = true
	h := waiting(t, rule)
	for _, result := range []Result{ResultApprove, ResultDeny} {
		v, err := Review(h.r, h.a, Say{Stage: h.a.StageID(0), Result: result, Why: " "}, by(boss, theBoss), h.f, noon)
		sameRules(t, refusal(t, v, err), []string{"JustificationRule"})
	}
	v, err := Review(h.r, h.a, Say{Stage: h.a.StageID(0), Result: "Perhaps", Why: "because"}, by(boss, theBoss), h.f, noon)
	if fa := refusal(t, v, err); fa.Status != 400 || fa.Target != "reviewResult" {
		t.Error(fa)
	}
}

// What the requester has lost since is not given back by an approval (behaviour.md §8; the
// design: on rights read again at that instant).
func TestApprovalOfWhatTheRequesterLost(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		at     when.Instant
		change func(*Facts)
		code   string
		rules  []string
	}{
		"eligibility removed":     {noon, func(f *Facts) { f.Eligibilities = nil }, policyFailed, []string{"EligibilityRule"}},
		"eligibility ended":       {noon + when.Hour, func(f *Facts) { f.Eligibilities[0].Schedule.Window.End = noon + when.Hour }, policyFailed, []string{"EligibilityRule"}},
		"eligibility too short":   {noon + when.Hour, func(f *Facts) { f.Eligibilities[0].Schedule.Window.End = noon + 6*when.Hour - 1 }, policyFailed, []string{"ExpirationRule"}},
		"left the group":          {noon, func(f *Facts) { f.Eligibilities[0].Place = false }, policyFailed, []string{"EligibilityRule"}},
		"account disabled":        {noon, func(f *Facts) { f.Principal.Enabled = false }, policyFailed, []string{"EligibilityRule"}},
		"account deleted":         {noon, func(f *Facts) { f.Principal.Kind = directory.KindNone }, "SubjectNotFound", nil},
		"role disabled":           {noon, func(f *Facts) { f.Role.Enabled = false }, "InvalidRoleAssignmentRequest", nil},
		"active by now":           {noon, func(f *Facts) { f.Standing = []Held{held(otherID, Assigned, noon-1, when.Never)} }, "RoleAssignmentExists", nil},
		"policy: shorter by now":  {noon, func(f *Facts) { f.Policy.EndUserAssignment.Expiration.Maximum = "PT4H" }, policyFailed, []string{"ExpirationRule"}},
		"policy: ticket by now":   {noon, func(f *Facts) { f.Policy.EndUserAssignment.Enablement.Ticketing = true }, policyFailed, []string{"TicketingRule"}},
		"policy: context by now":  {noon, func(f *Facts) { f.Policy.Context = ContextRule{Enabled: true, Claim: new("c1")} }, "RoleAssignmentRequestAcrsValidationFailed", nil},
		"policy: another reader":  {noon, func(f *Facts) { f.Policy.Approval = namedStages([]Approver{theDep}) }, unauthorized, nil},
		"policy: shorter to wait": {noon + when.Day, func(f *Facts) {}, conflict, nil},
	} {
		h := waiting(t, namedStages([]Approver{theBoss}))
		x.change(&h.f)
		v, err := h.say(0, ResultApprove, by(boss, theBoss), x.at)
		fa := refusal(t, v, err)
		if fa.Code != x.code {
			t.Errorf("%s: %s, want %s", name, fa.Code, x.code)
		}
		if x.rules != nil {
			sameRules(t, fa, x.rules)
		}
	}
}

// Whoever may change the policy does not let through what waits already.
func TestWeakerPolicyDoesNotApplyToWhatWaits(t *testing.T) {
	t.Parallel()
	strict := namedStages([]Approver{theBoss}, []Approver{theBoss})
	strict.Stages[0].Minimum = 2
	strict.Stages[0].ApproverJustification = true
	h := waiting(t, strict)
	h.f.Policy.Approval = namedStages([]Approver{theDep, theBoss})
	h.refuses(t, 0, ResultApprove, by(deputy, theDep), noon, 403, unauthorized)
	v, err := Review(h.r, h.a, Say{Stage: h.a.StageID(0), Result: ResultApprove}, by(boss, theBoss), h.f, noon)
	sameRules(t, refusal(t, v, err), []string{"JustificationRule"})
	h.f.Policy.Approval = defaultApproval() // approval is asked for no more
	h = h.goOn(t, 0, by(boss, theBoss), noon, PendingApproval)
	h = h.goOn(t, 0, by(admin, theBoss), noon, PendingApproval)
	h = h.goOn(t, 1, by(boss, theBoss), noon, Provisioned)

	long := waiting(t, namedStages([]Approver{theBoss}), func(r *Request, f *Facts) { f.Policy.EndUserAssignment.Expiration.Maximum = "PT5H" })
	long.a.Policy.EndUserAssignment.Expiration.Maximum = "PT4H" // as it was; by now it is longer
	v, err = long.say(0, ResultApprove, by(boss, theBoss), noon)
	sameRules(t, refusal(t, v, err), []string{"ExpirationRule"})

	wait := waiting(t, namedStages([]Approver{theBoss}))
	wait.f.Policy.Approval.Stages = slices.Clone(wait.f.Policy.Approval.Stages)
	wait.f.Policy.Approval.Stages[0].TimeOutDays = 9
	wait.f.Eligibilities[0].Schedule.Window.End = when.Never
	wait.refuses(t, 0, ResultApprove, by(boss, theBoss), noon+when.Day, 409, conflict)
}

// A policy that has become stricter applies at once.
func TestStricterPolicyAppliesToWhatWaits(t *testing.T) {
	t.Parallel()
	h := waiting(t, namedStages([]Approver{theBoss}))
	h.f.Policy.Approval = namedStages([]Approver{theBoss, theDep}, []Approver{theDep})
	h.refuses(t, 0, ResultApprove, by(deputy, theDep), noon, 403, unauthorized)
	h = h.goOn(t, 0, by(boss, theBoss), noon, PendingApproval)
	h.refuses(t, 1, ResultApprove, by(boss, theBoss), noon, 403, unauthorized)
	h.goOn(t, 1, by(deputy, theDep), noon, Provisioned)

	days := namedStages([]Approver{theBoss})
	days.Stages[0].TimeOutDays = 3
	h = waiting(t, days)
	h.f.Policy.Approval.Stages = namedStages([]Approver{theBoss}).Stages
	h.f.Eligibilities[0].Schedule.Window.End = when.Never
	h.goOn(t, 0, by(boss, theBoss), noon+when.Day-1, Provisioned)
	h.refuses(t, 0, ResultApprove, by(boss, theBoss), noon+when.Day, 409, conflict)
}

func TestWhatIsOverIsDecidedNoMore(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{Canceled, Denied, TimedOut, Provisioned, Granted, Failed} {
		h := waiting(t, namedStages([]Approver{theBoss}))
		h.r.Status = s
		h.refuses(t, 0, ResultApprove, by(boss, theBoss), noon, 409, conflict)
		h.refuses(t, 0, ResultDeny, by(boss, theBoss), noon, 409, conflict)
	}
	h := waiting(t, namedStages([]Approver{theBoss}))
	if v, err := h.say(7, ResultApprove, by(boss, theBoss), noon); err == nil || v.Approval != nil {
		t.Error("a stage that is not there was decided")
	}
}

func TestTimeEndsWhatNobodyDecides(t *testing.T) {
	t.Parallel()
	rule := namedStages([]Approver{theBoss})
	rule.Stages[0].Escalation, rule.Stages[0].EscalationMinutes, rule.Stages[0].Escalated = true, 30, []Approver{theDep}
	h := waiting(t, rule)
	lapse := func(at when.Instant) (Verdict, bool) {
		v, changed, err := Lapse(h.r, h.a, at)
		if err != nil {
			t.Fatal(err)
		}
		return v, changed
	}
	if _, changed := lapse(noon + 30*when.Minute - 1); changed || h.a.Next() != noon+30*when.Minute {
		t.Errorf("it escalated early; next is %s", h.a.Next())
	}
	v, changed := lapse(noon + 30*when.Minute)
	if !changed || v.Request.Status != PendingApproval || !v.Approval.Stages[0].Escalated || v.Approval.Next() != noon+when.Day {
		t.Fatalf("escalated: %v %+v", changed, v)
	}
	h.a = *v.Approval
	if _, changed := lapse(noon + when.Day - 1); changed {
		t.Error("it ran out early")
	}
	h.goOn(t, 0, by(boss, theBoss), noon+18*when.Hour, Provisioned)
	v, changed = lapse(noon + 9*when.Day)
	if !changed || v.Request.Status != TimedOut || v.Request.Completed != noon+when.Day || v.Approval.Closed != noon+when.Day || v.Approval.Status(0, noon) != "Expired" {
		t.Errorf("run out: %v %+v", changed, v)
	}
	h.a = *v.Approval
	if _, changed := lapse(noon + 99*when.Day); changed {
		t.Error("it ran out twice")
	}
}

// What waits for an administrator is listed as an approval, denied as one, and granted by
// adminExtend alone (behaviour.md §3).
func TestExtensionWaitsForAdministrators(t *testing.T) {
	t.Parallel()
	r, f := possible(SelfExtend, Assignment)
	f.Policy.Approval = namedStages([]Approver{theBoss})
	f.Policy.Approval.Required = false
	manages := Circle{User: admin, Able: true, Manages: true}
	ask := func() hearing {
		v := granted(t, r, f, noon)
		if v.Request.Status != PendingAdminDecision || v.Approval == nil || v.Approval.Due() != when.Never {
			t.Fatalf("%+v", v)
		}
		return hearing{v.Request, *v.Approval, f}
	}
	h := ask()
	h.refuses(t, 0, ResultDeny, by(boss, theBoss), noon+9*when.Day, 403, unauthorized)
	h.refuses(t, 0, ResultApprove, manages, noon, 400, "InvalidRoleAssignmentRequest")
	if v, err := h.say(0, ResultDeny, manages, noon+9*when.Day); err != nil || v.Request.Status != Denied || v.Request.Scheduled != eligibilityID {
		t.Errorf("%+v %v", v.Request, err)
	}
	f.Policy.Approval.RequiredForExtension = true
	h = ask()
	h.refuses(t, 0, ResultDeny, manages, noon, 403, unauthorized)
	if v, err := h.say(0, ResultDeny, by(boss, theBoss), noon); err != nil || v.Request.Status != Denied {
		t.Errorf("%+v %v", v.Request, err)
	}
}

func TestStagesHaveIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	a, b := Approval{Request: activationID, Stages: make([]Stage, 3)}, Approval{Request: otherID, Stages: make([]Stage, 3)}
	seen := map[guid.ID]bool{activationID: true, otherID: true}
	for _, x := range []*Approval{&a, &b} {
		for i := range x.Stages {
			id := x.StageID(i)
			if got, found := x.Find(id); !found || got != i || seen[id] {
				t.Errorf("stage %d of %s is %s", i, x.Request, id)
			}
			seen[id] = true
		}
	}
	if _, found := a.Find(b.StageID(0)); found {
		t.Error("another request's stage was found")
	}
}
