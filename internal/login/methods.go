package login

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// methodsService is who says, in the audit log, that factors have changed.
const methodsService = "Authentication Methods"

// A Manager is somebody who changes their own factors: what they have proved is judged, in
// the lane, against what the account is then (signin.MayManage).
type Manager struct {
	User     guid.ID
	Progress signin.Progress
	// Waiting allows the change to an account that waits to be enrolled and so is disabled.
	Waiting bool
}

// ErrStepUp is the answer to a change of factors without a second factor that was given
// just now, or outside of a sign-in that may register the first.
var ErrStepUp = &fault.Fault{
	Status: 403, Code: "Authorization_RequestDenied", Message: "Prove a second factor again before you change how you sign in.",
}

// ErrTooMany is the answer to one factor too many.
var ErrTooMany = fault.Quota(fault.Principal, "An account has at most %d second factors. Remove one first.", signin.MostMethods)

// manage runs change for who may change the factors of m's account.
func (s *Server) manage(ctx context.Context, t *store.Tenant, m Manager, change func(tx *store.WriteTx, u *directory.User, a signin.Account) error) error {
	return write(ctx, t, func(tx *store.WriteTx) error {
		u, found, err := tx.User(m.User)
		if err != nil {
			return err
		}
		account, err := tx.Account(&u)
		if err != nil {
			return err
		}
		acts := u.Enabled || m.Waiting && account.Waiting
		if !found || !acts || !signin.MayManage(account, m.Progress, tx.Machine()) {
			return ErrStepUp
		}
		return change(tx, &u, account)
	})
}

// NewSeed is the seed of an authenticator app that is being registered. Until its first code
// has been proved it belongs to nobody.
func (s *Server) NewSeed() []byte {
	b := make([]byte, signin.SeedSize)
	_, _ = s.env.Read(b)
	return b
}

// AddApp registers the app that was given seed, if code is one of its codes. With the first
// factor come recovery codes, shown this once.
func (s *Server) AddApp(ctx context.Context, t *store.Tenant, try Try, m Manager, seed []byte, code, label string, keep Keep) (codes []string, err error) {
	made := s.newCodes()
	err = s.manage(ctx, t, m, func(tx *store.WriteTx, u *directory.User, a signin.Account) error {
		codes = nil
		all, err := codeDoors(&tx.ReadTx, u.ID)
		if err != nil {
			return err
		}
		if until, shut := closed(all, tx.Machine()); shut {
			return &Refusal{Code: CodeLocked, Until: until}
		}
		step, ok := signin.MatchCode(seed, code, 0, tx.Machine())
		if !ok {
			return failed(tx, try, u, true, all, CodeWrongSecond)
		}
		method := signin.Method{
			ID: s.env.NewID(), User: u.ID, Kind: signin.AppMethod, Name: labelOf(label, "Authenticator app"), Created: tx.Now(), Seed: seed, Step: step,
		}
		codes, err = s.add(tx, try, u, a, method, made)
		if err != nil {
			return err
		}
		return keep(tx, second(tx, u.ID, signin.OneTimeCode))
	})
	return codes, err
}

// NewPasskey begins to make a passkey for the user.
func (s *Server) NewPasskey(ctx context.Context, t *store.Tenant, user guid.ID) (c signin.Ceremony, err error) {
	var h signin.Holder
	if err := t.Read(ctx, func(tx *store.ReadTx) (err error) { h, err = holderOf(tx, user); return err }); err != nil {
		return c, err
	}
	return s.site.BeginRegister(h, s.challenge())
}

// errPasskey says that a browser's answer makes no passkey.
var errPasskey = fault.Bad("Request_BadRequest", "The passkey could not be registered. Try again, or use another one.")

// AddPasskey registers the passkey that a browser has made.
func (s *Server) AddPasskey(ctx context.Context, t *store.Tenant, try Try, m Manager, state, answer []byte, label string, keep Keep) (codes []string, err error) {
	made := s.newCodes()
	err = s.manage(ctx, t, m, func(tx *store.WriteTx, u *directory.User, a signin.Account) error {
		codes = nil
		h, err := holderOf(&tx.ReadTx, u.ID)
		if err != nil {
			return err
		}
		k, err := s.site.FinishRegister(h, state, answer)
		if err != nil {
			return errPasskey
		}
		if _, taken, err := tx.MethodByCredential(k.ID); err != nil || taken {
			return errors.Join(err, errPasskey)
		}
		method := signin.Method{ID: s.env.NewID(), User: u.ID, Kind: signin.PasskeyMethod, Name: labelOf(label, "Passkey"), Created: tx.Now(), Passkey: k}
		codes, err = s.add(tx, try, u, a, method, made)
		if err != nil {
			return err
		}
		return keep(tx, second(tx, u.ID, signin.PasskeyUsed))
	})
	return codes, err
}

