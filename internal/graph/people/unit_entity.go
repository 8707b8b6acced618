package people

import (
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type unit = directory.Unit

// unitEntity is microsoft.graph.administrativeUnit as far as Ephor keeps it. Membership
// is always assigned.
var unitEntity = edm.Declare(edm.Entity[unit]{
	Name: "administrativeUnit", Base: "directoryObject",
	Properties: []edm.Property[unit]{
		face.Filters(face.IDOf("id", "id", func(u *unit) guid.ID { return u.ID }), edm.Eq|edm.In, 0),
		face.SortedAdvanced(face.Filters(face.InstantOf("deletedDateTime", "deleted", func(u *unit) when.Instant { return u.Deleted }), edm.Eq|face.ByRange, 0)),
		face.SortedAdvanced(face.Filters(face.TextOf("displayName", "display_name", func(u *unit) *string { return &u.DisplayName }, face.Written|edm.Required), face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null)),
		face.Filters(face.TextOf("description", "description", func(u *unit) *string { return &u.Description }, face.Written), face.ByValue|face.ByPrefix, edm.Ne),
		face.FlagOf("isMemberManagementRestricted", "", func(u *unit) *bool { return &u.Restricted }, edm.OnCreate),
		face.Absent[unit]("membershipRule", edm.String),
		face.Absent[unit]("membershipRuleProcessingState", edm.String),
		{Name: "membershipType", Type: edm.String, Uses: edm.OnCreate, Read: readMembershipType, Write: func(w *edm.Writer, _ *unit) { w.Str("Assigned") }},
		face.TextOf("visibility", "", func(u *unit) *string { return &u.Visibility }, face.Written),
	},
})

// readMembershipType accepts the one kind of membership that there is.
func readMembershipType(_ *unit, in edm.Value) error {
	if t, err := in.OptStr(); err != nil || t == "" || strings.EqualFold(t, "Assigned") {
		return err
	}
	return fault.BadRequest(in.Path, "The only membershipType that is supported is Assigned.")
}
