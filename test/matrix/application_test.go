package matrix

import (
	"fmt"
	"slices"
	"testing"

	"ephor/internal/graph"
)

// An application needs a role, not only a permission, on accounts of administrators
// (behaviour.md 10), and to arm what is privileged (design, Who may touch whom).
func TestAPermissionAloneReachesOnlyWhatHasNoPrivilege(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.face(graph.Operations())
	cells := 0
	for _, o := range graph.Operations() {
		published := expected().rows[key(o.Method, o.Path)]
		if published == nil {
			continue // the matrix says so
		}
		for i := range published.Cases {
			r := &published.Cases[i]
			p := r.under(published)
			if r.Table == "" && !r.Arms || len(p.Application) == 0 || r.Case == "for oneself" {
				continue
			}
			scopes := append(slices.Clone(p.Application[:1]), p.Also...)
			for _, target := range f.targets(r.Target) {
				if target.name == "self" {
					continue
				}
				cells++
				want := verdict(len(target.roles) == 0 && !target.assignable && !target.armed)
				if got := f.verdict(f.as("robot", true, scopes), "robot", o, exampleOf(o, r.Case), target); got != want {
					t.Error(mismatch{operation: o.Name + " " + r.Case, method: key(o.Method, o.Path), role: fmt.Sprint(scopes), target: target.kind, expected: want, got: got})
				}
			}
		}
	}
	if cells < 100 {
		t.Errorf("only %d cells", cells)
	}
}
