package odata

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"ephor/internal/fault"
)

// unescape is raw with percent escapes and "+" undone once. name says in messages where
// it stood. What no property can hold, NUL and invalid UTF-8, is refused here.
func unescape(name, raw string) (string, error) {
	text, err := url.QueryUnescape(raw)
	if err != nil {
		return "", fault.BadQuery(excerpt(name), "The query has a percent sign that begins no escape, near '%s'.", excerpt(raw))
	}
	if strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text) {
		return "", fault.BadQuery(excerpt(name), "The query holds bytes that are not text.")
	}
	return text, nil
}

// decodeName is a parameter's name. No name has a percent sign of its own.
func decodeName(raw string) (string, error) {
	name, err := unescape("", raw)
	if err == nil && strings.Contains(name, "%") {
		name, err = unescape("", name)
	}
	return strings.TrimSpace(name), err
}

// decodeValue is an option's text without the blanks round it. Some clients encode twice
// (query.md, 1). It shows: outside of quotes no option has a percent sign, so an escape
// left there means that the whole text was encoded twice. Within quotes a percent sign is
// somebody's data and stays.
func decodeValue(option Options, raw string) (string, error) {
	text, err := unescape(option.String(), raw)
	if err == nil && escapedOutsideQuotes(option, text) {
		text, err = unescape(option.String(), text)
	}
	return strings.TrimSpace(text), err
}

// escapedOutsideQuotes reports whether text has a percent sign that is not quoted.
func escapedOutsideQuotes(option Options, text string) bool {
	quote := byte('\'')
	if option == Search {
		quote = '"'
	}
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == quote:
			quoted = !quoted
		case text[i] == '\\' && option == Search:
			i++
		case text[i] == '%' && !quoted:
			return true
		}
	}
	return false
}

// Next is rawQuery with its page token replaced by token: the query of a nextLink, which
// holds every option of the request that it continues (behaviour.md, 13).
func Next(rawQuery, token string) string {
	var kept []string
	for piece := range strings.SplitSeq(rawQuery, "&") {
		rawName, _, _ := strings.Cut(piece, "=")
		name, err := decodeName(rawName)
		option, known := optionNamed(name)
		if piece != "" && (err != nil || !known || option != SkipToken) {
			kept = append(kept, piece)
		}
	}
	return strings.Join(append(kept, "$skiptoken="+url.QueryEscape(token)), "&")
}
