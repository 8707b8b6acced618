package oauth

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/store"
)

// A request is one request to the token endpoint, as far as the steps that all grants share
// have come with it.
type request struct {
	http   *http.Request
	form   url.Values
	name   string // of the tenant, as the path has it
	tenant *store.Tenant
	creds  credentials
	client party  // who asks
	proof  string // how it has proved itself
	until  until  // what of its proof ends when
}

// ctx is the request's context.
func (q *request) ctx() context.Context { return q.http.Context() }

// A grantType is one way to a token. Open ones are also for clients that cannot keep a
// secret.
type grantType struct {
	run  func(s *Server, q *request) (tokenBody, *failure)
	open bool
}

// grantTypes are those that are served, by the names that clients ask for them with; the
// device grant has two (clients.md). The steps before them are the same for all.
var grantTypes map[string]grantType

// The map's functions answer discovery, which reads the map.
func init() {
	device := grantType{(*Server).deviceCode, true}
	grantTypes = map[string]grantType{
		"client_credentials": {(*Server).clientCredentials, false},
		"authorization_code": {(*Server).authorizationCode, true},
		"refresh_token":      {(*Server).refreshToken, true},
		"password":           {(*Server).password, true},
		"device_code":        device,
		"urn:ietf:params:oauth:grant-type:device_code": device,
		"urn:ietf:params:oauth:grant-type:jwt-bearer":  {(*Server).onBehalfOf, false},
	}
}

// tokenBody is a token on the wire. The scope of an app-only token is left out: it may be,
// and MSAL Go takes one that lacks what it asked for as a refusal (clients.md).
type tokenBody struct {
	Type       string `json:"token_type"`
	Scope      string `json:"scope,omitempty"`
	Seconds    int64  `json:"expires_in"`
	Extended   int64  `json:"ext_expires_in"`
	Access     string `json:"access_token"`
	Refresh    string `json:"refresh_token,omitempty"`
	ID         string `json:"id_token,omitempty"`
	ClientInfo string `json:"client_info,omitempty"`
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
	g, ok := grantTypes[wanted]
	if !ok {
		return tokenBody{}, unsupportedGrant(wanted)
	}
	q := &request{http: r, form: form, name: name}
	if q.creds, f = readCredentials(r, form); f != nil {
		return tokenBody{}, f
	}
	if !q.creds.proves() && !g.open {
		return tokenBody{}, noSecret()
	}
	if q.tenant, f = s.tenantMeant(q); f != nil {
		return tokenBody{}, f
	}
	if f := s.admit(q); f != nil {
		return tokenBody{}, f
	}
	return g.run(s, q)
}

// tenantMeant is the tenant of the path. Under a shared name it is the one that what the
// client shows is of: its code, its refresh token, or the user's domain.
func (s *Server) tenantMeant(q *request) (*store.Tenant, *failure) {
	if !shared(q.name) {
		return s.tenantNamed(q.ctx(), q.name)
	}
	for _, field := range []string{"code", "refresh_token", "device_code"} {
		if id, ok := tenantWithin(q.form.Get(field)); ok {
			return s.tenantNamed(q.ctx(), id.String())
		}
	}
	if _, domain, ok := strings.Cut(q.form.Get("username"), "@"); ok {
		if t, err := s.byDomain(q.ctx(), strings.ToLower(domain)); err == nil && t != nil {
			return t, nil
		}
	}
	return s.tenantNamed(q.ctx(), q.name)
}

// idSize is how many bytes of a code say whose it is.
const idSize = len(guid.ID{})

// marked is a fresh secret that says which ids it belongs to: the tenant, and for a refresh
// token its family. That is no secret, and nothing is believed because of it.
func (s *Server) marked(ids ...guid.ID) string {
	b := make([]byte, 0, len(ids)*idSize+handleSize)
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	b = b[:len(b)+handleSize]
	_, _ = s.env.Read(b[len(b)-handleSize:])
	return base64.RawURLEncoding.EncodeToString(b)
}

// marks are the ids in what marked has made with count of them.
func marks(text string, count int) (ids []guid.ID, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(bounded(text))
	if err != nil || len(b) != count*idSize+handleSize {
		return nil, false
	}
	for i := range count {
		ids = append(ids, guid.ID(b[i*idSize:]))
	}
	return ids, true
}

// tenantWithin is the tenant that a code or a refresh token says it is of.
func tenantWithin(text string) (guid.ID, bool) {
	for _, count := range []int{1, 2} {
		if ids, ok := marks(text, count); ok {
			return ids[0], true
		}
	}
	return guid.ID{}, false
}

// credentials are what a client says it is, and its proof, if it gives one.
type credentials struct {
	client    guid.ID
	secret    string
	assertion string
}

// proves reports whether a proof was given.
func (c credentials) proves() bool { return c.secret != "" || c.assertion != "" }

// readCredentials takes a client's credentials from the form or from HTTP Basic, but not
// from both (RFC 6749, section 2.3). Basic's parts are form-encoded.
func readCredentials(r *http.Request, form url.Values) (credentials, *failure) {
	c := credentials{secret: form.Get("client_secret"), assertion: form.Get("client_assertion")}
	id := form.Get("client_id")
	if header := r.Header.Get("Authorization"); header != "" {
		user, password, ok := r.BasicAuth()
		name, err1 := url.QueryUnescape(user)
		proof, err2 := url.QueryUnescape(password)
		if !ok || err1 != nil || err2 != nil {
			return c, malformed("The Authorization header is not a well-formed Basic one.")
		}
		if c.proves() || id != "" && !strings.EqualFold(id, name) {
			return c, malformed("The client's credentials are given in more than one way.")
		}
		id, c.secret = name, proof
	}
	if c.secret != "" && c.assertion != "" {
		return c, malformed("The client's credentials are given in more than one way.")
	}
	if c.assertion != "" && form.Get("client_assertion_type") != assertionType {
		return c, malformed("The client_assertion_type is not served.")
	}
	// What is not a GUID is no client's id; it goes on as one that nobody has.
	c.client, _ = guid.Parse(id)
	if id == "" && c.assertion != "" {
		c.client, _ = assertedClient(c.assertion)
	} else if id == "" {
		return c, lacking("client_id")
	}
	return c, nil
}
