package signin

import (
	"slices"

	"ephor/internal/when"
)

// How a factor is named beside those in session.go (amr).
const (
	OneTimeCode = "otp"  // an authenticator app's code
	PasskeyUsed = "fido" // a passkey, with the person verified by it
	Recovery    = "kba"  // a recovery code: something written down
	Pass        = "tap"  // a Temporary Access Pass
	Enrolment   = "link" // the link that an operator printed for the account's holder
)

// An MFAState is what an administrator has asked of an account (Graph's perUserMfaState).
type MFAState string

// The states. Enabled turns into Enforced when the person has registered a factor; both ask
// for a second factor at every sign-in.
const (
	Disabled MFAState = "disabled"
	Enabled  MFAState = "enabled"
	Enforced MFAState = "enforced"
)

// An Account is what a sign-in must know of a person's account.
type Account struct {
	MustChange    bool // the password, at the next sign-in with it (forceChangePasswordNextSignIn)
	MustChangeMFA bool // the same, and only after a second factor (…WithMfa)
	MFA           MFAState
	Factors       int  // second factors that are registered: authenticator apps and passkeys
	Codes         int  // recovery codes that are left
	Had           bool // a second factor was registered once, whatever became of it
	Waiting       bool // the account is closed until its holder has enrolled
}

// MFARequired reports whether the account itself asks for a second factor.
func (a Account) MFARequired() bool { return a.MFA == Enabled || a.MFA == Enforced || a.Waiting }

// A Progress is what was proved in one sign-in so far.
type Progress struct {
	Factors []Factor
	// Opened is set when the sign-in began with what entitles to register the first second
	// factor: an initial password that is being redeemed, a pass, an enrolment link.
	Opened bool
}

// Proved reports whether a proof named method was given.
func (p Progress) Proved(method string) bool {
	return slices.ContainsFunc(p.Factors, func(f Factor) bool { return f.Method == method })
}

// session is p as a session, to be judged as one.
func (p Progress) session() Session {
	return Session{Factors: p.Factors, End: when.Never, Ended: when.Never}
}

// Opens reports whether proving an account's password, or a pass or link, entitles to
// register its first factor. A password that an administrator has set does so once, and
// never for who had a factor: else whoever can set a password, or steals one, has all.
func (a Account) Opens(method string) bool {
	switch method {
	case Password:
		return (a.MustChange || a.MustChangeMFA) && !a.Had && a.Factors == 0
	case Pass, Enrolment:
		return true
	}
	return false
}

// A Step is what a sign-in needs next.
type Step string

// The steps.
const (
	Identify  Step = "identify"  // a name and a first proof
	Challenge Step = "challenge" // a second factor
	Change    Step = "change"    // a new password
	Register  Step = "register"  // the first second factor
	Locked    Step = "refused"   // a second factor that cannot be registered here: a pass is needed
	Complete  Step = "complete"
)

// A Rule is one line of the sign-in's state machine: what is missing, and the step that
// brings it.
type Rule struct {
	Step Step
	When string // in words, for docs/sign-in.md
	is   func(c *question) bool
}

// A question is what the rules judge.
type question struct {
	account  Account
	progress Progress
	demand   Demand
	now      when.Instant
}

// multiple reports whether more than one kind of proof was given.
func (q *question) multiple() bool { return q.progress.session().Multiple() }

// none reports whether no second factor is registered.
func (q *question) none() bool { return q.account.Factors == 0 }

// second reports whether the sign-in must have a second factor that it does not have.
func (q *question) second() bool {
	d := q.demand
	d.MFA = d.MFA || q.account.MFARequired()
	return !d.Met(q.progress.session(), q.now)
}

// forced reports whether the password was proved and must be replaced.
func (q *question) forced() bool {
	return (q.account.MustChange || q.account.MustChangeMFA) && q.progress.Proved(Password) || q.account.Waiting && q.progress.Proved(Enrolment) && q.account.MustChange
}

// Steps are the rules of a sign-in. The first that holds says what is next; when none does,
// the sign-in is complete.
var Steps = []Rule{
	{Identify, "nothing was proved that still counts", func(q *question) bool {
		return !Demand{Since: q.demand.Since}.Met(q.progress.session(), q.now)
	}},
	{Challenge, "the password must be changed, and the account has a second factor that was not given", func(q *question) bool {
		return q.forced() && !q.none() && (q.account.MustChangeMFA || q.account.MFARequired()) && !q.multiple()
	}},
	{Locked, "the password may only be changed after a second factor, and there is none", func(q *question) bool {
		return q.forced() && q.account.MustChangeMFA && q.none() && !q.progress.Opened && !q.multiple()
	}},
	{Change, "the password that was proved must be changed", (*question).forced},
	{Challenge, "a second factor is required, and one is registered", func(q *question) bool {
		return q.second() && !q.none()
	}},
	{Register, "a second factor is required and none is registered, in a sign-in that may register the first", func(q *question) bool {
		return q.none() && q.progress.Opened && (q.second() || q.account.MFARequired())
	}},
	{Locked, "a second factor is required and none is registered, in any other sign-in", (*question).second},
}

// Next is what a sign-in to account a lacks at now, on the machine's clock, to meet d.
func Next(a Account, p Progress, d Demand, now when.Instant) Step {
	q := question{a, p, d, now}
	for _, r := range Steps {
		if r.is(&q) {
			return r.Step
		}
	}
	return Complete
}

// MayManage reports whether who has proved p may change the account's factors at now: with
// a second factor given within ContextLife, or, for the first, in a sign-in that opens it.
func MayManage(a Account, p Progress, now when.Instant) bool {
	return p.session().Fresh(now) || a.Factors == 0 && p.Opened
}
