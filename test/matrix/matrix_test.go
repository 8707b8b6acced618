package matrix

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"sort"
	"strings"
	"testing"

	"ephor/internal/authz"
	"ephor/internal/graph"
	"ephor/internal/op"
)

// A mismatch is a cell of the matrix in which the server and the reference differ.
type mismatch struct {
	operation, method, role, target string
	expected, got                   string
}

func (m mismatch) String() string {
	return fmt.Sprintf("%s (%s) by %s on %s: expected %s, got %s", m.operation, m.method, m.role, m.target, m.expected, m.got)
}

// compare asks for everything, as every role, of every kind of target, of a server that
// serves the list. The tenant stays as it is.
func compare(w *world, list op.Operations) (cells int, all []mismatch) {
	f := w.face(list)
	for _, o := range list {
		published := expected().rows[key(o.Method, o.Path)]
		if published == nil {
			all = append(all, mismatch{operation: o.Name, method: key(o.Method, o.Path), expected: "a row in operations.json", got: "none"})
			continue
		}
		for i := range published.Cases {
			n, found := f.compareCase(o, published, &published.Cases[i])
			cells += n
			all = append(all, found...)
		}
	}
	return cells, all
}

func (f *face) compareCase(o *op.Operation, published *row, r *rule) (cells int, all []mismatch) {
	x := exampleOf(o, r.Case)
	if x == nil {
		return 0, []mismatch{{operation: o.Name, method: key(o.Method, o.Path), target: r.Case, expected: "an example", got: "none"}}
	}
	targets := f.targets(r.Target)
	if r.Target == "user" && r.Table == "" && !r.Decides {
		targets = targets[:3] // nothing about the target counts: plain, oneself, the most privileged
	}
	for _, t := range targets {
		for _, a := range f.actors {
			if t.name == a.name {
				continue // that is oneself
			}
			cells++
			want := verdict(expected().allows(a, r, t))
			answer := f.ask(f.as(a.name, false, nil), a.name, o, x, t)
			got := outcome(answer, o, x)
			if code := refusalFor(published); got == "refused" && answer.Code == 403 && codeOf(answer) != code {
				want, got = "refused with "+code, "refused with "+codeOf(answer)
			}
			if got != want {
				all = append(all, mismatch{operation: strings.TrimSpace(o.Name + " " + r.Case), method: key(o.Method, o.Path), role: a.String(), target: t.kind, expected: want, got: got})
			}
		}
	}
	return cells, all
}

// refusalFor is the code with which those are refused who have the permission and no role
// (errors.md 1a for PIM's own authorizer, 2 for the directory).
func refusalFor(r *row) string {
	if r.Family == "pim" {
		return "UnauthorizedAccessException"
	}
	return "Authorization_RequestDenied"
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}

// verdict is what comes of an example: allowed, refused, or anything else in full.
func (f *face) verdict(token, self string, o *op.Operation, x *example, t *target) string {
	return outcome(f.ask(token, self, o, x, t), o, x)
}

// outcome is the verdict that an answer is.
func outcome(w *httptest.ResponseRecorder, o *op.Operation, x *example) string {
	hidden := expected().rows[key(o.Method, o.Path)].Hidden
	switch {
	case w.Code == 403, w.Code == 404 && hidden:
		return "refused"
	case !o.Writes && w.Code == o.Success, o.Writes && w.Code == undone:
		return "allowed"
	}
	var refusal struct{ Error struct{ Code string } }
	_ = json.Unmarshal(w.Body.Bytes(), &refusal) // what has no code is shown without
	if slices.Contains(x.passes, refusal.Error.Code) {
		return "allowed"
	}
	return fmt.Sprintf("%d %s", w.Code, refusal.Error.Code)
}

func TestEveryRoleMayDoWhatIsPublishedAndNoMore(t *testing.T) {
	t.Parallel()
	w := open(t)
	before := w.Version()
	cells, all := compare(w, graph.Operations())
	if len(all) > 0 {
		t.Errorf("%d of %d cells differ:\n%s", len(all), cells, report(all))
	}
	if after := w.Version(); after != before {
		t.Errorf("the tenant went from version %v to %v, though every write was undone", before, after)
	}
	t.Logf("%d cells", cells)
}

// report groups mismatches that differ by target or role alone.
func report(all []mismatch) string {
	type line struct{ operation, expected, got string }
	roles := map[line]map[string][]string{}
	for _, m := range all {
		l := line{m.operation + " (" + m.method + ")", m.expected, m.got}
		if roles[l] == nil {
			roles[l] = map[string][]string{}
		}
		roles[l][m.target] = append(roles[l][m.target], m.role)
	}
	var lines []string
	for l, targets := range roles {
		for t, who := range targets {
			lines = append(lines, fmt.Sprintf("%s on %s: expected %s, got %s: by %s", l.operation, t, l.expected, l.got, strings.Join(who, "; ")))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// wrong are declarations that are wrong in one way each.
var wrong = []struct {
	operation, mistake string
	change             func(*authz.Rule)
}{
	{"listRoleAssignments", "any member may", func(r *authz.Rule) { r.Ways = []authz.Way{authz.Member} }},
	{"revokeSignInSessions", "no table judges the target", func(r *authz.Rule) { r.Tables = nil }},
	{"deleteUser", "another action is asked for", func(r *authz.Rule) { r.Ways = []authz.Way{authz.Role("microsoft.directory/users/basic/update")} }},
	{"deleteGroup", "role-assignable groups are as plain ones", func(r *authz.Rule) { r.Group = authz.NotGroup }},
	{"addApplicationPassword", "a privileged application is as any other", func(r *authz.Rule) { r.Arms = false }},
	{"listDirectoryAudits", "anybody may", func(r *authz.Rule) { r.Ways = []authz.Way{authz.Anyone} }},
	{"createRoleAssignment", "who reads may write", func(r *authz.Rule) {
		r.Ways = []authz.Way{authz.Role("microsoft.directory/roleAssignments/standard/read")}
	}},
}

func TestAWrongDeclarationIsFound(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, c := range wrong {
		list := graph.Operations()
		o, ok := list.Find(c.operation)
		if !ok {
			t.Errorf("no operation is called %s", c.operation)
			continue
		}
		right := op.Operations{o}
		changed, rule := *o, *o.Rule
		c.change(&rule)
		changed.Rule = rule.Compile()
		_, before := compare(w, right)
		_, after := compare(w, op.Operations{&changed})
		found := slices.DeleteFunc(after, func(m mismatch) bool { return slices.Contains(before, m) })
		if len(found) == 0 {
			t.Errorf("%s: %s, and the matrix does not show it", c.operation, c.mistake)
			continue
		}
		t.Logf("%s: %s: %d cells differ, such as: %s", c.operation, c.mistake, len(found), found[0])
	}
}
