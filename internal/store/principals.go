package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// principalColumns are a service principal's own, registeredColumns what is read of its
// registration with it.
const (
	principalColumns  = "id, app_id, display_name, enabled, type, tags, names, generation, manifest, created_at, deleted_at"
	registeredColumns = "COALESCE(a.id, ''), COALESCE(a.display_name, ''), COALESCE(a.audience, ''), COALESCE(a.logout_url, '')," +
		" COALESCE(a.web_redirects, '[]'), COALESCE(a.spa_redirects, '[]'), COALESCE(a.public_redirects, '[]'), COALESCE(a.manifest, 'null')"
	principalsFrom = "service_principal p LEFT JOIN application a ON a.app_id = p.app_id"
)

var (
	insertPrincipal, updatePrincipal = principalStatements()

	selectPrincipals = prefixed("p", principalColumns) + ", " + registeredColumns
)

func principalStatements() (insert, update string) {
	columns := append(strings.Split(principalColumns, ", ")[1:], "display_name_key", "type_key")
	return insertInto("service_principal", append(columns, "id")...), updateOf("service_principal", columns...)
}

func principalArgs(p *directory.ServicePrincipal) []any {
	return []any{
		p.AppID, p.DisplayName, p.Enabled, p.Type, asJSON(p.Tags), asJSON(p.Names), p.Generation, asJSON(p.Manifest), p.Created, p.Deleted,
		fold(p.DisplayName), fold(p.Type), p.ID,
	}
}

func scanPrincipal(scan func(dest ...any) error) (directory.ServicePrincipal, error) {
	var p directory.ServicePrincipal
	var web, spa, public []string
	p.Kind = directory.KindServicePrincipal
	r := &p.Registration
	err := scan(&p.ID, &p.AppID, &p.DisplayName, &p.Enabled, &p.Type, jsonColumn{&p.Tags}, jsonColumn{&p.Names}, &p.Generation, jsonColumn{&p.Manifest}, &p.Created, &p.Deleted,
		&r.ID, &r.Name, &r.Audience, &r.LogoutURL, jsonColumn{&web}, jsonColumn{&spa}, jsonColumn{&public}, jsonColumn{&r.Manifest})
	r.Redirects = slices.Concat(web, spa, public)
	return p, err
}

func (tx *ReadTx) servicePrincipal(condition string, id guid.ID) (p directory.ServicePrincipal, found bool, err error) {
	err = tx.query("SELECT "+selectPrincipals+" FROM "+principalsFrom+" WHERE "+condition, []any{id}, func(scan func(dest ...any) error) (err error) {
		found = true
		p, err = scanPrincipal(scan)
		return err
	})
	if err != nil {
		return directory.ServicePrincipal{}, false, fmt.Errorf("load service principal %s: %w", id, err)
	}
	return p, found, nil
}

// servicePrincipalOf is the service principal with that object id that lives, or that does not.
func (tx *ReadTx) servicePrincipalOf(id guid.ID, live bool) (directory.ServicePrincipal, bool, error) {
	return tx.servicePrincipal("p.id = $1 AND p.deleted_at "+lives(live), id)
}

// ServicePrincipal is the live service principal with that object id.
func (tx *ReadTx) ServicePrincipal(id guid.ID) (directory.ServicePrincipal, bool, error) {
	return tx.servicePrincipalOf(id, true)
}

// ServicePrincipalByAppID is the live service principal of the application with that appId.
func (tx *ReadTx) ServicePrincipalByAppID(appID guid.ID) (directory.ServicePrincipal, bool, error) {
	return tx.servicePrincipal("p.app_id = $1 AND p.deleted_at = "+never, appID)
}

// DeletedServicePrincipal is the soft-deleted service principal with that object id.
func (tx *ReadTx) DeletedServicePrincipal(id guid.ID) (directory.ServicePrincipal, bool, error) {
	return tx.servicePrincipalOf(id, false)
}

