package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"testing"
	"time"

	"ephor/test/harness"
)

// certificate is a new certificate, DER in base64, good from 2020 to 2040.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func keyBody(certificate string) string {
	return `{"keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "laptop", "key": "` + certificate + `"}]}`
}

// own makes somebody an owner of a client, at both of its ends.
func own(h *harness.House, client, owner string) {
	for _, path := range []string{"/applications/{" + client + ".app}", "/servicePrincipals/{" + client + "}"} {
		h.As("ada", "Application.ReadWrite.All").Want(204, "POST", path+"/owners/$ref", reference(owner))
	}
}

// arming are the changes after which whoever makes them can act as the client.
func arming(t *testing.T, client string) []struct{ method, path, body string } {
	app, sp := "/applications/{"+client+".app}", "/servicePrincipals/{"+client+"}"
	return []struct{ method, path, body string }{
		{"POST", app + "/addPassword", `{}`},
		{"POST", sp + "/addPassword", `{}`},
		{"PATCH", app, keyBody(certificate(t))},
		{"PATCH", app, `{"web": {"redirectUris": ["https://mallory.example/back"]}}`},
		{"PATCH", app, `{"spa": {"redirectUris": ["https://mallory.example/back"]}}`},
		{"PATCH", app, `{"publicClient": {"redirectUris": ["mallory://back"]}}`},
		{"PATCH", app, `{"isFallbackPublicClient": true}`},
		{"PATCH", app, `{"displayName": "harmless", "web": {"redirectUris": ["https://mallory.example/back"]}}`},
		{"POST", app + "/owners/$ref", reference("mia")},
		{"POST", sp + "/owners/$ref", reference("mia")},
		{"PATCH", sp, `{"accountEnabled": true}`},
	}
}

func TestPrivilegedApplicationIsNotArmedByItsOwner(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		own(h, "warden", "sam")
		own(h, "governor", "sam")
		sam := h.As("sam", "Application.ReadWrite.All", "Directory.ReadWrite.All")
		for _, client := range []string{"warden", "governor"} {
			for _, c := range arming(t, client) {
				denied(t, sam.Refused(403, c.method, c.path, c.body))
			}
		}
	})
}

func TestPrivilegedApplicationIsNotArmedByApplicationAdministrator(t *testing.T) {
	h := lite(t)
	for _, name := range []string{"alan", "cleo"} {
		for _, client := range []string{"warden", "governor"} {
			for _, c := range arming(t, client) {
				denied(t, h.As(name, "Application.ReadWrite.All").Refused(403, c.method, c.path, c.body))
			}
		}
	}
}

func TestOwnerArmsOrdinaryApplicationUntilItIsPrivileged(t *testing.T) {
	h := lite(t)
	own(h, "mailer", "sam")
	sam := h.As("sam", "Application.ReadWrite.All", "Directory.ReadWrite.All")
	sam.Want(204, "PATCH", "/applications/{mailer.app}", `{"web": {"redirectUris": ["https://mailer.example/back"]}}`)
	sam.Want(200, "POST", "/applications/{mailer.app}/addPassword", `{}`)
	h.As("ada", "AppRoleAssignment.ReadWrite.All", "Application.Read.All").Want(201, "POST", "/servicePrincipals/{mailer}/appRoleAssignments",
		`{"principalId": "{mailer}", "resourceId": "{graph}", "appRoleId": "`+roleIDOf(t, h, "RoleManagement.ReadWrite.Directory")+`"}`)
	for _, c := range arming(t, "mailer") {
		denied(t, sam.Refused(403, c.method, c.path, c.body))
	}
}

