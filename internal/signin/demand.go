package signin

import (
	"slices"

	"ephor/internal/when"
)

// ContextLife is how long a proof answers for an authentication context (acrs), in ticks.
// A context asks for a second factor that has just been given: it is worth nothing later.
const ContextLife = 10 * when.Minute

// A Demand is what a sign-in must have proved for what somebody wants to do. The zero Demand
// is content with any sign-in.
type Demand struct {
	MFA bool `json:"mfa,omitempty"` // more than one kind of proof
	// Contexts are authentication contexts (acrs), each of which asks for a fresh second factor.
	Contexts []string `json:"contexts,omitempty"`
	// Since is the instant before which no proof counts (prompt=login, max_age), on the
	// machine's clock.
	Since when.Instant `json:"since,omitempty"`
}

// Empty reports whether any sign-in will do.
func (d Demand) Empty() bool { return !d.MFA && len(d.Contexts) == 0 && d.Since == 0 }

// Met reports whether session s has proved at now, on the machine's clock, what is demanded.
// It judges proofs only: what an account itself still lacks (a second factor that it must
// have, a password that it must change) is not asked here.
func (d Demand) Met(s Session, now when.Instant) bool {
	if !s.Live(now) || !s.proved(d.Since, func(string) bool { return true }) {
		return false
	}
	if d.MFA && !s.Multiple() {
		return false
	}
	return len(d.Contexts) == 0 || s.Fresh(now)
}

// Multiple reports whether more than one kind of proof was given in the session.
func (s Session) Multiple() bool { return slices.Contains(s.Methods(), MultiFactor) }

// Fresh reports whether a second factor was given within ContextLife before now.
func (s Session) Fresh(now when.Instant) bool {
	return s.proved(now-ContextLife+1, func(m string) bool { return m == MultiFactor })
}

// FreshUntil is the instant from which Fresh no longer holds without a new proof; 0 when no
// second factor was given.
func (s Session) FreshUntil() (until when.Instant) {
	for _, f := range s.Factors {
		if f.Method == MultiFactor {
			until = max(until, f.At+ContextLife)
		}
	}
	return until
}

// proved reports whether a proof that is one was given at since or later.
func (s Session) proved(since when.Instant, is func(method string) bool) bool {
	return slices.ContainsFunc(s.Factors, func(f Factor) bool { return f.At >= since && is(f.Method) })
}

// AuthTime is when the person last proved who they are (auth_time), on the machine's clock.
func (s Session) AuthTime() (at when.Instant) {
	for _, f := range s.Factors {
		at = max(at, f.At)
	}
	return at
}
