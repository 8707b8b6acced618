package login

import (
	"strings"
	"unicode"
)

// splitWords are the words of a name that are long enough to be recognised.
func splitWords(s string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) >= 4 {
			words = append(words, w)
		}
	}
	return words
}
