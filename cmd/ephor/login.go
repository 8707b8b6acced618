package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"ephor/internal/client"
)

// loginCommand is `ephor login`.
type loginCommand struct {
	personFlags
	URL      string `help:"The server. By default the one that dev.json tells of, or the one signed in with before." placeholder:"URL"`
	CAFile   string `name:"ca-file" help:"The certificate authority to trust. By default dev.json's, or whom the machine trusts." placeholder:"FILE"`
	Data     string `help:"The folder of a development server, which has its dev.json. By default data or ephor-data, whichever is there." placeholder:"DIR"`
	Tenant   string `help:"The tenant, by id or domain." default:"organizations" placeholder:"TENANT"`
	ClientID string `name:"client-id" help:"The application to sign in with. By default Ephor's own command line." placeholder:"APPID"`
	User     string `help:"Whom the sign-in page should propose." placeholder:"NAME@DOMAIN"`
	Device   bool   `help:"Sign in with a code that is typed into any browser, also on another machine." xor:"way"`
	Secret   bool   `help:"Sign in as the application itself. Its secret is read from EPHOR_CLIENT_SECRET." xor:"way"`
	Out      bool   `name:"out" help:"Forget the sign-in." xor:"way"`
}

// Help is what `ephor login --help` says besides the flags.
func (loginCommand) Help() string {
	return `It signs you in, by default in your browser, and keeps the sign-in for the commands
that follow: whoami, list, activate, deactivate, extend, requests, approve, deny, cancel,
user and call. A secret is never kept. Scripts may give a token in EPHOR_ACCESS_TOKEN instead,
with EPHOR_URL and EPHOR_CA_FILE.

Examples:

  ephor login --url https://id.contoso.com
  ephor login --device
  EPHOR_CLIENT_SECRET=… ephor login --secret --tenant contoso.com --client-id 93ff68cd-…`
}

// Run signs in.
func (c *loginCommand) Run(ctx context.Context, t *terminal) error {
	file, err := c.file()
	if err != nil {
		return err
	}
	if c.Out {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		fmt.Fprintln(t.err, "The sign-in is forgotten.")
		return nil
	}
	p, err := c.profile(file)
	if err != nil {
		return err
	}
	k, err := client.New(p, file, t.err)
	if err != nil {
		return usageError{err}
	}
	in := client.Login{Way: client.ByBrowser, Hint: c.User}
	switch {
	case c.Device:
		in.Way = client.ByDevice
	case c.Secret:
		in.Way, in.Secret = client.BySecret, os.Getenv("EPHOR_CLIENT_SECRET")
	default:
		k.Browse = browse
	}
	if err := k.Login(ctx, in); err != nil {
		return err
	}
	return c.greet(ctx, k, t)
}

// profile is where the flags, dev.json and the sign-in before say to sign in.
func (c *loginCommand) profile(file string) (*client.Profile, error) {
	p := &client.Profile{URL: c.URL, CAFile: c.CAFile, Tenant: c.Tenant, Client: c.ClientID}
	if p.URL == "" {
		if before, err := client.ReadProfile(file); err == nil && c.Data == "" {
			p.URL, p.CAFile = before.URL, before.CAFile
		} else if s, err := (devFlags{Data: c.Data}).server(); err == nil {
			p.URL, p.CAFile = s.BaseURL, s.CAFile
		}
	}
	if p.URL == "" {
		return nil, usageError{fmt.Errorf("name the server: --url https://…")}
	}
	if c.CAFile != "" {
		p.CAFile = c.CAFile
	}
	if p.Client == "" {
		if c.Secret {
			return nil, usageError{fmt.Errorf("name the application: --client-id APPID")}
		}
		p.Client = client.CommandLine.String()
	}
	return p, nil
}

// greet says who is signed in now.
func (c *loginCommand) greet(ctx context.Context, k *client.Client, t *terminal) error {
	who, err := k.WhoAmI(ctx)
	if err != nil {
		return err
	}
	return c.print(t.out, who, func(w io.Writer) { line(w, "Signed in as %s.", called(who)) })
}

// called is what a caller is called.
func called(who *client.Caller) string {
	if who.UserPrincipalName != "" {
		return who.DisplayName + " (" + who.UserPrincipalName + ")"
	}
	return who.DisplayName + " (application " + who.AppID + ")"
}

// whoamiCommand is `ephor whoami`.
type whoamiCommand struct{ personFlags }

// Help is what `ephor whoami --help` says besides the flags.
func (whoamiCommand) Help() string {
	return `Example:

  ephor whoami --output json`
}

// Run says who is signed in.
func (c *whoamiCommand) Run(ctx context.Context, t *terminal) error {
	k, err := c.client(t)
	if err != nil {
		return err
	}
	who, err := k.WhoAmI(ctx)
	if err != nil {
		return err
	}
	return c.print(t.out, who, func(w io.Writer) {
		row(w, "who", called(who))
		row(w, "id", who.ID)
		row(w, "server", k.Profile.URL)
	})
}
