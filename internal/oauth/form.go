package oauth

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The bounds of a token request.
const (
	maxForm   = 64 << 10 // bytes
	maxFields = 64
)

// readForm is the body's parameters, each of which may occur once (RFC 6749, section 3.2).
// The query is not read: secrets do not belong there, and MSAL Node repeats its request id
// in it.
func readForm(r *http.Request) (url.Values, *failure) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, malformed("The request body must be of type application/x-www-form-urlencoded.")
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, malformed("The request body must not be encoded.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxForm))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, malformed("The request body could not be read.")
	}
	return parseForm(string(body))
}

// parseForm reads name=value&… with bounds on everything.
func parseForm(body string) (url.Values, *failure) {
	if strings.Count(body, "&") >= maxFields {
		return nil, malformed("The request has too many parameters.")
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, malformed("The request body is not properly encoded.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, repeated(name)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(values[0]) || strings.ContainsRune(values[0], 0) {
			return nil, malformed("The request body is not properly encoded.")
		}
	}
	return form, nil
}
