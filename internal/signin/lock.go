package signin

import (
	"time"

	"ephor/internal/when"
)

// A Tally counts failures in a row of one kind: of one account from one address, of one
// address at any account, and so on. Its instants are the machine's.
type Tally struct {
	Failures int64
	Last     when.Instant // of the last failure
}

// A Limit says when failures close a door, and for how long. Nobody's door stays closed:
// it opens by itself after at most Most, and who comes from an address where the account
// has signed in before is not counted with strangers (see the limits).
type Limit struct {
	Free   int64         // failures that cost nothing but themselves
	First  time.Duration // how long the door is closed after the next
	Most   time.Duration // the longest: each failure doubles the time up to it
	Forget time.Duration // after so long without a failure, they are forgotten
}

// The limits. Tallies are kept by name and not by account, so that a name that nobody has
// closes as any other.
var (
	// PairLimit is for one account's password from one address.
	PairLimit = Limit{Free: 10, First: time.Minute, Most: 15 * time.Minute, Forget: time.Hour}
	// AccountLimit is for one account's password from all addresses at which it has not
	// signed in before: many machines that guess share it, and its owner, at home, does not.
	AccountLimit = Limit{Free: 50, First: time.Minute, Most: 15 * time.Minute, Forget: time.Hour}
	// AddressLimit is for any accounts' passwords from one address: trying one password at
	// many names.
	AddressLimit = Limit{Free: 100, First: time.Minute, Most: 15 * time.Minute, Forget: time.Hour}
	// CodeLimit is for one account's second factors. A code has a million values, so guesses
	// must stay few; whoever guesses has proved the password already.
	CodeLimit = Limit{Free: 5, First: time.Minute, Most: time.Hour, Forget: 24 * time.Hour}
)

// Until is the instant until which l keeps the door closed after t; the zero instant, or
// one that has passed, for an open door.
func (l Limit) Until(t Tally) when.Instant {
	if t.Failures < l.Free {
		return 0
	}
	wait := l.First
	for range t.Failures - l.Free {
		if wait *= 2; wait >= l.Most {
			return t.Last.Add(l.Most)
		}
	}
	return t.Last.Add(wait)
}

// Closed reports whether the door is closed at now.
func (l Limit) Closed(t Tally, now when.Instant) bool { return now < l.Until(t) }

// Failed is t after one more failure at now.
func (l Limit) Failed(t Tally, now when.Instant) Tally {
	if now >= l.Forgotten(t) {
		t.Failures = 0
	}
	return Tally{Failures: t.Failures + 1, Last: now}
}

// Forgotten is the instant at which t counts for nothing any more.
func (l Limit) Forgotten(t Tally) when.Instant { return max(l.Until(t), t.Last).Add(l.Forget) }
