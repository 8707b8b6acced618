package rows

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A shown row is one with the test that shows it, or why there is none.
type shown struct{ row, pkg, test, label, none string }

// testdata/rows.txt are the rows, by the names of their tables, as the reference has them;
// testdata/shown.txt says of each "PACKAGE TEST | the words by which the test names it", or
// "none: why".
func TestEveryRowOfTheReferenceIsShown(t *testing.T) {
	t.Parallel()
	where := map[string]shown{}
	for _, s := range readShown(t) {
		if _, twice := where[s.row]; twice {
			t.Errorf("%q is shown twice", s.row)
		}
		where[s.row] = s
	}
	rows := lines(t, "testdata/rows.txt")
	if len(rows) != 109 {
		t.Errorf("there are %d rows, and the reference has 109", len(rows))
	}
	for _, row := range rows {
		s, ok := where[row]
		switch {
		case !ok:
			t.Errorf("row %q is left out", row)
		case s.none == "" && !s.there(t):
			t.Errorf("row %q: no %s in %s names it by %q", row, s.test, s.pkg, s.label)
		}
		delete(where, row)
	}
	for row := range where {
		t.Errorf("there is no row %q", row)
	}
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func readShown(t *testing.T) (all []shown) {
	t.Helper()
	for _, line := range lines(t, "testdata/shown.txt") {
		parts := strings.Split(line, "\t")
		if len(parts) != 3 {
			t.Fatalf("not a row: %q", line)
		}
		s := shown{row: parts[0] + "\t" + parts[1]}
		var no bool
		if s.none, no = strings.CutPrefix(parts[2], "none: "); no && s.none == "" {
			t.Errorf("%q: without a reason", s.row)
		}
		if !no {
			s.none = ""
			place, label, _ := strings.Cut(parts[2], " |")
			s.pkg, s.test, _ = strings.Cut(place, " ")
			s.label = strings.TrimPrefix(label, " ")
		}
		all = append(all, s)
	}
	return all
}

// there reports whether the test is in its package, and its file has the words that name the
// row in a text.
func (s shown) there(t *testing.T) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(s.pkg), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s has no tests: %v", s.pkg, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if declares(f, s.test) {
			return names(f, s.label)
		}
	}
	return false
}

func declares(f *ast.File, test string) bool {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == test {
			return true
		}
	}
	return false
}

func names(f *ast.File, label string) (found bool) {
	for node := range ast.Preorder(f) {
		if lit, ok := node.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.Contains(lit.Value, label) {
			return true
		}
	}
	return false
}
