package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"ephor/internal/server"
)

// initCommand is `ephor init`.
type initCommand struct {
	dataFlags
	outputFlag
	Domain string `help:"The tenant's domain, such as contoso.com." required:"" placeholder:"DOMAIN"`
	Admin  string `help:"The first administrator's name, such as ada@contoso.com." required:"" placeholder:"NAME@DOMAIN"`
	Name   string `help:"What the tenant is called. By default its domain." placeholder:"NAME"`
}

// Help is what `ephor init --help` says besides the flags.
func (initCommand) Help() string {
	return `It makes the data folder, the master key and one production tenant, on this machine,
and prints the secret of a client for the operator. The secret is shown this once.

The administrator is Global Administrator for good, but the account is disabled until
its holder has set a password and a second factor. That needs the sign-in pages, which
this version does not have yet. Until then the client is the way in.

Example:

  ephor init --domain contoso.com --admin ada@contoso.com \
    --data /var/lib/ephor --key-file /etc/ephor/master.key`
}

// Run makes the tenant.
func (c *initCommand) Run(ctx context.Context, t *terminal) error {
	made, err := c.operator(t).Init(ctx, server.Founding{Domain: c.Domain, Admin: c.Admin, Name: c.Name})
	if err != nil {
		return err
	}
	return c.print(t.out, made, func(w io.Writer) {
		fmt.Fprintf(w, "Tenant %s (%s) is made.\n\n", made.Name, made.TenantID)
		fmt.Fprintf(w, "  administrator   %s (%s)\n", made.Admin.UserPrincipalName, made.Admin.ID)
		fmt.Fprintf(w, "                  disabled until its holder has enrolled, which needs the sign-in pages of a later version\n")
		printClient(w, made.Client)
		fmt.Fprintf(w, "  master key      %s\n", made.KeyFile)
		fmt.Fprintf(w, "\nThe secret is not shown again. Keep a copy of the master key away from the data: without it\nthe tenant cannot be opened, and a backup that holds both protects nothing.\n")
		fmt.Fprintf(w, "\nNext: ephor serve --data %s --key-file %s --public-url https://NAME --tls-cert FILE --tls-key FILE\n", c.Data, made.KeyFile)
	})
}

// printClient says what the operator's client is.
func printClient(w io.Writer, k server.Key) {
	fmt.Fprintf(w, "  client          %s\n", k.AppID)
	fmt.Fprintf(w, "  client secret   %s\n", k.Secret)
	fmt.Fprintf(w, "                  until %s, for %s\n", k.Ends, strings.Join(k.Permissions, ", "))
}
