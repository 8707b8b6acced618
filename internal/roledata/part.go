package roledata

import "strings"

// A Part is a sort of group or of application registration, as the actions of custom roles
// divide them (notes.md, What custom roles may hold). Every part has its bit.
type Part uint8

// The parts. Membership is assigned in every group that there can be, so that the actions on
// those with assigned membership are those on the sort.
const (
	SecurityGroup  Part = 1 << iota
	UnifiedGroup        // a Microsoft 365 group
	OwnApplication      // a registration that serves this tenant alone
)

// parts are the entities that are a part of another, and which.
var parts = map[string]struct {
	of   Part
	part string
}{
	"groups.security":                    {SecurityGroup, "groups"},
	"groups.security.assignedMembership": {SecurityGroup, "groups"},
	"groups.unified":                     {UnifiedGroup, "groups"},
	"groups.unified.assignedMembership":  {UnifiedGroup, "groups"},
	"applications.myOrganization":        {OwnApplication, "applications"},
}

// A Partial is what a role may do on the objects of one part only, in the names of the
// actions on the whole.
type Partial struct {
	Of  Part
	Own Set
}

// Partials are what a role with these actions may do on some groups or registrations only.
func Partials(actions []string) (all []Partial) {
	for _, name := range actions {
		of, whole, divided := whole(name)
		if !divided {
			continue
		}
		if own, unknown := Expand([]string{whole}); len(unknown) == 0 {
			all = append(all, Partial{of, own})
		}
	}
	return all
}

// PartOf is the part that an action is about, 0 when it is about all of a kind.
func PartOf(action string) Part {
	of, _, _ := whole(action)
	return of
}

// whole is the action on the whole that one on a part is like.
func whole(action string) (of Part, name string, divided bool) {
	s := strings.Split(action, "/")
	if len(s) < 3 || s[0] != directory {
		return 0, "", false
	}
	p, divided := parts[s[1]]
	s[1] = p.part
	return p.of, strings.Join(s, "/"), divided
}
