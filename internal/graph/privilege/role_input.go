package privilege

import (
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/roledata"
)

// mostPermissions bounds the permissions of one role.
const mostPermissions = 50

// A roleBody is what a create or update says of a role of the tenant's own.
type roleBody struct {
	body  edm.Value
	use   edm.Uses
	given []string
}

// parent is the one property that the entity does not read by itself.
const parent = "inheritsPermissionsFrom"

// readRole decodes a role definition.
func readRole(use edm.Uses) func(edm.Value) (any, error) {
	return func(body edm.Value) (any, error) {
		b := &roleBody{body: body, use: use | edm.Ahead}
		scratch := role{Object: directory.Object{DisplayName: "-"}}
		err := b.apply(&scratch)
		b.use = use
		return b, err
	}
}

// apply reads the body into r, and judges all of what r is then.
func (b *roleBody) apply(r *role) (err error) {
	if b.given, err = roleEntity.Apply(r, b.body, b.use, parent); err != nil {
		return err
	}
	if v, ok := b.body.Get(parent); ok {
		b.given = append(b.given, parent)
		if r.Inherits, err = readParents(v); err != nil {
			return err
		}
	}
	if len(b.given) == 0 {
		return fault.BadRequest("", "The request body names no property that can be set.")
	}
	return directory.CheckRole(r)
}

// readScopes accepts the one scope that a definition can have: where a role holds is said
// when it is assigned (R:unifiedroledefinition).
func readScopes(_ *role, in edm.Value) error {
	if in.IsNull() {
		return nil
	}
	scopes, err := in.Strings(2)
	if err == nil && !slices.Equal(scopes, []string{"/"}) {
		err = fault.BadRequest(in.Path, `The property 'resourceScopes' can only be ["/"]. Give the scope when the role is assigned.`)
	}
	return err
}

// readTemplate reads templateId. Terraform sends an empty one for none.
func readTemplate(r *role, in edm.Value) error {
	if in.IsNull() || in.Kind == edm.StringValue && in.Text == "" {
		return nil
	}
	id, err := in.ID()
	if err == nil && id.IsZero() {
		err = fault.BadRequest(in.Path, "The property 'templateId' must not be the empty GUID.")
	}
	r.Template = id
	return err
}

// readPermissions reads rolePermissions. Conditions and exclusions are for built-in roles.
func readPermissions(r *role, in edm.Value) error {
	if len(in.Items) == 0 || len(in.Items) > mostPermissions {
		return fault.BadRequest(in.Path, "A role has 1 to %d rolePermissions.", mostPermissions)
	}
	r.Actions, r.Permissions, r.Privileged = nil, nil, false
	var refused []string
	for _, item := range in.Items {
		actions, err := readPermission(item)
		if err != nil {
			return err
		}
		r.Permissions = append(r.Permissions, actions)
		for _, a := range actions {
			if !roledata.Customizable(a) {
				refused = append(refused, a)
			}
			if !slices.Contains(r.Actions, a) {
				r.Actions = append(r.Actions, a)
				r.Privileged = r.Privileged || roledata.Privileged(a)
			}
		}
	}
	if len(refused) > 0 {
		return fault.BadRequest(in.Path, "Custom roles cannot have these actions: %s.", strings.Join(refused, ", "))
	}
	if len(r.Permissions) == 1 && len(r.Permissions[0]) == len(r.Actions) {
		r.Permissions = nil
	}
	return nil
}

func readPermission(v edm.Value) ([]string, error) {
	if v.Kind != edm.ObjectValue {
		return nil, fault.BadRequest(v.Path, "'%s' must be an object.", v.Path)
	}
	if m, ok := v.Get("condition"); ok && !m.IsNull() {
		return nil, fault.BadRequest(m.Path, "Conditions on the permissions of custom roles are not supported.")
	}
	if m, ok := v.Get("excludedResourceActions"); ok && !m.IsNull() && len(m.Items) > 0 {
		return nil, fault.BadRequest(m.Path, "Exclusions from the permissions of custom roles are not supported.")
	}
	m, ok := v.Get("allowedResourceActions")
	if !ok || m.IsNull() {
		return nil, fault.BadRequest(v.Path, "The property 'allowedResourceActions' is required.")
	}
	actions, err := m.Strings(1000)
	if err != nil {
		return nil, err
	}
	return actions, directory.CheckPermission(actions)
}

// readParents reads inheritsPermissionsFrom: nothing, or Directory Readers.
func readParents(v edm.Value) ([]guid.ID, error) {
	if v.IsNull() {
		return nil, nil
	}
	if v.Kind != edm.ArrayValue {
		return nil, fault.BadRequest(v.Path, "'%s' must be an array.", v.Path)
	}
	if len(v.Items) > 1 {
		return nil, fault.BadRequest(v.Path, "A custom role inherits from one role at most.")
	}
	var parents []guid.ID
	for _, item := range v.Items {
		if err := item.Object([]edm.Field{{Name: "id", Type: edm.String, Required: true}}); err != nil {
			return nil, err
		}
		m, _ := item.Get("id")
		id, err := m.ID()
		if err != nil {
			return nil, err
		}
		if id != roledata.DirectoryReaders {
			return nil, fault.BadRequest(m.Path, "A custom role inherits from Directory Readers (%s) only.", roledata.DirectoryReaders)
		}
		parents = append(parents, id)
	}
	return parents, nil
}
