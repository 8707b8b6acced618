package apps

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
)

// What an application says that it needs (requiredResourceAccess). Only the permissions of
// Microsoft Graph mean something here; those of other APIs are kept as they were given.

// accessType is how a permission is needed: on behalf of people, or of the application's own.
var accessType = &edm.Enum{Name: "type", Members: []string{"Scope", "Role"}}

var resourceAccess = &edm.ComplexType{Name: "resourceAccess", Fields: []edm.Field{
	{Name: "id", Type: edm.GUID, Required: true},
	{Name: "type", Type: edm.String, Required: true},
}}

var requiredResourceAccess = &edm.ComplexType{Name: "requiredResourceAccess", Fields: []edm.Field{
	{Name: "resourceAccess", Type: edm.Complex, Many: true, Required: true, Of: resourceAccess},
	{Name: "resourceAppId", Type: edm.String, Required: true},
}}

func needs() edm.Property[application] {
	return edm.Property[application]{
		Name: "requiredResourceAccess", Type: edm.Complex, Many: true, NonNull: true, Of: requiredResourceAccess, Uses: face.Written,
		Write: func(w *edm.Writer, a *application) {
			w.BeginArray()
			for i := range a.Needs {
				writeNeed(w, &a.Needs[i])
			}
			w.EndArray()
		},
		Read: func(a *application, in edm.Value) (err error) {
			a.Needs = nil
			for _, item := range in.Items {
				n, err := readNeed(item)
				if err != nil {
					return err
				}
				a.Needs = append(a.Needs, n)
			}
			return nil
		},
	}
}

func writeNeed(w *edm.Writer, n *directory.Need) {
	w.Begin()
	w.Name("resourceAppId")
	w.ID(n.Resource)
	w.Name("resourceAccess")
	w.BeginArray()
	for _, a := range n.Access {
		w.Begin()
		w.Name("id")
		w.ID(a.ID)
		w.Name("type")
		w.Str(accessType.Members[map[bool]int{false: 0, true: 1}[a.Role]])
		w.End()
	}
	w.EndArray()
	w.End()
}

func readNeed(in edm.Value) (n directory.Need, err error) {
	app, _ := in.Get("resourceAppId")
	if n.Resource, err = app.ID(); err != nil {
		return n, err
	}
	list, _ := in.Get("resourceAccess")
	seen := map[directory.Access]bool{}
	for _, item := range list.Items {
		a, err := readAccess(item)
		if err != nil {
			return n, err
		}
		if !seen[a] {
			seen[a] = true
			n.Access = append(n.Access, a)
		}
	}
	return n, nil
}

func readAccess(in edm.Value) (a directory.Access, err error) {
	id, _ := in.Get("id")
	if a.ID, err = id.ID(); err != nil {
		return a, err
	}
	kind, _ := in.Get("type")
	name, err := kind.Choice(accessType)
	a.Role = name == accessType.Members[1]
	return a, err
}
