package face

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// Approvable reports whether so many people as each stage of a policy's approval asks for
// could approve, as the transaction has it by now; if not, at which stage they could not.
func Approvable(c *op.Call, p *pim.Policy) (stage int, ok bool, err error) {
	for i, s := range p.Approval.Stages {
		need := max(1, s.Minimum)
		n, err := approvers(c, s, need)
		if err != nil || n < need {
			return i, false, err
		}
	}
	return 0, true, nil
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
	if x.c.Tx.Snap().Person(id) {
		x.people[id] = true
	}
}

func (x *crowd) lives(id guid.ID, kind directory.Kind) bool {
	f, known := x.c.Tx.Snap().Object(id)
	return known && f.Live() && f.Kind == kind
}

// deepest bounds the groups in groups through which approvers are looked for.
const deepest = 8

func (x *crowd) group(id guid.ID, depth int) error {
	if depth > deepest || x.groups[id] || !x.lives(id, directory.KindGroup) {
		return nil
	}
	x.groups[id] = true
	for after := (*store.Position)(nil); len(x.people) < x.enough; {
		page, err := x.c.Tx.Members(id, directory.Member, nil, PageMost, after)
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
		page, err := store.List(x.c.Tx, store.RoleAssignmentsNow, store.ListQuery{Rows: []store.Condition{where}, Limit: PageMost})
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
