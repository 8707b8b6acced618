package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// bareArgument makes this program the bare server.
const bareArgument = "bare-server"

// A bare is a process with nothing but Go's own HTTP server: what any server in Go costs.
// It reads and parses the same JSON as Ephor, and answers the same bytes; it knows nobody
// and decides nothing.
type bare struct {
	addr string
	pid  int
	stop func() error
}

// barely is the bare server of the run.
func (b *bench) barely(ctx context.Context) (*bare, error) {
	if b.bare != nil {
		return b.bare, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, bareArgument)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the bare server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	b.bare = &bare{addr: strings.TrimSpace(line), pid: cmd.Process.Pid, stop: func() error { return errors.Join(in.Close(), cmd.Wait()) }}
	b.later(b.bare.stop)
	return b.bare, err
}

// keep gives the bare server bytes to answer under a name.
func (s *bare) keep(ctx context.Context, name string, body []byte) error {
	_, err := ask(ctx, s.addr, request("PUT", s.addr, "/kept/"+name, "", body), http.StatusNoContent)
	return err
}

// serveBare is the process. It says its address, and ends with its input.
func serveBare(in io.Reader, out io.Writer) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: &plain{kept: map[string][]byte{}}, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	fmt.Fprintln(out, l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, in) // returns when whoever started us ends
		_ = s.Close()
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// A plain handler does what cannot be left out.
type plain struct {
	mu   sync.RWMutex
	kept map[string][]byte
}

// An entity and an evaluation are AuthZEN's, as anybody would write them down.
type entity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type evaluation struct {
	Subject entity `json:"subject"`
	Action  struct {
		Name string `json:"name"`
	} `json:"action"`
	Resource entity `json:"resource"`
}

// busyPath keeps one goroutine at work until its asker leaves.
const busyPath = "/busy"

// toil is what a server may have to do beside answering: reading, and making garbage.
func toil(ctx context.Context) {
	text := []byte(`{"subject": {"type": "user", "id": "` + strings.Repeat("x", 1<<10) + `"}}`)
	for ctx.Err() == nil {
		_ = json.Unmarshal(text, new(evaluation)) // what comes of it is not the point
	}
}

// ServeHTTP answers an evaluation, or with kept bytes.
func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, kept := strings.CutPrefix(r.URL.Path, "/kept/")
	switch {
	case r.URL.Path == busyPath:
		toil(r.Context())
		return
	case kept && r.Method == http.MethodGet:
		p.mu.RLock()
		body := p.kept[name]
		p.mu.RUnlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
		return
	case kept:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		p.kept[name] = body
		p.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	p.evaluate(w, r)
}

// evaluate reads a question, parses it, and answers as long an answer as Ephor's.
func (p *plain) evaluate(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	var e evaluation
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil || e.Subject.ID == "" || e.Action.Name == "" || e.Resource.ID == "" {
		http.Error(w, "no question", http.StatusBadRequest)
		return
	}
	p.mu.RLock()
	body := p.kept["decision"]
	p.mu.RUnlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}
