package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ephor/internal/dev"
	"ephor/internal/env"
	"ephor/internal/graph"
)

// A house is a running development server and a client that trusts it.
type house struct {
	Started
	t      *testing.T
	client *http.Client
	stop   func() error // ends the server and tells how it ended
}

// devConfig is a development server on a port of its own.
func devConfig(t *testing.T) Config {
	t.Helper()
	return Config{
		Addr: "localhost:0", Data: Data{Dir: t.TempDir()}, Dev: true, Operations: graph.Operations(),
		Env: env.System(), Log: slog.New(slog.DiscardHandler), Operator: "tester",
	}
}

// start runs a server and waits until it is ready.
func start(t *testing.T, c Config) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan Started, 1), make(chan error, 1)
	c.Ready = func(s Started) { ready <- s }
	go func() { ended <- Run(ctx, c) }()
	h := &house{t: t}
	var once error
	stopped := false
	h.stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			once = <-ended
		}
		return once
	}
	select {
	case h.Started = <-ready:
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		if err := h.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	h.client = &http.Client{Transport: &http.Transport{TLSClientConfig: h.trust(), ForceAttemptHTTP2: true}, Timeout: 20 * time.Second}
	return h
}

// trust is the TLS of a client that was given the server's CA file.
func (h *house) trust() *tls.Config {
	if h.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(h.CAFile)
	if err != nil {
		h.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		h.t.Fatalf("%s holds no certificate", h.CAFile)
	}
	return &tls.Config{RootCAs: pool}
}

// An answer is a response with its body.
type answer struct {
	status int
	header http.Header
	body   string
}

// into reads the body as JSON.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// send makes a request; headers are "Name: value", and "Host: value" is the request's host.
func (h *house) send(method, path, body string, headers ...string) answer {
	h.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.URL+path, in)
	if err != nil {
		h.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}
	res, err := h.client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

// control calls the control API and fails unless it answers with the wanted status.
func (h *house) control(want int, method, path, body string) answer {
	h.t.Helper()
	a := h.send(method, "/_ephor/dev/"+path, body)
	if a.status != want {
		h.t.Fatalf("%s %s = %d %s, want %d", method, path, a.status, a.body, want)
	}
	return a
}

// memory makes a memory tenant.
func (h *house) memory(seed string) dev.Element {
	h.t.Helper()
	var e dev.Element
	h.control(201, "POST", "tenants", `{"name":"t","memory":true,"seed":`+seed+`}`).into(h.t, &e)
	return e
}

// token takes a token as the control API gives it.
func (h *house) token(e dev.Element, body string) string {
	h.t.Helper()
	var t struct {
		Access  string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	h.control(200, "POST", "tenants/"+e.TenantID.String()+"/token", body).into(h.t, &t)
	if t.Access == "" || t.Seconds <= 0 {
		h.t.Fatalf("no token: %+v", t)
	}
	return t.Access
}

// get asks Graph with a token.
func (h *house) get(token, path string) answer {
	h.t.Helper()
	return h.send("GET", "/v1.0"+path, "", "Authorization: Bearer "+token)
}
