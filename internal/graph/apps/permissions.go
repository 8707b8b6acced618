package apps

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// graphAppID is the appId of Microsoft Graph, the one API whose permissions mean something
// here.
var graphAppID = guid.Must("00000003-0000-0000-c000-000000000000")

// roleID is the app role id of the permission with that name; zero for a name that means
// nothing here.
func roleID(name string) guid.ID {
	for _, p := range authz.Permissions() {
		if p.Name == name {
			return p.Role
		}
	}
	return guid.ID{}
}

// graphPrincipal is Microsoft Graph's service principal in the tenant.
func graphPrincipal(c *op.Call) (guid.ID, bool) { return c.Snap.Client(graphAppID) }

var appRole = &edm.ComplexType{Name: "appRole", Fields: []edm.Field{
	{Name: "allowedMemberTypes", Type: edm.String, Many: true},
	{Name: "description", Type: edm.String},
	{Name: "displayName", Type: edm.String},
	{Name: "id", Type: edm.GUID},
	{Name: "isEnabled", Type: edm.Boolean},
	{Name: "origin", Type: edm.String},
	{Name: "value", Type: edm.String},
}}

var permissionScope = &edm.ComplexType{Name: "permissionScope", Fields: []edm.Field{
	{Name: "adminConsentDescription", Type: edm.String},
	{Name: "adminConsentDisplayName", Type: edm.String},
	{Name: "id", Type: edm.GUID},
	{Name: "isEnabled", Type: edm.Boolean},
	{Name: "type", Type: edm.String},
	{Name: "userConsentDescription", Type: edm.String},
	{Name: "userConsentDisplayName", Type: edm.String},
	{Name: "value", Type: edm.String},
}}

// writeAppRoles puts the application permissions that p publishes: those of Microsoft
// Graph, and none of any other API.
func writeAppRoles(w *edm.Writer, p *directory.ServicePrincipal) {
	w.BeginArray()
	for _, r := range authz.Permissions() {
		if p.AppID != graphAppID || r.Role.IsZero() {
			continue
		}
		w.Begin()
		w.Name("allowedMemberTypes")
		w.Strs([]string{"Application"})
		w.Name("description")
		w.Str("The application permission " + r.Name + ".")
		w.Name("displayName")
		w.Str(r.Name)
		w.Name("id")
		w.ID(r.Role)
		w.Name("isEnabled")
		w.Bool(true)
		w.Name("origin")
		w.Str("Application")
		w.Name("value")
		w.Str(r.Name)
		w.End()
	}
	w.EndArray()
}

// writeScopes puts the delegated permissions that p publishes. Type says whether people
// may consent to one alone.
func writeScopes(w *edm.Writer, p *directory.ServicePrincipal) {
	w.BeginArray()
	for _, s := range authz.Permissions() {
		if p.AppID != graphAppID || s.Scope.IsZero() {
			continue
		}
		kind, text := "Admin", "The delegated permission "+s.Name+"."
		if authz.UserConsentable().Has(s.Name) {
			kind = "User"
		}
		w.Begin()
		w.Name("adminConsentDescription")
		w.Str(text)
		w.Name("adminConsentDisplayName")
		w.Str(s.Name)
		w.Name("id")
		w.ID(s.Scope)
		w.Name("isEnabled")
		w.Bool(true)
		w.Name("type")
		w.Str(kind)
		w.Name("userConsentDescription")
		w.Str(text)
		w.Name("userConsentDisplayName")
		w.Str(s.Name)
		w.Name("value")
		w.Str(s.Name)
		w.End()
	}
	w.EndArray()
}
