package attack

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

func TestOwnerCannotAddThemselves(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		olga := h.As("olga", "RoleManagement.ReadWrite.Directory", "Group.ReadWrite.All", "GroupMember.ReadWrite.All")
		denied(t, olga.Refused(403, "POST", "/groups/{tier0}/members/$ref", reference("olga")))
		denied(t, olga.Refused(403, "PATCH", "/groups/{tier0}", `{"members@odata.bind": ["https://graph.microsoft.com/v1.0/directoryObjects/{sam}", "https://graph.microsoft.com/v1.0/directoryObjects/{olga}"]}`))
		olga.Want(204, "POST", "/groups/{tier0}/members/$ref", reference("sam"))
		olga.Want(204, "POST", "/groups/{staff}/members/$ref", reference("olga"))
	})
}

func TestOwnerOfRoleAssignableGroupNeedsItsScope(t *testing.T) {
	h := lite(t)
	olga := h.As("olga", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", "Directory.ReadWrite.All")
	denied(t, olga.Refused(403, "POST", "/groups/{tier0}/members/$ref", reference("sam")))
	denied(t, olga.Refused(403, "POST", "/groups/{tier0}/owners/$ref", reference("sam")))
	denied(t, olga.Refused(403, "DELETE", "/groups/{tier0}/members/{mia}/$ref", ""))
	denied(t, olga.Refused(403, "DELETE", "/groups/{tier0}", ""))
}

func TestGroupsAdministratorDoesNotReachRoleAssignableGroup(t *testing.T) {
	h := lite(t)
	for _, name := range []string{"greta", "una", "sam"} {
		thief := h.As(name, "RoleManagement.ReadWrite.Directory", "Group.ReadWrite.All")
		denied(t, thief.Refused(403, "POST", "/groups/{tier0}/members/$ref", reference(name)))
		denied(t, thief.Refused(403, "POST", "/groups/{tier0}/owners/$ref", reference(name)))
		denied(t, thief.Refused(403, "PATCH", "/groups/{tier0}", `{"displayName": "mine"}`))
	}
	h.As("pria", "RoleManagement.ReadWrite.Directory").Want(204, "POST", "/groups/{tier0}/members/$ref", reference("sam"))
}

func TestHiddenMembershipOfAGroupIsNotSeenFromAnySide(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		h.Name("secret", ada.Want(201, "POST", "/groups", `{"displayName": "secret", "mailNickname": "secret", "mailEnabled": true, "securityEnabled": true, "groupTypes": ["Unified"], "visibility": "HiddenMembership",
			"owners@odata.bind": ["https://graph.microsoft.com/v1.0/users/{olga}"], "members@odata.bind": ["https://graph.microsoft.com/v1.0/users/{tom}"]}`).Str("id"))
		ada.Want(204, "POST", "/groups/{staff}/members/$ref", reference("secret"))
		for _, path := range []string{"/groups/{secret}/members", "/groups/{secret}/members/graph.user", "/groups/{secret}/members/$count", "/groups/{secret}/members/{tom}/$ref", "/groups/{secret}/members?$filter=id eq '{tom}'", "/groups/{secret}/transitiveMembers", "/groups/{secret}/transitiveMembers/$count"} {
			for _, who := range []string{"sam", "dora", "hal", "gus"} {
				denied(t, h.As(who).With("ConsistencyLevel", "eventual").Refused(403, "GET", path, ""))
			}
			for _, who := range []string{"tom", "olga", "una", "ada"} {
				h.As(who).With("ConsistencyLevel", "eventual").Want(200, "GET", path, "")
			}
		}
		mentions := func(who, method, path, body, name string) bool {
			return strings.Contains(h.As(who).Want(200, method, path, body).Text, h.ID(name).String())
		}
		for path, name := range map[string]string{
			"/users/{tom}/memberOf": "secret", "/users/{tom}/transitiveMemberOf": "secret", "/users/{tom}/memberOf/graph.group": "secret",
			"/users/{tom}?$expand=memberOf": "secret", "/groups/{secret}?$expand=members": "tom", "/groups/{staff}/transitiveMembers": "tom",
		} {
			if mentions("sam", "GET", path, "", name) {
				t.Errorf("%s shows a hidden membership", path)
			}
			if !mentions("ada", "GET", path, "", name) || !mentions("tom", "GET", path, "", name) {
				t.Errorf("%s does not show it to whom it may", path)
			}
		}
		for action, body := range map[string]string{
			"checkMemberGroups": `{"groupIds": ["{secret}"]}`, "checkMemberObjects": `{"ids": ["{secret}"]}`, "getMemberGroups": `{"securityEnabledOnly": false}`, "getMemberObjects": `{}`,
		} {
			if mentions("sam", "POST", "/users/{tom}/"+action, body, "secret") {
				t.Errorf("%s shows a hidden membership", action)
			}
			if !mentions("tom", "POST", "/me/"+action, body, "secret") {
				t.Errorf("%s does not show one's own", action)
			}
		}
	})
}
