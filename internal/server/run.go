package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"ephor/internal/authz"
	"ephor/internal/describe"
	"ephor/internal/dev"
	"ephor/internal/graph"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/op"
	"ephor/internal/rest"
	"ephor/internal/store"
	"ephor/internal/timekeeper"
)

// What bounds a connection.
const (
	headerTime = 10 * time.Second
	readTime   = 30 * time.Second
	writeTime  = 60 * time.Second
	idleTime   = 2 * time.Minute
	headerSize = 32 << 10
	graceTime  = 10 * time.Second // for requests under way, when the server stops
)

// Started says how a running server is reached.
type Started struct {
	URL     string        // the public address
	CAFile  string        // what clients trust for it, in development
	DevFile string        // dev.json
	Admin   string        // the operator's address, "" for none
	Tenants []dev.Element // development's tenants

	key    string // of development's control API
	remote bool   // the control API asks for it
}

// Remote reports whether the control API asks for dev.json's controlKey.
func (s Started) Remote() bool { return s.remote }

// Run serves until ctx ends, then finishes what is under way and closes the data. Its
// error says what to do where the operator can do something.
func Run(ctx context.Context, c Config) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.hasData(); err != nil {
		return err
	}
	calmHeap()
	listener, err := c.listen(ctx)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { err = errors.Join(err, closed(listener)) }()

	st, err := store.Open(ctx, c.store())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	keeper, stop := c.keep(ctx, st)
	defer stop()
	started := Started{URL: c.url(listener)}
	certs, err := c.certificates(&started)
	if err != nil {
		return err
	}
	settings, err := c.tokens(started.URL)
	if err != nil {
		return err
	}
	tokens, err := oauth.New(settings, st, c.Env, c.Log)
	if err != nil {
		return err
	}

	f := &front{log: c.Log, counts: newCounts(c.Env), oauth: tokens.Handler}
	f.refuser = refuser{c.Env, func(r *http.Request, id string, err error) {
		c.Log.ErrorContext(r.Context(), "request failed", "request", id, "method", r.Method, "path", r.URL.Path, "error", err)
	}}
	if f.proxies, err = newProxies(c.TrustedProxies); err != nil {
		return err
	}
	tokens.Address = f.proxies.client
	if f.hosts, err = newHosts(started.URL, c.Dev, c.HostAliases, port(listener)); err != nil {
		return err
	}
	hasher, err := c.people(st, tokens, started.URL, f)
	if err != nil {
		return err
	}
	ready := &readiness{store: st, env: c.Env}
	f.health = http.HandlerFunc(ready.public)
	f.graph = rest.New(rest.Config{
		Gate: &op.Gate{Env: c.Env, Log: c.Log, Passwords: hasher}, Operations: c.Operations, Authenticate: authenticate(tokens),
		Env: c.Env, Log: c.Log, PublicURL: started.URL, Address: f.proxies.client,
		Metadata: map[string][]byte{
			"v1.0": describe.Metadata(c.Operations, graph.Types(), op.V1), "beta": describe.Metadata(c.Operations, graph.Types(), op.Beta),
		},
	})
	f.access = rest.NewDecisions(rest.DecisionsConfig{Authenticate: authenticate(tokens), Env: c.Env, Log: c.Log, PublicURL: started.URL, Address: f.proxies.client})
	if c.Dev {
		if f.control, err = c.development(ctx, st, dev.Config{Tokens: tokens, Log: c.Log, Refuse: f.refuser.refuse, Moved: keeper.Wake}, &started); err != nil {
			return err
		}
	} else if err := hasTenant(ctx, st); err != nil {
		return err
	}
	return c.serve(ctx, f, ready, listener, certs, &started)
}

// tokens are the operator's choices about tokens.
func (c *Config) tokens(url string) (oauth.Settings, error) {
	s := oauth.DefaultSettings(url)
	s.Algorithm, s.IDAlgorithm = cmp.Or(c.TokenAlgorithm, s.Algorithm), cmp.Or(c.IDTokenAlgorithm, s.IDAlgorithm)
	for _, text := range c.PasswordGrantClients {
		id, ok := guid.Parse(text)
		if !ok {
			return s, fmt.Errorf("--password-grant-clients: %q is no application id", text)
		}
		s.PasswordClients = append(s.PasswordClients, id)
	}
	return s, nil
}

// keep has what time decides recorded until stop is called, which waits for the end of it.
func (c *Config) keep(ctx context.Context, st *store.Store) (keeper *timekeeper.Keeper, stop func()) {
	keeper = timekeeper.New(st, c.Env, c.Log)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		keeper.Run(ctx)
	}()
	return keeper, func() {
		cancel()
		<-ended
	}
}

// authenticate is what the Graph face asks oauth.
func authenticate(tokens *oauth.Server) rest.Authenticate {
	return func(ctx context.Context, token string) (*store.Tenant, *authz.Caller, error) {
		caller, t, err := tokens.Authenticate(ctx, token, "")
		return t, caller, err
	}
}

// store is how the data is opened.
func (c *Config) store() store.Config {
	return store.Config{Dir: c.Dir, Database: c.Database, KeyFile: c.KeyFile, Env: c.Env, Dev: c.Dev, Log: c.Log}
}

