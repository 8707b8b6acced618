package signin

import (
	"slices"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Factor is one proof that a person gave: how (amr: "pwd", "otp", "fido", "mfa"), and
// when, on the machine's clock.
type Factor struct {
	Method string       `json:"method"`
	At     when.Instant `json:"at"`
}

// The methods that a token's amr names.
const (
	Password    = "pwd"
	MultiFactor = "mfa" // more than one kind of proof
)

// A Session is one sign-in of a person, with what they proved in it. Its factors only
// grow: a step-up adds one. Raising Generation voids the tokens that it has given out.
type Session struct {
	ID         guid.ID
	User       guid.ID
	Client     guid.ID // application id of the client that it began with
	Factors    []Factor
	Generation int64
	Created    when.Instant // on the machine's clock
	End        when.Instant // of the session, whatever is done in it
	Ended      when.Instant // by signing out; when.Never while it goes on
	// Cookie is the hash of what the browser shows that the session is in, "" for none.
	Cookie string
	// UserGeneration and Incarnation are the user's and the tenant's when the session began:
	// later ones end it.
	UserGeneration, Incarnation int64
}

// Live reports whether the session goes on at now, on the machine's clock.
func (s Session) Live(now when.Instant) bool { return now < s.End && now < s.Ended }

// Methods are the names of what was proved, each once, in the order of the proofs (amr).
func (s Session) Methods() []string {
	var names []string
	for _, f := range s.Factors {
		if !slices.Contains(names, f.Method) {
			names = append(names, f.Method)
		}
	}
	return names
}
