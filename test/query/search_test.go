package query

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/test/harness"
)

func q(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return strings.Join(all, "&")
}

// named are the display names of rows, sorted unless ordered.
func named(rows []map[string]any, ordered bool) []string {
	names := []string{}
	for _, r := range rows {
		name, _ := r["displayName"].(string)
		names = append(names, name)
	}
	if !ordered {
		slices.Sort(names)
	}
	return names
}

// town makes groups with telling names, and people in one of them.
func town(h *harness.House) {
	ada := h.As("ada")
	for i, g := range [][2]string{{"Sales Videos", "moving pictures"}, {"OneVideo", ""}, {"hello-world", "for production"}, {"Prod", ""}} {
		ada.Want(201, "POST", "/groups", fmt.Sprintf(`{"displayName": %q, "description": %q, "mailNickname": "town%d", "mailEnabled": false, "securityEnabled": true}`, g[0], g[1]+" ", i))
	}
	ada.Want(204, "PATCH", "/users/{p01}", `{"displayName": "Alan Turing", "jobTitle": "Spy", "mail": "alan@house.example"}`)
	ada.Want(204, "PATCH", "/users/{p02}", `{"displayName": "Grace AlHopper", "jobTitle": "Admiral"}`)
	ada.Want(204, "PATCH", "/users/{p03}", `{"displayName": "alfa", "jobTitle": "Spy"}`)
}

func TestSearchFindsByWords(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		town(h)
		ada := h.As("ada").With("ConsistencyLevel", "eventual")
		for _, c := range []struct {
			set, search string
			want        []string
		}{
			{"users", `"displayName:al"`, []string{"Alan Turing", "Grace AlHopper", "alfa"}},
			{"users", `"displayName:turing alan"`, []string{"Alan Turing"}},
			{"users", `"displayname:TURING"`, []string{"Alan Turing"}},
			{"users", `"displayName:uring"`, nil},
			{"users", `"displayName:al" AND "mail:alan@"`, []string{"Alan Turing"}},
			{"users", `"displayName:turing" OR "displayName:alfa"`, []string{"Alan Turing", "alfa"}},
			{"users", `"displayName:nobody"`, nil},
			{"groups", `"displayName:video"`, []string{"OneVideo", "Sales Videos"}},
			{"groups", `"displayName:video" OR "description:prod"`, []string{"OneVideo", "Sales Videos", "hello-world"}},
			{"groups", `"displayName:helloworld"`, []string{"hello-world"}},
			{"groups", `"mailNickname:town"`, []string{"OneVideo", "Prod", "Sales Videos", "hello-world"}},
			{"servicePrincipals", `"displayName:microsoft"`, []string{"Microsoft Graph"}},
			{"applications", `"displayName:tool"`, []string{"tool"}},
		} {
			if got := named(ada.Want(200, "GET", "/"+c.set+"?"+q("$search", c.search), "").Values(), false); !slices.Equal(got, append([]string{}, c.want...)) {
				t.Errorf("%s %s: %v, want %v", c.set, c.search, got, c.want)
			}
			if n := ada.Want(200, "GET", "/"+c.set+"/$count?"+q("$search", c.search), "").Text; n != fmt.Sprint(len(c.want)) {
				t.Errorf("%s %s: counted %s, want %d", c.set, c.search, n, len(c.want))
			}
		}
		page := ada.Want(200, "GET", "/users?"+q("$search", `"displayName:al"`, "$count", "true", "$top", "2", "$orderby", "displayName desc"), "")
		if got := named(page.Values(), true); !slices.Equal(got, []string{"Grace AlHopper", "alfa"}) || page.Get("@odata.count") != 3.0 {
			t.Errorf("sorted: %v of %v", got, page.Get("@odata.count"))
		}
		got := named(ada.Want(200, "GET", "/users?"+q("$search", `"displayName:al"`, "$count", "true", "$filter", "startswith(displayName,'al') and displayName ne 'alfa'"), "").Values(), false)
		if !slices.Equal(got, []string{"Alan Turing"}) {
			t.Errorf("filtered: %v", got)
		}
		// What has another name is found by that.
		ada.Want(204, "PATCH", "/users/{p01}", `{"displayName": "Joan Clarke"}`)
		if got := named(ada.Want(200, "GET", "/users?"+q("$search", `"displayName:turing" OR "displayName:clar"`), "").Values(), false); !slices.Equal(got, []string{"Joan Clarke"}) {
			t.Errorf("renamed: %v", got)
		}
	})
}

func TestSearchThatIsNotServedIsRefused(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		h.As("ada").Refused(400, "GET", "/users?"+q("$search", `"displayName:al"`), "") // without the header
		ada := h.As("ada").With("ConsistencyLevel", "eventual")
		for _, search := range []string{`"jobTitle:spy"`, `"accountEnabled:true"`, `"nothing:al"`, `displayName:al`, `"al"`, `"displayName:"`, `"displayName:-"`, `"displayName words:al"`} {
			ada.Refused(400, "GET", "/users?"+q("$search", search), "")
		}
		ada.Refused(400, "GET", "/users?"+q("$count", "true", "$filter", "'displayName words'/any(w:w eq 'al')"), "")
		for _, path := range []string{"/oauth2PermissionGrants", "/roleManagement/directory/roleDefinitions", "/domains"} {
			ada.Refused(400, "GET", path+"?"+q("$search", `"displayName:al"`), "")
		}
	})
}

