package signin

import (
	"testing"
	"time"

	"ephor/internal/when"
)

func TestLimitClosesAfterItsFreeFailuresAndDoublesUpToItsMost(t *testing.T) {
	t.Parallel()
	l := Limit{Free: 3, First: time.Minute, Most: 10 * time.Minute, Forget: time.Hour}
	var tally Tally
	now := at(1000)
	for i, want := range []time.Duration{0, 0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute} {
		tally = l.Failed(tally, now)
		if want == 0 {
			if l.Closed(tally, now) {
				t.Errorf("closed after %d failures", i+1)
			}
			continue
		}
		end := now.Add(want)
		if l.Until(tally) != end || !l.Closed(tally, end-1) || l.Closed(tally, end) {
			t.Errorf("after %d failures closed until %v, not %v", i+1, l.Until(tally), end)
		}
		now = end
	}
	if tally = l.Failed(tally, l.Forgotten(tally)); tally.Failures != 1 {
		t.Errorf("%d failures are remembered", tally.Failures)
	}
}

// Guessing a million-valued code under CodeLimit must stay hopeless for a day of trying, and
// nobody's door may stay closed for more than an hour by failures alone.
func TestLimitsHoldGuessersAndFreeOwners(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit   Limit
		guesses int
		most    time.Duration
	}{
		"pair": {PairLimit, 120, 15 * time.Minute}, "account": {AccountLimit, 160, 15 * time.Minute},
		"address": {AddressLimit, 210, 15 * time.Minute}, "code": {CodeLimit, 35, time.Hour},
	} {
		var tally Tally
		guesses, start := 0, at(0)
		for now := start; now < start.Add(24*time.Hour); guesses++ {
			tally = c.limit.Failed(tally, now)
			if until := c.limit.Until(tally); until > now {
				if until.Sub(now) > c.most {
					t.Errorf("%s: closed for %v", name, until.Sub(now))
				}
				now = until
			} else {
				now += when.Second
			}
		}
		if guesses > c.guesses {
			t.Errorf("%s: %d guesses a day", name, guesses)
		}
	}
}
