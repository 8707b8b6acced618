package face

import (
	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// GuardLoss makes a change by which somebody, or a group, is or does no more what it was
// or did, and refuses it if nobody could become Global Administrator after it, or approve
// what must be approved (design, Who may touch whom).
func GuardLoss(c *op.Call, who guid.ID, change func() error) error {
	return GuardApprovers(c, who, func() error { return GuardLastAdministrator(c, change) })
}

// GuardApprovers makes a change to somebody, or to a group, and refuses it if a policy that
// asks for approval, and names them or a group that they are in, could have it before and
// not after. Who is not named decides for whoever names nobody: an administrator, whom the
// other guard keeps.
func GuardApprovers(c *op.Call, who guid.ID, change func() error) error {
	named := c.Snap.BoardsEver(who)
	if f, _ := c.Snap.Object(who); f.Flags.Has(authz.Approver) {
		named = append(named, who)
	}
	if len(named) == 0 {
		return change()
	}
	policies, err := c.Tx.PoliciesNaming(named)
	if err != nil {
		return err
	}
	var could []store.Policy
	for i := range policies {
		p := &policies[i]
		if !p.Approval.Required {
			continue
		}
		_, ok, err := Approvable(c, &p.Policy)
		if err != nil {
			return err
		}
		if ok {
			could = append(could, *p)
		}
	}
	if err := change(); err != nil {
		return err
	}
	for i := range could {
		_, ok, err := Approvable(c, &could[i].Policy)
		if err != nil {
			return err
		}
		if !ok {
			return fault.BadRequest("", "After this change nobody could approve what a policy says must be approved. Name other approvers in the policy first.")
		}
	}
	return nil
}

// GuardLastAdministrator makes a change and refuses it if from some instant on nobody
// could become Global Administrator without another's approval, who could before
// (design, Who may touch whom).
func GuardLastAdministrator(c *op.Call, change func() error) error {
	kept, err := c.W.KeepsAdministrator(change)
	if err == nil && !kept {
		err = fault.BadRequest("", "After this change nobody could become Global Administrator. Give the role to somebody else first.")
	}
	return err
}
