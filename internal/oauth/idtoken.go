package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/store"
)

// idClaims are what an ID token says (OpenID Core, 2; Entra's names). It is for the client
// alone: nothing is opened with it here.
type idClaims struct {
	Audience  guid.ID  `json:"aud"`
	Issuer    string   `json:"iss"`
	Issued    int64    `json:"iat"`
	After     int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	Contexts  []string `json:"acrs,omitempty"`
	AMR       []string `json:"amr,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
	Email     string   `json:"email,omitempty"`
	LoginHint string   `json:"login_hint,omitempty"`
	Name      string   `json:"name,omitempty"`
	Nonce     string   `json:"nonce,omitempty"`
	Object    guid.ID  `json:"oid"`
	Preferred string   `json:"preferred_username"`
	Session   string   `json:"sid,omitempty"`
	Subject   string   `json:"sub"`
	Tenant    guid.ID  `json:"tid"`
	ID        string   `json:"uti"`
	Version   string   `json:"ver"`
}

// idToken is an ID token that says who signed in.
func (s *Server) idToken(ctx context.Context, t *store.Tenant, i issue) (string, error) {
	keys, err := s.keysOf(ctx, t)
	if err == nil && keys.currentFor(forIDs, s.env.Now()) == nil {
		keys, err = s.completeRing(ctx, t)
	}
	if err != nil {
		return "", err
	}
	now := s.env.Now()
	key := keys.currentFor(forIDs, now)
	if key == nil {
		return "", fmt.Errorf("make ID token: no key of tenant %s signs at %s", t.ID(), now)
	}
	var id [16]byte
	_, _ = s.env.Read(id[:])
	c := idClaims{
		Audience: i.client.app, Issuer: s.set.issuer(t.ID()), Issued: seconds(now), After: seconds(now), Expires: seconds(now.Add(s.set.Lifetime)),
		Contexts: i.contexts, AMR: i.session.Methods(), AuthTime: seconds(i.session.AuthTime()), LoginHint: i.user.UPN,
		Name: i.user.DisplayName, Nonce: i.nonce, Object: i.user.ID, Preferred: i.user.UPN, Session: i.browser.String(),
		Subject: i.user.ID.String(), Tenant: t.ID(), ID: base64.RawURLEncoding.EncodeToString(id[:]), Version: "2.0",
	}
	if i.asked.Has("email") && strings.Contains(i.user.Profile.Mail, "@") {
		c.Email = i.user.Profile.Mail
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("make ID token: %w", err)
	}
	return key.sign(payload)
}
