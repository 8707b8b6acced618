package store

import (
	"fmt"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
)

// The names of settings.
const (
	organizationSetting = "organization"
	guestSetting        = "guestRole"
	pimSetting          = "pim"
	catalogueSetting    = "catalogue"
)

// setting reads the JSON of a setting into what into points at, which stays as it is where
// nothing is stored.
func (tx *ReadTx) setting(name string, into any) error {
	if _, err := tx.one("SELECT value FROM setting WHERE name = $1", []any{name}, jsonColumn{into}); err != nil {
		return fmt.Errorf("load setting %s: %w", name, err)
	}
	return nil
}

var putSetting = upsertInto("setting", "name", "value")

func (tx *WriteTx) putSetting(name string, value any) {
	tx.exec(putSetting, name, asJSON(value))
	tx.changed(aSetting, name)
}

// Setting reads a setting of another room's into what into points at, which stays as it is
// where nothing is stored. Secrets are not settings.
func (tx *ReadTx) Setting(name string, into any) error { return tx.setting("x-"+name, into) }

// PutSetting stores a setting of another room's.
func (tx *WriteTx) PutSetting(name string, value any) { tx.putSetting("x-"+name, value) }

// Organization is the tenant itself.
func (tx *ReadTx) Organization() (directory.Organization, error) {
	var o directory.Organization
	err := tx.setting(organizationSetting, &o)
	return o, err
}

// PutOrganization stores what the tenant is called and its domains.
func (tx *WriteTx) PutOrganization(o directory.Organization) { tx.putSetting(organizationSetting, o) }

// PIMSettings are the tenant's own bounds on requests.
func (tx *ReadTx) PIMSettings() (pim.Settings, error) {
	s := pim.DefaultSettings()
	err := tx.setting(pimSetting, &s)
	return s, err
}

// PutPIMSettings stores the tenant's own bounds on requests.
func (tx *WriteTx) PutPIMSettings(s pim.Settings) { tx.putSetting(pimSetting, s) }

// PutGuestRole stores which of the implicit roles guests have.
func (tx *WriteTx) PutGuestRole(role guid.ID) {
	tx.putSetting(guestSetting, role)
	tx.stage().PutSettings(authz.Settings{Tenant: tx.tenant.id, GuestRole: role})
}

// authzSettings are the choices that decisions depend on.
func (tx *ReadTx) authzSettings() (authz.Settings, error) {
	s := authz.Settings{Tenant: tx.tenant.id, GuestRole: roledata.GuestUser}
	err := tx.setting(guestSetting, &s.GuestRole)
	return s, err
}
