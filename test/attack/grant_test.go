package attack

import (
	"testing"

	"ephor/test/harness"
)

func TestPermissionThatLeadsToRolesIsNotGranted(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		for _, permission := range []string{"RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All"} {
			body := grantBody(t, h, "mailer", permission)
			for _, name := range []string{"alan", "cleo", "una", "sam"} {
				thief := h.As(name, "Application.Read.All", "AppRoleAssignment.ReadWrite.All")
				denied(t, thief.Refused(403, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", body))
				denied(t, thief.Refused(403, "POST", "/servicePrincipals/{graph}/appRoleAssignedTo", body))
			}
			// Nor by an application that may give permissions, to itself least of all.
			h.AsClient("granter").Refused(403, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", body)
			h.AsClient("granter").Refused(403, "POST", "/servicePrincipals/{granter}/appRoleAssignments", grantBody(t, h, "granter", permission))
		}
	})
}

func TestPermissionIsGrantedByPrivilegedRoleAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		pria := h.As("pria", "Application.Read.All", "AppRoleAssignment.ReadWrite.All")
		path := "/servicePrincipals/{mailer}/appRoleAssignments"
		body := grantBody(t, h, "mailer", "RoleManagement.ReadWrite.Directory")
		a := pria.Want(201, "POST", path, body)
		if id := a.Str("id"); len(id) != 43 || a.Str("principalDisplayName") != "mailer" || a.Str("resourceDisplayName") != "Microsoft Graph" || a.Str("principalType") != "ServicePrincipal" {
			t.Fatalf("granted: %s", a.Text)
		}
		pria.Refused(409, "POST", path, body)
		if n := len(pria.Want(200, "GET", path, "").Values()); n != 2 {
			t.Errorf("mailer has %d permissions, want 2", n)
		}
		if n := len(pria.Want(200, "GET", "/servicePrincipals/{graph}/appRoleAssignedTo?$filter=principalId eq {mailer}", "").Values()); n != 2 {
			t.Errorf("Microsoft Graph gives mailer %d permissions, want 2", n)
		}
		// What could grant roles by now is out of reach of those who cannot.
		denied(t, h.As("alan", "Application.ReadWrite.All").Refused(403, "POST", "/applications/{mailer.app}/addPassword", `{}`))
		denied(t, h.As("alan", "AppRoleAssignment.ReadWrite.All").Refused(403, "DELETE", path+"/"+a.Str("id"), ""))
		pria.Want(204, "DELETE", path+"/"+a.Str("id"), "")
		pria.Refused(404, "DELETE", path+"/"+a.Str("id"), "")
		h.As("alan", "Application.ReadWrite.All").Want(200, "POST", "/applications/{mailer.app}/addPassword", `{}`)
	})
}

