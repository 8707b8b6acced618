package describe

import (
	_ "embed" // the list of what is published
	"fmt"
	"regexp"
	"strings"

	"ephor/internal/op"
)

// published is every operation of the reference within our scope, one a line, under the
// heading of its section.
//
//go:embed published.txt
var published string

// beside are the published calls that are no operations of ours: the room that speaks HTTP
// answers them itself.
var beside = map[string]string{
	"post /$batch":   "up to twenty calls in one",
	"get /$metadata": "the service's CSDL",
}

// coverage is the table of what Graph publishes and what of it is served.
func coverage(list op.Operations) []byte {
	served := map[string]*op.Operation{}
	for _, o := range list {
		served[shape(o.Method, o.Path)] = o
	}
	var b strings.Builder
	all, have := 0, 0
	for line := range strings.Lines(published) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			number, title, _ := strings.Cut(heading, " ")
			fmt.Fprintf(&b, "\n## %s %s\n\n| published | served as |\n|---|---|\n", number, title)
			continue
		}
		all++
		call, name := covered(line, served)
		if name != "-" {
			have++
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", call, name)
	}
	head := fmt.Sprintf("# What is served of what Graph publishes\n\nGenerated. Of %d published operations within Ephor's scope, %d are served. docs/differences.md says how they\ndiffer; permissions.md lists everything that is served, with who may call it.\n", all, have)
	return []byte(head + b.String())
}

// covered is a published call, and what it is served as: "-" for not at all.
func covered(line string, served map[string]*op.Operation) (call, name string) {
	method, path, _ := strings.Cut(line, " ")
	path, version, _ := strings.Cut(path, " ")
	call = method + " " + path
	if version != "" {
		call += " (" + version + ")"
	}
	key := shape(method, path)
	switch o := served[key]; {
	case o != nil && (version == "" || o.Versions&op.Beta != 0):
		return call, o.Name
	case beside[key] != "":
		return call, beside[key]
	}
	return call, "-"
}

var parameter = regexp.MustCompile(`'?\{[^}]*\}'?`)

// shape is a call without the names of its parameters, which differ.
func shape(method, path string) string {
	return strings.ToLower(method + " " + parameter.ReplaceAllString(path, "{}"))
}
