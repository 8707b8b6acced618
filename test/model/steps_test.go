package model

import (
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// stepsOfRound is how many steps a history has at least, on the average of many; rapid means
// them to have thirty.
const stepsOfRound = 15

// rounds is how many histories each engine is given.
var rounds = few

// allSteps are those of all tests and engines so far.
var allSteps atomic.Int64

// counting is actions with each of their steps counted. It fails the test if there were not as
// many as it is worth: a history that ends early shows nothing.
func counting(t *testing.T) func(actions map[string]func(*rapid.T)) map[string]func(*rapid.T) {
	t.Helper()
	var steps atomic.Int64
	t.Cleanup(func() {
		all := allSteps.Add(steps.Load())
		t.Logf("%d steps in %d histories; %d steps of this package so far", steps.Load(), rounds, all)
		if least := int64(stepsOfRound * rounds); steps.Load() < least && !t.Failed() {
			t.Errorf("%d steps in %d histories, want %d", steps.Load(), rounds, least)
		}
	})
	return func(actions map[string]func(*rapid.T)) map[string]func(*rapid.T) {
		compare := actions[""]
		actions[""] = func(t *rapid.T) {
			steps.Add(1)
			compare(t)
		}
		return actions
	}
}
