package policy

import (
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// rulesOf is the set of a policy's rules as contexts name it.
func rulesOf(p *policy, set string) string { return policySet + "('" + p.ID() + "')/" + set }

// listRules answers the rules of a policy. All of them apply: no policy inherits another's.
func listRules(set string) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		p, _, err := load(c)
		if err != nil {
			return op.Answer{}, err
		}
		s, err := selectRules(c.Query.Select)
		if err != nil {
			return op.Answer{}, err
		}
		if err := checkRuleFilter(c.Query.Filter); err != nil {
			return op.Answer{}, err
		}
		var rules []rule
		for _, r := range p.Rules() {
			if odata.Eval(c.Query.Filter, ruleRow(&r)) {
				rules = append(rules, r)
			}
		}
		var w edm.Writer
		w.Begin()
		face.WriteContext(c, &w, rulesOf(&p, set), false)
		if c.Query.Count {
			w.Name("@odata.count")
			w.Int(int64(len(rules)))
		}
		w.Name("value")
		s.writeAll(c, &w, rules)
		w.End()
		return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
	}
}

// getRule answers one rule.
func getRule(c *op.Call) (op.Answer, error) {
	p, _, err := load(c)
	if err != nil {
		return op.Answer{}, err
	}
	r, ok := p.Rule(c.Param("rule"))
	if !ok {
		return op.Answer{}, unknownRule(c.Param("rule"))
	}
	s, err := selectRules(c.Query.Select)
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	face.WriteContext(c, &w, rulesOf(&p, "rules"), true)
	s.writeMembers(c, &w, &r)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// unknownRule is the fault of a rule id that no policy has (errors.md 1c; the code is not
// on record).
func unknownRule(id string) *fault.Fault {
	return fault.Bad("InvalidPolicyRule", "The policy rule id %s is invalid.", id).About("id")
}

// ruleRow is a rule as filters see it.
func ruleRow(r *rule) odata.Row {
	return func(path []string) (odata.Value, bool) {
		switch {
		case len(path) == 1 && path[0] == "id":
			return odata.Text(r.ID), true
		case len(path) == 1 && path[0] == "@odata.type":
			return odata.Text(entityOf(r).TypeName()), true
		}
		return odata.Value{}, false
	}
}

// checkRuleFilter refuses a filter by anything but a rule's id, and its type (isof).
func checkRuleFilter(n odata.Node) error {
	for _, p := range odata.Paths(n) {
		if p.String() != "id" {
			return fault.UnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", p, ruleBase).About(p.String())
		}
	}
	return nil
}
