package apps

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// graphAppID is the appId of Microsoft Graph, the one API whose permissions mean something
// here.
var graphAppID = guid.Must("00000003-0000-0000-c000-000000000000")

// roleID is the id of an app role as it is stored: a permission of Microsoft Graph by name,
// any other by its id; zero for what stands for the whole.
func roleID(name string) guid.ID {
	if id, ok := guid.Parse(name); ok {
		return id
	}
	for _, p := range authz.Permissions() {
		if p.Name == name {
			return p.Role
		}
	}
	return guid.ID{}
}

// graphPrincipal is Microsoft Graph's service principal in the tenant.
func graphPrincipal(c *op.Call) (guid.ID, bool) { return c.Snap.Client(graphAppID) }

// writeAppRoles puts the app roles that p publishes: Microsoft Graph its permissions, any
// other API what its registration says.
func writeAppRoles(w *edm.Writer, p *directory.ServicePrincipal) {
	if p.AppID != graphAppID {
		face.Kept(appRolesField, registrationOf, 0).Write(w, p)
		return
	}
	w.BeginArray()
	for _, r := range authz.Permissions() {
		if r.Role.IsZero() {
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
	if p.AppID != graphAppID {
		w.Raw(p.Registration.Manifest.ScopesText())
		return
	}
	w.BeginArray()
	for _, s := range authz.Permissions() {
		if s.Scope.IsZero() {
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
