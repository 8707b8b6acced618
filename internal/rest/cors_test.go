package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesOfOtherOriginsAskBeforeTheyCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method  string
		headers map[string]string
		asked   bool   // it was a question, and is answered
		origin  string // Access-Control-Allow-Origin
		allowed string // Access-Control-Allow-Headers
	}{
		"no page": {"GET", nil, false, "", ""},
		"a call":  {"GET", map[string]string{"Origin": "https://app.example"}, false, "*", ""},
		"a question": {
			"OPTIONS",
			map[string]string{"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"},
			true, "*", "authorization,content-type",
		},
		"a question with a header that is none": {
			"OPTIONS", map[string]string{"Origin": "https://app.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "a\"b"}, true, "*", "",
		},
		"a question that never ends": {
			"OPTIONS", map[string]string{"Origin": "https://app.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": strings.Repeat("a", maxAsked+1)}, true, "*", "",
		},
		"OPTIONS that asks for nothing": {"OPTIONS", map[string]string{"Origin": "https://app.example"}, false, "*", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "https://id.example/v1.0/me", http.NoBody)
		for k, v := range c.headers {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		if got := crossOrigin(w, r); got != c.asked {
			t.Errorf("%s: answered %v, want %v", name, got, c.asked)
		}
		h := w.Header()
		if h.Get("Access-Control-Allow-Origin") != c.origin || h.Get("Access-Control-Allow-Headers") != c.allowed || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", name, h)
		}
	}
}
