package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"ephor/internal/env"
)

// facing is a front whose Graph face is h, reached as http://ephor.example.
func facing(t *testing.T, h http.HandlerFunc, trusted ...string) (*front, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	e := env.System()
	p, err := newProxies(trusted)
	if err != nil {
		t.Fatal(err)
	}
	names, err := newHosts("https://ephor.example", false, nil, "8443")
	if err != nil {
		t.Fatal(err)
	}
	none := func(string) http.Handler { return nil }
	return &front{
		hosts: names, proxies: p, log: logger, counts: newCounts(e), graph: h, oauth: none, pages: none,
		refuser: refuser{e, func(_ *http.Request, id string, err error) {
			logger.Error("request failed", "request", id, "error", err)
		}},
	}, &log
}

// ask sends a request through a front's whole handler.
func ask(t *testing.T, f *front, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	h, err := f.handler()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func request(path, host, peer string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = host, peer
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func TestRequestsForOtherNamesAreMisdirected(t *testing.T) {
	t.Parallel()
	f, _ := facing(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }, "10.0.0.0/8", "::1")
	for name, row := range map[string]struct {
		r      *http.Request
		status int
	}{
		"the public name":                    {request("/v1.0/me", "ephor.example", "192.0.2.1:1"), 200},
		"with the scheme's port":             {request("/v1.0/me", "ephor.example:443", "192.0.2.1:1"), 200},
		"in capitals":                        {request("/v1.0/me", "EPHOR.example", "192.0.2.1:1"), 200},
		"with another port":                  {request("/v1.0/me", "ephor.example:8443", "192.0.2.1:1"), 421},
		"an address":                         {request("/v1.0/me", "192.0.2.7", "192.0.2.1:1"), 421},
		"localhost, in production":           {request("/v1.0/me", "localhost:8443", "127.0.0.1:1"), 421},
		"no name":                            {request("/v1.0/me", "", "192.0.2.1:1"), 421},
		"a longer name":                      {request("/v1.0/me", "ephor.example.attacker.example", "192.0.2.1:1"), 421},
		"forwarded by a trusted proxy":       {request("/v1.0/me", "inner:8080", "10.1.2.3:1", "X-Forwarded-Host: ephor.example"), 200},
		"forwarded by nobody trusted":        {request("/v1.0/me", "inner:8080", "192.0.2.1:1", "X-Forwarded-Host: ephor.example"), 421},
		"nobody trusted says another name":   {request("/v1.0/me", "ephor.example", "192.0.2.1:1", "X-Forwarded-Host: attacker.example"), 200},
		"the client's own forwarded host":    {request("/v1.0/me", "inner", "10.1.2.3:1", "X-Forwarded-Host: ephor.example", "X-Forwarded-Host: attacker.example"), 421},
		"a trusted proxy got it in clear":    {request("/v1.0/me", "ephor.example", "10.1.2.3:1", "X-Forwarded-Proto: http"), 421},
		"a trusted proxy got it by TLS":      {request("/v1.0/me", "ephor.example", "[::1]:1", "X-Forwarded-Proto: https"), 200},
		"somebody says that it was in clear": {request("/v1.0/me", "ephor.example", "192.0.2.1:1", "X-Forwarded-Proto: http"), 200},
		"nobody's path":                      {request("/admin", "ephor.example", "192.0.2.1:1"), 404},
		"nobody's path, another name":        {request("/admin", "attacker.example", "192.0.2.1:1"), 421},
	} {
		w := ask(t, f, row.r)
		if w.Code != row.status || row.status == 200 != (w.Body.String() == "in") {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, row.status)
		}
		if row.status != 200 && (!strings.HasPrefix(w.Body.String(), `{"error":{"code":"`) || w.Header().Get("request-id") == "") {
			t.Errorf("%s: %s is not Graph's envelope", name, w.Body)
		}
	}
}

