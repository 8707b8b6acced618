package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
)

const (
	consentColumns   = "id, client_id, resource_id, principal_id, scopes"
	roleGrantColumns = "id, principal_id, resource_id, permission, created_at"
)

var (
	putConsent      = upsertInto("consent", strings.Split(consentColumns, ", ")...)
	insertRoleGrant = insertInto("role_grant", strings.Split(roleGrantColumns, ", ")...)
)

func scanConsent(scan func(dest ...any) error) (directory.Consent, error) {
	var c directory.Consent
	var scopes string
	err := scan(&c.ID, &c.Client, &c.Resource, &c.Principal, &scopes)
	c.Scopes = strings.Fields(scopes)
	return c, err
}

func (tx *ReadTx) consents(condition string, args ...any) ([]directory.Consent, error) {
	var all []directory.Consent
	err := tx.query("SELECT "+consentColumns+" FROM consent WHERE "+condition, args, func(scan func(dest ...any) error) error {
		c, err := scanConsent(scan)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load consents: %w", err)
	}
	return all, nil
}

// Consent is the consent with that id.
func (tx *ReadTx) Consent(id guid.ID) (c directory.Consent, found bool, err error) {
	all, err := tx.consents("id = $1", id)
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// ConsentOf is what principal, or everyone if it is zero, lets client do on resource.
func (tx *ReadTx) ConsentOf(client, resource, principal guid.ID) (c directory.Consent, found bool, err error) {
	all, err := tx.consents("client_id = $1 AND resource_id = $2 AND principal_id = $3", client, resource, principal)
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// InsertConsent adds a consent. For one client, API and principal there is one; a second is
// a fault (errors.md, 2).
func (tx *WriteTx) InsertConsent(c directory.Consent) error {
	there, err := tx.consents("client_id = $1 AND resource_id = $2 AND principal_id = $3 OR id = $4", c.Client, c.Resource, c.Principal, c.ID)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return permissionExists()
	}
	tx.putConsent(c)
	return nil
}

func permissionExists() *fault.Fault {
	return &fault.Fault{Status: 409, Code: "Request_MultipleObjectsWithSameKeyValue", Message: "Permission entry already exists."}
}

// UpdateConsent changes the scopes of a consent.
func (tx *WriteTx) UpdateConsent(id guid.ID, scopes []string) error {
	c, found, err := tx.Consent(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(id.String())
	}
	c.Scopes = scopes
	tx.putConsent(c)
	return nil
}

func (tx *WriteTx) putConsent(c directory.Consent) {
	tx.exec(putConsent, c.ID, c.Client, c.Resource, c.Principal, strings.Join(c.Scopes, " "))
	tx.stage().PutConsent(c)
	tx.changed(aConsent, c.ID.String())
}

// DeleteConsent takes a consent back.
func (tx *WriteTx) DeleteConsent(id guid.ID) error {
	_, found, err := tx.Consent(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(id.String())
	}
	tx.exec("DELETE FROM consent WHERE id = $1", id)
	tx.stage().DropConsent(id)
	tx.changed(aConsent, id.String())
	return nil
}

// dropConsents takes back what was consented to by, for, or at an object.
func (tx *WriteTx) dropConsents(id guid.ID) error {
	all, err := tx.consents("client_id = $1 OR resource_id = $1 OR principal_id = $1 ORDER BY id", id)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := tx.DeleteConsent(c.ID); err != nil {
			return err
		}
	}
	return nil
}

// DropScopes takes scopes of an API from what was consented to at it.
func (tx *WriteTx) DropScopes(resource guid.ID, scopes []string) error {
	all, err := tx.consents("resource_id = $1 ORDER BY id", resource)
	if err != nil {
		return err
	}
	for _, c := range all {
		left := slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return slices.Contains(scopes, s) })
		if len(left) == len(c.Scopes) {
			continue
		}
		if c.Scopes = left; len(left) > 0 {
			tx.putConsent(c)
		} else if err := tx.DeleteConsent(c.ID); err != nil {
			return err
		}
	}
	return nil
}

func scanRoleGrant(scan func(dest ...any) error) (directory.RoleGrant, error) {
	var g directory.RoleGrant
	err := scan(&g.ID, &g.Principal, &g.Resource, &g.Permission, &g.Created)
	return g, err
}

