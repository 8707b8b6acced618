package policy

import (
	"ephor/internal/edm"
	"ephor/internal/pim"
)

// The complex types of an approval rule (CSDL approvalSettings). subjectSet is abstract:
// who approves is one of the types in subjects, and carries its type.
var (
	subjectSet    = &edm.ComplexType{Name: "subjectSet"}
	approvalStage = &edm.ComplexType{Name: "unifiedApprovalStage", Fields: []edm.Field{
		{Name: "approvalStageTimeOutInDays", Type: edm.Int32},
		{Name: "escalationApprovers", Type: edm.Complex, Many: true, Of: subjectSet},
		{Name: "escalationTimeInMinutes", Type: edm.Int32},
		{Name: "isApproverJustificationRequired", Type: edm.Boolean},
		{Name: "isEscalationEnabled", Type: edm.Boolean},
		{Name: "primaryApprovers", Type: edm.Complex, Many: true, Of: subjectSet},
	}}
	approvalSettings = &edm.ComplexType{Name: "approvalSettings", Fields: []edm.Field{
		{Name: "approvalMode", Type: edm.String},
		{Name: "approvalStages", Type: edm.Complex, Many: true, Of: approvalStage},
		{Name: "isApprovalRequired", Type: edm.Boolean},
		{Name: "isApprovalRequiredForExtension", Type: edm.Boolean},
		{Name: "isRequestorJustificationRequired", Type: edm.Boolean},
	}}
)

// The annotations on a stage for what Graph has no property for. They are absent until
// somebody sets them.
const (
	minimumApprovals  = "@ephor.minimumApprovals"
	fallbackApprovers = "@ephor.fallbackApprovers"
)

// subjects are the wire's names for the kinds of approver, and of the property that says
// which one.
var subjects = map[pim.ApproverKind]struct{ name, property string }{
	pim.ApproverUser:    {"singleUser", "userId"},
	pim.ApproverGroup:   {"groupMembers", "groupId"},
	pim.ApproverManager: {"requestorManager", "managerLevel"},
}

func writeApproval(w *edm.Writer, x pim.ApprovalRule) {
	w.Begin()
	w.Name("isApprovalRequired")
	w.Bool(x.Required)
	w.Name("isApprovalRequiredForExtension")
	w.Bool(x.RequiredForExtension)
	w.Name("isRequestorJustificationRequired")
	w.Bool(x.RequestorJustification)
	w.Name("approvalMode")
	w.Str(x.Mode)
	w.Name("approvalStages")
	w.BeginArray()
	for _, s := range x.Stages {
		writeStage(w, s)
	}
	w.EndArray()
	w.End()
}

func writeStage(w *edm.Writer, s pim.ApprovalStage) {
	w.Begin()
	w.Name("approvalStageTimeOutInDays")
	w.Int(int64(s.TimeOutDays))
	w.Name("isApproverJustificationRequired")
	w.Bool(s.ApproverJustification)
	w.Name("escalationTimeInMinutes")
	w.Int(int64(s.EscalationMinutes))
	w.Name("isEscalationEnabled")
	w.Bool(s.Escalation)
	w.Name("primaryApprovers")
	writeApprovers(w, s.Approvers)
	w.Name("escalationApprovers")
	writeApprovers(w, s.Escalated)
	if s.Minimum > 0 {
		w.Name(minimumApprovals)
		w.Int(int64(s.Minimum))
	}
	if s.Fallback != nil {
		w.Name(fallbackApprovers)
		writeApprovers(w, s.Fallback)
	}
	w.End()
}

func writeApprovers(w *edm.Writer, list []pim.Approver) {
	w.BeginArray()
	for _, a := range list {
		subject := subjects[a.Kind]
		w.Begin()
		w.Name("@odata.type")
		w.Str("#microsoft.graph." + subject.name)
		if a.Kind != pim.ApproverManager {
			w.Name("description")
			w.OptStr(a.Description)
		}
		w.Name(subject.property)
		if a.Kind == pim.ApproverManager {
			w.Int(int64(a.Level))
		} else {
			w.ID(a.ID)
		}
		w.End()
	}
	w.EndArray()
}