func TestClientAddressIsTheLastThatNobodyTrustedVouchesFor(t *testing.T) {
	t.Parallel()
	p := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for name, row := range map[string]struct {
		peer    string
		headers []string
		want    string
	}{
		"straight":                     {"192.0.2.1:5", nil, "192.0.2.1"},
		"a liar":                       {"192.0.2.1:5", []string{"X-Forwarded-For: 203.0.113.9"}, "192.0.2.1"},
		"through a proxy":              {"10.0.0.1:5", []string{"X-Forwarded-For: 203.0.113.9"}, "203.0.113.9"},
		"through two":                  {"10.0.0.1:5", []string{"X-Forwarded-For: 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"a liar behind a proxy":        {"10.0.0.1:5", []string{"X-Forwarded-For: 198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"a liar who names a proxy":     {"10.0.0.1:5", []string{"X-Forwarded-For: 198.51.100.1, 10.0.0.9, 203.0.113.9"}, "203.0.113.9"},
		"two headers":                  {"10.0.0.1:5", []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"}, "203.0.113.9"},
		"a proxy that says nonsense":   {"10.0.0.1:5", []string{"X-Forwarded-For: unknown"}, "10.0.0.1"},
		"a proxy that says nothing":    {"10.0.0.1:5", nil, "10.0.0.1"},
		"IPv6":                         {"[2001:db8::1]:5", []string{"X-Forwarded-For: 2001:DB9::0:1"}, "2001:db9::1"},
		"IPv4 in IPv6":                 {"[::ffff:10.0.0.1]:5", []string{"X-Forwarded-For: 203.0.113.9"}, "203.0.113.9"},
		"the proxy's own request":      {"10.0.0.1:5", []string{"X-Forwarded-For: 10.0.0.2"}, "10.0.0.2"},
		"a connection without address": {"@", nil, ""},
	} {
		if got := p.client(request("/", "ephor.example", row.peer, row.headers...)); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/33", "10.0.0.0/8,"} {
		if _, err := newProxies([]string{bad}); err == nil {
			t.Errorf("network %q is accepted", bad)
		}
	}
}

func TestPanicOfAHandlerIsA500AndNotTheEnd(t *testing.T) {
	t.Parallel()
	f, log := facing(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", "half an answer")
		panic("the secret is 42")
	})
	w := ask(t, f, request("/v1.0/me", "ephor.example", "192.0.2.1:1", "Accept-Encoding: gzip"))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "InternalServerError") || strings.Contains(w.Body.String(), "the secret") || w.Header().Get("ETag") != "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(log.String(), "the secret is 42") || !strings.Contains(log.String(), "front_test.go") {
		t.Errorf("the log has neither the panic nor its trace: %s", log)
	}
}

func TestPanicAfterTheAnswerHasBegunCutsItOff(t *testing.T) {
	t.Parallel()
	f, _ := facing(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("too late")
	})
	defer func() {
		p := recover()
		if err, _ := p.(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("the connection is not cut: %v", p)
		}
	}()
	ask(t, f, request("/v1.0/me", "ephor.example", "192.0.2.1:1"))
	t.Error("the answer seems whole")
}

func TestAnswersAreCompressedForWhoAcceptsIt(t *testing.T) {
	t.Parallel()
	f, _ := facing(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;odata.metadata=minimal")
		_, _ = io.WriteString(w, strings.Repeat(`{"a":1}`, 1000))
	})
	for accept, want := range map[string]string{"gzip": "gzip", "identity": ""} {
		w := ask(t, f, request("/v1.0/users", "ephor.example", "192.0.2.1:1", "Accept-Encoding: "+accept))
		if got := w.Header().Get("Content-Encoding"); got != want || w.Body.Len() == 0 {
			t.Errorf("Accept-Encoding %s: %q, want %q", accept, got, want)
		}
	}
}

func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	f, _ := facing(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "done")
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Log: slog.New(slog.DiscardHandler), Env: env.System()}
	ctx, cancel := context.WithCancel(t.Context())
	ended, answered := make(chan error, 1), make(chan string, 1)
	ready := &readiness{env: c.Env}
	go func() { ended <- c.serve(ctx, f, ready, l, nil, &Started{}) }()
	go func() {
		r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, "http://"+l.Addr().String()+"/v1.0/me", nil)
		if err != nil {
			answered <- err.Error()
			return
		}
		r.Host = "ephor.example"
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answered <- string(body)
	}()
	<-entered
	cancel()
	for !ready.draining.Load() {
		runtime.Gosched()
	}
	if reason := ready.reason(t.Context()); reason == "" {
		t.Error("a server that is stopping says that it is ready")
	}
	select {
	case err := <-ended:
		t.Fatalf("the server ended before the request: %v", err)
	default:
	}
	close(leave)
	if got := <-answered; got != "done" {
		t.Errorf("the request under way was answered %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestBothVersionsOfHTTPAreSpoken(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	for major, second := range map[int]bool{1: false, 2: true} {
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: h.trust(), ForceAttemptHTTP2: second, DisableKeepAlives: true}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/_ephor/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.ProtoMajor != major {
			t.Errorf("HTTP/%d was spoken, want %d", res.ProtoMajor, major)
		}
	}
}
