package main

import (
	"context"
	"fmt"
	"io"
)

// userCommand is `ephor user`.
type userCommand struct {
	RequireMFA requireMFACommand `cmd:"" name:"require-mfa" help:"Have a user prove a second factor at every sign-in."`
}

// requireMFACommand is `ephor user require-mfa`.
type requireMFACommand struct {
	personFlags
	Name string `arg:"" help:"The user, by id or user principal name." placeholder:"NAME@DOMAIN"`
	Off  bool   `help:"Do not require it any more."`
}

// Help is what `ephor user require-mfa --help` says besides the flags.
func (requireMFACommand) Help() string {
	return `From then on the user is asked for a second factor at every sign-in; who has none yet
registers one at the next. Sessions from before end. It takes a role that may change how that
user signs in, such as Authentication Administrator.

Examples:

  ephor user require-mfa aline@contoso.com
  ephor user require-mfa aline@contoso.com --off
  ephor user require-mfa aline@contoso.com --output json

` + exitCodes
}

// required is what has been asked of a user.
type required struct {
	User            string `json:"user"` // as it was named
	PerUserMFAState string `json:"perUserMfaState"`
}

// Run asks it of the user.
func (c *requireMFACommand) Run(ctx context.Context, t *terminal) error {
	if c.Name == "" {
		return usageError{fmt.Errorf("name the user")}
	}
	k, err := c.client(t)
	if err != nil {
		return err
	}
	done := required{c.Name, "enabled"}
	if c.Off {
		done.PerUserMFAState = "disabled"
	}
	if err := k.RequireMFA(ctx, c.Name, done.PerUserMFAState); err != nil {
		return err
	}
	return c.print(t.out, done, func(w io.Writer) {
		if c.Off {
			line(w, "%s need not use a second factor any more.", c.Name)
			return
		}
		line(w, "%s must use a second factor from now on.", c.Name)
	})
}
