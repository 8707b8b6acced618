package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"time"

	"ephor/internal/client"
	"ephor/internal/tutorial"
	"ephor/internal/when"
)

// tutorialCommand is `ephor tutorial`.
type tutorialCommand struct {
	outputFlag
	URL string `help:"The server. By default the one that dev.json tells of." placeholder:"URL"`
	devFlags
	Shift   bool `help:"Begin today instead of in 2021: all dates are moved by one constant."`
	Durable bool `help:"Work in a tenant on disk, or in the server's database, instead of one in memory."`
	Verbose bool `short:"v" help:"Tell the tenant's clock and the request-id at every step."`
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
	case u.Scheme == "http" && !client.Loopback(u.Hostname()):
		return fmt.Errorf("--url %s: http is for this machine only, use https", c.URL)
	}
	return nil
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
	if errors.Is(err, fs.ErrNotExist) && !c.named() && c.URL != "" {
		err = nil // the address alone must do
	}
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
	config.Client, err = client.Trusting(server.CAFile)
	return config, err
}