// Who may read only the basic profile finds nobody by what they may not read.
func TestSearchOnHiddenPropertyIsRefused(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		poor := h.As("p00", "User.ReadBasic.All").With("ConsistencyLevel", "eventual")
		poor.Want(200, "GET", "/users?"+q("$search", `"displayName:p0" AND "mail:a"`), "")
		poor.Refused(400, "GET", "/users?"+q("$search", `"mailNickname:p0"`), "")
	})
}

func TestMembersAreFilteredSortedAndSearched(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		town(h)
		ada := h.As("ada").With("ConsistencyLevel", "eventual")
		for path, want := range map[string][]string{
			"/groups/{many}/members?" + q("$search", `"displayName:al"`):                                                                                {"Alan Turing", "Grace AlHopper", "alfa"},
			"/groups/{many}/members/microsoft.graph.user?" + q("$count", "true", "$filter", "jobTitle eq 'Spy'"):                                        {"Alan Turing", "alfa"},
			"/groups/{many}/members/graph.user?" + q("$count", "true", "$filter", "startswith(displayName,'a') and not(jobTitle eq 'Spy')"):             {},
			"/groups/{many}/members/graph.user?" + q("$count", "true", "$filter", "jobTitle in ('Spy','Admiral') and accountEnabled eq true"):           {"Alan Turing", "Grace AlHopper", "alfa"},
			"/groups/{many}/members/graph.group?" + q("$count", "true", "$filter", "displayName ne 'x'"):                                                {},
			"/groups/{outer}/transitiveMembers/graph.user?" + q("$count", "true", "$filter", "displayName eq 'bob'"):                                    {"bob"},
			"/groups/{inner}/owners?" + q("$search", `"displayName:ad"`):                                                                                {"ada"},
			"/users/{bob}/memberOf/microsoft.graph.group?" + q("$count", "true", "$filter", "startswith(displayName,'in') and securityEnabled eq true"): {"inner"},
			"/users/{bob}/transitiveMemberOf/microsoft.graph.group?" + q("$count", "true", "$search", `"displayName:out"`):                              {"outer"},
			"/users/{ada}/memberOf?" + q("$count", "true", "$search", `"displayName:global"`):                                                           {"Global Administrator"},
		} {
			if got := named(ada.Want(200, "GET", path, "").Values(), false); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", path, got, want)
			}
		}
		if n := ada.Want(200, "GET", "/groups/{many}/members/graph.user/$count?"+q("$filter", "jobTitle eq 'Spy'"), "").Text; n != "2" {
			t.Errorf("counted %s", n)
		}
		var names []string
		for path := "/groups/{many}/members?" + q("$count", "true", "$orderby", "displayName desc", "$top", "9"); path != ""; {
			a := ada.Want(200, "GET", path, "")
			if names == nil && a.Get("@odata.count") != 25.0 {
				t.Errorf("counted %v", a.Get("@odata.count"))
			}
			names = append(names, named(a.Values(), true)...)
			next, _ := a.Get("@odata.nextLink").(string)
			_, path, _ = strings.Cut(next, "/v1.0")
		}
		sorted := slices.Clone(names)
		slices.SortFunc(sorted, func(a, b string) int { return -strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
		if len(names) != 25 || !slices.Equal(names, sorted) {
			t.Errorf("%d sorted members: %v", len(names), names)
		}
	})
}

func TestMemberQueriesThatAreNotServedAreRefused(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		plain, ada := h.As("ada"), h.As("ada").With("ConsistencyLevel", "eventual")
		for _, query := range []string{q("$filter", "displayName eq 'x'"), q("$search", `"displayName:x"`), q("$orderby", "displayName")} {
			plain.Refused(400, "GET", "/groups/{many}/members/graph.user?"+query, "")
		}
		for _, query := range []string{
			q("$count", "true", "$filter", "passwordProfile eq 'x'"), q("$count", "true", "$filter", "nothing eq 'x'"), q("$count", "true", "$filter", "aboutMe eq 'x'"),
			q("$count", "true", "$orderby", "jobTitle"), q("$search", `"jobTitle:x"`), q("$count", "true", "$filter", "displayName lt 'x'"),
		} {
			ada.Refused(400, "GET", "/groups/{many}/members/graph.user?"+query, "")
		}
		ada.Refused(400, "GET", "/groups/{many}/members?"+q("$count", "true", "$filter", "displayName eq 'x'"), "") // of no type
		// What may not be read may not be found out by asking who has it.
		poor := h.As("ada", "User.ReadBasic.All", "GroupMember.Read.All").With("ConsistencyLevel", "eventual")
		poor.Refused(400, "GET", "/groups/{many}/members/graph.user?"+q("$count", "true", "$filter", "jobTitle eq 'Spy'"), "")
		blind := h.As("bob", "GroupMember.Read.All").With("ConsistencyLevel", "eventual")
		for _, row := range blind.Want(200, "GET", "/groups/{many}/members?"+q("$search", `"displayName:p0"`), "").Values() {
			if row["displayName"] == nil {
				t.Errorf("whose name may not be read is found by it: %v", row)
			}
		}
	})
}
