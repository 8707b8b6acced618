package main

import (
	"context"
	"fmt"
	"io"
)

// auditCommand is `ephor audit`.
type auditCommand struct {
	Verify verifyCommand `cmd:"" help:"Compute audit logs again, and say whether they are as they were written."`
}

// verifyCommand is `ephor audit verify`.
type verifyCommand struct {
	dataFlags
	outputFlag
	Tenant string `help:"One tenant, by id or domain. All of them unless given." placeholder:"TENANT"`
}

// Help is what `ephor audit verify --help` says besides the flags.
func (verifyCommand) Help() string {
	return `It reads the data itself, so stop the server first. It ends with 1, and names the
first record that is wrong, if a log is not as it was written.

Example:

  ephor audit verify --data /var/lib/ephor --key-file /etc/ephor/master.key`
}

// Run verifies the logs.
func (c *verifyCommand) Run(ctx context.Context, t *terminal) error {
	logs, err := c.operator(t).Verify(ctx, c.Tenant)
	if err != nil {
		return err
	}
	broken := 0
	for _, l := range logs {
		if !l.Whole {
			broken++
		}
	}
	err = c.print(t.out, logs, func(w io.Writer) {
		for _, l := range logs {
			if l.Whole {
				fmt.Fprintf(w, "%s (%s): whole, %d records, root %s\n", l.TenantID, l.Name, l.Records, l.Root)
			} else {
				fmt.Fprintf(w, "%s (%s): BROKEN at record %d: %s\n", l.TenantID, l.Name, *l.Index, l.Why)
			}
		}
	})
	if err == nil && broken > 0 {
		err = errSaid
	}
	return err
}
