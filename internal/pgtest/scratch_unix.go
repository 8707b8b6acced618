//go:build unix && !linux

package pgtest

import "os"

// scratch is where clusters are made.
func scratch() string { return os.TempDir() }
