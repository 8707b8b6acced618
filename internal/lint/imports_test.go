package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path that every import of our own begins with.
const module = "ephor/"

// root is the module's folder, seen from this one.
const root = "../.."

// rank is the whole import rule: a room imports rooms of a lower rank only, so rooms of one
// rank never import each other. A new room needs a line here and a decision note.
var rank = map[string]int{
	"guid": 0, "when": 0, "fault": 0,
	"env":       1,
	"directory": 2, "roledata": 2,
	"pim": 3, "signin": 3, "audit": 3, "edm": 3, "odata": 3,
	"authz": 4,
	"store": 5,
	"op":    6, "login": 6,
	"graph": 7, "oauth": 7, "timekeeper": 7, "notify": 7,
	"rest": 8, "pages": 8, "dev": 8, "describe": 8, "tutorial": 8, "client": 8,
	"server": 9,
	"cmd":    10,
	"bench":  11, "test": 11,
	"lint": 12, "pgtest": 12,
}

// floor orders the packages of a room that has several, as rank orders rooms.
var floor = map[string]int{
	"graph/face":   0,
	"graph/people": 1, "graph/apps": 1, "graph/privilege": 1, "graph/policy": 1,
	"graph": 2,
}

// topmost is the rank of what only tests and benchmarks may import.
const topmost = 12

// pure rooms are functions of their arguments: no context, clock, database, goroutine.
var pure = []string{"directory", "roledata", "pim", "signin", "audit", "edm", "odata", "authz"}

// impure are the standard packages whose import makes a room depend on more than its
// arguments.
var impure = []string{
	"context", "crypto/rand", "database/sql", "database/sql/driver", "log", "log/slog",
	"math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "os/signal",
}

// A listing is what `go list -json` tells of one package.
type listing struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// room is the part of the house that the package at path belongs to: its first folder, or
// the one below internal. It is "" for a package that is not ours.
func room(path string) string {
	inside, ours := strings.CutPrefix(path, module)
	if !ours {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(inside, "internal/"), "/")
	return first
}

// offences are the breaches of the import rule by package p, one sentence each.
func offences(p listing) []string {
	from := room(p.ImportPath)
	height, known := rank[from]
	if !known {
		return []string{fmt.Sprintf("%s: room %q is unknown: give it a rank in internal/lint", p.ImportPath, from)}
	}
	var all []string
	for _, path := range p.Imports {
		if slices.Contains(pure, from) && slices.Contains(impure, path) {
			all = append(all, fmt.Sprintf("%s imports %s, but room %s is pure", p.ImportPath, path, from))
		}
		all = append(all, upward(p.ImportPath, height, path)...)
	}
	for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
		if rank[room(path)] < topmost {
			all = append(all, upward(p.ImportPath+" (test)", height, path)...)
		}
	}
	return all
}

// upward names the breach in the package called name, of the given rank, importing path.
func upward(name string, height int, path string) []string {
	from, to := room(strings.TrimSuffix(name, " (test)")), room(path)
	if to == "" {
		return nil
	}
	if to == from {
		return inside(name, path)
	}
	other, known := rank[to]
	if !known {
		return []string{fmt.Sprintf("%s imports %s of an unknown room: give it a rank in internal/lint", name, path)}
	}
	if other < height || height == rank["bench"] && other == topmost {
		return nil
	}
	return []string{fmt.Sprintf("%s (rank %d) imports %s (rank %d): imports point down", name, height, path, other)}
}

// inside names the breach in the package called name importing another of its own room.
func inside(name, path string) []string {
	cut := func(path string) string {
		return strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(path, " (test)"), module), "internal/")
	}
	from, to := cut(name), cut(path)
	height, ordered := floor[from]
	other, known := floor[to]
	switch {
	case from == to || !ordered && !known:
		return nil
	case !ordered || !known:
		return []string{fmt.Sprintf("%s imports %s: give both a floor in internal/lint", name, path)}
	case other >= height:
		return []string{fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports point down", name, height, path, other)}
	}
	return nil
}

// packages are all packages of the module, also those that do not compile at the moment.
func packages(t *testing.T) []listing {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listing
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listing
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all = append(all, p)
	}
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	all := packages(t)
	if len(all) < 2 {
		t.Fatalf("go list names %d packages: the rule judged nothing", len(all))
	}
	for _, p := range all {
		for _, offence := range offences(p) {
			t.Error(offence)
		}
	}
}

func TestImportRuleSeesEachBreach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    listing
		want string // part of the only offence, "" when there is none
	}{
		"down":                 {listing{ImportPath: "ephor/internal/store", Imports: []string{"ephor/internal/pim", "database/sql"}}, ""},
		"up":                   {listing{ImportPath: "ephor/internal/pim", Imports: []string{"ephor/internal/store"}}, "imports point down"},
		"across":               {listing{ImportPath: "ephor/internal/graph", Imports: []string{"ephor/internal/oauth"}}, "imports point down"},
		"within a room":        {listing{ImportPath: "ephor/internal/describe/generate", Imports: []string{"ephor/internal/describe"}}, ""},
		"down a floor":         {listing{ImportPath: "ephor/internal/graph/people", Imports: []string{"ephor/internal/graph/face"}}, ""},
		"up a floor":           {listing{ImportPath: "ephor/internal/graph/face", Imports: []string{"ephor/internal/graph/apps"}}, "imports point down"},
		"across a floor":       {listing{ImportPath: "ephor/internal/graph/apps", Imports: []string{"ephor/internal/graph/people"}}, "imports point down"},
		"test across a floor":  {listing{ImportPath: "ephor/internal/graph/apps", XTestImports: []string{"ephor/internal/graph/people"}}, "imports point down"},
		"of no floor":          {listing{ImportPath: "ephor/internal/graph/list", Imports: []string{"ephor/internal/graph"}}, "give both a floor"},
		"from below a room":    {listing{ImportPath: "ephor/internal/edm/csdl", Imports: []string{"ephor/internal/odata"}}, "imports point down"},
		"pure and a database":  {listing{ImportPath: "ephor/internal/authz", Imports: []string{"database/sql"}}, "is pure"},
		"pure, in a test":      {listing{ImportPath: "ephor/internal/authz", TestImports: []string{"context", "os"}}, ""},
		"test upwards":         {listing{ImportPath: "ephor/internal/op", XTestImports: []string{"ephor/internal/rest"}}, "imports point down"},
		"test with PostgreSQL": {listing{ImportPath: "ephor/internal/store", TestImports: []string{"ephor/internal/pgtest"}}, ""},
		"code with PostgreSQL": {listing{ImportPath: "ephor/cmd/ephor", Imports: []string{"ephor/internal/pgtest"}}, "imports point down"},
		"bench":                {listing{ImportPath: "ephor/bench", Imports: []string{"ephor/internal/pgtest", "ephor/internal/server"}}, ""},
		"unknown room":         {listing{ImportPath: "ephor/internal/cellar"}, "give it a rank"},
		"of an unknown room":   {listing{ImportPath: "ephor/internal/op", Imports: []string{"ephor/internal/cellar"}}, "give it a rank"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judge(t, offences(c.p), c.want)
		})
	}
}

// judge fails t unless found is one sentence that contains want, or none when want is "".
func judge(t *testing.T, found []string, want string) {
	t.Helper()
	if want == "" && len(found) > 0 {
		t.Errorf("found %q, want nothing", found)
	}
	if want != "" && (len(found) != 1 || !strings.Contains(found[0], want)) {
		t.Errorf("found %q, want one about %q", found, want)
	}
}
