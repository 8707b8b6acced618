package pim

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/when"
)

// design, One model of grants: an activation is in force only while its window is open
// and everything that it stands on is.
func TestInForce(t *testing.T) {
	t.Parallel()
	whole := Footing{Principal: true, Role: true, Place: true, Eligibility: when.Window{Start: noon, End: noon + 2*when.Hour}}
	s := Schedule{Kind: Activated, Window: when.Window{Start: noon, End: noon + when.Hour}}
	for _, x := range []struct {
		name   string
		now    when.Instant
		change func(*Footing)
		want   bool
	}{
		{"at its start", noon, func(*Footing) {}, true},
		{"a tick before its start", noon - 1, func(f *Footing) { f.Eligibility.Start = 0 }, false},
		{"a tick before its end", noon + when.Hour - 1, func(*Footing) {}, true},
		{"at its end", noon + when.Hour, func(*Footing) {}, false},
		{"person disabled", noon, func(f *Footing) { f.Principal = false }, false},
		{"role disabled", noon, func(f *Footing) { f.Role = false }, false},
		{"out of the group", noon, func(f *Footing) { f.Place = false }, false},
		{"eligibility gone", noon, func(f *Footing) { f.Eligibility = when.Window{} }, false},
		{"eligibility ended this instant", noon + 1, func(f *Footing) { f.Eligibility.End = noon + 1 }, false},
		{"eligibility begins at the next tick", noon, func(f *Footing) { f.Eligibility.Start = noon + 1 }, false},
	} {
		on := whole
		x.change(&on)
		if got := s.InForce(x.now, on); got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
	s.Kind = Assigned
	if !s.InForce(noon, Footing{Principal: true, Role: true, Place: true}) {
		t.Error("an assignment needs no eligibility")
	}
}

func TestDueListsBoundariesInOrder(t *testing.T) {
	t.Parallel()
	list := []Schedule{
		{ID: place, Window: when.Window{Start: noon, End: when.Never}},
		{ID: otherID, Window: when.Window{Start: noon - when.Day, End: noon}},
		{ID: unit, Window: when.Window{Start: noon - when.Day, End: noon + 1}},
	}
	want := []Event{{Schedule: otherID, At: noon, Ends: true}, {Schedule: place, At: noon}}
	if diff := cmp.Diff(want, Due(list, noon-1, noon)); diff != "" {
		t.Error(diff)
	}
	if got := Due(list, noon, noon); len(got) != 0 {
		t.Errorf("nothing is due twice: %v", got)
	}
	if got := Due(list, noon, when.Never); len(got) != 1 || got[0].Schedule != unit {
		t.Errorf("what never ends is never due: %v", got)
	}
}
