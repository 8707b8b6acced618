package face

import (
	"slices"

	"ephor/internal/authz"
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
	found := crowd{c: c, people: map[guid.ID]bool{}, enough: enough}
	named := s.Approvers
	if s.Escalation {
		named = append(slices.Clip(named), s.Escalated...)
	}
	n, err := found.count(named)
	switch {
	case err != nil || n >= enough:
		return n, err
	case len(s.Approvers) == 0: // those who manage privileged roles approve
		return found.administrators()
	case n > 0 || s.Fallback == nil:
		return n, nil
	}
	return found.count(s.Fallback)
}

// A crowd is the people whom approvers name.
type crowd struct {
	c        *op.Call
	people   map[guid.ID]bool
	managers int
	enough   int
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
			if err := x.group(a.ID); err != nil {
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

// group adds who is in a group, or in groups in it, and who may join one of those alone. It
// goes as deep as who is among a group's members is looked for when they approve.
func (x *crowd) group(id guid.ID) error {
	met := map[guid.ID]bool{}
	for depth, level := 0, []guid.ID{id}; depth < authz.MostNested && len(level) > 0; depth++ {
		var next []guid.ID
		for _, id := range level {
			f, known := x.c.Tx.Snap().Object(id)
			if met[id] || !known || !f.Live() || f.Kind != directory.KindGroup || len(x.people) >= x.enough {
				continue
			}
			met[id] = true
			inner, err := x.members(id)
			if err != nil {
				return err
			}
			next = append(next, inner...)
		}
		level = next
	}
	return nil
}

// members adds the people who are in one group, or may join it alone, and answers the groups
// in it.
func (x *crowd) members(group guid.ID) (groups []guid.ID, err error) {
	for after := (*store.Position)(nil); len(x.people) < x.enough; {
		page, err := x.c.Tx.Members(group, directory.Member, nil, PageMost, after)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Rows {
			if p.Member.Kind == directory.KindGroup {
				groups = append(groups, p.Member.ID)
			} else {
				x.person(p.Member.ID)
			}
		}
		if after = page.Next; after == nil {
			break
		}
	}
	if len(x.people) >= x.enough {
		return groups, nil
	}
	joining, err := x.c.Tx.MayJoin(group)
	if err != nil {
		return nil, err
	}
	for id := range joining {
		x.people[id] = true
	}
	return groups, nil
}

// administrators is one, if somebody manages privileged roles now, or could come to without
// anybody else's word. There may be more, but one is all that is kept (GuardLastAdministrator):
// where more than one must approve they are to be named.
func (x *crowd) administrators() (int, error) {
	recovery, err := x.c.Tx.Recovery()
	if err != nil || x.c.Tx.Snap().Unadministered(recovery, x.c.Now) > x.c.Now {
		return 1, err
	}
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
			if err := x.group(s.Principal); err != nil {
				return 0, err
			}
		}
	}
	return min(1, len(x.people)), nil
}
