package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// versionCommand is `ephor version`.
type versionCommand struct{ outputFlag }

// A build says which program this is.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source, "" when it was not built from a repository
	Go       string `json:"go"`
	System   string `json:"system"`
}

// Help is what `ephor version --help` says besides the flags.
func (versionCommand) Help() string {
	return `Example:

  ephor version --output json`
}

// Run prints the version.
func (c *versionCommand) Run(t *terminal) error {
	b := build{Version: "unknown", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return c.print(t.out, b, func(w io.Writer) {
		fmt.Fprintln(w, strings.Join(strings.Fields("ephor "+b.Version+" "+b.Revision+" "+b.Go+" "+b.System), " "))
	})
}
