package roledata

import (
	"fmt"
	"maps"
	"slices"
)

// An Action is the name of something that can be done, such as
// microsoft.directory/users/password/update, as a small number. Numbers are those of one
// build: names are what is stored and sent.
type Action uint16

// ActionOf finds an action by its name, which is compared as it is.
func ActionOf(name string) (Action, bool) {
	a, ok := load().actions[name]
	return a, ok
}

// Actions is the name of every known action, by Action.
func Actions() []string { return load().names }

// String is the action's name.
func (a Action) String() string { return load().names[a] }

// Privileged reports whether an action is labelled privileged, by its name. A role that
// holds one is a privileged role. An unknown name is not.
func Privileged(action string) bool {
	c := load()
	a, ok := c.actions[action]
	return ok && c.privileged.Has(a)
}

// Expand is all that a role with these actions may do, and those of them that are not
// known, which do nothing.
func Expand(actions []string) (s Set, unknown []string) {
	c := load()
	for _, name := range actions {
		if a, ok := c.actions[name]; ok {
			s.Union(&c.covered[a])
		} else {
			unknown = append(unknown, name)
		}
	}
	return s, unknown
}

// words is the length of a Set; readActions sees to it that every Action has its bit.
const words = 13

// A Set is a set of actions, one bit each. Its zero value is empty.
type Set [words]uint64

// Has reports whether a is in the set.
func (s *Set) Has(a Action) bool { return s[a/64]&(1<<(a%64)) != 0 }

// Add puts a into the set.
func (s *Set) Add(a Action) { s[a/64] |= 1 << (a % 64) }

// Union puts all of other into the set.
func (s *Set) Union(other *Set) {
	for i := range s {
		s[i] |= other[i]
	}
}

// Covers reports whether all of other is in the set.
func (s *Set) Covers(other *Set) bool {
	for i := range s {
		if other[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// Empty reports whether nothing is in the set.
func (s *Set) Empty() bool { return *s == Set{} }

func (c *catalogue) readActions() {
	known := make(map[string]bool)
	add := func(names []string) {
		for _, name := range names {
			known[name] = true
		}
	}
	for i := range c.roles {
		add(c.roles[i].Actions)
		for _, part := range c.roles[i].Conditional {
			add(part.Actions)
		}
	}
	add(extra())
	c.names = slices.Sorted(maps.Keys(known))
	if len(c.names) > 64*words {
		panic(fmt.Sprintf("roledata: %d actions do not fit into a Set", len(c.names)))
	}
	c.actions = make(map[string]Action, len(c.names))
	for i, name := range c.names {
		c.actions[name] = Action(i)
	}
	c.covered = coverage(c.names)
	c.readPrivileged()
}

func (c *catalogue) readPrivileged() {
	var in struct {
		Labelled map[string][]string `json:"labelled"` // the pages that say so
		Inferred []string            `json:"inferred"`
	}
	read("privileged-actions.json", true, &in)
	for _, name := range append(slices.Collect(maps.Keys(in.Labelled)), in.Inferred...) {
		a, ok := c.actions[name]
		if !ok {
			panic("roledata: no role holds the privileged action " + name)
		}
		c.privileged.Add(a)
	}
}
