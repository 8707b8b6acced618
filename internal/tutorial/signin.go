package tutorial

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ephor/internal/env"
	"ephor/internal/signin"
)

// A person is somebody who signs in as people do: in a browser, with a password and an
// authenticator app.
type person struct {
	browser  *Browser
	password string // the present one
	seed     []byte // of the app, once it is registered
}

// The passwords of the tutorial's new user: the one from the creation call, and the one that
// she chooses at her first sign-in.
const (
	initialPassword = "xWwvJ]6NMw+bWH-d"
	chosenPassword  = "mangrove-Lagoon-47"
)

const redirect = "http://localhost"

// signIn signs a person in to the public client with a second factor, as step 5 of the
// tutorial has it: the initial password is changed and, because the administrator has enabled
// multifactor authentication for them, an authenticator app is registered and its code proved. The answer is an access token.
func (c *Config) signIn(ctx context.Context, t tenant, client, upn string) (string, error) {
	e := env.System()
	b, err := c.browser()
	if err != nil {
		return "", err
	}
	p := person{browser: b, password: initialPassword}
	verifier := e.NewID().String() + e.NewID().String()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {client}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {"https://graph.microsoft.com/.default openid"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, "login_hint": {upn},
	}
	if err := b.Open(ctx, "/"+t.TenantID+"/oauth2/v2.0/authorize?"+q.Encode()); err != nil {
		return "", err
	}
	for range 10 { // pages; fewer lead to the end
		if b.Left != nil {
			return c.redeem(ctx, t, client, verifier, b.Left)
		}
		if err := p.step(ctx, upn, e); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("the sign-in does not end; it stands at %q", b.Page.Title)
}

// browser is one that knows the server by its own address, which its pages and cookies are
// for, and reaches it where the run does.
func (c *Config) browser() (*Browser, error) {
	public, err := url.Parse(c.Public)
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	return NewBrowser(&http.Client{Transport: detour{public.Host, to, c.Client.Transport}}, strings.TrimSuffix(c.Public, "/"))
}

// A detour sends what is for one host to another place.
type detour struct {
	host string
	to   *url.URL
	next http.RoundTripper
}

// RoundTrip sends one request.
func (d detour) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == d.host && d.host != d.to.Host {
		asked := r
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.Host = d.to.Scheme, d.to.Host, ""
		answer, err := d.next.RoundTrip(r)
		if err == nil {
			answer.Request = asked
		}
		return answer, err
	}
	return d.next.RoundTrip(r)
}

// step does what the page asks for.
func (p *person) step(ctx context.Context, upn string, e *env.Env) error {
	b := p.browser
	if b.Page.Error != "" {
		return fmt.Errorf("the page %q says: %s", b.Page.Title, b.Page.Error)
	}
	_, has := b.Page.Texts["key"]
	switch {
	case has:
		seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(b.Page.Texts["key"], " ", ""))
		if err != nil {
			return fmt.Errorf("read the key: %w", err)
		}
		p.seed = seed
		return b.Submit(ctx, "add-app", Field{"code", signin.Code(seed, e.Now())})
	case b.has("password"):
		return b.Submit(ctx, "password", Field{"username", upn}, Field{"password", p.password})
	case b.has("change"):
		p.password = chosenPassword
		return b.Submit(ctx, "change", Field{"newPassword", p.password}, Field{"confirmPassword", p.password})
	case b.Page.Texts["codes"] != "":
		return b.Open(ctx, b.Page.Links[len(b.Page.Links)-1])
	case b.has("consent"):
		return b.Submit(ctx, "consent")
	}
	return fmt.Errorf("the page %q asks for something that is not expected", b.Page.Title)
}

// has reports whether the page has a button of that value.
func (b *Browser) has(button string) bool {
	for _, f := range b.Page.Forms {
		for _, x := range f.Buttons {
			if x.Value == button {
				return true
			}
		}
	}
	return false
}

// redeem exchanges the code in an address for a token.
func (c *Config) redeem(ctx context.Context, t tenant, client, verifier string, left *url.URL) (string, error) {
	if failed := left.Query().Get("error_description"); failed != "" {
		return "", errors.New(failed)
	}
	form := url.Values{
		"client_id": {client}, "grant_type": {"authorization_code"}, "code": {left.Query().Get("code")}, "redirect_uri": {redirect}, "code_verifier": {verifier},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/"+t.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.Client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }() // what was wanted of it has been read
	var out struct {
		Access string `json:"access_token"`
		Why    string `json:"error_description"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		return "", fmt.Errorf("redeem the code: %w", err)
	}
	if out.Access == "" {
		return "", fmt.Errorf("redeem the code: %s", out.Why)
	}
	return out.Access, nil
}
