package apps

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
)

// The complex types of what registrations and service principals say of themselves, in the
// CSDL's order, with Graph's defaults.

var appRole = &edm.ComplexType{Name: "appRole", Fields: []edm.Field{
	{Name: "allowedMemberTypes", Type: edm.String, Many: true},
	{Name: "description", Type: edm.String},
	{Name: "displayName", Type: edm.String},
	{Name: "id", Type: edm.GUID, Required: true},
	{Name: "isEnabled", Type: edm.Boolean, Default: "true"},
	{Name: "origin", Type: edm.String, Default: `"Application"`},
	{Name: "value", Type: edm.String},
}}

var permissionScope = &edm.ComplexType{Name: "permissionScope", Fields: []edm.Field{
	{Name: "adminConsentDescription", Type: edm.String},
	{Name: "adminConsentDisplayName", Type: edm.String},
	{Name: "id", Type: edm.GUID, Required: true},
	{Name: "isEnabled", Type: edm.Boolean, Default: "true"},
	{Name: "type", Type: edm.String, Default: `"User"`},
	{Name: "userConsentDescription", Type: edm.String},
	{Name: "userConsentDisplayName", Type: edm.String},
	{Name: "value", Type: edm.String},
}}

var preAuthorized = &edm.ComplexType{Name: "preAuthorizedApplication", Fields: []edm.Field{
	{Name: "appId", Type: edm.String, Required: true},
	{Name: "delegatedPermissionIds", Type: edm.String, Many: true},
}}

var apiApplication = &edm.ComplexType{Name: "apiApplication", Fields: []edm.Field{
	{Name: "acceptMappedClaims", Type: edm.Boolean},
	{Name: "knownClientApplications", Type: edm.GUID, Many: true},
	{Name: "oauth2PermissionScopes", Type: edm.Complex, Many: true, Of: permissionScope},
	{Name: "preAuthorizedApplications", Type: edm.Complex, Many: true, Of: preAuthorized},
	{Name: "requestedAccessTokenVersion", Type: edm.Int32},
}}

var optionalClaim = &edm.ComplexType{Name: "optionalClaim", Fields: []edm.Field{
	{Name: "additionalProperties", Type: edm.String, Many: true},
	{Name: "essential", Type: edm.Boolean, Default: "false"},
	{Name: "name", Type: edm.String, Required: true},
	{Name: "source", Type: edm.String},
}}

var optionalClaims = &edm.ComplexType{Name: "optionalClaims", Fields: []edm.Field{
	{Name: "accessToken", Type: edm.Complex, Many: true, Of: optionalClaim},
	{Name: "idToken", Type: edm.Complex, Many: true, Of: optionalClaim},
	{Name: "saml2Token", Type: edm.Complex, Many: true, Of: optionalClaim},
}}

var informationalURL = &edm.ComplexType{Name: "informationalUrl", Fields: []edm.Field{
	{Name: "logoUrl", Type: edm.String},
	{Name: "marketingUrl", Type: edm.String},
	{Name: "privacyStatementUrl", Type: edm.String},
	{Name: "supportUrl", Type: edm.String},
	{Name: "termsOfServiceUrl", Type: edm.String},
}}

var parentalControlSettings = &edm.ComplexType{Name: "parentalControlSettings", Fields: []edm.Field{
	{Name: "countriesBlockedForMinors", Type: edm.String, Many: true},
	{Name: "legalAgeGroupRule", Type: edm.String, Default: `"Allow"`},
}}

var addIn = &edm.ComplexType{Name: "addIn", Fields: []edm.Field{
	{Name: "id", Type: edm.GUID},
	{Name: "properties", Type: edm.Complex, Many: true, Of: &edm.ComplexType{Name: "keyValue", Fields: []edm.Field{
		{Name: "key", Type: edm.String},
		{Name: "value", Type: edm.String},
	}}},
	{Name: "type", Type: edm.String, Required: true},
}}

var implicitGrantSettings = &edm.ComplexType{Name: "implicitGrantSettings", Fields: []edm.Field{
	{Name: "enableAccessTokenIssuance", Type: edm.Boolean, Default: "false"},
	{Name: "enableIdTokenIssuance", Type: edm.Boolean, Default: "false"},
}}

