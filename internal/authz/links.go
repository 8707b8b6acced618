package authz

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// A spot is an object as others name it: by id, and by its place in the ties when it was
// named, where it most likely still is. So to go from one object to the next costs no search.
type spot struct {
	id  guid.ID
	tie uint32
}

// none are the links of objects without any.
var none = &links{}

// links are what ties an object to others. They are changed only by the edit that made
// them.
type links struct {
	id     guid.ID   // whose they are
	facts  Facts     // of that object
	grants []grant   // what it holds or may come to hold, those that confer first
	places []place   // its standing places in tracked groups
	units  []guid.ID // the administrative units that it is in
	more   *extra    // what only groups and service principals have, nil for most
	maker  *token
	first  [1]grant // room for the grant of those that have one, beside the rest
}

// extra is the ties that only groups and service principals have.
type extra struct {
	members []guid.ID // of a tracked group: who stands in it as member
	rights  []right   // of a service principal: its application permissions
	onto    int32     // of a group: the schedules that give a place in it
}

// nothing is the extra of links without any.
var nothing = &extra{}

// rest is the links' extra, never nil and not to be changed.
func (l *links) rest() *extra {
	if l.more == nil {
		return nothing
	}
	return l.more
}

// extend is the links' extra, to be changed by the edit that made the links.
func (l *links) extend() *extra {
	if l.more == nil {
		l.more = &extra{}
	}
	return l.more
}

// A reach is what a grant gives: a role, and how far it reaches, or a place in a group.
type reach uint8

const (
	inTenant reach = iota // a role, everywhere
	inUnit                // a role, on the members of the unit at
	onObject              // a role, on the object at
	asMember              // membership of the group at
	asOwner               // ownership of the group at
)

// A grant is a schedule as decisions need it. It fills a cache line.
type grant struct {
	id     guid.ID
	at     guid.ID // the unit or object of a role, or the group
	window when.Window
	via    *pim.Via // what an activation stands on, nil for the others
	slot   uint32   // of the role in the snapshot's roles, or of the group in its ties
	reach  reach
	kind   pim.Kind
}

// ofRole reports whether the grant is of a role.
func (g *grant) ofRole() bool { return g.reach <= onObject }

// carries reports whether an activation of o can stand on eligibility g: for the same, or
// for a role at a narrower scope than the whole tenant. What a unit holds is for inside to
// say.
func (g *grant) carries(o *grant) bool {
	if g.ofRole() && o.ofRole() && g.slot != o.slot {
		return false
	}
	return g.reach == inTenant && o.ofRole() || g.reach == o.reach && g.at == o.at
}

// A place is one standing membership or ownership of a group.
type place struct {
	id       guid.ID
	group    spot
	relation directory.Relation
}

// A right is one application permission on some API.
type right struct {
	id       guid.ID
	resource guid.ID // service principal of the API
	scopes   Scopes
}

// grant is the grant with the given id.
func (l *links) grant(id guid.ID) *grant {
	for i := range l.grants {
		if l.grants[i].id == id {
			return &l.grants[i]
		}
	}
	return nil
}

// in reports whether the object is in the unit.
func (l *links) in(unit guid.ID) bool { return slices.Contains(l.units, unit) }

// copy is links that maker may change.
func (l *links) copy(maker *token) *links {
	c := &links{id: l.id, facts: l.facts, places: slices.Clone(l.places), units: slices.Clone(l.units), maker: maker}
	c.grants = append(c.first[:0], l.grants...)
	if l.more != nil {
		c.more = &extra{members: slices.Clone(l.more.members), rights: slices.Clone(l.more.rights), onto: l.more.onto}
	}
	return c
}

// put adds g, or puts it in the place of the grant with its id. Grants that confer come
// before eligibilities, which a search for what is in force never reaches.
func (l *links) put(g grant) {
	l.drop(g.id)
	i, _ := slices.BinarySearchFunc(l.grants, g, func(a, b grant) int {
		if eligible := a.kind == pim.Eligible; eligible != (b.kind == pim.Eligible) {
			if eligible {
				return 1
			}
			return -1
		}
		return a.id.Compare(b.id)
	})
	l.grants = slices.Insert(l.grants, i, g)
}

// drop removes the grant with the given id and returns what it was.
func (l *links) drop(id guid.ID) (was grant, found bool) {
	for i := range l.grants {
		if l.grants[i].id == id {
			was = l.grants[i]
			l.grants = slices.Delete(l.grants, i, i+1)
			return was, true
		}
	}
	return grant{}, false
}
