package policy

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// guard refuses a policy by which nobody could have what it is for: approvers who are not
// there, approval that nobody could give, or a way to Global Administrator that nobody could
// go alone any more (design, Who may touch whom).
func guard(c *op.Call, before, after *policy, given []string) error {
	if err := pim.InvalidPolicy(strangers(c, before.Approval, after.Approval)...); err != nil {
		return err
	}
	if after.Approval.Required || after.Approval.RequiredForExtension {
		if err := approvable(c, &after.Policy.Policy); err != nil {
			return err
		}
	}
	if after.Target.Role != roledata.GlobalAdministrator {
		return nil
	}
	recovery, err := c.Tx.Recovery()
	if err != nil {
		return err
	}
	settings, err := c.Tx.PIMSettings()
	if err != nil {
		return err
	}
	is := recovery
	is.Approval = !after.Unaided(settings)
	if authz.LosesLastAdministrator(c.Snap, c.Snap, recovery, is, c.Now) {
		return pim.InvalidPolicy(pim.Flaw{Rule: given[0], Why: "After this, at some time, nobody could become Global Administrator without somebody else's approval. Assign the role to somebody first."})
	}
	return nil
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
	for i, s := range p.Approval.Stages {
		need := max(1, s.Minimum)
		n, err := approvers(c, s, need)
		if err != nil {
			return err
		}
		if n < need {
			return pim.InvalidPolicy(pim.Flaw{Rule: pim.ApprovalRuleID, Field: "setting/" + stageAt(i), Why: "So many people as must approve could not: name more who are enabled."})
		}
	}
	return nil
}

// approvers counts, up to enough, the people who could approve in a stage.
func approvers(c *op.Call, s pim.ApprovalStage, enough int) (int, error) {
	found := crowd{c: c, people: map[guid.ID]bool{}, groups: map[guid.ID]bool{}, enough: enough}
	named := s.Approvers
	if s.Escalation {
		named = append(slices.Clip(named), s.Escalated...)
	}
	if len(named) == 0 { // those who manage privileged roles approve
		return found.administrators()
	}
	n, err := found.count(named)
	if err != nil || n > 0 || s.Fallback == nil {
		return n, err
	}
	return found.count(s.Fallback)
}

// A crowd is the people whom approvers name.
type crowd struct {
	c              *op.Call
	people, groups map[guid.ID]bool
	managers       int
	enough         int
}

// count adds those whom a list names, and says how many there are.
func (x *crowd) count(named []pim.Approver) (int, error) {
	for _, a := range named {
		switch a.Kind {
		case pim.ApproverManager:
			x.managers++ // whose depends on who asks
		case pim.ApproverUser:
			x.person(a.ID)
		case pim.ApproverGroup:
			if err := x.group(a.ID, 0); err != nil {
				return 0, err
			}
		}
	}
	return len(x.people) + x.managers, nil
}

func (x *crowd) person(id guid.ID) {
	if f, _ := x.c.Snap.Object(id); f.Kind == directory.KindUser && f.Live() && !f.Flags.Has(authz.Disabled) {
		x.people[id] = true
	}
}

// deepest bounds the groups in groups through which approvers are looked for.
const deepest = 8

func (x *crowd) group(id guid.ID, depth int) error {
	if depth > deepest || x.groups[id] || !face.IsLive(x.c, id, directory.KindGroup) {
		return nil
	}
	x.groups[id] = true
	for after := (*store.Position)(nil); len(x.people) < x.enough; {
		page, err := x.c.Tx.Members(id, directory.Member, nil, face.PageMost, after)
		if err != nil {
			return err
		}
		for _, p := range page.Rows {
			if p.Member.Kind != directory.KindGroup {
				x.person(p.Member.ID)
			} else if err := x.group(p.Member.ID, depth+1); err != nil {
				return err
			}
		}
		if after = page.Next; after == nil {
			return nil
		}
	}
	return nil
}

// administrators counts those who manage privileged roles now.
func (x *crowd) administrators() (int, error) {
	for _, role := range [...]guid.ID{roledata.GlobalAdministrator, roledata.PrivilegedRoleAdministrator} {
		where := store.Is(store.RoleAssignmentsNow.Column("role"), role)
		page, err := store.List(x.c.Tx, store.RoleAssignmentsNow, store.ListQuery{Rows: []store.Condition{where}, Limit: face.PageMost})
		if err != nil {
			return 0, err
		}
		for _, s := range page.Rows {
			if s.Target.Scope.Kind != pim.ScopeTenant {
				continue
			}
			x.person(s.Principal)
			if err := x.group(s.Principal, 0); err != nil {
				return 0, err
			}
		}
	}
	return len(x.people), nil
}
