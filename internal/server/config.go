package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"ephor/internal/env"
	"ephor/internal/op"
	"ephor/internal/signin"
)

// A Config is the operator's choices.
type Config struct {
	// Addr is where to listen, host:port.
	Addr string
	Data
	// PublicURL is the address by which clients reach the server: the only source of
	// issuer, links and accepted Host. In development it may be left out.
	PublicURL string
	// TLSCert and TLSKey are PEM files. Development makes its own.
	TLSCert, TLSKey string
	// InsecureHTTP serves plain HTTP, on loopback only: behind a proxy on the same
	// machine, and for measuring.
	InsecureHTTP bool
	// TrustedProxies are the networks whose X-Forwarded headers count.
	TrustedProxies []string
	// Dev serves development tenants, on loopback unless DevAllowRemote is set.
	Dev, DevAllowRemote bool
	// HostAliases are further names of a development server.
	HostAliases []string
	// Seed is the text that development's first tenant is seeded with, contoso unless
	// given, and SeedName what that tenant is called, Contoso unless given.
	Seed, SeedName string
	// AdminAddr, if set, is a loopback address for metrics and the reasons of readiness.
	AdminAddr string

	// TokenAlgorithm signs access tokens: ES256 unless given, RS256 or PS256.
	TokenAlgorithm string
	// IDTokenAlgorithm signs ID tokens: RS256 unless given, ES256 or PS256.
	IDTokenAlgorithm string
	// PasswordGrantClients are the application ids of clients that may use the password grant
	// in production.
	PasswordGrantClients []string
	// PasswordCost is what a password's hash costs: unless given, in production
	// signin.DefaultCost, in development the least.
	PasswordCost signin.Cost

	// Operations are what the Graph face serves.
	Operations op.Operations
	Env        *env.Env
	Log        *slog.Logger
	// Operator is the account's name on this machine, for the audit log.
	Operator string
	// Ready is called once, when requests are answered.
	Ready func(Started)
}

// Data says where an installation's data is.
type Data struct {
	Dir      string // the data folder
	Database string // postgres:// URL, or "" for SQLite in Dir
	KeyFile  string // the master key, or "" for master.key in Dir
}

// check refuses choices that cannot be served, in words that say what to do.
func (c *Config) check() error {
	switch {
	case c.Dir == "":
		return errors.New("name the data folder: --data DIR")
	case c.Env == nil || c.Log == nil:
		return errors.New("a server needs an environment and a log")
	case c.DevAllowRemote && !c.Dev:
		return errors.New("--dev-allow-remote is for --dev")
	case len(c.HostAliases) > 0 && !c.Dev:
		return errors.New("--host-alias is for --dev; in production --public-url says the one name")
	case c.Seed != "" && !c.Dev:
		return errors.New("--seed is for --dev; `ephor init` makes a production tenant")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("give both --tls-cert and --tls-key")
	case c.InsecureHTTP && c.TLSCert != "":
		return errors.New("give --insecure-http or --tls-cert, not both")
	case !c.Dev && !c.InsecureHTTP && c.TLSCert == "":
		return errors.New("production is served by TLS: give --tls-cert and --tls-key; behind a proxy on this machine, --insecure-http on a loopback address")
	}
	if err := c.checkDatabase(); err != nil {
		return err
	}
	return c.checkURL()
}

// checkDatabase refuses a database that is not spoken to.
func (d Data) checkDatabase() error {
	if d.Database == "" {
		return nil
	}
	u, err := url.Parse(d.Database)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("--database must be a postgres:// URL; leave it out to keep the data in the data folder")
	}
	return nil
}

// checkURL refuses a public address by which no client could reach the server, or not
// safely.
func (c *Config) checkURL() error {
	if c.PublicURL == "" {
		if c.Dev {
			return nil
		}
		return errors.New("say by which address clients reach the server: --public-url https://id.example.com")
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != c.PublicURL || strings.ToLower(c.PublicURL) != c.PublicURL {
		return fmt.Errorf("--public-url %q must be scheme, lower-case host and, if it is not the scheme's own, port, and nothing else, such as https://id.example.com", c.PublicURL)
	}
	plain := c.InsecureHTTP && isLoopbackName(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || !plain) {
		return fmt.Errorf("--public-url %q must begin with https://: tokens must not travel in the clear", c.PublicURL)
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return fmt.Errorf("--public-url %q: leave out the port, it is the scheme's own", c.PublicURL)
	}
	return nil
}

// isLoopbackName reports whether a host is this machine and nothing else.
func isLoopbackName(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// listen opens addr. Unless far is allowed, what is not loopback is refused, by what it
// says and again by what it came to be.
func listen(ctx context.Context, addr string, far bool, why string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q is not host:port: %w", addr, err)
	}
	if !far && !isLoopbackName(host) {
		return nil, fmt.Errorf("%s is not a loopback address: %s", addr, why)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); !far && (!ok || !tcp.IP.IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("%s came to be %s, which is not loopback: %s", addr, l.Addr(), why), l.Close())
	}
	return l, nil
}
