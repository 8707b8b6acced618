package people

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// The relations of users and groups that $expand follows (query.md §5). Each is let in by the
// permissions of the list that it abbreviates.

// Scopes of what somebody owns (operations.md 5a).
var (
	readOwned    = []string{"User.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "User.ReadWrite.All"}
	readOwnedToo = append([]string{"User.Read"}, face.AsUser(readOwned)...)
)

// navRule is the rule of a relation: its permissions.
func navRule(delegated, application []string) *authz.Rule {
	return face.Reads(delegated, application, authz.Anyone)
}

func userNavs() []face.Nav[user] {
	id := func(u *user) guid.ID { return u.ID }
	return []face.Nav[user]{
		managerNav(),
		{Name: "directReports", Many: true, Rule: navRule(readReports, readManagers), Load: face.ManyOf(id, firstReports)},
		{Name: "memberOf", Many: true, Rule: navRule(readOwnMemberOf, readMemberOf), Load: face.RefsOf(id, firstMemberOf)},
		{Name: "transitiveMemberOf", Many: true, Rule: navRule(readMyAll, readAllMemberOf), Load: face.ManyOf(id, seenGroups(firstReached))},
		{Name: "ownedObjects", Many: true, Rule: navRule(readOwnedToo, readOwned), Load: face.ManyOf(id, firstAround(directory.Owner))},
	}
}

func groupNavs() []face.Nav[group] {
	id := func(g *group) guid.ID { return g.ID }
	return []face.Nav[group]{
		{Name: "members", Many: true, Rule: navRule(face.AsUser(readMembers), readMembers), Load: face.ManyOf(id, seenMembers(face.FirstPlaces(directory.Member)))},
		{Name: "owners", Many: true, Rule: navRule(face.AsUser(readOwners), readOwners), Load: face.ManyOf(id, face.FirstPlaces(directory.Owner))},
		{Name: "memberOf", Many: true, Rule: navRule(face.AsUser(readInGroups), readInGroups), Load: face.RefsOf(id, firstMemberOf)},
		{Name: "transitiveMemberOf", Many: true, Rule: navRule(face.AsUser(readInGroups), readMemberOf), Load: face.ManyOf(id, seenGroups(firstReached))},
	}
}

// An Expander loads what belongs to objects of a kind, and answers how it is written.
type Expander func(c *op.Call, kind directory.Kind, of []guid.ID, q odata.Query) (func(w *edm.Writer, id guid.ID), error)

// Expand lets $expand of users and groups follow a relation that another package serves. It is
// said while the program starts.
func Expand(name string, by Expander) {
	users.Navs = append(users.Navs, face.Nav[user]{Name: name, Many: true, Load: expandedBy(by, directory.KindUser, func(u *user) guid.ID { return u.ID })})
	groups.Navs = append(groups.Navs, face.Nav[group]{Name: name, Many: true, Load: expandedBy(by, directory.KindGroup, func(g *group) guid.ID { return g.ID })})
}

func expandedBy[T any](by Expander, kind directory.Kind, id func(*T) guid.ID) face.Loader[T] {
	return func(c *op.Call, rows []T, q odata.Query) (func(w *edm.Writer, row int), error) {
		write, err := by(c, kind, face.Wanted(rows, id), q)
		if err != nil {
			return nil, err
		}
		return func(w *edm.Writer, row int) { write(w, id(&rows[row])) }, nil
	}
}

// firstAround are the first groups that each is in, or what else it owns.
func firstAround(relation directory.Relation) func(*op.Call, []guid.ID) (map[guid.ID][]guid.ID, error) {
	return func(c *op.Call, of []guid.ID) (map[guid.ID][]guid.ID, error) {
		return c.Tx.FirstAround(of, relation, face.MostExpanded)
	}
}

// firstMemberOf are the first of what each is a member of: groups, directory roles and units,
// as the lists of memberships have them.
func firstMemberOf(c *op.Call, of []guid.ID) (map[guid.ID][]directory.Ref, error) {
	groups, err := seenGroups(firstAround(directory.Member))(c, of)
	if err != nil {
		return nil, err
	}
	all, err := rolesOfEach(c, of)
	if err != nil {
		return nil, err
	}
	units, err := c.Tx.UnitsAround(of)
	if err != nil {
		return nil, err
	}
	for _, id := range of {
		in, err := seenUnits(c, id, units[id])
		if err != nil {
			return nil, err
		}
		for _, g := range groups[id] {
			in = append(in, directory.Ref{ID: g, Kind: directory.KindGroup})
		}
		in = append(in, all[id]...)
		slices.SortFunc(in, func(a, b directory.Ref) int { return a.ID.Compare(b.ID) })
		all[id] = in[:min(len(in), face.MostExpanded)]
	}
	return all, nil
}

func firstReports(c *op.Call, of []guid.ID) (map[guid.ID][]guid.ID, error) {
	return c.Tx.FirstReports(of, face.MostExpanded)
}

// firstReached are the first groups that each is in, directly or through others. All walk
// together, a level at a time, so that a page costs as many queries as its deepest nesting.
func firstReached(c *op.Call, of []guid.ID) (map[guid.ID][]guid.ID, error) {
	up := map[guid.ID][]guid.ID{} // what is known to be in which groups
	level := of
	for depth := 0; len(level) > 0; depth++ {
		if depth > mostNesting || len(up) > len(of)+mostReached {
			return nil, tooFar()
		}
		around, err := c.Tx.FirstAround(level, directory.Member, mostReached)
		if err != nil {
			return nil, err
		}
		for _, id := range level {
			up[id] = around[id]
		}
		level = nil
		for _, groups := range around {
			for _, g := range groups {
				if _, known := up[g]; !known {
					up[g] = nil
					level = append(level, g)
				}
			}
		}
	}
	all := map[guid.ID][]guid.ID{}
	for _, id := range of {
		all[id] = firstAbove(up, id)
	}
	return all, nil
}

// firstAbove are the first of what lies above from, in the order of ids.
func firstAbove(up map[guid.ID][]guid.ID, from guid.ID) []guid.ID {
	seen := map[guid.ID]bool{from: true}
	var found []guid.ID
	for next := up[from]; len(next) > 0; next = next[1:] {
		if g := next[0]; !seen[g] {
			seen[g] = true
			found = append(found, g)
			next = append(slices.Clip(next), up[g]...)
		}
	}
	slices.SortFunc(found, guid.ID.Compare)
	return found[:min(len(found), face.MostExpanded)]
}

func unitNavs() []face.Nav[unit] {
	id := func(u *unit) guid.ID { return u.ID }
	return []face.Nav[unit]{{Name: "members", Many: true, Rule: navRule(face.AsUser(readUnits), readUnits), Load: face.ManyOf(id, firstInUnits)}}
}

// firstInUnits are the first objects that are in each unit, as far as the caller may see who
// is in it.
func firstInUnits(c *op.Call, of []guid.ID) (map[guid.ID][]guid.ID, error) {
	list, err := c.Tx.UnitsOf(of)
	if err != nil {
		return nil, err
	}
	var seen []guid.ID
	for i := range list {
		o, rule := authz.Object{Ref: directory.Ref{ID: list[i].ID, Kind: directory.KindUnit}}, readUnitMembers
		if list[i].Hidden() {
			rule = readHiddenMembers
			if o.Own, err = insideUnit(c, o.ID); err != nil {
				return nil, err
			}
		}
		if c.Snap.Require(c.Caller, rule, o, c.Now) == nil {
			seen = append(seen, o.ID)
		}
	}
	return c.Tx.FirstInUnits(seen, face.MostExpanded)
}
