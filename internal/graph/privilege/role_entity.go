package privilege

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/roledata"
)

type role = directory.RoleDefinition

// roleEntity is microsoft.graph.unifiedRoleDefinition (A:rbacapplication-list-roledefinitions).
var roleEntity = edm.Declare(edm.Entity[role]{
	Name: "unifiedRoleDefinition",
	Properties: []edm.Property[role]{
		face.Filters(face.IDOf("id", "id", func(r *role) guid.ID { return r.ID }), edm.Equal, 0),
		face.TextOf("description", "", func(r *role) *string { return &r.Description }, face.Written),
		face.Sorted(face.Filters(face.TextOf("displayName", "display_name", func(r *role) *string { return &r.DisplayName }, face.Written|edm.Required), edm.Equal|face.ByPrefix, 0)),
		face.Filters(face.FlagOf("isBuiltIn", "built_in", func(r *role) *bool { return &r.BuiltIn }, 0), edm.Equal, 0),
		face.Filters(face.FlagOf("isEnabled", "enabled", func(r *role) *bool { return &r.Enabled }, face.Written|edm.Required), edm.Equal, 0),
		{Name: "resourceScopes", Type: edm.String, Many: true, Uses: face.Written, Read: readScopes, Write: func(w *edm.Writer, _ *role) { w.Strs([]string{"/"}) }},
		face.Filters(edm.Property[role]{Name: "templateId", Type: edm.String, Column: "template", Uses: face.Written, Read: readTemplate, Write: func(w *edm.Writer, r *role) { w.OptID(r.Template) }}, edm.Equal, 0),
		face.TextOf("version", "", func(r *role) *string { return &r.Version }, face.Written),
		{Name: "rolePermissions", Type: edm.Complex, Many: true, Of: rolePermission, Uses: face.Written | edm.Required, Read: readPermissions, Write: writePermissions},
		{Name: "inheritsPermissionsFrom", Type: edm.Complex, Many: true, Of: &edm.ComplexType{Name: "unifiedRoleDefinition"}, Write: func(w *edm.Writer, r *role) {
			w.BeginArray()
			for _, id := range r.Inherits {
				w.Begin()
				w.Name("id")
				w.ID(id)
				w.End()
			}
			w.EndArray()
		}},
	},
})

var rolePermission = &edm.ComplexType{Name: "unifiedRolePermission", Fields: []edm.Field{
	{Name: "allowedResourceActions", Type: edm.String, Many: true},
	{Name: "condition", Type: edm.String},
	{Name: "excludedResourceActions", Type: edm.String, Many: true},
}}

// writePermissions puts the actions held without condition, as they were given, then one entry for each
// condition that a built-in role has.
func writePermissions(w *edm.Writer, r *role) {
	w.BeginArray()
	lists := r.Permissions
	if len(lists) == 0 {
		lists = [][]string{r.Actions}
	}
	for _, actions := range lists {
		writePermission(w, actions, "")
	}
	if built, ok := roledata.ByID(r.ID); ok && r.BuiltIn {
		for _, c := range built.Conditional {
			writePermission(w, c.Actions, string(c.Condition))
		}
	}
	w.EndArray()
}

func writePermission(w *edm.Writer, actions []string, condition string) {
	w.Begin()
	w.Name("allowedResourceActions")
	w.Strs(actions)
	w.Name("condition")
	w.OptStr(condition)
	w.End()
}
