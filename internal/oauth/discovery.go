package oauth

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// metadata is the openid-configuration document: what is served, and nothing else.
type metadata struct {
	TokenEndpoint  string   `json:"token_endpoint"`
	AuthMethods    []string `json:"token_endpoint_auth_methods_supported"`
	AuthSigning    []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Keys           string   `json:"jwks_uri"`
	ResponseModes  []string `json:"response_modes_supported"`
	SubjectTypes   []string `json:"subject_types_supported"`
	IDTokenSigning []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes  []string `json:"response_types_supported"`
	Scopes         []string `json:"scopes_supported"`
	GrantTypes     []string `json:"grant_types_supported"`
	Challenges     []string `json:"code_challenge_methods_supported"`
	Prompts        []string `json:"prompt_values_supported"`
	Issuer         string   `json:"issuer"`
	RequestURI     bool     `json:"request_uri_parameter_supported"`
	ClaimsParam    bool     `json:"claims_parameter_supported"`
	UserInfo       string   `json:"userinfo_endpoint"`
	Authorization  string   `json:"authorization_endpoint"`
	Device         string   `json:"device_authorization_endpoint"`
	EndSession     string   `json:"end_session_endpoint"`
	FrontChannel   bool     `json:"frontchannel_logout_supported"`
	FrontSession   bool     `json:"frontchannel_logout_session_supported"`
	Claims         []string `json:"claims_supported"`
	Region         *string  `json:"tenant_region_scope"`
	Cloud          string   `json:"cloud_instance_name"`
	GraphHost      string   `json:"cloud_graph_host_name"`
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
		TokenEndpoint: base + "/oauth2/v2.0/token",
		AuthMethods:   []string{"client_secret_post", "client_secret_basic", "private_key_jwt", "none"},
		AuthSigning:   []string{"PS256", "RS256"},
		Keys:          base + "/discovery/v2.0/keys", ResponseModes: []string{modeQuery, modeFragment, modePost}, SubjectTypes: []string{"public"},
		IDTokenSigning: []string{s.set.IDAlgorithm}, ResponseTypes: []string{"code"}, Scopes: standing,
		GrantTypes: slices.Sorted(maps.Keys(grantTypes)), Challenges: []string{"S256"},
		Prompts: []string{promptNone, promptLogin, promptSelect, promptConsent},
		Issuer:  issuer, ClaimsParam: true, UserInfo: s.set.PublicURL + "/oidc/userinfo",
		Authorization: base + "/oauth2/v2.0/authorize", Device: base + "/oauth2/v2.0/devicecode",
		EndSession: base + "/oauth2/v2.0/logout", FrontChannel: true, FrontSession: true,
		Claims: []string{
			"sub", "iss", "aud", "exp", "iat", "auth_time", "acrs", "amr", "nonce", "preferred_username", "name", "tid", "oid", "ver", "sid", "email", "login_hint",
		},
		Cloud: s.set.host(), GraphHost: s.set.host(), Graph: s.set.host(),
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
	if err == nil && keys.currentFor(forIDs, s.env.Now()) == nil {
		keys, err = s.completeRing(r.Context(), t)
	}
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

// publish answers with a document that is the same for everyone and may be kept a while:
// far shorter than keys are announced.
func (s *Server) publish(w http.ResponseWriter, document any) {
	s.answer(w, http.StatusOK, "public, max-age=3600", document)
}
