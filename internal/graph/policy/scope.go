package policy

import (
	"slices"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/pim"
)

// A scope is what a list's filter asks for: the policies of all roles, or of a group, or of
// some of either.
type scope struct {
	kind  pim.PolicyScope
	group guid.ID
	named bool // only those of which among names
	names []string
	only  string // the one policy of that id, "" for all
}

// mostNamed is how many roles one filter may name; clients fall back to a broader list
// (errors.md 1b).
const mostNamed = 15

// invalidFilter refuses what these lists cannot be filtered by.
func invalidFilter(hint string) error {
	const code = "InvalidFilter"
	return fault.Bad(code, "The filter is invalid.").About("$filter").With(fault.Detail{Code: code, Message: hint, Target: "$filter"})
}

// readScope reads the filter that these lists need: scopeId and scopeType by eq, and, of
// assignments, roleDefinitionId by eq or in (query.md §3), and policyId by eq, as Terraform does.
func readScope(filter odata.Node, assignments bool) (scope, error) {
	var s scope
	var scopeID string
	given := map[string]bool{}
	for _, term := range terms(filter) {
		path, values, ok := equalTo(term)
		if !ok || given[path] {
			return s, invalidFilter("These collections are filtered by eq only, each property once.")
		}
		given[path] = true
		switch {
		case path == "scopeId" && len(values) == 1:
			scopeID = values[0]
		case path == "scopeType" && len(values) == 1:
			if s.kind, ok = pim.ParsePolicyScope(values[0]); !ok {
				return s, invalidFilter("A scopeType is Directory, DirectoryRole or Group.")
			}
		case path == "roleDefinitionId" && assignments:
			s.named = true
			for _, v := range values {
				s.names = append(s.names, strings.ToLower(v)) // ids and words alike
			}
		case path == "policyId" && assignments && len(values) == 1:
			s.only = values[0]
		default:
			return s, invalidFilter("The property '" + path + "' cannot be filtered by here.")
		}
	}
	if !given["scopeId"] || !given["scopeType"] {
		return s, invalidFilter("Name what the policies are for: $filter=scopeId eq '/' and scopeType eq 'DirectoryRole', or the id of a group and 'Group'.")
	}
	if len(s.names) > mostNamed {
		return s, invalidFilter("A filter names 15 roles at most.")
	}
	if s.kind == pim.PolicyOfGroup {
		s.group, _ = guid.Parse(scopeID) // what is no id names no group
		return s, nil
	}
	if scopeID != "/" {
		return s, invalidFilter("The scopeId of the directory's policies is '/'.")
	}
	return s, nil
}

// wants reports whether the list is to hold the policy.
func (s scope) wants(n pim.PolicyName) bool {
	return (!s.named || slices.Contains(s.names, n.RoleID())) && (s.only == "" || strings.EqualFold(s.only, n.ID()))
}

// terms are what must all hold.
func terms(n odata.Node) []odata.Node {
	switch n := n.(type) {
	case nil:
		return nil
	case odata.And:
		var all []odata.Node
		for _, t := range n.Terms {
			all = append(all, terms(t)...)
		}
		return all
	}
	return []odata.Node{n}
}

// equalTo is the property that a term sets equal to one of some texts: by eq, by in, or by
// several eq of one property with or between.
func equalTo(n odata.Node) (path string, values []string, ok bool) {
	literal := func(p odata.Path, list ...odata.Literal) bool {
		if p.Var != "" || p.Count || path != "" && path != p.String() {
			return false
		}
		path = p.String()
		for _, l := range list {
			switch l.Kind {
			case odata.KindText:
				values = append(values, l.Text)
			case odata.KindID:
				values = append(values, l.ID.String())
			default:
				return false
			}
		}
		return true
	}
	switch n := n.(type) {
	case odata.Compare:
		return path, values, n.Op == odata.Eq && literal(n.Path, n.Value)
	case odata.In:
		return path, values, literal(n.Path, n.Values...)
	case odata.Or:
		for _, t := range n.Terms {
			eq, is := t.(odata.Compare)
			if !is || eq.Op != odata.Eq || !literal(eq.Path, eq.Value) {
				return "", nil, false
			}
		}
		return path, values, true
	}
	return "", nil, false
}
