package policy

import (
	"errors"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/store"
)

const (
	policySet      = "policies/roleManagementPolicies"
	assignmentSet  = "policies/roleManagementPolicyAssignments"
	policyPath     = "/" + policySet
	onePolicyPath  = policyPath + "/{id}"
	assignmentPath = "/" + assignmentSet
)

var (
	policies = &face.Resource[policy]{
		Entity: policyEntity, Set: policySet, ID: func(p *policy) string { return p.ID() },
		// Terraform reads a policy by $expand=*, rules and all.
		Navs: []face.Nav[policy]{{Name: "rules", Many: true, Starred: true, Load: loadRules}, {Name: "effectiveRules", Many: true, Starred: true, Load: loadRules}},
	}
	assignments = &face.Resource[policy]{
		Entity: assignmentEntity, Set: assignmentSet, ID: func(p *policy) string { return p.AssignmentID() },
		Navs: []face.Nav[policy]{{Name: "policy", Load: loadPolicies}},
	}
)

// What the lists of policies take: the filter is needed.
const listOptions = odata.Filter | odata.Select | odata.Expand | odata.Top | odata.Count | odata.SkipToken | odata.Format

// Operations are all of this package (operations.md 2).
func Operations() op.Operations {
	return append(readOperations(), changeOperations()...)
}

// Types are the types of what is served here.
func Types() []edm.Description {
	all := append(policyEntity.Describe(), assignmentEntity.Describe()...)
	all = append(all, baseEntity.Describe()...)
	for _, e := range ruleEntities {
		all = append(all, e.Describe()...)
	}
	return all
}

func readOperations() op.Operations {
	list := op.Operations{
		{
			Name: "listRoleManagementPolicies", Summary: "List the policies of roles, or of the places in a group.",
			Path: policyPath, Entity: policyEntity.Name, Collection: true, Query: listOptions,
			Locate: locateScope(false), Do: listOf(policies, false), NotFound: groupNotFound,
		},
		{
			Name: "getRoleManagementPolicy", Summary: "Read one policy.",
			Path: onePolicyPath, Entity: policyEntity.Name, Query: op.SingleOptions,
			Locate: locatePolicy, Do: policies.Get(load), NotFound: policyNotFound,
		},
		{
			Name: "listRoleManagementPolicyRules", Summary: "List the rules of a policy.",
			Path: onePolicyPath + "/rules", Entity: baseEntity.Name, Collection: true, Query: odata.Filter | odata.Select | odata.Count | odata.Format,
			Locate: locatePolicy, Do: listRules("rules"), NotFound: policyNotFound,
		},
		{
			Name: "getRoleManagementPolicyRule", Summary: "Read one rule of a policy.",
			Path: onePolicyPath + "/rules/{rule}", Entity: baseEntity.Name, Query: odata.Select | odata.Format,
			Locate: locatePolicy, Do: getRule, NotFound: policyNotFound,
		},
		{
			Name: "listRoleManagementPolicyEffectiveRules", Summary: "List the rules of a policy that apply, which are all of them.",
			Path: onePolicyPath + "/effectiveRules", Entity: baseEntity.Name, Collection: true, Query: odata.Filter | odata.Select | odata.Count | odata.Format,
			Locate: locatePolicy, Do: listRules("effectiveRules"), NotFound: policyNotFound,
		},
		{
			Name: "listRoleManagementPolicyAssignments", Summary: "List which policy is assigned to which role, or to which place in a group.",
			Path: assignmentPath, Entity: assignmentEntity.Name, Collection: true, Query: listOptions,
			Locate: locateScope(true), Do: listOf(assignments, true), NotFound: groupNotFound,
		},
		{
			Name: "getRoleManagementPolicyAssignment", Summary: "Read which policy is assigned to one role, or to one place in a group.",
			Path: assignmentPath + "/{id}", Entity: assignmentEntity.Name, Query: op.SingleOptions,
			Locate: locatePolicy, Do: assignments.Get(load), NotFound: groupNotFound,
		},
	}
	for _, o := range list {
		o.Method, o.Versions, o.Success = "GET", op.Both, 200
		o.Rule, o.Demands, o.Sensitive = readEither, readDemands, true
	}
	return list
}

// groupNotFound is PIM's 404 for what it does not know.
func groupNotFound(string) *fault.Fault {
	return &fault.Fault{Status: 404, Code: "ResourceNotFound", Message: "The resource is not found."}
}

