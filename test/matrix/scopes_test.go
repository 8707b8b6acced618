package matrix

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"ephor/internal/authz"
	"ephor/internal/graph"
	"ephor/internal/op"
)

// compareScopes asks for everything, of the first target of each kind, with every known
// permission by itself: as a Global Administrator signed in, and as an application.
func compareScopes(w *world, list op.Operations) (cells int, wrong []string) {
	f := w.face(list)
	for _, o := range list {
		published := expected().rows[key(o.Method, o.Path)]
		if published == nil {
			continue // the matrix says so
		}
		for i := range published.Cases {
			for _, app := range []bool{false, true} {
				n, found := f.compareScopesOf(o, published, &published.Cases[i], app)
				cells, wrong = cells+n, append(wrong, found...)
			}
		}
	}
	return cells, wrong
}

func (f *face) compareScopesOf(o *op.Operation, published *row, r *rule, app bool) (cells int, wrong []string) {
	x, p := exampleOf(o, r.Case), r.under(published)
	enough, may, who := p.Delegated, p.May, ga
	if app {
		enough, may, who = p.Application, p.MayApplication, "robot"
	}
	if x == nil || app && strings.Contains(x.path+x.body, "{self}") {
		return 0, nil // an application is nobody's self
	}
	if app && r.Granter {
		// What leads to roles is given by who could give roles (design, Who may touch whom).
		p.Also = append(p.Also, "RoleManagement.ReadWrite.Directory")
	}
	t := f.targets(r.Target)[0]
	complain := func(scopes []string, want, got string) {
		kind := map[bool]string{false: "delegated", true: "application"}[app]
		wrong = append(wrong, fmt.Sprintf("%s %s (%s) with the %s permission %s: expected %s, got %s", o.Name, r.Case, key(o.Method, o.Path), kind, strings.Join(scopes, " and "), want, got))
	}
	if len(enough) == 0 { // not served for such tokens, whatever they say
		want := "refused"
		if strings.HasPrefix(o.Path, "/me") {
			want = "400 Request_BadRequest" // operations.md 5a
		}
		all := slices.DeleteFunc(authz.AllScopes().Names(), func(s string) bool { return slices.Contains(may, s) })
		if got := f.verdict(f.as(who, app, all), who, o, x, t); got != want {
			complain([]string{"all"}, want, got)
		}
		return 1, wrong
	}
	for _, s := range authz.AllScopes().Names() {
		if slices.Contains(may, s) {
			continue
		}
		scopes := []string{s}
		if !slices.Contains(p.Also, s) {
			scopes = append(scopes, p.Also...)
		}
		cells++
		want := verdict(slices.Contains(enough, s))
		answer := f.ask(f.as(who, app, scopes), who, o, x, t)
		if got := outcome(answer, o, x); got != want {
			complain(scopes, want, got)
			continue
		}
		if want == "refused" && !published.Hidden {
			if fault := envelope(published.Family, enough, answer); fault != "" {
				complain(scopes, "a refusal in the right envelope", fault)
				return cells, wrong // one is enough: they are all made in one place
			}
		}
	}
	if len(p.Also) > 0 {
		if got := f.verdict(f.as(who, app, enough[:1]), who, o, x, t); got != "refused" {
			complain(enough[:1], "refused, for want of "+strings.Join(p.Also, ", "), got)
		}
	}
	return cells, wrong
}

// envelope is what is wrong with a refusal for want of a permission, "" for nothing
// (errors.md: E2 for PIM, Authorization_RequestDenied for the directory).
func envelope(family string, enough []string, w *httptest.ResponseRecorder) string {
	var refusal struct {
		Error struct {
			Code, Message string
			InnerError    map[string]string
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &refusal); err != nil {
		return err.Error()
	}
	e := refusal.Error
	for _, name := range []string{"date", "request-id", "client-request-id"} {
		if e.InnerError[name] == "" {
			return "innerError has no " + name
		}
	}
	if family != "pim" {
		if w.Code != 403 || e.Code != "Authorization_RequestDenied" || e.Message != "Insufficient privileges to complete the operation." {
			return w.Body.String()
		}
		return ""
	}
	var inner struct {
		ErrorCode, Message  string
		InstanceAnnotations []any
	}
	if w.Code != 403 || e.Code != "UnknownError" || json.Unmarshal([]byte(e.Message), &inner) != nil || inner.ErrorCode != "PermissionScopeNotGranted" || inner.InstanceAnnotations == nil {
		return w.Body.String()
	}
	list, ok := strings.CutPrefix(inner.Message, "Authorization failed due to missing permission scope ")
	if !ok || !strings.HasSuffix(list, ".") {
		return inner.Message
	}
	for _, s := range enough {
		if !slices.Contains(strings.Split(strings.TrimSuffix(list, "."), ","), s) {
			return "the message does not name " + s + ": " + inner.Message
		}
	}
	return ""
}

func TestEachPublishedPermissionSufficesAndNoOther(t *testing.T) {
	t.Parallel()
	w := open(t)
	cells, wrong := compareScopes(w, graph.Operations())
	if len(wrong) > 0 {
		t.Errorf("%d of %d cells differ:\n%s", len(wrong), cells, strings.Join(wrong, "\n"))
	}
	t.Logf("%d cells", cells)
}
