package main

import (
	"cmp"
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
	// PublicURL only completes the link that is printed.
	PublicURL string `name:"public-url" help:"The address by which clients will reach the server, for the enrolment link." placeholder:"URL"`
}

// Help is what `ephor init --help` says besides the flags.
func (initCommand) Help() string {
	return `It makes the data folder, the master key and one production tenant, on this machine,
and prints the secret of a client for the operator. The secret is shown this once.

The administrator is Global Administrator for good, but the account is closed until its
holder has opened the enrolment link that is printed, and set a password and a second
factor. The link is good for one hour and works once; ephor admin recover makes another.

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
		printEnrolment(w, c.PublicURL, made.Admin)
		printClient(w, made.Client)
		fmt.Fprintf(w, "  master key      %s\n", made.KeyFile)
		fmt.Fprintf(w, "\nThe secret is not shown again. Keep a copy of the master key away from the data: without it\nthe tenant cannot be opened, and a backup that holds both protects nothing.\n")
		fmt.Fprintf(w, "\nNext: ephor serve --data %s --key-file %s --public-url https://NAME --tls-cert FILE --tls-key FILE\n", c.Data, made.KeyFile)
	})
}

// printEnrolment says how the administrator comes in.
func printEnrolment(w io.Writer, url string, a server.Admin) {
	fmt.Fprintf(w, "                  closed until its holder has enrolled, within the hour, once the server runs:\n")
	fmt.Fprintf(w, "  enrolment link  %s%s\n", cmp.Or(url, "https://NAME"), a.Enrol)
}

// printClient says what the operator's client is.
func printClient(w io.Writer, k server.Key) {
	fmt.Fprintf(w, "  client          %s\n", k.AppID)
	fmt.Fprintf(w, "  client secret   %s\n", k.Secret)
	fmt.Fprintf(w, "                  until %s, for %s\n", k.Ends, strings.Join(k.Permissions, ", "))
}
