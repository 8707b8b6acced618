package signin

import (
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// The kinds of second factor.
const (
	AppMethod     = "app"     // an authenticator app
	PasskeyMethod = "passkey" // a passkey
)

// MostMethods is how many second factors an account has at most.
const MostMethods = 10

// A Method is a second factor that an account has registered.
type Method struct {
	ID      guid.ID
	User    guid.ID
	Kind    string
	Name    string       // as its owner calls it
	Created when.Instant // on the tenant's clock, as Graph shows it
	Seed    []byte       // of an authenticator app
	Step    int64        // of the last code that was taken
	Passkey Passkey
}

// A TemporaryPass is a Temporary Access Pass: a code that an administrator hands to
// somebody who has lost, or never had, a factor.
type TemporaryPass struct {
	ID      guid.ID
	User    guid.ID
	Hash    string // see HashCode
	Created when.Instant
	Start   when.Instant // on the tenant's clock, as Graph shows it
	Minutes int64
	Once    bool
	// Opens and Ends are the same window on the machine's clock, by which it is judged.
	Opens, Ends when.Instant
	Used        bool
}

// The bounds of a pass's life, in minutes (R:temporaryAccessPassAuthenticationMethod).
const (
	MinPassMinutes     = 10
	MaxPassMinutes     = 43200
	DefaultPassMinutes = 60
)

// Usable says whether p can be used at now, on the machine's clock, and in Graph's words
// why (methodUsabilityReason).
func (p *TemporaryPass) Usable(now when.Instant) (bool, string) {
	switch {
	case now >= p.Ends:
		return false, "Expired"
	case p.Used && p.Once:
		return false, "OneTimeUsed"
	case now < p.Opens:
		return false, "NotYetValid"
	}
	return true, "EnabledByPolicy"
}

// Life is how long p lasts.
func (p *TemporaryPass) Life() time.Duration { return time.Duration(p.Minutes) * time.Minute }
