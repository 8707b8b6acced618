package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// settingsCommand is `ephor settings`.
type settingsCommand struct {
	Show showSettingsCommand `cmd:"" default:"withargs" help:"Show the tenant's own bounds on requests."`
	Set  setSettingsCommand  `cmd:"" help:"Change some of them."`
}

// settingsHelp says what the settings are.
const settingsHelp = `They are the bounds on requests that Graph has fixed, and the tenant may choose:

  shortestGrant    the shortest time for which anything is given
  deactivateWait   how long something must have been active before it is given back
  removeWait       how long before an administrator takes it away
  extendWithin     how soon before the end an extension can be asked for
  renewWithin      how long after the end a renewal can
  forgetRequests   after how long requests that are over are forgotten: never, or a time
  activateGroups   whether a member may activate in the name of a group, for everybody in it

`

// showSettingsCommand is `ephor settings show`.
type showSettingsCommand struct{ personFlags }

// Help is what `ephor settings show --help` says besides the flags.
func (showSettingsCommand) Help() string {
	return settingsHelp + `Example:

  ephor settings --output json

` + exitCodes
}

// Run shows them.
func (c *showSettingsCommand) Run(ctx context.Context, t *terminal) error {
	k, err := c.client(t)
	if err != nil {
		return err
	}
	all, err := k.Settings(ctx)
	if err != nil {
		return err
	}
	return c.printSettings(t.out, all)
}

func (f personFlags) printSettings(out io.Writer, all map[string]any) error {
	return f.print(out, all, func(w io.Writer) {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			value := "never"
			if all[name] != nil {
				value = fmt.Sprint(all[name])
			}
			row(w, name, value)
		}
	})
}

// setSettingsCommand is `ephor settings set`.
type setSettingsCommand struct {
	personFlags
	Changes []string `arg:"" help:"NAME=VALUE for each: a time such as 10m, P14D or never, or true or false." placeholder:"NAME=VALUE"`
}

// Help is what `ephor settings set --help` says besides the flags.
func (setSettingsCommand) Help() string {
	return settingsHelp + `It changes what is named, all or nothing, and shows what is in force then.

Examples:

  ephor settings set deactivateWait=0s
  ephor settings set extendWithin=P7D forgetRequests=never
  ephor settings set activateGroups=true

` + exitCodes
}

// Run changes them.
func (c *setSettingsCommand) Run(ctx context.Context, t *terminal) error {
	changes := map[string]any{}
	for _, text := range c.Changes {
		name, value, given := strings.Cut(text, "=")
		if !given || name == "" {
			return usageError{fmt.Errorf("%q is not NAME=VALUE", text)}
		}
		v, err := settingValue(value)
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", text, err)}
		}
		changes[name] = v
	}
	k, err := c.client(t)
	if err != nil {
		return err
	}
	if err := k.ChangeSettings(ctx, changes); err != nil {
		return err
	}
	all, err := k.Settings(ctx)
	if err != nil {
		return err
	}
	return c.printSettings(t.out, all)
}

// settingValue is a setting's value as the API takes it.
func settingValue(text string) (any, error) {
	switch strings.ToLower(text) {
	case "never", "null":
		return nil, nil
	case "true", "false":
		return strings.EqualFold(text, "true"), nil
	}
	d, ok := length(text)
	if !ok {
		return nil, fmt.Errorf("not a time such as 10m, P14D or never, nor true or false")
	}
	return d, nil
}
