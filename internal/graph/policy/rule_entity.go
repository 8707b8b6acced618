package policy

import (
	"ephor/internal/edm"
	"ephor/internal/op"
	"ephor/internal/pim"

	"ephor/internal/graph/face"
)

type rule = pim.Rule

const ruleBase = "unifiedRoleManagementPolicyRule"

// The rules, by kind. A rule is one of the five and never of the base alone, so each
// carries its type wherever it stands.
var (
	baseEntity       = ruleEntity("")
	expirationEntity = ruleEntity("Expiration",
		edm.Property[rule]{Name: "isExpirationRequired", Type: edm.Boolean, Write: body(func(w *edm.Writer, x pim.ExpirationRule) { w.Bool(x.Required) })},
		edm.Property[rule]{Name: "maximumDuration", Type: edm.Duration, Write: body(func(w *edm.Writer, x pim.ExpirationRule) { w.Str(x.Maximum) })},
	)
	enablementEntity = ruleEntity("Enablement",
		edm.Property[rule]{Name: "enabledRules", Type: edm.String, Many: true, Write: body(func(w *edm.Writer, x pim.EnablementRule) { w.Strs(x.Names()) })},
	)
	approvalEntity = ruleEntity("Approval",
		edm.Property[rule]{Name: "setting", Type: edm.Complex, Of: approvalSettings, Write: body(writeApproval)},
	)
	contextEntity = ruleEntity("AuthenticationContext",
		edm.Property[rule]{Name: "isEnabled", Type: edm.Boolean, Write: body(func(w *edm.Writer, x pim.ContextRule) { w.Bool(x.Enabled) })},
		edm.Property[rule]{Name: "claimValue", Type: edm.String, Write: body(func(w *edm.Writer, x pim.ContextRule) { w.Ptr(x.Claim) })},
	)
	notificationEntity = ruleEntity("Notification",
		edm.Property[rule]{Name: "notificationType", Type: edm.String, Write: func(w *edm.Writer, _ *rule) { w.Str(byMail) }},
		edm.Property[rule]{Name: "recipientType", Type: edm.String, Write: func(w *edm.Writer, r *rule) { w.Str(r.Recipient) }},
		edm.Property[rule]{Name: "notificationLevel", Type: edm.String, Write: body(func(w *edm.Writer, x pim.NotificationRule) { w.Str(x.Level) })},
		edm.Property[rule]{Name: "isDefaultRecipientsEnabled", Type: edm.Boolean, Write: body(func(w *edm.Writer, x pim.NotificationRule) { w.Bool(x.DefaultRecipients) })},
		edm.Property[rule]{Name: "notificationRecipients", Type: edm.String, Many: true, Write: body(func(w *edm.Writer, x pim.NotificationRule) { w.Strs(x.Recipients) })},
	)
	ruleEntities = []*edm.Entity[rule]{expirationEntity, enablementEntity, approvalEntity, contextEntity, notificationEntity}
)

// byMail is the only way in which anybody is notified.
const byMail = "Email"

// ruleEntity declares the rules of a kind; "" is the base of them all.
func ruleEntity(kind string, own ...edm.Property[rule]) *edm.Entity[rule] {
	e := edm.Entity[rule]{Name: ruleBase, Typed: true}
	if kind != "" {
		e.Name, e.Base = "unifiedRoleManagementPolicy"+kind+"Rule", ruleBase
	}
	e.Properties = append([]edm.Property[rule]{text("id", func(r *rule) string { return r.ID })}, own...)
	e.Properties = append(e.Properties, edm.Property[rule]{Name: "target", Type: edm.Complex, Of: ruleTarget, Write: writeTarget})
	return edm.Declare(e)
}

// body writes a rule by what is particular to its kind.
func body[B pim.RuleBody](write func(*edm.Writer, B)) func(*edm.Writer, *rule) {
	return func(w *edm.Writer, r *rule) {
		b, ok := r.Body.(B)
		if !ok {
			w.Null()
			return
		}
		write(w, b)
	}
}

// entityOf is the declaration of a rule's kind.
func entityOf(r *rule) *edm.Entity[rule] {
	switch r.Body.(type) {
	case pim.ExpirationRule:
		return expirationEntity
	case pim.EnablementRule:
		return enablementEntity
	case pim.ApprovalRule:
		return approvalEntity
	case pim.ContextRule:
		return contextEntity
	}
	return notificationEntity
}

// ruleTarget is whom a rule is for. It follows from the rule's id and cannot be changed.
var (
	ruleTarget = &edm.ComplexType{Name: "unifiedRoleManagementPolicyRuleTarget", Fields: []edm.Field{
		{Name: "caller", Type: edm.String},
		{Name: "enforcedSettings", Type: edm.String, Many: true},
		{Name: "inheritableSettings", Type: edm.String, Many: true},
		{Name: "level", Type: edm.String},
		{Name: "operations", Type: edm.String, Many: true, Enum: targetOperations},
	}}
	targetOperations = &edm.Enum{Name: "unifiedRoleManagementPolicyRuleTargetOperations", Members: []string{
		"all", "activate", "deactivate", "assign", "update", "remove", "extend", "renew",
	}}
)

func writeTarget(w *edm.Writer, r *rule) {
	w.Begin()
	w.Name("caller")
	w.Str(r.Caller)
	w.Name("operations")
	w.Strs([]string{"all"})
	w.Name("level")
	w.Str(r.Level.String())
	w.Name("inheritableSettings")
	w.Strs(nil)
	w.Name("enforcedSettings")
	w.Strs(nil)
	w.End()
}

// A ruleSelection is what is shown of rules of each kind.
type ruleSelection struct{ kinds face.Kinds[rule] }

// selectRules resolves a $select of rules, in which the properties of any kind may be named.
func selectRules(names []string) (ruleSelection, error) {
	kinds, err := face.SelectKinds(ruleBase, ruleEntities, names)
	return ruleSelection{kinds}, err
}

// writeMembers puts a rule into the object that is open.
func (s ruleSelection) writeMembers(c *op.Call, w *edm.Writer, r *rule) {
	s.kinds.WriteMembers(c, w, entityOf(r), r)
}

// writeAll puts rules as a collection.
func (s ruleSelection) writeAll(c *op.Call, w *edm.Writer, rules []rule) {
	w.BeginArray()
	for i := range rules {
		w.Begin()
		s.writeMembers(c, w, &rules[i])
		w.End()
	}
	w.EndArray()
}
