package server

import (
	"fmt"
	"slices"
	"strings"
)

// mostAliases bounds the names that one development server answers to.
const mostAliases = 100

// servedNames are localhost and the aliases, in lower case, sorted, each once. Anything
// but a host name is refused, addresses included: they would widen what the CA vouches for.
func servedNames(aliases []string) ([]string, error) {
	if len(aliases) > mostAliases {
		return nil, fmt.Errorf("%d host aliases, at most %d", len(aliases), mostAliases)
	}
	names := []string{"localhost"}
	for _, alias := range aliases {
		name := strings.ToLower(alias)
		if !isHostName(name) {
			return nil, fmt.Errorf("host alias %q is not a host name", alias)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// isHostName tells whether name, in lower case, is a DNS name: labels of letters, digits,
// hyphens and, as in container networks, underscores. A last label of digits alone would be
// an address, so it is none.
func isHostName(name string) bool {
	if len(name) > 253 {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// isLabel tells whether s is one label of a host name.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
