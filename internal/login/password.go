package login

import (
	"context"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// Password judges a name and a password. One hash is computed whoever is named, and the
// answer to a name that nobody has, to an account without a password and to a wrong one is
// the same. The refusals are CodeWrong, CodeLocked, and to who knows the password
// CodeDisabled.
func (s *Server) Password(ctx context.Context, t *store.Tenant, try Try, typed, password string, keep Keep) error {
	n := nameOf(typed)
	var u directory.User
	var shut *Refusal
	err := t.Read(ctx, func(tx *store.ReadTx) (err error) {
		if u, _, err = n.find(tx); err != nil {
			return err
		}
		shut, err = s.shut(tx, n, &u, try)
		return err
	})
	if err != nil {
		return err
	}
	if shut != nil {
		return shut
	}
	phc := u.Password.Hash
	right, err := s.hasher.Verify(ctx, password, phc)
	if err != nil {
		return err
	}
	right = right && phc != ""
	fresh, err := s.rehash(ctx, right, password, phc)
	if err != nil {
		return err
	}
	return write(ctx, t, func(tx *store.WriteTx) error {
		return s.judge(tx, try, n, attempt{right: right, phc: phc, fresh: fresh, method: signin.Password, wrong: CodeWrong}, keep)
	})
}

// rehash is the hash of a password that was right, where the cost has changed since the one
// that is stored was made.
func (s *Server) rehash(ctx context.Context, right bool, password, phc string) (string, error) {
	if !right || !s.hasher.cost.Stale(phc) {
		return "", nil
	}
	return s.hasher.Hash(ctx, password)
}

// shut is the refusal while a door is closed.
func (s *Server) shut(tx *store.ReadTx, n name, u *directory.User, try Try) (*Refusal, error) {
	all, err := doors(tx, n, u, try)
	if err != nil {
		return nil, err
	}
	if until, shut := closed(all, tx.Machine()); shut {
		return &Refusal{Code: CodeLocked, Until: until}, nil
	}
	return nil, nil
}

// An attempt is a first proof as it was judged outside of the lane.
type attempt struct {
	right  bool
	phc    string // the hash that it was compared with
	fresh  string // the same password's new hash, "" for none
	method string
	wrong  int // the number of its refusal
	// spend, if set, judges the rest in the lane: what is used up by it.
	spend func(tx *store.WriteTx, u *directory.User) (bool, error)
}

// judge is the part of a first proof that nobody may come between.
func (s *Server) judge(tx *store.WriteTx, try Try, n name, a attempt, keep Keep) error {
	u, found, err := n.find(&tx.ReadTx)
	if err != nil {
		return err
	}
	all, err := doors(&tx.ReadTx, n, &u, try)
	if err != nil {
		return err
	}
	if until, shut := closed(all, tx.Machine()); shut {
		return &Refusal{Code: CodeLocked, Until: until}
	}
	right := a.right && found && u.Password.Hash == a.phc
	if right && a.spend != nil {
		if right, err = a.spend(tx, &u); err != nil {
			return err
		}
	}
	if !right {
		return failed(tx, try, &u, found, all, a.wrong)
	}
	if !u.Enabled {
		return disabled(tx, try, &u)
	}
	return s.passed(tx, try, n, &u, a, keep)
}

// failed counts a failure and answers with the refusal. A name that nobody has is counted
// and is not in the log: it would be a place for anybody to write in.
func failed(tx *store.WriteTx, try Try, u *directory.User, found bool, all []door, code int) error {
	tx.Effect(func(tx *store.WriteTx) error {
		logged := code
		if count(tx, all) {
			logged = CodeLocked
		}
		if found {
			tx.SignIn(try.event(u, logged))
		}
		return nil
	})
	return &Refusal{Code: code}
}

// disabled refuses who has proved to be somebody who may not act.
func disabled(tx *store.WriteTx, try Try, u *directory.User) error {
	tx.Effect(func(tx *store.WriteTx) error { tx.SignIn(try.event(u, CodeDisabled)); return nil })
	return &Refusal{Code: CodeDisabled}
}

// passed keeps a first proof.
func (s *Server) passed(tx *store.WriteTx, try Try, n name, u *directory.User, a attempt, keep Keep) error {
	account, err := tx.Account(u)
	if err != nil {
		return err
	}
	if a.fresh != "" {
		tx.Rehash(u.ID, a.phc, a.fresh)
	}
	network := Network(try.Address)
	tx.DropTally(tallyKey("pair", string(n), network))
	tx.PutFamiliar(u.ID, network, tx.Machine()-familiarFor)
	p := Proof{User: u.ID, Factors: []signin.Factor{{Method: a.method, At: tx.Machine()}}, Opened: account.Opens(a.method)}
	if a.method == signin.Pass {
		// A pass is short-lived, handed over in person and good for one: it stands for all that
		// its holder has lost.
		p.Factors = append(p.Factors, signin.Factor{Method: signin.MultiFactor, At: tx.Machine()})
	}
	return keep(tx, p)
}

// BannedOf are the words that no password of the tenant may be made of.
func BannedOf(org directory.Organization) []string {
	words := splitWords(org.DisplayName)
	for _, d := range org.Domains {
		words = append(words, splitWords(d)...)
	}
	return words
}

// SignOutEverywhere ends all of the user's sessions and tokens.
func (s *Server) SignOutEverywhere(ctx context.Context, t *store.Tenant, try Try, user guid.ID) error {
	return write(ctx, t, func(tx *store.WriteTx) error {
		u, found, err := tx.User(user)
		if err != nil || !found {
			return err
		}
		u.SessionsFrom, u.Generation = tx.Now(), u.Generation+1
		tx.Record(try.record(&u, "Update StsRefreshTokenValidFrom Timestamp", "Update", "Core Directory", "revokeSignInSessions"))
		return tx.UpdateUser(u)
	})
}
