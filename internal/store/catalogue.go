package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
)

// A catalogue tells one edition of the built-in roles from another. Number goes up with
// every release that changes them, so that of two programs the older leaves a tenant alone.
type catalogue struct {
	Number int64  `json:"number"`
	Digest string `json:"digest"`
}

const catalogueNumber = 1

// ours is the catalogue of this program.
var ours = sync.OnceValue(func() catalogue {
	h := sha256.New()
	for i := range roledata.All() {
		r := builtIn(&roledata.All()[i], true)
		h.Write([]byte(asJSON(r)))
	}
	return catalogue{catalogueNumber, hex.EncodeToString(h.Sum(nil))}
})

// PutBuiltInRoles brings the built-in roles to what the catalogue of this program says: all
// of them in a new tenant, later only what has changed. A role that was disabled stays so.
// It reports whether it wrote anything, which then needs a record.
func (tx *WriteTx) PutBuiltInRoles() (wrote bool, err error) {
	_, changed, err := tx.behindCatalogue()
	if err != nil || len(changed) == 0 {
		return false, err
	}
	tx.storeBuiltIn(changed)
	return true, nil
}

func (tx *WriteTx) storeBuiltIn(roles []directory.RoleDefinition) {
	for _, r := range roles {
		tx.storeRole(r)
	}
	tx.putSetting(catalogueSetting, ours())
}

// behindCatalogue reads how many built-in roles the tenant has, and gives those of the
// catalogue that differ from them.
func (tx *WriteTx) behindCatalogue() (have int, changed []directory.RoleDefinition, err error) {
	stored := map[guid.ID]directory.RoleDefinition{}
	err = tx.query("SELECT "+roleColumns+" FROM role_definition WHERE built_in = 1 ORDER BY id", nil, func(scan func(dest ...any) error) error {
		r, err := scanRole(scan)
		stored[r.ID] = r
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("load built-in roles: %w", err)
	}
	for i := range roledata.All() {
		r := &roledata.All()[i]
		old, found := stored[r.ID]
		want := builtIn(r, !found || old.Enabled)
		if !found || asJSON(old) != asJSON(want) {
			changed = append(changed, want)
		}
	}
	return len(stored), changed, nil
}

// followCatalogue brings a tenant that an older program has left to the built-in roles of
// this one, with a record. A tenant that was given none gets none.
func (l *live) followCatalogue(ctx context.Context) error {
	var theirs catalogue
	err := l.view(ctx, func(tx *ReadTx) error { return tx.setting(catalogueSetting, &theirs) })
	if err != nil || theirs.Number > catalogueNumber || theirs == ours() {
		return err
	}
	return l.lane.join(ctx, &entry{budget: fillTime, fn: func(tx *WriteTx) error {
		have, changed, err := tx.behindCatalogue()
		if err != nil || have == 0 {
			return err
		}
		tx.storeBuiltIn(changed)
		tx.Record(followed(changed))
		return nil
	}}, l.work)
}

// followed is the record that the built-in roles have changed.
func followed(changed []directory.RoleDefinition) audit.Record {
	r := audit.Record{
		Activity: "Update role definition", Category: "RoleManagement", Service: "Core Directory", Type: "Update", Operation: "followCatalogue",
		Result: audit.Success, Actor: audit.Actor{App: audit.App{Name: "Ephor"}},
		Details: []audit.Detail{{Key: "catalogue", Value: strconv.Itoa(catalogueNumber)}},
	}
	for _, role := range changed {
		r.Targets = append(r.Targets, audit.Target{ID: role.ID.String(), Kind: audit.KindRole, Name: role.DisplayName})
	}
	return r
}
