package store

import (
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// A Policy is the rules for one target, and who changed them last: nobody, at when.Never,
// while they are the defaults.
type Policy struct {
	pim.Policy
	Modified when.Instant
	By       string // the editor's display name
}

// defaultPolicy is a target's policy as long as nobody has changed it.
func defaultPolicy(t pim.Target) Policy {
	p := Policy{Policy: pim.DefaultRolePolicy(), Modified: when.Never}
	if t.Role.IsZero() {
		p.Policy = pim.DefaultGroupPolicy()
	}
	return p
}

// policyKey is what policies are stored by: the role, or the group and the relation. A
// role's policy is one for all scopes.
func policyKey(t pim.Target) (guid.ID, directory.Relation) {
	if !t.Role.IsZero() {
		return t.Role, directory.Member
	}
	return t.Group, t.Relation
}

// A policyColumn is scanned from the column of a policy's text. A text that was not
// written by MarshalPolicy is an error, never a policy that asks for less.
type policyColumn struct{ into *pim.Policy }

// Scan reads the policy.
func (c policyColumn) Scan(src any) (err error) {
	s, ok := src.(string)
	if !ok {
		return errColumn
	}
	*c.into, err = pim.UnmarshalPolicy(s)
	return err
}

// Policy is the policy of a target.
func (tx *ReadTx) Policy(t pim.Target) (Policy, error) {
	p := defaultPolicy(t)
	id, relation := policyKey(t)
	_, err := tx.one("SELECT rules, modified_at, modified_by FROM policy WHERE target_id = $1 AND relation = $2", []any{id, int64(relation)},
		policyColumn{&p.Policy}, &p.Modified, &p.By)
	if err != nil {
		return Policy{}, fmt.Errorf("load policy of %s: %w", id, err)
	}
	return p, nil
}

// RolePolicies are the policies of roles, at most a thousand, by role.
func (tx *ReadTx) RolePolicies(roles []guid.ID) (map[guid.ID]Policy, error) {
	all := make(map[guid.ID]Policy, len(roles))
	for _, id := range roles {
		all[id] = defaultPolicy(pim.Target{Role: id})
	}
	err := tx.each("SELECT target_id, rules, modified_at, modified_by FROM policy WHERE relation = 0 AND target_id IN (", roles, ") ORDER BY target_id",
		func(scan func(dest ...any) error) error {
			var id guid.ID
			var p Policy
			err := scan(&id, policyColumn{&p.Policy}, &p.Modified, &p.By)
			all[id] = p
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load policies of roles: %w", err)
	}
	return all, nil
}

// PoliciesNaming are the policies that name any of ids, at most a thousand, as approver.
func (tx *ReadTx) PoliciesNaming(ids []guid.ID) ([]Policy, error) {
	var all []Policy
	seen := map[[2]string]bool{}
	err := tx.each("SELECT p.target_id, p.relation, p.rules, p.modified_at, p.modified_by FROM policy_approver a"+
		" JOIN policy p ON p.target_id = a.target_id AND p.relation = a.relation WHERE a.approver_id IN (", ids, ") ORDER BY p.target_id, p.relation",
		func(scan func(dest ...any) error) error {
			var target guid.ID
			var relation directory.Relation
			var p Policy
			err := scan(&target, (*relationColumn)(&relation), policyColumn{&p.Policy}, &p.Modified, &p.By)
			if key := [2]string{target.String(), relation.String()}; !seen[key] {
				seen[key] = true
				all = append(all, p)
			}
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load policies by approver: %w", err)
	}
	return all, nil
}

// PutPolicy stores the policy of a target, in the place of the one before. Whom it names as
// approver is guarded from then on; whom no policy names any more is not, unless something
// waits for them still. Who it names must be there.
func (tx *WriteTx) PutPolicy(t pim.Target, p Policy) error {
	rules, err := pim.MarshalPolicy(p.Policy)
	if err != nil {
		return err
	}
	before, err := tx.Policy(t)
	if err != nil {
		return err
	}
	id, relation := policyKey(t)
	tx.exec("INSERT INTO policy (target_id, relation, modified_at, modified_by, rules) VALUES ($1, $2, $3, $4, $5)"+
		" ON CONFLICT (target_id, relation) DO UPDATE SET modified_at = excluded.modified_at, modified_by = excluded.modified_by, rules = excluded.rules",
		id, int64(relation), p.Modified, p.By, rules)
	tx.changed(aPolicy, id.String()+"/"+relation.String())
	return tx.putApprovers(id, relation, before.Approval.Named(), p.Approval.Named())
}

// putApprovers keeps account of who is named by which policy, and of who is named at all.
func (tx *WriteTx) putApprovers(target guid.ID, relation directory.Relation, was, is []guid.ID) error {
	kept := map[guid.ID]bool{}
	for _, id := range is {
		kept[id] = true
		tx.exec("INSERT INTO policy_approver (approver_id, target_id, relation) VALUES ($1, $2, $3) ON CONFLICT (approver_id, target_id, relation) DO NOTHING",
			id, target, int64(relation))
		if err := tx.MarkApprover(id, true); err != nil {
			return err
		}
	}
	for _, id := range was {
		if kept[id] {
			continue
		}
		tx.exec("DELETE FROM policy_approver WHERE approver_id = $1 AND target_id = $2 AND relation = $3", id, target, int64(relation))
		named, err := tx.one("SELECT 1 FROM policy_approver WHERE approver_id = $1 UNION ALL SELECT 1 FROM approval_candidate WHERE principal_id = $1 LIMIT 1", []any{id}, new(int64))
		if err != nil {
			return fmt.Errorf("look for policies that name %s: %w", id, err)
		}
		if named {
			continue
		}
		if err := tx.MarkApprover(id, false); err != nil && !isNotFound(err) {
			return err
		}
	}
	return nil
}

// isNotFound reports whether err says that an object is not there: purged, it is nobody's
// approver any more.
func isNotFound(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Status == 404
}

// dropPolicies removes the policies of a role or a group that is gone.
func (tx *WriteTx) dropPolicies(target guid.ID) error {
	for _, relation := range [...]directory.Relation{directory.Member, directory.Owner} {
		var p pim.Policy
		found, err := tx.one("SELECT rules FROM policy WHERE target_id = $1 AND relation = $2", []any{target, int64(relation)}, policyColumn{&p})
		if err != nil {
			return fmt.Errorf("load policy of %s: %w", target, err)
		}
		if !found {
			continue
		}
		tx.exec("DELETE FROM policy WHERE target_id = $1 AND relation = $2", target, int64(relation))
		tx.changed(aPolicy, target.String()+"/"+relation.String())
		if err := tx.putApprovers(target, relation, p.Approval.Named(), nil); err != nil {
			return err
		}
	}
	return nil
}
