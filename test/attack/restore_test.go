package attack

import (
	"strings"
	"testing"
	"time"

	"ephor/internal/store"
	"ephor/test/harness"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestDeletedAdministratorIsNotRestored(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		for _, victim := range []string{"erin", "pria", "mia"} { // eligible, active, by a group
			h.As("ada", "User.ReadWrite.All").Want(204, "DELETE", "/users/{"+victim+"}", "")
			path := "/directory/deletedItems/{" + victim + "}/restore"
			for _, name := range []string{"una", "hal", "greta", "sam"} {
				denied(t, h.As(name, "User.DeleteRestore.All").Refused(403, "POST", path, ""))
			}
			h.AsClient("janitor").Refused(403, "POST", path, "")
			a := h.As("paula", "User.DeleteRestore.All").Want(200, "POST", path, "")
			if a.Str("@odata.type") != "#microsoft.graph.user" || a.Str("id") != h.ID(victim).String() ||
				a.Str("@odata.context") != harness.URL+"/v1.0/$metadata#directoryObjects/$entity" {
				t.Errorf("restored: %s", a.Text)
			}
		}
	})
}

func TestDeletedUserIsRestoredByUserAdministrator(t *testing.T) {
	h := lite(t)
	una := h.As("una", "User.ReadWrite.All", "User.Read.All")
	before := h.As("sam", "User.Read")
	una.Want(204, "DELETE", "/users/{sam}", "")
	if rows := una.Want(200, "GET", "/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime", "").Values(); len(rows) != 1 || rows[0]["id"] != h.ID("sam").String() || rows[0]["deletedDateTime"] == nil {
		t.Errorf("deleted users: %v", rows)
	}
	if a := una.Want(200, "GET", "/directory/deletedItems/{sam}", ""); a.Str("@odata.type") != "#microsoft.graph.user" {
		t.Errorf("deleted item: %s", a.Text)
	}
	a := una.Want(200, "POST", "/directory/deletedItems/{sam}/restore", "")
	if a.Str("userPrincipalName") != "sam@"+harness.Domain {
		t.Errorf("restored under the name %s", a.Str("userPrincipalName"))
	}
	before.Refused(401, "GET", "/me", "")
	una.Refused(404, "POST", "/directory/deletedItems/{sam}/restore", "")
	h.As("sam", "User.Read").Want(200, "GET", "/me", "")
}

func TestPurgeFollowsTheSameTable(t *testing.T) {
	h := lite(t)
	for _, victim := range []string{"erin", "sam"} {
		h.As("ada", "User.ReadWrite.All").Want(204, "DELETE", "/users/{"+victim+"}", "")
	}
	una := h.As("una", "User.DeleteRestore.All")
	denied(t, una.Refused(403, "DELETE", "/directory/deletedItems/{erin}", ""))
	una.Want(204, "DELETE", "/directory/deletedItems/{sam}", "")
	una.Refused(404, "POST", "/directory/deletedItems/{sam}/restore", "")
	denied(t, h.As("dora", "User.DeleteRestore.All").Refused(403, "POST", "/directory/deletedItems/{sam}/restore", "")) // learns not even that
	h.As("ada", "User.DeleteRestore.All").Want(204, "DELETE", "/directory/deletedItems/{erin}", "")
}

func TestDeletedRoleAssignableGroupIsNotRestored(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.As("pria", "RoleManagement.ReadWrite.Directory").Want(204, "DELETE", "/groups/{tier0}", "")
		path := "/directory/deletedItems/{tier0}/restore"
		for _, name := range []string{"greta", "una", "olga", "sam"} { // olga owns it
			denied(t, h.As(name, "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory").Refused(403, "POST", path, ""))
		}
		denied(t, h.As("pria", "Group.ReadWrite.All").Refused(403, "POST", path, ""))
		denied(t, h.As("greta", "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory").Refused(403, "DELETE", "/directory/deletedItems/{tier0}", ""))
		h.As("pria", "RoleManagement.ReadWrite.Directory").Want(200, "POST", path, "")

		h.As("greta", "Group.ReadWrite.All").Want(204, "DELETE", "/groups/{staff}", "")
		h.As("greta", "Group.ReadWrite.All").Want(200, "POST", "/directory/deletedItems/{staff}/restore", "")
	})
}

