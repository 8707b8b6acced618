package directory

import (
	"ephor/internal/guid"
	"ephor/internal/when"
)

// An Application is a client's registration. Its service principal carries its rights.
type Application struct {
	Object
	AppID        guid.ID
	Audience     string   // signInAudience
	WebRedirects []string // redirect URIs of confidential clients
	SPARedirects []string // of single-page apps
	PublicURIs   []string // of public clients
	Public       bool     // isFallbackPublicClient
	LogoutURL    string   // where it is told that somebody has signed out, "" for nowhere
	// IdentifierURIs are names, beside its appId, under which clients ask for tokens for it.
	IdentifierURIs []string
	Tags           []string
	Needs          []Need
	Manifest       Manifest
	Secrets        []Secret
	Keys           []Key
}

// Own reports whether a registration serves this tenant's accounts alone.
func (a *Application) Own() bool { return a.Audience == "AzureADMyOrg" }

// A Need is what an application says that it needs of an API (requiredResourceAccess). It
// gives nothing: it is what is asked for when somebody is to consent.
type Need struct {
	Resource guid.ID  `json:"resource"` // the API's appId
	Access   []Access `json:"access"`
}

// Access is a permission by its id: an application permission, or else a delegated one.
type Access struct {
	ID   guid.ID `json:"id"`
	Role bool    `json:"role,omitempty"`
}

// A Secret is a client's password, stored hashed.
type Secret struct {
	KeyID guid.ID
	Name  string
	Hint  string // the first three characters
	Hash  string
	Start when.Instant
	End   when.Instant
}

// A Key is a client's certificate, by whose public key its assertions are verified
// (keyCredential). The private key is the client's and never comes here.
type Key struct {
	KeyID       guid.ID
	Name        string
	Thumbprint  string // customKeyIdentifier: as the client gave it, else SHA-1 of the certificate, in base64
	Certificate []byte // X.509, DER
	Start       when.Instant
	End         when.Instant
}

// A ServicePrincipal is an application's identity in the tenant.
type ServicePrincipal struct {
	Object
	AppID      guid.ID
	Enabled    bool
	Type       string // servicePrincipalType
	Tags       []string
	Names      []string // its registration's identifier URIs
	Generation int64
	Manifest   Manifest // what it says of itself

	// Registration is what its registration says, if that is in this tenant. It is read with
	// it, never written by it; of its credentials only where it says so.
	Registration Registration
}

// A Registration is what a service principal shows of the application that it is of.
type Registration struct {
	ID        guid.ID // zero for none
	Name      string
	Audience  string
	LogoutURL string
	Redirects []string // of all kinds
	Manifest  Manifest
	Secrets   []Secret
	Keys      []Key
}

// A Consent lets a client act with the named scopes: for everyone, or for one principal
// (oAuth2PermissionGrant).
type Consent struct {
	ID        guid.ID
	Client    guid.ID // service principal
	Resource  guid.ID // service principal of the API
	Principal guid.ID // zero for everyone
	Scopes    []string
}

// A RoleGrant gives a principal an app role of an API (appRoleAssignment): a service principal
// an application permission of Microsoft Graph, or a role that another API publishes to it, to
// a user, or to a group; or it assigns the principal to the whole.
type RoleGrant struct {
	ID        guid.ID
	Principal guid.ID
	Resource  guid.ID
	// Permission is the permission of Microsoft Graph by name, else the role's id; "" for the
	// whole.
	Permission string
	Created    when.Instant
}

// An Organization is the tenant itself.
type Organization struct {
	Object
	Domains []string // verified, the default first
	// Who is to be told of what concerns the tenant, by mail.
	Marketing []string `json:",omitempty"`
	Security  []string `json:",omitempty"`
	Technical []string `json:",omitempty"`
}
