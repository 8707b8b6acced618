package signin

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed banned.txt
var bannedText string

// banned are what people build weak passwords of, in the form that plainWord gives, the
// longest first, so that a word is found before its beginning is.
var banned = func() []string {
	words := strings.Fields(bannedText)
	for i, w := range words {
		words[i] = plainWord(w)
	}
	return byLength(words)
}()

func byLength(words []string) []string {
	slices.SortFunc(words, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(words)
}

// lookalikes are what people write in the place of letters.
var lookalikes = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "@", "a", "$", "s", "5", "s", "7", "t", "!", "i", "|", "i")

// plainWord is s without what makes a word look less like one.
func plainWord(s string) string { return lookalikes.Replace(strings.ToLower(s)) }

// minPoints is how much of a password must be its own.
const minPoints = 5

// points is how much of a password is its own: each banned word, each year, and each run of
// a keyboard, an alphabet or one character counts one, as does every other character. more
// are words that are banned for the one tenant.
func points(password string, more []string) int {
	n, rest := 0, strings.ToLower(password)
	words := banned
	if len(more) > 0 {
		words = slices.Clone(banned)
		for _, w := range more {
			words = append(words, plainWord(w))
		}
		words = byLength(words)
	}
	for len(rest) > 0 {
		n++
		rest = rest[prefix(rest, words):]
	}
	return n
}

// prefix is how many bytes at the beginning of s count as one point.
func prefix(s string, words []string) int {
	plain := plainWord(s) // as long as s: each look-alike is one byte for another
	for _, w := range words {
		if len(w) >= 3 && strings.HasPrefix(plain, w) {
			return len(w)
		}
	}
	if n := year(s); n > 0 {
		return n
	}
	if n := run(s); n >= 3 {
		return n
	}
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// year is the length of a year of a lifetime at the beginning of s, or 0.
func year(s string) int {
	if len(s) < 4 || !strings.HasPrefix(s, "19") && !strings.HasPrefix(s, "20") || strings.Trim(s[2:4], "0123456789") != "" {
		return 0
	}
	return 4
}

// rows are keyboards' rows, along which runs go.
var rows = []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop"}

// run is how long s goes on with one character, or up or down an alphabet or a keyboard.
func run(s string) int {
	longest := 0
	for _, next := range []func(a, b byte) bool{
		func(a, b byte) bool { return a == b },
		func(a, b byte) bool { return b == a+1 },
		func(a, b byte) bool { return a == b+1 },
		func(a, b byte) bool { return neighbours(a, b) },
	} {
		n := 1
		for n < len(s) && s[n] < 0x80 && next(s[n-1], s[n]) {
			n++
		}
		longest = max(longest, n)
	}
	return longest
}

func neighbours(a, b byte) bool {
	for _, row := range rows {
		i, j := strings.IndexByte(row, a), strings.IndexByte(row, b)
		if i >= 0 && j >= 0 && (j == i+1 || i == j+1) {
			return true
		}
	}
	return false
}
