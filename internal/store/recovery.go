package store

import (
	"iter"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/signin"
	"ephor/internal/when"
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
	return authz.Recovery{Doors: func(id guid.ID) []when.Window { return w.door(id).any }, Activates: w.activates, Placed: w.placed}, nil
}

// MayJoin are the users who may activate membership of a group now, without anybody else's
// word.
func (tx *ReadTx) MayJoin(group guid.ID) (iter.Seq[guid.ID], error) {
	r, err := tx.Recovery()
	return func(yield func(guid.ID) bool) {
		for id := range r.Placed(group) {
			if tx.Snap().MayJoin(r, id, group, tx.now) && !yield(id) {
				return
			}
		}
	}, err
}

// waysBack looks at who could become Global Administrator. It remembers what it has read.
type waysBack struct {
	tx       *ReadTx
	settings pim.Settings
	doors    map[guid.ID]door
	policies map[pim.Target]pim.Policy
}

// A door is when a principal can sign in: at all, and with a second factor.
type door struct{ any, second []when.Window }

func (w *waysBack) door(id guid.ID) door {
	d, known := w.doors[id]
	if known {
		return d
	}
	if f, _ := w.tx.Snap().Object(id); f.Kind == directory.KindServicePrincipal {
		d.any = w.tx.credentialTimes(id)
	} else {
		d = w.account(id)
	}
	w.doors[id] = d
	return d
}

// account is a user's door.
func (w *waysBack) account(id guid.ID) (d door) {
	u, found, err := w.tx.User(id)
	if err != nil || !found {
		return d
	}
	a, err := w.tx.Account(&u)
	if err != nil {
		return d
	}
	passkey, password := false, u.Password.Hash != ""
	if a.Factors > 0 && !password {
		passkey, err = w.tx.one("SELECT 1 FROM sign_in_method WHERE user_id = $1 AND kind = $2 LIMIT 1", []any{id, signin.PasskeyMethod}, new(int64))
		if err != nil {
			return d
		}
	}
	always := []when.Window{{Start: w.tx.now, End: when.Never}}
	if a.Able(passkey, password, signin.Demand{MFA: true}) {
		return door{always, always}
	}
	passes := w.passes(id, a)
	d = door{passes, passes}
	if a.Able(passkey, password, signin.Demand{}) {
		d.any = always
	}
	return d
}

// passes is when a Temporary Access Pass would open the account, on the tenant's clock: it is
// a second factor, and lets its holder register one, which they may or may not do.
func (w *waysBack) passes(id guid.ID, a signin.Account) (windows []when.Window) {
	all, err := w.tx.Passes(id)
	if err != nil || !a.AbleByPass(signin.Demand{MFA: true}) {
		return nil
	}
	for i := range all {
		p := &all[i]
		if spent := p.Used && p.Once; !spent && p.Ends > w.tx.machine {
			ahead := max(0, p.Opens.Sub(w.tx.machine))
			windows = append(windows, when.Window{Start: w.tx.now.Add(ahead), End: w.tx.now.Add(p.Ends.Sub(w.tx.machine))})
		}
	}
	return windows
}

// activates is when a user who is eligible could activate the target alone.
func (w *waysBack) activates(user guid.ID, t pim.Target) []when.Window {
	p, known := w.policies[t]
	if !known {
		stored, err := w.tx.Policy(t)
		if err != nil {
			return nil
		}
		p = stored.Policy
		w.policies[t] = p
	}
	d := w.door(user)
	switch {
	case !p.Unaided(w.settings):
		return nil
	case p.Stepped():
		return d.second
	}
	return d.any
}

// placedPage is how many places of a group are read at a time.
const placedPage = 500

// placed are those whom PIM gives a place in a group, in the order of their ids.
func (w *waysBack) placed(group guid.ID) iter.Seq[guid.ID] {
	return func(yield func(guid.ID) bool) {
		for last := ""; ; {
			page := w.placedAfter(group, last)
			for _, id := range page {
				if !yield(id) {
					return
				}
			}
			if len(page) < placedPage {
				return
			}
			last = page[len(page)-1].String()
		}
	}
}

func (w *waysBack) placedAfter(group guid.ID, last string) (ids []guid.ID) {
	err := w.tx.query("SELECT DISTINCT s.principal_id FROM schedule s WHERE s.open = 1 AND s.group_id > '' AND s.group_id = $1 AND s.principal_id > $2 AND s.relation = 0 ORDER BY s.principal_id LIMIT $3",
		[]any{group, last, int64(placedPage)}, func(scan func(dest ...any) error) error {
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

// credentialTimes are the times of a service principal's secrets and certificates that have not
// ended. They live on the tenant's clock, as where they are used.
func (tx *ReadTx) credentialTimes(id guid.ID) (windows []when.Window) {
	const of = " FROM service_principal p JOIN application a ON a.app_id = p.app_id AND a.deleted_at = " + never + " JOIN "
	const their = " c ON c.application_id = a.id AND c.end_at > $2 WHERE p.id = $1"
	err := tx.query("SELECT c.start_at, c.end_at"+of+"application_secret"+their+" UNION ALL SELECT c.start_at, c.end_at"+of+"application_key"+their,
		[]any{id, tx.now}, func(scan func(dest ...any) error) error {
			var w when.Window
			err := scan(&w.Start, &w.End)
			windows = append(windows, w)
			return err
		})
	if err != nil {
		return nil // the transaction has failed with it
	}
	return windows
}
