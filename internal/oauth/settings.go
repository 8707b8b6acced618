package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/guid"
)

// GraphAppID is the application id of Microsoft Graph, which is the resource that every
// access token is for.
var GraphAppID = guid.Must("00000003-0000-0000-c000-000000000000")

// graphURL is the resource as clients of the public cloud name it.
const graphURL = "https://graph.microsoft.com"

// Settings are the operator's choices.
type Settings struct {
	// PublicURL is the one source of issuer, links and audience: scheme and host, and a
	// port where it is not the scheme's own. It has no path and no slash at the end.
	PublicURL string
	// Algorithm signs access tokens: ES256, RS256 or PS256.
	Algorithm string
	// IDAlgorithm signs ID tokens: RS256, which every OpenID client knows, ES256 or PS256.
	IDAlgorithm string
	// PasswordClients are the clients, by application id, that may use the password grant in
	// production tenants; in development all may that need no secret or have proved theirs.
	PasswordClients []guid.ID
	// Lifetime is how long an access token lives at most, 10 to 90 minutes.
	Lifetime time.Duration
	// RotateEvery is how long a signing key signs.
	RotateEvery time.Duration
}

// DefaultSettings serve url.
func DefaultSettings(url string) Settings {
	return Settings{PublicURL: url, Algorithm: string(jose.ES256), IDAlgorithm: string(jose.RS256), Lifetime: time.Hour, RotateEvery: 90 * 24 * time.Hour}
}

// The bounds of settings. announce is how long a key set may be cached by others.
const (
	minLifetime = 10 * time.Minute
	maxLifetime = 90 * time.Minute
	announce    = 48 * time.Hour
)

// Check reports which setting cannot be used, or nil.
func (s Settings) Check() error {
	u, err := url.Parse(s.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("public URL %q is not an http(s) address", s.PublicURL)
	case u.Scheme+"://"+u.Host != s.PublicURL || strings.ToLower(s.PublicURL) != s.PublicURL:
		return fmt.Errorf("public URL %q is more than scheme, lower-case host and port", s.PublicURL)
	case !slices.Contains(algorithms, jose.SignatureAlgorithm(s.Algorithm)):
		return fmt.Errorf("tokens cannot be signed with %q, only with %v", s.Algorithm, algorithms)
	case !slices.Contains(algorithms, jose.SignatureAlgorithm(s.IDAlgorithm)):
		return fmt.Errorf("ID tokens cannot be signed with %q, only with %v", s.IDAlgorithm, algorithms)
	case s.Lifetime < minLifetime || s.Lifetime > maxLifetime:
		return fmt.Errorf("access tokens live %s; they must live %s to %s", s.Lifetime, minLifetime, maxLifetime)
	case s.RotateEvery < 2*announce:
		return fmt.Errorf("signing keys change every %s; they must be kept for %s", s.RotateEvery, 2*announce)
	}
	return nil
}

// rotation is how signing keys for one purpose follow one another. A key is kept for the longest lifetime
// that any setting allows, so that a setting made shorter does not void older tokens.
func (s Settings) rotation(purpose string) Rotation {
	algorithm := s.Algorithm
	if purpose == forIDs {
		algorithm = s.IDAlgorithm
	}
	return Rotation{Algorithm: algorithm, Period: s.RotateEvery, Ahead: announce, Keep: maxLifetime + skew}
}

// host is the public address without its scheme.
func (s Settings) host() string {
	_, host, _ := strings.Cut(s.PublicURL, "://")
	return host
}

// issuer is the issuer of the tenant's tokens.
func (s Settings) issuer(tenant guid.ID) string { return s.PublicURL + "/" + tenant.String() + "/v2.0" }

// resource reports whether name is a name of Graph's, the one resource that tokens are for:
// its address in the public cloud, its application id, or our own address. Scheme and host
// are compared without case, and some clients write a slash behind it.
func (s Settings) resource(name string) bool {
	name = strings.TrimSuffix(name, "/")
	return strings.EqualFold(name, graphURL) || strings.EqualFold(name, s.PublicURL) || strings.EqualFold(name, GraphAppID.String())
}
