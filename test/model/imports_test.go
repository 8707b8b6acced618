package model

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// What is judged has no part in the judging: the model knows no rule of the server's.
func TestModelSharesNoRuleWithTheServer(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			for _, room := range []string{"pim", "authz", "directory", "roledata", "graph"} {
				if p := strings.Trim(i.Path.Value, `"`); p == "ephor/internal/"+room || strings.HasPrefix(p, "ephor/internal/"+room+"/") {
					t.Errorf("%s imports %s", file, p)
				}
			}
		}
	}
}
