package pim

import (
	"slices"

	"ephor/internal/when"
)

// lasting is what the phase's expiration rule, and the shortest length of all, say
// against an assignment of window w.
func (p Phase) lasting(x *failures, w when.Window, s Settings) {
	if p.Expiration.Required && !p.Expiration.within(w) {
		x.add("ExpirationRule", atExpiration, "The grant must have an end, at most "+p.Expiration.Maximum+" after its start.")
	}
	s.lasting(x, w)
}

// lasting is what the shortest length of a grant says against window w. No code for it is
// on record; being a bound on length that an administrator set, it is an ExpirationRule.
func (s Settings) lasting(x *failures, w when.Window) {
	if w.End < w.Start.Add(s.Shortest) {
		x.add("ExpirationRule", atExpiration, "The grant must last at least "+when.FormatDuration(s.Shortest)+".")
	}
}

// lacks is what the enablement rule says against r. An application signs in with no
// second factor, so a rule that asks for one refuses every application, as Graph does.
func (e EnablementRule) lacks(x *failures, r Request) {
	if e.Justification && blank(r.Justification) {
		x.add("JustificationRule", "justification", "Say why, in justification.")
	}
	if e.Ticketing && r.Ticket.Empty() {
		x.add("TicketingRule", "ticketInfo", "Name the ticket, in ticketInfo.")
	}
	if e.MFA && !r.Proof.MFA {
		x.add("MfaRule", "", "Sign in with a second factor.")
	}
}

// asks is what an activation's sign-in must show for the rule: the context's claim, ""
// for none, or, where the rule names none, a second factor.
func (c ContextRule) asks() (claim string, mfa bool) {
	if !c.Enabled {
		return "", false
	}
	if c.Claim == nil || *c.Claim == "" {
		return "", true
	}
	return *c.Claim, false
}

// satisfies reports whether the sign-in met the authentication context named claim.
func (p Proof) satisfies(claim string) bool { return slices.Contains(p.Context, claim) }

// phase is the rules by which an administrator's request on side is judged.
func (p Policy) phase(side Side) Phase {
	if side == Eligibility {
		return p.AdminEligibility
	}
	return p.AdminAssignment
}
