package store

import (
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// Manager is the live user who manages a user, if there is one.
func (tx *ReadTx) Manager(user guid.ID) (manager guid.ID, found bool, err error) {
	found, err = tx.one("SELECT m.manager_id FROM manager m JOIN object o ON o.id = m.manager_id AND o.deleted_at = "+never+
		" WHERE m.user_id = $1", []any{user}, &manager)
	if err != nil {
		return guid.ID{}, false, fmt.Errorf("load the manager of %s: %w", user, err)
	}
	return manager, found, nil
}

// ManagersOf are the live managers of users, at most a thousand, by user.
func (tx *ReadTx) ManagersOf(users []guid.ID) (map[guid.ID]guid.ID, error) {
	of := map[guid.ID]guid.ID{}
	err := tx.each("SELECT m.user_id, m.manager_id FROM manager m JOIN object o ON o.id = m.manager_id AND o.deleted_at = "+never+" WHERE m.user_id IN (", users, ") ORDER BY m.user_id",
		func(scan func(dest ...any) error) error {
			var user, manager guid.ID
			err := scan(&user, &manager)
			of[user] = manager
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load managers: %w", err)
	}
	return of, nil
}

// PutManager makes manager the one who manages user. What waits for the user's manager waits
// for the new one.
func (tx *WriteTx) PutManager(user, manager guid.ID) error {
	tx.exec("INSERT INTO manager (user_id, manager_id) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET manager_id = excluded.manager_id", user, manager)
	tx.changed(aManager, user.String())
	return tx.renameCandidates(user, pim.MostManagerLevel)
}

// DropManager leaves user without a manager.
func (tx *WriteTx) DropManager(user guid.ID) error {
	tx.exec("DELETE FROM manager WHERE user_id = $1", user)
	tx.changed(aManager, user.String())
	return tx.renameCandidates(user, pim.MostManagerLevel)
}

// dropManagers ends who manages an object that is gone, and whom it manages.
func (tx *WriteTx) dropManagers(id guid.ID) error {
	tx.exec("DELETE FROM manager WHERE user_id = $1 OR manager_id = $1", id)
	return nil
}

// Reports are the live users whom somebody manages: name the manager in the query's Rows.
var Reports = &Table[directory.Ref]{
	From: "manager m", ID: "m.user_id", Order: byID("m.user_id"),
	Where:  alive("m.user_id"),
	Select: "m.user_id",
	Row: func(scan func(dest ...any) error) (directory.Ref, error) {
		r := directory.Ref{Kind: directory.KindUser}
		err := scan(&r.ID)
		return r, err
	},
	Columns: map[string]Column{
		"manager": indexed(required(idOf("m.manager_id"))),
		"user":    required(idOf("m.user_id")),
	},
}
