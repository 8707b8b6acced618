package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"ephor/internal/dev"
	"ephor/internal/fault"
	"ephor/internal/rest"
)

// healthPath answers whoever asks, under any name: it says nothing but one word.
const healthPath = "/_ephor/health"

// A front is what stands before the faces: it sees to names, panics and counting, and
// sends each request to the face whose path it is.
type front struct {
	hosts   hosts
	proxies proxies
	refuser refuser
	log     *slog.Logger
	counts  *counts

	health  http.Handler
	control http.Handler // the development control API, nil without --dev
	graph   http.Handler
	access  http.Handler                   // the decision API
	oauth   func(path string) http.Handler // nil for what is not its path
	pages   func(path string) http.Handler // likewise
}

// handler is the front, compressing what clients accept compressed.
func (f *front) handler() (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1400))
	if err != nil {
		return nil, err
	}
	return wrap(http.HandlerFunc(f.serve)), nil
}

// serve answers one request, whatever happens in its handler.
func (f *front) serve(w http.ResponseWriter, r *http.Request) {
	face, h := f.face(r.URL.Path)
	t := &tracked{ResponseWriter: w}
	done := f.counts.begin(face, r.Method)
	defer func() {
		if p := recover(); p != nil {
			f.panicked(t, r, p)
		}
		done(t.code())
	}()
	if face != "health" {
		if err := f.hosts.check(r, f.proxies); err != nil {
			f.refuser.refuse(t, r, err)
			return
		}
	}
	h.ServeHTTP(t, r)
}

// face is whose path it is.
func (f *front) face(path string) (name string, h http.Handler) {
	trimmed := strings.TrimLeft(path, "/")
	version, _, _ := strings.Cut(strings.ToLower(trimmed), "/")
	switch {
	case path == healthPath:
		return "health", f.health
	case strings.HasPrefix(path, dev.Prefix) && f.control != nil:
		return "dev", f.control
	case version == "v1.0" || version == "beta":
		return "graph", f.graph
	case rest.DecisionPath(path):
		return "access", f.access
	}
	if h := f.oauth(path); h != nil {
		return "oauth", h
	}
	if h := f.pages(path); h != nil {
		return "pages", h
	}
	return "none", http.HandlerFunc(f.nowhere)
}

// nowhere is the answer to a path that is nobody's.
func (f *front) nowhere(w http.ResponseWriter, r *http.Request) {
	f.refuser.refuse(w, r, &fault.Fault{
		Status: http.StatusNotFound, Code: "ResourceNotFound", Message: "Nothing is served at this path. Microsoft Graph's versions are below /v1.0 and /beta.",
	})
}

// panicked answers a request whose handler has panicked, and keeps its trace in the log. An
// answer that has begun can only be cut off.
func (f *front) panicked(t *tracked, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	f.counts.panics.Inc()
	f.log.ErrorContext(r.Context(), "handler panicked", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if t.status != 0 {
		panic(http.ErrAbortHandler)
	}
	clear(t.Header())
	f.refuser.refuse(t, r, fault.Internal(fmt.Errorf("panic: %v", p)))
}

// A tracked writer remembers the status that was sent.
type tracked struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status and remembers it, but for those that only announce.
func (t *tracked) WriteHeader(status int) {
	if t.status == 0 && status >= http.StatusOK {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body, and before the first the status 200.
func (t *tracked) Write(b []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	return t.ResponseWriter.Write(b)
}

// Unwrap is the writer below, for http.ResponseController.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// code is the status that was sent; a handler that sends nothing sends 200.
func (t *tracked) code() int {
	if t.status == 0 {
		return http.StatusOK
	}
	return t.status
}
