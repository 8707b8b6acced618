package signin

import (
	"slices"
	"testing"

	"ephor/internal/when"
)

func TestSessionIsLiveUpToItsEnd(t *testing.T) {
	t.Parallel()
	s := Session{End: noon + when.Hour, Ended: when.Never}
	if !s.Live(noon+when.Hour-1) || s.Live(noon+when.Hour) {
		t.Error("a session does not end at its end")
	}
	s.Ended = noon
	if s.Live(noon) || !s.Live(noon-1) {
		t.Error("a session does not end by signing out")
	}
}

func TestMethodsAreNamedOnceInTheirOrder(t *testing.T) {
	t.Parallel()
	s := Session{Factors: []Factor{{Password, noon}, {"otp", noon + 5}, {MultiFactor, noon + 5}, {Password, noon + 9}}}
	if got := s.Methods(); !slices.Equal(got, []string{Password, "otp", MultiFactor}) {
		t.Errorf("Methods = %v", got)
	}
}
