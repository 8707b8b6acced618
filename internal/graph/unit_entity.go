package graph

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type unit = directory.Unit

// unitEntity is microsoft.graph.administrativeUnit as far as Ephor keeps it. Membership
// is always assigned.
var unitEntity = edm.Declare(edm.Entity[unit]{
	Name: "administrativeUnit", Base: "directoryObject",
	Properties: []edm.Property[unit]{
		filters(idOf("id", "id", func(u *unit) guid.ID { return u.ID }), edm.Eq|edm.In, 0),
		filters(instantOf("deletedDateTime", "deleted", func(u *unit) when.Instant { return u.Deleted }), edm.Eq|byRange, 0),
		filters(textOf("displayName", "display_name", func(u *unit) *string { return &u.DisplayName }, 0), byValue|byRange|byPrefix, exclusion|edm.Null),
		filters(textOf("description", "description", func(u *unit) *string { return &u.Description }, 0), byValue|byPrefix, edm.Ne),
		flagOf("isMemberManagementRestricted", "", func(u *unit) *bool { return &u.Restricted }, 0),
		absent[unit]("membershipRule", edm.String),
		absent[unit]("membershipRuleProcessingState", edm.String),
		{Name: "membershipType", Type: edm.String, Write: func(w *edm.Writer, _ *unit) { w.Str("Assigned") }},
		textOf("visibility", "", func(u *unit) *string { return &u.Visibility }, 0),
	},
})
