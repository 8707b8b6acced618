package oauth

import (
	"crypto/subtle"
	"strings"
	"unicode"
)

// The shares of the tenant's lane that sign-ins and tokens have, as callers have theirs: a
// flood of either fills its share, and leaves room for everybody else's changes.
const (
	signInShare = "sign-in"
	tokenShare  = "token"
)

// maxShown bounds, in bytes, what is looked at as a code, a handle or a cookie's value.
const maxShown = 256

// bounded is s, or "" when it is longer than anything of ours.
func bounded(s string) string {
	if len(s) > maxShown {
		return ""
	}
	return s
}

// same reports whether two secrets are equal, in the same time for all of a length.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// cleaned is s without what is not text, or not to be seen.
func cleaned(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
