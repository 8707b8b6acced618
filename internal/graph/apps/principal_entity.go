package apps

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// principalEntity is microsoft.graph.servicePrincipal as far as Ephor keeps it. Much of it is
// what its registration says.
var principalEntity = edm.Declare(edm.Entity[principal]{
	Name: "servicePrincipal", Base: "directoryObject",
	Properties: slices.Concat(ownOfPrincipal(), saidOfPrincipal(), registered()),
})

func ownOfPrincipal() []edm.Property[principal] {
	return []edm.Property[principal]{
		face.Filters(face.IDOf("id", "id", func(p *principal) guid.ID { return p.ID }), face.ByValue, face.Exclusion),
		face.SortedAdvanced(face.Filters(face.InstantOf("deletedDateTime", "deleted", func(p *principal) when.Instant { return p.Deleted }), edm.Eq|face.ByRange, 0)),
		face.Filters(face.FlagOf("accountEnabled", "enabled", func(p *principal) *bool { return &p.Enabled }, face.Written), face.ByValue, face.Exclusion),
		face.SortedAdvanced(face.Filters(face.TextOf("displayName", "display_name", func(p *principal) *string { return &p.DisplayName }, face.Written), face.ByValue|face.ByPrefix, face.Exclusion)),
		face.Filters(registration(), face.ByValue, face.Exclusion),
		face.Filters(face.TextOf("servicePrincipalType", "type", func(p *principal) *string { return &p.Type }, 0), face.ByValue, face.Exclusion),
	}
}

// ofPrincipal is a service principal's own manifest.
func ofPrincipal(p *principal) *directory.Manifest { return &p.Manifest }

// saidOfPrincipal declares what is kept of a service principal as it was said.
func saidOfPrincipal() []edm.Property[principal] {
	var list []edm.Property[principal]
	for _, f := range []edm.Field{
		{Name: "alternativeNames", Type: edm.String, Many: true},
		{Name: "appRoleAssignmentRequired", Type: edm.Boolean, Default: "false"},
		{Name: "description", Type: edm.String},
		{Name: "loginUrl", Type: edm.String},
		{Name: "notes", Type: edm.String},
		{Name: "notificationEmailAddresses", Type: edm.String, Many: true},
		{Name: "preferredSingleSignOnMode", Type: edm.String},
		{Name: "samlSingleSignOnSettings", Type: edm.Complex, Of: samlSettings},
	} {
		list = append(list, face.Kept(f, ofPrincipal, face.Written))
	}
	return append(list,
		tags(func(p *principal) *[]string { return &p.Tags }),
		address("homepage", func(p *principal) string { return p.Registration.Manifest.HomePage() }),
		address("logoutUrl", func(p *principal) string { return p.Registration.LogoutURL }),
	)
}

// address is an address of a service principal: its own, or else its registration's.
func address(name string, registered func(*principal) string) edm.Property[principal] {
	own := face.Kept(edm.Field{Name: name, Type: edm.String}, ofPrincipal, face.Written)
	put := own.Write
	own.Write = func(w *edm.Writer, p *principal) {
		if _, said := p.Manifest[name]; said {
			put(w, p)
			return
		}
		w.OptStr(registered(p))
	}
	return own
}

// registrationOf is the manifest of a service principal's registration.
func registrationOf(p *principal) *directory.Manifest { return &p.Registration.Manifest }

// registered declares what is read of the registration.
func registered() []edm.Property[principal] {
	of := registrationOf
	about := face.Kept(edm.Field{Name: "description", Type: edm.String}, of, 0)
	about.Name = "appDescription"
	return []edm.Property[principal]{
		{Name: "addIns", Type: edm.Complex, Many: true, NonNull: true, Of: addIn, Write: face.Kept(edm.Field{Name: "addIns", Type: edm.Complex, Many: true, Of: addIn}, of, 0).Write},
		about,
		{Name: "appDisplayName", Type: edm.String, Write: func(w *edm.Writer, p *principal) { w.OptStr(registeredName(p)) }},
		face.Absent[principal]("applicationTemplateId", edm.String),
		{Name: "appRoles", Type: edm.Complex, Many: true, NonNull: true, Of: appRole, Write: writeAppRoles},
		face.Absent[principal]("disabledByMicrosoftStatus", edm.String),
		face.Kept(infoField, of, 0),
		{Name: "keyCredentials", Type: edm.Complex, Many: true, NonNull: true, Of: keyCredential, Write: func(w *edm.Writer, p *principal) { writeKeys(w, p.Registration.Keys) }},
		{Name: "oauth2PermissionScopes", Type: edm.Complex, Many: true, NonNull: true, Of: permissionScope, Write: writeScopes},
		{Name: "passwordCredentials", Type: edm.Complex, Many: true, NonNull: true, Of: passwordCredential, Write: func(w *edm.Writer, p *principal) { writeSecrets(w, p.Registration.Secrets) }},
		face.Absent[principal]("preferredTokenSigningKeyThumbprint", edm.String),
		{Name: "replyUrls", Type: edm.String, Many: true, NonNull: true, Write: func(w *edm.Writer, p *principal) { w.Strs(p.Registration.Redirects) }},
		{Name: "servicePrincipalNames", Type: edm.String, Many: true, NonNull: true, Write: func(w *edm.Writer, p *principal) {
			w.Strs(append([]string{p.AppID.String()}, p.Names...))
		}},
		face.Hidden(face.Absent[principal]("samlMetadataUrl", edm.String)),
		{Name: "signInAudience", Type: edm.String, Write: func(w *edm.Writer, p *principal) { w.OptStr(p.Registration.Audience) }},
		face.Absent[principal]("tokenEncryptionKeyId", edm.GUID),
		face.Kept(edm.Field{Name: "verifiedPublisher", Type: edm.Complex, Of: verifiedPublisher, Default: `{"addedDateTime":null,"displayName":null,"verifiedPublisherId":null}`}, of, 0),
	}
}

// registeredName is what the registration is called; Microsoft Graph's service principal has
// none here, and is called what it is.
func registeredName(p *principal) string {
	if p.Registration.ID.IsZero() {
		return p.DisplayName
	}
	return p.Registration.Name
}

// registration is appId, by which a service principal is tied to what it is made for.
func registration() edm.Property[principal] {
	p := face.IDOf("appId", "app_id", func(p *principal) guid.ID { return p.AppID })
	p.Uses = edm.OnCreate | edm.Required
	p.Read = func(p *principal, in edm.Value) (err error) {
		p.AppID, err = in.ID()
		return err
	}
	return p
}
