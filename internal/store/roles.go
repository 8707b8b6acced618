package store

import (
	"errors"
	"fmt"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

const roleColumns = "id, template_id, display_name, description, built_in, enabled, privileged, version, actions, permissions, inherits, created_at"

var putRole = upsertInto("role_definition", append(strings.Split(roleColumns, ", "), "display_name_key")...)

func scanRole(scan func(dest ...any) error) (directory.RoleDefinition, error) {
	var r directory.RoleDefinition
	r.Kind, r.Deleted = directory.KindRole, when.Never
	err := scan(&r.ID, &r.Template, &r.DisplayName, &r.Description, &r.BuiltIn, &r.Enabled, &r.Privileged, &r.Version,
		jsonColumn{&r.Actions}, jsonColumn{&r.Permissions}, jsonColumn{&r.Inherits}, &r.Created)
	return r, err
}

// Role is the role definition with that id.
func (tx *ReadTx) Role(id guid.ID) (r directory.RoleDefinition, found bool, err error) {
	err = tx.query("SELECT "+roleColumns+" FROM role_definition WHERE id = $1", []any{id}, func(scan func(dest ...any) error) (err error) {
		found = true
		r, err = scanRole(scan)
		return err
	})
	if err != nil {
		return directory.RoleDefinition{}, false, fmt.Errorf("load role %s: %w", id, err)
	}
	return r, found, nil
}

// RolesOf are the role definitions among ids, at most a thousand, in the order of their ids.
func (tx *ReadTx) RolesOf(ids []guid.ID) ([]directory.RoleDefinition, error) {
	var all []directory.RoleDefinition
	err := tx.each("SELECT "+roleColumns+" FROM role_definition WHERE id IN (", ids, ") ORDER BY id", func(scan func(dest ...any) error) error {
		r, err := scanRole(scan)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load roles: %w", err)
	}
	return all, nil
}

// PutRole stores a role definition, in the place of the one with its id. Of a built-in role
// only whether it is enabled can differ from the catalogue.
func (tx *WriteTx) PutRole(r directory.RoleDefinition) error {
	if built, ok := roledata.ByID(r.ID); ok {
		r = builtIn(built, r.Enabled)
	} else if r.BuiltIn {
		return fault.BadRequest("isBuiltIn", "The role is not one of the built-in roles.")
	}
	tx.storeRole(r)
	return nil
}

func (tx *WriteTx) storeRole(r directory.RoleDefinition) {
	tx.exec(putRole, r.ID, r.Template, r.DisplayName, r.Description, r.BuiltIn, r.Enabled, r.Privileged, r.Version,
		asJSON(r.Actions), asJSON(r.Permissions), asJSON(r.Inherits), r.Created, fold(r.DisplayName))
	tx.stage().PutRole(r)
	tx.changed(aRole, r.ID.String())
}

// DeleteRole removes a role of the tenant's own. One that is built in, or that somebody
// holds or is eligible for, is a fault.
func (tx *WriteTx) DeleteRole(id guid.ID) error {
	r, found, err := tx.Role(id)
	switch {
	case err != nil:
		return err
	case !found:
		return fault.NotFound(id.String())
	case r.BuiltIn:
		return fault.BadRequest("isBuiltIn", "A built-in role cannot be deleted.")
	}
	assigned, err := tx.RoleAssigned(id)
	if err != nil {
		return err
	}
	if assigned {
		return fault.BadRequest("", "The role is still assigned, or somebody is eligible for it. Remove that first.")
	}
	if err := errors.Join(tx.dropPolicies(id), tx.cancelWaiting(id)); err != nil {
		return err
	}
	tx.exec("DELETE FROM role_definition WHERE id = $1", id)
	tx.exec("DELETE FROM policy WHERE target_id = $1", id)
	tx.stage().DropRole(id)
	tx.changed(aRole, id.String())
	return nil
}

// RoleAssigned reports whether somebody has the role or is eligible for it, now or from a
// later time on.
func (tx *ReadTx) RoleAssigned(id guid.ID) (bool, error) {
	held, err := tx.schedules("s.role_id = $1 AND s.end_at > $2 ORDER BY s.id LIMIT 1", id, tx.now)
	return len(held) > 0, err
}

// CustomRoles are the tenant's own roles, which are few (behaviour.md §11), in the order of
// their ids.
func (tx *ReadTx) CustomRoles() ([]directory.RoleDefinition, error) {
	var all []directory.RoleDefinition
	err := tx.query("SELECT "+roleColumns+" FROM role_definition WHERE built_in = 0 ORDER BY id LIMIT 1000", nil, func(scan func(dest ...any) error) error {
		r, err := scanRole(scan)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load custom roles: %w", err)
	}
	return all, nil
}

// RoleNamed are the roles with a display name, in letters of any case.
func (tx *ReadTx) RoleNamed(name string) ([]guid.ID, error) {
	var all []guid.ID
	err := tx.query("SELECT id FROM role_definition WHERE display_name_key = $1 ORDER BY id LIMIT 10", []any{fold(name)}, func(scan func(dest ...any) error) error {
		var id guid.ID
		err := scan(&id)
		all = append(all, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for a role's name: %w", err)
	}
	return all, nil
}

// ActivateRole shows a built-in role among the directory roles from now on.
func (tx *WriteTx) ActivateRole(id guid.ID) {
	tx.exec("UPDATE role_definition SET activated = 1 WHERE id = $1 AND activated = 0", id)
}

// DirectoryRoles are the built-in roles that are activated: Global Administrator always is,
// and so is what somebody holds or may come to hold (R:directoryrole).
var DirectoryRoles = &Table[directory.RoleDefinition]{
	From: "role_definition r", ID: "r.id", Order: byID("r.id"), Row: scanRole, Select: prefixed("r", roleColumns), Columns: Roles.Columns,
	Where: "r.built_in = 1 AND (r.activated = 1 OR r.id = '" + roledata.GlobalAdministrator.String() + "'" +
		" OR (SELECT 1 FROM schedule s WHERE s.open = 1 AND s.role_id = r.id ORDER BY s.id LIMIT 1) = 1)",
}

// DirectoryRole is the activated built-in role with that id as a definition.
func (tx *ReadTx) DirectoryRole(id guid.ID) (directory.RoleDefinition, bool, error) {
	page, err := List(tx, DirectoryRoles, ListQuery{Rows: []Condition{Is(DirectoryRoles.Column("id"), id)}, Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		return directory.RoleDefinition{}, false, err
	}
	return page.Rows[0], true, nil
}

// builtIn is a role of the catalogue as a definition.
func builtIn(r *roledata.Role, enabled bool) directory.RoleDefinition {
	return directory.RoleDefinition{
		Object:   directory.Object{ID: r.ID, Kind: directory.KindRole, DisplayName: r.DisplayName, Created: when.Never, Deleted: when.Never},
		Template: r.ID, Description: r.Description, BuiltIn: true, Enabled: enabled, Privileged: r.Privileged, Version: "1",
		Actions: r.Actions, Inherits: r.Inherits,
	}
}

// Roles are the role definitions.
var Roles = &Table[directory.RoleDefinition]{
	From: "role_definition r", ID: "r.id", Order: byID("r.id"), Row: scanRole, Select: prefixed("r", roleColumns),
	Columns: map[string]Column{
		"id":           selective(required(idOf("r.id"))),
		"template":     required(idOf("r.template_id")),
		"display_name": selective(required(keyed("r.display_name_key"))),
		"built_in":     truthOf("r.built_in"),
		"enabled":      truthOf("r.enabled"),
		"privileged":   truthOf("r.privileged"),
		"version":      {SQL: "r.version", Kind: odata.KindText, Ops: edm.Equal},
	},
}
