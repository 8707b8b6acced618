package store

import "strings"

// carriedMost is how many activations may carry one another. A role may be activated
// through a membership that was itself activated; but only people, not groups, are eligible
// for a place in a group (pim), so that one was carried by no other.
const carriedMost = 1

var (
	// inForce is the condition that schedule s confers what it is for at {now}: the right
	// itself, or eligibility for it. It is pim.InForce, and what authz decides by, as SQL.
	inForce = conferring("s", true)
	// standing is inForce without regard to what may still begin or come back: its window
	// has not ended, its principal lives, and what it stands on is still there.
	standing = conferring("s", false)
)

// probe is the condition that a query, which yields at most one row, yields it. It says what
// EXISTS says. But PostgreSQL answers EXISTS with a hash of the whole table when it thinks
// that many rows will ask, and a scalar subquery never.
func probe(rest string) string { return "(SELECT 1 FROM " + rest + ") = 1" }

// conferring is the condition for the schedule of that alias: now, or from some time on.
func conferring(alias string, now bool) string {
	parts := []string{
		window(alias, now),
		probe("object p WHERE p.id = " + alias + ".principal_id AND p.deleted_at = " + never + only(now, " AND p.enabled = 1")),
		target(alias, now),
		"(" + alias + ".kind <> 2 OR " + basis(alias, now, carriedMost) + ")",
	}
	return strings.Join(parts, " AND ")
}

func only(now bool, sql string) string {
	if now {
		return sql
	}
	return ""
}

// window is the condition that the schedule's own time has come, or has not gone.
func window(alias string, now bool) string {
	return alias + ".open = 1 AND " + alias + ".end_at > {now}" + only(now, " AND "+alias+".start_at <= {now}")
}

// target is the condition that the group lives, or the role is enabled and what it is scoped to
// lives. A role that is disabled can be enabled again.
func target(alias string, now bool) string {
	group := probe("object g WHERE g.id = " + alias + ".group_id AND g.kind = 2 AND g.deleted_at = " + never)
	role := probe("role_definition r WHERE r.id = " + alias + ".role_id" + only(now, " AND r.enabled = 1"))
	scope := "(" + alias + ".scope_id = '' OR " + probe("object o WHERE o.id = "+alias+".scope_id AND o.deleted_at = "+never) + ")"
	return "(" + alias + ".group_id > '' AND " + group + " OR " + alias + ".role_id > '' AND " + role + " AND " + scope + ")"
}

// basis is the condition that the activation has something to stand on: the eligibility
// from which it was made, for the same thing or for the role at a wider scope
// (pim.Target.Within), held by its principal or by the group whose membership carried it.
func basis(alias string, now bool, depth int) string {
	e := "e" + alias
	var same strings.Builder
	same.WriteString(" WHERE " + e + ".id = " + alias + ".via_eligibility AND " + e + ".kind = 0 AND " + window(e, now))
	for _, column := range []string{"role_id", "app_scope", "group_id", "relation"} {
		same.WriteString(" AND " + e + "." + column + " = " + alias + "." + column)
	}
	same.WriteString(" AND (" + e + ".directory_scope = " + alias + ".directory_scope OR " + e + ".directory_scope = '/' OR " + around(alias, e) + ")")
	own := "(" + alias + ".via_membership = '' AND " + e + ".principal_id = " + alias + ".principal_id)"
	return probe("schedule " + e + same.String() + " AND (" + own + " OR " + carried(alias, e, now, depth) + ")")
}

// around is the condition that the activation is for an object, and eligibility e for a live
// unit that the object is a member of. No unit is a member of one.
func around(alias, e string) string {
	u := "u" + alias
	return probe("unit_member " + u + " JOIN object o" + u + " ON o" + u + ".id = " + u + ".unit_id AND o" + u + ".deleted_at = " + never +
		" WHERE " + u + ".unit_id = " + e + ".scope_id AND " + u + ".member_id = " + alias + ".scope_id")
}

// carried is the condition that eligibility e belongs to a live group in which the
// activation's principal still has the place that carried it: a standing one, or a
// membership that PIM gives for a time. Only a role-assignable group carries roles.
func carried(alias, e string, now bool, depth int) string {
	h, m := "h"+alias, "m"+alias
	group := probe("object " + h + " WHERE " + h + ".id = " + e + ".principal_id AND " + h + ".kind = 2 AND " + h + ".deleted_at = " + never +
		" AND (" + alias + ".role_id = '' OR " + h + ".role_assignable = 1)")
	place := probe("membership " + m + " WHERE " + m + ".id = " + alias + ".via_membership AND " + m + ".relation = 0 AND " +
		m + ".member_id = " + alias + ".principal_id AND " + m + ".group_id = " + e + ".principal_id")
	if depth > 0 {
		c := "c" + alias
		place = "(" + place + " OR " + probe("schedule "+c+" WHERE "+c+".id = "+alias+".via_membership AND "+window(c, now)+
			" AND "+c+".principal_id = "+alias+".principal_id AND "+c+".group_id = "+e+".principal_id AND "+c+".relation = 0"+
			" AND ("+c+".kind = 1 OR "+c+".kind = 2 AND "+basis(c, now, depth-1)+")") + ")"
	}
	return "(" + alias + ".via_membership > '' AND " + group + " AND " + place + ")"
}
