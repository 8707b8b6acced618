package signin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/fault"
)

// Rules say which passwords an account may be given.
type Rules struct {
	Min, Max int // characters
	// Kinds is how many of the four kinds of character a password needs: lower case,
	// upper case, digits, everything else. Entra wants three of them; passwordPolicies
	// DisableStrongPassword lifts it to one.
	Kinds int
	// Banned are words that are banned beside the list that all tenants share: the tenant's
	// own name and domains.
	Banned []string
}

// DefaultRules are those of a Graph user without passwordPolicies.
var DefaultRules = Rules{Min: 8, Max: 256, Kinds: 3}

// RulesFor are the rules of a user with the given passwordPolicies, a list with commas.
func RulesFor(policies string) Rules {
	r := DefaultRules
	for p := range strings.SplitSeq(policies, ",") {
		if strings.EqualFold(strings.TrimSpace(p), "DisableStrongPassword") {
			r.Kinds = 1
		}
	}
	return r
}

// Judge is nil when the account named upn may have password. The refusal never repeats
// the password.
func (r Rules) Judge(password, upn string) *fault.Fault {
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return refuse("It contains characters that cannot be typed.")
	}
	if n := utf8.RuneCountInString(password); n < r.Min || n > r.Max {
		return refuse("It is too short or too long.")
	}
	if kinds(password) < r.Kinds {
		return refuse("It mixes too few of lower case, upper case, digits and symbols.")
	}
	if points(password, r.Banned) < minPoints {
		return refuse("It is made of words, years or runs of keys that are guessed first.")
	}
	name, _, _ := strings.Cut(upn, "@")
	if len(name) >= 4 && strings.Contains(strings.ToLower(password), strings.ToLower(name)) {
		return refuse("It contains the account's name.")
	}
	return nil
}

// refuse is the directory's 400 for a password. A client that shows the message shows why.
func refuse(why string) *fault.Fault {
	return fault.BadRequest("passwordProfile.password",
		"The specified password does not comply with password complexity requirements. Please provide a different password. %s", why)
}

// kinds counts the kinds of character in s.
func kinds(s string) int {
	var lower, upper, digit, other int
	for _, c := range s {
		switch {
		case unicode.IsLower(c):
			lower = 1
		case unicode.IsUpper(c):
			upper = 1
		case unicode.IsDigit(c):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}
