package tutorial

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"ephor/internal/guid"
)

// The ids that spell out what they are about (behaviour.md, Id formats; Quirks 11). They
// are written anew here, so that the server is not judged by its own code.

// securityIdentifier is S-1-12-1- and the id's four 32-bit words in .NET's byte order.
func securityIdentifier(id guid.ID) string {
	b := id.DotNet()
	word := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
	return fmt.Sprintf("S-1-12-1-%d-%d-%d-%d", word(0), word(1), word(2), word(3))
}

// tupleID is role and principal in .NET's byte order, as 43 characters of base64url.
func tupleID(role, principal guid.ID) string {
	a, b := role.DotNet(), principal.DotNet()
	return base64.RawURLEncoding.EncodeToString(append(a[:], b[:]...))
}
