package signin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/when"
)

// SecretSize is how many random bytes a client's secret is made of: 240 bits, which
// nobody guesses. That is why a secret is stored under one round of SHA-256 where a
// password, chosen by a person, is stored under argon2id.
const SecretSize = 30

// MaxSecret bounds, in bytes, the secrets that are hashed to be compared.
const MaxSecret = 256

const secretPrefix = "sha256$"

// SecretText is the secret made of SecretSize random bytes: 40 characters that need no
// escaping in a form, a header or a shell. It is shown once and never stored.
func SecretText(random []byte) (string, error) {
	if len(random) != SecretSize {
		return "", fmt.Errorf("a secret is made of %d random bytes, not %d", SecretSize, len(random))
	}
	return base64.RawURLEncoding.EncodeToString(random), nil
}

// HashSecret is what is stored of a secret that the server made.
func HashSecret(text string) string {
	sum := sha256.Sum256([]byte(text))
	return secretPrefix + base64.RawURLEncoding.EncodeToString(sum[:])
}

// SecretHint is the part of a secret by which people tell it from others (Graph's hint).
func SecretHint(text string) string { return text[:min(3, len(text))] }

// MatchSecret is the one of secrets that text is and that may be used at now. Start and
// End are Graph's startDateTime and endDateTime, so now is on the tenant's clock. All are
// compared, whatever the first says, so that the time does not tell which one matched.
func MatchSecret(text string, secrets []directory.Secret, now when.Instant) (directory.Secret, bool) {
	if len(text) > MaxSecret {
		return directory.Secret{}, false
	}
	given := []byte(HashSecret(text))
	matches, at := 0, 0
	for i, s := range secrets {
		same := subtle.ConstantTimeCompare(given, []byte(s.Hash))
		if s.Start > now || now >= s.End {
			same = 0
		}
		at = subtle.ConstantTimeSelect(same, i, at)
		matches |= same
	}
	if matches == 0 {
		return directory.Secret{}, false
	}
	return secrets[at], true
}