func TestHarmlessPermissionOfMicrosoftGraphIsNotGrantedByApplicationAdministrator(t *testing.T) {
	h := lite(t)
	body := grantBody(t, h, "mailer", "Group.Read.All")
	for _, name := range []string{"alan", "cleo"} { // operations.md, ARA-W: app roles of Graph itself need Privileged Role Administrator
		denied(t, h.As(name, "Application.Read.All", "AppRoleAssignment.ReadWrite.All").Refused(403, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", body))
	}
	h.As("pria", "Application.Read.All", "AppRoleAssignment.ReadWrite.All").Want(201, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", body)
}

func TestBothScopesAreNeededToGrantAPermission(t *testing.T) {
	h := lite(t)
	body := grantBody(t, h, "mailer", "Group.Read.All")
	for _, scope := range []string{"Application.Read.All", "AppRoleAssignment.ReadWrite.All"} {
		denied(t, h.As("pria", scope).Refused(403, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", body))
	}
}

func TestPermissionIsGrantedToWhomThePathNames(t *testing.T) {
	h := lite(t)
	pria := h.As("pria", "Application.Read.All", "AppRoleAssignment.ReadWrite.All")
	body := grantBody(t, h, "mailer", "Group.Read.All")
	pria.Refused(400, "POST", "/servicePrincipals/{warden}/appRoleAssignments", body)
	pria.Refused(400, "POST", "/servicePrincipals/{warden}/appRoleAssignedTo", body)
	pria.Refused(400, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", `{"principalId": "{mailer}", "resourceId": "{graph}", "appRoleId": "{sam}"}`)
	pria.Refused(400, "POST", "/servicePrincipals/{mailer}/appRoleAssignments", `{"principalId": "{mailer}", "resourceId": "{graph}"}`)
}

// consentBody lets the client act for everybody with the scopes.
func consentBody(client, scopes string) string {
	return `{"clientId": "{` + client + `}", "consentType": "AllPrincipals", "principalId": null, "resourceId": "{graph}", "scope": "` + scopes + `"}`
}

func TestScopeThatLeadsToRolesIsNotConsentedTo(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		for _, scope := range []string{"RoleManagement.ReadWrite.Directory", "User.Read RoleEligibilitySchedule.ReadWrite.Directory", "Directory.AccessAsUser.All"} {
			for _, name := range []string{"una", "alan", "cleo", "sam"} {
				thief := h.As(name, "DelegatedPermissionGrant.ReadWrite.All")
				denied(t, thief.Refused(403, "POST", "/oauth2PermissionGrants", consentBody("mailer", scope)))
				denied(t, thief.Refused(403, "POST", "/oauth2PermissionGrants",
					`{"clientId": "{mailer}", "consentType": "Principal", "principalId": "{ada}", "resourceId": "{graph}", "scope": "`+scope+`"}`))
			}
		}
		h.As("pria", "DelegatedPermissionGrant.ReadWrite.All").Want(201, "POST", "/oauth2PermissionGrants", consentBody("mailer", "RoleManagement.ReadWrite.Directory"))
	})
}

func TestConsentIsNotWidenedToScopeThatLeadsToRoles(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		una := h.As("una", "DelegatedPermissionGrant.ReadWrite.All")
		id := una.Want(201, "POST", "/oauth2PermissionGrants", consentBody("mailer", "User.Read Group.Read.All")).Str("id")
		if len(id) != 43 {
			t.Errorf("the id of the consent is %q", id)
		}
		una.Refused(409, "POST", "/oauth2PermissionGrants", consentBody("mailer", "User.Read"))
		denied(t, una.Refused(403, "PATCH", "/oauth2PermissionGrants/"+id, `{"scope": "User.Read RoleManagement.ReadWrite.Directory"}`))
		una.Refused(400, "PATCH", "/oauth2PermissionGrants/"+id, `{"scope": "Everything.ReadWrite.All"}`)
		una.Want(204, "PATCH", "/oauth2PermissionGrants/"+id, `{"scope": "User.Read"}`)
		if got := una.Want(200, "GET", "/oauth2PermissionGrants/"+id, ""); got.Str("scope") != "User.Read" || got.Str("consentType") != "AllPrincipals" || got.Get("principalId") != nil {
			t.Errorf("the consent is %s", got.Text)
		}
		if rows := una.Want(200, "GET", "/oauth2PermissionGrants?$filter=clientId eq '{mailer}'", "").Values(); len(rows) != 1 {
			t.Errorf("mailer has %d consents", len(rows))
		}
		una.Want(204, "DELETE", "/oauth2PermissionGrants/"+id, "")
		una.Refused(404, "GET", "/oauth2PermissionGrants/"+id, "")
	})
}

func TestConsentForPrivilegedClientIsNotGiven(t *testing.T) {
	h := lite(t)
	for _, name := range []string{"una", "alan"} {
		denied(t, h.As(name, "DelegatedPermissionGrant.ReadWrite.All").Refused(403, "POST", "/oauth2PermissionGrants", consentBody("warden", "User.Read")))
	}
	h.As("pria", "DelegatedPermissionGrant.ReadWrite.All").Want(201, "POST", "/oauth2PermissionGrants", consentBody("warden", "User.Read"))
}

func TestConsentThatIsTakenBackIsRefusedAtOnce(t *testing.T) {
	h := lite(t)
	sam := h.As("sam", "User.Read")
	ada := h.As("ada", "DelegatedPermissionGrant.ReadWrite.All")
	rows := ada.Want(200, "GET", "/servicePrincipals/{console}/oauth2PermissionGrants", "").Values()
	if len(rows) != 1 {
		t.Fatalf("the console has %d consents", len(rows))
	}
	sam.Want(200, "GET", "/me", "")
	ada.Want(204, "DELETE", "/oauth2PermissionGrants/"+rows[0]["id"].(string), "")
	sam.Refused(403, "GET", "/me", "")
}
