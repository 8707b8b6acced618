package privilege

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// A directoryRole is a built-in role as the older API shows it, under an id of the
// tenant's own.
type directoryRole struct {
	role
	own guid.ID
}

// directoryRoleEntity is microsoft.graph.directoryRole (R:directoryrole).
var directoryRoleEntity = edm.Declare(edm.Entity[directoryRole]{
	Name: "directoryRole", Base: "directoryObject",
	Properties: []edm.Property[directoryRole]{
		face.IDOf("id", "", func(r *directoryRole) guid.ID { return r.own }),
		face.Absent[directoryRole]("deletedDateTime", edm.DateTime),
		face.TextOf("description", "", func(r *directoryRole) *string { return &r.Description }, 0),
		face.Filters(face.TextOf("displayName", "display_name", func(r *directoryRole) *string { return &r.DisplayName }, 0), edm.Eq|edm.In, 0),
		face.Filters(edm.Property[directoryRole]{Name: "roleTemplateId", Type: edm.String, Column: "id", Uses: edm.OnCreate | edm.Required, Read: readTemplateID, Write: func(w *edm.Writer, r *directoryRole) { w.ID(r.ID) }}, edm.Eq|edm.In, 0),
	},
})

func readTemplateID(r *directoryRole, in edm.Value) (err error) {
	r.ID, err = in.ID()
	return err
}

// roleTemplateEntity is microsoft.graph.directoryRoleTemplate.
var roleTemplateEntity = edm.Declare(edm.Entity[roledata.Role]{
	Name: "directoryRoleTemplate", Base: "directoryObject",
	Properties: []edm.Property[roledata.Role]{
		face.IDOf("id", "", func(r *roledata.Role) guid.ID { return r.ID }),
		face.Absent[roledata.Role]("deletedDateTime", edm.DateTime),
		face.TextOf("description", "", func(r *roledata.Role) *string { return &r.Description }, 0),
		face.TextOf("displayName", "", func(r *roledata.Role) *string { return &r.DisplayName }, 0),
	},
})

var directoryRoles = &face.Resource[directoryRole]{
	Entity: directoryRoleEntity, Set: "directoryRoles", Page: roledata.Count, Most: roledata.Count,
	ID: func(r *directoryRole) string { return r.own.String() },
	Table: &store.Table[directoryRole]{
		From: store.DirectoryRoles.From, Scan: store.DirectoryRoles.Scan, Where: store.DirectoryRoles.Where, Select: store.DirectoryRoles.Select,
		ID: store.DirectoryRoles.ID, Order: store.DirectoryRoles.Order, Columns: store.DirectoryRoles.Columns,
		Row: func(scan func(dest ...any) error) (directoryRole, error) {
			r, err := store.DirectoryRoles.Row(scan)
			return directoryRole{role: r}, err
		},
	},
	Navs: []face.Nav[directoryRole]{{
		Name: "members", Many: true, Rule: face.Reads(readAppRoles, readAppRoles, authz.Anyone),
		Load: face.ManyOf(func(r *directoryRole) guid.ID { return r.ID }, firstHolders),
	}},
	Look: func(c *op.Call, rows []directoryRole) {
		for i := range rows {
			rows[i].own = directory.DirectoryRoleID(c.Caller.Tenant, rows[i].ID)
		}
	},
}

func init() {
	face.ShowsAs(directory.KindRole, directoryRoleEntity, directoryRolesOf, func(r *directoryRole) guid.ID { return r.ID }, directory.DirectoryRoleID)
}

// directoryRolesOf are built-in roles by their template ids, activated or not.
func directoryRolesOf(tx *store.ReadTx, ids []guid.ID) ([]directoryRole, error) {
	list, err := tx.RolesOf(ids)
	var all []directoryRole
	for _, r := range list {
		if r.BuiltIn {
			all = append(all, directoryRole{r, directory.DirectoryRoleID(tx.Tenant().ID(), r.ID)})
		}
	}
	return all, err
}

// builtInRole is the template id of the built-in role that id names: as a template, or as
// one of the tenant's directory roles (behaviour.md §6). Any other id is left as it is.
func builtInRole(tenant, id guid.ID) guid.ID {
	if _, template := roledata.ByID(id); template || id.IsZero() {
		return id
	}
	for i := range roledata.All() {
		if template := roledata.All()[i].ID; directory.DirectoryRoleID(tenant, template) == id {
			return template
		}
	}
	return id
}
