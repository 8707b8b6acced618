package server

import (
	"net/http"
	"strconv"

	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/rest"
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
	body := rest.Envelope(x, id, id, f.env.Time())
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
