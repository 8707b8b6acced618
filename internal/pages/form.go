package pages

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"ephor/internal/signin"
)

// The bounds of a form. Only the answer of a passkey is long.
const (
	maxForm   = 96 << 10 // bytes
	maxFields = 32
	maxField  = 4 << 10
)

// A form is what a person has sent: each field once.
type form map[string]string

// one is a field that may not be longer than any field of ours.
func (f form) one(name string) string {
	if v := f[name]; len(v) <= maxField {
		return v
	}
	return ""
}

// answer is what a browser answered in a passkey's ceremony.
func (f form) answer() []byte {
	if v := f["answer"]; len(v) <= signin.MaxCeremony {
		return []byte(v)
	}
	return nil
}

var errForm = &problem{http.StatusBadRequest, "The form could not be read."}

// readForm reads the body of a POST, with bounds on everything. A password may hold any
// text that is text; no field holds NUL.
func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.Header.Get("Content-Encoding") != "" {
		return nil, &problem{http.StatusUnsupportedMediaType, "The form could not be read."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &problem{http.StatusRequestEntityTooLarge, "The form is too large."}
	}
	if err != nil || strings.Count(string(body), "&") >= maxFields {
		return nil, errForm
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errForm
	}
	f := form{}
	for name, all := range values {
		if len(all) != 1 || !utf8.ValidString(all[0]) || strings.ContainsRune(all[0], 0) || len(all[0]) > signin.MaxCeremony {
			return nil, errForm
		}
		if len(all[0]) > maxField && name != "answer" {
			return nil, &problem{http.StatusRequestEntityTooLarge, "A field of the form is too long."}
		}
		f[name] = all[0]
	}
	return f, nil
}
