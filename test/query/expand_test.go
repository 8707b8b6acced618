package query

import (
	"fmt"
	"slices"
	"testing"

	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// crowd are more people than $expand shows.
func crowd(n int) (people []harness.Person, names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("p%02d", i))
		people = append(people, harness.Person{Name: names[i]})
	}
	return people, names
}

func house(t *testing.T, run func(t *testing.T, h *harness.House)) {
	t.Helper()
	t.Parallel()
	people, names := crowd(25)
	harness.Each(t, harness.Seed{
		People: append(people,
			harness.Person{Name: "ada", Roles: []string{"Global Administrator"}}, harness.Person{Name: "bob"}, harness.Person{Name: "gus", Guest: true},
		),
		Groups: []harness.Group{
			{Name: "many", Members: names, Owners: []string{"bob"}},
			{Name: "inner", Members: []string{"bob"}, Owners: []string{"bob", "ada"}},
			{Name: "outer", Members: []string{"inner"}},
			{Name: "empty"},
		},
		Clients: []harness.Client{{Name: "tool"}},
	}, run)
}

// expanded are the names behind the ids of an expanded relation, sorted.
func expanded(h *harness.House, value any, among ...string) []string {
	rows, _ := value.([]any)
	found := []string{}
	for _, r := range rows {
		row, _ := r.(map[string]any)
		for _, name := range among {
			if row["id"] == h.ID(name).String() {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestExpandShowsTheRelationOfEachRow(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		all := []string{"ada", "bob", "inner", "outer", "many", "empty"}
		ada := h.As("ada")
		for _, c := range []struct {
			path, relation string
			want           []string
		}{
			{"/groups/{inner}", "members", []string{"bob"}},
			{"/groups/{inner}", "owners", []string{"ada", "bob"}},
			{"/groups/{inner}", "memberOf", []string{"outer"}},
			{"/groups/{inner}", "transitiveMemberOf", []string{"outer"}},
			{"/groups/{outer}", "members", []string{"inner"}},
			{"/groups/{empty}", "members", []string{}},
			{"/users/{bob}", "memberOf", []string{"inner"}},
			{"/users/{bob}", "transitiveMemberOf", []string{"inner", "outer"}},
			{"/users/{bob}", "ownedObjects", []string{"inner", "many"}},
			{"/users/{ada}", "memberOf", []string{}},
			{"/users/{ada}", "directReports", []string{}},
			{"/users/{bob}", "memberOf", []string{"inner"}},
		} {
			one := ada.Want(200, "GET", c.path+"?$expand="+c.relation, "")
			if got := expanded(h, one.Get(c.relation), all...); !slices.Equal(got, c.want) || one.Get(c.relation) == nil {
				t.Errorf("%s of %s are %v, want %v: %s", c.relation, c.path, got, c.want, one.Text)
			}
		}
		for _, row := range ada.Want(200, "GET", "/groups?$expand=members($select=id,displayName)&$select=id", "").Values() {
			if row["id"] == h.ID("inner").String() {
				members, _ := row["members"].([]any)
				member, _ := members[0].(map[string]any)
				if len(members) != 1 || member["@odata.type"] != "#microsoft.graph.user" || member["displayName"] == nil || member["userPrincipalName"] != nil {
					t.Errorf("a member with $select is %v", members)
				}
			}
		}
	})
}

func TestExpandShowsTwentyAtMost(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		members, _ := h.As("ada").Want(200, "GET", "/groups/{many}?$expand=members($select=id)", "").Get("members").([]any)
		if len(members) != 20 {
			t.Errorf("%d members, want 20 (query.md §1)", len(members))
		}
	})
}

