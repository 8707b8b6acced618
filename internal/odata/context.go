package odata

import "strings"

// Context is the part of @odata.context behind "$metadata#" for the entity set, such as
// "users" or "policies/roleManagementPolicies": with what the query selects and expands in
// parentheses (query.md, 1), and "/$entity" when the answer is one object. Names are
// written as they stand in q, so the caller first puts the declared spelling there, and
// the relations that "*" stands for. Of an expansion only its own expansions show: the
// reference's context of members($select=id,displayName) is members().
func Context(set string, q Query, single bool) string {
	if parts := contextParts(q.Select, q.Expand); parts != "" {
		set += "(" + parts + ")"
	}
	if single {
		set += "/$entity"
	}
	return set
}

// contextParts are the selected names and the expanded relations, joined with commas.
func contextParts(names []string, expand []Expansion) string {
	parts := append([]string(nil), names...)
	for _, e := range expand {
		parts = append(parts, e.Path+"("+contextParts(nil, e.Query.Expand)+")")
	}
	return strings.Join(parts, ",")
}
