//go:generate go run ./generate ../../api ../../docs

// Package describe writes what is served as documents: the permission table, coverage,
// OpenAPI and CSDL. All of it comes from the operations and entities that are declared; nothing is
// typed twice.
package describe

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/op"
)

// Documents are the generated files by name.
func Documents(list op.Operations, types []edm.Description) map[string][]byte {
	return map[string][]byte{
		"permissions.md": permissions(list),
		"openapi.json":   openAPI(list, types),
		"coverage.md":    coverage(list),
		"metadata.xml":   Metadata(list, types, op.V1),
	}
}

// permissions is the table of who may call what.
func permissions(list op.Operations) []byte {
	var b strings.Builder
	b.WriteString("# Who may call what\n\nGenerated from the operations' declarations. A delegated call needs one of the scopes and one of the ways; an\napp-only call needs one of the permissions and, where the target is privileged, a role that reaches it.\n\n")
	b.WriteString("| operation | call | delegated scopes | application permissions | and, when delegated |\n|---|---|---|---|---|\n")
	for _, o := range sorted(list) {
		r := o.Rule
		ways := r.Ways
		fmt.Fprintf(&b, "| %s | `%s %s`%s | %s | %s | %s |\n", o.Name, o.Method, o.Path, beta(o), names(r.Delegated), names(r.Application), wayNames(o, ways))
	}
	return []byte(b.String())
}

func beta(o *op.Operation) string {
	if o.Versions == op.Beta {
		return " (beta)"
	}
	return ""
}

func names(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, "<br>")
}

// wayNames are the ways of an operation; where what is asked depends on the input, that is
// said, since the rule is then for the scopes alone.
func wayNames(o *op.Operation, ways []authz.Way) string {
	if o.Demands != nil {
		return "depends on what is asked"
	}
	var out []string
	for _, w := range ways {
		out = append(out, w.String())
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, "<br>")
}

func sorted(list op.Operations) op.Operations {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b *op.Operation) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	return out
}
