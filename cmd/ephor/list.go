package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"ephor/internal/client"
	"ephor/internal/when"
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
			line(w, "Nothing: you hold no privilege and are eligible for none.")
			return
		}
		row(w, "STATE", "WHAT", "VIA", "UNTIL", "LEFT")
		for _, g := range shown {
			row(w, g.State, g.What(), orDash(g.Via()), clockTime(g.End), orDash(left(g.Left)))
		}
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// left is a time in ISO 8601 as people say it, by its two largest parts; as it is where it
// is none.
func left(iso string) string {
	end, ok := when.ParseDuration(iso, 0)
	if !ok {
		return iso
	}
	d := end.Sub(0)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm", minutes)
	}
	return "under 1m"
}
