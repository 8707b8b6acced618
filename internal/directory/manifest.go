package directory

import (
	"encoding/json"
	"slices"

	"ephor/internal/guid"
)

// A Manifest is what a registration, or a service principal, says of itself beyond what it
// signs in with: properties by name, each as the JSON text of its type on the wire. What is
// not there has its default. Most of it only describes; what has an effect is read by the
// methods below.
type Manifest map[string]json.RawMessage

// Names of properties that have an effect.
const (
	appRoles = "appRoles"
	api      = "api"
	assigned = "appRoleAssignmentRequired"
)

// AppRole is what an API lets users, groups or applications be assigned to (appRole).
type AppRole struct {
	ID      guid.ID  `json:"id"`
	Members []string `json:"allowedMemberTypes"` // User, Application
	Enabled bool     `json:"isEnabled"`
	Value   string   `json:"value"`
	Name    string   `json:"displayName"`
}

// For reports whether the role is for principals of that kind. What is for users is for
// groups too.
func (r *AppRole) For(kind Kind) bool {
	member := "User"
	if kind == KindServicePrincipal {
		member = "Application"
	}
	return slices.Contains(r.Members, member)
}

// A PermissionScope is what an API lets clients do on behalf of people.
type PermissionScope struct {
	ID      guid.ID `json:"id"`
	Enabled bool    `json:"isEnabled"`
	Value   string  `json:"value"`
	Type    string  `json:"type"` // User, Admin
}

// A PreAuthorized client may use the scopes of an API without anybody's consent: the API's
// owner has said so.
type PreAuthorized struct {
	AppID  string   `json:"appId"`
	Scopes []string `json:"delegatedPermissionIds"`
}

// An API is what a registration says of itself as an API (apiApplication).
type API struct {
	Scopes        []PermissionScope `json:"oauth2PermissionScopes"`
	PreAuthorized []PreAuthorized   `json:"preAuthorizedApplications"`
	Known         []guid.ID         `json:"knownClientApplications"`
	Version       *int              `json:"requestedAccessTokenVersion"`
}

// read reads one property. What is not there, or cannot be read, is nothing.
func read[T any](m Manifest, name string) (v T) {
	raw, there := m[name]
	if !there {
		return v
	}
	var out T
	if json.Unmarshal(raw, &out) != nil {
		return v
	}
	return out
}

// AppRoles are the roles that the API publishes.
func (m Manifest) AppRoles() []AppRole { return read[[]AppRole](m, appRoles) }

// AppRole is the role with that id.
func (m Manifest) AppRole(id guid.ID) (AppRole, bool) {
	all := m.AppRoles()
	i := slices.IndexFunc(all, func(r AppRole) bool { return r.ID == id })
	if i < 0 {
		return AppRole{}, false
	}
	return all[i], true
}

// API is what is said of the registration as an API.
func (m Manifest) API() API { return read[API](m, api) }

// Published are the names of the scopes that can be asked for, in the order given.
func (m Manifest) Published() (names []string) {
	for _, s := range m.API().Scopes {
		if s.Enabled && s.Value != "" {
			names = append(names, s.Value)
		}
	}
	return names
}

// OpenID are the scopes that ask for OpenID's own things and not for rights at an API.
var OpenID = []string{"openid", "offline_access", "profile", "email"}

// PreAuthorized are the names of the scopes that the client may use without consent.
func (m Manifest) PreAuthorized(client guid.ID) (names []string) {
	said := m.API()
	for _, p := range said.PreAuthorized {
		if app, ok := guid.Parse(p.AppID); !ok || app != client {
			continue
		}
		names = append(names, said.named(p.Scopes)...)
	}
	return names
}

// Scopes are the names of the scopes with these ids that can be asked for.
func (m Manifest) Scopes(ids []guid.ID) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	said := m.API()
	return said.named(texts)
}

// named are the names of the scopes that can be asked for with these ids, in any spelling.
func (a *API) named(ids []string) (names []string) {
	for _, s := range a.Scopes {
		listed := func(text string) bool { id, ok := guid.Parse(text); return ok && id == s.ID }
		if s.Enabled && s.Value != "" && slices.ContainsFunc(ids, listed) {
			names = append(names, s.Value)
		}
	}
	return names
}

// Unpublished are the values that before publishes, enabled or not, and m does not.
func (m Manifest) Unpublished(before Manifest) (values []string) {
	now := m.API().Scopes
	for _, s := range before.API().Scopes {
		if s.Value != "" && !slices.ContainsFunc(now, func(n PermissionScope) bool { return n.Value == s.Value }) {
			values = append(values, s.Value)
		}
	}
	return values
}

// AssignedOnly reports whether only who is assigned to the service principal may have tokens
// for it.
func (m Manifest) AssignedOnly() bool { return read[bool](m, assigned) }

// HomePage is the address that a registration says of itself as a web server (homePageUrl).
func (m Manifest) HomePage() string {
	text, _ := read[map[string]any](m, "web")["homePageUrl"].(string)
	return text
}

// ScopesText are the scopes of the API as JSON text.
func (m Manifest) ScopesText() []byte {
	said := read[struct {
		Scopes json.RawMessage `json:"oauth2PermissionScopes"`
	}](m, api)
	if len(said.Scopes) == 0 {
		return []byte("[]")
	}
	return said.Scopes
}
