package attack

import (
	"testing"

	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/test/harness"
)

func TestSecretIsNotAddedToPrivilegedApplication(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		for _, name := range []string{"alan", "cleo", "una", "sam"} {
			thief := h.As(name, "Application.ReadWrite.All")
			for _, path := range []string{
				"/applications/{governor.app}/addPassword", "/servicePrincipals/{governor}/addPassword",
				"/applications/{warden.app}/addPassword", "/servicePrincipals/{warden}/addPassword",
				"/applications(appId='{governor.appId}')/addPassword", "/servicePrincipals(appId='{warden.appId}')/addPassword",
			} {
				denied(t, thief.Refused(403, "POST", path, `{"passwordCredential": {"displayName": "mine"}}`))
			}
		}
		h.AsClient("janitor").Refused(403, "POST", "/applications/{governor.app}/addPassword", `{}`)
	})
}

func TestSecretIsNotAddedToApplicationOfEligibleGroup(t *testing.T) {
	h := lite(t)
	h.As("olga", "RoleManagement.ReadWrite.Directory").Want(204, "POST", "/groups/{tier0}/members/$ref", reference("mailer"))
	denied(t, h.As("alan", "Application.ReadWrite.All").Refused(403, "POST", "/applications/{mailer.app}/addPassword", `{}`))
}

func TestSecretIsAddedByWhoManagesApplications(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		a := h.As("alan", "Application.ReadWrite.All").Want(200, "POST", "/applications/{mailer.app}/addPassword", `{"passwordCredential": {"displayName": "build"}}`)
		text := a.Str("secretText")
		if len(text) < 32 || a.Str("hint") != text[:3] || a.Str("displayName") != "build" {
			t.Fatalf("the new secret is %s", a.Text)
		}
		shown := h.As("alan", "Application.Read.All").Want(200, "GET", "/applications/{mailer.app}", "")
		if !contains(shown.Text, a.Str("keyId")) || contains(shown.Text, text) {
			t.Errorf("the application shows %s", shown.Text)
		}
		err := h.Tenant.Read(t.Context(), func(tx *store.ReadTx) error {
			app, _, err := tx.Application(h.ID("mailer.app"))
			if _, ok := signin.MatchSecret(text, app.Secrets, tx.Now()); !ok {
				t.Error("the secret that was answered is not one that signs in")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		key := `{"keyId": "` + a.Str("keyId") + `"}`
		h.As("alan", "Application.ReadWrite.All").Want(204, "POST", "/applications/{mailer.app}/removePassword", key)
		h.As("alan", "Application.ReadWrite.All").Refused(400, "POST", "/applications/{mailer.app}/removePassword", key)
	})
}

func TestSecretOfPrivilegedApplicationIsAddedByWhoCouldGrantIt(t *testing.T) {
	h := lite(t)
	h.As("ada", "Application.ReadWrite.All").Want(200, "POST", "/applications/{governor.app}/addPassword", `{}`)
	// Who could grant the role but has no action on applications is refused for that.
	denied(t, h.As("pria", "Application.ReadWrite.All").Refused(403, "POST", "/applications/{governor.app}/addPassword", `{}`))
}

func TestSecretOfPrivilegedApplicationIsNotRemovedByApplicationAdministrator(t *testing.T) {
	h := lite(t)
	key := h.As("ada", "Application.ReadWrite.All").Want(200, "POST", "/applications/{warden.app}/addPassword", `{}`).Str("keyId")
	denied(t, h.As("alan", "Application.ReadWrite.All").Refused(403, "POST", "/applications/{warden.app}/removePassword", `{"keyId": "`+key+`"}`))
}

func TestSecretIsNotWrittenIntoTheAuditLog(t *testing.T) {
	h := lite(t)
	text := h.As("alan", "Application.ReadWrite.All").Want(200, "POST", "/applications/{mailer.app}/addPassword", `{}`).Str("secretText")
	log := h.As("ada", "AuditLog.Read.All").Want(200, "GET", "/auditLogs/directoryAudits", "")
	if contains(log.Text, text) || contains(log.Text, signin.HashSecret(text)) {
		t.Error("the audit log holds the secret")
	}
	if !contains(log.Text, "Certificates and secrets management") {
		t.Errorf("the audit log does not show that a secret was added: %s", log.Text)
	}
}

func TestPasswordOfEligibleAdministratorIsNotReset(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		body := `{"passwordProfile": {"password": "Correct-Horse-7-Battery", "forceChangePasswordNextSignIn": false}}`
		for _, name := range []string{"una", "hal"} {
			denied(t, h.As(name, "User-PasswordProfile.ReadWrite.All", "Directory.AccessAsUser.All").Refused(403, "PATCH", "/users/{erin}", body))
			denied(t, h.As(name, "User.RevokeSessions.All").Refused(403, "POST", "/users/{erin}/revokeSignInSessions", ""))
		}
		h.As("paula", "Directory.AccessAsUser.All").Want(204, "PATCH", "/users/{erin}", body)
	})
}

func TestPasswordOfMemberOfEligibleGroupIsNotReset(t *testing.T) {
	h := lite(t)
	body := `{"passwordProfile": {"password": "Correct-Horse-7-Battery"}}`
	for _, victim := range []string{"mia", "olga"} { // member and owner of a group that may become Global Administrator
		for _, name := range []string{"una", "hal"} {
			denied(t, h.As(name, "Directory.AccessAsUser.All").Refused(403, "PATCH", "/users/{"+victim+"}", body))
		}
	}
	h.As("hal", "Directory.AccessAsUser.All").Want(204, "PATCH", "/users/{sam}", body)
}

func TestEligibleAdministratorIsNotDeleted(t *testing.T) {
	h := lite(t)
	for _, name := range []string{"una", "hal"} {
		denied(t, h.As(name, "User.ReadWrite.All", "User.DeleteRestore.All").Refused(403, "DELETE", "/users/{erin}", ""))
	}
	h.As("paula", "User.DeleteRestore.All").Want(204, "DELETE", "/users/{erin}", "")
}

func TestChangeOfSeveralPropertiesIsJudgedByTheStricter(t *testing.T) {
	h := lite(t)
	una := h.As("una", "User.ReadWrite.All")
	for _, body := range []string{`{"displayName": "x", "accountEnabled": false}`, `{"accountEnabled": false, "displayName": "x"}`} {
		denied(t, una.Refused(403, "PATCH", "/users/{erin}", body))
	}
	una.Want(204, "PATCH", "/users/{sam}", `{"displayName": "x", "accountEnabled": false}`)
	if got := una.Want(200, "GET", "/users/{erin}?$select=displayName,accountEnabled", ""); got.Str("displayName") != "erin" || got.Get("accountEnabled") != true {
		t.Errorf("after the refusals: %s", got.Text)
	}
}
