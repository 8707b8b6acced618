package login

import (
	"context"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// Pass judges a name and a Temporary Access Pass, which is used up if it is for one use.
// The refusals are those of Password, with CodeWrongPass.
func (s *Server) Pass(ctx context.Context, t *store.Tenant, try Try, typed, pass string, keep Keep) error {
	n := nameOf(typed)
	return write(ctx, t, func(tx *store.WriteTx) error {
		u, _, err := n.find(&tx.ReadTx)
		if err != nil {
			return err
		}
		spend := func(tx *store.WriteTx, u *directory.User) (bool, error) { return spendPass(tx, u.ID, pass) }
		return s.judge(tx, try, n, attempt{right: true, phc: u.Password.Hash, method: signin.Pass, wrong: CodeWrongPass, spend: spend}, keep)
	})
}

// spendPass reports whether the user has that pass and may use it now.
func spendPass(tx *store.WriteTx, user guid.ID, pass string) (bool, error) {
	all, err := tx.Passes(user)
	if err != nil {
		return false, err
	}
	given := signin.HashCode(user, pass)
	for i := range all {
		usable, _ := all[i].Usable(tx.Machine())
		if signin.MatchHash(all[i].Hash, given) && usable {
			tx.UsedPass(all[i].ID)
			return true, nil
		}
	}
	return false, nil
}

// code judges a code of a user who has proved a first factor. check tells whether it is
// right, and uses it up.
func (s *Server) code(ctx context.Context, t *store.Tenant, try Try, user guid.ID, method string, keep Keep, check func(tx *store.WriteTx) (bool, error)) error {
	return write(ctx, t, func(tx *store.WriteTx) error {
		u, found, err := tx.User(user)
		if err != nil {
			return err
		}
		all, err := codeDoors(&tx.ReadTx, user)
		if err != nil {
			return err
		}
		if until, shut := closed(all, tx.Machine()); shut {
			return &Refusal{Code: CodeLocked, Until: until}
		}
		right, err := check(tx)
		if err != nil {
			return err
		}
		if !right || !found {
			return failed(tx, try, &u, found, all, CodeWrongSecond)
		}
		tx.DropTally(all[0].key)
		return keep(tx, second(tx, user, method))
	})
}

// second is the proof of a second factor, which makes the sign-in multi-factor.
func second(tx *store.WriteTx, user guid.ID, method string) Proof {
	return Proof{User: user, Factors: []signin.Factor{{Method: method, At: tx.Machine()}, {Method: signin.MultiFactor, At: tx.Machine()}}}
}

// Code judges the code of one of the user's authenticator apps. A code is taken once, also
// of two who show it at the same time.
func (s *Server) Code(ctx context.Context, t *store.Tenant, try Try, user guid.ID, code string, keep Keep) error {
	return s.code(ctx, t, try, user, signin.OneTimeCode, keep, func(tx *store.WriteTx) (bool, error) {
		methods, err := tx.Methods(user)
		if err != nil {
			return false, err
		}
		for _, m := range methods {
			if m.Kind != signin.AppMethod {
				continue
			}
			if step, ok := signin.MatchCode(m.Seed, code, m.Step, tx.Machine()); ok {
				m.Step = step
				tx.UsedMethod(m)
				return true, nil
			}
		}
		return false, nil
	})
}

// RecoveryCode judges one of the user's recovery codes, which is used up.
func (s *Server) RecoveryCode(ctx context.Context, t *store.Tenant, try Try, user guid.ID, code string, keep Keep) error {
	return s.code(ctx, t, try, user, signin.Recovery, keep, func(tx *store.WriteTx) (bool, error) {
		ok, err := tx.SpendRecoveryCode(user, signin.HashCode(user, code))
		if ok && err == nil {
			if u, found, err := tx.User(user); err != nil {
				return false, err
			} else if found {
				tx.Record(try.record(&u, "User used a recovery code", "Update", methodsService, "useRecoveryCode"))
			}
		}
		return ok, err
	})
}

// PasskeyOptions begins to prove a passkey: one of the user's, or anybody's if user is zero.
func (s *Server) PasskeyOptions(ctx context.Context, t *store.Tenant, user guid.ID) (c signin.Ceremony, err error) {
	var h signin.Holder
	if !user.IsZero() {
		err = t.Read(ctx, func(tx *store.ReadTx) (err error) { h, err = holderOf(tx, user); return err })
	}
	if err != nil {
		return c, err
	}
	return s.site.BeginProve(h, s.challenge())
}

func (s *Server) challenge() []byte {
	b := make([]byte, signin.ChallengeSize)
	_, _ = s.env.Read(b)
	return b
}

// holderOf is a user with their passkeys.
func holderOf(tx *store.ReadTx, user guid.ID) (h signin.Holder, err error) {
	u, found, err := tx.User(user)
	if err != nil || !found {
		return h, err
	}
	h = signin.Holder{User: user, Name: u.UPN, Display: u.DisplayName}
	methods, err := tx.Methods(user)
	for _, m := range methods {
		if m.Kind == signin.PasskeyMethod {
			h.Passkeys = append(h.Passkeys, m.Passkey)
		}
	}
	return h, err
}

// Passkey judges a browser's answer in the ceremony that was begun as state: as the second
// factor of user, or of whoever holds the passkey, as a whole sign-in, if user is zero.
// Failures are not counted: a signature is not guessed, and whoever names an account could
// close it to its owner.
func (s *Server) Passkey(ctx context.Context, t *store.Tenant, try Try, user guid.ID, state, answer []byte, keep Keep) error {
	holder, credential, ok := signin.Shown(answer)
	if !ok {
		return &Refusal{Code: CodeWrongSecond}
	}
	whole := user.IsZero()
	if !whole {
		holder = user
	}
	return write(ctx, t, func(tx *store.WriteTx) error {
		u, found, err := tx.User(holder)
		if err != nil {
			return err
		}
		right := false
		if found {
			if right, err = s.usePasskey(tx, holder, credential, state, answer); err != nil {
				return err
			}
		}
		switch {
		case !right && !whole:
			return failed(tx, try, &u, found, nil, CodeWrongSecond)
		case !right:
			return &Refusal{Code: CodeWrongSecond}
		case !u.Enabled:
			return disabled(tx, try, &u)
		}
		if whole {
			tx.PutFamiliar(u.ID, Network(try.Address), tx.Machine()-familiarFor)
		}
		return keep(tx, second(tx, holder, signin.PasskeyUsed))
	})
}

// usePasskey reports whether the answer proves a passkey of user, and moves its counter on.
func (s *Server) usePasskey(tx *store.WriteTx, user guid.ID, credential string, state, answer []byte) (bool, error) {
	m, found, err := tx.MethodByCredential(credential)
	if err != nil || !found || m.User != user {
		return false, err
	}
	h, err := holderOf(&tx.ReadTx, user)
	if err != nil {
		return false, err
	}
	proved, err := s.site.FinishProve(h, state, answer)
	if err != nil || proved.ID != m.Passkey.ID {
		return false, nil //nolint:nilerr // a proof that fails is a refusal; what exactly failed helps nobody but its forger
	}
	m.Passkey.Credential = proved.Credential
	tx.UsedMethod(m)
	return true, nil
}