func (tx *ReadTx) roleGrants(condition string, args ...any) ([]directory.RoleGrant, error) {
	var all []directory.RoleGrant
	err := tx.query("SELECT "+roleGrantColumns+" FROM role_grant WHERE "+condition, args, func(scan func(dest ...any) error) error {
		g, err := scanRoleGrant(scan)
		all = append(all, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load application permissions: %w", err)
	}
	return all, nil
}

// RoleGrant is the application permission with that id.
func (tx *ReadTx) RoleGrant(id guid.ID) (g directory.RoleGrant, found bool, err error) {
	all, err := tx.roleGrants("id = $1", id)
	if err != nil || len(all) == 0 {
		return g, false, err
	}
	return all[0], true, nil
}

// InsertRoleGrant gives a service principal an application permission. One that it has is a
// fault.
func (tx *WriteTx) InsertRoleGrant(g directory.RoleGrant) error {
	there, err := tx.roleGrants("principal_id = $1 AND resource_id = $2 AND permission = $3 OR id = $4", g.Principal, g.Resource, g.Permission, g.ID)
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return permissionExists()
	}
	tx.exec(insertRoleGrant, g.ID, g.Principal, g.Resource, g.Permission, g.Created)
	tx.stage().PutRoleGrant(g)
	tx.changed(aRoleGrant, roleGrantName(g))
	return nil
}

func roleGrantName(g directory.RoleGrant) string { return g.Principal.String() + "/" + g.ID.String() }

// DeleteRoleGrant takes an application permission back.
func (tx *WriteTx) DeleteRoleGrant(id guid.ID) error {
	g, found, err := tx.RoleGrant(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(id.String())
	}
	tx.exec("DELETE FROM role_grant WHERE id = $1", id)
	tx.stage().DropRoleGrant(g)
	tx.changed(aRoleGrant, roleGrantName(g))
	return nil
}

// DropAppRole takes an app role of an API from all who have it.
func (tx *WriteTx) DropAppRole(resource guid.ID, permission string) error {
	all, err := tx.roleGrants("resource_id = $1 AND permission = $2 ORDER BY id", resource, permission)
	if err != nil {
		return err
	}
	for _, g := range all {
		if err := tx.DeleteRoleGrant(g.ID); err != nil {
			return err
		}
	}
	return nil
}

// RolesAt are the app roles of an API, as they are stored, that any of the principals have,
// each once.
func (tx *ReadTx) RolesAt(resource guid.ID, principals []guid.ID) ([]string, error) {
	var roles []string
	for some := range slices.Chunk(principals, mostNamed) {
		err := tx.each("SELECT resource_id, permission FROM role_grant WHERE principal_id IN (", some, ") ORDER BY principal_id, permission", func(scan func(dest ...any) error) error {
			var at guid.ID
			var role string
			err := scan(&at, &role)
			if err == nil && at == resource && !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("load app roles: %w", err)
		}
	}
	return roles, nil
}

// mostNamed is how many principals one query names.
const mostNamed = 1000

// dropRoleGrants takes back the application permissions of a service principal, and those
// on it.
func (tx *WriteTx) dropRoleGrants(id guid.ID) error {
	all, err := tx.roleGrants("principal_id = $1 OR resource_id = $1 ORDER BY id", id)
	if err != nil {
		return err
	}
	for _, g := range all {
		if err := tx.DeleteRoleGrant(g.ID); err != nil {
			return err
		}
	}
	return nil
}

// Consents are what clients may do on behalf of users.
var Consents = &Table[directory.Consent]{
	From: "consent c", ID: "c.id", Order: byID("c.id"), Row: scanConsent, Select: prefixed("c", consentColumns),
	Columns: map[string]Column{
		"id":        selective(required(idOf("c.id"))),
		"client":    indexed(required(idOf("c.client_id"))),
		"resource":  indexed(required(idOf("c.resource_id"))),
		"principal": indexed(idOf("c.principal_id")),
		"type":      spelled("CASE WHEN c.principal_id = '' THEN 'AllPrincipals' ELSE 'Principal' END", "AllPrincipals", "Principal"),
	},
}

// RoleGrants are what service principals may do for themselves.
var RoleGrants = &Table[directory.RoleGrant]{
	From: "role_grant t", Where: alive("t.principal_id") + " AND " + alive("t.resource_id"), ID: "t.id", Order: byID("t.id"), Row: scanRoleGrant, Select: prefixed("t", roleGrantColumns),
	Columns: map[string]Column{
		"id":         selective(required(idOf("t.id"))),
		"principal":  indexed(required(idOf("t.principal_id"))),
		"resource":   indexed(required(idOf("t.resource_id"))),
		"permission": {SQL: "t.permission", Kind: odata.KindText, Ops: edm.Equal},
		"created":    required(at("t.created_at")),
	},
}
