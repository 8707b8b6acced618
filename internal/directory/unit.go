package directory

import "strings"

// A Unit is an administrative unit: a set of objects that a role can be scoped to.
type Unit struct {
	Object
	Description string
	Visibility  string // "HiddenMembership", "Public" or ""
	Restricted  bool   // isMemberManagementRestricted; fixed at creation
}

// Hidden reports whether only those in the unit, and those who manage it, may see who is.
func (u *Unit) Hidden() bool { return u.Visibility == "HiddenMembership" }

// CheckUnit judges a unit's properties by their form, and gives its visibility the casing
// of R:administrativeunit.
func CheckUnit(u *Unit) error {
	if err := checkName(u.DisplayName); err != nil {
		return err
	}
	if err := checkText("description", u.Description, 1024); err != nil {
		return err
	}
	if u.Visibility == "" {
		return nil
	}
	for _, v := range []string{"HiddenMembership", "Public"} {
		if strings.EqualFold(u.Visibility, v) {
			u.Visibility = v
			return nil
		}
	}
	return invalid("visibility", "The visibility of an administrative unit is HiddenMembership, Public or null.")
}