var verifiedPublisher = &edm.ComplexType{Name: "verifiedPublisher", Fields: []edm.Field{
	{Name: "addedDateTime", Type: edm.DateTime},
	{Name: "displayName", Type: edm.String},
	{Name: "verifiedPublisherId", Type: edm.String},
}}

var samlSettings = &edm.ComplexType{Name: "samlSingleSignOnSettings", Fields: []edm.Field{{Name: "relayState", Type: edm.String}}}

// webRest is what is kept of web beside redirectUris and logoutUrl.
var webRest = edm.Field{Name: "web", Type: edm.Complex, Of: &edm.ComplexType{Name: "webApplication", Fields: webKept}, Default: `{"homePageUrl":null,"implicitGrantSettings":` + noImplicit + `}`}

var webKept = []edm.Field{
	{Name: "homePageUrl", Type: edm.String},
	{Name: "implicitGrantSettings", Type: edm.Complex, Of: implicitGrantSettings, Default: noImplicit},
}

const noImplicit = `{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":false}`

const noInformation = `{"logoUrl":null,"marketingUrl":null,"privacyStatementUrl":null,"supportUrl":null,"termsOfServiceUrl":null}`

// infoField is info on a registration and on its service principal.
var infoField = edm.Field{Name: "info", Type: edm.Complex, Of: informationalURL, Default: noInformation}

// appRolesField are the roles that an API publishes.
var appRolesField = edm.Field{Name: "appRoles", Type: edm.Complex, Many: true, Of: appRole}

// said declares the properties of a registration that are kept as they were said.
func said() []edm.Property[application] {
	of := func(a *application) *directory.Manifest { return &a.Manifest }
	var list []edm.Property[application]
	for _, f := range []edm.Field{
		{Name: "addIns", Type: edm.Complex, Many: true, Of: addIn},
		{Name: "api", Type: edm.Complex, Of: apiApplication, Default: `{"acceptMappedClaims":null,"knownClientApplications":[],"oauth2PermissionScopes":[],"preAuthorizedApplications":[],"requestedAccessTokenVersion":null}`},
		appRolesField,
		{Name: "defaultRedirectUri", Type: edm.String},
		{Name: "description", Type: edm.String},
		{Name: "groupMembershipClaims", Type: edm.String},
		infoField,
		{Name: "isDeviceOnlyAuthSupported", Type: edm.Boolean},
		{Name: "notes", Type: edm.String},
		{Name: "oauth2RequirePostResponse", Type: edm.Boolean, Default: "false"},
		{Name: "optionalClaims", Type: edm.Complex, Of: optionalClaims},
		{Name: "parentalControlSettings", Type: edm.Complex, Of: parentalControlSettings, Default: `{"countriesBlockedForMinors":[],"legalAgeGroupRule":"Allow"}`},
		{Name: "serviceManagementReference", Type: edm.String},
	} {
		p := face.Kept(f, of, face.Written)
		if f.Name == infoField.Name {
			p.Read = withoutLogo(p.Read)
		}
		list = append(list, p)
	}
	return append(list,
		face.Absent[application]("applicationTemplateId", edm.String), face.Absent[application]("createdByAppId", edm.String),
		face.Absent[application]("disabledByMicrosoftStatus", edm.String), face.Absent[application]("publisherDomain", edm.String),
		face.OfType(face.Absent[application]("certification", edm.Complex), "certification"),
		face.Kept(edm.Field{Name: "verifiedPublisher", Type: edm.Complex, Of: verifiedPublisher, Default: `{"addedDateTime":null,"displayName":null,"verifiedPublisherId":null}`}, of, 0),
	)
}

// withoutLogo refuses a logo's address: Graph makes it when a logo is uploaded, and none can
// be here.
func withoutLogo[T any](read func(*T, edm.Value) error) func(*T, edm.Value) error {
	return func(v *T, in edm.Value) error {
		if logo, given := in.Get("logoUrl"); given && !logo.IsNull() {
			return fault.BadRequest(logo.Path, "The property 'logoUrl' is read-only.")
		}
		return read(v, in)
	}
}
