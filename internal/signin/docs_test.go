package signin

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The page that explains sign-in has the rules by which it is judged, in their order.
func TestPageOnSignInHasTheRules(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sign-in.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for i, r := range Steps {
		fmt.Fprintf(&rows, "| %d | %s | `%s` |\n", i+1, r.When, r.Step)
	}
	if !strings.Contains(string(page), rows.String()) {
		t.Errorf("docs/sign-in.md lacks these rows:\n%s", rows.String())
	}
}
