package directory

import (
	"strings"
	"testing"
)

func TestRedirectsAreExactAndCannotBeReadOnTheirWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, uri string
		good      bool
	}{
		{"web", "https://app.example/back", true},
		{"web", "https://app.example", true},
		{"web", "http://localhost:8080/back", true},
		{"spa", "http://127.0.0.1/", true},
		{"spa", "http://[::1]:3000/", true},
		{"publicClient", "msal4b0db8c2://auth", true},
		{"publicClient", "urn:ietf:wg:oauth:2.0:oob", true},
		{"publicClient", "http://localhost", true},
		{"web", "http://app.example/back", false},
		{"web", "http://localhost.evil.example/", false},
		{"web", "http://localhost@evil.example/", false},
		{"web", "https://user@app.example/", false},
		{"web", "https://*.app.example/", false},
		{"web", "https://app.example/back#x", false},
		{"web", "https://app.example/a/../b", false},
		{"web", "https://app.example\\@evil.example/", false},
		{"web", "https:///back", false},
		{"web", "/back", false},
		{"web", "//app.example/back", false},
		{"web", "", false},
		{"web", "https://app.example/a b", false},
		{"web", "https://app.example/\u00e9", false},
		{"web", "msal://auth", false},
		{"spa", "urn:ietf:wg:oauth:2.0:oob", false},
		{"publicClient", "javascript:alert(1)", false},
		{"publicClient", "data:text/html,x", false},
		{"publicClient", "file:///etc/passwd", false},
		{"publicClient", "http://app.example/", false},
		{"web", "https://app.example/" + strings.Repeat("a", 256), false},
	} {
		a := Application{Audience: "azureadmyorg"}
		a.DisplayName = "App"
		switch c.kind {
		case "web":
			a.WebRedirects = []string{c.uri}
		case "spa":
			a.SPARedirects = []string{c.uri}
		default:
			a.PublicURIs = []string{c.uri}
		}
		if err := CheckApplication(&a); (err == nil) != c.good {
			t.Errorf("%s %q: %v, want good %v", c.kind, c.uri, err, c.good)
		}
		if a.Audience != "AzureADMyOrg" {
			t.Errorf("signInAudience is %q, want its own casing", a.Audience)
		}
	}
}

func TestApplicationsHaveANameAndAnAudience(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, audience string }{{"", "AzureADMyOrg"}, {"  ", "AzureADMyOrg"}, {strings.Repeat("x", 257), "AzureADMyOrg"}, {"a\nb", "AzureADMyOrg"}, {"App", ""}, {"App", "Everybody"}} {
		a := Application{Audience: c.audience}
		a.DisplayName = c.name
		if CheckApplication(&a) == nil {
			t.Errorf("an application called %q for %q is good", c.name, c.audience)
		}
	}
}
