package oauth

import (
	"ephor/internal/guid"
	"ephor/internal/when"
)

// The two types of access token (idtyp).
const (
	AppToken  = "app"
	UserToken = "user"
)

// Claims are what an access token says. Names and meaning are Entra's, so that clients
// which read tokens find what they look for (clients.md); Ephor itself believes only who
// it was given to, for which client and scopes, and the stamp. Times are in Unix seconds,
// on the machine's clock.
type Claims struct {
	Audience string   `json:"aud"`
	Issuer   string   `json:"iss"`
	Issued   int64    `json:"iat"`
	After    int64    `json:"nbf"`
	Expires  int64    `json:"exp"`
	Contexts []string `json:"acrs,omitempty"` // authentication contexts
	AMR      []string `json:"amr,omitempty"`
	AppName  string   `json:"app_displayname,omitempty"`
	AppID    guid.ID  `json:"appid"`
	Party    guid.ID  `json:"azp"`
	// Proof is how the client proved itself: "0" not at all, "1" by a secret, "2" by a
	// certificate.
	Proof        string   `json:"azpacr"`
	Type         string   `json:"idtyp"`
	Name         string   `json:"name,omitempty"`
	Object       guid.ID  `json:"oid"`
	Roles        []string `json:"roles,omitempty"` // application permissions; for another API than Graph, app roles
	Scopes       string   `json:"scp,omitempty"`   // delegated permissions, with spaces between
	Session      string   `json:"sid,omitempty"`
	Subject      string   `json:"sub"`
	Tenant       guid.ID  `json:"tid"`
	UniqueName   string   `json:"unique_name,omitempty"`
	UPN          string   `json:"upn,omitempty"`
	ID           string   `json:"uti"`
	Version      string   `json:"ver"`
	WIDs         []string `json:"wids,omitempty"` // template ids of the active directory roles
	Capabilities []string `json:"xms_cc,omitempty"`
	Stamp        Stamp    `json:"xms_ephor"`
}

// A Stamp is what a token was made from, as numbers that a revocation raises. A token is
// void as soon as one of them is not the present one; times are never compared.
type Stamp struct {
	Incarnation int64 `json:"inc"` // the tenant's
	Principal   int64 `json:"gen"` // the user's; 0 in an app token
	Client      int64 `json:"cgen"`
	Session     int64 `json:"sgen,omitempty"`
}

// seconds is at in Unix seconds, rounded down.
func seconds(at when.Instant) int64 { return at.Time().Unix() }
