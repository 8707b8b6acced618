package matrix

import (
	"errors"

	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
	"ephor/test/harness"
)

// The approvals that there are: of a role and of a place in a group, each asked for by two,
// so that one can be decided as a stage and the other as a step. Who may decide them is the
// owner, and the Global Administrator, whom a test cannot tell from who may do all.
var askers = map[string]string{"stage": "spare", "step": "mem"}

func (w *world) learnApprovals() {
	targets := map[string]pim.Target{
		"role":  {Role: harness.Role("Message Center Reader")},
		"group": {Group: w.ID("pooled")},
	}
	for kind, target := range targets {
		policy := store.Policy{Policy: pim.DefaultRolePolicy(), Modified: when.Never}
		policy.Approval.Required = true
		policy.Approval.Stages[0].Approvers = []pim.Approver{{Kind: pim.ApproverUser, ID: w.ID("owner")}, {Kind: pim.ApproverUser, ID: w.ID(ga)}}
		w.Write(func(tx *store.WriteTx) error { return tx.PutPolicy(target, policy) })
		for word, who := range askers {
			w.learnApproval("approval."+kind+"."+word, who, target)
		}
	}
}

// learnApproval has somebody ask for a target, for which they are made eligible.
func (w *world) learnApproval(name, who string, target pim.Target) {
	id := harness.ID(name)
	because := "because"
	r := pim.Request{
		ID: id, Side: pim.Assignment, Action: pim.SelfActivate, Principal: w.ID(who), Target: target, Justification: &because,
		By: pim.Actor{User: w.ID(who)}, Proof: pim.Proof{MFA: true},
	}
	w.Write(func(tx *store.WriteTx) error {
		return tx.PutSchedule(pim.Schedule{
			ID: harness.ID(name + ".eligible"), Kind: pim.Eligible, Principal: r.Principal, Target: target, Created: tx.Now(), Modified: when.Never,
			Window: when.Window{Start: tx.Now(), End: when.Never}, Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never}, Request: id,
		})
	})
	w.Write(func(tx *store.WriteTx) error {
		facts, err := tx.PIMFacts(r)
		if err != nil {
			return err
		}
		v, err := pim.Decide(r, facts, tx.Now())
		if err != nil {
			return err
		}
		if v.Approval == nil {
			return errors.New(name + " does not wait")
		}
		w.text[name], w.text[name+".id"] = id.String(), v.Approval.StageID(0).String()
		return tx.Apply(v)
	})
}

// approvalExamples are about the approvals of the world.
func approvalExamples() {
	for kind, base := range map[string]string{
		"role":  "/roleManagement/directory/roleAssignmentApprovals",
		"group": "/identityGovernance/privilegedAccess/group/assignmentApprovals",
	} {
		examples["GET "+base+"/{id}"] = &example{path: base + "/{approval." + kind + ".stage}"}
		examples["GET "+base+"/filterByCurrentUser(on={on})"] = &example{path: base + "/filterByCurrentUser(on='approver')"}
		for word := range askers {
			name := "approval." + kind + "." + word
			one := base + "/{" + name + "}/" + word + "s"
			examples["GET "+base+"/{id}/"+word+"s"] = &example{path: one}
			examples["GET "+base+"/{id}/"+word+"s/{stageId}"] = &example{path: one + "/{" + name + ".id}"}
			examples["PATCH "+base+"/{id}/"+word+"s/{stageId}"] = &example{path: one + "/{" + name + ".id}", body: `{"reviewResult": "Approve", "justification": "fine"}`}
		}
	}
}
