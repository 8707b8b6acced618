package privilege

import (
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// An approval is one as its caller sees it.
type approval struct {
	store.Waiting
	stages []stage
}

// A stage is one round of an approval as its caller sees it.
type stage struct {
	id     guid.ID
	status string
	result pim.Result
	mine   bool     // the caller decides it, or might have
	word   pim.Word // the last one said; zero while there is none
}

// Stages are approvalStages in v1.0 and approvalSteps in beta: the same by two names
// (behaviour.md §8, 1). The properties are in the order of the published examples.
var (
	stageEntity    = edm.Declare(edm.Entity[stage]{Name: "approvalStage", Properties: stageProperties()})
	approvalEntity = edm.Declare(edm.Entity[approval]{Name: "approval", Properties: approvalProperties("stages")})
	// steppedEntity is beta's; it is described by the former.
	steppedEntity = edm.Declare(edm.Entity[approval]{Name: "approval", Properties: approvalProperties("steps")})
)

var reviewer = &edm.ComplexType{Name: "identity", Fields: []edm.Field{{Name: "displayName", Type: edm.String}, {Name: "id", Type: edm.String}}}

func approvalProperties(stages string) []edm.Property[approval] {
	return []edm.Property[approval]{
		face.Filters(face.IDOf("id", "id", func(a *approval) guid.ID { return a.Request.ID }), edm.Equal, 0),
		{Name: stages, Type: edm.Complex, Many: true, Of: &edm.ComplexType{Name: "approvalStage"}, Write: func(w *edm.Writer, a *approval) {
			w.BeginArray()
			for i := range a.stages {
				stageEntity.Write(w, &a.stages[i], stageEntity.Default())
			}
			w.EndArray()
		}},
	}
}

func stageProperties() []edm.Property[stage] {
	return []edm.Property[stage]{
		face.IDOf("id", "", func(s *stage) guid.ID { return s.id }),
		face.Absent[stage]("displayName", edm.String),
		face.InstantOf("reviewedDateTime", "", func(s *stage) when.Instant {
			if s.word.By.IsZero() {
				return when.Never
			}
			return s.word.At
		}),
		{Name: "reviewResult", Type: edm.String, Write: func(w *edm.Writer, s *stage) { w.Str(string(s.result)) }},
		{Name: "status", Type: edm.String, Write: func(w *edm.Writer, s *stage) { w.Str(s.status) }},
		{Name: "assignedToMe", Type: edm.Boolean, Write: func(w *edm.Writer, s *stage) { w.Bool(s.mine) }},
		{Name: "justification", Type: edm.String, Write: func(w *edm.Writer, s *stage) { w.Str(s.word.Why) }},
		{Name: "reviewedBy", Type: edm.Complex, Of: reviewer, Write: func(w *edm.Writer, s *stage) {
			if s.word.By.IsZero() {
				w.Null()
				return
			}
			w.Begin()
			w.Name("displayName")
			w.OptStr(s.word.Name)
			w.Name("id")
			w.ID(s.word.By)
			w.End()
		}},
	}
}

// ofRequests is a table of requests as one of approvals.
func ofRequests(t *store.Table[pim.Request]) *store.Table[approval] {
	return store.As(t, func(r pim.Request) approval { return approval{Waiting: store.Waiting{Request: r}} }, func(a *approval) *pim.Request { return &a.Request })
}
