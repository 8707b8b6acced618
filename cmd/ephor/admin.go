package main

import (
	"context"
	"fmt"
	"io"
)

// adminCommand is `ephor admin`.
type adminCommand struct {
	Recover recoverCommand `cmd:"" help:"Get back into a tenant whose administrators are locked out."`
}

// recoverCommand is `ephor admin recover`.
type recoverCommand struct {
	dataFlags
	outputFlag
	Tenant string `help:"The tenant, by id or domain. Needed only where there are several." placeholder:"TENANT"`
	Admin  string `help:"An account to make, or to reset, and to make Global Administrator for good." placeholder:"NAME@DOMAIN"`
	// PublicURL only completes the link that is printed.
	PublicURL string `name:"public-url" help:"The address by which clients reach the server, for the enrolment link." placeholder:"URL"`
}

// Help is what `ephor admin recover --help` says besides the flags.
func (recoverCommand) Help() string {
	return `It works on the data itself, so stop the server first. It makes a fresh client with
a secret, which is shown this once, and with --admin an administrator: the account is
made or, if it is there, loses its password and second factors, and opens again by the
enrolment link that is printed (one hour, once). All of it is in
the tenant's audit log, under your account's name on this machine.

Example:

  ephor admin recover --data /var/lib/ephor --key-file /etc/ephor/master.key --admin ada@contoso.com`
}

// Run makes the client and the administrator.
func (c *recoverCommand) Run(ctx context.Context, t *terminal) error {
	done, err := c.operator(t).Recover(ctx, c.Tenant, c.Admin)
	if err != nil {
		return err
	}
	return c.print(t.out, done, func(w io.Writer) {
		fmt.Fprintf(w, "Tenant %s:\n\n", done.TenantID)
		if a := done.Admin; a != nil {
			fmt.Fprintf(w, "  administrator   %s (%s)\n", a.UserPrincipalName, a.ID)
			printEnrolment(w, c.PublicURL, *a)
		}
		printClient(w, done.Client)
		fmt.Fprintf(w, "\nThe secret is not shown again. Remove clients that are not needed any more.\n")
	})
}
