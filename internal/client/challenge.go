package client

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
)

// A challenge's claims stand in the header as base64 of JSON, in either alphabet.
var headerClaims = regexp.MustCompile(`claims="([A-Za-z0-9+/_=-]+)"`)

// claimsIn are the claims of the first challenge that has some.
func claimsIn(headers []string) string {
	for _, h := range headers {
		m := headerClaims.FindStringSubmatch(h)
		if m == nil {
			continue
		}
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if text, err := enc.DecodeString(m[1]); err == nil && json.Valid(text) {
				return string(text)
			}
		}
	}
	return ""
}
