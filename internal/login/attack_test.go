package login

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

func TestOnlyTheRightPasswordSignsIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var p Proof
		if err := w.Password(t.Context(), w.tenant, from(home), " Ada@CONTOSO.com ", password, kept(&p)); err != nil {
			t.Fatal(err)
		}
		if p.User != adaID || len(p.Factors) != 1 || p.Factors[0].Method != signin.Password || p.Factors[0].At != w.now() || p.Opened {
			t.Errorf("proved %+v", p)
		}
		for _, wrong := range []string{"", password + "x", strings.ToUpper(password), strings.Repeat("x", 5000)} {
			if got := w.signIn(home, ada, wrong); got != CodeWrong {
				t.Errorf("%.20q: %d", wrong, got)
			}
		}
	})
}

// One answer and one hash for every name: neither bytes nor time tell which accounts there are.
func TestNamesAreNotEnumerated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.write(func(tx *store.WriteTx) error {
			u := w.person(w.env.NewID(), "None", "none@contoso.com")
			u.Password.Hash = ""
			off := w.person(w.env.NewID(), "Off", "off@contoso.com")
			off.Enabled = false
			return errors.Join(tx.InsertUser(u), tx.InsertUser(off))
		})
		for i, name := range []string{ada, "none@contoso.com", "off@contoso.com", "nobody@contoso.com", "", "\x00", "\xff", strings.Repeat("x", 4000)} {
			before := w.hasher.Done()
			err := w.Password(t.Context(), w.tenant, from(fmt.Sprintf("198.51.100.%d", i)), name, "wrong", forget)
			var r *Refusal
			if !errors.As(err, &r) || *r != (Refusal{Code: CodeWrong}) {
				t.Errorf("%.20q: %v", name, err)
			}
			if n := w.hasher.Done() - before; n != 1 {
				t.Errorf("%.20q: %d hashes", name, n)
			}
		}
		// The door closes for a name that nobody has as for any other, and then nothing is hashed.
		for _, name := range []string{ada, "nobody@contoso.com"} {
			for range signin.PairLimit.Free {
				_ = w.signIn(home, name, "wrong")
			}
			before := w.hasher.Done()
			if got := w.signIn(home, name, "wrong"); got != CodeLocked || w.hasher.Done() != before {
				t.Errorf("%s: %d after too many, %d hashes", name, got, w.hasher.Done()-before)
			}
		}
	})
}

func TestDisabledAccountIsToldSoOnlyToWhoKnowsItsPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.change(func(u *directory.User) { u.Enabled = false })
		if got := w.signIn(home, ada, "wrong"); got != CodeWrong {
			t.Errorf("a stranger is told %d", got)
		}
		if got := w.signIn(home, ada, password); got != CodeDisabled {
			t.Errorf("the owner is told %d", got)
		}
	})
}

func TestGuessingClosesTheDoorAndTimeOpensIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range signin.PairLimit.Free {
			if got := w.signIn(home, ada, "wrong"); got != CodeWrong {
				t.Fatalf("refused with %d", got)
			}
		}
		err := w.Password(t.Context(), w.tenant, from(home), ada, password, forget)
		var r *Refusal
		if !errors.As(err, &r) || r.Code != CodeLocked || r.Until != w.now().Add(time.Minute) {
			t.Errorf("the right password at a closed door: %v", err)
		}
		w.turn(time.Minute)
		if got := w.signIn(home, ada, password); got != 0 {
			t.Errorf("a minute later: %d", got)
		}
		if codes := w.logged(); codes[0] != CodeLocked || codes[1] != CodeWrong {
			t.Errorf("the log says %v", codes)
		}
	})
}

