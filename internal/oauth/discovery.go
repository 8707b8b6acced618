package oauth

import (
	"fmt"
	"net/http"
	"strings"
)

// metadata is the openid-configuration document: what is served, and nothing else. The
// lists that OpenID requires are there even while they are empty.
type metadata struct {
	TokenEndpoint  string   `json:"token_endpoint"`
	AuthMethods    []string `json:"token_endpoint_auth_methods_supported"`
	Keys           string   `json:"jwks_uri"`
	ResponseModes  []string `json:"response_modes_supported"`
	SubjectTypes   []string `json:"subject_types_supported"`
	IDTokenSigning []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes  []string `json:"response_types_supported"`
	GrantTypes     []string `json:"grant_types_supported"`
	Issuer         string   `json:"issuer"`
	Authorization  string   `json:"authorization_endpoint"`
	Graph          string   `json:"msgraph_host"`
}

// discovery answers with the document of a tenant. The shared names have one of their own,
// whose issuer is a pattern: clients put the token's tid into it.
func (s *Server) discovery(w http.ResponseWriter, r *http.Request, name string) {
	tenant, issuer := name, s.set.PublicURL+"/{tenantid}/v2.0"
	if !shared(name) {
		t, f := s.tenantNamed(r.Context(), name)
		if f != nil {
			s.refuse(w, r, f)
			return
		}
		tenant, issuer = t.ID().String(), s.set.issuer(t.ID())
	}
	base := s.set.PublicURL + "/" + tenant
	s.publish(w, metadata{
		TokenEndpoint: base + "/oauth2/v2.0/token", AuthMethods: []string{"client_secret_post", "client_secret_basic"},
		Keys: base + "/discovery/v2.0/keys", ResponseModes: []string{}, SubjectTypes: []string{"public"},
		IDTokenSigning: []string{}, ResponseTypes: []string{}, GrantTypes: []string{"client_credentials"},
		Issuer: issuer, Authorization: base + "/oauth2/v2.0/authorize", Graph: s.set.host(),
	})
}

// keySet answers with the public halves of the tenant's signing keys.
func (s *Server) keySet(w http.ResponseWriter, r *http.Request, name string) {
	t, f := s.tenantNamed(r.Context(), name)
	if f != nil {
		s.refuse(w, r, f)
		return
	}
	keys, err := s.keysOf(r.Context(), t)
	if err != nil {
		s.log.ErrorContext(r.Context(), "read signing keys", "tenant", t.ID(), "error", err)
		s.refuse(w, r, unavailable())
		return
	}
	s.publish(w, keys.public())
}

// instance tells MSAL that this host is an authority of its own, so that it does not go
// and ask Microsoft's.
func (s *Server) instance(w http.ResponseWriter, r *http.Request, name string) {
	if name != "common" {
		s.refuse(w, r, unknownTenant(name))
		return
	}
	type cloud struct {
		Network string   `json:"preferred_network"`
		Cache   string   `json:"preferred_cache"`
		Aliases []string `json:"aliases"`
	}
	host := s.set.host()
	s.publish(w, struct {
		Endpoint string  `json:"tenant_discovery_endpoint"`
		Version  string  `json:"api-version"`
		Metadata []cloud `json:"metadata"`
	}{
		s.set.PublicURL + "/" + s.authorityOf(r) + "/v2.0/.well-known/openid-configuration", "1.1",
		[]cloud{{host, host, []string{host}}},
	})
}

// authorityOf is the tenant's name in the address that an instance query asks about, or
// "common" when it asks about none of ours.
func (s *Server) authorityOf(r *http.Request) string {
	path, ours := strings.CutPrefix(r.URL.Query().Get("authorization_endpoint"), s.set.PublicURL+"/")
	name, _, _ := strings.Cut(path, "/")
	if !ours || name == "" || plain(name) != name {
		return "common"
	}
	return name
}

// authorize is where people will sign in. MSAL wants its address even for a client secret,
// so it is there; it says what is the case and redirects nowhere.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, name string) {
	if _, f := s.tenantNamed(r.Context(), name); f != nil && !shared(name) {
		s.refuse(w, r, f)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusNotImplemented)
	_, _ = fmt.Fprint(w, authorizePage)
}

const authorizePage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign-in is not available</title></head>
<body><h1>Sign-in is not available</h1>
<p>This server does not sign people in yet. Applications can get a token with a client secret.</p></body></html>
`

// publish answers with a document that is the same for everyone and may be kept a while:
// far shorter than keys are announced.
func (s *Server) publish(w http.ResponseWriter, document any) {
	s.answer(w, http.StatusOK, "public, max-age=3600", document)
}