// add stores a method with its record, and hands out recovery codes with the first.
func (s *Server) add(tx *store.WriteTx, try Try, u *directory.User, a signin.Account, m signin.Method, made []string) ([]string, error) {
	if a.Factors >= signin.MostMethods {
		return nil, ErrTooMany
	}
	tx.AddMethod(m)
	tx.Record(try.record(u, "User registered security info", "Add", methodsService, "registerSecurityInfo", described(m)...))
	if a.Codes > 0 {
		return nil, nil
	}
	s.putCodes(tx, u.ID, made)
	return made, nil
}

// described is a method in the audit log.
func described(m signin.Method) []audit.Detail {
	kind := "Authenticator app"
	if m.Kind == signin.PasskeyMethod {
		kind = "Passkey"
	}
	return []audit.Detail{{Key: "method", Value: kind}, {Key: "name", Value: m.Name}, {Key: "methodId", Value: m.ID.String()}}
}

// newCodes are fresh recovery codes as people read them.
func (s *Server) newCodes() []string {
	codes := make([]string, signin.RecoveryCodes)
	for i := range codes {
		b := make([]byte, signin.CodeSize)
		_, _ = s.env.Read(b)
		codes[i] = signin.CodeText(b)
	}
	return codes
}

func (s *Server) putCodes(tx *store.WriteTx, user guid.ID, codes []string) {
	hashes := make([]string, len(codes))
	for i, c := range codes {
		hashes[i] = signin.HashCode(user, c)
	}
	tx.PutRecoveryCodes(user, hashes)
}

// ErrNoFactor is the answer to recovery codes for an account without a second factor.
var ErrNoFactor = fault.Bad("Request_BadRequest", "Register a second factor first: recovery codes stand in for one.")

// RenewCodes gives the user new recovery codes and voids the old.
func (s *Server) RenewCodes(ctx context.Context, t *store.Tenant, try Try, m Manager) ([]string, error) {
	made := s.newCodes()
	err := s.manage(ctx, t, m, func(tx *store.WriteTx, u *directory.User, a signin.Account) error {
		if a.Factors == 0 {
			return ErrNoFactor
		}
		s.putCodes(tx, u.ID, made)
		tx.Record(try.record(u, "User changed security info", "Update", methodsService, "renewRecoveryCodes", audit.Detail{Key: "method", Value: "Recovery codes"}))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// ErrLastFactor is the answer to who would be left without a factor that is asked of them.
var ErrLastFactor = fault.Bad("Request_BadRequest", "You need a second factor to sign in. Register another before you remove the last.")

// ErrLastAdministrator is the answer to who would be left without the factor that the last way
// to Global Administrator asks for.
var ErrLastAdministrator = fault.Bad("Request_BadRequest", "Without this factor nobody could become Global Administrator. Register another before you remove it.")

// RemoveMethod takes one of the user's second factors away.
func (s *Server) RemoveMethod(ctx context.Context, t *store.Tenant, try Try, m Manager, id guid.ID) error {
	return s.manage(ctx, t, m, func(tx *store.WriteTx, u *directory.User, a signin.Account) error {
		methods, err := tx.Methods(u.ID)
		if err != nil {
			return err
		}
		for _, method := range methods {
			if method.ID != id {
				continue
			}
			if len(methods) == 1 && a.MFARequired() {
				return ErrLastFactor
			}
			kept, err := tx.KeepsAdministrator(func() error {
				tx.DropMethod(method)
				return nil
			})
			if err != nil {
				return err
			}
			if !kept {
				return ErrLastAdministrator
			}
			tx.Record(try.record(u, "User deleted security info", "Delete", methodsService, "deleteSecurityInfo", described(method)...))
			return nil
		}
		return fault.NotFound(id.String())
	})
}

// maxLabel bounds, in characters, what people call their factors.
const maxLabel = 60

// labelOf is what a person calls a factor, or what it is called by itself.
func labelOf(typed, otherwise string) string {
	typed = strings.TrimSpace(typed)
	if typed == "" || !utf8.ValidString(typed) || utf8.RuneCountInString(typed) > maxLabel || strings.ContainsFunc(typed, unicode.IsControl) {
		return otherwise
	}
	return typed
}
