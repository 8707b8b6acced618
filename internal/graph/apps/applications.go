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
	ID:   func(a *application) string { return a.ID.String() },
	Navs: []face.Nav[application]{{Name: "owners", Many: true, Load: face.ManyOf(func(a *application) guid.ID { return a.ID }, face.FirstPlaces(directory.Owner))}},
	Fill: func(c *op.Call, rows []application) error {
		_, err := c.Tx.WithCredentials(rows)
		for i := range rows {
			rows[i].Keys = shownKeys(c, rows[i].Keys)
		}
		return err
	},
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
	makeApps    = []string{"Application.ReadWrite.All", "AppRegistration.Create"}
	makeOwnApps = []string{"Application.ReadWrite.OwnedBy", "AppRegistration.Create", "Application.ReadWrite.All"}
	// The registration itself is not changed with Directory.ReadWrite.All.
	changeApps    = []string{"Application.ReadWrite.All"}
	changeOwnApps = []string{"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"}
)

// readApplications is the rule of reads of one registration.
var readApplications = face.Reads(readAppsUser, readOwnApps, authz.Member, face.InDirectory("applications/standard/read"))

func applicationActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "ApplicationManagement", Type: kind, Service: "Core Directory"}
}

// applicationOperations are the operations on registrations (operations.md 5g). Whoever
// could act as a privileged application must be able to grant what it has.
func applicationOperations() op.Operations {
	list := op.Operations{{
		Name: "listApplications", Summary: "List the application registrations of the tenant.",
		Method: "GET", Path: "/applications", Versions: op.Both, Success: 200, Entity: "application", Collection: true,
		Rule: face.Reads(readAppsUser, listOwnApps, authz.Member, face.InDirectory("applications/standard/read")), Query: face.SearchOptions, Do: applications.List(nil),
	}, {
		Name: "createApplication", Summary: "Register an application.",
		Method: "POST", Path: "/applications", Versions: op.Both, Success: 201, Entity: "application",
		Rule:   face.Writes(face.AsUser(makeApps), makeOwnApps, face.InDirectory("applications/create", "applications/createAsOwner"), authz.Member),
		Locate: locateNew, Decode: readApplication(edm.OnCreate), Do: createApplication,
		Writes: true, Activity: applicationActivity("Add application", "Add"),
	}}
	return append(list, keyed(op.Operations{
		{
			Name: "getApplication", Summary: "Read one application registration.",
			Method: "GET", Path: "/applications/{id}", Versions: op.Both, Success: 200, Entity: "application",
			Rule: readApplications, Locate: locateApplication, Query: op.SingleOptions, Do: applications.Get(showApplication),
		},
		{
			Name: "updateApplication", Summary: "Change properties of an application registration, its certificates and redirect URIs included.",
			Method: "PATCH", Path: "/applications/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(face.AsUser(changeApps), changeOwnApps, authz.Anyone),
			Locate: locateApplication, Decode: readApplication(edm.OnUpdate), Demands: applicationDemands, Do: updateApplication,
			Writes: true, Activity: applicationActivity("Update application", "Update"),
		},
		{
			Name: "deleteApplication", Summary: "Delete an application registration and its service principal; both can be restored for 30 days.",
			Method: "DELETE", Path: "/applications/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(face.AsUser(changeApps), changeOwnApps, owned("applications/delete")...),
			Locate: locateApplication, Do: deleteApplication,
			Writes: true, Activity: applicationActivity("Delete application", "Delete"),
		},
		{
			Name: "addApplicationPassword", Summary: "Add a secret to an application; its text is answered this once.", Action: true,
			Method: "POST", Path: "/applications/{id}/addPassword", Versions: op.Both, Success: 200, Entity: "passwordCredential",
			Rule:   face.Arms(armAppsUser, armOwnApps, owned("applications/credentials/update")...),
			Locate: locateApplication, Decode: readSecret, Do: addSecret(loadApplication),
			Writes: true, Activity: applicationActivity("Update application - Certificates and secrets management", "Update"),
		},
		{
			Name: "removeApplicationPassword", Summary: "Remove a secret from an application.", Action: true,
			Method: "POST", Path: "/applications/{id}/removePassword", Versions: op.Both, Success: 204,
			Rule:   face.Arms(armAppsUser, armOwnApps, owned("applications/credentials/update")...),
			Locate: locateApplication, Decode: readKeyID, Do: removeSecret(loadApplication),
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

// owned are the ways of who may do what an action says: by a role, or to what they own.
func owned(action string) []authz.Way {
	return []authz.Way{face.InDirectory(action), authz.OnOwned("microsoft.directory/" + action)}
}

// locateApplication finds the registration that the path names by object id or appId.
func locateApplication(c *op.Call) (authz.Object, error) {
	if name, keyed := c.Params["appId"]; keyed {
		o := authz.Object{Ref: directory.Ref{Kind: directory.KindApplication}}
		appID, _ := guid.Parse(name)
		a, found, err := c.Tx.ApplicationByAppID(appID)
		if err == nil && !found {
			err = op.Unknown(name)
		}
		o.ID = a.ID
		return withOwner(c, o, err)
	}
	o, err := face.LocateKind(c, "id", directory.KindApplication)
	return withOwner(c, o, err)
}

// locateNew is the tenant, in which something new is going to be the caller's own.
func locateNew(c *op.Call) (authz.Object, error) {
	return authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}, Owner: true}, nil
}

// withOwner is what was found, with whether the caller owns it.
func withOwner(c *op.Call, o authz.Object, err error) (authz.Object, error) {
	if err == nil {
		_, o.Owner, err = c.Tx.Membership(o.ID, directory.Owner, c.Caller.Principal.ID)
	}
	return o, err
}

func loadApplication(c *op.Call) (application, bool, error) { return c.Tx.Application(c.Object.ID) }

// showApplication is loadApplication for an answer.
func showApplication(c *op.Call) (application, bool, error) {
	a, found, err := loadApplication(c)
	a.Keys = shownKeys(c, a.Keys)
	return a, found, err
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

// applicationsOf are registrations with their credentials, but for the certificates.
func applicationsOf(tx *store.ReadTx, ids []guid.ID) ([]application, error) {
	list, err := tx.ApplicationsOf(ids)
	if err == nil {
		list, err = tx.WithCredentials(list)
	}
	for i := range list {
		list[i].Keys = withoutCertificates(list[i].Keys)
	}
	return list, err
}