// An attacker with many machines closes the account to strangers. Its owner comes in from
// where they have been before, and from anywhere else after a quarter of an hour at most.
func TestLockoutCannotKeepTheOwnerOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if got := w.signIn(home, ada, password); got != 0 {
			t.Fatal(got)
		}
		attack := func(n int) {
			for i := range n {
				_ = w.signIn(fmt.Sprintf("198.51.%d.%d", i/200, i%200), ada, "wrong")
			}
		}
		attack(int(signin.AccountLimit.Free) + 5)
		if got := w.signIn("203.0.113.9", ada, password); got != CodeLocked {
			t.Errorf("a stranger's guess is judged in the flood: %d", got)
		}
		if got := w.signIn(home, ada, password); got != 0 {
			t.Errorf("the owner at home is locked out: %d", got)
		}
		// The attacker goes on and on; what the owner waits for is never longer than Most.
		for range 20 {
			w.turn(15 * time.Minute)
			attack(3)
		}
		w.turn(15 * time.Minute)
		if got := w.signIn("203.0.113.9", ada, password); got != 0 {
			t.Errorf("the owner elsewhere is locked out for long: %d", got)
		}
	})
}

func TestOneAddressCannotTryOnePasswordAtManyNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range signin.AddressLimit.Free {
			_ = w.signIn("2001:db8::"+fmt.Sprint(i), fmt.Sprintf("user%d@contoso.com", i), "Summer2026!")
		}
		if got := w.signIn("2001:db8::ffff", "another@contoso.com", "Summer2026!"); got != CodeLocked {
			t.Errorf("the next name is judged: %d", got)
		}
		if got := w.signIn("2001:db8:0:1::1", ada, password); got != 0 {
			t.Errorf("the neighbour is locked out: %d", got)
		}
	})
}

// Guesses that are made at once are counted one by one: no more of them are judged than of
// guesses that wait for each other.
func TestLockoutCountsConcurrentGuesses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var codes []int
		var all sync.WaitGroup
		for range 3 * signin.PairLimit.Free {
			all.Go(func() {
				err := w.Password(context.Background(), w.tenant, from(home), ada, "wrong", forget)
				mu.Lock()
				defer mu.Unlock()
				codes = append(codes, w.code(err))
			})
		}
		all.Wait()
		judged := 0
		for _, c := range codes {
			if c == CodeWrong {
				judged++
			}
		}
		if judged != int(signin.PairLimit.Free) {
			t.Errorf("%d guesses were judged", judged)
		}
	})
}

func TestReplayedCodeIsRefusedAlsoAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		code := signin.Code(w.app(), w.now())
		var mu sync.Mutex
		done := 0
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				err := w.Code(context.Background(), w.tenant, from(home), adaID, code, forget)
				mu.Lock()
				defer mu.Unlock()
				if w.code(err) == 0 {
					done++
				}
			})
		}
		all.Wait()
		if done != 1 {
			t.Errorf("the code was taken %d times", done)
		}
		w.turn(30 * time.Second)
		if got := w.code(w.Code(t.Context(), w.tenant, from(home), adaID, code, forget)); got != CodeWrongSecond {
			t.Errorf("the code was taken in the next step: %d", got)
		}
	})
}

// The code is spent even when what it was shown for fails afterwards.
func TestGuessedCodesCloseTheDoor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		seed := w.app()
		for range signin.CodeLimit.Free {
			if got := w.code(w.Code(t.Context(), w.tenant, from(home), adaID, "000000", forget)); got != CodeWrongSecond {
				t.Fatal(got)
			}
		}
		if got := w.code(w.Code(t.Context(), w.tenant, from("198.51.100.7"), adaID, signin.Code(seed, w.now()), forget)); got != CodeLocked {
			t.Errorf("the right code at a closed door: %d", got)
		}
		if got := w.code(w.RecoveryCode(t.Context(), w.tenant, from(home), adaID, "0000-0000-0000-0000", forget)); got != CodeLocked {
			t.Errorf("the other door is open: %d", got)
		}
		w.turn(time.Minute)
		if got := w.code(w.Code(t.Context(), w.tenant, from(home), adaID, signin.Code(seed, w.now()), forget)); got != 0 {
			t.Errorf("a minute later: %d", got)
		}
	})
}

func TestRecoveryCodeIsTakenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.app()
		fresh := Manager{User: adaID, Progress: signin.Progress{Factors: []signin.Factor{{Method: signin.MultiFactor, At: w.now()}}}}
		codes, err := w.RenewCodes(t.Context(), w.tenant, from(home), fresh)
		if err != nil || len(codes) != signin.RecoveryCodes {
			t.Fatal(codes, err)
		}
		var p Proof
		if err := w.RecoveryCode(t.Context(), w.tenant, from(home), adaID, strings.ToLower(codes[3]), kept(&p)); err != nil {
			t.Fatal(err)
		}
		if len(p.Factors) != 2 || p.Factors[1].Method != signin.MultiFactor {
			t.Errorf("proved %+v", p)
		}
		if got := w.code(w.RecoveryCode(t.Context(), w.tenant, from(home), adaID, codes[3], forget)); got != CodeWrongSecond {
			t.Errorf("taken twice: %d", got)
		}
		if a := w.account(); a.Codes != signin.RecoveryCodes-1 {
			t.Errorf("%d codes are left", a.Codes)
		}
		if got := w.recorded(); got[0] != "User used a recovery code" || got[1] != "User changed security info" {
			t.Errorf("recorded %v", got)
		}
	})
}

// A thief with the password alone, of every kind there is, registers nothing.
func TestFactorIsNotRegisteredWithAStolenPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		register := func(p Proof) error {
			seed := w.NewSeed()
			m := Manager{User: p.User, Progress: signin.Progress{Factors: p.Factors, Opened: p.Opened}}
			_, err := w.AddApp(context.Background(), w.tenant, from(home), m, seed, signin.Code(seed, w.now()), "", forget)
			return err
		}
		prove := func() (p Proof) {
			if err := w.Password(context.Background(), w.tenant, from(home), ada, password, kept(&p)); err != nil {
				t.Fatal(err)
			}
			return p
		}
		if err := register(prove()); !errors.Is(err, ErrStepUp) {
			t.Errorf("with the person's own password: %v", err)
		}
		w.change(func(u *directory.User) { u.Password.ForceChange = true })
		initial := prove()
		if err := register(initial); err != nil {
			t.Errorf("with the initial password: %v", err)
		}
		// The sign-in that was opened before the factor came opens no more.
		if err := register(initial); !errors.Is(err, ErrStepUp) {
			t.Errorf("a second factor beside the first, without proving it: %v", err)
		}
		if err := register(prove()); !errors.Is(err, ErrStepUp) {
			t.Errorf("with a password that was set for who has a factor: %v", err)
		}
		w.write(func(tx *store.WriteTx) error {
			methods, err := tx.Methods(adaID)
			tx.DropMethod(methods[0])
			return err
		})
		if err := register(prove()); !errors.Is(err, ErrStepUp) {
			t.Errorf("with a password that was set for who had a factor: %v", err)
		}
		if w.account().Factors != 0 {
			t.Error("a factor was registered")
		}
	})
}

func TestPassOpensWhatAStolenPasswordDoesNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		code := signin.CodeText([]byte("ten bytes!"))
		w.write(func(tx *store.WriteTx) error {
			tx.PutPass(signin.TemporaryPass{ID: w.env.NewID(), User: adaID, Hash: signin.HashCode(adaID, code), Once: true, Opens: w.now(), Ends: w.now().Add(time.Hour)})
			return nil
		})
		try := func(name, pass string) (p Proof, code int) {
			return p, w.code(w.Pass(context.Background(), w.tenant, from(home), name, pass, kept(&p)))
		}
		for _, name := range []string{"nobody@contoso.com", ""} {
			if _, got := try(name, code); got != CodeWrongPass {
				t.Errorf("%q: %d", name, got)
			}
		}
		if _, got := try(ada, "0000-0000-0000-0000"); got != CodeWrongPass {
			t.Errorf("a wrong pass: %d", got)
		}
		var p Proof
		if err := w.Pass(t.Context(), w.tenant, from(home), ada, code, kept(&p)); err != nil {
			t.Fatal(err)
		}
		if !p.Opened || len(p.Factors) != 2 || p.Factors[1].Method != signin.MultiFactor {
			t.Errorf("proved %+v", p)
		}
		if _, got := try(ada, code); got != CodeWrongPass {
			t.Errorf("used twice: %d", got)
		}
	})
}

