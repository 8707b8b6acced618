package policy

import (
	"slices"
	"strconv"
	"strings"

	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// An edit is a policy being changed by a body. What is wrong with the body is collected, so
// that the answer names all of it, and then nothing of it is done.
type edit struct {
	policy *pim.Policy
	flaws  []pim.Flaw
	given  []string // the rules that were named
}

// apply changes a rule by what the body says of it, and keeps what it does not say. id is
// the rule that the path names, "" when only the body does.
func (e *edit) apply(v edm.Value, id string) error {
	if own, ok := v.Get("id"); ok && v.Kind == edm.ObjectValue {
		switch {
		case own.Kind != edm.StringValue || id != "" && own.Text != id:
			e.flaw(id, "id", "The id of a rule cannot be changed.")
			return nil
		case id == "":
			id = own.Text
		}
	}
	switch {
	case v.Kind != edm.ObjectValue:
		e.flaw("rules", "", "A rule is an object.")
		return nil
	case id == "":
		e.flaw("rules", "id", "Name the rule by its id.")
		return nil
	}
	old, ok := e.policy.Rule(id)
	if !ok {
		return unknownRule(id)
	}
	if slices.Contains(e.given, id) {
		e.flaw(id, "id", "The rule is given twice.")
		return nil
	}
	e.given = append(e.given, id)
	m := &merge{edit: e, rule: id, v: v}
	if m.typed(&old) {
		m.target(&old)
		e.policy.Set(id, m.body(&old))
	}
	return nil
}

func (e *edit) flaw(rule, field, why string) {
	e.flaws = append(e.flaws, pim.Flaw{Rule: rule, Field: field, Why: why})
}

// A merge lays what an object of a body says over what was.
type merge struct {
	*edit
	rule string
	at   string // the path to the object within the rule, "" for the rule itself
	v    edm.Value
	seen []string
}

// inside is the merge for a value within the object.
func (m *merge) inside(at string, v edm.Value) *merge {
	return &merge{edit: m.edit, rule: m.rule, at: m.at + at + "/", v: v}
}

func (m *merge) bad(name, why string) { m.flaw(m.rule, m.at+name, why) }

// wrong notes what edm says of a value.
func (m *merge) wrong(name string, err error) {
	if f, ok := fault.As(err); ok {
		m.bad(name, f.Message)
		return
	}
	m.bad(name, "The value cannot be read.")
}

// get is a member that is given.
func (m *merge) get(name string) (edm.Value, bool) {
	m.seen = append(m.seen, strings.ToLower(name))
	return m.v.Get(name)
}

func (m *merge) flag(name string, into *bool) (given bool) {
	v, given := m.get(name)
	if !given {
		return false
	}
	b, err := v.Boolean()
	if err != nil {
		m.wrong(name, err)
		return true
	}
	*into = b
	return true
}

func (m *merge) number(name string, into *int) {
	v, given := m.get(name)
	if !given {
		return
	}
	n, err := v.Int()
	if err != nil {
		m.wrong(name, err)
		return
	}
	*into = n
}

// word reads one of some words, in any casing.
func (m *merge) word(name string, into *string, words ...string) {
	v, given := m.get(name)
	if !given {
		return
	}
	s, err := v.Choice(&edm.Enum{Members: words})
	if err != nil {
		m.wrong(name, err)
		return
	}
	*into = s
}

// rest refuses what the object has no property for.
func (m *merge) rest(ignored ...string) {
	for _, member := range m.v.Members {
		name := strings.ToLower(member.Name)
		if strings.Contains(name, "@odata.") || slices.Contains(m.seen, name) || slices.Contains(ignored, name) {
			continue
		}
		m.bad(member.Name, "The property is not known here.")
	}
}

// typed reports whether the body names the rule's own type: a rule is one of five kinds, and
// the kind of a rule does not change (A:unifiedrolemanagementpolicyrule-update).
func (m *merge) typed(old *rule) bool {
	want := entityOf(old).Name
	v, ok := m.v.Get("@odata.type")
	switch {
	case !ok || v.Kind != edm.StringValue:
		m.bad("@odata.type", "Name the type of the rule: "+entityOf(old).TypeName()+".")
		return false
	case !strings.EqualFold(typeName(v.Text), want):
		m.bad("@odata.type", "The type of the rule is "+entityOf(old).TypeName()+" and cannot be changed.")
		return false
	}
	return true
}

// typeName is an @odata.type without what may stand before the name.
func typeName(s string) string {
	s = strings.TrimPrefix(s, "#")
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		s = s[i+1:]
	}
	return s
}