// policyNotFound tells who puts the id of a role or a group in the place of a policy's
// (errors.md 1c).
func policyNotFound(id string) *fault.Fault {
	if _, ok := guid.Parse(id); ok {
		return fault.Bad("UnknownError", "The id of a policy is {scopeType}_{id}_{id}; its assignment to a role or group names it.")
	}
	return groupNotFound(id)
}

// named is the policy that the path names by its own id or its assignment's.
func named(c *op.Call) (pim.PolicyName, bool) {
	id := c.Param("id")
	if n, ok := pim.ParsePolicyAssignmentID(id, c.Caller.Tenant); ok && c.Op.Entity == assignmentEntity.Name {
		return n, true
	}
	n, ok := pim.ParsePolicyID(id, c.Caller.Tenant)
	return n, ok && c.Op.Entity != assignmentEntity.Name
}

// locatePolicy finds what the policy in the path is for: all roles, which is the tenant, or
// the group.
func locatePolicy(c *op.Call) (authz.Object, error) {
	n, ok := named(c)
	if ok && n.Scope == pim.PolicyOfGroup {
		return face.GroupObject(c, n.Target.Group, c.Param("id"))
	}
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
	if !ok {
		return o, op.Unknown(c.Param("id"))
	}
	_, ok, err := c.Tx.Role(n.Target.Role)
	if err == nil && !ok {
		err = op.Unknown(c.Param("id"))
	}
	return o, err
}

// locateScope finds what a list is about.
func locateScope(assignments bool) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
		s, err := readScope(c.Query.Filter, assignments)
		if err != nil {
			return o, err
		}
		if s.kind == pim.PolicyOfGroup {
			return face.GroupObject(c, s.group, s.group.String())
		}
		return o, nil
	}
}

var errNoName = errors.New("a policy was located without a name")

// load reads the policy in the path.
func load(c *op.Call) (policy, bool, error) {
	n, ok := named(c)
	if !ok {
		return policy{}, false, errNoName
	}
	p, err := c.Tx.Policy(n.Target)
	return policy{n, p}, true, err
}

// listOf answers the policies in a scope, or their assignments.
func listOf(of *face.Resource[policy], assignments bool) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		s, err := readScope(c.Query.Filter, assignments)
		if err != nil {
			return op.Answer{}, err
		}
		rows, err := s.policies(c)
		if err != nil {
			return op.Answer{}, err
		}
		return of.Whole(c, rows)
	}
}

// policies are those in the scope.
func (s scope) policies(c *op.Call) ([]policy, error) {
	if s.kind == pim.PolicyOfGroup {
		return s.ofGroup(c)
	}
	var rows []policy
	for q := (store.ListQuery{Limit: face.PageMost}); ; {
		page, err := store.List(c.Tx, store.Roles, q)
		if err != nil {
			return nil, err
		}
		var ids []guid.ID
		for _, r := range page.Rows {
			if s.wants(pim.RolePolicyName(s.kind, c.Caller.Tenant, r.ID)) {
				ids = append(ids, r.ID)
			}
		}
		found, err := c.Tx.RolePolicies(ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			rows = append(rows, policy{pim.RolePolicyName(s.kind, c.Caller.Tenant, id), found[id]})
		}
		if q.After = page.Next; q.After == nil {
			return rows, nil
		}
	}
}

func (s scope) ofGroup(c *op.Call) ([]policy, error) {
	var rows []policy
	for _, relation := range [...]directory.Relation{directory.Member, directory.Owner} {
		n := pim.GroupPolicyName(s.group, relation)
		if !s.wants(n) {
			continue
		}
		p, err := c.Tx.Policy(n.Target)
		if err != nil {
			return nil, err
		}
		rows = append(rows, policy{n, p})
	}
	return rows, nil
}

// loadPolicies is the policy of each assignment, with its rules where they are wanted too.
func loadPolicies(c *op.Call, rows []policy, q odata.Query) (func(w *edm.Writer, row int), error) {
	s, err := policyEntity.Select(q.Select, false)
	if err != nil {
		return nil, err
	}
	expand, err := policies.ExpandEach(c, rows, q.Expand)
	if err != nil {
		return nil, err
	}
	return func(w *edm.Writer, row int) { policies.WriteExpanded(w, &rows[row], s, expand, row) }, nil
}

// loadRules are the rules of each policy.
func loadRules(c *op.Call, rows []policy, q odata.Query) (func(w *edm.Writer, row int), error) {
	if err := q.Only(odata.Select); err != nil {
		return nil, err
	}
	s, err := selectRules(q.Select)
	if err != nil {
		return nil, err
	}
	return func(w *edm.Writer, row int) { s.writeAll(c, w, rows[row].Rules()) }, nil
}
