package directory

import (
	"net/url"
	"strconv"
	"strings"
)

// Limits of registrations (R:application, E:reply-url).
const (
	mostRedirects   = 256 // of an application, over all kinds
	longestRedirect = 256 // bytes
)

// The names under which redirect URIs are registered, and so what a client may be that
// returns to one.
const (
	webRedirects    = "web"
	spaRedirects    = "spa"
	publicRedirects = "publicClient"
)

// audiences are what signInAudience may say. Who signs in here is of the tenant, whatever it
// says.
var audiences = []string{"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"}

// CheckApplication judges a registration's properties by their form, and gives
// signInAudience its own casing. Its error is a 400 that names the first that no
// registration may have.
func CheckApplication(a *Application) error {
	if strings.TrimSpace(a.DisplayName) == "" {
		return invalid("displayName", "A displayName must not be empty.")
	}
	if err := checkText("displayName", a.DisplayName, 256); err != nil {
		return err
	}
	if err := canonicalAudience(a); err != nil {
		return err
	}
	if len(a.WebRedirects)+len(a.SPARedirects)+len(a.PublicURIs) > mostRedirects {
		return invalid("web/redirectUris", "An application has too many redirect URIs.")
	}
	for _, kind := range []struct {
		name string
		uris []string
	}{{webRedirects, a.WebRedirects}, {spaRedirects, a.SPARedirects}, {publicRedirects, a.PublicURIs}} {
		for i, uri := range kind.uris {
			if hint := wrongRedirect(kind.name, uri); hint != "" {
				return invalid(kind.name+"/redirectUris["+strconv.Itoa(i)+"]", hint)
			}
		}
	}
	return nil
}

func canonicalAudience(a *Application) error {
	for _, name := range audiences {
		if strings.EqualFold(name, a.Audience) {
			a.Audience = name
			return nil
		}
	}
	return invalid("signInAudience", "A signInAudience is one of "+strings.Join(audiences, ", ")+".")
}

// wrongRedirect is why nothing may be sent to uri as one of that kind, "" when it may. A
// code or token goes where it points, so it must be exact, and not readable on its way: https,
// or this machine itself; for public clients, which are programs of the person's own, also a
// scheme of their own.
func wrongRedirect(kind, uri string) string {
	u, err := url.Parse(uri)
	switch {
	case len(uri) > longestRedirect:
		return "A redirect URI is too long."
	case err != nil || u.Scheme == "" || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' || r == '*' }):
		return "A redirect URI is absolute and exact, of printable ASCII without blanks, backslashes and wildcards."
	case strings.Contains(uri, "#") || u.User != nil:
		return "A redirect URI has no fragment and no user name."
	case strings.Contains(u.Path, "/.."):
		return "A redirect URI has no path that leads upwards."
	}
	switch u.Scheme {
	case "https":
		if u.Host == "" {
			return "A redirect URI names a host."
		}
		return ""
	case "http":
		if !loopback(u.Hostname()) {
			return "A redirect URI begins with https, unless it is of this machine: http://localhost."
		}
		return ""
	case "javascript", "data", "file", "vbscript", "blob", "about", "ftp", "ws", "wss", "mailto":
		return "Nothing can return to such a redirect URI."
	}
	if kind != publicRedirects {
		return "Only a public client has a redirect URI with a scheme of its own."
	}
	return ""
}

func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
