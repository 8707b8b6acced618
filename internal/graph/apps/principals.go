package apps

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

var principals = &face.Resource[principal]{
	Entity: principalEntity, Set: "servicePrincipals", Table: store.ServicePrincipals, Directory: true,
	ID:   func(p *principal) string { return p.ID.String() },
	Navs: []face.Nav[principal]{{Name: "owners", Many: true, Load: face.ManyOf(func(p *principal) guid.ID { return p.ID }, face.FirstPlaces(directory.Owner))}},
	Fill: func(c *op.Call, rows []principal) error {
		_, err := c.Tx.WithRegistered(rows)
		for i := range rows {
			rows[i].Registration.Keys = shownKeys(c, rows[i].Registration.Keys)
		}
		return err
	},
}

func init() {
	face.Shows(directory.KindServicePrincipal, principalEntity, principalsOf, func(p *principal) guid.ID { return p.ID })
}

// readPrincipals is the rule of reads of one service principal.
var readPrincipals = face.Reads(readAppsUser, readOwnApps, authz.Member, face.InDirectory("servicePrincipals/standard/read"))

// principalOperations are the operations on service principals (operations.md 5g).
func principalOperations() op.Operations {
	list := op.Operations{{
		Name: "listServicePrincipals", Summary: "List the service principals of the tenant.",
		Method: "GET", Path: "/servicePrincipals", Versions: op.Both, Success: 200, Entity: "servicePrincipal", Collection: true,
		Rule: face.Reads(readAppsUser, listOwnApps, authz.Member, face.InDirectory("servicePrincipals/standard/read")), Query: face.SearchOptions, Do: principals.List(nil),
	}, {
		Name: "createServicePrincipal", Summary: "Make the service principal of a registration, by which it acts in the tenant.",
		Method: "POST", Path: "/servicePrincipals", Versions: op.Both, Success: 201, Entity: "servicePrincipal",
		Rule:   makePrincipal,
		Locate: locateRegistration, Decode: readPrincipal(edm.OnCreate), Demands: newPrincipalDemands, Do: createPrincipal,
		Writes: true, Activity: applicationActivity("Add service principal", "Add"),
	}}
	return append(list, keyed(op.Operations{
		{
			Name: "getServicePrincipal", Summary: "Read one service principal.",
			Method: "GET", Path: "/servicePrincipals/{id}", Versions: op.Both, Success: 200, Entity: "servicePrincipal",
			Rule: readPrincipals, Locate: locatePrincipal, Query: op.SingleOptions, Do: principals.Get(showPrincipal),
		},
		{
			Name: "updateServicePrincipal", Summary: "Change properties of a service principal, or enable or disable it.",
			Method: "PATCH", Path: "/servicePrincipals/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(armAppsUser, armOwnApps, authz.Anyone),
			Locate: locatePrincipal, Decode: readPrincipal(edm.OnUpdate), Demands: principalDemands, Do: updatePrincipal,
			Writes: true, Activity: applicationActivity("Update service principal", "Update"),
		},
		{
			Name: "deleteServicePrincipal", Summary: "Delete a service principal; it can be restored for 30 days.",
			Method: "DELETE", Path: "/servicePrincipals/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(armAppsUser, armOwnApps, owned("servicePrincipals/delete")...),
			Locate: locatePrincipal, Do: deletePrincipal,
			Writes: true, Activity: applicationActivity("Remove service principal", "Delete"),
		},
		{
			Name: "addServicePrincipalPassword", Summary: "Add a secret to the registration of a service principal; its text is answered this once.", Action: true,
			Method: "POST", Path: "/servicePrincipals/{id}/addPassword", Versions: op.Both, Success: 200, Entity: "passwordCredential",
			Rule:   face.Arms(armAppsUser, armOwnApps, owned("servicePrincipals/credentials/update")...),
			Locate: locatePrincipal, Decode: readSecret, Do: addSecret(loadRegistration),
			Writes: true, Activity: applicationActivity("Add service principal credentials", "Update"),
		},
		{
			Name: "removeServicePrincipalPassword", Summary: "Remove a secret from the registration of a service principal.", Action: true,
			Method: "POST", Path: "/servicePrincipals/{id}/removePassword", Versions: op.Both, Success: 204,
			Rule:   face.Arms(armAppsUser, armOwnApps, owned("servicePrincipals/credentials/update")...),
			Locate: locatePrincipal, Decode: readKeyID, Do: removeSecret(loadRegistration),
			Writes: true, Activity: applicationActivity("Remove service principal credentials", "Update"),
		},
	})...)
}

// locatePrincipal finds the service principal that the path names by object id or appId.
func locatePrincipal(c *op.Call) (authz.Object, error) {
	name, keyed := c.Params["appId"]
	if !keyed {
		o, err := face.LocateKind(c, "id", directory.KindServicePrincipal)
		return withOwner(c, o, err)
	}
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindServicePrincipal}}
	appID, _ := guid.Parse(name)
	p, found, err := c.Tx.ServicePrincipalByAppID(appID)
	if err == nil && !found {
		err = op.Unknown(name)
	}
	o.ID = p.ID
	return withOwner(c, o, err)
}

func loadPrincipal(c *op.Call) (principal, bool, error) { return c.Tx.ServicePrincipal(c.Object.ID) }

// showPrincipal is loadPrincipal for an answer.
func showPrincipal(c *op.Call) (principal, bool, error) {
	p, found, err := loadPrincipal(c)
	if err != nil || !found {
		return p, found, err
	}
	rows := []principal{p}
	err = principals.Fill(c, rows)
	return rows[0], true, err
}

// principalsOf are service principals with the credentials of their registrations, but for the
// certificates.
func principalsOf(tx *store.ReadTx, ids []guid.ID) ([]principal, error) {
	list, err := tx.ServicePrincipalsOf(ids)
	if err == nil {
		list, err = tx.WithRegistered(list)
	}
	for i := range list {
		list[i].Registration.Keys = withoutCertificates(list[i].Registration.Keys)
	}
	return list, err
}

// loadRegistration is the registration of the service principal that was found. One whose
// registration is in another tenant, as Microsoft Graph's, cannot be given secrets here.
func loadRegistration(c *op.Call) (application, bool, error) {
	p, ok, err := loadPrincipal(c)
	if err != nil || !ok {
		return application{}, false, err
	}
	a, ok, err := c.Tx.ApplicationByAppID(p.AppID)
	if err == nil && !ok {
		err = fault.BadRequest("", "The service principal has no registration in this tenant, where its secrets would be.")
	}
	return a, ok, err
}

// clientTarget is a service principal as an audit target.
func clientTarget(p *principal) audit.Target {
	return audit.Target{ID: p.ID.String(), Kind: audit.KindServicePrincipal, Name: p.DisplayName}
}
