package harness_test

import (
	"testing"

	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

func TestHouseAnswersOnBothEngines(t *testing.T) {
	t.Parallel()
	seed := harness.Seed{
		People:  []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "sam"}},
		Clients: []harness.Client{{Name: "robot", Permissions: []string{"User.Read.All"}}},
	}
	harness.Each(t, seed, func(t *testing.T, h *harness.House) {
		if got := h.As("sam", "User.Read").Want(200, "GET", "/me", "").Str("id"); got != h.ID("sam").String() {
			t.Errorf("/me of sam is %s", got)
		}
		if rows := h.AsClient("robot").Want(200, "GET", "/users?$select=id", "").Values(); len(rows) != 2 {
			t.Errorf("the client sees %d users, want 2", len(rows))
		}
		h.As("ada", "User.ReadWrite.All").Want(204, "DELETE", "/users/{sam}", "")
		h.AsClient("robot").Refused(403, "DELETE", "/users/{ada}", "")
	})
}
