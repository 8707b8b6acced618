package pim

// A Policy is the 17 rules by which requests for one target are judged (behaviour.md §7).
// Fifteen of them are three phases of five; approval and authentication context stand
// alone. Their ids, callers and levels follow from their place and cannot be changed.
type Policy struct {
	AdminEligibility  Phase        `json:"adminEligibility"`
	AdminAssignment   Phase        `json:"adminAssignment"`
	EndUserAssignment Phase        `json:"endUserAssignment"`
	Approval          ApprovalRule `json:"approval"`
	Context           ContextRule  `json:"context"`
}

// A Phase is the five rules for one caller at one level.
type Phase struct {
	Expiration ExpirationRule `json:"expiration"`
	Enablement EnablementRule `json:"enablement"`
	// Notifications are what administrators, the requestor and approvers are told.
	Notifications [3]NotificationRule `json:"notifications"`
}

// An ExpirationRule bounds how long a grant may last. Maximum is an ISO 8601 duration; it
// bounds an assignment only where an end is Required, an activation always.
type ExpirationRule struct {
	Required bool   `json:"required"`
	Maximum  string `json:"maximum"`
}

// An EnablementRule names what a request must come with.
type EnablementRule struct {
	MFA           bool `json:"mfa"`
	Justification bool `json:"justification"`
	Ticketing     bool `json:"ticketing"`
}

// Names is enabledRules on the wire, in the order of the published defaults.
func (e EnablementRule) Names() []string {
	names := []string{}
	for _, rule := range []struct {
		on   bool
		name string
	}{{e.MFA, "MultiFactorAuthentication"}, {e.Justification, "Justification"}, {e.Ticketing, "Ticketing"}} {
		if rule.on {
			names = append(names, rule.name)
		}
	}
	return names
}

// A ContextRule asks for an authentication context at activation. Graph stores its claim
// unchecked; enabled without one, it asks for MFA in its place.
type ContextRule struct {
	Enabled bool    `json:"enabled"`
	Claim   *string `json:"claim"` // nil is null on the wire, which roles have by default and groups do not
}

// A NotificationRule says who is mailed about an event, and how much.
type NotificationRule struct {
	Level             string   `json:"level"` // None, Critical or All
	DefaultRecipients bool     `json:"defaultRecipients"`
	Recipients        []string `json:"recipients"`
}

// A Rule is one rule of a policy as the wire lists it.
type Rule struct {
	ID     string
	Caller string // Admin or EndUser
	Level  Side
	// Recipient is the notification's recipientType, "" for rules of other kinds.
	Recipient string
	Body      RuleBody
}

// A RuleBody is one of ExpirationRule, EnablementRule, ApprovalRule, ContextRule and
// NotificationRule.
type RuleBody interface{ ruleBody() }

func (ExpirationRule) ruleBody()   {}
func (EnablementRule) ruleBody()   {}
func (ApprovalRule) ruleBody()     {}
func (ContextRule) ruleBody()      {}
func (NotificationRule) ruleBody() {}

// Rules lists the 17 rules in the order in which Graph does.
func (p Policy) Rules() []Rule {
	rules := make([]Rule, 0, 17)
	rules = append(rules, p.AdminEligibility.rules("Admin", Eligibility)...)
	rules = append(rules, p.AdminAssignment.rules("Admin", Assignment)...)
	user := p.EndUserAssignment.rules("EndUser", Assignment)
	rules = append(rules, user[:2]...)
	rules = append(rules,
		Rule{ID: "Approval_EndUser_Assignment", Caller: "EndUser", Level: Assignment, Body: p.Approval},
		Rule{ID: "AuthenticationContext_EndUser_Assignment", Caller: "EndUser", Level: Assignment, Body: p.Context})
	return append(rules, user[2:]...)
}

// rules lists the phase's five rules: expiration, enablement, notifications.
func (p Phase) rules(caller string, level Side) []Rule {
	place := "_" + caller + "_" + level.String()
	rules := []Rule{
		{ID: "Expiration" + place, Caller: caller, Level: level, Body: p.Expiration},
		{ID: "Enablement" + place, Caller: caller, Level: level, Body: p.Enablement},
	}
	for i, recipient := range [...]string{"Admin", "Requestor", "Approver"} {
		rules = append(rules, Rule{
			ID: "Notification_" + recipient + place, Caller: caller, Level: level,
			Recipient: recipient, Body: p.Notifications[i],
		})
	}
	return rules
}

// DefaultRolePolicy is the policy that every role begins with.
func DefaultRolePolicy() Policy {
	return Policy{
		AdminEligibility:  defaultPhase(ExpirationRule{Maximum: "P365D"}, EnablementRule{}),
		AdminAssignment:   defaultPhase(ExpirationRule{Maximum: "P180D"}, EnablementRule{Justification: true}),
		EndUserAssignment: defaultPhase(ExpirationRule{Required: true, Maximum: "PT8H"}, EnablementRule{MFA: true, Justification: true}),
		Approval:          defaultApproval(),
		Context:           ContextRule{},
	}
}

// DefaultGroupPolicy is the policy that membership and ownership of every group begin
// with: unlike a role's, no permanent grants, and no second factor.
func DefaultGroupPolicy() Policy {
	p := DefaultRolePolicy()
	p.AdminEligibility.Expiration.Required = true
	p.AdminAssignment.Expiration.Required = true
	p.EndUserAssignment.Enablement.MFA = false
	p.Context.Claim = new(string)
	return p
}

func defaultPhase(expiration ExpirationRule, enablement EnablementRule) Phase {
	p := Phase{Expiration: expiration, Enablement: enablement}
	for i := range p.Notifications {
		p.Notifications[i] = NotificationRule{Level: "All", DefaultRecipients: true, Recipients: []string{}}
	}
	return p
}