// hasData refuses production on a folder that nothing was ever put into, before anything
// is.
func (c *Config) hasData() error {
	if c.Dev || c.Database != "" {
		return nil
	}
	_, err := os.Stat(filepath.Join(c.Dir, "system.db"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no data: make a tenant first, with `ephor init --data %s --domain DOMAIN --admin NAME@DOMAIN`; to try Ephor out, add --dev", c.Dir, c.Dir)
	}
	return err
}

func hasTenant(ctx context.Context, st *store.Store) error {
	all, err := st.List(ctx)
	if err == nil && len(all) == 0 {
		err = errors.New("there is no tenant yet: make one with `ephor init --domain DOMAIN --admin NAME@DOMAIN`")
	}
	return err
}

// listen opens the server's address. What is not protected by TLS, and development, stay
// on this machine.
func (c *Config) listen(ctx context.Context) (net.Listener, error) {
	switch {
	case c.InsecureHTTP:
		return listen(ctx, c.Addr, false, "--insecure-http is for this machine only")
	case c.Dev && !c.DevAllowRemote:
		return listen(ctx, c.Addr, false, "development makes anybody who can reach it an administrator; if that is meant, add --dev-allow-remote")
	}
	return listen(ctx, c.Addr, true, "")
}

func closed(l net.Listener) error {
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func port(l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		panic("server: a TCP address without a port: " + l.Addr().String())
	}
	return port
}

// url is the public address: as given, or in development this machine's.
func (c *Config) url(l net.Listener) string {
	scheme, own := "https", "443"
	if c.InsecureHTTP {
		scheme, own = "http", "80"
	}
	switch p := port(l); {
	case c.PublicURL != "":
		return c.PublicURL
	case p == own:
		return scheme + "://localhost"
	default:
		return scheme + "://localhost:" + p
	}
}

// certificates is what the server shows, nil for plain HTTP. A certificate that is not for
// the public name would be refused by every client, so it is refused here.
func (c *Config) certificates(started *Started) (*tls.Config, error) {
	if c.InsecureHTTP {
		return nil, nil
	}
	var cert tls.Certificate
	var err error
	if c.TLSCert != "" {
		cert, err = tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	} else {
		cert, started.CAFile, err = DevCertificate(c.Env, c.Dir, c.HostAliases)
	}
	if err != nil {
		return nil, fmt.Errorf("TLS certificate: %w", err)
	}
	u, err := url.Parse(started.URL)
	if err != nil {
		return nil, err
	}
	if err := cert.Leaf.VerifyHostname(u.Hostname()); err != nil {
		return nil, fmt.Errorf("the TLS certificate is not for the name in --public-url %s (%w): correct the address, or give a certificate for it (in development, --host-alias)", started.URL, err)
	}
	if started.CAFile != "" {
		if started.CAFile, err = filepath.Abs(started.CAFile); err != nil {
			return nil, err
		}
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// serve answers requests until ctx ends.
func (c *Config) serve(ctx context.Context, f *front, ready *readiness, l net.Listener, certs *tls.Config, started *Started) error {
	handler, err := f.handler()
	if err != nil {
		return err
	}
	quiet := slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug)
	servers := []*http.Server{{
		Handler: handler, TLSConfig: certs, ErrorLog: quiet,
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: headerSize,
	}}
	listeners := []net.Listener{l}
	if c.AdminAddr != "" {
		admin, err := listen(ctx, c.AdminAddr, false, "--admin-addr is for this machine only")
		if err != nil {
			return fmt.Errorf("listen for the operator: %w", err)
		}
		defer func() { _ = closed(admin) }() // Shutdown closes it first
		started.Admin = "http://" + admin.Addr().String()
		servers, listeners = append(servers, adminServer(f.counts, ready)), append(listeners, admin)
	}
	ended := make(chan error, len(servers))
	for i, s := range servers {
		go func() { ended <- serveOn(s, listeners[i]) }()
	}
	if err = c.announce(started); err == nil {
		c.Log.Info("serving", "url", started.URL, "addr", l.Addr().String(), "dev", c.Dev)
		select {
		case err = <-ended:
		case <-ctx.Done():
		}
	}
	ready.draining.Store(true)
	return errors.Join(err, c.stop(servers))
}

// announce tells who waits for it that requests are answered.
func (c *Config) announce(started *Started) error {
	if c.Dev {
		if err := c.writeDevFile(started); err != nil {
			return err
		}
	}
	if c.Ready != nil {
		c.Ready(*started)
	}
	return nil
}

// serveOn serves until the server is shut down.
func serveOn(s *http.Server, l net.Listener) error {
	var err error
	if s.TLSConfig != nil {
		err = s.ServeTLS(l, "", "")
	} else {
		err = s.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// stop takes no more requests, and gives those under way their time. The server's own
// context has ended by now, so the time is counted by itself.
func (c *Config) stop(servers []*http.Server) error {
	c.Log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	var errs []error
	for _, s := range servers {
		err := s.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			c.Log.Warn("requests did not end in time and were cut off", "time", graceTime)
			err = s.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
