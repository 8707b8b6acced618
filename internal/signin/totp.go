package signin

import (
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"ephor/internal/when"
)

// The shape of a time-based one-time password (RFC 6238): what every authenticator app
// speaks. Apps ignore other values, so there is no setting.
const (
	SeedSize   = 20 // random bytes of a seed
	stepLength = 30 * when.Second
	codeDigits = 6
	driftSteps = 1 // steps that a phone's clock may be off, either way
)

// MaxCode bounds, in bytes, what a person may type as a code, with the spaces in it.
const MaxCode = 64

var seedText = base32.StdEncoding.WithPadding(base32.NoPadding)

// SeedText is a seed as an authenticator app takes it when it is typed in.
func SeedText(seed []byte) string { return seedText.EncodeToString(seed) }

// SeedLink is what the QR code of a seed says: account is the user principal name, issuer
// what the app shows above it.
func SeedLink(seed []byte, issuer, account string) string {
	q := url.Values{
		"secret": {SeedText(seed)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {fmt.Sprint(codeDigits)}, "period": {fmt.Sprint(int64(stepLength / when.Second))},
	}
	// Some apps show a plus sign where a space is encoded as one.
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// Code is the one-time password of seed at now, on the machine's clock.
func Code(seed []byte, now when.Instant) string {
	code, err := hotp.GenerateCodeCustom(SeedText(seed), uint64(now/stepLength), hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		panic("signin: a one-time password of a seed of ours: " + err.Error())
	}
	return code
}

// MatchCode reports whether code is the one-time password of seed at now, and of which time
// step it is. A step is used once: none is taken that is not after last, the step of the
// code that was taken before (0 for none). Every step is compared, whichever matches.
func MatchCode(seed []byte, code string, last int64, now when.Instant) (step int64, ok bool) {
	given := []byte(plainCode(code))
	at, matches := int64(now/stepLength), 0
	for s := at - driftSteps; s <= at+driftSteps; s++ {
		same := subtle.ConstantTimeCompare(given, []byte(Code(seed, when.Instant(s)*stepLength)))
		if s <= last {
			same = 0
		}
		if same == 1 {
			step = s
		}
		matches |= same
	}
	return step, matches == 1
}

// plainCode is what was typed without the spaces and hyphens that people put between groups.
func plainCode(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s[:min(len(s), MaxCode)])
}