func TestPasswordIsRehashedAtTheCostOfToday(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		dear := signin.Cost{Memory: 9 * 1024, Time: 1, Threads: 1}
		h, err := NewHasher(w.env, dear)
		if err != nil {
			t.Fatal(err)
		}
		w.hasher = h
		hash := func() (phc string) {
			w.read(func(tx *store.ReadTx) error { u, _, err := tx.User(adaID); phc = u.Password.Hash; return err })
			return phc
		}
		was := hash()
		if got := w.signIn(home, ada, "wrong"); got != CodeWrong || hash() != was {
			t.Errorf("%d; a wrong password changed the hash: %v", got, hash() != was)
		}
		if got := w.signIn(home, ada, password); got != 0 || dear.Stale(hash()) {
			t.Errorf("%d; the hash is %s", got, hash())
		}
		if got := w.signIn(home, ada, password); got != 0 {
			t.Errorf("with the new hash: %d", got)
		}
	})
}

func TestNewPasswordMustFollowTheRulesAndDifferAndEndsEverything(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.change(func(u *directory.User) { u.Password.ForceChange = true })
		change := func(p string) error {
			return w.ChangePassword(context.Background(), w.tenant, from(home), adaID, p, forget)
		}
		for _, p := range []string{"short", "Contoso2026!", "Password123!", ""} {
			if _, ok := fault.As(change(p)); !ok {
				t.Errorf("%q was taken", p)
			}
		}
		if err := change(password); !errors.Is(err, ErrSamePassword) {
			t.Errorf("the old password: %v", err)
		}
		if err := change("another-Sentence-of-hers-8"); err != nil {
			t.Fatal(err)
		}
		w.read(func(tx *store.ReadTx) error {
			u, _, err := tx.User(adaID)
			if u.Password.ForceChange || u.Generation != 1 || u.Password.Changed != tx.Now() {
				t.Errorf("the account is %+v", u)
			}
			return err
		})
		if w.signIn(home, ada, password) != CodeWrong || w.signIn(home, ada, "another-Sentence-of-hers-8") != 0 {
			t.Error("the old password is still the one")
		}
		if !slices.Contains(w.recorded(), "Change user password") {
			t.Error("nothing recorded")
		}
	})
}

func TestLastFactorThatIsRequiredStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.app()
		w.write(func(tx *store.WriteTx) error { tx.PutMFA(adaID, signin.Enforced); return nil })
		var id guid.ID
		w.read(func(tx *store.ReadTx) error { all, err := tx.Methods(adaID); id = all[0].ID; return err })
		at := func(at when.Instant) Manager {
			return Manager{User: adaID, Progress: signin.Progress{Factors: []signin.Factor{{Method: signin.MultiFactor, At: at}}}}
		}
		remove := func(m Manager) error { return w.RemoveMethod(context.Background(), w.tenant, from(home), m, id) }
		if err := remove(at(w.now().Add(-10 * time.Minute))); !errors.Is(err, ErrStepUp) {
			t.Errorf("with a proof of ten minutes ago: %v", err)
		}
		if err := remove(at(w.now())); !errors.Is(err, ErrLastFactor) {
			t.Errorf("the last one: %v", err)
		}
		w.write(func(tx *store.WriteTx) error { tx.PutMFA(adaID, signin.Disabled); return nil })
		if err := remove(at(w.now())); err != nil {
			t.Error(err)
		}
	})
}
