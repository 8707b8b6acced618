package attack

import (
	"testing"
	"time"

	"ephor/test/harness"
)

// What ends is a way back until then only: no write after which, from some instant on, nobody
// could become Global Administrator (design, Who may touch whom).

func soon(h *harness.House, by time.Duration) string {
	return h.Now().Time().Add(by).UTC().Format(time.RFC3339)
}

// An application counts for as long as its secrets and certificates do.
func TestApplicationWhoseSecretEndsIsNotTheLastGlobalAdministrator(t *testing.T) {
	t.Parallel()
	harness.Each(t, besieged(harness.Person{Name: "root", Roles: []string{"Global Administrator"}}), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		ada := h.As("ada")
		ada.Want(201, "POST", roleRequests, asks("adminAssign", "robot", ""))
		secret := func(ends string) string {
			return ada.Want(200, "POST", "/applications/{robot.app}/addPassword", `{"passwordCredential": {"endDateTime": "`+ends+`"}}`).Str("keyId")
		}
		for _, row := range ada.Want(200, "GET", "/applications/{robot.app}", "").Get("passwordCredentials").([]any) {
			ada.Want(204, "POST", "/applications/{robot.app}/removePassword", `{"keyId": "`+row.(map[string]any)["keyId"].(string)+`"}`)
		}
		secret(soon(h, 24*time.Hour))
		kept(t, h, "ada", [][3]string{
			{"POST", roleRequests, asks("adminRemove", "root", "")},
			{"PATCH", "/users/{root}", `{"accountEnabled": false}`},
			{"DELETE", "/users/{root}", ""},
		})
		// Until then it may stand in for somebody who comes after.
		first := soon(h, 12*time.Hour)
		ada.Want(201, "POST", roleRequests, asks("adminUpdate", "root", `, "scheduleInfo": {"startDateTime": "`+first+`", "expiration": {"type": "noExpiration"}}`))
		kept(t, h, "ada", [][3]string{
			{"POST", roleRequests, asks("adminUpdate", "root", `, "scheduleInfo": {"startDateTime": "`+soon(h, 25*time.Hour)+`", "expiration": {"type": "noExpiration"}}`)},
		})
		ada.Want(201, "POST", roleRequests, asks("adminUpdate", "root", `, "scheduleInfo": {"expiration": {"type": "noExpiration"}}`))
		secret(soon(h, 2*365*24*time.Hour)) // which ends as well
		kept(t, h, "ada", [][3]string{{"POST", roleRequests, asks("adminRemove", "root", "")}})
	})
}

// Who has nothing but a Temporary Access Pass can sign in by it until it ends.
func TestAccessPassIsAWayBackUntilItEnds(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]harness.Person{
		"assigned": {Name: "root", Roles: []string{"Global Administrator"}},
		"eligible": {Name: "root", Eligible: []string{"Global Administrator"}}, // the pass is a second factor
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			harness.Each(t, besieged(last), func(t *testing.T, h *harness.House) {
				ada := h.As("ada")
				pass := ada.Want(201, "POST", "/users/{root}/authentication/temporaryAccessPassMethods", `{"lifetimeInMinutes": 600}`).Str("id")
				kept(t, h, "ada", [][3]string{
					{"PATCH", "/users/{root}", `{"accountEnabled": false}`},
					{"DELETE", "/users/{root}", ""},
					{"DELETE", "/users/{root}/authentication/temporaryAccessPassMethods/" + pass, ""},
					{"POST", "/users/{root}/authentication/temporaryAccessPassMethods", `{"lifetimeInMinutes": 60}`}, // in its place
				})
				ada.Want(201, "POST", "/users/{root}/authentication/temporaryAccessPassMethods", `{"lifetimeInMinutes": 700}`)
				// It makes nobody the last who is there for good.
				ada.Want(201, "POST", roleRequests, asks("adminAssign", "mia", ""))
				signsIn(h, "mia")
				kept(t, h, "ada", [][3]string{{"DELETE", "/users/{mia}", ""}})
				ada.Want(204, "DELETE", "/users/{root}", "")
			})
		})
	}
}

// A dry run is refused for what the real one is refused for (behaviour.md §5), the last place
// in a group that has the role included.
func TestDryRunOfTakingTheLastPlaceIsRefused(t *testing.T) {
	t.Parallel()
	tier0 := harness.Group{Name: "tier0", Assignable: true, Roles: []string{"Global Administrator"}}
	harness.Each(t, besieged(harness.Person{Name: "root"}, tier0), func(t *testing.T, h *harness.House) {
		signsIn(h, "root")
		place := func(action, rest string) string {
			return `{"action": "` + action + `", "groupId": "{tier0}", "accessId": "member", "principalId": "{root}", "justification": "x"` + rest + `}`
		}
		const lasts, dry = `, "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P90D"}}`, `, "isValidationOnly": true`
		h.As("ada").Want(201, "POST", placeRequests, place("adminAssign", lasts))
		kept(t, h, "ada", [][3]string{
			{"POST", placeRequests, place("adminRemove", dry)},
			{"POST", placeRequests, place("adminUpdate", until+dry)},
		})
		h.As("ada").Want(201, "POST", placeRequests, place("adminExtend", `, "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P100D"}}`+dry))
	})
}
