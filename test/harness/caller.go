package harness

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"ephor/internal/oauth"
	"ephor/internal/signin"
)

// A Caller asks with one token.
type Caller struct {
	Token string
	house *House
	head  http.Header
}

// As is a person who has signed in with password and second factor, through a client that
// asked for these scopes; without any, for all there are.
func (h *House) As(name string, scopes ...string) *Caller {
	h.t.Helper()
	return h.by([]string{signin.Password, signin.MultiFactor}, name, scopes)
}

// AsByPassword is As for who has signed in with the password alone.
func (h *House) AsByPassword(name string, scopes ...string) *Caller {
	h.t.Helper()
	return h.by([]string{signin.Password}, name, scopes)
}

func (h *House) by(methods []string, name string, scopes []string) *Caller {
	h.t.Helper()
	in := oauth.SignIn{User: h.ID(name), Client: appID(console), Methods: methods}
	if len(scopes) > 0 {
		in.Scopes = scopes
	}
	token, err := h.server.tokens.UserToken(h.t.Context(), h.Tenant, in)
	if err != nil {
		h.t.Fatalf("token for %s: %v", name, err)
	}
	return h.Bearing(token.Access)
}

// AsClient is a client of the seed, acting for itself.
func (h *House) AsClient(name string) *Caller {
	h.t.Helper()
	token, err := h.server.tokens.ClientToken(h.t.Context(), h.Tenant, h.ID(name+".appId"))
	if err != nil {
		h.t.Fatalf("token for %s: %v", name, err)
	}
	return h.Bearing(token.Access)
}

// Bearing is whoever has the token.
func (h *House) Bearing(token string) *Caller {
	return &Caller{Token: token, house: h, head: http.Header{"Authorization": {"Bearer " + token}}}
}

// With is the caller sending one more header.
func (c *Caller) With(name, value string) *Caller {
	next := *c
	next.head = c.head.Clone()
	next.head.Set(name, value)
	return &next
}

// Do sends a request to a path below /v1.0, or to one that begins with /beta. Body is JSON,
// "" for none.
func (c *Caller) Do(method, path, body string) Answer {
	c.house.t.Helper()
	path = c.house.fill(path)
	link, isLink := strings.CutPrefix(path, URL)
	if isLink { // escaped as it stands
		path = link
	} else if !strings.HasPrefix(path, "/beta/") {
		path = "/v1.0" + path
	}
	raw, query, _ := strings.Cut(path, "?")
	if plain, err := url.PathUnescape(raw); isLink && err == nil {
		raw = plain
	}
	target := (&url.URL{Path: raw, RawQuery: strings.ReplaceAll(query, " ", "%20")}).RequestURI()
	r := httptest.NewRequestWithContext(c.house.t.Context(), method, target, strings.NewReader(c.house.fill(body)))
	r.Header = c.head.Clone()
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.house.server.graph.ServeHTTP(w, r)
	return Answer{Status: w.Code, Header: w.Header(), Text: w.Body.String()}
}

// Want is Do, and fails the test unless the answer has that status.
func (c *Caller) Want(status int, method, path, body string) Answer {
	c.house.t.Helper()
	a := c.Do(method, path, body)
	if a.Status != status {
		c.house.t.Fatalf("%s %s = %d %s, want %d", method, path, a.Status, a.Text, status)
	}
	return a
}

// Refused is Want for a refusal: it fails the test if anything in the tenant has changed.
func (c *Caller) Refused(status int, method, path, body string) Answer {
	c.house.t.Helper()
	before := c.house.Version()
	a := c.Want(status, method, path, body)
	if after := c.house.Version(); after != before {
		c.house.t.Fatalf("%s %s was refused, but took the tenant from version %v to %v", method, path, before, after)
	}
	return a
}

// fill puts ids in the place of names in braces.
func (h *House) fill(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	for name, id := range h.ids {
		text = strings.ReplaceAll(text, "{"+name+"}", id.String())
	}
	return text
}

// An Answer is a response with its body.
type Answer struct {
	Status int
	Header http.Header
	Text   string
}

// Get is the value at a path of member names through the JSON body, nil where there is
// none.
func (a Answer) Get(path ...string) any {
	var v any
	if json.Unmarshal([]byte(a.Text), &v) != nil {
		return nil
	}
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}

// Str is Get for text, "" where there is none.
func (a Answer) Str(path ...string) string {
	s, _ := a.Get(path...).(string)
	return s
}

// Values are the rows of a collection.
func (a Answer) Values() []map[string]any {
	var page struct{ Value []map[string]any }
	if json.Unmarshal([]byte(a.Text), &page) != nil {
		return nil
	}
	return page.Value
}

// Code is the code of a refusal.
func (a Answer) Code() string { return a.Str("error", "code") }
