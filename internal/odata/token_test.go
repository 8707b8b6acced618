package odata

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	pageKey     = TokenKey{1, 2, 3}
	pageBinding = []byte("tenant\x00incarnation\x00ada\x00/users\x00displayName eq 'a'")
	page        = Token{ID: "7146daa8-1b4b-4a66-b2f7-cf593d03c8d2", Keys: []Value{
		Text("ada\x00lovelace"), Null(), Bool(true), Int(-7), Float(2.5), Instant(noon), ID(sku),
	}}
)

func seal(t testing.TB, token Token) string {
	t.Helper()
	text, err := Seal(token, pageKey, pageBinding, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPageTokenOpensAsWhatWasSealed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := Token{ID: rapid.StringN(0, 40, 120).Draw(t, "id")}
		for _, l := range rapid.SliceOfN(literals().Filter(func(l Literal) bool { return l.Kind != KindDuration }), 0, maxKeys).Draw(t, "keys") {
			want.Keys = append(want.Keys, l.Value)
		}
		text, err := Seal(want, pageKey, pageBinding, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(text, pageKey, pageBinding)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, anywhere); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPageTokenOfAnotherQueryTenantOrCallerIsRefused(t *testing.T) {
	t.Parallel()
	text := seal(t, page)
	for name, open := range map[string]func() (Token, error){
		"another binding": func() (Token, error) { return Open(text, pageKey, append([]byte("x"), pageBinding...)) },
		"shorter binding": func() (Token, error) { return Open(text, pageKey, pageBinding[:10]) },
		"no binding":      func() (Token, error) { return Open(text, pageKey, nil) },
		"another key":     func() (Token, error) { return Open(text, TokenKey{1, 2, 4}, pageBinding) },
	} {
		got, err := open()
		if err == nil {
			t.Fatalf("%s: opened as %+v", name, got)
		}
		wantFault(t, err, "The page token is not valid for this request")
	}
}

func TestAlteredPageTokenIsRefused(t *testing.T) {
	t.Parallel()
	text := seal(t, page)
	for i := range text {
		altered := []byte(text)
		altered[i] = 'A'
		if text[i] == 'A' {
			altered[i] = 'B'
		}
		if _, err := Open(string(altered), pageKey, pageBinding); err == nil {
			t.Fatalf("byte %d altered and opened", i)
		}
	}
	for _, other := range []string{
		"", "!", text[:len(text)-1], text + "A", text + "=", text + "\n", " " + text,
		text[:20], text[:40], strings.Repeat("A", 6145), strings.Repeat("A", 100),
	} {
		_, err := Open(other, pageKey, pageBinding)
		wantFault(t, err, "The page token is not valid for this request")
	}
}

func TestPageTokenShowsNothingOfItsRow(t *testing.T) {
	t.Parallel()
	one, two := seal(t, page), seal(t, page)
	if one == two {
		t.Error("the same page twice gives the same text")
	}
	raw, err := tokenText.DecodeString(one)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"lovelace", page.ID} {
		if bytes.Contains(raw, []byte(part)) {
			t.Errorf("%q is to be read in the token", part)
		}
	}
}

func TestPageTokenThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, try := range map[string]struct {
		token  Token
		random io.Reader
	}{
		"a list":          {Token{Keys: []Value{List()}}, rand.Reader},
		"too many keys":   {Token{Keys: make([]Value, 17)}, rand.Reader},
		"too long":        {Token{ID: strings.Repeat("a", 6000)}, rand.Reader},
		"no random bytes": {page, iotest.ErrReader(broken)},
	} {
		if text, err := Seal(try.token, pageKey, pageBinding, try.random); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestNumbersOfAPageTokenKeepTheirBits(t *testing.T) {
	t.Parallel()
	want := Token{Keys: []Value{Int(math.MinInt64), Int(math.MaxInt64), Float(math.SmallestNonzeroFloat64)}, ID: ""}
	got, err := Open(seal(t, want), pageKey, pageBinding)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, anywhere); diff != "" {
		t.Fatal(diff)
	}
}
