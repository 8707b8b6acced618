package query

import (
	"testing"

	"ephor/test/harness"
)

// basic are the properties that User.ReadBasic.All opens of others.
var basic = map[string]bool{"id": true, "displayName": true, "givenName": true, "surname": true, "mail": true, "userPrincipalName": true}

func beyondBasic(row map[string]any) (names []string) {
	for name := range row {
		if name[0] != '@' && !basic[name] {
			names = append(names, name)
		}
	}
	return names
}

func TestReadBasicOpensTheBasicProfileOnly(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		ada.Want(204, "PATCH", "/users/{bob}", `{"jobTitle": "Spy", "mobilePhone": "007"}`)
		poor := h.As("p00", "User.ReadBasic.All")
		one := poor.Want(200, "GET", "/users/{bob}", "")
		if got, _ := one.Get().(map[string]any); len(beyondBasic(got)) > 0 || got["displayName"] == nil {
			t.Errorf("a user is shown as %s", one.Text)
		}
		for _, row := range poor.Want(200, "GET", "/users?$select=*", "").Values() {
			if names := beyondBasic(row); len(names) > 0 {
				t.Fatalf("a list shows %v", names)
			}
		}
		for _, query := range []string{"$select=jobTitle", "$select=displayName,mobilePhone"} {
			for _, path := range []string{"/users/{bob}?", "/users?"} {
				poor.Refused(403, "GET", path+query, "")
			}
		}
		if me, _ := poor.Want(200, "GET", "/me", "").Get().(map[string]any); len(beyondBasic(me)) == 0 {
			t.Errorf("one's own profile is cut: %v", me)
		}
		poor.Want(200, "GET", "/users?$filter=startswith(displayName,'b')", "")
	})
}

// What may not be read may not be found out by asking for those who have it.
func TestFilterOnHiddenPropertyIsRefused(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		poor := h.As("p00", "User.ReadBasic.All")
		for _, query := range []string{"$filter=jobTitle eq 'Spy'", "$filter=not(department eq 'x')", "$filter=accountEnabled eq false", "$filter=otherMails/any(m:m eq 'x')", "$filter=mail eq 'x' or city eq 'y'"} {
			poor.Refused(400, "GET", "/users?"+query, "")
			eventual := poor.With("ConsistencyLevel", "eventual")
			eventual.Refused(400, "GET", "/users?$count=true&"+query, "")
			eventual.Refused(400, "GET", "/users/$count?"+query, "")
		}
		poor.With("ConsistencyLevel", "eventual").Refused(400, "GET", "/users?$count=true&$orderby=createdDateTime", "")
	})
}

// Nor is it shown where a user stands among other objects.
func TestReadBasicIsNotWidenedByALongerPath(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		poor := h.As("ada", "User.ReadBasic.All", "GroupMember.Read.All")
		for _, row := range poor.Want(200, "GET", "/groups/{inner}/members", "").Values() {
			if names := beyondBasic(row); len(names) > 0 {
				t.Errorf("a member is shown with %v", names)
			}
		}
		members, _ := poor.Want(200, "GET", "/groups/{inner}?$expand=members($select=jobTitle,displayName)", "").Get("members").([]any)
		if row, _ := members[0].(map[string]any); len(beyondBasic(row)) > 0 || row["displayName"] == nil {
			t.Errorf("an expanded member is shown as %v", row)
		}
	})
}

func TestUserReadOpensTheSignedInUserOnly(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		for _, scope := range []string{"User.Read", "User.ReadWrite"} {
			bob := h.As("bob", scope)
			for _, path := range []string{"/me", "/users/{bob}", "/users/bob@house.example"} {
				bob.Want(200, "GET", path, "")
			}
			// Who is not there looks like who is.
			known := bob.Refused(403, "GET", "/users/{p00}", "")
			unknown := bob.Refused(403, "GET", "/users/11111111-2222-3333-4444-555555555555", "")
			if known.Code() != unknown.Code() {
				t.Errorf("a user who is there is refused with %s, another with %s", known.Code(), unknown.Code())
			}
			bob.Refused(403, "GET", "/users/nobody@house.example", "")
			bob.Refused(403, "GET", "/users", "")
		}
		bob := h.As("bob", "User.Read")
		bob.Refused(403, "GET", "/users/{p00}/memberOf/graph.group", "")
		bob.Want(200, "GET", "/users/{bob}/memberOf/graph.group", "")
		h.As("ada", "User.ReadWrite").Refused(403, "PATCH", "/users/{bob}", `{"displayName": "Other"}`)
	})
}
