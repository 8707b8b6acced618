package oauth

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/store"
)

// A grantType is one way to a token, by the name that a client asks for it with.
type grantType func(s *Server, ctx context.Context, t *store.Tenant, c credentials, form url.Values) (tokenBody, *failure)

// grantTypes are those that are served. The steps before them are the same for all: the
// form is read, its tenant found and the client's credentials taken out.
var grantTypes = map[string]grantType{
	"client_credentials": (*Server).clientCredentials,
}

// tokenBody is a token on the wire. The scope is left out: for app-only tokens it may be,
// and MSAL Go takes one that lacks what it asked for as a refusal (clients.md).
type tokenBody struct {
	Type     string `json:"token_type"`
	Seconds  int64  `json:"expires_in"`
	Extended int64  `json:"ext_expires_in"`
	Access   string `json:"access_token"`
}

// token is the token endpoint.
func (s *Server) token(w http.ResponseWriter, r *http.Request, name string) {
	body, f := s.grant(r, name)
	if f != nil {
		s.refuse(w, r, f)
		return
	}
	s.answer(w, http.StatusOK, private, body)
}

// grant runs the steps of a token request.
func (s *Server) grant(r *http.Request, name string) (tokenBody, *failure) {
	form, f := readForm(r)
	if f != nil {
		return tokenBody{}, f
	}
	wanted := form.Get("grant_type")
	if wanted == "" {
		return tokenBody{}, lacking("grant_type")
	}
	issue, ok := grantTypes[wanted]
	if !ok {
		return tokenBody{}, unsupportedGrant(wanted)
	}
	c, f := readCredentials(r, form)
	if f != nil {
		return tokenBody{}, f
	}
	t, f := s.tenantNamed(r.Context(), name)
	if f != nil {
		return tokenBody{}, f
	}
	return issue(s, r.Context(), t, c, form)
}

// credentials are what a client says it is, and its proof.
type credentials struct {
	client guid.ID
	secret string
}

// readCredentials takes a client's credentials from the form or from HTTP Basic, but not
// from both (RFC 6749, section 2.3). Basic's parts are form-encoded.
func readCredentials(r *http.Request, form url.Values) (credentials, *failure) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if header := r.Header.Get("Authorization"); header != "" {
		user, password, ok := r.BasicAuth()
		name, err1 := url.QueryUnescape(user)
		proof, err2 := url.QueryUnescape(password)
		if !ok || err1 != nil || err2 != nil {
			return credentials{}, malformed("The Authorization header is not a well-formed Basic one.")
		}
		if secret != "" || id != "" && !strings.EqualFold(id, name) {
			return credentials{}, malformed("The client's credentials are given in more than one way.")
		}
		id, secret = name, proof
	}
	if id == "" {
		return credentials{}, lacking("client_id")
	}
	if secret == "" {
		return credentials{}, noSecret()
	}
	// What is not a GUID is no client's id; it goes on as one that nobody has.
	client, _ := guid.Parse(id)
	return credentials{client, secret}, nil
}

// resourceOf is the one resource that an app-only request is for, from a scope such as
// https://graph.microsoft.com/.default; OpenID's own scopes beside it mean nothing here.
func (s *Server) resourceOf(scope string, tenant guid.ID) (string, *failure) {
	if strings.TrimSpace(scope) == "" {
		return "", lacking("scope")
	}
	if len(splitScopes(scope)) > maxScopes {
		return "", badScope(scope)
	}
	names := asked(scope)
	if len(names) != 1 {
		return "", badScope(scope)
	}
	resource, ok := strings.CutSuffix(names[0], "/.default")
	if !ok {
		return "", badScope(names[0])
	}
	if !s.set.resource(resource) {
		return "", unknownResource(resource, tenant)
	}
	return strings.TrimSuffix(resource, "/"), nil
}
