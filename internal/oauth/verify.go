package oauth

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// maxToken bounds what is looked at as a token, in bytes. Our own have about 1,500.
const maxToken = 16 << 10

// skew is how far ahead another node's clock may be: twice the difference to the
// database's at which a node stops serving. A token's start is allowed that much; its end
// is allowed nothing, because a token may end with the grant that it carries.
const skew = time.Second

// Why a token is refused. The caller learns the class only, the log all of it.
var (
	errMissing   = errors.New("there is no token")
	errMalformed = errors.New("the token is not one")
	errForged    = errors.New("the token is not of this tenant's making")
	errExpired   = errors.New("the token has expired")
	errVoid      = errors.New("the token has been revoked")
)

// A verified token is one whose signature and fixed claims have been found good. It is
// kept, so it holds nothing that can be taken away: whether the key, the tenant's
// incarnation, the client, the user and the consent still stand is judged at each use.
type verified struct {
	Claims
	key     string       // id of the key that signed it
	asked   authz.Scopes // what the token was given for, at most
	session guid.ID      // zero for none
	proof   pim.Proof    // what the session had proved when the token was made
	// freshUntil is when the session's last second factor is no longer fresh.
	freshUntil when.Instant
}

// verify checks all of a token that cannot change: its signature by a key of the ring, and
// that issuer, tenant and audience are ours. Time is left to alive.
func (s Settings) verify(tenant guid.ID, keys *ring, jws *unproven) (*verified, error) {
	return s.verifyFor(tenant, keys, jws, s.resource)
}

// verifyFor is verify for the resource that audience knows the name of.
func (s Settings) verifyFor(tenant guid.ID, keys *ring, jws *unproven, audience func(string) bool) (*verified, error) {
	key := keys.find(jws.signature().Protected.KeyID)
	if key == nil || key.Purpose != forAccess {
		return nil, fmt.Errorf("%w: no such key", errForged)
	}
	payload, err := key.verify(jws)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForged, err)
	}
	v := &verified{key: key.ID}
	// This decoder refuses repeated members and members spelt in another case.
	if err := json.Unmarshal(payload, &v.Claims); err != nil {
		return nil, fmt.Errorf("%w: claims: %w", errMalformed, err)
	}
	if err := s.ours(tenant, v, audience); err != nil {
		return nil, err
	}
	return v, nil
}

// An unproven token has the form of one, and nothing is known of its signature.
type unproven struct {
	*jose.JSONWebSignature
	raw string // the compact form, which is what was signed, and behind its last dot the signature
}

// signature is its one signature, with what the header says.
func (u *unproven) signature() *jose.Signature { return &u.Signatures[0] }

// parse reads the compact form. A header may say no more than ours do: algorithm, key and
// type. Above all it brings no key of its own and no extension that we would have to know.
func parse(raw string) (*unproven, error) {
	if raw == "" {
		return nil, errMissing
	}
	if len(raw) > maxToken {
		return nil, fmt.Errorf("%w: %d bytes", errMalformed, len(raw))
	}
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	h := jws.Signatures[0].Protected
	if h.JSONWebKey != nil || h.Nonce != "" || len(h.ExtraHeaders) != 1 || h.ExtraHeaders[jose.HeaderType] != "JWT" {
		return nil, fmt.Errorf("%w: unexpected header", errMalformed)
	}
	return &unproven{jws, raw}, nil
}

// claimedTenant is the tenant that an unproven token says it is of. It only tells whose keys
// to try; verify compares it with the tenant whose keys they were. So it is looked for as our
// own tokens write it, which spares reading all claims before they are proven, and only
// where that fails they are read.
func claimedTenant(jws *unproven) (guid.ID, error) {
	payload := jws.UnsafePayloadWithoutVerification()
	if _, after, found := bytes.Cut(payload, []byte(`"tid":"`)); found && len(after) > idText {
		if id, ok := guid.Parse(string(after[:idText])); ok {
			return id, nil
		}
	}
	var c struct {
		Tenant guid.ID `json:"tid"`
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return guid.ID{}, fmt.Errorf("%w: claims: %w", errMalformed, err)
	}
	return c.Tenant, nil
}

// idText is how long an id is as text.
const idText = 36

// ours checks the claims that name who made the token and for whom, and that it is an
// access token as Mint makes them.
func (s Settings) ours(tenant guid.ID, v *verified, audience func(string) bool) error {
	c := &v.Claims
	switch {
	case c.Tenant != tenant || c.Issuer != s.issuer(tenant):
		return fmt.Errorf("%w: issuer", errForged)
	case !audience(c.Audience):
		return fmt.Errorf("%w: audience", errForged)
	case c.Object.IsZero() || c.Subject != c.Object.String() || c.AppID.IsZero() || c.Party != c.AppID:
		return fmt.Errorf("%w: subject", errForged)
	case c.Type != AppToken && c.Type != UserToken,
		c.Type == AppToken && (c.Scopes != "" || c.Session != ""),
		c.Type == UserToken && len(c.Roles) > 0 && !ofAnotherAPI(c.Audience):
		return fmt.Errorf("%w: type", errForged)
	case c.After > c.Expires || c.Expires-c.Issued > int64(maxLifetime/time.Second):
		return fmt.Errorf("%w: lifetime", errForged)
	}
	if c.Session != "" {
		var ok bool
		if v.session, ok = guid.Parse(c.Session); !ok {
			return fmt.Errorf("%w: session", errForged)
		}
	}
	names := c.Roles
	if c.Type == UserToken {
		names = splitScopes(c.Scopes)
	}
	v.asked, _ = authz.ParseScopes(names)
	return nil
}

// ofAnotherAPI reports whether a token for that audience is for an API that is not Graph.
func ofAnotherAPI(audience string) bool {
	id, ok := guid.Parse(audience)
	return ok && id != GraphAppID
}

// alive checks the token's own times against now, on the machine's clock.
func (v *verified) alive(now when.Instant) error {
	if now >= fromSeconds(v.Expires) {
		return errExpired
	}
	if now.Add(skew) < fromSeconds(v.After) {
		return fmt.Errorf("%w: it is not valid yet", errForged)
	}
	return nil
}

// fromSeconds is the instant of s, a time in Unix seconds. What lies outside the years
// that instants can hold is clamped.
func fromSeconds(s int64) when.Instant {
	const limit = int64(when.Never) / when.Second
	return when.Instant(max(-limit, min(limit, s)) * when.Second)
}
