package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// A browser is a person's: it keeps cookies.
type browser struct {
	w       *world
	cookies map[string]string
}

func (w *world) browser() *browser { return &browser{w, map[string]string{}} }

// send makes a request as the browser does, and keeps the cookies of the answer.
func (b *browser) send(method, target, form string) *httptest.ResponseRecorder {
	b.w.t.Helper()
	rec := b.w.do(b.request(method, target, form))
	b.keep(rec)
	return rec
}

// request is a request as the browser makes it.
func (b *browser) request(method, target, form string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) keep(rec *httptest.ResponseRecorder) {
	b.w.t.Helper()
	for _, c := range rec.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			b.w.t.Errorf("cookie %+v", c)
		}
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
}

// signIn begins a session of ada's in the browser, with what she proved.
func (b *browser) signIn(methods ...string) signin.Session {
	b.w.t.Helper()
	var session signin.Session
	var value string
	b.w.write(func(tx *store.WriteTx) (err error) {
		var factors []signin.Factor
		for _, m := range methods {
			factors = append(factors, signin.Factor{Method: m, At: tx.Machine()})
		}
		session, value, err = b.w.server.BeginSession(tx, ada, guid.ID{}, factors)
		return err
	})
	rec := httptest.NewRecorder()
	b.w.server.SetSession(rec, b.w.tenant, value)
	b.keep(rec)
	return session
}

// verifier proves to the token endpoint who began a sign-in.
const verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789"

func challengeOf(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asking is a good request of the native client, with changes in pairs; "" takes away.
func ask(changes ...string) url.Values {
	return with(url.Values{
		"client_id": {native.String()}, "redirect_uri": {"http://localhost:5000"}, "response_type": {"code"}, "scope": {"openid profile offline_access User.Read"},
		"state": {"the state"}, "nonce": {"the nonce"}, "code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"}, "client_info": {"1"},
	}, changes...)
}

func with(f url.Values, changes ...string) url.Values {
	for i := 0; i < len(changes); i += 2 {
		if f.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			f.Del(changes[i])
		}
	}
	return f
}

func (b *browser) authorize(values url.Values) *httptest.ResponseRecorder {
	b.w.t.Helper()
	return b.send("GET", "/contoso.com/oauth2/v2.0/authorize?"+values.Encode(), "")
}

// answered is what the client is sent at its address, by query.
func answered(t testing.TB, rec *httptest.ResponseRecorder) url.Values {
	t.Helper()
	to, err := url.Parse(rec.Header().Get("Location"))
	if err != nil || rec.Code != http.StatusSeeOther {
		t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	return to.Query()
}

// code is a code for the client of values, of somebody who is signed in.
func (b *browser) code(values url.Values) string {
	b.w.t.Helper()
	got := answered(b.w.t, b.authorize(values))
	if got.Get("code") == "" {
		b.w.t.Fatalf("no code: %v", got)
	}
	return got.Get("code")
}

// redemption is a good request for tokens of the native client.
func redemption(code string, changes ...string) url.Values {
	return with(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {native.String()}, "code": {code}, "redirect_uri": {"http://localhost:5000"}, "code_verifier": {verifier}, "client_info": {"1"},
	}, changes...)
}

// tokens is a good answer of the token endpoint.
func (w *world) tokens(form url.Values) tokenBody {
	w.t.Helper()
	rec := w.ask("contoso.com", form)
	var body tokenBody
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil || rec.Code != 200 {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return body
}

// denied checks that the token endpoint refuses with that number.
func (w *world) denied(name string, form url.Values, code int) failureBody {
	w.t.Helper()
	rec := w.ask("contoso.com", form)
	var got failureBody
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code < 400 || len(got.Codes) != 1 || got.Codes[0] != code {
		w.t.Errorf("%s: %d %s, want %d", name, rec.Code, rec.Body, code)
	}
	return got
}

func refreshing(token string, changes ...string) url.Values {
	return with(url.Values{"grant_type": {"refresh_token"}, "client_id": {native.String()}, "refresh_token": {token}, "scope": {"User.Read openid profile offline_access"}}, changes...)
}

// claimsIn are the claims of a token that is not verified.
func claimsIn(t testing.TB, raw string) map[string]any {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", raw)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c map[string]any
	if err != nil || json.Unmarshal(b, &c) != nil {
		t.Fatalf("no token: %q", raw)
	}
	return c
}

// stepUp adds a second factor to the session of the browser.
func (b *browser) stepUp(session signin.Session) {
	b.w.t.Helper()
	var value string
	b.w.write(func(tx *store.WriteTx) (err error) {
		at := tx.Machine()
		_, value, err = b.w.server.AddFactor(tx, session.ID, signin.Factor{Method: "otp", At: at}, signin.Factor{Method: signin.MultiFactor, At: at})
		return err
	})
	rec := httptest.NewRecorder()
	b.w.server.SetSession(rec, b.w.tenant, value)
	b.keep(rec)
}

// flow begins f in the browser.
func (w *world) flow(b *browser, f Flow) Flow {
	w.t.Helper()
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	handle, err := w.server.StartFlow(rec, r, w.tenant, f)
	if err != nil {
		w.t.Fatal(err)
	}
	b.keep(rec)
	f, err = w.server.Flow(w.t.Context(), w.tenant, handle, b.cookies["__Host-"+browserCookie])
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// consent lets user allow what f asks for.
func (w *world) consent(b *browser, f Flow, user guid.ID, all bool) {
	w.t.Helper()
	if err := w.server.GrantConsent(w.t.Context(), w.tenant, w.flow(b, f), user, all); err != nil {
		w.t.Fatal(err)
	}
}
