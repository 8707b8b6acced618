package oauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/internal/guid"
)

func TestPathsMatchWithoutCaseAndWithDoubledSlashes(t *testing.T) {
	t.Parallel()
	s := &Server{set: set}
	for path, want := range map[string]bool{
		"/common/v2.0/.well-known/openid-configuration": true,
		"/" + contoso.String() + "/OAuth2/V2.0/Token":   true,
		"//contoso.com//oauth2//v2.0//token/":           true,
		"/contoso.com/discovery/v2.0/keys":              true,
		"/common/discovery/instance":                    true,
		"/oauth2/v2.0/token":                            false, // no tenant
		"/contoso.com/oauth2/v2.0/token/x":              false,
		"/v1.0/users":                                   false,
		"/":                                             false,
		"":                                              false,
		"/" + strings.Repeat("x", maxPath) + "/discovery/keys": false,
	} {
		if got := s.Handler(path) != nil; got != want {
			t.Errorf("Handler(%q) is there: %v, want %v", path, got, want)
		}
	}
}

func post(t testing.TB, body string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/contoso.com/oauth2/v2.0/token", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestFormsOutOfBoundsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		code   int
	}{
		{"JSON", post(t, "{}", "Content-Type", "application/json"), 400, 9002313},
		{"no content type", post(t, "a=b", "Content-Type", ""), 400, 9002313},
		{"multipart", post(t, "a=b", "Content-Type", "multipart/form-data; boundary=x"), 400, 9002313},
		{"gzip", post(t, "a=b", "Content-Encoding", "gzip"), 400, 9002313},
		{"too large", post(t, "a="+strings.Repeat("x", maxForm)), 413, 9002313},
		{"too many", post(t, strings.Repeat("a=b&", maxFields)), 400, 9002313},
		{"repeated", post(t, "a=1&b=2&a=1"), 400, 9000411},
		{"repeated in another encoding", post(t, "a=1&%61=2"), 400, 9000411},
		{"bad escape", post(t, "a=%zz"), 400, 9002313},
		{"semicolons", post(t, "a=1;b=2"), 400, 9002313},
		{"NUL", post(t, "a=%00"), 400, 9002313},
		{"not UTF-8", post(t, "a=%ff"), 400, 9002313},
	} {
		if _, f := readForm(c.r); f == nil || f.Status != c.status || f.Code != c.code || f.Error != "invalid_request" {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	if form, f := readForm(post(t, "a=1&b=x+y%2B&c=")); f != nil || form.Get("b") != "x y+" {
		t.Errorf("a good form: %v, %+v", form, f)
	}
}

func TestCredentialsComeInOneWay(t *testing.T) {
	t.Parallel()
	id := client.String()
	basic := func(user, password string) string {
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(user), url.QueryEscape(password))
		return r.Header.Get("Authorization")
	}
	for _, c := range []struct {
		name, header string
		form         url.Values
		secret       string
		code         int
	}{
		{"in the form", "", url.Values{"client_id": {id}, "client_secret": {"s/ +"}}, "s/ +", 0},
		{"in the header, escaped", basic(id, "s/ +%"), nil, "s/ +%", 0},
		{"in the header, the id also in the form", basic(id, "s"), url.Values{"client_id": {strings.ToUpper(id)}}, "s", 0},
		{"in both", basic(id, "s"), url.Values{"client_id": {id}, "client_secret": {"s"}}, "", 9002313},
		{"in the header, another id in the form", basic(id, "s"), url.Values{"client_id": {ada.String()}}, "", 9002313},
		{"a bearer token", "Bearer x", url.Values{"client_id": {id}, "client_secret": {"s"}}, "", 9002313},
		{"a broken header", "Basic !", nil, "", 9002313},
		{"a broken escape", "Basic " + "JXp6OnM=", nil, "", 9002313},
		{"no id", "", url.Values{"client_secret": {"s"}}, "", 900144},
		{"no secret, as apps on devices have none", "", url.Values{"client_id": {id}}, "", 0},
		{"an assertion of another type", "", url.Values{"client_id": {id}, "client_assertion": {"x.y.z"}}, "", 9002313},
		{"an assertion beside a secret", "", url.Values{"client_id": {id}, "client_assertion": {"x.y.z"}, "client_secret": {"s"}}, "", 9002313},
	} {
		got, f := readCredentials(post(t, "", "Authorization", c.header), c.form)
		if c.code != 0 {
			if f == nil || f.Code != c.code {
				t.Errorf("%s: %+v, want %d", c.name, f, c.code)
			}
			continue
		}
		if f != nil || got.client != client || got.secret != c.secret {
			t.Errorf("%s: %+v, %+v", c.name, got, f)
		}
	}
	if got, f := readCredentials(post(t, ""), url.Values{"client_id": {"not-a-guid"}, "client_secret": {"s"}}); f != nil || got.client != (guid.ID{}) {
		t.Errorf("an id that is no GUID: %+v, %+v", got, f)
	}
}

