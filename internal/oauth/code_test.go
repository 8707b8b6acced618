package oauth

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
)

func TestCodeGivesTokensOfThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	session := b.signIn("pwd", "mfa")
	rec := b.authorize(ask())
	got := answered(t, rec)
	if !strings.HasPrefix(rec.Header().Get("Location"), "http://localhost:5000?") || got.Get("state") != "the state" ||
		got.Get("client_info") != "eyJ1aWQiOiJhMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDMiLCJ1dGlkIjoiODQ4NDEwNjYtMjc0ZC00ZWMwLWE1YzEtMjc2YmU2ODRiZGQzIn0" {
		t.Fatalf("answered %v", got)
	}
	body := w.tokens(redemption(got.Get("code")))
	if body.Scope != "openid profile User.Read" || body.Refresh == "" || body.ClientInfo != got.Get("client_info") || body.Seconds != 3600 {
		t.Errorf("answer %+v", body)
	}
	c, _, err := w.server.Authenticate(t.Context(), body.Access, "")
	if err != nil || c.AppOnly || c.Principal != (directory.Ref{ID: ada, Kind: directory.KindUser}) || c.AppID != native || !c.Proof.MFA ||
		!slices.Equal(c.Scopes.Names(), []string{"User.Read", "openid", "profile"}) {
		t.Errorf("caller %+v, %v", c, err)
	}
	for name, want := range map[string]any{"upn": "ada@contoso.com", "oid": ada.String(), "tid": contoso.String(), "idtyp": "user", "scp": "User.Read openid profile", "azpacr": "0"} {
		if got := claimsIn(t, body.Access)[name]; got != want {
			t.Errorf("access token: %s is %v, want %v", name, got, want)
		}
	}
	checkIDToken(t, w, body.ID, session.ID)
}

// checkIDToken verifies an ID token as a stranger would.
func checkIDToken(t *testing.T, w *world, raw string, session guid.ID) {
	t.Helper()
	var keys jose.JSONWebKeySet
	w.get("/contoso.com/discovery/v2.0/keys", &keys)
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify(keys); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"aud": native.String(), "iss": set.issuer(contoso), "nonce": "the nonce", "oid": ada.String(), "tid": contoso.String(), "sid": session.String(),
		"preferred_username": "ada@contoso.com", "sub": ada.String(), "ver": "2.0", "auth_time": float64(seconds(noon)),
	} {
		if got := claimsIn(t, raw)[name]; got != want {
			t.Errorf("ID token: %s is %v, want %v", name, got, want)
		}
	}
	w.refused("an ID token at Graph", raw, "", sayForeign)
}

func TestAttackReplayedCodeEndsAllThatItGave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	code := b.code(ask())
	body := w.tokens(redemption(code))
	w.accepted("before", body.Access)
	w.denied("the code again", redemption(code), 54005)
	w.refused("its access token", body.Access, "", sayOver)
	w.denied("its refresh token", refreshing(body.Refresh), 50173)
	if again := w.tokens(redemption(b.code(ask()))); again.Access == "" {
		t.Error("the person cannot sign in again")
	}
}

func TestAttackCodeIsOfNoUseToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	for name, c := range map[string]struct {
		change []string
		code   int
	}{
		"another client's":         {[]string{"client_id", spa.String()}, 70000},
		"a client with its secret": {[]string{"client_id", client.String(), "client_secret", secretText}, 70000},
		"another address":          {[]string{"redirect_uri", "http://localhost:6000"}, 500112},
		"no verifier":              {[]string{"code_verifier", ""}, 501481},
		"another verifier":         {[]string{"code_verifier", verifier + "x"}, 501481},
		"the challenge itself":     {[]string{"code_verifier", challengeOf(verifier)}, 501481},
	} {
		code := b.code(ask())
		w.denied(name, redemption(code, c.change...), c.code)
		w.denied(name+", then the right one", redemption(code), 54005)
	}
	code := b.code(ask())
	w.turn(codeLife)
	w.denied("a late code", redemption(code), 70008)
	w.denied("a made-up code", redemption("x"), 70000)
	w.denied("a code with a letter changed", redemption("A"+b.code(ask())[1:]), 70000)
}

func TestAttackMixUpBetweenTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.newTenant(fabrikam, "fabrikam.com")
	b := w.browser()
	b.signIn("pwd")
	code := b.code(ask())
	if rec := w.ask("fabrikam.com", redemption(code)); rec.Code != 400 || !strings.Contains(rec.Body.String(), "AADSTS70000") {
		t.Errorf("a code at another tenant: %d %s", rec.Code, rec.Body)
	}
	body := w.tokens(redemption(code))
	if rec := w.ask("fabrikam.com", refreshing(body.Refresh)); rec.Code != 400 || !strings.Contains(rec.Body.String(), "AADSTS70000") {
		t.Errorf("a refresh token at another tenant: %d %s", rec.Code, rec.Body)
	}
	w.refused("a token at another tenant's path", body.Access, "fabrikam.com", sayForeign)
	rec := b.send("GET", "/fabrikam.com/oauth2/v2.0/authorize?"+ask("prompt", "none").Encode(), "")
	if got := answered(t, rec); got.Get("error") != "login_required" {
		t.Errorf("a session at another tenant: %v", got)
	}
	if next := w.ask("common", refreshing(body.Refresh)); next.Code != 200 {
		t.Errorf("the token says whose it is: %d %s", next.Code, next.Body)
	}
}

func TestAttackPKCECannotBeLeftOutOrWeakened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	for name, c := range map[string]struct {
		values url.Values
		error  string
	}{
		"left out":             {ask("code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"plain":                {ask("code_challenge_method", "plain", "code_challenge", verifier), "invalid_request"},
		"no method, so plain":  {ask("code_challenge_method", "", "code_challenge", verifier), "invalid_request"},
		"not a hash":           {ask("code_challenge", "x"), "invalid_request"},
		"method and no number": {ask("code_challenge", ""), "invalid_request"},
	} {
		if got := answered(t, b.authorize(c.values)); got.Get("error") != c.error || got.Get("code") != "" || got.Get("state") != "the state" {
			t.Errorf("%s: %v", name, got)
		}
	}
	web := ask("client_id", client.String(), "redirect_uri", webURI, "code_challenge", "", "code_challenge_method", "")
	w.denied("a verifier for a code without a challenge",
		redemption(b.code(web), "client_id", client.String(), "client_secret", secretText, "redirect_uri", webURI), 501481)
	w.denied("a web server's code without its secret",
		redemption(b.code(web), "client_id", client.String(), "redirect_uri", webURI, "code_verifier", ""), 7000218)
	w.tokens(redemption(b.code(web), "client_id", client.String(), "client_secret", secretText, "redirect_uri", webURI, "code_verifier", ""))
}

func TestAttackNobodyIsSentToAForeignAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	for _, uri := range []string{
		"https://evil.example", "http://localhost.evil.example", "http://localhost@evil.example", "http://evil.example/http://localhost", "//evil.example",
		"http://localhost:5000/other", "https://localhost:5000", "http://localhost:99999", "http://localhost:5000#x", "http://localhost:5000?x=1", "javascript:alert(1)",
		"http://127.0.0.1:1/cb/../x", "http://127.0.0.1:1/CB", "http://[::1]:5000", webURI, spaURI, "http://localhost:5000\r\nX: y", "HTTP://localhost:5000",
		"http://localhost:5000/%2e%2e", "msal" + native.String() + "://auth/x", strings.Repeat("x", 3000),
	} {
		rec := b.authorize(ask("redirect_uri", uri))
		if rec.Code != 400 || rec.Header().Get("Location") != "" || !strings.Contains(rec.Body.String(), "AADSTS50011") {
			t.Errorf("%q: %d %v", uri, rec.Code, rec.Header())
		}
	}
	for _, uri := range []string{"http://localhost", "http://localhost:1", "http://localhost:65535/", "http://127.0.0.1:8080/cb", "msal" + native.String() + "://auth"} {
		if got := answered(t, b.authorize(ask("redirect_uri", uri))); got.Get("code") == "" {
			t.Errorf("%q: %v", uri, got)
		}
	}
	for name, values := range map[string]url.Values{
		"no client": ask("client_id", ""), "an unknown client": ask("client_id", ada.String()), "a client that is no id": ask("client_id", `"><script>`),
	} {
		rec := b.authorize(values)
		if rec.Code != 400 || rec.Header().Get("Location") != "" || strings.Contains(rec.Body.String(), "<script") {
			t.Errorf("%s: %d %v %s", name, rec.Code, rec.Header(), rec.Body)
		}
	}
}

func TestAttackHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	evil := "x\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>"
	for _, mode := range []string{"query", "fragment", "form_post"} {
		rec := b.authorize(ask("state", evil, "response_mode", mode))
		if len(rec.Result().Cookies()) != 0 || strings.ContainsAny(rec.Header().Get("Location"), "\r\n<> ") || strings.Contains(rec.Body.String(), "<script>alert") {
			t.Errorf("%s: %v %s", mode, rec.Header(), rec.Body)
		}
	}
}

func TestResponseModes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	rec := b.authorize(ask("response_mode", "fragment"))
	if to := rec.Header().Get("Location"); !strings.HasPrefix(to, "http://localhost:5000#") || !strings.Contains(to, "code=") || !strings.Contains(to, "state=the%20state") {
		t.Errorf("fragment: %s", to)
	}
	rec = b.authorize(ask("response_mode", "form_post"))
	page := rec.Body.String()
	if rec.Code != 200 || !strings.Contains(page, `action="http://localhost:5000"`) || !strings.Contains(page, `name="code"`) || !strings.Contains(page, `value="the state"`) ||
		!strings.Contains(rec.Header().Get("Content-Security-Policy"), "script-src 'nonce-") || rec.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("form_post: %d %v %s", rec.Code, rec.Header(), page)
	}
	if got := answered(t, b.authorize(ask("response_mode", "web_message"))); got.Get("error") != "invalid_request" {
		t.Errorf("web_message: %v", got)
	}
	for _, kind := range []string{"token", "id_token", "code id_token"} {
		if got := answered(t, b.authorize(ask("response_type", kind))); got.Get("error") != "unsupported_response_type" {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	if got := answered(t, b.authorize(ask("prompt", "none"))); got.Get("error") != "login_required" || got.Get("code") != "" || !strings.HasPrefix(got.Get("error_description"), "AADSTS50058: ") {
		t.Errorf("none, nobody there: %v", got)
	}
	toPages := func(name string, rec *httptest.ResponseRecorder) {
		t.Helper()
		if to := rec.Header().Get("Location"); rec.Code != 303 || !strings.HasPrefix(to, set.PublicURL+"/"+contoso.String()+"/signin?flow=") {
			t.Errorf("%s: %d %s", name, rec.Code, to)
		}
	}
	toPages("nobody there", b.authorize(ask()))
	b.signIn("pwd")
	for _, prompt := range []string{"login", "select_account", "consent"} {
		toPages(prompt, b.authorize(ask("prompt", prompt)))
	}
	toPages("another person is meant", b.authorize(ask("login_hint", "grace@contoso.com")))
	toPages("a second factor is asked for", b.authorize(ask("claims", `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`)))
	if got := answered(t, b.authorize(ask("prompt", "none", "claims", `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`))); got.Get("error") != "interaction_required" {
		t.Errorf("none, a factor is missing: %v", got)
	}
	if got := answered(t, b.authorize(ask("prompt", "none", "scope", "User.ReadWrite.All"))); got.Get("error") != "consent_required" {
		t.Errorf("none, consent is missing: %v", got)
	}
	toPages("consent is missing", b.authorize(ask("scope", "User.ReadWrite.All")))
	b.code(ask("prompt", "none", "login_hint", "ADA@contoso.com"))
	w.turn(2 * time.Minute)
	b.code(ask("max_age", "121"))
	toPages("too long ago", b.authorize(ask("max_age", "119")))
	if got := answered(t, b.authorize(ask("prompt", "none", "max_age", "0"))); got.Get("error") != "login_required" {
		t.Errorf("none, too long ago: %v", got)
	}
	if got := answered(t, b.authorize(ask("prompt", "sudo"))); got.Get("error") != "invalid_request" {
		t.Errorf("an unknown prompt: %v", got)
	}
}

func TestRevocationEndsSessionsAndRefreshTokensAtOnce(t *testing.T) {
	t.Parallel()
	user := func(change func(*directory.User)) func(*store.WriteTx) error {
		return func(tx *store.WriteTx) error {
			u, _, err := tx.User(ada)
			if err != nil {
				return err
			}
			change(&u)
			return tx.UpdateUser(u)
		}
	}
	principal := func(change func(*directory.ServicePrincipal)) func(*store.WriteTx) error {
		return func(tx *store.WriteTx) error {
			p, _, err := tx.ServicePrincipal(nativePrincipal)
			if err != nil {
				return err
			}
			change(&p)
			return tx.UpdateServicePrincipal(p)
		}
	}
	for name, act := range map[string]func(*store.WriteTx) error{
		"sessions were revoked":             user(func(u *directory.User) { u.Generation++ }),
		"the account was disabled":          user(func(u *directory.User) { u.Enabled = false }),
		"the account was deleted":           func(tx *store.WriteTx) error { return tx.DeleteUser(ada, noon) },
		"the client was revoked":            principal(func(p *directory.ServicePrincipal) { p.Generation++ }),
		"the service principal is disabled": principal(func(p *directory.ServicePrincipal) { p.Enabled = false }),
		"the registration was deleted":      func(tx *store.WriteTx) error { return tx.DeleteServicePrincipal(nativePrincipal, noon) },
	} {
		w := newWorld(t)
		b := w.browser()
		b.signIn("pwd")
		body, pending := w.tokens(redemption(b.code(ask()))), b.code(ask())
		w.accepted(name+", before", body.Access)
		w.write(act)
		w.refused(name, body.Access, "", sayOver)
		for what, form := range map[string]url.Values{"refresh token": refreshing(body.Refresh), "code": redemption(pending)} {
			if rec := w.ask("contoso.com", form); rec.Code == 200 {
				t.Errorf("%s: the %s is good: %s", name, what, rec.Body)
			}
		}
		if strings.Contains(name, "account") || strings.Contains(name, "sessions") {
			if got := answered(t, b.authorize(ask("prompt", "none"))); got.Get("error") != "login_required" {
				t.Errorf("%s: the session goes on: %v", name, got)
			}
		}
	}
}

func TestWithdrawnConsentEndsItsScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	body := w.tokens(redemption(b.code(ask("scope", "openid offline_access User.Read Group.Read.All"))))
	w.write(func(tx *store.WriteTx) error {
		return tx.UpdateConsent(guid.Must("a0000000-0000-4000-8000-000000000007"), []string{"User.Read"})
	})
	c, _, err := w.server.Authenticate(t.Context(), body.Access, "")
	if err != nil || !slices.Equal(c.Scopes.Names(), []string{"User.Read"}) {
		t.Errorf("caller %+v, %v", c, err)
	}
	got := w.denied("what is not consented to", refreshing(body.Refresh, "scope", ""), 65001)
	if got.Error != "invalid_grant" || got.Suberror != "consent_required" {
		t.Errorf("%+v", got)
	}
	if next := w.tokens(refreshing(body.Refresh, "scope", "User.Read")); next.Scope != "openid User.Read" {
		t.Errorf("%+v", next)
	}
}

func TestAttackOversizedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	long := strings.Repeat("x", maxForm)
	for name, form := range map[string]string{
		"a large body": "a=" + long, "many fields": strings.Repeat("a&", 100), "a long code": redemption(long[:maxForm-2000]).Encode(),
		"a long refresh token": refreshing(long[:maxForm-2000]).Encode(), "a long scope": refreshing("x", "scope", strings.Repeat("x ", 20000)).Encode(),
		"long claims": form("claims", long[:maxForm-2000], "client_secret", "x").Encode(), "a long assertion": form("client_secret", "", "client_assertion", long[:maxForm-2000], "client_assertion_type", assertionType).Encode(),
		"a long secret": form("client_secret", long[:maxForm-2000]).Encode(),
	} {
		r := post(t, form)
		r.URL.Path = "/contoso.com/oauth2/v2.0/token"
		if rec := w.do(r); rec.Code < 400 || rec.Code >= 500 || rec.Body.Len() > 4<<10 {
			t.Errorf("%s: %d, %d bytes", name, rec.Code, rec.Body.Len())
		}
	}
	for _, parameter := range []string{"state", "nonce", "login_hint", "domain_hint", "sid", "scope", "redirect_uri", "client_id", "code_challenge", "prompt", "max_age", "response_mode"} {
		rec := b.authorize(ask(parameter, long[:maxState+1]))
		if strings.Contains(rec.Header().Get("Location"), "code=") || rec.Code >= 500 || len(rec.Header().Get("Location")) > 16<<10 || rec.Body.Len() > 16<<10 {
			t.Errorf("%s: %d, %d bytes", parameter, rec.Code, rec.Body.Len())
		}
	}
}
