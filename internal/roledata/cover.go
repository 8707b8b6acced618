package roledata

import (
	"slices"
	"strings"
)

// An action's name is a path: namespace, entity, what of the entity, task. Coverage is
// worked out on its segments.
type path struct {
	segments []string
	scope    []string // of a wide action: the beginning that all it covers have
	task     string   // of a wide action: read, update or allTasks
}

func parse(name string) path {
	p := path{segments: strings.Split(name, "/")}
	last := len(p.segments) - 1
	task, scope := p.segments[last], p.segments[:last]
	if scope[len(scope)-1] == "allProperties" {
		p.scope, p.task = scope[:len(scope)-1], task
	} else if task == "allTasks" {
		p.scope, p.task = scope, task
	}
	return p
}

// coverage is, for each action, the set of those that its holder may do: itself, and
//
//   - for allProperties/allTasks all on that entity, for allProperties/read and
//     allProperties/update all of that task, however deep;
//   - for allTasks under anything else, all below that;
//   - for an entity with subtypes the same on each of them.
//
// The rules and their exceptions are notes.md, How a check works, 2; what it leaves open
// is decided so that nothing is covered which its usual holders hold by name.
func coverage(names []string) []Set {
	paths := make([]path, len(names))
	for i, name := range names {
		paths[i] = parse(name)
	}
	sets := make([]Set, len(names))
	for wide := range paths {
		for narrow := range paths {
			if paths[wide].covers(&paths[narrow]) {
				sets[wide].Add(Action(narrow))
			}
		}
	}
	return sets
}

func (w *path) covers(n *path) bool {
	if w.scope == nil {
		return len(n.segments) == len(w.segments) && begins(n.segments, w.segments)
	}
	if len(n.segments) <= len(w.scope) || !begins(n.segments, w.scope) {
		return false
	}
	if slices.Equal(n.segments, w.segments) {
		return true
	}
	task := n.segments[len(n.segments)-1]
	return (w.task == "allTasks" || w.task == task) && !apart(n.segments[len(w.scope):], w.scope)
}

// begins reports whether path begins with the segments of scope, or with a subtype where
// scope has an entity that is divided into subtypes.
func begins(path, scope []string) bool {
	for i, want := range scope {
		if path[i] == want || (i == 1 && want == "allEntities") {
			continue
		}
		if !strings.HasPrefix(path[i], want+".") || !divided(scope[:i+1]) {
			return false
		}
	}
	return true
}

// divided reports whether the last segment of scope names things of several types, each
// with actions of its own after a dot, that the whole includes. Only these are: in other
// names a dot sets something apart.
func divided(scope []string) bool {
	last := scope[len(scope)-1]
	switch len(scope) {
	case 2:
		kind, _, _ := strings.Cut(last, ".")
		return scope[0] == directory && (kind == "groups" || kind == "deletedItems" || kind == "applications")
	case 3:
		return scope[0] == directory && scope[1] == "accessReviews" && last == "definitions"
	}
	return false
}

// apart reports whether a wide action over scope leaves out the path below it, although
// the name falls under it.
//
// Custom security attributes are kept from everyone whose right does not name them, the
// Global Administrator included, and so are the sign-in methods of users, of which the
// readers of all properties would see more than the role made for reading them. Below a
// scope a dot marks a part that is granted by name: reviews of role holders are not for
// whoever reviews groups, nor attribute mappings for whoever synchronises.
func apart(below, scope []string) bool {
	for _, segment := range below {
		if segment == "customSecurityAttributes" || strings.Contains(segment, ".") {
			return true
		}
	}
	return below[0] == "authenticationMethods" && len(scope) == 2 && scope[1] == "users"
}

const directory = "microsoft.directory"
