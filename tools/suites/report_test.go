package main

import (
	"strings"
	"testing"
)

// line is an event as go test writes it.
func line(action, test, output string) string {
	return `{"Action":"` + action + `","Package":"p","Test":"` + test + `","Output":"` + output + `"}` + "\n"
}

func TestReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ events, want string }{
		"all pass": {
			line("output", "TestA", `=== RUN TestA\n`) + line("output", "TestA", `    a.go:1: noise\n`) + line("pass", "TestA", "") +
				line("output", "", `PASS\n`) + line("output", "", `ok  \tp\t0.1s\n`) + line("pass", "", ""),
			"ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\nleft out: nothing\n",
		},
		"one fails": {
			line("output", "TestA", `    a.go:1: wrong\n`) + line("output", "TestA", `--- FAIL: TestA\n`) + line("fail", "TestA", "") +
				line("output", "", `FAIL\tp\t0.1s\n`) + line("fail", "", ""),
			"    a.go:1: wrong\n--- FAIL: TestA\nFAIL\tp\t0.1s\n0 passed, 1 failed, 0 skipped\nleft out: nothing\n",
		},
		"a package dies in the middle of a test": {
			line("output", "TestA", `panic: ouch\n`) + line("output", "", `FAIL\tp\t0.1s\n`) + line("fail", "", ""),
			"FAIL\tp\t0.1s\npanic: ouch\n0 passed, 0 failed, 0 skipped\nleft out: nothing\n",
		},
		"it does not compile": {
			`{"ImportPath":"p","Action":"build-output","Output":"a.go:1: undefined\n"}` + "\n" + line("fail", "", ""),
			"a.go:1: undefined\n0 passed, 0 failed, 0 skipped\nleft out: nothing\n",
		},
		"something is missing": {
			strings.Repeat(line("output", "TestA", `    a.go:1: needs PostgreSQL: install the package postgresql\n`)+line("skip", "TestA", ""), 2),
			"0 passed, 0 failed, 2 skipped\nleft out: PostgreSQL in 2 tests (to add it: install the package postgresql)\n",
		},
		"skipped for reasons of their own": {
			line("output", "TestA", `    a.go:1: not today\n`) + line("skip", "TestA", "") + line("skip", "TestB", ""),
			"0 passed, 0 failed, 2 skipped\nleft out: 1 test (no reason given); 1 test (not today)\n",
		},
		"no test files": {
			line("output", "", `?   \tp\t[no test files]\n`) + line("skip", "", ""),
			"0 passed, 0 failed, 0 skipped\nleft out: nothing\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			r.close()
			if out.String() != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", out.String(), c.want)
			}
		})
	}
}

func TestReportRefusesWhatIsNotFromGoTest(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := newReport(&out).read(strings.NewReader(line("pass", "TestA", "") + "go: cannot find main module\n"))
	if err == nil || !strings.Contains(out.String(), "cannot find main module") {
		t.Errorf("got %v and %q, want an error and the text", err, out.String())
	}
}
