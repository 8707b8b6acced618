package oauth

import (
	"crypto/rsa"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// assertionType is the client_assertion_type that is served (RFC 7523).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionAlgorithms are those of Entra's certificate credentials. No symmetric one is
// among them, so no public key can be taken for a secret.
var assertionAlgorithms = []jose.SignatureAlgorithm{jose.PS256, jose.RS256}

// The bounds of an assertion. MSAL makes one that lives ten minutes and uses it again.
const (
	maxAssertion     = 16 << 10 // bytes
	maxAssertionLife = 24 * when.Hour
)

// An assertion is a client's signed statement of who it is.
type assertion struct {
	Audience audiences `json:"aud"`
	Issuer   string    `json:"iss"`
	Subject  string    `json:"sub"`
	ID       string    `json:"jti"`
	After    int64     `json:"nbf"`
	Expires  int64     `json:"exp"`
}

// audiences are what aud holds: one text, or several.
type audiences []string

// UnmarshalJSON reads either form.
func (a *audiences) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// Why an assertion is refused: the log says which.
var errAssertion = errors.New("client assertion")

// assertedClient is the client that an unproven assertion says it is of.
func assertedClient(raw string) (guid.ID, error) {
	jws, err := parseAssertion(raw)
	if err != nil {
		return guid.ID{}, err
	}
	var a assertion
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &a); err != nil {
		return guid.ID{}, fmt.Errorf("%w: claims: %w", errAssertion, err)
	}
	id, _ := guid.Parse(a.Subject)
	return id, nil
}

func parseAssertion(raw string) (*jose.JSONWebSignature, error) {
	if len(raw) > maxAssertion {
		return nil, fmt.Errorf("%w: %d bytes", errAssertion, len(raw))
	}
	jws, err := jose.ParseSignedCompact(raw, assertionAlgorithms)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAssertion, err)
	}
	return jws, nil
}

// asserts checks that raw is signed with one of the client's certificates, for this server,
// and good at now, on the machine's clock. Certificates are shown, and so live, on the
// tenant's clock, which is tenantNow. It answers with the certificate.
func (s Settings) asserts(raw string, client guid.ID, keys []directory.Key, at place, now, tenantNow when.Instant) (directory.Key, error) {
	jws, err := parseAssertion(raw)
	if err != nil {
		return directory.Key{}, err
	}
	key, payload, err := signedBy(jws, keys, tenantNow)
	if err != nil {
		return directory.Key{}, err
	}
	var a assertion
	if err := json.Unmarshal(payload, &a); err != nil {
		return directory.Key{}, fmt.Errorf("%w: claims: %w", errAssertion, err)
	}
	return key, s.judgeAssertion(&a, client, at, now)
}

// judgeAssertion checks what a proven assertion says.
func (s Settings) judgeAssertion(a *assertion, client guid.ID, at place, now when.Instant) error {
	end := fromSeconds(a.Expires)
	switch {
	case !strings.EqualFold(a.Issuer, client.String()) || !strings.EqualFold(a.Subject, client.String()):
		return fmt.Errorf("%w: issuer or subject", errAssertion)
	case !slices.ContainsFunc(a.Audience, func(aud string) bool { return s.tokenAudience(aud, at) }):
		return fmt.Errorf("%w: audience", errAssertion)
	case a.Expires == 0 || end <= now:
		return fmt.Errorf("%w: expired", errAssertion)
	case end-now > maxAssertionLife:
		return fmt.Errorf("%w: it lives too long", errAssertion)
	case now+5*when.Minute < fromSeconds(a.After):
		return fmt.Errorf("%w: not valid yet", errAssertion)
	}
	return nil
}

// A place is the tenant that a request is for, and the name that the request's path gave it.
type place struct {
	tenant guid.ID
	named  string
}

// tokenAudience reports whether aud is the token endpoint that the request came to, by the
// tenant's id or the name that it was called by, or the tenant's issuer.
func (s Settings) tokenAudience(aud string, at place) bool {
	rest, ours := strings.CutPrefix(aud, s.PublicURL+"/")
	if !ours {
		return false
	}
	name, path, _ := strings.Cut(rest, "/")
	if id, _ := guid.Parse(name); id != at.tenant && !strings.EqualFold(name, at.named) {
		return false
	}
	switch strings.ToLower(strings.Trim(path, "/")) {
	case "oauth2/v2.0/token", "oauth2/token", "v2.0":
		return true
	}
	return false
}

// signedBy is the certificate that the header names, if it is the client's and has signed.
func signedBy(jws *jose.JSONWebSignature, keys []directory.Key, now when.Instant) (directory.Key, []byte, error) {
	h := jws.Signatures[0].Protected
	for _, k := range keys {
		cert, err := signin.ReadCertificate(k.Certificate)
		if err != nil || !names(h, &cert) || k.Start > now || now >= k.End {
			continue
		}
		public, ok := cert.Public.(*rsa.PublicKey)
		if !ok {
			continue
		}
		payload, err := jws.Verify(public)
		if err != nil {
			return k, nil, fmt.Errorf("%w: signature", errAssertion)
		}
		return k, payload, nil
	}
	return directory.Key{}, nil, fmt.Errorf("%w: no such certificate", errAssertion)
}

// names reports whether a header names the certificate: by x5t#S256, x5t, or a kid that is
// the thumbprint in hexadecimal.
func names(h jose.Header, c *signin.Certificate) bool {
	text := func(name jose.HeaderKey) string { s, _ := h.ExtraHeaders[name].(string); return s }
	return equalText(text("x5t#S256"), base64.RawURLEncoding.EncodeToString(c.SHA256[:])) ||
		equalText(text("x5t"), base64.RawURLEncoding.EncodeToString(c.SHA1[:])) ||
		equalText(strings.ToLower(h.KeyID), hex.EncodeToString(c.SHA1[:]))
}

// either turns base64's standard alphabet, in which MSAL Go writes thumbprints, into the one
// of URLs, which RFC 7515 asks for.
var either = strings.NewReplacer("+", "-", "/", "_", "=", "")

// equalText compares a thumbprint, in either of base64's alphabets, with ours.
func equalText(given, ours string) bool {
	return subtle.ConstantTimeCompare([]byte(either.Replace(given)), []byte(ours)) == 1
}
