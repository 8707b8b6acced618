package roledata

import "ephor/internal/guid"

// A RoleSet is the directory roles that a target holds or could come to hold: a bit for
// each built-in role, and one for any other. The zero RoleSet is no role. The implicit
// roles (User, GuestUser, RestrictedGuestUser) are not held and not put in.
type RoleSet [3]uint64

// otherRole is the bit of every role that is not built in.
const otherRole = 64*len(RoleSet{}) - 1

// Roles is the set of these roles.
func Roles(ids ...guid.ID) RoleSet {
	var s RoleSet
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Add puts a role into the set; every custom role is the same to it.
func (s *RoleSet) Add(role guid.ID) { s.set(load().bit(role)) }

// Has reports whether a role is in the set: for a custom role, whether any is.
func (s *RoleSet) Has(role guid.ID) bool {
	bit := load().bit(role)
	return s[bit/64]&(1<<(bit%64)) != 0
}

// Union puts all of other into the set.
func (s *RoleSet) Union(other RoleSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

// Empty reports whether no role is in the set.
func (s RoleSet) Empty() bool { return s == RoleSet{} }

func (s *RoleSet) set(bit int) { s[bit/64] |= 1 << (bit % 64) }

func (c *catalogue) bit(role guid.ID) int {
	if i, ok := c.index[role]; ok {
		return i
	}
	return otherRole
}

// Kinds is what else about a target limits who reaches it. That it holds no role, or one
// without a row in the tables, is seen from its RoleSet.
type Kinds uint8

const (
	// RoleAssignableGroup: a member or owner of a role-assignable group. The table speaks
	// of those who hold no role; one who also holds a role is not less protected.
	RoleAssignableGroup Kinds = 1 << iota
	// RestrictedUnit: holds a role at the scope of a restricted-management unit.
	RestrictedUnit

	noRole
)

// An Actor is what a holder of one role may reach by one table. The zero Actor reaches
// nobody.
type Actor struct {
	roles RoleSet
	kinds Kinds
}

// Allows reports whether a target with these roles, of these kinds, is within reach:
// every role it holds must be, and every kind that it is of. A caller with several roles
// reaches whom one of them reaches that also covers the action.
func (a *Actor) Allows(targets RoleSet, kinds Kinds) bool {
	if targets == (RoleSet{}) && kinds == 0 {
		kinds = noRole
	}
	return kinds&^a.kinds == 0 &&
		targets[0]&^a.roles[0] == 0 && targets[1]&^a.roles[1] == 0 && targets[2]&^a.roles[2] == 0
}

// InUnit is the reach of an assignment at the scope of an administrative unit, within
// that unit: only those who hold no role. Published exceptions are ExemptInUnit.
func (a *Actor) InUnit() Actor { return Actor{kinds: a.kinds & noRole} }

// ActorOf is the reach that a role gives by a table.
func ActorOf(t Table, role guid.ID) *Actor {
	c := load()
	if i, ok := c.index[role]; ok {
		return &c.tables[t].actors[i]
	}
	return &nobody
}

var nobody Actor

// Reach reports whether a holder of the role actor, assigned at tenant scope, reaches a
// target that holds targets and is of kinds.
func Reach(t Table, actor guid.ID, targets []guid.ID, kinds Kinds) bool {
	return ActorOf(t, actor).Allows(Roles(targets...), kinds)
}
