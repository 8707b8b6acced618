package query

import (
	"testing"

	"ephor/test/harness"
)

// What Terraform's azuread provider asks of a directory, request by request.
func TestWhatTerraformAsks(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		ids := func(path string, want ...string) {
			t.Helper()
			rows := ada.Want(200, "GET", path, "").Values()
			if len(rows) != len(want) {
				t.Fatalf("%s: %v, want %v", path, rows, want)
			}
			for i, name := range want {
				if rows[i]["id"] != h.ID(name).String() {
					t.Errorf("%s: %v, want %v", path, rows, want)
				}
			}
		}
		only := func(name string) string { return "?$filter=id+eq+'" + h.ID(name).String() + "'" }
		for _, name := range []string{"bob", "ada"} {
			ada.Want(204, "POST", "/groups/{staff}/owners/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{`+name+`}"}`)
		}
		ids("/groups/{staff}/members"+only("bob"), "bob")
		ids("/groups/{staff}/members" + only("gus"))
		ids("/groups/{staff}/owners"+only("ada"), "ada")
		ada.Want(200, "GET", "/groups/{staff}/members/{bob}/$ref", "")
		ada.Refused(404, "GET", "/groups/{staff}/members/{gus}/$ref", "")
		ada.Refused(400, "GET", "/groups/{staff}/members?$filter=displayName+eq+'bob'", "")

		unit := ada.Want(201, "POST", "/beta/administrativeUnits", `{"displayName": "Berlin"}`).Str("id")
		ada.Want(204, "POST", "/directory/administrativeUnits/"+unit+"/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{bob}"}`)
		ids("/directory/administrativeUnits/"+unit+"/members"+only("bob"), "bob")
		ids("/directory/administrativeUnits/" + unit + "/members" + only("cleo"))
		ada.Refused(400, "GET", "/directory/administrativeUnits/"+unit+"/members?$filter=displayName+eq+'bob'", "")
		ada.Want(204, "DELETE", "/beta/administrativeUnits/"+unit, "")

		app := ada.Want(201, "POST", "/applications", `{"displayName": "made", "isFallbackPublicClient": true}`)
		ada.Want(204, "PATCH", "/applications/"+app.Str("id"), `{"isFallbackPublicClient": null}`)
		owners := `{"appId": "` + app.Str("appId") + `", "owners@odata.bind": ["https://graph.microsoft.com/v1.0/directoryObjects/{bob}"]}`
		sp := ada.Want(201, "POST", "/servicePrincipals", owners).Str("id")
		ids("/servicePrincipals/"+sp+"/owners"+only("bob"), "bob")
		ids("/servicePrincipals/" + sp + "/owners" + only("cleo"))

		ada.Want(201, "POST", "/users", `{"accountEnabled": true, "displayName": "eve", "mailNickname": "eve", "userPrincipalName": "eve@`+harness.Domain+`",
			"passwordProfile": {"password": "Terraform-Only-1"}, "employeeOrgData": {"costCenter": "7", "division": null}, "externalUserState": null, "imAddresses": []}`)
		eve := "/users/eve@" + harness.Domain
		ada.Want(204, "PATCH", eve, `{"showInAddressList": true}`)
		got := ada.Want(200, "GET", eve+"?$select=employeeOrgData,showInAddressList", "")
		if got.Str("employeeOrgData", "costCenter") != "7" || got.Get("showInAddressList") != true {
			t.Errorf("kept: %s", got.Text)
		}
		ada.Refused(400, "POST", "/groups", `{"displayName": "d", "mailEnabled": false, "mailNickname": "d", "securityEnabled": true, "membershipRule": "user.city"}`)
		ada.Want(201, "POST", "/groups", `{"displayName": "d", "mailEnabled": false, "mailNickname": "d", "securityEnabled": true, "membershipRule": null}`)
	})
}

// An ordinary member makes an application and its service principal, and is not let name
// owners of somebody else's.
func TestOwnersOfAServicePrincipalAreNamedOnlyByWhoMayAddThem(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		app := h.As("ada").Want(201, "POST", "/applications", `{"displayName": "made"}`).Str("appId")
		body := `{"appId": "` + app + `", "owners@odata.bind": ["https://graph.microsoft.com/v1.0/directoryObjects/{cleo}"]}`
		h.As("cleo", "Application.ReadWrite.All").Refused(403, "POST", "/servicePrincipals", body)
		h.As("alan", "Application.ReadWrite.All").Want(201, "POST", "/servicePrincipals", body)
	})
}
