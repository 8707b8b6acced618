package privilege

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/roledata"
)

// A namespace is the first part of actions' names, such as microsoft.directory.
type namespace string

// namespaceEntity is microsoft.graph.unifiedRbacResourceNamespace.
var namespaceEntity = edm.Declare(edm.Entity[namespace]{
	Name: "unifiedRbacResourceNamespace",
	Properties: []edm.Property[namespace]{
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, n *namespace) { w.Str(string(*n)) }},
		{Name: "name", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, n *namespace) { w.Str(string(*n)) }},
	},
})

// An action is what a role may hold, by name.
type action string

// actionEntity is microsoft.graph.unifiedRbacResourceAction.
var actionEntity = edm.Declare(edm.Entity[action]{
	Name: "unifiedRbacResourceAction",
	Properties: []edm.Property[action]{
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, a *action) { w.Str(a.id()) }},
		{Name: "actionVerb", Type: edm.String, Write: func(w *edm.Writer, a *action) { w.OptStr(a.verb()) }},
		face.Absent[action]("authenticationContextId", edm.String),
		face.Absent[action]("description", edm.String),
		{Name: "isAuthenticationContextSettable", Type: edm.Boolean, Write: func(w *edm.Writer, _ *action) { w.Bool(false) }},
		{Name: "name", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, a *action) { w.Str(string(*a)) }},
		face.Absent[action]("resourceScopeId", edm.String),
	},
})

// verb is the HTTP method that an action's task stands for, "" where it stands for several.
func (a action) verb() string {
	task := string(a[strings.LastIndex(string(a), "/")+1:])
	switch {
	case strings.HasSuffix(strings.ToLower(task), "read"):
		return "GET"
	case task == "create" || task == "createAsOwner":
		return "POST"
	case task == "update":
		return "PATCH"
	case task == "delete":
		return "DELETE"
	}
	return ""
}

// id is the name with dashes, and the verb behind it.
func (a action) id() string {
	id := strings.ReplaceAll(string(a), "/", "-")
	if verb := a.verb(); verb != "" {
		id += "-" + strings.ToLower(verb)
	}
	return id
}

// within reports whether the action is in a namespace, which is named in any case.
func (a action) within(n string) bool {
	head, _, _ := strings.Cut(string(a), "/")
	return strings.EqualFold(head, n)
}

var (
	namespaces = &face.Resource[namespace]{Entity: namespaceEntity, Set: roleManagement + "resourceNamespaces"}
	actions    = &face.Resource[action]{Entity: actionEntity, Set: roleManagement + "resourceNamespaces/resourceActions"}
)

// actionOperations are the reads of what roles may hold (operations.md 1a).
func actionOperations() op.Operations {
	scopes := []string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"}
	rule := face.Reads(scopes, scopes, authz.Role(readDefinitionsStd))
	const path = "/" + roleManagement + "resourceNamespaces"
	of := func(name, summary, path, entity string, collection bool, do face.Handler) *op.Operation {
		return &op.Operation{
			Name: name, Summary: summary, Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: entity, Collection: collection,
			Rule: rule, Query: odata.Select | odata.Format, Do: do,
		}
	}
	return op.Operations{
		of("listResourceNamespaces", "List the namespaces of actions.", path, namespaceEntity.Name, true, listNamespaces),
		of("getResourceNamespace", "Read one namespace of actions.", path+"/{id}", namespaceEntity.Name, false, namespaces.Get(loadNamespace)),
		of("listResourceActions", "List the actions of a namespace.", path+"/{id}/resourceActions", actionEntity.Name, true, listActions),
		of("getResourceAction", "Read one action of a namespace.", path+"/{id}/resourceActions/{action}", actionEntity.Name, false, actions.Get(loadAction)),
	}
}

func allNamespaces() []namespace {
	var all []namespace
	for _, name := range roledata.Actions() { // in the order of their names
		head, _, _ := strings.Cut(name, "/")
		if len(all) == 0 || all[len(all)-1] != namespace(head) {
			all = append(all, namespace(head))
		}
	}
	return all
}

func loadNamespace(c *op.Call) (namespace, bool, error) {
	for _, n := range allNamespaces() {
		if strings.EqualFold(string(n), c.Param("id")) {
			return n, true, nil
		}
	}
	return "", false, nil
}

func loadAction(c *op.Call) (action, bool, error) {
	for _, name := range roledata.Actions() {
		if a := action(name); a.within(c.Param("id")) && strings.EqualFold(a.id(), c.Param("action")) {
			return a, true, nil
		}
	}
	return "", false, nil
}

func listNamespaces(c *op.Call) (op.Answer, error) { return writeAll(c, namespaces, allNamespaces()) }

func listActions(c *op.Call) (op.Answer, error) {
	if _, known, _ := loadNamespace(c); !known {
		return op.Answer{}, c.NotFound(c.Param("id"))
	}
	var all []action
	for _, name := range roledata.Actions() {
		if a := action(name); a.within(c.Param("id")) {
			all = append(all, a)
		}
	}
	return writeAll(c, actions, all)
}

// writeAll answers a short list that is never filtered.
func writeAll[T any](c *op.Call, r *face.Resource[T], all []T) (op.Answer, error) {
	s, err := r.Entity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WritePage(c, r.Set, nil, -1, func(w *edm.Writer) {
		for i := range all {
			r.Entity.Write(w, &all[i], s)
		}
	})
}
