package login

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/signin"
	"ephor/internal/store"
)

const next = "another-Sentence-of-hers-8"

// within is a Hasher in one call.
type within struct {
	*Hasher
	ctx context.Context
}

func (h within) Hash(password string) (string, error) { return h.Hasher.Hash(h.ctx, password) }
func (h within) Verify(password, phc string) (bool, error) {
	return h.Hasher.Verify(h.ctx, password, phc)
}

// changes is what comes of Ada's changing her password; between runs before the lane.
func (w *world) changes(address string, fresh bool, current, next string, between func()) error {
	w.t.Helper()
	c := Change{User: adaID, Fresh: fresh}
	if err := w.tenant.Read(w.t.Context(), func(tx *store.ReadTx) error { return c.Look(tx, from(address), current, next) }); err != nil {
		return err
	}
	if err := c.Compute(within{w.hasher, w.t.Context()}, current, next); err != nil {
		return err
	}
	if between != nil {
		between()
	}
	return w.tenant.Write(w.t.Context(), func(tx *store.WriteTx) error {
		tx.Record(audit.Record{Activity: "Change", Category: "Test", Result: audit.Success, Actor: audit.Actor{Operator: "test"}})
		_, err := c.Apply(tx, from(address))
		return err
	})
}

func TestOwnPasswordIsChangedByWhoKnowsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.change(func(u *directory.User) { u.Generation = 4 })
		if err := w.changes(home, false, password, next, nil); err != nil {
			t.Fatal(err)
		}
		w.read(func(tx *store.ReadTx) error {
			u, _, err := tx.User(adaID)
			if u.Generation != 5 || u.SessionsFrom != tx.Now() || u.Password.Changed != tx.Now() {
				t.Errorf("the account is %+v", u)
			}
			return err
		})
		if old, fresh := w.signIn(home, ada, password), w.signIn(home, ada, next); old != CodeWrong || fresh != 0 {
			t.Errorf("the old password is answered with %d, the new with %d", old, fresh)
		}
	})
}

// Guesses at the present password are counted at the doors of sign-in, and its guesses at these.
func TestGuessingByChangingThePasswordClosesTheDoorOfSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range signin.PairLimit.Free - 1 {
			if got := w.code(w.changes(home, false, "wrong", next, nil)); got != CodeWrong {
				t.Fatalf("refused with %d", got)
			}
		}
		if got := w.signIn(home, ada, "wrong"); got != CodeWrong {
			t.Fatalf("the last guess: %d", got)
		}
		before := w.hasher.Done()
		if got := w.code(w.changes(home, false, password, next, nil)); got != CodeLocked || w.hasher.Done() != before {
			t.Errorf("the right password at a closed door: %d, %d hashes", got, w.hasher.Done()-before)
		}
		if got := w.signIn(home, ada, password); got != CodeLocked {
			t.Errorf("a sign-in at a closed door: %d", got)
		}
		if codes := w.logged(); codes[0] != CodeLocked || codes[1] != CodeWrong || len(codes) != int(signin.PairLimit.Free) {
			t.Errorf("the log says %v", codes)
		}
		if all := w.recorded(); slices.Contains(all, "Change") {
			t.Errorf("a refusal is recorded as a change: %v", all)
		}
		w.turn(time.Minute)
		if got := w.signIn(home, ada, password); got != 0 {
			t.Errorf("the password is no longer what it was: %d", got)
		}
	})
}

// The door that closes while a guess is being computed stays closed to it.
func TestGuessesAtTheSameTimeDoNotPassAClosedDoor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		err := w.changes(home, false, password, next, func() {
			for range signin.PairLimit.Free {
				_ = w.signIn(home, ada, "wrong")
			}
		})
		if got := w.code(err); got != CodeLocked {
			t.Errorf("answered with %d", got)
		}
	})
}

func TestPasswordThatWasChangedMeanwhileIsNotOverwritten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const hers = "what-She-made-of-it-first-9"
		err := w.changes(home, false, password, next, func() {
			if err := w.changes(home, false, password, hers, nil); err != nil {
				t.Fatal(err)
			}
		})
		if got := w.code(err); got != CodeWrong {
			t.Errorf("the second is answered with %d", got)
		}
		if got := w.signIn(home, ada, hers); got != 0 {
			t.Errorf("the first change is undone: %d", got)
		}
	})
}

// Who has a second factor gave it just now; else the password is not even looked at.
func TestStolenTokenAndPasswordDoNotChangeThePasswordOfWhoHasASecondFactor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.app()
		before := w.hasher.Done()
		for _, typed := range []string{password, "wrong"} {
			if err := w.changes(home, false, typed, next, nil); !errors.Is(err, ErrStepUp) {
				t.Errorf("%s: %v", typed, err)
			}
		}
		if w.hasher.Done() != before || len(w.logged()) != 0 {
			t.Errorf("%d hashes, log %v", w.hasher.Done()-before, w.logged())
		}
		if err := w.changes(home, true, password, next, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestFactorRegisteredMeanwhileIsAskedFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if err := w.changes(home, false, password, next, func() { w.app() }); !errors.Is(err, ErrStepUp) {
			t.Errorf("answered with %v", err)
		}
		if got := w.signIn(home, ada, password); got != 0 {
			t.Errorf("the password was changed all the same: %d", got)
		}
	})
}

// What is wrong with the new password is said whether or not the present one is right, and
// nothing is counted.
func TestNewPasswordTellsNothingOfTheOld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		before := w.hasher.Done()
		for _, weak := range []string{"short", "Contoso1Contoso", "password1234"} {
			var answers []string
			for _, typed := range []string{password, "wrong"} {
				f, ok := fault.As(w.changes(home, false, typed, weak, nil))
				if !ok || f.Status != 400 || f.Target != "newPassword" {
					t.Fatalf("%s: %v", weak, f)
				}
				answers = append(answers, f.Message)
			}
			if answers[0] != answers[1] {
				t.Errorf("%s: %v", weak, answers)
			}
		}
		for _, typed := range []string{password, "wrong-But-long-enough-3"} {
			if err := w.changes(home, false, typed, typed, nil); !errors.Is(err, ErrSamePassword) {
				t.Errorf("the same again: %v", err)
			}
		}
		if w.hasher.Done() != before || len(w.logged()) != 0 {
			t.Errorf("%d hashes, log %v", w.hasher.Done()-before, w.logged())
		}
	})
}

func TestAccountWithoutAPasswordGetsNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.change(func(u *directory.User) { u.Password.Hash = "" })
		for _, typed := range []string{"", "wrong"} {
			if got := w.code(w.changes(home, false, typed, next, nil)); got != CodeWrong {
				t.Errorf("%q: %d", typed, got)
			}
		}
	})
}
