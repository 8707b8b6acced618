// Suites runs `go test` with the arguments that it is given, shows what go test shows, and
// ends with a line on the tests that were left out: how many, what they need, how to add it.
//
// A test that cannot run on this machine skips with a reason of the form "needs X: how to
// get X". With EPHOR_REQUIRE_ALL=1 a test left out makes the whole run fail, so that no
// suite is ever lost in silence.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// requireAll names the variable under which nothing may be left out.
const requireAll = "EPHOR_REQUIRE_ALL"

func main() {
	ok, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "suites:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run runs go test and writes its report to w. It is false when a test failed, or was left
// out though all are required.
func run(args []string, w io.Writer) (bool, error) {
	test := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := test.Start(); err != nil {
		return false, err
	}
	r := newReport(w)
	readErr := r.read(out)
	waitErr := test.Wait()
	if exit := new(exec.ExitError); readErr != nil || waitErr != nil && !errors.As(waitErr, &exit) {
		return false, errors.Join(readErr, waitErr)
	}
	r.close()
	complete := r.skipped == 0 || os.Getenv(requireAll) != "1"
	return waitErr == nil && complete, r.err
}

// An event is one line of `go test -json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// read takes in all events of a run.
func (r *report) read(events io.Reader) error {
	for dec := json.NewDecoder(events); ; {
		var e event
		err := dec.Decode(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			rest, restErr := io.ReadAll(io.MultiReader(dec.Buffered(), events))
			r.say(string(rest))
			return errors.Join(fmt.Errorf("read go test: %w", err), restErr)
		}
		r.take(e)
	}
}
