package directory

import (
	"slices"
	"strings"
	"testing"
)

// The rows of C:search-query-parameter.md, and what stands between blanks as a whole.
func TestTextsAreCutIntoWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"hello world":            {"hello", "world"},
		"HelloWorld":             {"hello", "world", "helloworld"},
		"helloWORLD":             {"hello", "world", "helloworld"},
		"HELLOworld":             {"helloworld"},
		"hello.world":            {"hello", "world", "helloworld"},
		"hello123world":          {"hello", "123", "world", "hello123world"},
		"Zoë Ångström":           {"zoë", "ångström"},
		"  ":                     nil,
		"-- !":                   nil,
		"a a A":                  {"a"},
		strings.Repeat("x", 100): {strings.Repeat("x", 64)},
	} {
		if got := Words(text); !slices.Equal(got, want) {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
	}
	if n := len(Words(strings.Repeat("a1", 500))); n > 128 {
		t.Errorf("%d words of one text", n)
	}
}

func TestWordsAreFoundByTheirBeginnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		found      bool
	}{
		{"Sales Videos", "video", true},
		{"Sales Videos", "sal", true},
		{"Sales Videos", "videos sales", true},
		{"Sales Videos", "ideo", false},
		{"Sales Videos", "videos x", false},
		{"OneVideo", "onev", true},
		{"One Video", "OneVideo", true},
		{"hello-world", "helloworld", true},
	} {
		all := true
		for _, s := range Sought(c.text) {
			all = all && s.Found(Words(c.name))
		}
		if all != c.found {
			t.Errorf("%q in %q: %v", c.text, c.name, all)
		}
	}
}
