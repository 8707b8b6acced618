package pim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
)

func TestEveryRuleIsPutInItsOwnPlace(t *testing.T) {
	t.Parallel()
	changed := map[string]RuleBody{}
	p := DefaultRolePolicy()
	for _, r := range p.Rules() {
		switch x := r.Body.(type) {
		case ExpirationRule:
			x.Maximum = "PT1H"
			changed[r.ID] = x
		case EnablementRule:
			x.MFA = !x.MFA
			changed[r.ID] = x
		case ApprovalRule:
			x.RequiredForExtension = true
			changed[r.ID] = x
		case ContextRule:
			x.Claim = new("c9")
			changed[r.ID] = x
		case NotificationRule:
			x.Recipients = []string{r.ID + "@contoso.com"}
			changed[r.ID] = x
		}
	}
	for id, body := range changed {
		one := DefaultRolePolicy()
		if !one.Set(id, body) {
			t.Fatalf("%s is not put", id)
		}
		for _, r := range one.Rules() {
			before, _ := p.Rule(r.ID)
			want := before.Body
			if r.ID == id {
				want = body
			}
			if diff := cmp.Diff(want, r.Body); diff != "" {
				t.Errorf("with %s changed, %s: %s", id, r.ID, diff)
			}
		}
		for _, other := range []RuleBody{ExpirationRule{}, EnablementRule{}, ApprovalRule{}, ContextRule{}, NotificationRule{}} {
			copied := DefaultRolePolicy()
			if same := sortOf(other) == sortOf(body); copied.Set(id, other) != same {
				t.Errorf("%s as %T: put or not", id, other)
			}
		}
	}
	if p.Set("Expiration_Admin_Nothing", ExpirationRule{}) || p.Set("", ExpirationRule{}) {
		t.Error("a rule that no policy has was put")
	}
	if _, ok := p.Rule("Expiration_Admin_Nothing"); ok {
		t.Error("a rule that no policy has was found")
	}
}

func sortOf(b RuleBody) string {
	switch b.(type) {
	case ExpirationRule:
		return "expiration"
	case EnablementRule:
		return "enablement"
	case ApprovalRule:
		return "approval"
	case ContextRule:
		return "context"
	}
	return "notification"
}

// errors.md 1c, MfaAndAcrsConflict: by what was on before, and what is on after.
func TestSecondFactorBesideAContext(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name                 string
		mfa, ctx, mfa2, ctx2 bool
		code                 string
	}{
		{"nothing on", false, false, false, false, ""},
		{"MFA on alone", false, false, true, false, ""},
		{"context on alone", false, false, false, true, ""},
		{"context beside MFA", true, false, true, true, ""},
		{"MFA beside context", false, true, true, true, "MfaAndAcrsConflict"},
		{"both at once", false, false, true, true, "InvalidPolicy"},
		{"both stay on", true, true, true, true, ""},
		{"one is switched for the other", true, false, false, true, ""},
		{"and back", false, true, true, false, ""},
	} {
		before, after := DefaultRolePolicy(), DefaultRolePolicy()
		before.EndUserAssignment.Enablement.MFA, before.Context.Enabled = row.mfa, row.ctx
		after.EndUserAssignment.Enablement.MFA, after.Context.Enabled = row.mfa2, row.ctx2
		err := after.Replaces(before)
		code := ""
		if f, ok := fault.As(err); ok {
			code = f.Code
		}
		if code != row.code {
			t.Errorf("%s: %v, want %q", row.name, err, row.code)
		}
	}
}

func TestWhatAStageAsksForBeyondGraphIsNotLoosenedInPassing(t *testing.T) {
	t.Parallel()
	ada, ops := Approver{Kind: ApproverUser, ID: admin}, Approver{Kind: ApproverGroup, ID: helpdesk}
	asks := func(minimum int, fallback ...Approver) ApprovalRule {
		r := defaultApproval()
		r.Stages[0].Minimum, r.Stages[0].Fallback = minimum, fallback
		return r
	}
	two := asks(2, ada)
	two.Stages = append(two.Stages, ApprovalStage{TimeOutDays: 1, Minimum: 3})
	for _, row := range []struct {
		name          string
		before, after ApprovalRule
		stage         int
		annotation    string
	}{
		{"nothing was set", asks(0), asks(2, ada), 0, ""},
		{"the same", asks(2, ada, ops), asks(2, ops, ada), 0, ""},
		{"more approvals", asks(2), asks(3), 0, ""},
		{"fewer approvals", asks(2), asks(1), 0, annotationMinimum},
		{"none any more", asks(2), asks(0), 0, annotationMinimum},
		{"one fallback more", asks(0, ada), asks(0, ada, ops), 0, annotationFallback},
		{"another fallback", asks(0, ada), asks(0, ops), 0, annotationFallback},
		{"no fallback any more", asks(0, ada), asks(0), 0, annotationFallback},
		{"the second stage dropped", two, asks(2, ada), 1, annotationMinimum},
	} {
		stage, annotation := row.after.Weakens(row.before)
		if stage != row.stage || annotation != row.annotation {
			t.Errorf("%s: %d %q, want %d %q", row.name, stage, annotation, row.stage, row.annotation)
		}
	}
}

