package rest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"ephor/internal/fault"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBodiesAreReadWithinBounds takes what clients send: SDKs compress (behaviour.md §14),
// Terraform's sends GET with an empty body in chunks.
func TestBodiesAreReadWithinBounds(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		method, body, content, encoding string
		want                            string
		status                          int
	}{
		"plain":                     {method: "POST", body: `{"a":1}`, content: "application/json", want: `{"a":1}`},
		"none":                      {method: "POST"},
		"compressed":                {method: "POST", body: zipped(t, `{"a":1}`), content: "application/json; charset=utf-8", encoding: "gzip", want: `{"a":1}`},
		"compressed, and it is not": {method: "POST", body: `{"a":1}`, content: "application/json", encoding: "gzip", status: 400},
		"compressed and cut":        {method: "POST", body: zipped(t, `{"a":1}`)[:12], content: "application/json", encoding: "gzip", status: 400},
		"another encoding":          {method: "POST", body: `{"a":1}`, content: "application/json", encoding: "br", status: 415},
		"not JSON":                  {method: "POST", body: `a=1`, content: "application/x-www-form-urlencoded", status: 415},
		"too large":                 {method: "POST", body: strings.Repeat(" ", MaxBody+1), content: "application/json", status: 413},
		"too large once inflated":   {method: "POST", body: zipped(t, strings.Repeat(" ", MaxBody+1)), content: "application/json", encoding: "gzip", status: 413},
		"with a GET":                {method: "GET", body: `null`, content: "application/json"},
		"with a HEAD":               {method: "HEAD", body: zipped(t, `{"a":1}`), encoding: "gzip"},
	} {
		r := httptest.NewRequest(row.method, "/v1.0/users", strings.NewReader(row.body))
		r.ContentLength = -1 // in chunks
		r.Header.Set("Content-Type", row.content)
		r.Header.Set("Content-Encoding", row.encoding)
		got, err := readBody(r)
		var refused *fault.Fault
		switch errors.As(err, &refused); {
		case row.status == 0 && (err != nil || string(got) != row.want):
			t.Errorf("%s: %q %v, want %q", name, got, err, row.want)
		case row.status != 0 && (refused == nil || refused.Status != row.status):
			t.Errorf("%s: %q %v, want status %d", name, got, err, row.status)
		}
	}
}
