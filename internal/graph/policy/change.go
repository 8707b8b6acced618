package policy

import (
	"ephor/internal/audit"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
)

func changeOperations() op.Operations {
	list := op.Operations{
		{
			Name: "updateRoleManagementPolicy", Summary: "Change some rules of a policy; the others stay as they are.",
			Method: "PATCH", Path: onePolicyPath, Success: 200, Entity: policyEntity.Name,
			Decode: readRules, Do: changePolicy,
		},
		{
			Name: "updateRoleManagementPolicyRule", Summary: "Change one rule of a policy; what is not named stays as it is.",
			Method: "PATCH", Path: onePolicyPath + "/rules/{rule}", Success: 204,
			Decode: readOneRule, Do: changeRule,
		},
		{
			Name: "setApprovalSafeguards", Action: true,
			Summary: "Set, loosen or take away what a stage of approval asks for beyond Graph: how many must approve, and who does when nobody else can.",
			Method:  "POST", Path: onePolicyPath + "/setApprovalSafeguards", Success: 204,
			Decode: readSafeguards, Do: changeSafeguards,
		},
	}
	for _, o := range list {
		o.Versions, o.Rule, o.Demands = op.Both, changeEither, changeDemands
		o.Locate, o.NotFound, o.Writes = locatePolicy, policyNotFound, true
		o.Activity = op.Activity{Name: "Update role setting in PIM", Category: "RoleManagement", Type: "Update", Service: "Privileged Identity Management"}
	}
	return list
}

// readRules is the body of a change of a policy: the rules to change, and what else a
// policy shows as it is.
func readRules(body edm.Value) (any, error) {
	if body.Kind != edm.ObjectValue {
		return nil, pim.InvalidPolicy(pim.Flaw{Rule: "rules", Why: "The body is an object with the rules to change."})
	}
	v, ok := body.Get("rules")
	if !ok || v.Kind != edm.ArrayValue || len(v.Items) == 0 {
		return nil, pim.InvalidPolicy(pim.Flaw{Rule: "rules", Why: "Name the rules to change, in an array."})
	}
	return body, nil
}

func readOneRule(body edm.Value) (any, error) {
	if body.Kind != edm.ObjectValue {
		return nil, pim.InvalidPolicy(pim.Flaw{Rule: "@odata.type", Why: "The body is an object of the rule's type."})
	}
	return body, nil
}

