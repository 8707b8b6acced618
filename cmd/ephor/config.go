package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kong"
)

// A configFile is a JSON object of flags by their names, such as {"public-url": "…"}. What
// is given on the command line or in the environment goes before it.
type configFile map[string]any

// readConfig reads a file of flags.
func readConfig(r io.Reader) (kong.Resolver, error) {
	var c configFile
	if err := json.NewDecoder(r).Decode(&c); err != nil {
		return nil, fmt.Errorf("not a JSON object of flags: %w", err)
	}
	return c, nil
}

// Validate refuses a name that is no flag's: a setting that is misspelt must not be one
// that is left out.
func (c configFile) Validate(app *kong.Application) error {
	known := flagNames(app.Node)
	for name := range c {
		if !slices.Contains(known, name) {
			return fmt.Errorf("configuration file: %q is not the name of a flag", name)
		}
	}
	return nil
}

// flagNames are the names of a command's flags and of those of the commands below it.
func flagNames(n *kong.Node) []string {
	var names []string
	for _, f := range n.Flags {
		names = append(names, f.Name)
	}
	for _, child := range n.Children {
		names = append(names, flagNames(child)...)
	}
	return names
}

// Resolve is what the file says of a flag, nil for nothing.
func (c configFile) Resolve(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
	for _, name := range f.Envs {
		if _, given := os.LookupEnv(name); given {
			return nil, nil
		}
	}
	return c[f.Name], nil
}
