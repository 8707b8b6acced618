package lint

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// clockReaders are the rooms that may ask the machine for time and chance: env, for all
// others; the programs and benchmarks around them; and what supports the tests.
var clockReaders = []string{"env", "cmd", "bench", "test", "lint", "pgtest", "tools"}

// clock are the names of package time that read the machine's clock or wait on it.
var clock = []string{"Now", "Since", "Until", "Sleep", "Tick"}

// chance are the packages that make random values and ids.
var chance = []string{"crypto/rand", "math/rand", "math/rand/v2", "github.com/google/uuid"}

// hidden are the places of s that take time or chance from the machine instead of being
// given them. A test may read the clock, but sleeps only in the bubble of testing/synctest.
func hidden(s source) []string {
	var all []string
	free := s.test() || slices.Contains(clockReaders, s.room())
	for _, spec := range s.file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		if !free && slices.Contains(chance, path) {
			all = append(all, fmt.Sprintf("%s: %s is imported: only env makes random bytes and ids", s.at(spec.Pos()), path))
		}
	}
	bubble := s.imported("synctest") == "testing/synctest"
	for node := range ast.Preorder(s.file) {
		name, found := s.clockName(node)
		if found && (!free || s.test() && name == "Sleep" && !bubble) {
			all = append(all, fmt.Sprintf("%s: time.%s: only env reads the clock, and no test sleeps", s.at(node.Pos()), name))
		}
	}
	return all
}

// clockName is the name of package time that node selects, if it is one of clock.
func (s source) clockName(node ast.Node) (string, bool) {
	sel, ok := node.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	from, ok := sel.X.(*ast.Ident)
	if !ok || s.imported(from.Name) != "time" {
		return "", false
	}
	return sel.Sel.Name, slices.Contains(clock, sel.Sel.Name)
}

// spawned are the goroutines that s starts in a pure room.
func spawned(s source) []string {
	if s.test() || !slices.Contains(pure, s.room()) {
		return nil
	}
	var all []string
	for node := range ast.Preorder(s.file) {
		if _, ok := node.(*ast.GoStmt); ok {
			all = append(all, fmt.Sprintf("%s: a goroutine, but room %s is pure", s.at(node.Pos()), s.room()))
		}
	}
	return all
}

func TestOnlyEnvReadsTheClockAndMakesChance(t *testing.T) {
	t.Parallel()
	inspect(t, hidden)
}

func TestPureRoomsStartNoGoroutine(t *testing.T) {
	t.Parallel()
	inspect(t, spawned)
}

func TestClockRuleSeesEachBreach(t *testing.T) {
	t.Parallel()
	const now, nap = "import \"time\"\nvar x = time.Now", "import \"time\"\nfunc f() { time.Sleep(1) }"
	for name, c := range map[string]struct{ path, body, want string }{
		"now":                  {"internal/op/gate.go", now, "time.Now"},
		"now in env":           {"internal/env/env.go", now, ""},
		"now in a command":     {"cmd/ephor/main.go", now, ""},
		"now in a test":        {"internal/op/gate_test.go", now, ""},
		"now under an alias":   {"internal/op/gate.go", "import clock \"time\"\nvar x = clock.Now()", "time.Now"},
		"another Now":          {"internal/op/gate.go", "import \"ephor/internal/env\"\nvar time env.Env; var x = time.Now()", ""},
		"a duration":           {"internal/op/gate.go", "import \"time\"\nvar x = time.Second", ""},
		"sleep in a test":      {"internal/op/gate_test.go", nap, "time.Sleep"},
		"sleep in a bubble":    {"internal/op/gate_test.go", "import _ \"testing\"\nimport \"testing/synctest\"\n" + nap, ""},
		"random bytes":         {"internal/op/gate.go", "import \"crypto/rand\"", "crypto/rand"},
		"random ids":           {"internal/op/gate.go", "import id \"github.com/google/uuid\"", "google/uuid"},
		"random bytes in test": {"internal/op/gate_test.go", "import \"crypto/rand\"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge(t, hidden(sample(t, c.path, "package x\n"+c.body)), c.want)
		})
	}
}

func TestGoroutineRuleSeesEachBreach(t *testing.T) {
	t.Parallel()
	const body = "package x\nfunc f() { go f() }"
	judge(t, spawned(sample(t, "internal/pim/decide.go", body)), "a goroutine")
	judge(t, spawned(sample(t, "internal/pim/decide_test.go", body)), "")
	judge(t, spawned(sample(t, "internal/op/lane.go", body)), "")
}