// ServicePrincipalsOf are the live service principals among ids, at most a thousand, in the
// order of their ids.
func (tx *ReadTx) ServicePrincipalsOf(ids []guid.ID) ([]directory.ServicePrincipal, error) {
	var all []directory.ServicePrincipal
	err := tx.each("SELECT "+selectPrincipals+" FROM "+principalsFrom+" WHERE p.deleted_at = "+never+" AND p.id IN (", ids, ") ORDER BY p.id", func(scan func(dest ...any) error) error {
		p, err := scanPrincipal(scan)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load service principals: %w", err)
	}
	return all, nil
}

func principalFacts(p *directory.ServicePrincipal) func(*objectRow) {
	return func(o *objectRow) {
		o.ID, o.Kind, o.Enabled, o.Generation, o.Deleted = p.ID, directory.KindServicePrincipal, p.Enabled, p.Generation, p.Deleted
	}
}

// principalFamily writes service principals.
var principalFamily = &family[directory.ServicePrincipal]{
	insert: insertPrincipal, update: updatePrincipal, args: principalArgs, facts: principalFacts, of: (*ReadTx).servicePrincipalOf,
	object: func(p *directory.ServicePrincipal) *directory.Object { return &p.Object },
	lists: func(p *directory.ServicePrincipal) []valueList {
		return []valueList{{tagValues, p.Tags}, wordList(directory.KindServicePrincipal, nameWords, p.DisplayName)}
	},
	remove: func(tx *WriteTx, p *directory.ServicePrincipal) {
		tx.exec("DELETE FROM service_principal WHERE id = $1", p.ID)
		tx.stage().DropClient(p.AppID)
		tx.changed(aClient, p.AppID.String())
	},
}

// InsertServicePrincipal adds a service principal. An application has one, deleted ones
// included; a second is a fault.
func (tx *WriteTx) InsertServicePrincipal(p directory.ServicePrincipal) error {
	_, taken, err := tx.servicePrincipal("p.app_id = $1", p.AppID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("appId")
	}
	if err := principalFamily.create(tx, &p); err != nil {
		return err
	}
	tx.stage().PutClient(p.AppID, p.ID)
	tx.changed(aClient, p.AppID.String())
	return nil
}

// UpdateServicePrincipal puts p in the place of the live one with its id, but for its appId,
// which is fixed.
func (tx *WriteTx) UpdateServicePrincipal(p directory.ServicePrincipal) error {
	return principalFamily.alter(tx, &p, func(old *directory.ServicePrincipal) error {
		if old.AppID != p.AppID {
			return fault.NotFound(p.ID.String())
		}
		return nil
	})
}

// DeleteServicePrincipal marks the live service principal as deleted at an instant.
func (tx *WriteTx) DeleteServicePrincipal(id guid.ID, at when.Instant) error {
	return principalFamily.delete(tx, id, at)
}

// RestoreServicePrincipal gives a deleted service principal back.
func (tx *WriteTx) RestoreServicePrincipal(id guid.ID) (directory.ServicePrincipal, error) {
	return principalFamily.restore(tx, id)
}

// PurgeServicePrincipal removes a deleted service principal for good, with everything that
// it held and that was consented to for it.
func (tx *WriteTx) PurgeServicePrincipal(id guid.ID) error { return principalFamily.purge(tx, id) }

// principalTable is a list of service principals.
func principalTable(scan, total string) *Table[directory.ServicePrincipal] {
	return &Table[directory.ServicePrincipal]{
		From: principalsFrom, Scan: scan, ID: "p.id", Order: byID("p.id"), Total: total, Row: scanPrincipal,
		Select: selectPrincipals,
		Columns: map[string]Column{
			"id":                 selective(required(idOf("p.id"))),
			"app_id":             selective(required(idOf("p.app_id"))),
			"display_name":       indexed(keyed("p.display_name_key")),
			"display_name words": wordsOf(directory.KindServicePrincipal, nameWords, "p.id"),
			"enabled":            truthOf("p.enabled"),
			"type":               keyed("p.type_key"),
			"tags":               valuesOf(tagValues, "p.id"),
			"created":            indexed(at("p.created_at")),
			"deleted":            at("p.deleted_at"),
		},
	}
}

// ServicePrincipals are the live service principals, DeletedServicePrincipals those that may
// still be restored.
var (
	ServicePrincipals        = principalTable("p.deleted_at = "+never, directory.KindServicePrincipal.String())
	DeletedServicePrincipals = onlyDeleted(principalTable("p.deleted_at < "+never, ""))
)
