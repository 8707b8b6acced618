package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A blank is a ResponseWriter that keeps nothing.
type blank struct{ header http.Header }

func (b *blank) Header() http.Header         { return b.header }
func (b *blank) Write(p []byte) (int, error) { return len(p), nil }
func (b *blank) WriteHeader(int)             {}

// BenchmarkDecision is one question over the handler, beside what reading and writing the
// same JSON costs with encoding/json.
func BenchmarkDecision(b *testing.B) {
	w := newWorld(b)
	body := asked("user", bob, revoke, "user", eve)
	b.Run("handler", func(b *testing.B) {
		b.ReportAllocs()
		in := strings.NewReader(body)
		r := httptest.NewRequest(http.MethodPost, evaluationPath, in)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer client")
		out := &blank{http.Header{}}
		for b.Loop() {
			in.Reset(body)
			clear(out.header)
			w.ServeHTTP(out, r)
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if in, bad := readInquiry(body); bad != nil || in.check() != nil {
				b.Fatal(bad)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var in struct {
				Subject, Resource struct{ Type, ID string }
				Action            struct{ Name string }
			}
			if err := json.Unmarshal([]byte(body), &in); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(map[string]any{"decision": true}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEvaluations is a body of a hundred questions.
func BenchmarkEvaluations(b *testing.B) {
	w := newWorld(b)
	body := `{"evaluations":[` + strings.TrimSuffix(strings.Repeat(asked("user", bob, revoke, "user", eve)+",", 100), ",") + `]}`
	in := strings.NewReader(body)
	r := httptest.NewRequest(http.MethodPost, evaluationsPath, in)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer client")
	out := &blank{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(body)
		w.ServeHTTP(out, r)
	}
}
