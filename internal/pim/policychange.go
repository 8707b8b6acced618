package pim

import (
	"strings"
	"time"

	"ephor/internal/fault"
	"ephor/internal/when"
)

// The ids of the rules that are one of their kind in a policy.
const (
	ApprovalRuleID = "Approval_EndUser_Assignment"
	ContextRuleID  = "AuthenticationContext_EndUser_Assignment"
)

// The bounds of what a policy may say. An activation is for a day's work at most
// (behaviour.md §4); everything else is bounded so that a policy stays small.
const (
	longestActivation = 24 * time.Hour
	mostRecipients    = 1000 // mails an event sends at most (behaviour.md §7)
)

// Rule is the policy's rule of that id; false for an id that no policy has.
func (p Policy) Rule(id string) (Rule, bool) {
	for _, r := range p.Rules() {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// Set puts body in the place of the rule with that id; it reports false, and changes
// nothing, when there is none or it is of another kind.
func (p *Policy) Set(id string, body RuleBody) bool {
	switch id {
	case ApprovalRuleID:
		r, ok := body.(ApprovalRule)
		if ok {
			p.Approval = r
		}
		return ok
	case ContextRuleID:
		r, ok := body.(ContextRule)
		if ok {
			p.Context = r
		}
		return ok
	}
	for _, phase := range p.phases() {
		if kind, ok := strings.CutSuffix(id, phase.suffix); ok {
			return phase.set(kind, body)
		}
	}
	return false
}

// A placedPhase is a phase of a policy, to be read or changed, and how its rules' ids end.
type placedPhase struct {
	*Phase
	suffix string
}

func (p *Policy) phases() [3]placedPhase {
	return [...]placedPhase{
		{&p.AdminEligibility, "_Admin_Eligibility"}, {&p.AdminAssignment, "_Admin_Assignment"}, {&p.EndUserAssignment, "_EndUser_Assignment"},
	}
}

// recipientTypes are whom a phase's notifications are for, in their order.
var recipientTypes = [...]string{"Admin", "Requestor", "Approver"}

func (p *Phase) set(kind string, body RuleBody) (ok bool) {
	switch r := body.(type) {
	case ExpirationRule:
		if ok = kind == "Expiration"; ok {
			p.Expiration = r
		}
	case EnablementRule:
		if ok = kind == "Enablement"; ok {
			p.Enablement = r
		}
	case NotificationRule:
		for i, recipient := range recipientTypes {
			if kind == "Notification_"+recipient {
				p.Notifications[i], ok = r, true
			}
		}
	}
	return ok
}

// A Flaw is what keeps a policy from being accepted: the rule and its field, and why.
type Flaw struct{ Rule, Field, Why string }

// InvalidPolicy is the one fault that names all flaws (errors.md 1c); nil for none.
func InvalidPolicy(flaws ...Flaw) error {
	if len(flaws) == 0 {
		return nil
	}
	const code = "InvalidPolicy"
	f := fault.Bad(code, "The policy is invalid.").About(flaws[0].target())
	for _, flaw := range flaws {
		f = f.With(fault.Detail{Code: code, Message: flaw.Why, Target: flaw.target()})
	}
	return f
}

func (f Flaw) target() string {
	if f.Field == "" {
		return f.Rule
	}
	return f.Rule + "/" + f.Field
}

// Replaces reports why p cannot take the place of before. A second factor and an
// authentication context are not switched on together; an authentication context joins a
// second factor that was on before, and not the other way round (errors.md 1c). Where both
// are on, both are asked for.
func (p Policy) Replaces(before Policy) error {
	flaws := p.Flaws()
	mfa := p.EndUserAssignment.Enablement.MFA
	if both := mfa && p.Context.Enabled; both && !before.EndUserAssignment.Enablement.MFA {
		if before.Context.Enabled {
			return fault.Bad("MfaAndAcrsConflict", "The Mfa and Acrs policy settings cannot be enabled simultaneously.").
				About("Enablement_EndUser_Assignment/enabledRules").
				With(fault.Detail{Code: "MfaAndAcrsConflict", Message: "The authentication context is on. Switch it off before you ask for MFA.", Target: "Enablement_EndUser_Assignment/enabledRules"})
		}
		flaws = append(flaws, Flaw{ContextRuleID, "isEnabled", "A second factor and an authentication context cannot be switched on together."})
	}
	return InvalidPolicy(flaws...)
}

// Flaws are all that makes p one that must not be stored.
func (p Policy) Flaws() []Flaw {
	var flaws []Flaw
	for _, phase := range p.phases() {
		flaws = append(flaws, phase.Expiration.flaws("Expiration"+phase.suffix)...)
		if phase.Phase != &p.EndUserAssignment && phase.Enablement.Ticketing {
			flaws = append(flaws, Flaw{"Enablement" + phase.suffix, "enabledRules", "Ticketing is for activations only."})
		}
		for i, n := range phase.Notifications {
			flaws = append(flaws, n.flaws("Notification_"+recipientTypes[i]+phase.suffix)...)
		}
	}
	longest := p.EndUserAssignment.Expiration.Maximum
	if end, ok := when.ParseDuration(longest, 0); ok && end > when.Instant(0).Add(longestActivation) {
		flaws = append(flaws, Flaw{"Expiration_EndUser_Assignment", "maximumDuration", "An activation lasts at most PT24H."})
	}
	return append(flaws, p.Approval.flaws()...)
}

// flaws of an expiration rule: a duration of days and hours, not of the calendar's years
// and months, whose length nobody could compare.
func (x ExpirationRule) flaws(id string) []Flaw {
	date, _, _ := strings.Cut(x.Maximum, "T")
	if _, ok := when.ParseDuration(x.Maximum, 0); !ok || strings.ContainsAny(date, "YM") {
		return []Flaw{{id, "maximumDuration", "The duration must be given in days, hours and minutes, such as P365D or PT8H."}}
	}
	return nil
}

func (n NotificationRule) flaws(id string) []Flaw {
	if len(n.Recipients) > mostRecipients {
		return []Flaw{{id, "notificationRecipients", "There are more than 1000 recipients."}}
	}
	for _, r := range n.Recipients {
		if !mailable(r) {
			return []Flaw{{id, "notificationRecipients", "A recipient is a mail address."}}
		}
	}
	return nil
}

// mailable reports whether s could be the address of somebody: one @ with something on
// both sides, and nothing that would end a header line.
func mailable(s string) bool {
	before, behind, found := strings.Cut(s, "@")
	plain := !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>",;:\`, r) })
	return found && plain && before != "" && behind != "" && !strings.Contains(behind, "@") && len(s) <= 320
}

// Unaided reports whether somebody who is eligible can activate the target without anybody
// else's word: no approval is asked for, the longest activation is not too short to be
// had, and the authentication context is one that a sign-in can meet.
func (p Policy) Unaided(s Settings) bool {
	longest, ok := when.ParseDuration(p.EndUserAssignment.Expiration.Maximum, 0)
	claim, _ := p.Context.asks()
	return !p.Approval.Required && ok && longest >= when.Instant(0).Add(s.Shortest) && (claim == "" || isContext(claim))
}

// Stepped reports whether an activation asks for a second factor: by the enablement rule, or
// for an authentication context.
func (p Policy) Stepped() bool {
	return p.Context.Enabled || p.EndUserAssignment.Enablement.MFA
}

// isContext reports whether claim names one of the authentication contexts that there can
// be: c1 to c99.
func isContext(claim string) bool {
	digits, ok := strings.CutPrefix(claim, "c")
	if !ok || len(digits) < 1 || len(digits) > 2 || digits[0] == '0' {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}
