package main

import (
	"context"
	"fmt"
	"io"

	"ephor/internal/client"
)

// listCommand is `ephor list`.
type listCommand struct {
	personFlags
	Eligible bool `help:"Only what can be activated." xor:"state"`
	Active   bool `help:"Only what is in force." xor:"state"`
}

// Help is what `ephor list --help` says besides the flags.
func (listCommand) Help() string {
	return `It lists what you can activate and what you hold: roles and places in groups, your own and
those that come through a group, with the time that is left.

Examples:

  ephor list
  ephor list --eligible --output json`
}

// Run lists grants.
func (c *listCommand) Run(ctx context.Context, t *terminal) error {
	k, err := c.client(t)
	if err != nil {
		return err
	}
	all, err := k.Grants(ctx)
	if err != nil {
		return err
	}
	shown := []client.Grant{}
	for _, g := range all {
		if (!c.Eligible || g.State == "eligible") && (!c.Active || g.State == "active") {
			shown = append(shown, g)
		}
	}
	return c.print(t.out, shown, func(w io.Writer) {
		if len(shown) == 0 {
			fmt.Fprintln(w, "Nothing: you hold no privilege and are eligible for none.")
			return
		}
		row(w, "STATE", "WHAT", "VIA", "UNTIL", "LEFT")
		for _, g := range shown {
			row(w, g.State, g.What(), orDash(g.Via()), clockTime(g.End), orDash(g.Left))
		}
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
