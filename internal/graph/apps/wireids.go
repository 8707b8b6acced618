package apps

import (
	"encoding/base64"
	"strings"

	"ephor/internal/guid"
)

// Permission grants have ids that spell out GUIDs in .NET's byte order, as base64url
// without padding (behaviour.md, Id formats): an app role assignment its principal and a
// GUID of its own, a delegated permission grant its client, its API and, when it is for
// one principal, that.

// strictBase64 refuses a second spelling of the same bytes.
var strictBase64 = base64.RawURLEncoding.Strict()

// joinIDs is the id that spells out ids.
func joinIDs(ids ...guid.ID) string {
	var b []byte
	for _, id := range ids {
		net := id.DotNet()
		b = append(b, net[:]...)
	}
	return strictBase64.EncodeToString(b)
}

// splitIDs is the inverse of joinIDs for at most three ids; it reports false for any other
// text.
func splitIDs(s string) ([]guid.ID, bool) {
	if len(s) > 64 || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := strictBase64.DecodeString(s)
	if err != nil || len(b) == 0 || len(b)%16 != 0 {
		return nil, false
	}
	var ids []guid.ID
	for ; len(b) > 0; b = b[16:] {
		ids = append(ids, guid.FromDotNet([16]byte(b[:16])))
	}
	return ids, true
}
