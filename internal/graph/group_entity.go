package graph

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type group = directory.Group

// groupEntity is microsoft.graph.group, in the order of the answer of A:group-post-groups.
var groupEntity = edm.Declare(edm.Entity[group]{
	Name: "group", Base: "directoryObject",
	Properties: append(groupFirst(), groupRest()...),
})

func groupFirst() []edm.Property[group] {
	types := listOf("groupTypes", "types", 2, func(g *group) *[]string { return &g.Types }, edm.OnCreate)
	return []edm.Property[group]{
		filters(idOf("id", "id", func(g *group) guid.ID { return g.ID }), byValue, exclusion),
		sortedAdvanced(filters(instantOf("deletedDateTime", "deleted", func(g *group) when.Instant { return g.Deleted }), edm.Eq|byRange, exclusion|edm.In)),
		filters(textOf("classification", "classification", func(g *group) *string { return &g.Classification }, written), 0, edm.Ranged|byPrefix|edm.Null),
		filters(instantOf("createdDateTime", "created", func(g *group) when.Instant { return g.Created }), edm.Eq|byRange, exclusion|edm.In),
		filters(textOf("description", "description", func(g *group) *string { return &g.Description }, written), byValue|byPrefix, exclusion|byRange|edm.Null),
		sorted(filters(textOf("displayName", "display_name", func(g *group) *string { return &g.DisplayName }, written|edm.Required), byValue|byPrefix, exclusion|byRange|edm.Null)),
		absent[group]("expirationDateTime", edm.DateTime),
		filters(types, edm.Eq, edm.Not),
		filters(assignable(), byValue, exclusion),
		filters(textOf("mail", "mail", func(g *group) *string { return &g.Mail }, 0), byValue|byRange|byPrefix, exclusion|edm.Null),
		filters(flagOf("mailEnabled", "mail_enabled", func(g *group) *bool { return &g.MailEnabled }, edm.OnCreate|edm.Required), byValue, exclusion),
		filters(textOf("mailNickname", "mail_nickname", func(g *group) *string { return &g.MailNickname }, written|edm.Required), byValue|byRange|byPrefix, exclusion),
	}
}

func groupRest() []edm.Property[group] {
	return []edm.Property[group]{
		absent[group]("membershipRule", edm.String),
		absent[group]("membershipRuleProcessingState", edm.String),
		absent[group]("onPremisesDomainName", edm.String),
		absent[group]("onPremisesLastSyncDateTime", edm.DateTime),
		absent[group]("onPremisesNetBiosName", edm.String),
		absent[group]("onPremisesSamAccountName", edm.String),
		absent[group]("onPremisesSecurityIdentifier", edm.String),
		absent[group]("onPremisesSyncEnabled", edm.Boolean),
		absent[group]("preferredDataLocation", edm.String),
		textOf("preferredLanguage", "", func(g *group) *string { return &g.Language }, written),
		none[group]("proxyAddresses"),
		instantOf("renewedDateTime", "", func(g *group) when.Instant { return g.Renewed }),
		none[group]("resourceBehaviorOptions"),
		none[group]("resourceProvisioningOptions"),
		filters(flagOf("securityEnabled", "security_enabled", func(g *group) *bool { return &g.SecurityEnabled }, written|edm.Required), byValue, exclusion),
		{Name: "securityIdentifier", Type: edm.String, Write: func(w *edm.Writer, g *group) { w.Str(directory.SecurityIdentifier(g.ID)) }},
		textOf("theme", "", func(g *group) *string { return &g.Theme }, written),
		filters(textOf("visibility", "visibility", func(g *group) *string { return &g.Visibility }, written), edm.Eq|edm.In, exclusion),
		ofType(none[group]("onPremisesProvisioningErrors"), "onPremisesProvisioningError"),
	}
}

// assignable is isAssignableToRole: null, not false, for a plain group (behaviour.md §6).
func assignable() edm.Property[group] {
	p := flagOf("isAssignableToRole", "role_assignable", func(g *group) *bool { return &g.RoleAssignable }, edm.OnCreate)
	p.Write = func(w *edm.Writer, g *group) {
		if !g.RoleAssignable {
			w.Null()
			return
		}
		w.Bool(true)
	}
	return p
}
