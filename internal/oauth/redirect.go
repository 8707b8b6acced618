package oauth

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxRedirect bounds a redirect URI, in bytes.
const maxRedirect = 2048

// An address is where a client is answered, with what follows from the kind that it was
// registered as.
type address struct {
	uri          string
	spa          bool
	confidential bool
}

// addressOf finds given among the client's redirect URIs. They are compared byte by byte,
// but for the port of loopback addresses of public clients, which are open at any port that
// was free (RFC 8252, 7.3). One that is not given is the only one that is registered.
func (p party) addressOf(given string) (address, *failure) {
	if given == "" {
		all := slices.Concat(p.web, p.spa, p.native)
		if len(all) != 1 {
			return address{}, lacking("redirect_uri")
		}
		given = all[0]
	}
	if len(given) > maxRedirect || !safeRedirect(given) {
		return address{}, unknownRedirect(given)
	}
	switch {
	case slices.Contains(p.spa, given):
		return address{given, true, false}, nil
	case slices.Contains(p.web, given):
		return address{given, false, true}, nil
	case slices.ContainsFunc(p.native, func(r string) bool { return r == given || loopbackAlike(r, given) }):
		return address{given, false, false}, nil
	}
	return address{}, unknownRedirect(given)
}

// safeRedirect refuses what no answer may be sent to, registered or not: a script, a page of
// data, an address with a fragment, with a user's name, or with what a header cannot hold.
func safeRedirect(uri string) bool {
	if strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }) {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" || u.User != nil || strings.Contains(uri, "#") {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source":
		return false
	case "https":
		return u.Host != ""
	case "http":
		return u.Host != "" && loopback(u.Hostname())
	}
	return true
}

// loopback reports whether a host is the person's own machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// loopbackAlike reports whether given is the registered loopback address at another port. An
// empty path is the same as a slash.
func loopbackAlike(registered, given string) bool {
	a, err1 := url.Parse(registered)
	b, err2 := url.Parse(given)
	if err1 != nil || err2 != nil || a.Scheme != "http" || !strings.HasPrefix(given, "http://") || !loopback(a.Hostname()) {
		return false
	}
	if port := b.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	path := func(u *url.URL) string { return "/" + strings.TrimPrefix(u.EscapedPath(), "/") }
	return a.Hostname() == b.Hostname() && path(a) == path(b) && a.RawQuery == b.RawQuery
}