func changePolicy(c *op.Call) (op.Answer, error) {
	p, err := change(c, func(p *policy, e *edit) error {
		body := op.Body[edm.Value](c)
		e.unchanged(p, body)
		rules, _ := body.Get("rules")
		for _, v := range rules.Items {
			if err := e.apply(v, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return op.Answer{}, err
	}
	return policies.One(c, &p)
}

// unchanged refuses a body that gives a policy's own properties other values.
func (e *edit) unchanged(p *policy, body edm.Value) {
	m := &merge{edit: e, rule: "policy", v: body, seen: []string{"rules"}}
	for name, is := range map[string]string{"id": p.ID(), "displayName": string(p.Scope), "description": string(p.Scope), "scopeId": p.ScopeID(), "scopeType": string(p.Scope)} {
		if v, given := m.get(name); given && v.Text != is {
			m.bad(name, "The property cannot be changed.")
		}
	}
	if v, given := m.get("isOrganizationDefault"); given && (v.Kind != edm.BoolValue || v.Bool) {
		m.bad("isOrganizationDefault", "The property cannot be changed.")
	}
	m.rest("lastmodifieddatetime", "lastmodifiedby", "effectiverules")
}

func changeRule(c *op.Call) (op.Answer, error) {
	_, err := change(c, func(_ *policy, e *edit) error { return e.apply(op.Body[edm.Value](c), c.Param("rule")) })
	if err != nil {
		return op.Answer{}, err
	}
	return op.Answer{Status: c.Op.Success}, nil
}

// change makes an edit of the policy in the path, all of it or nothing. Requests that wait
// already keep the rules by which they were made.
func change(c *op.Call, fill func(*policy, *edit) error) (policy, error) {
	before, ok, err := load(c)
	if err != nil || !ok {
		return before, face.Gone(c, err)
	}
	after := before
	e := &edit{policy: &after.Policy.Policy}
	if err := fill(&before, e); err != nil {
		return before, err
	}
	e.keeps(before.Approval)
	if err := pim.InvalidPolicy(e.flaws...); err != nil {
		return before, err
	}
	return after, apply(c, &before, &after, e.given)
}

// keeps refuses to take away in passing what a stage asks for beyond Graph.
func (e *edit) keeps(before pim.ApprovalRule) {
	if stage, annotation := e.policy.Approval.Weakens(before); annotation != "" {
		e.flaw(pim.ApprovalRuleID, "setting/"+stageAt(stage)+"/"+annotation,
			"This is loosened and taken away by setApprovalSafeguards only.")
	}
}

// apply stores what a policy has become, if it may.
func apply(c *op.Call, before, after *policy, given []string) error {
	if err := after.Replaces(before.Policy.Policy); err != nil {
		return err
	}
	if err := guard(c, before, after); err != nil {
		return err
	}
	after.Modified, after.By = c.Now, c.ActorName
	record(c, before, after, given)
	return put(c, after, given)
}

// record says which rules changed, and from what to what.
func record(c *op.Call, before, after *policy, given []string) {
	t := audit.Target{ID: after.ID(), Kind: audit.KindPolicy, Name: string(after.Scope)}
	for _, id := range given {
		was, _ := before.Rule(id)
		is, _ := after.Rule(id)
		change := audit.Property{Name: id, Old: ruleText(&was), New: ruleText(&is)}
		if change.Old != change.New {
			t.Modified = append(t.Modified, change)
		}
	}
	c.Target(t)
	if after.Scope == pim.PolicyOfGroup {
		c.Record().Category = "GroupManagement"
		c.Target(face.PrincipalTarget(c, after.Target.Group))
		return
	}
	role := audit.Target{ID: after.RoleID(), Kind: audit.KindRole}
	if r, ok := roledata.ByID(after.Target.Role); ok {
		role.Name = r.DisplayName
	} else if r, ok, err := c.Tx.Role(after.Target.Role); err == nil && ok {
		role.Name = r.DisplayName
	}
	c.Target(role)
}

func ruleText(r *rule) string {
	var w edm.Writer
	e := entityOf(r)
	e.Write(&w, r, e.Default())
	return string(w.Bytes())
}

// A safeguarding is what is to become of a stage's annotations.
type safeguarding struct{ body edm.Value }

var safeguardFields = []edm.Field{
	{Name: "stage", Type: edm.Int32},
	{Name: "minimumApprovals", Type: edm.Int32},
	{Name: "fallbackApprovers", Type: edm.Complex, Many: true, Of: nil},
}

func readSafeguards(body edm.Value) (any, error) {
	if err := body.Object(safeguardFields); err != nil {
		f, ok := fault.As(err)
		if !ok {
			return nil, err
		}
		return nil, pim.InvalidPolicy(pim.Flaw{Rule: f.Target, Why: f.Message})
	}
	return safeguarding{body}, nil
}

func changeSafeguards(c *op.Call) (op.Answer, error) {
	before, ok, err := load(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	after := before
	after.Approval.Stages = append([]pim.ApprovalStage(nil), before.Approval.Stages...)
	e := &edit{policy: &after.Policy.Policy}
	if err := e.safeguard(op.Body[safeguarding](c).body); err != nil {
		return op.Answer{}, err
	}
	if err := pim.InvalidPolicy(e.flaws...); err != nil {
		return op.Answer{}, err
	}
	if err := apply(c, &before, &after, []string{pim.ApprovalRuleID}); err != nil {
		return op.Answer{}, err
	}
	return op.Answer{Status: c.Op.Success}, nil
}

// safeguard sets the annotations of one stage: what is given takes the place of what was,
// null takes it away, what is not given stays.
func (e *edit) safeguard(body edm.Value) error {
	i := 0
	if v, given := body.Get("stage"); given && !v.IsNull() {
		i, _ = v.Int()
	}
	if i < 0 || i >= len(e.policy.Approval.Stages) {
		return pim.InvalidPolicy(pim.Flaw{Rule: "stage", Why: "The policy has no such stage."})
	}
	stage := &e.policy.Approval.Stages[i]
	m := &merge{edit: e, rule: pim.ApprovalRuleID, at: "setting/" + stageAt(i) + "/", v: body}
	if v, given := body.Get("minimumApprovals"); given {
		stage.Minimum = 0
		if !v.IsNull() {
			stage.Minimum, _ = v.Int()
		}
	}
	if v, given := body.Get("fallbackApprovers"); given && v.IsNull() {
		stage.Fallback = nil
	} else {
		m.approvers("fallbackApprovers", &stage.Fallback)
	}
	return nil
}
