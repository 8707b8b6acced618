package oauth

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/directory"
	"ephor/internal/when"
)

// Whatever is presented: no panic, and nothing but a token under the tenant's key is good.
func FuzzVerify(f *testing.F) {
	key := testKey(f, "ES256", noon)
	keys := &ring{keys: []*Key{key}}
	good := signed(f, key, claimsOf(f))
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(segment(`{"alg":"none"}`) + "." + parts[1] + ".")
	f.Add(segment(`{"alg":"ES256","kid":"`+key.ID+`","typ":"JWT","crit":["b64"],"b64":false}`) + "." + parts[1] + "." + parts[2])
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := check(contoso, keys, raw)
		if (v == nil) == (err == nil) {
			t.Fatalf("verify = %v, %v", v, err)
		}
		// Text before the signature is what was signed, so a good token begins as ours does.
		if err == nil && !strings.HasPrefix(stripped(raw), parts[0]+"."+parts[1]+".") {
			t.Fatalf("accepted %q", raw)
		}
	})
}

// stripped is raw without white space, which a base64 decoder may pass over.
func stripped(raw string) string { return strings.Join(strings.Fields(raw), "") }

func FuzzForm(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=x&client_secret=y&scope=z%2F.default")
	f.Add("a=1&a=2")
	f.Add("%zz=1;b=2")
	f.Fuzz(func(t *testing.T, body string) {
		form, failure := parseForm(body)
		if (form == nil) == (failure == nil) {
			t.Fatalf("parseForm = %v, %v", form, failure)
		}
		for name, values := range form {
			if len(values) != 1 {
				t.Fatalf("%q was accepted %d times", name, len(values))
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("/common//V2.0/.well-known/openid-configuration")
	f.Add("/x/oauth2/v2.0/token/")
	f.Fuzz(func(t *testing.T, path string) {
		tenant, rest := Split(path)
		if strings.Contains(tenant, "/") || strings.HasPrefix(rest, "/") || strings.Contains(rest, "//") {
			t.Fatalf("Split(%q) = %q, %q", path, tenant, rest)
		}
	})
}

// Whatever is asked at the authorize endpoint: nobody is sent anywhere but to an address of
// the client, or to our own pages, and nothing breaks.
func FuzzAuthorize(f *testing.F) {
	w := newWorld(f)
	b := w.browser()
	b.signIn("pwd", "mfa")
	f.Add(ask().Encode())
	f.Add(ask("response_mode", "form_post", "prompt", "none", "max_age", "1").Encode())
	f.Add(ask("redirect_uri", "http://localhost@evil.example", "claims", `{"access_token":{"acrs":{"values":["c1"]}}}`).Encode())
	f.Add("client_id=&redirect_uri=//evil.example&state=%0d%0a")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/contoso.com/oauth2/v2.0/authorize", nil)
		r.URL.RawQuery = query
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		rec := httptest.NewRecorder()
		w.server.Handler(r.URL.Path).ServeHTTP(rec, r)
		to := rec.Header().Get("Location")
		if rec.Code >= 500 || (to != "") != (rec.Code == 303) || strings.ContainsAny(to, "\r\n") {
			t.Fatalf("%d %q", rec.Code, to)
		}
		if to == "" {
			return
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		switch u.Scheme + "://" + u.Hostname() {
		case "http://localhost", "http://127.0.0.1", "https://ephor.example", "https://web.example", "https://page.example", "msal" + native.String() + "://auth":
		default:
			t.Fatalf("sent to %q", to)
		}
	})
}

// Whatever is posted to the token endpoint, without a proof that we gave: no token.
func FuzzToken(f *testing.F) {
	w := newWorld(f)
	f.Add(form("client_secret", "x").Encode())
	f.Add(redemption("x").Encode())
	f.Add(refreshing(w.server.marked(contoso, ada)).Encode())
	f.Add(byPassword().Encode())
	f.Add(polling("x").Encode())
	f.Add(form("client_secret", "", "client_assertion", "a.b.c", "client_assertion_type", assertionType, "claims", "{").Encode())
	f.Fuzz(func(t *testing.T, body string) {
		r := post(t, body)
		r.URL.Path = "/contoso.com/oauth2/v2.0/token"
		rec := httptest.NewRecorder()
		w.server.Handler(r.URL.Path).ServeHTTP(rec, r)
		var got failureBody
		if strings.Contains(body, secretText) {
			return
		}
		if rec.Code < 400 || rec.Code >= 500 || json.Unmarshal(rec.Body.Bytes(), &got) != nil || len(got.Codes) != 1 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	})
}

// Whatever is shown as a client assertion: nothing but the one that was signed is good.
func FuzzAssertion(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	h := newHolder(f, key)
	good := h.sign(f, jose.PS256, "x5t", map[string]any{
		"aud": []string{set.issuer(contoso)}, "iss": client.String(), "sub": client.String(), "exp": seconds(noon) + 600,
	})
	header, payload, signature := cut(good)
	f.Add(good)
	f.Add(header + "." + payload + ".")
	f.Add(segment(`{"alg":"none"}`) + "." + payload + "." + signature)
	keys := []directory.Key{{Certificate: h.der, End: when.Never}}
	f.Fuzz(func(t *testing.T, raw string) {
		_, err := set.asserts(raw, client, keys, place{contoso, "contoso.com"}, noon, noon)
		if err == nil && !strings.HasPrefix(stripped(raw), header+"."+payload+".") {
			t.Fatalf("accepted %q", raw)
		}
		_, _ = assertedClient(raw)
	})
}

// Whatever the claims parameter holds: what is made of it is bounded and plain.
func FuzzClaims(f *testing.F) {
	f.Add(`{"access_token":{"acrs":{"essential":true, "value":"c1"},"xms_cc":{"values":["CP1"]},"nbf":{"value":"1600000000"}}}`)
	f.Add(`{"access_token":{"acrs":{"values":[1,null,{},"\u0000"]},"nbf":{"value":1e99}}}`)
	f.Add(`{"id_token":null,"access_token":[]}`)
	f.Fuzz(func(t *testing.T, claims string) {
		d := readWishes(claims).demand()
		if len(d.Contexts) > maxContexts || d.Since < 0 {
			t.Fatalf("%+v", d)
		}
		for _, c := range d.Contexts {
			if c == "" || len(c) > maxShown || plain(c) != c {
				t.Fatalf("context %q", c)
			}
		}
		_ = capabilities(claims)
	})
}