// target checks that the body does not turn the rule to somebody else. An empty or missing
// one says nothing (errors.md 1c: one once wiped other rules).
func (m *merge) target(old *rule) {
	v, given := m.get("target")
	m.seen = append(m.seen, "id")
	if !given || v.IsNull() {
		return
	}
	t := m.inside("target", v)
	if v.Kind != edm.ObjectValue {
		m.bad("target", "The target is an object.")
		return
	}
	caller, level, all := old.Caller, old.Level.String(), "all"
	t.word("caller", &caller, old.Caller)
	t.word("level", &level, old.Level.String())
	if ops, given := t.get("operations"); given && !ops.IsNull() {
		list, err := ops.Strings(16)
		if err != nil || slices.ContainsFunc(list, func(s string) bool { return !strings.EqualFold(s, all) }) {
			t.bad("operations", "A rule is for all operations.")
		}
	}
	for _, none := range []string{"inheritableSettings", "enforcedSettings", "targetObjects"} {
		if list, given := t.get(none); given && !list.IsNull() && (list.Kind != edm.ArrayValue || len(list.Items) > 0) {
			t.bad(none, "There are none.")
		}
	}
	t.rest()
}

// body is what is particular to the rule's kind, as changed.
func (m *merge) body(old *rule) pim.RuleBody {
	switch x := old.Body.(type) {
	case pim.ExpirationRule:
		return m.expiration(x)
	case pim.EnablementRule:
		return m.enablement(x)
	case pim.ContextRule:
		return m.context(x)
	case pim.ApprovalRule:
		return m.approval(x)
	case pim.NotificationRule:
		return m.notification(x, old.Recipient)
	}
	return old.Body
}

func (m *merge) expiration(x pim.ExpirationRule) pim.ExpirationRule {
	required := m.flag("isExpirationRequired", &x.Required)
	v, given := m.get("maximumDuration")
	switch {
	case given && v.Kind == edm.StringValue:
		x.Maximum = v.Text
	case given && !v.IsNull():
		m.bad("maximumDuration", "The duration must be a string, such as PT8H.")
	case required && x.Required: // errors.md 1c: not taken from what was
		m.bad("maximumDuration", "A required expiration needs a maximumDuration.")
	}
	m.rest()
	return x
}

func (m *merge) enablement(x pim.EnablementRule) pim.EnablementRule {
	if v, given := m.get("enabledRules"); given {
		list, err := v.Strings(16)
		if err != nil {
			m.wrong("enabledRules", err)
		}
		x = pim.EnablementRule{}
		for _, s := range list {
			switch {
			case strings.EqualFold(s, "MultiFactorAuthentication"):
				x.MFA = true
			case strings.EqualFold(s, "Justification"):
				x.Justification = true
			case strings.EqualFold(s, "Ticketing"):
				x.Ticketing = true
			default:
				m.bad("enabledRules", "The rules to be enabled are MultiFactorAuthentication, Justification and Ticketing.")
			}
		}
	}
	m.rest()
	return x
}

func (m *merge) context(x pim.ContextRule) pim.ContextRule {
	m.flag("isEnabled", &x.Enabled)
	if v, given := m.get("claimValue"); given {
		switch s, err := v.OptStr(); {
		case err != nil:
			m.wrong("claimValue", err)
		case v.IsNull():
			x.Claim = nil
		default:
			x.Claim = &s
		}
	}
	m.rest()
	return x
}

func (m *merge) notification(x pim.NotificationRule, recipient string) pim.NotificationRule {
	var same string
	m.word("notificationType", &same, byMail)
	m.word("recipientType", &same, recipient)
	m.word("notificationLevel", &x.Level, "None", "Critical", "All")
	m.flag("isDefaultRecipientsEnabled", &x.DefaultRecipients)
	if v, given := m.get("notificationRecipients"); given {
		list, err := v.Strings(edm.MaxValues)
		if err != nil {
			m.wrong("notificationRecipients", err)
		} else {
			x.Recipients = list
		}
	}
	m.rest()
	return x
}

