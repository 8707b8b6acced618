package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// How a client proved itself (azpacr).
const (
	ProofNone        = "0"
	ProofSecret      = "1"
	ProofCertificate = "2"
)

// A Grant is what a token is to say.
type Grant struct {
	Type     string  // AppToken or UserToken
	Object   guid.ID // the user, or the client's service principal
	Client   guid.ID // the client's application id
	App      string  // its display name
	Proof    string
	Name     string // the user's display name
	UPN      string
	Scopes   []string  // delegated permissions, or in an app token application permissions
	Roles    []guid.ID // active directory roles, by template id
	AppRoles []string  // of the API that a user's token is for
	AMR      []string
	Session  guid.ID // zero for none
	Audience string  // as the client named the resource
	// Capabilities are the client's own (xms_cc): "cp1" for one that can answer a claims
	// challenge.
	Capabilities []string
	Contexts     []string // authentication contexts that the session satisfied (acrs)
	Stamp        Stamp
	// Until is when the first of what the token carries ends; when.Never if nothing does.
	Until when.Instant
}

// A Token is an access token as its endpoint hands it out.
type Token struct {
	Access  string
	Expires when.Instant
	Seconds int64 // expires_in
}

// errEnded says that what a token is to carry ends too soon for a token.
var errEnded = errors.New("what it would carry ends")

// claims writes g down at now. Its end is a whole second and not after g.Until.
func (s Settings) claims(tenant guid.ID, g Grant, id string, now when.Instant) (Claims, error) {
	end := min(seconds(now.Add(s.Lifetime)), seconds(min(g.Until, now.Add(s.Lifetime))))
	start := seconds(now)
	if fromSeconds(end) <= now {
		return Claims{}, fmt.Errorf("mint token: %w at %s", errEnded, g.Until)
	}
	c := Claims{
		Audience: g.Audience, Issuer: s.issuer(tenant), Issued: start, After: start, Expires: end,
		Contexts: g.Contexts, AMR: g.AMR, AppName: g.App, AppID: g.Client, Party: g.Client, Proof: g.Proof, Type: g.Type,
		Name: g.Name, Object: g.Object, Subject: g.Object.String(), Tenant: tenant,
		UniqueName: g.UPN, UPN: g.UPN, ID: id, Version: "2.0", Capabilities: g.Capabilities, Stamp: g.Stamp,
	}
	if g.Type == UserToken {
		c.Scopes, c.Roles = strings.Join(g.Scopes, " "), g.AppRoles
	} else {
		c.Roles = g.Scopes
	}
	for _, role := range g.Roles {
		c.WIDs = append(c.WIDs, role.String())
	}
	if !g.Session.IsZero() {
		c.Session = g.Session.String()
	}
	return c, nil
}

// Mint signs a token that says g, with the tenant's current key.
func (s *Server) Mint(ctx context.Context, t *store.Tenant, g Grant) (Token, error) {
	keys, err := s.keysOf(ctx, t)
	if err != nil {
		return Token{}, err
	}
	now := s.env.Now()
	key := keys.currentFor(forAccess, now)
	if key == nil {
		return Token{}, fmt.Errorf("mint token: no key of tenant %s signs at %s", t.ID(), now)
	}
	var id [16]byte
	_, _ = s.env.Read(id[:])
	c, err := s.set.claims(t.ID(), g, base64.RawURLEncoding.EncodeToString(id[:]), now)
	if err != nil {
		return Token{}, err
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	raw, err := key.sign(payload)
	if err != nil {
		return Token{}, err
	}
	if len(raw) > maxToken {
		return Token{}, fmt.Errorf("mint token: %d bytes are more than are accepted", len(raw))
	}
	end := fromSeconds(c.Expires)
	return Token{Access: raw, Expires: end, Seconds: int64(end.Sub(now) / time.Second)}, nil
}
