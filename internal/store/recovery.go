package store

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/signin"
)

// KeepsAdministrator makes a change, and reports whether after it there is somebody who
// could become Global Administrator without another's approval for as long as there was
// before (design, Who may touch whom). What it has staged and written is judged as it is.
func (tx *WriteTx) KeepsAdministrator(change func() error) (bool, error) {
	recovery, err := tx.Recovery()
	if err != nil {
		return false, err
	}
	before := tx.Snap().Unadministered(recovery, tx.now)
	if tx.err != nil {
		return false, tx.err
	}
	if err := change(); err != nil {
		return false, err
	}
	if recovery, err = tx.Recovery(); err != nil {
		return false, err
	}
	after := tx.Snap().Unadministered(recovery, tx.now)
	return after >= before, tx.err
}

// Recovery is what guards against lockout ask of the database. It answers for as long as the
// transaction is open, for what is stored now; if the database fails it, the transaction
// fails.
func (tx *ReadTx) Recovery() (authz.Recovery, error) {
	settings, err := tx.PIMSettings()
	if err != nil {
		return authz.Recovery{}, err
	}
	w := &waysBack{tx: tx, settings: settings, doors: map[guid.ID]door{}, policies: map[pim.Target]pim.Policy{}}
	return authz.Recovery{SignsIn: func(id guid.ID) bool { return w.door(id).any }, Activates: w.activates, Placed: w.placed}, nil
}

// waysBack looks at who could become Global Administrator. It remembers what it has read.
type waysBack struct {
	tx       *ReadTx
	settings pim.Settings
	doors    map[guid.ID]door
	policies map[pim.Target]pim.Policy
}

// A door is what a principal can sign in as: at all, and with a second factor.
type door struct{ any, second bool }

func (w *waysBack) door(id guid.ID) door {
	d, known := w.doors[id]
	if known {
		return d
	}
	if f, _ := w.tx.Snap().Object(id); f.Kind == directory.KindServicePrincipal {
		d.any = w.tx.credential(id)
	} else {
		d = w.account(id)
	}
	w.doors[id] = d
	return d
}

// account is a user's door. What a Temporary Access Pass would open is not counted: it ends.
func (w *waysBack) account(id guid.ID) (d door) {
	u, found, err := w.tx.User(id)
	if err != nil || !found {
		return d
	}
	a, err := w.tx.Account(&u)
	if err != nil {
		return d
	}
	passkey := false
	if a.Factors > 0 && u.Password.Hash == "" {
		passkey, err = w.tx.one("SELECT 1 FROM sign_in_method WHERE user_id = $1 AND kind = $2 LIMIT 1", []any{id, signin.PasskeyMethod}, new(int64))
	}
	password := u.Password.Hash != ""
	return door{
		any:    err == nil && a.Able(passkey, password, signin.Demand{}),
		second: err == nil && a.Able(passkey, password, signin.Demand{MFA: true}),
	}
}

// activates reports whether a user who is eligible could activate the target alone.
func (w *waysBack) activates(user guid.ID, t pim.Target) bool {
	p, known := w.policies[t]
	if !known {
		stored, err := w.tx.Policy(t)
		if err != nil {
			return false
		}
		p = stored.Policy
		w.policies[t] = p
	}
	return p.Unaided(w.settings) && (w.door(user).second || !p.Stepped())
}

// mostPlaced bounds the places of a group that are looked at. Beyond it there may be others
// who could have the role; it is taken for granted that there are none.
const mostPlaced = 1000

func (w *waysBack) placed(group guid.ID) (ids []guid.ID) {
	err := w.tx.query("SELECT DISTINCT s.principal_id FROM schedule s WHERE s.open = 1 AND s.group_id > '' AND s.group_id = $1 AND s.relation = 0 ORDER BY s.principal_id LIMIT $2",
		[]any{group, int64(mostPlaced)}, func(scan func(dest ...any) error) error {
			var id guid.ID
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return nil // the transaction has failed with it
	}
	return ids
}

// credential reports whether a service principal has a secret or a certificate that has not
// ended. They live on the tenant's clock, as where they are used.
func (tx *ReadTx) credential(id guid.ID) bool {
	found, err := tx.one("SELECT 1 FROM service_principal p JOIN application a ON a.app_id = p.app_id AND a.deleted_at = "+never+
		" JOIN application_secret c ON c.application_id = a.id AND c.end_at > $2 WHERE p.id = $1"+
		" UNION ALL SELECT 1 FROM service_principal p JOIN application a ON a.app_id = p.app_id AND a.deleted_at = "+never+
		" JOIN application_key k ON k.application_id = a.id AND k.end_at > $2 WHERE p.id = $1 LIMIT 1", []any{id, tx.now}, new(int64))
	return err == nil && found
}