func TestStrangerAndGuestOwnerDoNotChangeApplication(t *testing.T) {
	h := lite(t)
	own(h, "mailer", "gus")
	for _, name := range []string{"tom", "gus"} {
		caller := h.As(name, "Application.ReadWrite.All", "Directory.ReadWrite.All")
		for _, c := range arming(t, "mailer") {
			denied(t, caller.Refused(403, c.method, c.path, c.body))
		}
		denied(t, caller.Refused(403, "PATCH", "/applications/{mailer.app}", `{"displayName": "Mine"}`))
		denied(t, caller.Refused(403, "DELETE", "/applications/{mailer.app}", ""))
		denied(t, caller.Refused(403, "DELETE", "/servicePrincipals/{mailer}", ""))
	}
	denied(t, h.As("gus", "Application.ReadWrite.All").Refused(403, "POST", "/applications", `{"displayName": "Mine"}`))
}

func TestAdministratorKeepsNoOwnershipOfWhatTheRoleMade(t *testing.T) {
	h := lite(t)
	made := h.As("alan", "Application.ReadWrite.All").Want(201, "POST", "/applications", `{"displayName": "Tool"}`)
	if owners := h.As("alan", "Application.Read.All").Want(200, "GET", "/applications/"+made.Str("id")+"/owners", "").Values(); len(owners) != 0 {
		t.Errorf("who made it as an administrator owns it: %v", owners)
	}
	made = h.As("sam", "Application.ReadWrite.All").Want(201, "POST", "/applications", `{"displayName": "Tool"}`)
	if owners := h.As("sam", "Application.Read.All").Want(200, "GET", "/applications/"+made.Str("id")+"/owners", "").Values(); len(owners) != 1 || owners[0]["id"] != h.ID("sam").String() {
		t.Errorf("the owners of what a member made are %v, want the member", owners)
	}
}

func TestCertificateIsNotSwappedUnderItsID(t *testing.T) {
	h := lite(t)
	alan := h.As("alan", "Application.ReadWrite.All")
	alan.Want(204, "PATCH", "/applications/{mailer.app}", keyBody(certificate(t)))
	key := keyOf(t, alan.Want(200, "GET", "/applications/{mailer.app}", ""))
	if key["key"] != nil {
		t.Errorf("the certificate is shown without being asked for: %v", key)
	}
	id, _ := key["keyId"].(string)
	alan.Refused(400, "PATCH", "/applications/{mailer.app}", `{"keyCredentials": [{"keyId": "`+id+`", "key": "`+certificate(t)+`"}]}`)
	// Named again without its certificate it stays; a list without it takes it away.
	alan.Want(204, "PATCH", "/applications/{mailer.app}", `{"keyCredentials": [{"keyId": "`+id+`", "displayName": "desk", "key": null}]}`)
	if key := keyOf(t, alan.Want(200, "GET", "/applications/{mailer.app}?$select=keyCredentials", "")); key["keyId"] != id || key["displayName"] != "desk" || key["key"] == nil {
		t.Errorf("the key is now %v", key)
	}
	alan.Want(204, "PATCH", "/applications/{mailer.app}", `{"keyCredentials": []}`)
	alan.Refused(400, "PATCH", "/applications/{mailer.app}", `{"keyCredentials": [{"keyId": "`+id+`"}]}`)
}

func keyOf(t *testing.T, a harness.Answer) map[string]any {
	t.Helper()
	keys, _ := a.Get("keyCredentials").([]any)
	if len(keys) != 1 {
		t.Fatalf("keyCredentials are %v, want one", keys)
	}
	key, _ := keys[0].(map[string]any)
	return key
}

