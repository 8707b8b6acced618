package model

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"ephor/test/harness"
)

// few is how many histories each engine is given unless EPHOR_ROUNDS says otherwise.
const few = 12

func TestMain(m *testing.M) {
	if s := os.Getenv("EPHOR_ROUNDS"); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil || rounds < 1 {
			fmt.Fprintf(os.Stderr, "EPHOR_ROUNDS=%s: want a number from 1\n", s)
			os.Exit(2)
		}
	}
	// Defaults, which flags on the command line still override.
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(rounds), "rapid.shrinktime": "10s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	harness.Main(m)
}

func TestListsCallsAndDecisionsAgreeWithTheModelAtEveryInstant(t *testing.T) {
	t.Parallel()
	harness.EachAlone(t, seed(), func(t *testing.T, h *harness.House) {
		check(t, func(t *rapid.T, steps counted) {
			house, drop := h.Anew(seed())
			defer drop()
			b := newBoth(t, house)
			t.Repeat(steps(b.actions()))
			b.whole()
		})
	})
}

// An assignment is a principal's having a role at a scope: there are no two of one.
func TestRoleBothAssignedAndActivatedIsOneRoleAssignment(t *testing.T) {
	t.Parallel()
	one := harness.Seed{People: []harness.Person{
		{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "eve", Eligible: []string{"Global Reader"}},
	}}
	harness.Each(t, one, func(t *testing.T, h *harness.House) {
		about := fmt.Sprintf(`"principalId":"{eve}","roleDefinitionId":"%s","directoryScopeId":"/"`, harness.Role("Global Reader"))
		h.As("eve").Want(201, "POST", "/roleManagement/directory/roleAssignmentScheduleRequests", `{"action":"selfActivate","justification":"because",`+about+`}`)
		h.As("ada").Want(201, "POST", "/roleManagement/directory/roleAssignments", "{"+about+"}")
		rows := h.As("ada").Want(200, "GET", "/roleManagement/directory/roleAssignments?$filter=principalId eq '{eve}'", "").Values()
		if len(rows) != 1 {
			t.Errorf("there are %d role assignments, want 1: %v", len(rows), rows)
		}
	})
}