func (m *merge) approval(x pim.ApprovalRule) pim.ApprovalRule {
	v, given := m.get("setting")
	m.rest()
	if !given {
		return x
	}
	if v.Kind != edm.ObjectValue {
		m.bad("setting", "The setting is an object.")
		return x
	}
	s := m.inside("setting", v)
	s.flag("isApprovalRequired", &x.Required)
	s.flag("isApprovalRequiredForExtension", &x.RequiredForExtension)
	s.flag("isRequestorJustificationRequired", &x.RequestorJustification)
	stages, staged := s.get("approvalStages")
	if staged {
		x.Stages = s.stages(stages, x.Stages)
	}
	_, moded := s.get("approvalMode")
	s.word("approvalMode", &x.Mode, "SingleStage", "Serial", "NoApproval")
	if !moded && x.Mode != "NoApproval" {
		x.Mode = "SingleStage"
		if len(x.Stages) > 1 {
			x.Mode = "Serial"
		}
	}
	if x.Required && x.Mode == "NoApproval" {
		s.bad("approvalMode", "Approval is required, and the mode says that it is not.")
	}
	s.rest()
	return x
}

// stages reads the stages, each over the one that stood in its place.
func (m *merge) stages(v edm.Value, old []pim.ApprovalStage) []pim.ApprovalStage {
	if v.Kind != edm.ArrayValue {
		m.bad("approvalStages", "The stages are an array.")
		return old
	}
	if len(v.Items) > pim.MostStages {
		m.bad("approvalStages", "There are 3 stages at most.")
		return old
	}
	list := []pim.ApprovalStage{}
	for i, item := range v.Items {
		stage := pim.ApprovalStage{TimeOutDays: 1, ApproverJustification: true, Approvers: []pim.Approver{}, Escalated: []pim.Approver{}}
		if i < len(old) {
			stage = old[i]
		}
		list = append(list, m.inside(stageAt(i), item).stage(stage))
	}
	return list
}

// stageAt is the path of a stage within the setting.
func stageAt(i int) string { return "approvalStages[" + strconv.Itoa(i) + "]" }

func (m *merge) stage(s pim.ApprovalStage) pim.ApprovalStage {
	if m.v.Kind != edm.ObjectValue {
		m.bad("", "A stage is an object.")
		return s
	}
	m.number("approvalStageTimeOutInDays", &s.TimeOutDays)
	m.flag("isApproverJustificationRequired", &s.ApproverJustification)
	m.number("escalationTimeInMinutes", &s.EscalationMinutes)
	m.flag("isEscalationEnabled", &s.Escalation)
	m.approvers("primaryApprovers", &s.Approvers)
	m.approvers("escalationApprovers", &s.Escalated)
	m.safeguards(&s)
	m.rest()
	return s
}

// safeguards reads the annotations. Null takes one away, which is weakening it.
func (m *merge) safeguards(s *pim.ApprovalStage) {
	if v, given := m.get(minimumApprovals); given && v.IsNull() {
		s.Minimum = 0
	} else {
		m.number(minimumApprovals, &s.Minimum)
	}
	if v, given := m.get(fallbackApprovers); given && v.IsNull() {
		s.Fallback = nil
	} else {
		m.approvers(fallbackApprovers, &s.Fallback)
	}
}

func (m *merge) approvers(name string, into *[]pim.Approver) {
	v, given := m.get(name)
	if !given {
		return
	}
	if v.Kind != edm.ArrayValue || len(v.Items) > pim.MostApprovers {
		m.bad(name, "The approvers are an array of at most 100.")
		return
	}
	list := []pim.Approver{}
	for _, item := range v.Items {
		if a, ok := m.approver(name, item); ok {
			list = append(list, a)
		}
	}
	*into = list
}

// approver reads whom a subjectSet names. Older clients write id in the place of userId
// and groupId, and isBackup, which says nothing here (behaviour.md §7).
func (m *merge) approver(name string, v edm.Value) (a pim.Approver, ok bool) {
	kind, typed := v.Get("@odata.type")
	for is, subject := range subjects {
		if typed && strings.EqualFold(typeName(kind.Text), subject.name) {
			a.Kind = is
		}
	}
	if a.Kind == "" || v.Kind != edm.ObjectValue {
		m.bad(name, "An approver is a #microsoft.graph.singleUser, groupMembers or requestorManager.")
		return a, false
	}
	if d, given := v.Get("description"); given {
		a.Description, _ = d.OptStr()
	}
	property := subjects[a.Kind].property
	value, given := v.Get(property)
	if a.Kind == pim.ApproverManager {
		a.Level = 1
		if given {
			a.Level, _ = value.Int()
		}
		return a, true
	}
	if !given {
		value, _ = v.Get("id")
	}
	if a.ID, ok = guid.Parse(value.Text); !ok {
		m.bad(name, "An approver of this type is named by its "+property+".")
	}
	return a, ok
}
