package oauth

import (
	"time"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A Rotation says how a tenant's signing keys follow one another, on the machine's clock.
// A key is published Ahead of the instant from which it signs, so that every cached key
// set has it by then; it signs for Period, until its successor does; and it is kept for
// Keep after that, until the last token that it signed has expired.
type Rotation struct {
	Algorithm string // of keys made from now on: ES256, RS256 or PS256
	Period    time.Duration
	Ahead     time.Duration
	Keep      time.Duration
}

// A Plan is what a rotation has to do.
type Plan struct {
	Make   when.Window // when the key to be made signs; empty when none is to be made
	Retire guid.ID     // the key that signs until Make begins, if one does
	Drop   []guid.ID   // keys under which no token lives any more
}

func (p Plan) empty() bool { return p.Make.Empty() && len(p.Drop) == 0 }

// Due is what has to be done at now to keys, which are in the order of Start. While one
// waits to sign, no other is made, whatever settings say: nodes that disagree about them
// must not fill the key set.
func (r Rotation) Due(keys []store.SigningKey, now when.Instant) Plan {
	var p Plan
	switch at := signing(keys, now); {
	case at < 0:
		p.Make = when.Window{Start: now, End: firstAfter(keys, now)}
	case keys[at].End == when.Never && r.succession(keys[at]).Add(-r.Ahead) <= now:
		p.Make = when.Window{Start: max(r.succession(keys[at]), now.Add(r.Ahead)), End: when.Never}
		p.Retire = keys[at].ID
	}
	for _, k := range keys {
		if k.End.Add(r.Keep) <= now {
			p.Drop = append(p.Drop, k.ID)
		}
	}
	return p
}

// succession is when the successor of k signs. A change of the algorithm does not wait for
// the period, but its key is published ahead all the same.
func (r Rotation) succession(k store.SigningKey) when.Instant {
	if k.Algorithm != r.Algorithm {
		return k.Start
	}
	return k.Start.Add(r.Period)
}

// Next is the first instant after now at which Due has something to do.
func (r Rotation) Next(keys []store.SigningKey, now when.Instant) when.Instant {
	if len(keys) == 0 {
		return now
	}
	next := when.Never
	for _, k := range keys {
		at := k.End.Add(r.Keep)
		if k.End == when.Never {
			at = max(k.Start, r.succession(k).Add(-r.Ahead))
		}
		if at > now {
			next = min(next, at)
		}
	}
	return next
}

// signing is the index of the key that signs at now, or -1.
func signing(keys []store.SigningKey, now when.Instant) int {
	at := -1
	for i, k := range keys {
		if (when.Window{Start: k.Start, End: k.End}).Covers(now) {
			at = i
		}
	}
	return at
}

// firstAfter is when the first of keys that waits to sign does, or when.Never.
func firstAfter(keys []store.SigningKey, now when.Instant) when.Instant {
	for _, k := range keys {
		if k.Start > now {
			return k.Start
		}
	}
	return when.Never
}

// A ring is a tenant's keys as they were when it was read. It does not change.
type ring struct {
	keys        []*Key
	incarnation int64       // of the tenant
	used        when.Window // when it may be used before it is read again
}

// good reports whether the ring may be used at now. A reset of the tenant ends its use, and
// a clock that was set back as surely as one that goes on.
func (r *ring) good(incarnation int64, now when.Instant) bool {
	return r != nil && r.incarnation == incarnation && r.used.Covers(now)
}

// openRing makes stored keys, which are in the order of Start, ready for use.
func openRing(rows []store.SigningKey, incarnation int64, used when.Window) (*ring, error) {
	r := &ring{incarnation: incarnation, used: used}
	for _, row := range rows {
		k, err := openKey(row)
		if err != nil {
			return nil, err
		}
		r.keys = append(r.keys, k)
	}
	return r, nil
}

// currentFor is the key for that purpose that signs at now, or nil.
func (r *ring) currentFor(purpose string, now when.Instant) *Key {
	var found *Key
	for _, k := range r.keys {
		if k.Purpose == purpose && k.signs.Covers(now) {
			found = k
		}
	}
	return found
}

// find is the key of that id, or nil. One that does not sign yet is found as well: another
// node's clock may be a little ahead.
func (r *ring) find(id string) *Key {
	for _, k := range r.keys {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// public is the key set document's content: every key, those to come included.
func (r *ring) public() jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, 0, len(r.keys))}
	for _, k := range r.keys {
		set.Keys = append(set.Keys, k.public)
	}
	return set
}
