package query

import (
	"strings"
	"testing"

	"ephor/test/harness"
)

// full is what infrastructure tools accept.
const full = "application/json; charset=utf-8; IEEE754Compatible=false; odata.metadata=full"

// address is @odata.id as behaviour.md §2.10 spells it.
func address(h *harness.House, name, kind string) string {
	return "https://graph.microsoft.com/v2/" + h.Tenant.ID().String() + "/directoryObjects/" + h.ID(name).String() + "/Microsoft.DirectoryServices." + kind
}

func TestFullMetadataGivesEveryDirectoryObjectItsAddress(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada").With("Accept", full)
		for _, c := range []struct{ path, name, kind, graph string }{
			{"/users/{bob}", "bob", "User", "user"},
			{"/users/{bob}?$select=displayName", "bob", "User", "user"},
			{"/groups/{inner}", "inner", "Group", "group"},
			{"/servicePrincipals/{tool}", "tool", "ServicePrincipal", "servicePrincipal"},
			{"/applications/{tool.app}", "tool.app", "Application", "application"},
			{"/directoryObjects/{inner}", "inner", "Group", "group"},
		} {
			one := ada.Want(200, "GET", c.path, "")
			if got, want := one.Str("@odata.id"), address(h, c.name, c.kind); got != want {
				t.Errorf("@odata.id of %s is %q, want %q", c.path, got, want)
			}
			if got, want := one.Str("@odata.type"), "#microsoft.graph."+c.graph; got != want {
				t.Errorf("@odata.type of %s is %q, want %q", c.path, got, want)
			}
		}
		for path, want := range map[string]string{
			"/users?$filter=id eq '{bob}'": address(h, "bob", "User"),
			"/groups/{outer}/members":      address(h, "inner", "Group"),
		} {
			rows := ada.Want(200, "GET", path, "").Values()
			if len(rows) != 1 || rows[0]["@odata.id"] != want {
				t.Errorf("%s answers %v, want one row with @odata.id %s", path, rows, want)
			}
		}
		outer := ada.Want(200, "GET", "/groups/{outer}?$expand=members", "")
		if want := `"@odata.id":"` + address(h, "inner", "Group"); !strings.Contains(outer.Text, want) {
			t.Errorf("the expanded member has no %s: %s", want, outer.Text)
		}
		for _, accept := range []string{"application/json", "application/json;odata.metadata=none", "application/json;odata.metadata=minimal"} {
			if one := h.As("ada").With("Accept", accept).Want(200, "GET", "/users/{bob}", ""); strings.Contains(one.Text, "@odata.id") {
				t.Errorf("%s answers @odata.id: %s", accept, one.Text)
			}
		}
	})
}

func TestReferencesAreReadInEveryFormThatClientsSend(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada, tenant := h.As("ada"), h.Tenant.ID().String()
		for _, form := range []string{
			"https://graph.microsoft.com/v1.0/directoryObjects/{p00}",
			"https://graph.microsoft.com/beta/users/{p00}",
			"https://graph.microsoft.com/v2/" + tenant + "/directoryObjects/{p00}/Microsoft.DirectoryServices.User",
			"https://graph.microsoft.com/v1.0/" + tenant + "/directoryObjects/{p00}/Microsoft.DirectoryServices.User",
			harness.URL + "/v1.0/directoryObjects/{p00}",
			harness.URL + "/v1.0/" + tenant + "/users/{p00}",
			"https://a-proxy.example/v1.0/directoryObjects/{p00}", // the id names the object, not the host
		} {
			ada.Want(204, "POST", "/groups/{empty}/members/$ref", `{"@odata.id":"`+form+`"}`)
			ada.Want(204, "DELETE", "/groups/{empty}/members/{p00}/$ref", "")
		}
		form := address(h, "p00", "User")
		ada.Want(204, "PATCH", "/groups/{empty}", `{"members@odata.bind":["`+form+`"]}`)
		ada.Want(204, "DELETE", "/groups/{empty}/members/$ref?@id="+form, "")
		if rows := ada.Want(200, "GET", "/groups/{empty}/members", "").Values(); len(rows) != 0 {
			t.Errorf("the member that was removed by its address is there: %v", rows)
		}
	})
}

