package store

import (
	"fmt"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

const applicationColumns = "id, app_id, display_name, audience, web_redirects, spa_redirects, public_redirects, public_client, identifier_uris, tags, needs, logout_url, manifest, created_at, deleted_at"

var insertApplication, updateApplication = applicationStatements()

func applicationStatements() (insert, update string) {
	columns := append(strings.Split(applicationColumns, ", ")[1:], "display_name_key", "audience_key")
	return insertInto("application", append(columns, "id")...), updateOf("application", columns...)
}

func applicationArgs(a *directory.Application) []any {
	return []any{
		a.AppID, a.DisplayName, a.Audience, asJSON(a.WebRedirects), asJSON(a.SPARedirects), asJSON(a.PublicURIs), a.Public,
		asJSON(a.IdentifierURIs), asJSON(a.Tags), asJSON(a.Needs), a.LogoutURL, asJSON(a.Manifest), a.Created, a.Deleted,
		fold(a.DisplayName), fold(a.Audience), a.ID,
	}
}

func scanApplication(scan func(dest ...any) error) (directory.Application, error) {
	var a directory.Application
	a.Kind = directory.KindApplication
	err := scan(&a.ID, &a.AppID, &a.DisplayName, &a.Audience, jsonColumn{&a.WebRedirects}, jsonColumn{&a.SPARedirects}, jsonColumn{&a.PublicURIs},
		&a.Public, jsonColumn{&a.IdentifierURIs}, jsonColumn{&a.Tags}, jsonColumn{&a.Needs}, &a.LogoutURL, jsonColumn{&a.Manifest}, &a.Created, &a.Deleted)
	return a, err
}

// application is the one application that a condition on a unique column finds, with its
// credentials.
func (tx *ReadTx) application(condition string, id guid.ID) (a directory.Application, found bool, err error) {
	err = tx.query("SELECT "+applicationColumns+" FROM application WHERE "+condition, []any{id}, func(scan func(dest ...any) error) (err error) {
		found = true
		a, err = scanApplication(scan)
		return err
	})
	if err == nil && found {
		err = tx.credentials([]directory.Application{a}, func(_ int, secrets []directory.Secret, keys []directory.Key) {
			a.Secrets, a.Keys = secrets, keys
		})
	}
	if err != nil {
		return directory.Application{}, false, fmt.Errorf("load application %s: %w", id, err)
	}
	return a, found, nil
}

// applicationOf is the application with that object id that lives, or that does not.
func (tx *ReadTx) applicationOf(id guid.ID, live bool) (directory.Application, bool, error) {
	return tx.application("id = $1 AND deleted_at "+lives(live), id)
}

// Application is the live application with that object id.
func (tx *ReadTx) Application(id guid.ID) (directory.Application, bool, error) {
	return tx.applicationOf(id, true)
}

// ApplicationByAppID is the live application with that appId.
func (tx *ReadTx) ApplicationByAppID(appID guid.ID) (directory.Application, bool, error) {
	return tx.application("app_id = $1 AND deleted_at = "+never, appID)
}

// The properties of applications and their service principals that have several values.
const (
	uriValues = "identifierUris"
	tagValues = "tags"
)

// ApplicationByURI is the live application that has uri among its identifier URIs.
func (tx *ReadTx) ApplicationByURI(uri string) (directory.Application, bool, error) {
	id, err := tx.holder(uriValues, []string{uri}, guid.ID{})
	if err != nil || id.IsZero() {
		return directory.Application{}, false, err
	}
	return tx.Application(id)
}

// freeURIs is a fault if another live application has one of a's identifier URIs.
func (tx *WriteTx) freeURIs(a *directory.Application) error {
	other, err := tx.holder(uriValues, a.IdentifierURIs, a.ID)
	if err == nil && !other.IsZero() {
		err = conflict(uriValues)
	}
	return err
}

// DeletedApplication is the soft-deleted application with that object id.
func (tx *ReadTx) DeletedApplication(id guid.ID) (directory.Application, bool, error) {
	return tx.applicationOf(id, false)
}

// ApplicationsOf are the live applications among ids, at most a thousand, in the order of
// their ids and without their credentials.
func (tx *ReadTx) ApplicationsOf(ids []guid.ID) ([]directory.Application, error) {
	var all []directory.Application
	err := tx.each("SELECT "+applicationColumns+" FROM application WHERE deleted_at = "+never+" AND id IN (", ids, ") ORDER BY id", func(scan func(dest ...any) error) error {
		a, err := scanApplication(scan)
		all = append(all, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load applications: %w", err)
	}
	return all, nil
}

func applicationFacts(a *directory.Application) func(*objectRow) {
	return func(o *objectRow) {
		o.ID, o.Kind, o.Enabled, o.Deleted = a.ID, directory.KindApplication, true, a.Deleted
		o.Variant = !a.Own()
	}
}

// applicationFamily writes applications, but for their credentials.
var applicationFamily = &family[directory.Application]{
	insert: insertApplication, update: updateApplication, args: applicationArgs, facts: applicationFacts, of: (*ReadTx).applicationOf,
	object: func(a *directory.Application) *directory.Object { return &a.Object },
	lists: func(a *directory.Application) []valueList {
		return []valueList{{uriValues, a.IdentifierURIs}, {tagValues, a.Tags}, wordList(directory.KindApplication, nameWords, a.DisplayName)}
	},
	revive: (*WriteTx).freeURIs,
	remove: func(tx *WriteTx, a *directory.Application) {
		tx.exec("DELETE FROM application_secret WHERE application_id = $1", a.ID)
		tx.exec("DELETE FROM application_key WHERE application_id = $1", a.ID)
		tx.exec("DELETE FROM application WHERE id = $1", a.ID)
	},
}

// InsertApplication adds an application and its credentials. An appId belongs to one, deleted
// ones included; a second is a fault, and so is an identifier URI that another has.
func (tx *WriteTx) InsertApplication(a directory.Application) error {
	_, taken, err := tx.application("app_id = $1", a.AppID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("appId")
	}
	if err := tx.freeURIs(&a); err != nil {
		return err
	}
	if err := applicationFamily.create(tx, &a); err != nil {
		return err
	}
	tx.stage().PutApplication(a.ID, a.AppID)
	for _, s := range a.Secrets {
		tx.PutSecret(a.ID, s)
	}
	for _, k := range a.Keys {
		tx.PutKey(a.ID, k)
	}
	return nil
}

// UpdateApplication puts a in the place of the live application with its id, but for its
// appId, which is fixed, and its credentials.
func (tx *WriteTx) UpdateApplication(a directory.Application) error {
	return applicationFamily.alter(tx, &a, func(old *directory.Application) error {
		if old.AppID != a.AppID {
			return fault.NotFound(a.ID.String())
		}
		return tx.freeURIs(&a)
	})
}

// DeleteApplication marks the live application as deleted at an instant.
func (tx *WriteTx) DeleteApplication(id guid.ID, at when.Instant) error {
	return applicationFamily.delete(tx, id, at)
}

// RestoreApplication gives a deleted application back.
func (tx *WriteTx) RestoreApplication(id guid.ID) (directory.Application, error) {
	return applicationFamily.restore(tx, id)
}

// PurgeApplication removes a deleted application and its credentials for good.
func (tx *WriteTx) PurgeApplication(id guid.ID) error { return applicationFamily.purge(tx, id) }

// applicationTable is a list of applications, without their credentials.
func applicationTable(scan, total string) *Table[directory.Application] {
	return &Table[directory.Application]{
		From: "application a", Scan: scan, ID: "a.id", Order: byID("a.id"), Total: total, Row: scanApplication,
		Select: prefixed("a", applicationColumns),
		Columns: map[string]Column{
			"id":                 selective(required(idOf("a.id"))),
			"app_id":             selective(required(idOf("a.app_id"))),
			"display_name":       indexed(keyed("a.display_name_key")),
			"display_name words": wordsOf(directory.KindApplication, nameWords, "a.id"),
			"audience":           keyed("a.audience_key"),
			"uris":               valuesOf(uriValues, "a.id"),
			"tags":               valuesOf(tagValues, "a.id"),
			"created":            indexed(at("a.created_at")),
			"deleted":            at("a.deleted_at"),
		},
	}
}

// Applications are the live applications, DeletedApplications those that may still be
// restored; both without their credentials.
var (
	Applications        = applicationTable("a.deleted_at = "+never, directory.KindApplication.String())
	DeletedApplications = onlyDeleted(applicationTable("a.deleted_at < "+never, ""))
)
