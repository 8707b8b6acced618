package attack

import (
	"fmt"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/test/harness"
)

const (
	presentPassword = "Correct-Horse-7-Battery"
	newPassword     = "Another-Horse-8-Battery"
	changePassword  = "/me/changePassword"
)

// withPassword gives somebody a password that they know.
func withPassword(h *harness.House, name string) {
	h.As("paula", "Directory.AccessAsUser.All").Want(204, "PATCH", "/users/{"+name+"}",
		`{"passwordProfile": {"password": "`+presentPassword+`", "forceChangePasswordNextSignIn": false}}`)
}

func change(current, next string) string {
	return fmt.Sprintf(`{"currentPassword": %q, "newPassword": %q}`, current, next)
}

// operations.md 5a: 204, and what the old password had given ends with it.
func TestTokensOfTheOldPasswordEndWithIt(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		withPassword(h, "sam")
		sam, other := h.As("sam", "Directory.AccessAsUser.All"), h.As("sam", "User.Read")
		other.Want(200, "GET", "/me", "")
		if a := sam.Want(204, "POST", changePassword, change(presentPassword, newPassword)); a.Text != "" {
			t.Errorf("answered with %s", a.Text)
		}
		for _, c := range []*harness.Caller{sam, other} {
			if a := c.Want(401, "GET", "/me", ""); a.Code() != "InvalidAuthenticationToken" {
				t.Errorf("a token of the old password: %s", a.Text)
			}
		}
		again := h.As("sam", "Directory.AccessAsUser.All")
		again.Want(400, "POST", changePassword, change(presentPassword, "Third-Horse-9-Battery"))
		again.Want(204, "POST", "/beta"+changePassword, change(newPassword, "Third-Horse-9-Battery"))
		log := h.As("ada", "AuditLog.Read.All").Want(200, "GET", "/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Change user password'", "")
		if len(log.Values()) != 2 || contains(log.Text, newPassword) || contains(log.Text, "$argon2") {
			t.Errorf("the audit log says %s", log.Text)
		}
	})
}

func TestPasswordIsNotGuessedByChangingIt(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		withPassword(h, "sam")
		sam := h.As("sam", "Directory.AccessAsUser.All")
		const changed = "/users/{sam}?$select=lastPasswordChangeDateTime"
		before := h.As("ada").Want(200, "GET", changed, "").Text
		for i := range int(signin.PairLimit.Free) {
			if a := sam.Want(400, "POST", changePassword, change(fmt.Sprintf("Guess-Number-%d", i), newPassword)); a.Code() != "Request_BadRequest" {
				t.Errorf("a guess: %s", a.Text)
			}
		}
		// The door is closed, also to the right one.
		if a := sam.Want(400, "POST", changePassword, change(presentPassword, newPassword)); a.Code() != "Request_BadRequest" || !contains(a.Text, "locked") {
			t.Errorf("at a closed door: %s", a.Text)
		}
		if after := h.As("ada").Want(200, "GET", changed, "").Text; after != before {
			t.Errorf("the password was changed: %s, then %s", before, after)
		}
		sam.Want(200, "GET", "/me", "") // the session goes on
		rows := h.As("ada", "AuditLog.Read.All", "Directory.Read.All").Want(200, "GET", "/auditLogs/signIns?$filter=userId eq '{sam}'", "").Values()
		if len(rows) != int(signin.PairLimit.Free) || rows[0]["appDisplayName"] != "console" {
			t.Fatalf("the sign-in log has %d rows: %v", len(rows), rows)
		}
		for i, want := range []float64{50053, 50126, 50126} {
			if status, _ := rows[i]["status"].(map[string]any); status["errorCode"] != want {
				t.Errorf("row %d of the sign-in log: %v, want %v", i, rows[i]["status"], want)
			}
		}
	})
}

func TestPasswordOfAnotherIsNotChangedByOnesOwn(t *testing.T) {
	h := lite(t)
	withPassword(h, "sam")
	for _, path := range []string{"/users/{sam}/changePassword", "/users/{ada}/changePassword"} {
		if a := h.As("sam", "Directory.AccessAsUser.All").Do("POST", path, change(presentPassword, newPassword)); a.Status != 400 && a.Status != 404 {
			t.Errorf("%s: %d %s", path, a.Status, a.Text)
		}
	}
	denied(t, h.As("sam", "User.ReadWrite.All", "User-PasswordProfile.ReadWrite.All").Refused(403, "POST", changePassword, change(presentPassword, newPassword)))
	h.AsClient("editor").Refused(400, "POST", changePassword, change(presentPassword, newPassword))
	for _, body := range []string{`{}`, `{"currentPassword": "x"}`, `{"newPassword": "x"}`, `{"currentPassword": null, "newPassword": null}`, `{"currentPassword": "x", "newPassword": "y", "userId": "{ada}"}`} {
		h.As("sam", "Directory.AccessAsUser.All").Refused(400, "POST", changePassword, body)
	}
	h.As("sam", "Directory.AccessAsUser.All").Refused(400, "POST", changePassword, change(presentPassword, "weak"))
}

// What the tenant is called makes no password, whoever sets it.
func TestPasswordIsNotMadeOfTheTenantsName(t *testing.T) {
	h := lite(t)
	withPassword(h, "sam")
	const weak = "HouseExample1a" // of house.example
	paula := h.As("paula", "Directory.AccessAsUser.All", "User.ReadWrite.All")
	for _, refused := range []harness.Answer{
		paula.Refused(400, "PATCH", "/users/{sam}", `{"passwordProfile": {"password": "`+weak+`"}}`),
		h.As("ada").Refused(400, "POST", "/users", `{"accountEnabled": true, "displayName": "New", "mailNickname": "new", "userPrincipalName": "new@`+harness.Domain+`", "passwordProfile": {"password": "`+weak+`"}}`),
		h.As("sam").Refused(400, "POST", changePassword, change(presentPassword, weak)),
	} {
		if refused.Code() != "Request_BadRequest" {
			t.Errorf("%s", refused.Text)
		}
	}
	h.As("sam").Want(204, "POST", changePassword, change(presentPassword, "HoseEximple1a"))
}

func TestPasswordIsNotChangedWithoutTheSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		withPassword(h, "sam")
		h.Write(func(tx *store.WriteTx) error {
			tx.AddMethod(signin.Method{ID: guid.Must("a0000000-0000-4000-8000-00000000000a"), User: h.ID("sam"), Kind: signin.AppMethod, Name: "Phone", Seed: []byte("a seed of 20 bytes!!")})
			return nil
		})
		denied(t, h.AsByPassword("sam", "Directory.AccessAsUser.All").Refused(403, "POST", changePassword, change(presentPassword, newPassword)))
		h.As("sam", "Directory.AccessAsUser.All").Want(204, "POST", changePassword, change(presentPassword, newPassword))
	})
}
