package store

import (
	"fmt"

	"ephor/internal/directory"
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

// policyKey is what policies are stored by: the role, or the group and the relation. A
// role's policy is one for all scopes.
func policyKey(t pim.Target) (guid.ID, directory.Relation) {
	if !t.Role.IsZero() {
		return t.Role, directory.Member
	}
	return t.Group, t.Relation
}

// Policy is the policy of a target.
func (tx *ReadTx) Policy(t pim.Target) (Policy, error) {
	p := Policy{Policy: pim.DefaultRolePolicy(), Modified: when.Never}
	if t.Role.IsZero() {
		p.Policy = pim.DefaultGroupPolicy()
	}
	id, relation := policyKey(t)
	var stored pim.Policy
	found, err := tx.one("SELECT rules, modified_at, modified_by FROM policy WHERE target_id = $1 AND relation = $2", []any{id, int64(relation)},
		jsonColumn{&stored}, &p.Modified, &p.By)
	if err != nil {
		return Policy{}, fmt.Errorf("load policy of %s: %w", id, err)
	}
	if found {
		p.Policy = stored
	}
	return p, nil
}

// PutPolicy stores the policy of a target, in the place of the one before.
func (tx *WriteTx) PutPolicy(t pim.Target, p Policy) {
	id, relation := policyKey(t)
	tx.exec("INSERT INTO policy (target_id, relation, modified_at, modified_by, rules) VALUES ($1, $2, $3, $4, $5)"+
		" ON CONFLICT (target_id, relation) DO UPDATE SET modified_at = excluded.modified_at, modified_by = excluded.modified_by, rules = excluded.rules",
		id, int64(relation), p.Modified, p.By, asJSON(p.Policy))
	tx.changed(aPolicy, id.String()+"/"+relation.String())
}
