package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A report is what a person reads of a test run: each package's line, the output of what
// failed, and the count.
type report struct {
	w                       io.Writer
	err                     error                     // the first of writing to w
	output                  map[name]*strings.Builder // of tests that have not passed
	passed, failed, skipped int
	leftOut                 map[string]int // tests by the reason for which they were skipped
}

// A name is that of a test in its package.
type name struct{ pkg, test string }

func newReport(w io.Writer) *report {
	return &report{w: w, output: map[name]*strings.Builder{}, leftOut: map[string]int{}}
}

// say writes text, unless writing has failed before.
func (r *report) say(text string) {
	if r.err == nil {
		_, r.err = io.WriteString(r.w, text)
	}
}

// take adds one event to the report.
func (r *report) take(e event) {
	key := name{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		r.say(e.Output)
	case e.Action == "output" && e.Test == "":
		r.show(e.Output)
	case e.Action == "output":
		r.keep(key, e.Output)
	case e.Test == "" && e.Action == "fail":
		r.unfinished(e.Package)
	case e.Test == "":
	case e.Action == "pass":
		r.passed++
		delete(r.output, key)
	case e.Action == "fail":
		r.failed++
		r.print(key)
	case e.Action == "skip":
		r.skipped++
		r.leftOut[reason(r.text(key))]++
		delete(r.output, key)
	}
}

// show prints a line about a package, unless it says only that there was nothing to do.
func (r *report) show(line string) {
	if line != "PASS\n" && !strings.HasSuffix(line, "[no test files]\n") {
		r.say(line)
	}
}

// keep remembers a line of a test until it is known how the test ends.
func (r *report) keep(key name, line string) {
	for _, noise := range []string{"=== RUN", "=== PAUSE", "=== CONT", "=== NAME"} {
		if strings.HasPrefix(line, noise) {
			return
		}
	}
	if r.output[key] == nil {
		r.output[key] = new(strings.Builder)
	}
	r.output[key].WriteString(line)
}

// text is what the test has said so far.
func (r *report) text(key name) string {
	if said := r.output[key]; said != nil {
		return said.String()
	}
	return ""
}

// print shows what the test has said, once.
func (r *report) print(key name) {
	r.say(r.text(key))
	delete(r.output, key)
}

// unfinished shows what the tests of a failed package said that never came to an end:
// where it died.
func (r *report) unfinished(pkg string) {
	for _, key := range slices.SortedFunc(maps.Keys(r.output), func(a, b name) int { return strings.Compare(a.test, b.test) }) {
		if key.pkg == pkg {
			r.print(key)
		}
	}
}

// logLine is a line that a test logged, with its place in front.
var logLine = regexp.MustCompile(`(?m)^\s+\S+\.go:\d+: (.+)$`)

// reason is why a test was skipped: the last thing that it logged.
func reason(output string) string {
	said := logLine.FindAllStringSubmatch(output, -1)
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.TrimSpace(said[len(said)-1][1])
}

// close writes the count and, as the last line, what was left out.
func (r *report) close() {
	r.say(fmt.Sprintf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped))
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(r.leftOut)) {
		tests := "1 test"
		if n := r.leftOut[why]; n > 1 {
			tests = fmt.Sprintf("%d tests", n)
		}
		what, how, ok := strings.Cut(strings.TrimPrefix(why, "needs "), ": ")
		if !ok || what == why {
			parts = append(parts, fmt.Sprintf("%s (%s)", tests, why))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s in %s (to add it: %s)", what, tests, how))
	}
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	r.say("left out: " + strings.Join(parts, "; ") + "\n")
}
