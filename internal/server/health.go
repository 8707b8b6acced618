package server

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ephor/internal/env"
	"ephor/internal/store"
)

// How long an answer about readiness is good, and how long finding it may take.
const (
	readyLife = time.Second
	readyTime = 2 * time.Second
)

// A readiness knows whether requests can be answered.
type readiness struct {
	store    *store.Store
	env      *env.Env
	draining atomic.Bool

	mu   sync.Mutex
	at   time.Time
	last string
}

// reason is why no requests can be answered, "" if they can. However often it is asked,
// the store is asked once a second.
func (h *readiness) reason(ctx context.Context) string {
	if h.draining.Load() {
		return "the server is stopping"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.env.Time(); h.at.IsZero() || now.Sub(h.at) >= readyLife {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime)
		defer cancel()
		h.at, h.last = now, ""
		if _, err := h.store.List(ctx); err != nil {
			h.last = "store: " + err.Error()
		}
	}
	return h.last
}

// public answers with one word, and never says why.
func (h *readiness) public(w http.ResponseWriter, r *http.Request) {
	h.answer(w, r, func(reason string) any {
		word := "ready"
		if reason != "" {
			word = "unavailable"
		}
		return map[string]string{"status": word}
	})
}

// detailed is public with the reasons, for the operator's own address.
func (h *readiness) detailed(w http.ResponseWriter, r *http.Request) {
	h.answer(w, r, func(reason string) any {
		if reason == "" {
			// What is not honoured stops nobody from being answered, but somebody should look.
			return map[string]any{"status": "ready", "reasons": append([]string{}, h.store.Unproven()...)}
		}
		return map[string]any{"status": "unavailable", "reasons": []string{reason}}
	})
}

func (h *readiness) answer(w http.ResponseWriter, r *http.Request, say func(reason string) any) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	reason := h.reason(r.Context())
	text, err := json.Marshal(say(reason))
	if err != nil {
		panic("server: health is not JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	if reason != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(text) // a client that is gone cannot be told
}