func TestReferencesThatAreRefused(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada, other := h.As("ada"), harness.ID("another tenant").String()
		for form, status := range map[string]int{
			"https://graph.microsoft.com/v2/" + other + "/directoryObjects/{p00}/Microsoft.DirectoryServices.User":                           400,
			"https://graph.microsoft.com/v2/" + h.Tenant.ID().String() + "/directoryObjects/{p00}/Microsoft.DirectoryServices.Group":         404,
			"https://graph.microsoft.com/v2/" + h.Tenant.ID().String() + "/directoryObjects/{p00}/Microsoft.DirectoryServices.User/more":     400,
			"https://graph.microsoft.com/v2/" + h.Tenant.ID().String() + "/directoryObjects/{p00}/somethingElse":                             400,
			"https://graph.microsoft.com/v1.0/groups/{p00}":                                                                                  404,
			"https://graph.microsoft.com/v3/users/{p00}":                                                                                     400,
			"https://graph.microsoft.com/v1.0/" + h.Tenant.ID().String():                                                                     400,
			"https://graph.microsoft.com/v1.0/directoryObjects/" + other:                                                                     404,
			"ftp://graph.microsoft.com/v1.0/users/{p00}":                                                                                     400,
			"https://graph.microsoft.com/v1.0/users/{p00}?$select=id":                                                                        400,
			"https://graph.microsoft.com/v2/" + h.Tenant.ID().String() + "/directoryObjects/{p00}/Microsoft.DirectoryServices.User?x=y#frag": 400,
		} {
			ada.Refused(status, "POST", "/groups/{empty}/members/$ref", `{"@odata.id":"`+form+`"}`)
		}
	})
}

func TestAnUpdateMayRepeatWhatIsReadOnlyAndNotChangeIt(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		made := ada.Want(200, "GET", "/users/{bob}?$select=id,createdDateTime", "")
		ada.Want(204, "PATCH", "/users/{bob}", `{"id":"{bob}","createdDateTime":"`+made.Str("createdDateTime")+`","jobTitle":"Engineer"}`)
		ada.Want(204, "PATCH", "/groups/{inner}", `{"id":"{inner}","groupTypes":[],"mailEnabled":false,"isAssignableToRole":null,"description":"x"}`)
		ada.Want(204, "PATCH", "/applications/{tool.app}", `{"id":"{tool.app}","appId":"{tool.appId}","passwordCredentials":[],"displayName":"tool 2"}`)
		ada.Want(204, "PATCH", "/servicePrincipals/{tool}", `{"id":"{tool}","appId":"{tool.appId}","accountEnabled":true,"servicePrincipalNames":["{tool.appId}"]}`)
		if got := ada.Want(200, "GET", "/users/{bob}?$select=jobTitle", "").Str("jobTitle"); got != "Engineer" {
			t.Errorf("jobTitle is %q", got)
		}
		for path, body := range map[string]string{
			"/users/{bob}":              `{"id":"{ada}","jobTitle":"Clerk"}`,
			"/users/{p00}":              `{"createdDateTime":"2001-01-01T00:00:00Z","jobTitle":"Clerk"}`,
			"/groups/{inner}":           `{"id":"{inner}","mailEnabled":true,"description":"y"}`,
			"/servicePrincipals/{tool}": `{"appId":"{bob}","accountEnabled":false}`,
			"/groups/{outer}":           `{"isAssignableToRole":true,"description":"y"}`,
			"/applications/{tool.app}":  `{"appId":"{bob}","displayName":"y"}`,
		} {
			ada.Refused(400, "PATCH", path, body)
		}
	})
}

func TestAnUpdateOfAConsentMayRepeatWhatItIs(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		k := ada.Want(201, "POST", "/oauth2PermissionGrants", `{"clientId":"{tool}","consentType":"AllPrincipals","resourceId":"{graph}","scope":"User.Read"}`)
		path := "/oauth2PermissionGrants/" + k.Str("id")
		ada.Want(204, "PATCH", path, `{"id":"`+k.Str("id")+`","clientId":"{tool}","consentType":"AllPrincipals","principalId":null,"resourceId":"{graph}","scope":"User.Read openid"}`)
		if got := ada.Want(200, "GET", path, "").Str("scope"); got != "User.Read openid" {
			t.Errorf("scope is %q", got)
		}
		for _, body := range []string{`{"clientId":"{graph}","scope":"openid"}`, `{"consentType":"Principal","scope":"openid"}`, `{"id":"x","scope":"openid"}`, `{"clientId":"{tool}"}`, `{"scope":null}`, `{"scope":"openid","more":1}`} {
			ada.Refused(400, "PATCH", path, body)
		}
	})
}
