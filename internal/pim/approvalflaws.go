package pim

import (
	"fmt"
)

// flaws of an approval rule, each with the field that it is in.
func (r ApprovalRule) flaws() []Flaw {
	const stages = "setting/approvalStages"
	switch n := len(r.Stages); {
	case n == 0:
		return []Flaw{{ApprovalRuleID, stages, "Name at least one stage."}}
	case n > MostStages:
		return []Flaw{{ApprovalRuleID, stages, fmt.Sprintf("There are %d stages at most.", MostStages)}}
	case n > 1 && r.Mode == "SingleStage", n == 1 && r.Mode == "Serial":
		return []Flaw{{ApprovalRuleID, "setting/approvalMode", "One stage is SingleStage, several are Serial."}}
	}
	var flaws []Flaw
	for i, s := range r.Stages {
		for _, f := range s.flaws() {
			f.Rule, f.Field = ApprovalRuleID, fmt.Sprintf("%s[%d]/%s", stages, i, f.Field)
			flaws = append(flaws, f)
		}
	}
	if err := r.Check(); err != nil && len(flaws) == 0 {
		flaws = append(flaws, Flaw{ApprovalRuleID, "setting", err.Error()})
	}
	return flaws
}

// flaws of a stage; the field of each is the stage's own.
func (s ApprovalStage) flaws() []Flaw {
	var flaws []Flaw
	add := func(bad bool, field, why string) {
		if bad {
			flaws = append(flaws, Flaw{Field: field, Why: why})
		}
	}
	add(s.TimeOutDays < 1 || s.TimeOutDays > MostTimeOutDays, "approvalStageTimeOutInDays", fmt.Sprintf("A stage lasts 1 to %d days.", MostTimeOutDays))
	add(s.EscalationMinutes < 0 || s.EscalationMinutes > MostTimeOutDays*24*60, "escalationTimeInMinutes", "A stage escalates before it is over.")
	add(s.Escalation && len(s.Escalated) == 0, "escalationApprovers", "Name who may approve once the stage has escalated.")
	add(s.Escalation && s.EscalationMinutes >= s.TimeOutDays*24*60, "escalationTimeInMinutes", "A stage escalates before it is over.")
	add(s.Minimum < 0 || s.Minimum > MostMinimum, annotationMinimum, fmt.Sprintf("A stage asks for at most %d approvals.", MostMinimum))
	for _, list := range [...]struct {
		field string
		of    []Approver
	}{{"primaryApprovers", s.Approvers}, {"escalationApprovers", s.Escalated}, {annotationFallback, s.Fallback}} {
		add(len(list.of) > MostApprovers, list.field, fmt.Sprintf("There are %d approvers at most.", MostApprovers))
		seen := map[Approver]bool{}
		for _, a := range list.of {
			add(a.check() != nil, list.field, "An approver is a user, the members of a group or the requestor's manager.")
			a.Description = ""
			add(seen[a], list.field, "An approver is named twice.")
			seen[a] = true
		}
	}
	return flaws
}

// The annotations on a stage, for what Graph has no property for.
const (
	annotationMinimum  = "@ephor.minimumApprovals"
	annotationFallback = "@ephor.fallbackApprovers"
)

// Weakens names the annotation of a stage that r would take away from before or make less
// of, "" for none: a stage keeps what it asks for beyond Graph until that is changed by the
// operation made for it.
func (r ApprovalRule) Weakens(before ApprovalRule) (stage int, annotation string) {
	for i, was := range before.Stages {
		is := ApprovalStage{}
		if i < len(r.Stages) {
			is = r.Stages[i]
		}
		if is.Minimum < was.Minimum {
			return i, annotationMinimum
		}
		if was.Fallback != nil && !sameApprovers(is.Fallback, was.Fallback) {
			return i, annotationFallback
		}
	}
	return 0, ""
}

// sameApprovers reports whether two lists name the same, in whatever order.
func sameApprovers(a, b []Approver) bool {
	named := map[Approver]int{}
	for _, x := range a {
		x.Description = ""
		named[x]++
	}
	for _, x := range b {
		x.Description = ""
		named[x]--
	}
	for _, n := range named {
		if n != 0 {
			return false
		}
	}
	return len(a) == len(b)
}
