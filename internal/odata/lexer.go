package odata

import (
	"strings"

	"ephor/internal/guid"
)

// A kind says what a token is.
type kind byte

const (
	finish kind = iota // behind the last token
	word               // a name, a keyword or a type: letters, digits, "_", "." and a leading "$"
	number             // what begins with a digit or a sign: a number, a date, a time
	bareID             // a GUID without quotes
	quoted             // a string; text is what stands between the quotes, doubled quotes undone
	mark               // one of ( ) , / :
)

// A token is one piece of a filter; from and to are its bytes in the text.
type token struct {
	kind     kind
	text     string
	from, to int
}

// is reports whether the token is the keyword or mark s, in any case.
func (t token) is(s string) bool {
	return (t.kind == word || t.kind == mark) && strings.EqualFold(t.text, s)
}

// String is the token as a message names it.
func (t token) String() string {
	if t.kind == finish {
		return "the end"
	}
	return "'" + excerpt(t.text) + "'"
}

// lex cuts the text into tokens, the last of which is finish.
func (c cursor) lex() ([]token, error) {
	var all []token
	for i := 0; i < len(c.text); {
		if blank(c.text[i]) {
			i++
			continue
		}
		t, err := c.lexOne(i)
		if err != nil {
			return nil, err
		}
		all, i = append(all, t), t.to
	}
	return append(all, token{kind: finish, from: len(c.text), to: len(c.text)}), nil
}

// lexOne is the token that begins at byte i.
func (c cursor) lexOne(i int) (token, error) {
	switch b := c.text[i]; {
	case b == '\'':
		return c.lexString(i)
	case strings.IndexByte("(),/:", b) >= 0:
		return token{mark, c.text[i : i+1], i, i + 1}, nil
	case digit(b) || b == '-':
		return c.lexNumber(i), nil
	case letter(b) || b == '$':
		return c.lexWord(i)
	}
	rest := c.text[i:]
	for j := range rest {
		if j > 0 {
			rest = rest[:j]
			break
		}
	}
	return token{}, c.refuse(i, "'%s' is not expected", rest)
}

// lexString reads a string in single quotes.
func (c cursor) lexString(i int) (token, error) {
	var b strings.Builder
	for j := i + 1; j < len(c.text); j++ {
		if c.text[j] != '\'' {
			b.WriteByte(c.text[j])
			continue
		}
		if j+1 == len(c.text) || c.text[j+1] != '\'' {
			return token{quoted, b.String(), i, j + 1}, nil
		}
		b.WriteByte('\'')
		j++
	}
	return token{}, c.refuse(i, "the string is not closed")
}

// lexNumber reads what begins with a digit or a sign.
func (c cursor) lexNumber(i int) token {
	j := i + 1
	for j < len(c.text) && (letter(c.text[j]) || digit(c.text[j]) || strings.IndexByte("-+:.", c.text[j]) >= 0) {
		j++
	}
	t := token{number, c.text[i:j], i, j}
	if _, ok := guid.Parse(t.text); ok {
		t.kind = bareID
	}
	return t
}

// lexWord reads a name or a GUID that begins with a letter.
func (c cursor) lexWord(i int) (token, error) {
	j := i + 1
	for j < len(c.text) && (letter(c.text[j]) || digit(c.text[j]) || c.text[j] == '.' || c.text[j] == '-') {
		j++
	}
	t := token{word, c.text[i:j], i, j}
	if _, ok := guid.Parse(t.text); ok {
		t.kind = bareID
		return t, nil
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(t.text, "$"), ".") {
		if !identifier(part) {
			return token{}, c.refuse(i, "'%s' is neither a name nor a GUID", excerpt(t.text))
		}
	}
	return t, nil
}

// identifier reports whether s is a property name.
func identifier(s string) bool {
	if s == "" || !letter(s[0]) {
		return false
	}
	for i := range len(s) {
		if !letter(s[i]) && !digit(s[i]) {
			return false
		}
	}
	return true
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' }
func digit(b byte) bool  { return b >= '0' && b <= '9' }
func blank(b byte) bool  { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }
