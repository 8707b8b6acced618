package rest

import (
	"testing"

	"ephor/internal/op"
)

func TestPathsAreMatchedAsClientsWriteThem(t *testing.T) {
	t.Parallel()
	list := op.Operations{}
	for _, path := range []string{
		"/users", "/users/{id}", "/users/{id}/revokeSignInSessions", "/me", "/groups/{id}/members/{member}/$ref",
		"/groups/{id}/members/graph.user", "/directory/deletedItems/{id}", "/directory/deletedItems/graph.user", "/users/$count",
		"/roleManagement/directory/roleEligibilitySchedules/{id}",
		"/roleManagement/directory/roleEligibilitySchedules/filterByCurrentUser(on={on})",
		"/directoryRoles(roleTemplateId={template})",
		"/roleSchedules(scope={scope},app={app},who={who})",
	} {
		list = append(list, &op.Operation{Name: path, Method: "GET", Path: path, Versions: op.Both})
	}
	r := newRouter(list, op.V1)
	for _, row := range []struct {
		path, want, key, value string
	}{
		{"/users", "/users", "", ""},
		{"/Users/", "/users", "", ""},
		{"//users//x", "/users/{id}", "id", "x"},
		{"/users('x')", "/users/{id}", "id", "x"},
		{"/users('o''hara')", "/users/{id}", "id", "o'hara"},
		{"/users/ada%40contoso.com", "/users/{id}", "id", "ada@contoso.com"},
		{"/users/x/microsoft.graph.revokeSignInSessions", "/users/{id}/revokeSignInSessions", "id", "x"},
		{"/users('x')/revokesigninsessions", "/users/{id}/revokeSignInSessions", "id", "x"},
		{"/groups/g/members/m/$ref", "/groups/{id}/members/{member}/$ref", "member", "m"},
		{"/groups/g/members/%24ref", "", "", ""},
		{"/groups/g/members/microsoft.graph.user", "/groups/{id}/members/graph.user", "id", "g"},
		{"/groups/g/members/graph.user", "/groups/{id}/members/graph.user", "id", "g"},
		{"/directory/deleteditems/graph.user", "/directory/deletedItems/graph.user", "", ""},
		{"/directory/deletedItems/graph.nonsense", "/directory/deletedItems/{id}", "id", "nonsense"},
		{"/users/%24count", "/users/$count", "", ""},
		{"/roleManagement/directory/roleEligibilitySchedules/filterByCurrentUser(on='principal')", "/roleManagement/directory/roleEligibilitySchedules/filterByCurrentUser(on={on})", "on", "principal"},
		{"/roleManagement/directory/roleEligibilitySchedules/microsoft.graph.FilterByCurrentUser(on=%27Principal%27)", "/roleManagement/directory/roleEligibilitySchedules/filterByCurrentUser(on={on})", "on", "Principal"},
		{"/directoryRoles(roleTemplateId='t')", "/directoryRoles(roleTemplateId={template})", "template", "t"},
		{"/directoryRoles(roleTemplateId='a,b')", "/directoryRoles(roleTemplateId={template})", "template", "a,b"},
		{"/roleSchedules(scope='/',app='',who='x')", "/roleSchedules(scope={scope},app={app},who={who})", "scope", "/"},
		{"/roleSchedules(scope='/',app='',who='x')", "/roleSchedules(scope={scope},app={app},who={who})", "app", ""},
		{"/roleSchedules(who=%27x%27, app=null, scope=%27/administrativeUnits/u%27)", "/roleSchedules(scope={scope},app={app},who={who})", "scope", "/administrativeUnits/u"},
		{"/roleSchedules%28who=%27x%27,app=%27%27,scope=%27/administrativeUnits/u%27%29", "/roleSchedules(scope={scope},app={app},who={who})", "scope", "/administrativeUnits/u"},
		{"/graph.roleSchedules(app='it''s/a',scope='%2F',who='x')", "/roleSchedules(scope={scope},app={app},who={who})", "app", "it's/a"},
		{"/roleSchedules(scope='/',who='x')", "", "", ""},
		{"/roleSchedules(scope='/',app='',who='x',more='y')", "", "", ""},
		{"/roleSchedules(scope='/',scope='/',who='x')", "", "", ""},
		{"/roleSchedules(app='x/y", "", "", ""},
		{"/users('x/y')/z", "", "", ""},
		{"/users('')", "", "", ""},
		{"/users('x')/revokeSignInSessions('", "", "", ""},
		{"/nowhere", "", "", ""},
		{"/users/x/y/z", "", "", ""},
		{"/users/%zz", "", "", ""},
		{"/users/a%00b", "", "", ""},
		{"", "", "", ""},
	} {
		m, ok := r.find("GET", row.path)
		if !ok {
			if row.want != "" {
				t.Errorf("find(%q) found nothing, want %s", row.path, row.want)
			}
			continue
		}
		if m.op.Path != row.want || m.params[row.key] != row.value {
			t.Errorf("find(%q) = %s %v, want %s %s=%q", row.path, m.op.Path, m.params, row.want, row.key, row.value)
		}
	}
	if m, ok := r.find("PUT", "/users"); !ok || m.op != nil || len(m.methods) != 1 {
		t.Errorf("a wrong method is not told from a wrong path: %+v %v", m, ok)
	}
}
