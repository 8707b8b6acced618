package model

import (
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

const (
	// stepsOfRound is how many steps a history has at least, on the average of all of a test:
	// rapid means them to have thirty, but one in thirty is over before its second.
	stepsOfRound = 15
	// tries is how often a test begins anew for want of steps. It is not to end there: half of
	// what is meant is had at the first try nearly always.
	tries = 5
)

// rounds is how many histories each engine is given at a time.
var rounds = few

// allSteps are those of all tests and engines so far.
var allSteps atomic.Int64

// A counted is actions with each of their steps counted.
type counted func(actions map[string]func(*rapid.T)) map[string]func(*rapid.T)

// check goes through rounds histories, and as many again until there were as many steps as
// those are worth: histories that end early show nothing.
func check(t *testing.T, history func(*rapid.T, counted)) {
	t.Helper()
	var steps atomic.Int64
	count := func(actions map[string]func(*rapid.T)) map[string]func(*rapid.T) {
		compare := actions[""]
		actions[""] = func(t *rapid.T) {
			steps.Add(1)
			compare(t)
		}
		return actions
	}
	least := int64(stepsOfRound * rounds)
	for try := 0; steps.Load() < least && !t.Failed(); try++ {
		if try == tries {
			t.Fatalf("%d steps in %d histories, want %d", steps.Load(), try*rounds, least)
		}
		rapid.Check(t, func(t *rapid.T) { history(t, count) })
	}
	t.Logf("%d steps; %d of this package so far", steps.Load(), allSteps.Add(steps.Load()))
}
