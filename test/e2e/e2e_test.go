package e2e

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestInABrowser runs the suites that are in JavaScript. One is left out where Chromium,
// Node or its modules are missing.
func TestInABrowser(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "ephor")
	for name, folder := range map[string]string{"people": ".", "clients": "../conformance/node"} {
		t.Run(name, func(t *testing.T) {
			need(t, folder)
			if _, err := os.Stat(binary); err != nil {
				run(t, exec.CommandContext(t.Context(), "go", "build", "-o", binary, "ephor/cmd/ephor"))
			}
			c := exec.CommandContext(t.Context(), "node", "run.mjs", folder)
			c.Env = append(os.Environ(), "EPHOR="+binary)
			run(t, c)
		})
	}
}

// need skips the test where something is missing.
func need(t *testing.T, folder string) {
	t.Helper()
	if _, err := exec.LookPath(cmp.Or(os.Getenv("CHROMIUM"), "/usr/bin/chromium")); err != nil {
		t.Skip("needs Chromium: apt-get install chromium")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs Node: apt-get install nodejs npm")
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Skip("needs npm's modules: make modules")
	}
}

func run(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
