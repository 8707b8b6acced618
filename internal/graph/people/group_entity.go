package people

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type group = directory.Group

// groupEntity is microsoft.graph.group, in the order of the answer of A:group-post-groups.
var groupEntity = edm.Declare(edm.Entity[group]{
	Name: "group", Base: "directoryObject",
	Properties: slices.Concat(groupFirst(), groupRest(), groupMail()),
})

func groupFirst() []edm.Property[group] {
	types := face.ListOf("groupTypes", "types", 2, func(g *group) *[]string { return &g.Types }, edm.OnCreate)
	return []edm.Property[group]{
		face.Filters(face.IDOf("id", "id", func(g *group) guid.ID { return g.ID }), face.ByValue, face.Exclusion),
		face.SortedAdvanced(face.Filters(face.InstantOf("deletedDateTime", "deleted", func(g *group) when.Instant { return g.Deleted }), edm.Eq|face.ByRange, face.Exclusion|edm.In)),
		face.Filters(face.TextOf("classification", "classification", func(g *group) *string { return &g.Classification }, face.Written), 0, edm.Ranged|face.ByPrefix|edm.Null),
		face.Filters(face.InstantOf("createdDateTime", "created", func(g *group) when.Instant { return g.Created }), edm.Eq|face.ByRange, face.Exclusion|edm.In),
		face.Filters(face.TextOf("description", "description", func(g *group) *string { return &g.Description }, face.Written), face.ByValue|face.ByPrefix, face.Exclusion|face.ByRange|edm.Null),
		face.Sorted(face.Filters(face.TextOf("displayName", "display_name", func(g *group) *string { return &g.DisplayName }, face.Written|edm.Required), face.ByValue|face.ByPrefix, face.Exclusion|face.ByRange|edm.Null)),
		face.Absent[group]("expirationDateTime", edm.DateTime),
		face.Filters(types, edm.Eq, edm.Not),
		face.Filters(assignable(), face.ByValue, face.Exclusion),
		face.Filters(face.TextOf("mail", "mail", func(g *group) *string { return &g.Mail }, 0), face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		face.Filters(face.FlagOf("mailEnabled", "mail_enabled", func(g *group) *bool { return &g.MailEnabled }, edm.OnCreate|edm.Required), face.ByValue, face.Exclusion),
		face.Filters(face.TextOf("mailNickname", "mail_nickname", func(g *group) *string { return &g.MailNickname }, face.Written|edm.Required), face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion),
	}
}

func groupRest() []edm.Property[group] {
	return []edm.Property[group]{
		face.Absent[group]("membershipRule", edm.String),
		face.Absent[group]("membershipRuleProcessingState", edm.String),
		face.Absent[group]("onPremisesDomainName", edm.String),
		face.Absent[group]("onPremisesLastSyncDateTime", edm.DateTime),
		face.Absent[group]("onPremisesNetBiosName", edm.String),
		face.Absent[group]("onPremisesSamAccountName", edm.String),
		face.Absent[group]("onPremisesSecurityIdentifier", edm.String),
		face.Absent[group]("onPremisesSyncEnabled", edm.Boolean),
		face.Absent[group]("preferredDataLocation", edm.String),
		face.TextOf("preferredLanguage", "", func(g *group) *string { return &g.Language }, face.Written),
		face.None[group]("proxyAddresses"),
		face.InstantOf("renewedDateTime", "", func(g *group) when.Instant { return g.Renewed }),
		face.None[group]("resourceBehaviorOptions"),
		face.None[group]("resourceProvisioningOptions"),
		face.Filters(face.FlagOf("securityEnabled", "security_enabled", func(g *group) *bool { return &g.SecurityEnabled }, face.Written|edm.Required), face.ByValue, face.Exclusion),
		{Name: "securityIdentifier", Type: edm.String, Write: func(w *edm.Writer, g *group) { w.Str(directory.SecurityIdentifier(g.ID)) }},
		face.TextOf("theme", "", func(g *group) *string { return &g.Theme }, face.Written),
		face.Filters(face.TextOf("visibility", "visibility", func(g *group) *string { return &g.Visibility }, face.Written), edm.Eq|edm.In, face.Exclusion),
		face.OfType(face.None[group]("onPremisesProvisioningErrors"), "onPremisesProvisioningError"),
	}
}

// assignable is isAssignableToRole: null, not false, for a plain group (behaviour.md §6).
func assignable() edm.Property[group] {
	p := face.FlagOf("isAssignableToRole", "role_assignable", func(g *group) *bool { return &g.RoleAssignable }, edm.OnCreate)
	p.Write = func(w *edm.Writer, g *group) {
		if !g.RoleAssignable {
			w.Null()
			return
		}
		w.Bool(true)
	}
	return p
}

// groupMail is what Graph keeps of a group's mailbox, and shows on $select: no group has one here.
func groupMail() []edm.Property[group] {
	return []edm.Property[group]{
		face.Hidden(face.Absent[group]("allowExternalSenders", edm.Boolean)),
		face.Hidden(face.Absent[group]("autoSubscribeNewMembers", edm.Boolean)),
		face.Hidden(face.Absent[group]("hideFromAddressLists", edm.Boolean)),
		face.Hidden(face.Absent[group]("hideFromOutlookClients", edm.Boolean)),
	}
}