func TestDeletedPrivilegedServicePrincipalIsNotRestored(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		h.Write(func(tx *store.WriteTx) error {
			for _, name := range []string{"governor", "warden", "mailer"} {
				if err := tx.DeleteServicePrincipal(h.ID(name), tx.Now()); err != nil {
					return err
				}
				if err := tx.DeleteApplication(h.ID(name+".app"), tx.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		alan := h.As("alan", "Application.ReadWrite.All")
		for _, name := range []string{"governor", "warden", "governor.app", "warden.app"} {
			denied(t, alan.Refused(403, "POST", "/directory/deletedItems/{"+name+"}/restore", ""))
		}
		alan.Want(200, "POST", "/directory/deletedItems/{mailer}/restore", "")
		alan.Want(200, "POST", "/directory/deletedItems/{mailer.app}/restore", "")
		ada := h.As("ada", "Application.ReadWrite.All")
		if a := ada.Want(200, "POST", "/directory/deletedItems/{governor}/restore", ""); a.Str("@odata.type") != "#microsoft.graph.servicePrincipal" {
			t.Errorf("restored: %s", a.Text)
		}
	})
}

func TestDeletedItemsAreListedByType(t *testing.T) {
	h := lite(t)
	ada := h.As("ada")
	ada.Refused(400, "GET", "/directory/deletedItems", "")
	for _, cast := range []string{"user", "group", "application", "servicePrincipal", "administrativeUnit"} {
		ada.Want(200, "GET", "/directory/deletedItems/graph."+cast, "")
		ada.Want(200, "GET", "/directory/deletedItems/microsoft.graph."+cast, "")
		denied(t, h.As("sam").Refused(403, "GET", "/directory/deletedItems/graph."+cast, ""))
	}
	denied(t, h.As("ada", "Group.Read.All").Refused(403, "GET", "/directory/deletedItems/graph.user", ""))
	h.As("dora", "Group.Read.All").Want(200, "GET", "/directory/deletedItems/graph.group", "")
	denied(t, h.As("dora", "User.Read.All").Refused(403, "GET", "/directory/deletedItems/graph.user", ""))
}

func TestDeletedObjectOutsideTheScopesIsAsIfItWereNotThere(t *testing.T) {
	h := lite(t)
	h.As("greta", "Group.ReadWrite.All").Want(204, "DELETE", "/groups/{staff}", "")
	una := h.As("una", "User.Read.All")
	there, nowhere := una.Do("GET", "/directory/deletedItems/{staff}", ""), una.Do("GET", "/directory/deletedItems/{sam}", "")
	if there.Status != 404 || nowhere.Status != 404 || there.Code() != nowhere.Code() {
		t.Errorf("a deleted group: %d %s, nothing: %d %s", there.Status, there.Code(), nowhere.Status, nowhere.Code())
	}
}

func TestDeletedObjectIsNotRestoredWhenItsTimeIsOver(t *testing.T) {
	h := lite(t)
	una := h.As("una", "User.ReadWrite.All", "User.Read.All")
	for _, name := range []string{"sam", "tom"} {
		una.Want(204, "DELETE", "/users/{"+name+"}", "")
	}
	h.Advance(29 * 24 * time.Hour)
	una.Want(200, "POST", "/directory/deletedItems/{tom}/restore", "")
	h.Advance(24 * time.Hour)
	una.Refused(404, "POST", "/directory/deletedItems/{sam}/restore", "")
	una.Refused(404, "GET", "/directory/deletedItems/{sam}", "")
}
