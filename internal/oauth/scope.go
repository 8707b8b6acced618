package oauth

import (
	"slices"
	"strings"
)

// standing are the scopes that ask for OpenID's own things and not for rights at a
// resource. Several clients add them to every request, app-only ones too (clients.md).
var standing = []string{"openid", "offline_access", "profile", "email"}

// maxScopes bounds how many scopes a request may name.
const maxScopes = 256

// splitScopes is the list that s writes with spaces between.
func splitScopes(s string) []string { return strings.Fields(s) }

// asked is the scopes of a request without the standing ones.
func asked(scope string) []string {
	return slices.DeleteFunc(splitScopes(scope), func(s string) bool { return slices.Contains(standing, s) })
}
