package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// An about is what figures must be read with.
type about struct {
	system string
	load   string // how busy the machine is besides, "unknown" where it does not say
}

func (a about) String() string { return a.system }

// machine describes this one.
func machine(dir string) about {
	a := about{system: fmt.Sprintf("%s/%s, %d cores%s, %s, data in %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), runtime.Version(), dir), load: "unknown"}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		a.load, _, _ = strings.Cut(string(text), " ")
	}
	return a
}

// processor is what Linux calls the processor, "" elsewhere.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return " (" + strings.TrimSpace(strings.TrimLeft(name, "\t :")) + ")"
		}
	}
	return ""
}
