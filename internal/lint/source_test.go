package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A source is one Go file of the repository.
type source struct {
	path  string // from the module's folder, with forward slashes
	fset  *token.FileSet
	file  *ast.File
	lines int
}

// test tells whether s is part of a package's tests.
func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// room is the part of the house that s belongs to.
func (s source) room() string { return room(module + s.path) }

// at is where pos is, for a person to go to.
func (s source) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(pos).Line)
}

// sources parses every Go file of the repository once, generated ones left out.
var sources = sync.OnceValues(func() ([]source, error) {
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && skipped(d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s, err := parse(filepath.ToSlash(inside), string(text))
		if err == nil && !ast.IsGenerated(s.file) {
			all = append(all, s)
		}
		return err
	})
	return all, err
})

// skipped tells whether the folder called name holds no source of ours.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		name == "testdata" || name == "node_modules" || name == "bin"
}

// parse reads the text of a Go file.
func parse(path, text string) (source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{path: path, fset: fset, file: file, lines: strings.Count(text, "\n")}, err
}

// inspect runs a rule on every file of the repository.
func inspect(t *testing.T, rule func(source) []string) {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 2 {
		t.Fatalf("there are %d files: the rule judged nothing", len(all))
	}
	for _, s := range all {
		for _, offence := range rule(s) {
			t.Error(offence)
		}
	}
}

// sample is a source for the tests of the rules themselves.
func sample(t *testing.T, path, text string) source {
	t.Helper()
	s, err := parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// imported is the path of the import that s knows by name, "" when there is none.
func (s source) imported(name string) string {
	for _, spec := range s.file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		known := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			known = spec.Name.Name
		}
		if known == name {
			return path
		}
	}
	return ""
}
