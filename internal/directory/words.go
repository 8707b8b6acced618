package directory

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds of the words of one text.
const (
	mostWords   = 128
	longestWord = 64 // characters
)

// Words are the words of a name or description by which $search finds it: in lower case, each
// once. A text is cut at blanks, at symbols, between letters and digits, and where a capital
// follows a small letter (C:search-query-parameter.md, Tokenization); what stands between
// blanks is a word as a whole too, so that it is found however it is written.
func Words(text string) []string {
	var all []string
	add := func(word string) {
		if runes := []rune(word); len(runes) > longestWord {
			word = string(runes[:longestWord])
		}
		if word != "" && len(all) < mostWords && !slices.Contains(all, word) {
			all = append(all, word)
		}
	}
	for _, s := range Sought(text) {
		for _, part := range s.Parts {
			add(part)
		}
		add(s.Whole)
	}
	return all
}

// A SoughtWord is what stands between two blanks: as a whole, without its symbols, and the
// words that it is cut into.
type SoughtWord struct {
	Whole string
	Parts []string
}

// Sought takes what somebody looks for apart.
func Sought(text string) []SoughtWord {
	var all []SoughtWord
	for field := range strings.FieldsSeq(text) {
		parts := parted(field)
		if len(parts) > 0 {
			all = append(all, SoughtWord{strings.Join(parts, ""), parts})
		}
	}
	return all
}

// Found reports whether a text with those words has the word that is sought.
func (s SoughtWord) Found(words []string) bool {
	begins := func(prefix string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, prefix) })
	}
	return begins(s.Whole) || !slices.ContainsFunc(s.Parts, func(part string) bool { return !begins(part) })
}

// parted are the words in a text without blanks.
func parted(field string) []string {
	var parts []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			parts = append(parts, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	before := rune(0)
	for _, r := range field {
		letter, digit := unicode.IsLetter(r) || unicode.IsMark(r), unicode.IsDigit(r)
		switch {
		case !letter && !digit:
			end()
		case digit != unicode.IsDigit(before), unicode.IsUpper(r) && unicode.IsLower(before):
			end()
		}
		if letter || digit {
			word.WriteRune(r)
		}
		before = r
	}
	end()
	return parts
}
