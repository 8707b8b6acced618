// Package membership reads who is in which group, through the whole server.
package membership

import (
	"slices"
	"strings"
	"testing"

	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// nested is sam in inner, inner in outer, and outer in inner again.
var nested = harness.Seed{
	People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "sam"}, {Name: "tom"}, {Name: "gus", Guest: true}},
	Groups: []harness.Group{
		{Name: "inner", Members: []string{"sam", "outer"}},
		{Name: "outer", Members: []string{"inner", "tom"}},
		{Name: "apart"},
	},
}

// names are the display names of a page, sorted.
func names(a harness.Answer) []string {
	var all []string
	for _, row := range a.Values() {
		name, _ := row["displayName"].(string)
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestMemberOfIsDirectAndTransitiveMemberOfIsNot(t *testing.T) {
	t.Parallel()
	harness.Each(t, nested, func(t *testing.T, h *harness.House) {
		sam := h.As("sam", "User.Read", "Directory.Read.All")
		same(t, "memberOf", names(sam.Want(200, "GET", "/me/memberOf/microsoft.graph.group", "")), "inner")
		same(t, "memberOf by id", names(sam.Want(200, "GET", "/users/{sam}/memberOf/graph.group", "")), "inner")
		sam.Refused(400, "GET", "/me/transitiveMemberOf/graph.group", "")
		eventual := sam.With("ConsistencyLevel", "eventual")
		all := eventual.Want(200, "GET", "/me/transitiveMemberOf/graph.group?$count=true", "")
		same(t, "transitiveMemberOf", names(all), "inner", "outer")
		if n := all.Get("@odata.count"); n != 2.0 {
			t.Errorf("@odata.count is %v", n)
		}
		same(t, "a group's memberOf", names(sam.Want(200, "GET", "/groups/{inner}/memberOf/graph.group", "")), "outer")
	})
}

func TestTransitiveMembersEndInACircle(t *testing.T) {
	t.Parallel()
	h := harness.Open(t, nested)
	sam := h.As("sam", "GroupMember.Read.All", "Directory.Read.All")
	same(t, "transitiveMembers", names(sam.Want(200, "GET", "/groups/{outer}/transitiveMembers", "")), "inner", "sam", "tom")
	first := sam.Want(200, "GET", "/groups/{outer}/transitiveMembers?$top=2", "")
	link := first.Str("@odata.nextLink")
	second := sam.Want(200, "GET", link, "")
	if len(first.Values()) != 2 || len(second.Values()) != 1 || second.Str("@odata.nextLink") != "" {
		t.Errorf("pages of %d and %d", len(first.Values()), len(second.Values()))
	}
	for _, row := range append(first.Values(), second.Values()...) {
		if kind, _ := row["@odata.type"].(string); !strings.HasPrefix(kind, "#microsoft.graph.") {
			t.Errorf("a row without its type: %v", row)
		}
	}
}

func TestMembershipsOfOthersAreNotForGuests(t *testing.T) {
	t.Parallel()
	h := harness.Open(t, nested)
	h.As("gus", "User.Read").Want(200, "GET", "/me/memberOf/graph.group", "")
	h.As("gus", "User.Read", "Directory.Read.All").Refused(403, "GET", "/users/{sam}/memberOf/graph.group", "")
}

func TestCountSegmentNeedsItsHeader(t *testing.T) {
	t.Parallel()
	h := harness.Open(t, nested)
	ada := h.As("ada", "User.Read.All", "Group.Read.All", "Application.Read.All")
	for path, want := range map[string]string{
		"/users/$count": "4", "/groups/$count": "3", "/users/$count?$filter=startsWith(displayName,'s')": "1",
		"/users/$count?$filter=displayName ne 'sam'": "3", "/applications/$count": "1", "/servicePrincipals/$count": "2",
	} {
		if a := ada.Refused(400, "GET", path, ""); a.Code() != "Request_BadRequest" || a.Str("error", "message") != "$count is not currently supported." {
			t.Errorf("GET %s without the header: %s", path, a.Text)
		}
		a := ada.With("ConsistencyLevel", "eventual").Want(200, "GET", path, "")
		if a.Text != want || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("GET %s = %s %q, want %s", path, a.Header.Get("Content-Type"), a.Text, want)
		}
	}
	h.As("gus", "User.Read.All").With("ConsistencyLevel", "eventual").Refused(403, "GET", "/users/$count", "")
}
