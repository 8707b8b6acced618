package attack

import (
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
