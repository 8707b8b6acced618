package policy

import (
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
)

// guard refuses a policy by which nobody could have what it is for: approvers who are not
// there, or approval that nobody could give (design, Who may touch whom).
func guard(c *op.Call, before, after *policy) error {
	if err := pim.InvalidPolicy(strangers(c, before.Approval, after.Approval)...); err != nil {
		return err
	}
	if after.Approval.Required || after.Approval.RequiredForExtension {
		if err := approvable(c, &after.Policy.Policy); err != nil {
			return err
		}
	}
	return nil
}

// put stores a policy, unless after it nobody could go alone any more where somebody could:
// by the role itself, or by a place in a group that has it, or that approves.
func put(c *op.Call, after *policy, given []string) error {
	if group := after.Target.Group; !group.IsZero() {
		return face.GuardApprovers(c, group, func() error { return keep(c, after, given) })
	}
	return keep(c, after, given)
}

func keep(c *op.Call, after *policy, given []string) error {
	kept, err := c.W.KeepsAdministrator(func() error { return c.W.PutPolicy(after.Target, after.Policy) })
	if err == nil && !kept {
		err = pim.InvalidPolicy(pim.Flaw{Rule: given[0], Why: "After this, at some time, nobody could become Global Administrator without somebody else's approval. Assign the role to somebody first."})
	}
	return err
}

// strangers are the approvers that the rule names anew and that are no live users and
// groups.
func strangers(c *op.Call, before, after pim.ApprovalRule) (flaws []pim.Flaw) {
	known := map[guid.ID]bool{}
	for _, id := range before.Named() {
		known[id] = true
	}
	for i, s := range after.Stages {
		for _, list := range []struct {
			field string
			of    []pim.Approver
		}{{"primaryApprovers", s.Approvers}, {"escalationApprovers", s.Escalated}, {fallbackApprovers, s.Fallback}} {
			for _, a := range list.of {
				kind := directory.KindUser
				if a.Kind == pim.ApproverGroup {
					kind = directory.KindGroup
				}
				if a.Kind == pim.ApproverManager || known[a.ID] || face.IsLive(c, a.ID, kind) {
					continue
				}
				flaws = append(flaws, pim.Flaw{Rule: pim.ApprovalRuleID, Field: "setting/" + stageAt(i) + "/" + list.field, Why: "There is no " + kind.String() + " with the id " + a.ID.String() + "."})
			}
		}
	}
	return flaws
}

// approvable refuses approval by a stage whom so few could approve that it could never be
// given.
func approvable(c *op.Call, p *pim.Policy) error {
	stage, ok, err := face.Approvable(c, p)
	if err != nil || ok {
		return err
	}
	return pim.InvalidPolicy(pim.Flaw{Rule: pim.ApprovalRuleID, Field: "setting/" + stageAt(stage), Why: "So many people as must approve could not: name more who are enabled."})
}