func TestExpandFollowsWhoIsThereNow(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		ada.Want(204, "PUT", "/users/{bob}/manager/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{p00}"}`)
		if reports := expanded(h, ada.Want(200, "GET", "/users/{p00}?$expand=directReports", "").Get("directReports"), "bob"); len(reports) != 1 {
			t.Errorf("the reports are %v, want bob", reports)
		}
		ada.Want(204, "DELETE", "/users/{bob}", "")
		for path, relation := range map[string]string{"/users/{p00}": "directReports", "/groups/{inner}": "members"} {
			if left, _ := ada.Want(200, "GET", path+"?$expand="+relation, "").Get(relation).([]any); len(left) != 0 {
				t.Errorf("a deleted user is among the %s: %v", relation, left)
			}
		}
	})
}

func TestExpandIsRefusedWhereGraphRefusesIt(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for _, query := range []string{"$expand=members,owners", "$expand=nonsense", "$expand=members($expand=memberOf)", "$expand=members($top=5)", "$expand=members($select=nonsense)"} {
			ada.Refused(400, "GET", "/groups?"+query, "")
		}
		ada.With("ConsistencyLevel", "eventual").Refused(400, "GET", "/groups?$count=true&$expand=members", "")
	})
}

// What a caller may not list it may not expand.
func TestExpandNeedsThePermissionOfItsList(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		h.As("ada", "GroupMember.Read.All").Want(200, "GET", "/groups/{inner}?$expand=members", "")
		h.As("ada", "User.Read.All").Refused(403, "GET", "/users?$expand=memberOf", "")
		h.As("ada", "User.ReadBasic.All").Refused(403, "GET", "/users/{bob}?$expand=ownedObjects", "")
		// Members whose kind the caller may not read are shown by type and id.
		row, _ := h.As("ada", "GroupMember.Read.All").Want(200, "GET", "/groups/{inner}?$expand=members", "").Get("members").([]any)
		if member, _ := row[0].(map[string]any); len(member) != 2 || member["id"] != h.ID("bob").String() {
			t.Errorf("a member of a kind that may not be read is %v", member)
		}
	})
}

func TestExpandedMembershipsAreOfAllKinds(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		open, _ := ada.Want(201, "POST", "/directory/administrativeUnits", `{"displayName": "Open"}`).Get("id").(string)
		hidden, _ := ada.Want(201, "POST", "/directory/administrativeUnits", `{"displayName": "Hidden", "visibility": "HiddenMembership"}`).Get("id").(string)
		for _, unit := range []string{open, hidden} {
			for _, who := range []string{"ada", "bob"} {
				ada.Want(204, "POST", "/directory/administrativeUnits/"+unit+"/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{`+who+`}"}`)
			}
		}
		shown := func(who *harness.Caller, path string) []string {
			list, _ := who.Want(200, "GET", path+"?$expand=memberOf", "").Get("memberOf").([]any)
			names := []string{}
			for _, r := range list {
				row, _ := r.(map[string]any)
				kind, _ := row["@odata.type"].(string)
				name, _ := row["displayName"].(string)
				names = append(names, kind[len("#microsoft.graph."):]+" "+name)
			}
			slices.Sort(names)
			return names
		}
		if got, want := shown(ada, "/users/{ada}"), []string{"administrativeUnit Hidden", "administrativeUnit Open", "directoryRole Global Administrator"}; !slices.Equal(got, want) {
			t.Errorf("ada is in %v, want %v", got, want)
		}
		if got, want := shown(ada, "/users/{bob}"), []string{"administrativeUnit Hidden", "administrativeUnit Open", "group inner"}; !slices.Equal(got, want) {
			t.Errorf("bob is in %v, want %v", got, want)
		}
		for _, row := range ada.Want(200, "GET", "/users?$expand=memberOf", "").Values() {
			if row["id"] == h.ID("bob").String() {
				if list, _ := row["memberOf"].([]any); len(list) != 3 {
					t.Errorf("in a list, bob is in %v", list)
				}
			}
		}
		// Who is not in a hidden unit does not learn who is.
		if got, want := shown(h.As("p00"), "/users/{bob}"), []string{"administrativeUnit Open", "group inner"}; !slices.Equal(got, want) {
			t.Errorf("to a stranger bob is in %v, want %v", got, want)
		}
	})
}

func TestExpandShowsWhatSomebodyIsAssignedTo(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for _, who := range []string{"bob", "inner"} {
			set := map[string]string{"bob": "users", "inner": "groups"}[who]
			ada.Want(201, "POST", "/"+set+"/{"+who+"}/appRoleAssignments", `{"principalId": "{`+who+`}", "resourceId": "{tool}", "appRoleId": "00000000-0000-0000-0000-000000000000"}`)
			one := ada.Want(200, "GET", "/"+set+"/{"+who+"}?$expand=appRoleAssignments", "")
			list, _ := one.Get("appRoleAssignments").([]any)
			if row, _ := first(list); len(list) != 1 || row["principalId"] != h.ID(who).String() || row["resourceDisplayName"] != "tool" {
				t.Errorf("%s is assigned to %v", who, list)
			}
		}
		for _, row := range ada.Want(200, "GET", "/groups?$expand=appRoleAssignments", "").Values() {
			list, there := row["appRoleAssignments"].([]any)
			if want := row["id"] == h.ID("inner").String(); !there || (len(list) == 1) != want {
				t.Errorf("%v is assigned to %v", row["displayName"], list)
			}
		}
		// Who may not list them is not shown them here.
		h.As("bob").Refused(403, "GET", "/groups/{inner}?$expand=appRoleAssignments", "")
		h.As("ada", "Group.Read.All").Refused(403, "GET", "/groups?$expand=appRoleAssignments", "")
	})
}

func first(list []any) (row map[string]any, ok bool) {
	if len(list) == 0 {
		return nil, false
	}
	row, ok = list[0].(map[string]any)
	return row, ok
}
