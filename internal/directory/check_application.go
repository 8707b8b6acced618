package directory

import (
	"net/url"
	"strconv"
	"strings"

	"ephor/internal/guid"
)

// Limits of registrations (R:application, E:reply-url).
const (
	mostRedirects   = 256 // of an application, over all kinds
	longestRedirect = 256 // bytes
	mostURIs        = 50
	longestURI      = 255 // bytes
	mostTags        = 64
	longestTag      = 256 // characters
	mostNeeds       = 50  // APIs
	mostNeeded      = 400 // permissions, over all APIs
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
	if a.LogoutURL != "" {
		if hint := wrongRedirect(webRedirects, a.LogoutURL); hint != "" {
			return invalid("web/logoutUrl", hint)
		}
	}
	if err := CheckTags(a.Tags); err != nil {
		return err
	}
	if err := checkURIs(a); err != nil {
		return err
	}
	if err := checkNeeds(a.Needs); err != nil {
		return err
	}
	return CheckManifest(a.Manifest)
}

// CheckPrincipal judges a service principal's properties by their form, as CheckApplication
// does.
func CheckPrincipal(p *ServicePrincipal) error {
	if strings.TrimSpace(p.DisplayName) == "" {
		return invalid("displayName", "A displayName must not be empty.")
	}
	if err := checkText("displayName", p.DisplayName, 256); err != nil {
		return err
	}
	if err := CheckTags(p.Tags); err != nil {
		return err
	}
	return CheckManifest(p.Manifest)
}

// CheckTags judges the tags of an application or a service principal.
func CheckTags(tags []string) error {
	if len(tags) > mostTags {
		return invalid("tags", "There are too many tags.")
	}
	for i, tag := range tags {
		target := "tags[" + strconv.Itoa(i) + "]"
		if strings.TrimSpace(tag) == "" {
			return invalid(target, "A tag must not be empty.")
		}
		if err := checkText(target, tag, longestTag); err != nil {
			return err
		}
	}
	return nil
}

// checkURIs judges identifierUris by their form. A name that looks like an appId is that
// application's own; whether a host is the tenant's is judged where its domains are known.
func checkURIs(a *Application) error {
	if len(a.IdentifierURIs) > mostURIs {
		return invalid("identifierUris", "An application has too many identifier URIs.")
	}
	seen := map[string]bool{}
	for i, uri := range a.IdentifierURIs {
		target := "identifierUris[" + strconv.Itoa(i) + "]"
		if hint := wrongURI(uri, a.AppID); hint != "" {
			return invalid(target, hint)
		}
		key := strings.ToLower(uri)
		if seen[key] {
			return invalid(target, "An identifier URI is given twice.")
		}
		seen[key] = true
	}
	return nil
}

// wrongURI is why an application with that appId, zero while it is not known, cannot be called
// uri; "" when it can.
func wrongURI(uri string, app guid.ID) string {
	u, err := url.Parse(uri)
	switch {
	case len(uri) > longestURI:
		return "An identifier URI is too long."
	case err != nil || u.Host == "" || u.Scheme != "api" && u.Scheme != "https":
		return "An identifier URI begins with api:// or https:// and a name."
	case strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\*?#%"<>`, r) }) || u.User != nil:
		return "An identifier URI is of printable ASCII without blanks, wildcards, query and fragment."
	case strings.HasSuffix(uri, "/"):
		return "An identifier URI does not end with a slash."
	}
	if id, ok := guid.Parse(u.Host); ok && !app.IsZero() && id != app {
		return "An identifier URI that names an appId names the application's own."
	}
	return ""
}

// checkNeeds judges what an application says that it needs.
func checkNeeds(needs []Need) error {
	count := 0
	seen := map[guid.ID]bool{}
	for i, n := range needs {
		target := "requiredResourceAccess[" + strconv.Itoa(i) + "]"
		if n.Resource.IsZero() {
			return invalid(target+"/resourceAppId", "A resourceAppId is an appId.")
		}
		if seen[n.Resource] {
			return invalid(target+"/resourceAppId", "An API is named twice.")
		}
		seen[n.Resource] = true
		count += len(n.Access)
	}
	if len(needs) > mostNeeds || count > mostNeeded {
		return invalid("requiredResourceAccess", "An application needs too much at once.")
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
		if !plainHost(u.Host) {
			return "A redirect URI names a host, by letters, digits, dots and hyphens."
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

// plainHost reports whether host is one that can stand in a header as it is.
func plainHost(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".-_:[]", r)
	})
}

func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