func TestWeakAndForeignKeysAreRefused(t *testing.T) {
	h := lite(t)
	alan := h.As("alan", "Application.ReadWrite.All")
	good := certificate(t)
	for name, body := range map[string]string{
		"not base64":               `{"keyCredentials": [{"key": "%%%"}]}`,
		"not a certificate":        `{"keyCredentials": [{"key": "AAAA"}]}`,
		"a symmetric key":          `{"keyCredentials": [{"type": "Symmetric", "key": "` + good + `"}]}`,
		"for signing":              `{"keyCredentials": [{"usage": "Sign", "key": "` + good + `"}]}`,
		"longer than it is good":   `{"keyCredentials": [{"endDateTime": "2050-01-01T00:00:00Z", "key": "` + good + `"}]}`,
		"ending before it starts":  `{"keyCredentials": [{"startDateTime": "2030-01-01T00:00:00Z", "endDateTime": "2025-01-01T00:00:00Z", "key": "` + good + `"}]}`,
		"ended":                    `{"keyCredentials": [{"endDateTime": "2020-01-02T00:00:00Z", "key": "` + good + `"}]}`,
		"an id that nothing has":   `{"keyCredentials": [{"keyId": "11111111-2222-3333-4444-555555555555"}]}`,
		"nothing":                  `{"keyCredentials": [{}]}`,
		"null":                     `{"keyCredentials": null}`,
		"a redirect with wildcard": `{"web": {"redirectUris": ["https://*.example/"]}}`,
		"a redirect in the clear":  `{"web": {"redirectUris": ["http://mailer.example/"]}}`,
		"a script as redirect":     `{"publicClient": {"redirectUris": ["javascript:alert(1)"]}}`,
		"no name":                  `{"displayName": null}`,
		"its appId":                `{"appId": "11111111-2222-3333-4444-555555555555"}`,
		"a secret":                 `{"passwordCredentials": [{"secretText": "hunter2"}]}`,
	} {
		if a := alan.Do("PATCH", "/applications/{mailer.app}", body); a.Status != 400 {
			t.Errorf("%s: %d %s, want 400", name, a.Status, a.Text)
		}
	}
}

func TestOwnedByPermissionReachesOwnedApplicationsOnly(t *testing.T) {
	t.Parallel()
	harness.Each(t, harness.Seed{
		People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "mia"}},
		Clients: []harness.Client{
			{Name: "builder", Permissions: []string{"Application.ReadWrite.OwnedBy"}},
			{Name: "mailer"},
		},
	}, func(t *testing.T, h *harness.House) {
		builder := h.AsClient("builder")
		app := builder.Want(201, "POST", "/applications", `{"displayName": "Built"}`)
		path := "/applications/" + app.Str("id")
		builder.Want(204, "PATCH", path, keyBody(certificate(t)))
		builder.Want(200, "POST", path+"/addPassword", `{}`)
		sp := builder.Want(201, "POST", "/servicePrincipals", `{"appId": "`+app.Str("appId")+`"}`)
		builder.Want(204, "PATCH", "/servicePrincipals/"+sp.Str("id"), `{"accountEnabled": false}`)
		for _, c := range arming(t, "mailer") {
			denied(t, builder.Refused(403, c.method, c.path, c.body))
		}
		denied(t, builder.Refused(403, "DELETE", "/applications/{mailer.app}", ""))
		denied(t, builder.Refused(403, "GET", "/applications/{mailer.app}", ""))
		builder.Want(204, "DELETE", path, "")
	})
}

func TestRegistrationTakesItsServicePrincipalAlongAndBack(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		alan, mailer := h.As("alan", "Application.ReadWrite.All"), h.AsClient("mailer")
		mailer.Want(200, "GET", "/users", "")
		alan.Want(204, "DELETE", "/applications/{mailer.app}", "")
		alan.Refused(404, "GET", "/applications/{mailer.app}", "")
		alan.Refused(404, "GET", "/servicePrincipals/{mailer}", "")
		mailer.Refused(401, "GET", "/users", "")
		alan.Want(200, "POST", "/directory/deletedItems/{mailer.app}/restore", "")
		alan.Want(200, "POST", "/directory/deletedItems/{mailer}/restore", "")
		alan.Want(200, "GET", "/servicePrincipals/{mailer}", "")
		mailer.Refused(401, "GET", "/users", "") // what it was given before stays void
	})
}
