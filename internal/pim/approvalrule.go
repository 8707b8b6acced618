package pim

import (
	"fmt"
	"slices"

	"ephor/internal/guid"
)

// An ApprovalRule says whether an activation waits for somebody else's word, and whose
// (CSDL approvalSettings). Its stages follow one another: each begins when the one before
// has approved. Graph has one stage only, and neither of the two fields of a stage that
// are annotations on our wire (@ephor.…).
type ApprovalRule struct {
	Required bool `json:"required"`
	// RequiredForExtension says that it is the stages' approvers, and not administrators,
	// whom selfExtend and selfRenew wait for.
	RequiredForExtension bool `json:"requiredForExtension"`
	// RequestorJustification asks for a reason whenever approval is asked for.
	RequestorJustification bool            `json:"requestorJustification"`
	Mode                   string          `json:"mode"` // approvalMode: SingleStage, Serial or NoApproval
	Stages                 []ApprovalStage `json:"stages"`
}

// An ApprovalStage is one round of approval (CSDL unifiedApprovalStage).
type ApprovalStage struct {
	TimeOutDays           int  `json:"timeOutDays"` // from the stage's beginning, 24 hours each
	ApproverJustification bool `json:"approverJustification"`
	// Escalation lets Escalated approve too, EscalationMinutes after the stage began.
	Escalation        bool `json:"escalation"`
	EscalationMinutes int  `json:"escalationMinutes"`
	// Approvers are the primary ones. None are those who manage privileged roles.
	Approvers []Approver `json:"approvers"`
	Escalated []Approver `json:"escalated"`
	// Minimum is how many different people must approve, 0 where it was never set, which
	// is one (@ephor.minimumApprovals). One denial is enough always.
	Minimum int `json:"minimum,omitzero"`
	// Fallback approve while none of the others lives and is enabled; nil where it was never
	// set (@ephor.fallbackApprovers).
	Fallback []Approver `json:"fallback,omitzero"`
}

// An ApproverKind is how an Approver names people (CSDL subjectSet).
type ApproverKind string

// The kinds of approver. A group's are its members, those of groups in it included; the
// manager is the requestor's, Level steps up.
const (
	ApproverUser    ApproverKind = "user"    // singleUser
	ApproverGroup   ApproverKind = "group"   // groupMembers
	ApproverManager ApproverKind = "manager" // requestorManager
)

// An Approver names people who may approve.
type Approver struct {
	Kind        ApproverKind `json:"kind"`
	ID          guid.ID      `json:"id"`             // of the user or group, zero for the manager
	Level       int          `json:"level,omitzero"` // 1 is the requestor's own manager; 0 for others
	Description string       `json:"description"`
}

// The bounds of an approval rule.
const (
	MostStages       = 3
	MostApprovers    = 100 // of one list
	MostTimeOutDays  = 30
	MostManagerLevel = 4
	MostMinimum      = 10
)

// Named lists every user and group that the stages name, each once.
func (r ApprovalRule) Named() []guid.ID {
	var ids []guid.ID
	for _, s := range r.Stages {
		for _, a := range s.Everybody() {
			if !a.ID.IsZero() && !slices.Contains(ids, a.ID) {
				ids = append(ids, a.ID)
			}
		}
	}
	return ids
}

// Everybody is all whom the stage names.
func (s ApprovalStage) Everybody() []Approver {
	return slices.Concat(s.Approvers, s.Escalated, s.Fallback)
}

// Check reports what would keep approvals from being judged by r.
func (r ApprovalRule) Check() error {
	if len(r.Stages) == 0 || len(r.Stages) > MostStages {
		return fmt.Errorf("approval of %d stages: there must be 1 to %d", len(r.Stages), MostStages)
	}
	modes := []string{"SingleStage", "NoApproval"}
	if len(r.Stages) > 1 {
		modes = []string{"Serial", "NoApproval"}
	}
	if !slices.Contains(modes, r.Mode) {
		return fmt.Errorf("approval mode %q of %d stages", r.Mode, len(r.Stages))
	}
	for _, s := range r.Stages {
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s ApprovalStage) check() error {
	switch {
	case s.TimeOutDays < 1 || s.TimeOutDays > MostTimeOutDays:
		return fmt.Errorf("approval time-out of %d days: there must be 1 to %d", s.TimeOutDays, MostTimeOutDays)
	case s.EscalationMinutes < 0 || s.EscalationMinutes > MostTimeOutDays*24*60:
		return fmt.Errorf("escalation after %d minutes", s.EscalationMinutes)
	case s.Minimum < 0 || s.Minimum > MostMinimum:
		return fmt.Errorf("a minimum of %d approvals: there must be at most %d", s.Minimum, MostMinimum)
	}
	for _, list := range [...][]Approver{s.Approvers, s.Escalated, s.Fallback} {
		if len(list) > MostApprovers {
			return fmt.Errorf("%d approvers: there must be at most %d", len(list), MostApprovers)
		}
		for _, a := range list {
			if err := a.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a Approver) check() error {
	switch a.Kind {
	case ApproverUser, ApproverGroup:
		if a.ID.IsZero() || a.Level != 0 {
			return fmt.Errorf("an approving %s without an id, or with a level", a.Kind)
		}
		return nil
	case ApproverManager:
		if !a.ID.IsZero() || a.Level < 1 || a.Level > MostManagerLevel {
			return fmt.Errorf("the manager of level %d: there must be 1 to %d", a.Level, MostManagerLevel)
		}
		return nil
	}
	return fmt.Errorf("approver of unknown kind %q", a.Kind)
}

func defaultApproval() ApprovalRule {
	return ApprovalRule{
		RequestorJustification: true,
		Mode:                   "SingleStage",
		Stages:                 []ApprovalStage{{TimeOutDays: 1, ApproverJustification: true, Approvers: []Approver{}, Escalated: []Approver{}}},
	}
}
