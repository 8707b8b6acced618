package apps

import (
	"strings"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

var applications = &face.Resource[application]{
	Entity: applicationEntity, Set: "applications", Table: store.Applications, Directory: true,
	ID: func(a *application) string { return a.ID.String() },
}

func init() {
	face.Shows(directory.KindApplication, applicationEntity, applicationsOf, func(a *application) guid.ID { return a.ID })
}

// Scopes of registrations and service principals (operations.md 5g).
var (
	readApps     = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readAppsUser = append([]string{"Directory.AccessAsUser.All"}, readApps...)
	readOwnApps  = append([]string{"Application.ReadWrite.OwnedBy"}, readApps...)
	// App-only, Directory.ReadWrite.All opens single registrations, not the lists.
	listOwnApps = []string{"Application.ReadWrite.OwnedBy", "Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"}
	armApps     = []string{"Application.ReadWrite.All", "Directory.ReadWrite.All"}
	armAppsUser = append([]string{"Directory.AccessAsUser.All"}, armApps...)
	armOwnApps  = append([]string{"Application.ReadWrite.OwnedBy"}, armApps...)
)

func applicationActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "ApplicationManagement", Type: kind, Service: "Core Directory"}
}

// applicationOperations are the operations on registrations (operations.md 5g). Whoever
// could act as a privileged application must be able to grant what it has.
func applicationOperations() op.Operations {
	read := face.Reads(readAppsUser, readOwnApps, authz.Member, face.InDirectory("applications/standard/read"))
	list := op.Operations{{
		Name: "listApplications", Summary: "List the application registrations of the tenant.",
		Method: "GET", Path: "/applications", Versions: op.Both, Success: 200, Entity: "application", Collection: true,
		Rule: face.Reads(readAppsUser, listOwnApps, authz.Member, face.InDirectory("applications/standard/read")), Query: op.ListOptions, Do: listApplications,
	}}
	return append(list, keyed(op.Operations{
		{
			Name: "getApplication", Summary: "Read one application registration.",
			Method: "GET", Path: "/applications/{id}", Versions: op.Both, Success: 200, Entity: "application",
			Rule: read, Locate: locateApplication, Query: op.SingleOptions, Do: applications.Get(loadApplication),
		},
		{
			Name: "addApplicationPassword", Summary: "Add a secret to an application; its text is answered this once.", Action: true,
			Method: "POST", Path: "/applications/{id}/addPassword", Versions: op.Both, Success: 200, Entity: "passwordCredential",
			Rule:   face.Arms(armAppsUser, armOwnApps, face.InDirectory("applications/credentials/update")),
			Locate: locateApplication, Decode: readSecret, Do: addSecret(loadApplication),
			Writes: true, Activity: applicationActivity("Update application - Certificates and secrets management", "Update"),
		},
		{
			Name: "removeApplicationPassword", Summary: "Remove a secret from an application.", Action: true,
			Method: "POST", Path: "/applications/{id}/removePassword", Versions: op.Both, Success: 204,
			Rule:   face.Arms(armAppsUser, armOwnApps, face.InDirectory("applications/credentials/update")),
			Locate: locateApplication, Decode: readKeyID, Do: removeSecret,
			Writes: true, Activity: applicationActivity("Update application - Certificates and secrets management", "Update"),
		},
	})...)
}

// keyed is each operation by object id, and again by the alternate key appId.
func keyed(list op.Operations) op.Operations {
	for _, o := range list {
		byAppID := *o
		byAppID.Name += "ByAppId"
		byAppID.Path = strings.Replace(o.Path, "/{id}", "(appId={appId})", 1)
		list = append(list, &byAppID)
	}
	return list
}

// locateApplication finds the registration that the path names by object id or appId.
func locateApplication(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindApplication}}
	if name, keyed := c.Params["appId"]; keyed {
		appID, _ := guid.Parse(name)
		a, found, err := c.Tx.ApplicationByAppID(appID)
		if err == nil && !found {
			err = op.Unknown(name)
		}
		o.ID = a.ID
		return o, err
	}
	return face.LocateKind(c, "id", directory.KindApplication)
}

func loadApplication(c *op.Call) (application, bool, error) { return c.Tx.Application(c.Object.ID) }

// listApplications is the list of any resource, with the secrets of the whole page read
// at once.
func listApplications(c *op.Call) (op.Answer, error) {
	q, err := applications.Query(c, nil)
	if err != nil {
		return op.Answer{}, err
	}
	selection, err := applicationEntity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	page, err := store.List(c.Tx, store.Applications, q)
	if err != nil {
		return op.Answer{}, err
	}
	secrets, err := c.Tx.SecretsOf(face.Wanted(page.Rows, func(a *application) guid.ID { return a.ID }))
	if err != nil {
		return op.Answer{}, err
	}
	for i := range page.Rows {
		page.Rows[i].Secrets = secrets[page.Rows[i].ID]
	}
	expand, err := applications.Expand(c, page.Rows)
	if err != nil {
		return op.Answer{}, err
	}
	return applications.Collection(c, q, page, selection, expand)
}

func applicationTarget(a *application, changed ...audit.Property) audit.Target {
	return audit.Target{ID: a.ID.String(), Kind: audit.KindApplication, Name: a.DisplayName, Modified: changed}
}

// keyIDParameter is the body of removePassword.
var keyIDParameter = []edm.Field{{Name: "keyId", Type: edm.GUID, Required: true}}

func readKeyID(body edm.Value) (any, error) {
	if err := body.Object(keyIDParameter); err != nil {
		return nil, err
	}
	v, _ := body.Get("keyId")
	return v.ID()
}

// applicationsOf reads registrations, which are few among what a page names.
func applicationsOf(tx *store.ReadTx, ids []guid.ID) ([]application, error) {
	var list []application
	for _, id := range ids {
		a, ok, err := tx.Application(id)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, a)
		}
	}
	return list, nil
}
