package lint

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

// The longest file and function, in lines. Most are far shorter; what reaches these is
// split by meaning.
const (
	longestFile     = 450
	longestFunction = 70
)

// outsized are the file s, if it is too long, and its functions that are. Tests may be as
// long as their tables.
func outsized(s source) []string {
	if s.test() {
		return nil
	}
	var all []string
	if s.lines > longestFile {
		all = append(all, fmt.Sprintf("%s: %d lines, at most %d", s.path, s.lines, longestFile))
	}
	for _, decl := range s.file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		lines := s.fset.Position(fn.End()).Line - s.fset.Position(fn.Pos()).Line + 1
		if lines > longestFunction {
			all = append(all, fmt.Sprintf("%s: %s has %d lines, at most %d", s.at(fn.Pos()), fn.Name.Name, lines, longestFunction))
		}
	}
	return all
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	inspect(t, outsized)
}

func TestSizeRuleSeesEachBreach(t *testing.T) {
	t.Parallel()
	function := func(lines int) string { return "package x\nfunc f() {" + strings.Repeat("\n", lines-1) + "}\n" }
	file := func(lines int) string { return "package x" + strings.Repeat("\n", lines) }
	judge(t, outsized(sample(t, "internal/x/x.go", function(longestFunction))), "")
	judge(t, outsized(sample(t, "internal/x/x.go", function(longestFunction+1))), "f has 71 lines")
	judge(t, outsized(sample(t, "internal/x/x_test.go", function(longestFunction+1))), "")
	judge(t, outsized(sample(t, "internal/x/x.go", file(longestFile))), "")
	judge(t, outsized(sample(t, "internal/x/x.go", file(longestFile+1))), "451 lines")
}
