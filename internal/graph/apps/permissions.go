package apps

import (
	"crypto/sha256"
	"slices"
	"sync"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// graphAppID is the appId of Microsoft Graph, the one API whose permissions mean something
// here.
var graphAppID = guid.Must("00000003-0000-0000-c000-000000000000")

// A permission is one of Microsoft Graph's, as its service principal publishes it: the ids
// of the delegated scope and of the app role, of which one may be missing.
type permission struct {
	name        string
	scope, role guid.ID
}

// permissions are all that mean something here, sorted by name.
var permissions = sync.OnceValue(func() []permission {
	var all []permission
	for _, name := range authz.AllScopes().Names() {
		p := permission{name: name}
		ids, known := publishedIDs[name]
		if known {
			p.scope, _ = guid.Parse(ids[0])
			p.role, _ = guid.Parse(ids[1])
		} else {
			p.scope, p.role = permissionID("scope", name), permissionID("role", name)
		}
		all = append(all, p)
	}
	return all
})

// permissionID is the id of a permission that is published without one: a UUID of version
// 8 made of its name, the same in every tenant.
func permissionID(kind, name string) guid.ID {
	sum := sha256.Sum256([]byte("ephor permission\x00" + kind + "\x00" + name))
	id := guid.ID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// roleNamed is the permission whose app role has that id.
func roleNamed(id guid.ID) (permission, bool) {
	i := slices.IndexFunc(permissions(), func(p permission) bool { return !id.IsZero() && p.role == id })
	if i < 0 {
		return permission{}, false
	}
	return permissions()[i], true
}

// roleID is the app role id of the permission with that name; zero for a name that means
// nothing here.
func roleID(name string) guid.ID {
	for _, p := range permissions() {
		if p.name == name {
			return p.role
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
	for _, r := range permissions() {
		if p.AppID != graphAppID || r.role.IsZero() {
			continue
		}
		w.Begin()
		w.Name("allowedMemberTypes")
		w.Strs([]string{"Application"})
		w.Name("description")
		w.Str("The application permission " + r.name + ".")
		w.Name("displayName")
		w.Str(r.name)
		w.Name("id")
		w.ID(r.role)
		w.Name("isEnabled")
		w.Bool(true)
		w.Name("origin")
		w.Str("Application")
		w.Name("value")
		w.Str(r.name)
		w.End()
	}
	w.EndArray()
}

// writeScopes puts the delegated permissions that p publishes. Type says whether people
// may consent to one alone.
func writeScopes(w *edm.Writer, p *directory.ServicePrincipal) {
	w.BeginArray()
	for _, s := range permissions() {
		if p.AppID != graphAppID || s.scope.IsZero() {
			continue
		}
		kind, text := "Admin", "The delegated permission "+s.name+"."
		if authz.UserConsentable().Has(s.name) {
			kind = "User"
		}
		w.Begin()
		w.Name("adminConsentDescription")
		w.Str(text)
		w.Name("adminConsentDisplayName")
		w.Str(s.name)
		w.Name("id")
		w.ID(s.scope)
		w.Name("isEnabled")
		w.Bool(true)
		w.Name("type")
		w.Str(kind)
		w.Name("userConsentDescription")
		w.Str(text)
		w.Name("userConsentDisplayName")
		w.Str(s.name)
		w.Name("value")
		w.Str(s.name)
		w.End()
	}
	w.EndArray()
}