// files is a tenant with one API.
type files struct{}

func (files) named(resource string) (guid.ID, bool, error) {
	return client, resource == "api://files", nil
}

func (files) published(guid.ID) ([]string, error) { return []string{"read"}, nil }

func TestAppOnlyScopesNameOneResource(t *testing.T) {
	t.Parallel()
	apis := files{}
	for scope, want := range map[string]any{
		"api://files/.default":                                               client,
		"api://other/.default":                                               500011,
		"https://graph.microsoft.com/.default":                               graphURL,
		"https://graph.microsoft.com//.default":                              graphURL,
		"HTTPS://Graph.Microsoft.com/.default":                               "HTTPS://Graph.Microsoft.com",
		"https://ephor.example:8443/.default":                                "https://ephor.example:8443",
		"00000003-0000-0000-c000-000000000000/.default":                      GraphAppID.String(),
		"openid https://graph.microsoft.com/.default offline_access profile": graphURL,
		"":                                       900144,
		"  ":                                     900144,
		"openid profile":                         1002012,
		"User.Read":                              1002012,
		"https://graph.microsoft.com/User.Read":  1002012,
		"https://graph.microsoft.com/.default x": 1002012,
		"https://evil.example/.default":          500011,
		"https://graph.microsoft.com.evil.example/.default": 500011,
		"https://ephor.example/.default":                    500011,
		strings.Repeat("x ", maxScopes+1):                   1002012,
	} {
		got, f := set.resourceOf(scope, contoso, apis)
		if api, ok := want.(guid.ID); ok {
			if f != nil || got.api != api || got.audience != api.String() {
				t.Errorf("resourceOf(%s) = %v, %+v", scope, got, f)
			}
			continue
		}
		if text, ok := want.(string); ok && (f != nil || got.audience != text || !got.api.IsZero()) || !ok && (f == nil || f.Code != want) {
			t.Errorf("resourceOf(%.60q) = %v, %+v; want %v", scope, got, f, want)
		}
	}
}

func TestClaimsParameterIsHonouredOrPassedOver(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string][]string{
		`{"access_token":{"xms_cc":{"values":["CP1"]}}}`:           {"cp1"},
		`{"access_token":{"xms_cc":{"values":["x","cp1","cp1"]}}}`: {"cp1"},
		`{"id_token":{"signin_state":{}}}`:                         nil,
		`{"access_token":{"xms_cc":{"values":["evil"]}}}`:          nil,
		`{"access_token":{"xms_cc":7}}`:                            nil,
		`{`:                                                        nil,
		``:                                                         nil,
		`{"access_token":{"xms_cc":{"values":["` + strings.Repeat("x", maxClaims) + `","cp1"]}}}`: nil,
	} {
		if got := capabilities(claims); !slices.Equal(got, want) {
			t.Errorf("capabilities(%.60s) = %v, want %v", claims, got, want)
		}
	}
}

func TestFailuresRepeatNoMarkup(t *testing.T) {
	t.Parallel()
	for _, f := range []*failure{
		unsupportedGrant(`"><script>` + "\r\n"), repeated(`"'<&>`), badScope("a\nb"), unknownResource(`"`, contoso), unknownTenant("<" + strings.Repeat("x", 500)),
	} {
		if strings.ContainsAny(f.Text, "\"<>&\r\n") || len(f.Text) > maxEcho+200 {
			t.Errorf("the answer repeats %q", f.Text)
		}
	}
}

func TestSeenForgetsWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	s := newSeen(2)
	at := func(i byte) mark { return mark{i} }
	one := &verified{}
	s.put(at(1), one)
	for i := byte(2); i < 20; i++ {
		s.put(at(i), &verified{})
		if s.get(at(1)) != one {
			t.Fatalf("what is used was forgotten after %d others", i)
		}
		if n := len(s.young) + len(s.old); n > 4 {
			t.Fatalf("%d tokens are remembered", n)
		}
	}
	if s.get(at(2)) != nil {
		t.Error("what is not used is still remembered")
	}
}

// TestThumbprintsAreReadInEitherAlphabet: MSAL Go writes them in the standard one, padded.
func TestThumbprintsAreReadInEitherAlphabet(t *testing.T) {
	t.Parallel()
	ours := "-_8AAQ"
	for given, want := range map[string]bool{"-_8AAQ": true, "-_8AAQ==": true, "+/8AAQ==": true, "+/8AAQ": true, "-_8AAR": false, "": false, "=": false} {
		if equalText(given, ours) != want {
			t.Errorf("%q: %v", given, !want)
		}
	}
}
