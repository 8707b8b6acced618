package server

import (
	"net/http"
	"strconv"
	"time"

	"ephor/internal/edm"
	"ephor/internal/env"
	"ephor/internal/fault"
)

// A refuser answers with errors in Graph's envelope where no operation is reached: wrong
// names, wrong paths, panics, and the control API.
type refuser struct {
	env *env.Env
	log func(r *http.Request, id string, err error)
}

// refuse answers with err. What is not a fault is hidden behind a 500 and logged.
func (f refuser) refuse(w http.ResponseWriter, r *http.Request, err error) {
	x, ok := fault.As(err)
	if !ok {
		x = fault.Internal(err)
	}
	id := f.env.NextID().String()
	if x.Status >= 500 {
		f.log(r, id, err)
	}
	body := envelope(x, id, f.env.Time())
	h := w.Header()
	h.Set("request-id", id)
	h.Set("client-request-id", id)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if x.Challenge != "" {
		h.Set("WWW-Authenticate", x.Challenge)
	}
	if x.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(x.RetryAfter))
	}
	w.WriteHeader(x.Status)
	_, _ = w.Write(body) // a client that is gone cannot be told
}

// envelope is a fault as Graph writes it (errors.md §0).
func envelope(f *fault.Fault, id string, at time.Time) []byte {
	var w edm.Writer
	w.Begin()
	w.Name("error")
	w.Begin()
	w.Name("code")
	w.Str(f.Code)
	w.Name("message")
	w.Str(f.Message)
	if f.Target != "" {
		w.Name("target")
		w.Str(f.Target)
	}
	w.Name("innerError")
	w.Begin()
	w.Name("date")
	w.Str(at.UTC().Format("2006-01-02T15:04:05"))
	w.Name("request-id")
	w.Str(id)
	w.Name("client-request-id")
	w.Str(id)
	w.End()
	w.End()
	w.End()
	return w.Bytes()
}
