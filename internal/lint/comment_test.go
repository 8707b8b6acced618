package lint

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"testing"
)

// silent are the exported declarations of s without a comment. A comment on a group of
// constants or variables speaks for its members; a type has its own.
func silent(s source) []string {
	if s.test() {
		return nil
	}
	var all []string
	for _, decl := range s.file.Decls {
		for _, name := range undocumented(decl) {
			all = append(all, fmt.Sprintf("%s: exported %s has no comment", s.at(name.Pos()), name.Name))
		}
	}
	return all
}

// undocumented are the exported names that decl declares and no comment explains.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && reachable(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			names = append(names, unexplained(d, spec)...)
		}
		return names
	}
	return nil
}

// reachable tells whether other packages can name the function d: a method also needs an
// exported receiver.
func reachable(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	of := d.Recv.List[0].Type
	for {
		switch t := of.(type) {
		case *ast.StarExpr:
			of = t.X
		case *ast.IndexExpr:
			of = t.X
		case *ast.IndexListExpr:
			of = t.X
		case *ast.Ident:
			return t.IsExported()
		default:
			return true
		}
	}
}

// unexplained are the exported names of one line of the group d that no comment explains.
func unexplained(d *ast.GenDecl, spec ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Doc == nil && spec.Comment == nil && (d.Doc == nil || d.Lparen.IsValid()) {
			names = []*ast.Ident{spec.Name}
		}
	case *ast.ValueSpec:
		if spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
			names = slices.Clone(spec.Names)
		}
	}
	return slices.DeleteFunc(names, func(n *ast.Ident) bool { return !n.IsExported() })
}

// nameless are the folders among all whose package has no comment.
func nameless(all []source) []string {
	commented := map[string]bool{}
	for _, s := range all {
		if dir := path.Dir(s.path); !s.test() {
			commented[dir] = commented[dir] || s.file.Doc != nil
		}
	}
	var found []string
	for dir, ok := range commented {
		if !ok {
			found = append(found, dir+": the package has no comment")
		}
	}
	slices.Sort(found)
	return found
}

func TestExportedNamesHaveComments(t *testing.T) {
	t.Parallel()
	inspect(t, silent)
}

func TestPackagesHaveComments(t *testing.T) {
	t.Parallel()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	for _, offence := range nameless(all) {
		t.Error(offence)
	}
}

func TestCommentRuleSeesEachBreach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"function":                    {"func F() {}", "exported F"},
		"function with comment":       {"// F does.\nfunc F() {}", ""},
		"private function":            {"func f() {}", ""},
		"method":                      {"type t int\n// T is.\ntype T[K any] struct{}\nfunc (*T[K]) M() {}", "exported M"},
		"method of a private type":    {"type t int\nfunc (t) M() {}", ""},
		"type":                        {"type T int", "exported T"},
		"type in a commented group":   {"// Both.\ntype (\n\tT int\n)", "exported T"},
		"constant":                    {"const C = 1", "exported C"},
		"constant in a group":         {"// These.\nconst (\n\tC = 1\n\tD = 2\n)", ""},
		"constant with comment ahead": {"const (\n\t// C is.\n\tC = 1\n\tD = 2 // the other\n)", ""},
		"variable":                    {"var a, B = 1, 2", "exported B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge(t, silent(sample(t, "internal/x/x.go", "package x\n"+c.body)), c.want)
		})
	}
}

func TestPackageCommentRuleSeesEachBreach(t *testing.T) {
	t.Parallel()
	bare, commented := sample(t, "internal/x/a.go", "package x"), sample(t, "internal/x/b.go", "// Package x is.\npackage x")
	judge(t, nameless([]source{bare}), "internal/x")
	judge(t, nameless([]source{bare, commented}), "")
	judge(t, nameless([]source{sample(t, "internal/x/a_test.go", "package x")}), "")
}
