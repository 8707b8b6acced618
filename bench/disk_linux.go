package main

import (
	"os"
	"syscall"
)

// fdatasync waits until what was written to f is on disk.
func fdatasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
