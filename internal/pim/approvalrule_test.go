package pim

import (
	"slices"
	"testing"

	"ephor/internal/guid"
)

func TestApprovalRulesThatCannotBeJudgedByAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ApprovalRule){
		"no stage":             func(r *ApprovalRule) { r.Stages = nil },
		"four stages":          func(r *ApprovalRule) { r.Stages = slices.Repeat(r.Stages, 4); r.Mode = "Serial" },
		"two stages, one mode": func(r *ApprovalRule) { r.Stages = slices.Repeat(r.Stages, 2) },
		"stages at a time":     func(r *ApprovalRule) { r.Stages = slices.Repeat(r.Stages, 2); r.Mode = "Parallel" },
		"no time-out":          func(r *ApprovalRule) { r.Stages[0].TimeOutDays = 0 },
		"never over":           func(r *ApprovalRule) { r.Stages[0].TimeOutDays = 31 },
		"fewer than nobody":    func(r *ApprovalRule) { r.Stages[0].Minimum = -1 },
		"too many":             func(r *ApprovalRule) { r.Stages[0].Minimum = 11 },
		"escalated before":     func(r *ApprovalRule) { r.Stages[0].EscalationMinutes = -1 },
		"no user":              func(r *ApprovalRule) { r.Stages[0].Approvers = []Approver{{Kind: ApproverUser}} },
		"no group":             func(r *ApprovalRule) { r.Stages[0].Escalated = []Approver{{Kind: ApproverGroup}} },
		"nobody's manager":     func(r *ApprovalRule) { r.Stages[0].Fallback = []Approver{{Kind: ApproverManager}} },
		"too high a manager":   func(r *ApprovalRule) { r.Stages[0].Approvers = []Approver{{Kind: ApproverManager, Level: 5}} },
		"unknown kind":         func(r *ApprovalRule) { r.Stages[0].Approvers = []Approver{{ID: admin}} },
		"too many approvers": func(r *ApprovalRule) {
			r.Stages[0].Approvers = slices.Repeat([]Approver{{Kind: ApproverUser, ID: admin}}, 101)
		},
	} {
		r := defaultApproval()
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		if change(&r); r.Check() == nil {
			t.Errorf("%s: passes", name)
		}
	}
}

func TestEverybodyWhomARuleNamesIsListedOnce(t *testing.T) {
	t.Parallel()
	r := ApprovalRule{Stages: []ApprovalStage{
		{Approvers: []Approver{{Kind: ApproverUser, ID: admin}, {Kind: ApproverManager, Level: 1}}, Escalated: []Approver{{Kind: ApproverGroup, ID: helpdesk}}},
		{Approvers: []Approver{{Kind: ApproverUser, ID: admin}}, Fallback: []Approver{{Kind: ApproverUser, ID: aline}}},
	}}
	if got, want := r.Named(), []guid.ID{admin, helpdesk, aline}; !slices.Equal(got, want) {
		t.Errorf("named %v, want %v", got, want)
	}
}
