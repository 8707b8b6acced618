package signin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"

	"ephor/internal/guid"
)

// Codes that people type: recovery codes and Temporary Access Passes. 80 random bits are
// more than can be guessed, so that one round of a hash keeps them.
const (
	CodeSize      = 10 // random bytes of a code
	RecoveryCodes = 10 // that are handed out at once
)

// typed has no letters that are taken for digits or for each other (Crockford's base 32).
var typed = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// CodeText is the code made of CodeSize random bytes: four groups of four, shown once.
func CodeText(random []byte) string {
	if len(random) != CodeSize {
		panic(fmt.Sprintf("signin: a code is made of %d random bytes, not %d", CodeSize, len(random)))
	}
	s := typed.EncodeToString(random)
	return s[0:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}

// HashCode is what is stored of a code of that user. Case, spaces, and letters that are
// taken for digits make no difference; another user's equal code has another hash.
func HashCode(user guid.ID, code string) string {
	code = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(plainCode(code)))
	sum := sha256.Sum256(append(append([]byte("ephor code 1"), user[:]...), code...))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// MatchHash reports whether two stored hashes are equal, in a time that does not tell how
// much of them is.
func MatchHash(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
