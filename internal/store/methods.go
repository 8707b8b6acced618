package store

import (
	"encoding/json"
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

const methodColumns = "id, user_id, kind, name, created_at, step, sealed"

// A methodSecret is what is sealed of a method: the seed, or the passkey.
type methodSecret struct {
	Seed    []byte          `json:"seed,omitempty"`
	Passkey *signin.Passkey `json:"passkey,omitempty"`
}

func (tx *ReadTx) methods(condition string, args ...any) ([]signin.Method, error) {
	var all []signin.Method
	err := tx.query("SELECT "+methodColumns+" FROM sign_in_method WHERE "+condition+" ORDER BY created_at, id", args, func(scan func(...any) error) error {
		var m signin.Method
		var sealed []byte
		if err := scan(&m.ID, &m.User, &m.Kind, &m.Name, &m.Created, &m.Step, &sealed); err != nil {
			return err
		}
		plain, err := tx.unseal("sign_in_method", m.ID.String(), "sealed", sealed)
		if err != nil {
			return err
		}
		var s methodSecret
		if err := json.Unmarshal(plain, &s); err != nil {
			return err
		}
		m.Seed = s.Seed
		if s.Passkey != nil {
			m.Passkey = *s.Passkey
		}
		all = append(all, m)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load sign-in methods: %w", err)
	}
	return all, nil
}

// Methods are the second factors of a user, the oldest first.
func (tx *ReadTx) Methods(user guid.ID) ([]signin.Method, error) {
	return tx.methods("user_id = $1", user)
}

// MethodByCredential is the passkey with that credential id.
func (tx *ReadTx) MethodByCredential(credential string) (m signin.Method, found bool, err error) {
	if credential == "" {
		return m, false, nil
	}
	all, err := tx.methods("credential = $1 AND credential > ''", credential)
	if err != nil || len(all) == 0 {
		return m, false, err
	}
	return all[0], true, nil
}

func (tx *WriteTx) sealMethod(m *signin.Method) []byte {
	s := methodSecret{Seed: m.Seed}
	if m.Kind == signin.PasskeyMethod {
		s.Passkey = &m.Passkey
	}
	return tx.seal("sign_in_method", m.ID.String(), "sealed", []byte(asJSON(s)))
}

// AddMethod gives a user a second factor, and notes that there was one. What it is to be
// judged by (how many there may be, whose the passkey is) is for the caller.
func (tx *WriteTx) AddMethod(m signin.Method) {
	tx.exec("INSERT INTO sign_in_method ("+methodColumns+", credential) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		m.ID, m.User, m.Kind, m.Name, m.Created, m.Step, tx.sealMethod(&m), m.Passkey.ID)
	tx.exec(`INSERT INTO strong_auth (user_id, mfa, had, waiting) VALUES ($1, 'disabled', 1, 0)
ON CONFLICT (user_id) DO UPDATE SET had = 1, mfa = CASE WHEN strong_auth.mfa = 'enabled' THEN 'enforced' ELSE strong_auth.mfa END`, m.User)
}

// UsedMethod stores how far a second factor's own counter has come.
func (tx *WriteTx) UsedMethod(m signin.Method) {
	tx.pass("UPDATE sign_in_method SET step = $1, sealed = $2 WHERE id = $3", m.Step, tx.sealMethod(&m), m.ID)
}

// DropMethod takes a second factor away. With the last of them go the recovery codes: they
// stand in for a factor, and are none.
func (tx *WriteTx) DropMethod(m signin.Method) {
	tx.exec("DELETE FROM sign_in_method WHERE id = $1", m.ID)
	tx.exec("DELETE FROM recovery_code WHERE user_id = $1 AND NOT EXISTS (SELECT 1 FROM sign_in_method m WHERE m.user_id = $1)", m.User)
}

// PutRecoveryCodes makes the codes with these hashes all that a user has.
func (tx *WriteTx) PutRecoveryCodes(user guid.ID, hashes []string) {
	tx.exec("DELETE FROM recovery_code WHERE user_id = $1", user)
	for _, h := range hashes {
		tx.exec("INSERT INTO recovery_code (user_id, hash) VALUES ($1, $2)", user, h)
	}
}

// SpendRecoveryCode uses up the user's code with that hash, and reports whether there was
// one: of two who show the same, one finds it.
func (tx *WriteTx) SpendRecoveryCode(user guid.ID, hash string) (bool, error) {
	var one int64
	found, err := tx.one("SELECT 1 FROM recovery_code WHERE user_id = $1 AND hash = $2", []any{user, hash}, &one)
	if err != nil {
		return false, fmt.Errorf("load recovery code: %w", err)
	}
	if found {
		tx.pass("DELETE FROM recovery_code WHERE user_id = $1 AND hash = $2", user, hash)
	}
	return found, nil
}

// Account is what a sign-in must know of u beside the row itself.
func (tx *ReadTx) Account(u *directory.User) (signin.Account, error) {
	a := signin.Account{MustChange: u.Password.ForceChange, MustChangeMFA: u.Password.ForceChangeMFA, MFA: signin.Disabled}
	var factors, codes int64
	var mfa string
	err := tx.ask(
		question{statement{"SELECT mfa, had, waiting FROM strong_auth WHERE user_id = $1", []any{u.ID}}, func(scan func(...any) error) error {
			err := scan(&mfa, &a.Had, &a.Waiting)
			a.MFA = signin.MFAState(mfa)
			return err
		}},
		question{statement{"SELECT count(*) FROM sign_in_method WHERE user_id = $1", []any{u.ID}}, func(scan func(...any) error) error { return scan(&factors) }},
		question{statement{"SELECT count(*) FROM recovery_code WHERE user_id = $1", []any{u.ID}}, func(scan func(...any) error) error { return scan(&codes) }},
	)
	if err != nil {
		return a, fmt.Errorf("load account %s: %w", u.ID, err)
	}
	a.Factors, a.Codes = int(factors), int(codes)
	return a, nil
}

// PutMFA stores what an administrator asks of a user.
func (tx *WriteTx) PutMFA(user guid.ID, state signin.MFAState) {
	tx.exec("INSERT INTO strong_auth (user_id, mfa, had, waiting) VALUES ($1, $2, 0, 0) ON CONFLICT (user_id) DO UPDATE SET mfa = excluded.mfa",
		user, string(state))
}

// PutWaiting notes whether a user has still to enrol.
func (tx *WriteTx) PutWaiting(user guid.ID, waiting bool) {
	tx.exec("INSERT INTO strong_auth (user_id, mfa, had, waiting) VALUES ($1, 'disabled', 0, $2) ON CONFLICT (user_id) DO UPDATE SET waiting = excluded.waiting",
		user, waiting)
}

const passColumns = "id, user_id, hash, created_at, start_at, minutes, once, opens_at, ends_at, used"

// Passes are the Temporary Access Passes of a user, the oldest first. Graph knows one at a
// time; one that is over stays until it is deleted or replaced.
func (tx *ReadTx) Passes(user guid.ID) ([]signin.TemporaryPass, error) {
	var all []signin.TemporaryPass
	err := tx.query("SELECT "+passColumns+" FROM access_pass WHERE user_id = $1 ORDER BY id", []any{user}, func(scan func(...any) error) error {
		var p signin.TemporaryPass
		err := scan(&p.ID, &p.User, &p.Hash, &p.Created, &p.Start, &p.Minutes, &p.Once, &p.Opens, &p.Ends, &p.Used)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load access passes: %w", err)
	}
	return all, nil
}

// PutPass makes p the only pass of its user.
func (tx *WriteTx) PutPass(p signin.TemporaryPass) {
	tx.exec("DELETE FROM access_pass WHERE user_id = $1", p.User)
	tx.exec(insertInto("access_pass", "id", "user_id", "hash", "created_at", "start_at", "minutes", "once", "opens_at", "ends_at", "used"),
		p.ID, p.User, p.Hash, p.Created, p.Start, p.Minutes, p.Once, p.Opens, p.Ends, p.Used)
}

// UsedPass notes that a pass was used.
func (tx *WriteTx) UsedPass(id guid.ID) { tx.pass("UPDATE access_pass SET used = 1 WHERE id = $1", id) }

// DropPass takes a pass away.
func (tx *WriteTx) DropPass(id guid.ID) { tx.exec("DELETE FROM access_pass WHERE id = $1", id) }

// dropSignIns removes all that a user could sign in with, for good.
func (tx *WriteTx) dropSignIns(user guid.ID) {
	for _, table := range []string{"sign_in_method", "recovery_code", "access_pass", "strong_auth", "familiar"} {
		tx.exec("DELETE FROM "+table+" WHERE user_id = $1", user)
	}
}

// Rehash stores another hash of the same password, made at the cost of now. It is dropped if
// the password has been changed meanwhile. The version stays, so that a row may be kept with
// the hash of before: it is of the same password, and would at worst be made anew again.
func (tx *WriteTx) Rehash(user guid.ID, from, to string) {
	tx.forgotten = append(tx.forgotten, user)
	tx.pass("UPDATE directory_user SET password_hash = $1 WHERE id = $2 AND password_hash = $3", to, user, from)
}

// Familiar reports whether user has signed in from address after the given instant.
func (tx *ReadTx) Familiar(user guid.ID, address string, after when.Instant) (bool, error) {
	var one int64
	found, err := tx.one("SELECT 1 FROM familiar WHERE user_id = $1 AND address = $2 AND last_at > $3", []any{user, address, after}, &one)
	if err != nil {
		return false, fmt.Errorf("load familiar address: %w", err)
	}
	return found, nil
}

// PutFamiliar notes that user has signed in from address, and forgets two that were not
// used after the given instant.
func (tx *WriteTx) PutFamiliar(user guid.ID, address string, forget when.Instant) {
	tx.pass("INSERT INTO familiar (user_id, address, last_at) VALUES ($1, $2, $3) ON CONFLICT (user_id, address) DO UPDATE SET last_at = excluded.last_at",
		user, address, tx.machine)
	tx.pass("DELETE FROM familiar WHERE (user_id, address) IN (SELECT user_id, address FROM familiar WHERE last_at <= $1 ORDER BY last_at LIMIT 2)", forget)
}
