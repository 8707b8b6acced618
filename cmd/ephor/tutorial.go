package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"ephor/internal/tutorial"
	"ephor/internal/when"
)

// tutorialCommand is `ephor tutorial`.
type tutorialCommand struct {
	outputFlag
	URL     string `help:"The server. By default the one that dev.json tells of." placeholder:"URL"`
	Data    string `help:"The server's data folder, which has its dev.json. By default data or ephor-data, whichever is there." placeholder:"DIR"`
	DevJSON string `name:"dev-json" help:"The dev.json itself, wherever it is." placeholder:"FILE"`
	Shift   bool   `help:"Begin today instead of in 2021: all dates are moved by one constant."`
	Durable bool   `help:"Work in a tenant on disk, or in the server's database, instead of one in memory."`
	Verbose bool   `short:"v" help:"Tell the tenant's clock and the request-id at every step."`
}

// Help is what `ephor tutorial --help` says besides the flags.
func (tutorialCommand) Help() string {
	return `It carries out Microsoft Graph's PIM tutorial, step for step, against a running development
server, tries at each step what must be refused, and compares every answer as a whole with
what the published pages say. It works in a tenant of its own that it removes at the end.

It ends with 1 if anything is missing, extra or different, and names it. With --output json
each step is one JSON object on a line.

Example:

  ephor serve --dev --data data &
  ephor tutorial --data data`
}

// Validate refuses an address over which tokens would travel in the clear.
func (c *tutorialCommand) Validate() error {
	if c.URL == "" {
		return nil
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("--url %s: not an address such as https://localhost:8443", c.URL)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "":
		return fmt.Errorf("--url %s: leave out the path", c.URL)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("--url %s: http is for this machine only, use https", c.URL)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// devServer is what dev.json tells of a development server.
type devServer struct {
	BaseURL    string `json:"baseUrl"`
	CAFile     string `json:"caFile"`
	ControlKey string `json:"controlKey"`
}

// Run performs the tutorial.
func (c *tutorialCommand) Run(ctx context.Context, t *terminal) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	person := tutorial.Printer{To: t.out, Verbose: c.Verbose}
	tell := person.Step
	if c.Output == "json" {
		tell = func(r tutorial.Result) error { return tutorial.Line(t.out, r) }
	}
	failed, err := tutorial.Run(ctx, config, tell)
	if c.Output == "text" {
		err = errors.Join(err, person.Close())
	}
	if err == nil && failed > 0 {
		err = errSaid
	}
	return err
}

// config is the server as flags and dev.json describe it.
func (c *tutorialCommand) config() (tutorial.Config, error) {
	server, err := c.server()
	if err != nil {
		return tutorial.Config{Durable: c.Durable}, err
	}
	now := time.Now()
	config := tutorial.Config{
		URL: c.URL, Public: server.BaseURL, ControlKey: server.ControlKey,
		Name: "tutorial-" + strconv.FormatInt(now.UnixNano(), 36), Today: when.Never,
	}
	if config.URL == "" {
		config.URL = server.BaseURL
	}
	if config.Public == "" {
		config.Public = config.URL
	}
	if c.Shift {
		config.Today = when.Of(now)
	}
	config.Client, err = client(server.CAFile)
	return config, err
}

// server is what dev.json tells. Without one, --url alone must do.
func (c *tutorialCommand) server() (devServer, error) {
	var s devServer
	text, err := c.devJSON()
	if errors.Is(err, fs.ErrNotExist) && c.DevJSON == "" && c.Data == "" && c.URL != "" {
		return s, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w: start `ephor serve --dev`, and name its data folder with --data", err)
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("read dev.json: %w", err)
	}
	return s, nil
}

// devJSON is dev.json's text, from where the flags say or where servers are started.
func (c *tutorialCommand) devJSON() (text []byte, err error) {
	const name = "dev.json"
	switch {
	case c.DevJSON != "":
		return os.ReadFile(c.DevJSON)
	case c.Data != "":
		return os.ReadFile(filepath.Join(c.Data, name))
	}
	if text, err = os.ReadFile(filepath.Join("data", name)); !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	return os.ReadFile(filepath.Join("ephor-data", name))
}

// client trusts the authority in caFile alone, or without one whom the machine trusts.
func client(caFile string) (*http.Client, error) {
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
	}
	// A redirection would be an answer that nobody asked for: it is judged, not followed.
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}
