package query

import (
	"testing"

	"ephor/test/harness"
)

// What an API publishes can be consented to, and nothing else; what it takes back is consented
// to no longer, also when it is published again.
func TestScopesOfAnAPIAreConsentedToAsPublished(t *testing.T) {
	seeded(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		publish := func(scopes string) {
			ada.Want(204, "PATCH", "/applications/{robot.app}", `{"api": {"oauth2PermissionScopes": [`+scopes+`]}}`)
		}
		one := func(last, value, enabled string) string {
			return `{"id": "7a1d0b1c-0000-4000-8000-00000000000` + last + `", "value": "` + value + `", "type": "User", "isEnabled": ` + enabled + `}`
		}
		publish(one("1", "read", "true") + "," + one("2", "write", "true") + "," + one("3", "old", "false"))
		of := func(scope string) string {
			return `{"clientId": "{tool}", "consentType": "AllPrincipals", "resourceId": "{robot}", "scope": "` + scope + `"}`
		}
		for _, scope := range []string{"old", "read old", "nothing", "User.Read", "read,write", "READ"} {
			if a := ada.Refused(400, "POST", "/oauth2PermissionGrants", of(scope)); a.Code() != "Request_BadRequest" {
				t.Errorf("%s: %s", scope, a.Text)
			}
		}
		path := "/oauth2PermissionGrants/" + ada.Want(201, "POST", "/oauth2PermissionGrants", of("openid read write")).Str("id")
		scope := func() string { return ada.Want(200, "GET", path, "").Str("scope") }
		ada.Refused(400, "PATCH", path, `{"scope": "read old"}`)
		ada.Want(204, "PATCH", path, `{"scope": "read write"}`)

		// One that is disabled stays, and may be repeated; one that goes is gone.
		publish(one("1", "read", "true") + "," + one("2", "write", "false"))
		ada.Want(204, "PATCH", path, `{"scope": "write read"}`)
		publish(one("1", "read", "true"))
		if got := scope(); got != "read" {
			t.Errorf("after one is gone: %q", got)
		}
		publish(one("1", "read", "true") + "," + one("4", "write", "true"))
		if got := scope(); got != "read" {
			t.Errorf("after another has its name: %q", got)
		}
		publish(one("4", "write", "true"))
		ada.Want(404, "GET", path, "")
	})
}