func TestWhoIsEligibleNeedsNobodyElse(t *testing.T) {
	t.Parallel()
	s := Settings{Shortest: 5 * time.Minute}
	for name, row := range map[string]struct {
		change func(*Policy)
		want   bool
	}{
		"by default":                 {func(*Policy) {}, true},
		"approval":                   {func(p *Policy) { p.Approval.Required = true }, false},
		"too short to be had":        {func(p *Policy) { p.EndUserAssignment.Expiration.Maximum = "PT0S" }, false},
		"as short as can be":         {func(p *Policy) { p.EndUserAssignment.Expiration.Maximum = "PT5M" }, true},
		"a context":                  {func(p *Policy) { p.Context = ContextRule{Enabled: true, Claim: new("c99")} }, true},
		"a context that is off":      {func(p *Policy) { p.Context = ContextRule{Claim: new("nonsense")} }, true},
		"a context without a claim":  {func(p *Policy) { p.Context = ContextRule{Enabled: true} }, true},
		"a context that is none":     {func(p *Policy) { p.Context = ContextRule{Enabled: true, Claim: new("nonsense")} }, false},
		"a context beyond the last":  {func(p *Policy) { p.Context = ContextRule{Enabled: true, Claim: new("c100")} }, false},
		"a context before the first": {func(p *Policy) { p.Context = ContextRule{Enabled: true, Claim: new("c0")} }, false},
	} {
		p := DefaultRolePolicy()
		if row.change(&p); p.Unaided(s) != row.want {
			t.Errorf("%s: %t", name, !row.want)
		}
	}
}

func TestPolicyNamesReadBack(t *testing.T) {
	t.Parallel()
	tenant := guid.Must("cab01047-8ad9-4792-8e42-569340767f1b")
	names := []PolicyName{
		RolePolicyName(PolicyOfDirectory, tenant, userAdmin), RolePolicyName(PolicyOfRole, tenant, userAdmin),
		GroupPolicyName(helpdesk, directory.Member), GroupPolicyName(helpdesk, directory.Owner),
	}
	seen := map[string]bool{}
	for _, n := range names {
		got, ok := ParsePolicyID(n.ID(), tenant)
		also, ok2 := ParsePolicyAssignmentID(n.AssignmentID(), tenant)
		if !ok || !ok2 || got != n || also != n || seen[n.ID()] {
			t.Errorf("%s: %+v %t, %+v %t", n.ID(), got, ok, also, ok2)
		}
		seen[n.ID()] = true
		if _, ok := ParsePolicyID(n.AssignmentID(), tenant); ok {
			t.Errorf("%s is taken for a policy", n.AssignmentID())
		}
	}
	if want := "DirectoryRole_" + tenant.String() + "_" + userAdmin.String(); names[1].ID() != want || names[1].AssignmentID() != want+"_"+userAdmin.String() {
		t.Errorf("a role's policy is %s, assigned as %s", names[1].ID(), names[1].AssignmentID())
	}
	for _, bad := range []string{
		"", "_", "DirectoryRole", "DirectoryRole_" + userAdmin.String(), "Role_" + tenant.String() + "_" + userAdmin.String(),
		"DirectoryRole_" + helpdesk.String() + "_" + userAdmin.String(), "Group_" + helpdesk.String() + "_" + userAdmin.String(),
		"Group_" + tenant.String() + "_" + placeDigest(Target{Group: helpdesk}).String(),
	} {
		if n, ok := ParsePolicyID(bad, tenant); ok {
			t.Errorf("%q is read as %+v", bad, n)
		}
	}
}
