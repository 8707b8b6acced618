package client

import (
	"strings"
	"unicode"
)

// Plain is text that somebody else wrote, as it can be shown to a person: in one line, and
// without the characters that steer a terminal or turn text round. Who asks for something
// must not be able to write over what the approver reads.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
