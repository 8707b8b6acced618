package login

import (
	"context"
	"errors"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// ErrSamePassword is the answer to a new password that is the old one.
var ErrSamePassword = &fault.Fault{
	Status: 400, Code: "Request_BadRequest", Target: atNewPassword, Message: "The new password must differ from the old one.",
}

const atNewPassword = "newPassword"

// errMoved says that the account is not as it was when the work began.
var errMoved = errors.New("the password was changed meanwhile")

// fit refuses a password that the rules for u's refuse, with a fault that says why.
func fit(tx *store.ReadTx, u *directory.User, password string) error {
	org, err := tx.Organization()
	if err != nil {
		return err
	}
	rules := signin.RulesFor(u.Profile.PasswordPolicies)
	rules.Banned = BannedOf(org)
	if f := rules.Judge(password, u.UPN); f != nil {
		return f.About(atNewPassword)
	}
	return nil
}

// setPassword gives u a new password, and ends all sessions and tokens that the old one had
// given.
func setPassword(tx *store.WriteTx, u directory.User, hash string) error {
	u.Password = directory.Password{Hash: hash, Changed: tx.Now()}
	u.SessionsFrom, u.Generation = tx.Now(), u.Generation+1
	return tx.UpdateUser(u)
}

// ChangePassword gives the user a new password, and ends all sessions and tokens that the
// old one had given. Who may is for the caller to have judged, and to judge again in keep.
// A password that the rules refuse is a fault that says why.
func (s *Server) ChangePassword(ctx context.Context, t *store.Tenant, try Try, user guid.ID, password string, keep Keep) error {
	var u directory.User
	err := t.Read(ctx, func(tx *store.ReadTx) (err error) {
		if u, _, err = tx.User(user); err != nil {
			return err
		}
		return fit(tx, &u, password)
	})
	if err != nil {
		return err
	}
	if u.Password.Hash != "" {
		same, err := s.hasher.Verify(ctx, password, u.Password.Hash)
		if err != nil {
			return err
		}
		if same {
			return ErrSamePassword
		}
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return write(ctx, t, func(tx *store.WriteTx) error { return s.putPassword(tx, try, user, u.Password.Hash, hash, keep) })
}

func (s *Server) putPassword(tx *store.WriteTx, try Try, user guid.ID, was, hash string, keep Keep) error {
	u, found, err := tx.User(user)
	if err != nil {
		return err
	}
	if !found || u.Password.Hash != was {
		return fault.Unavailable(errMoved)
	}
	if err := setPassword(tx, u, hash); err != nil {
		return err
	}
	tx.Record(try.record(&u, "Change user password", "Update", "Core Directory", "changePassword"))
	return keep(tx, Proof{User: user, Factors: []signin.Factor{{Method: signin.Password, At: tx.Machine()}}})
}

// A Change is a password that somebody who is signed in, and knows the present one, puts in its
// place, as far as that is judged before the lane.
type Change struct {
	User guid.ID
	// Fresh says that they have given a second factor just now.
	Fresh bool

	right bool
	was   string // the hash that the present password was compared with
	hash  string // of the new password
}

// Look refuses what needs no hash: who may not, while a door is closed, a new password that the
// rules refuse. Nobody learns by it whether current is right.
func (c *Change) Look(tx *store.ReadTx, try Try, current, next string) error {
	u, err := c.account(tx)
	if err != nil {
		return err
	}
	if err := fit(tx, &u, next); err != nil {
		return err
	}
	if current == next {
		return ErrSamePassword
	}
	if _, err := c.open(tx, &u, try); err != nil {
		return err
	}
	c.was = u.Password.Hash
	return nil
}

// Hashing computes password hashes.
type Hashing interface {
	Hash(password string) (string, error)
	Verify(password, phc string) (bool, error) // as Hasher.Verify
}

// Compute is the slow part: whether current is the present password, and the hash of next. It
// is the same work whether or not there is a password at all.
func (c *Change) Compute(by Hashing, current, next string) (err error) {
	if c.right, err = by.Verify(current, c.was); err != nil {
		return err
	}
	c.right = c.right && c.was != ""
	if c.right {
		c.hash, err = by.Hash(next)
	}
	return err
}

// account is whose password is changed, if they may: who has a second factor gave it just now,
// as for every change of how one signs in.
func (c *Change) account(tx *store.ReadTx) (directory.User, error) {
	u, found, err := tx.User(c.User)
	if err != nil {
		return u, err
	}
	a, err := tx.Account(&u)
	if err == nil && (!found || a.Factors > 0 && !c.Fresh) {
		err = ErrStepUp
	}
	return u, err
}

// open are the doors of u's first proof, or the refusal while one is closed.
func (c *Change) open(tx *store.ReadTx, u *directory.User, try Try) ([]door, error) {
	all, err := doors(tx, nameOf(u.UPN), u, try)
	if err != nil {
		return nil, err
	}
	if until, shut := closed(all, tx.Machine()); shut {
		return nil, &Refusal{Code: CodeLocked, Until: until}
	}
	return all, nil
}

// Apply is the part that nobody may come between: a wrong password counts, and is in the
// sign-in log, as in a sign-in; a right one is replaced. The record is the caller's to make.
func (c *Change) Apply(tx *store.WriteTx, try Try) (u directory.User, err error) {
	if u, err = c.account(&tx.ReadTx); err != nil {
		return u, err
	}
	all, err := c.open(&tx.ReadTx, &u, try)
	if err != nil {
		return u, err
	}
	if !c.right || u.Password.Hash != c.was {
		return u, failed(tx, try, &u, true, all, CodeWrong)
	}
	tx.DropTally(tallyKey("pair", string(nameOf(u.UPN)), Network(try.Address)))
	return u, setPassword(tx, u, c.hash)
}
