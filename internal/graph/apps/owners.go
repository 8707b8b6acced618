package apps

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// Owners of registrations and of service principals. Who owns one may do to it most of what
// an application administrator may to any, so owners of a privileged one are chosen by who
// could grant its privilege.

// mostOwners is how many owners an application has at most (behaviour.md §11).
const mostOwners = 100

// Scopes of owners (operations.md 5g): naming one needs to read the directory besides.
var (
	addOwners    = []string{"Application.ReadWrite.All", "Directory.ReadWrite.All"}
	addOwnOwners = []string{"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.ReadWrite.All"}
)

// ownerOperations are those on the owners of one kind of object.
func ownerOperations(one, path string, locate func(*op.Call) (authz.Object, error), read *authz.Rule) op.Operations {
	action := path[1:] + "/owners/update"
	kind := map[string]string{"Application": "application", "ServicePrincipal": "service principal"}[one]
	return keyed(op.Operations{
		{
			Name: "list" + one + "Owners", Summary: "List the owners of one " + kind + ".",
			Method: "GET", Path: path + "/{id}/owners", Versions: op.Both, Success: 200, Entity: "directoryObject", Collection: true,
			Rule: read, Locate: locate, Query: face.PlaceOptions | odata.Filter, Do: face.OnlyByID(face.ListPlaces(directory.Owner), face.Holds(directory.Owner)),
		},
		{
			Name: "get" + one + "OwnerReference", Summary: "Read the address of one owner of one " + kind + ".",
			Method: "GET", Path: path + "/{id}/owners/{owner}/$ref", Versions: op.Both, Success: 200,
			Rule: read, Locate: locate, Query: odata.Format, Do: face.Referred("owner", face.Holds(directory.Owner)),
		},
		{
			Name: "add" + one + "Owner", Summary: "Make a user or service principal an owner of one " + kind + ", by reference.",
			Method: "POST", Path: path + "/{id}/owners/$ref", Versions: op.Both, Success: 204,
			Rule: face.Arms(face.AsUser(addOwners), addOwnOwners, owned(action)...), Locate: locate, Decode: face.ReadRefBody, Do: addOwnerByReference,
			Writes: true, Activity: applicationActivity("Add owner to "+kind, "Assign"),
		},
		{
			Name: "remove" + one + "Owner", Summary: "Take an owner from one " + kind + ", by reference.",
			Method: "DELETE", Path: path + "/{id}/owners/{owner}/$ref", Versions: op.Both, Success: 204,
			Rule: face.Arms(armAppsUser, armOwnApps, owned(action)...), Locate: locate, Do: removeOwner,
			Writes: true, Activity: applicationActivity("Remove owner from "+kind, "Unassign"),
		},
	})
}

// addOwner makes ref an owner, for every door.
func addOwner(c *op.Call, of guid.ID, ref directory.Ref) error {
	if ref.Kind != directory.KindUser && ref.Kind != directory.KindServicePrincipal {
		return fault.BadRequest("", "An owner of an application is a user or a service principal.")
	}
	n, err := c.Tx.Owners(of)
	if err != nil {
		return err
	}
	if n >= mostOwners {
		return fault.Quota(fault.Principal, "An application has at most %d owners.", mostOwners)
	}
	return c.W.InsertMembership(directory.Membership{ID: c.Env.NextID(), Group: of, Relation: directory.Owner, Member: ref, Since: c.Now})
}

func addOwnerByReference(c *op.Call) (op.Answer, error) {
	ref, err := op.Body[face.Reference](c).Resolve(c)
	if err != nil {
		return op.Answer{}, err
	}
	if err := addOwner(c, c.Object.ID, ref); err != nil {
		return op.Answer{}, err
	}
	return ownerChanged(c, ref)
}

func removeOwner(c *op.Call) (op.Answer, error) {
	id, _ := guid.Parse(c.Param("owner"))
	m, there, err := c.Tx.Membership(c.Object.ID, directory.Owner, id)
	if err != nil {
		return op.Answer{}, err
	}
	if !there {
		return op.Answer{}, face.RemovedNone("owners", c.Param("owner"))
	}
	if err := c.W.DeleteMembership(c.Object.ID, directory.Owner, id); err != nil {
		return op.Answer{}, err
	}
	return ownerChanged(c, m.Member)
}

func ownerChanged(c *op.Call, owner directory.Ref) (op.Answer, error) {
	var target audit.Target
	if c.Object.Kind == directory.KindServicePrincipal {
		p, _, err := loadPrincipal(c)
		if err != nil {
			return op.Answer{}, err
		}
		target = clientTarget(&p)
	} else {
		a, _, err := loadApplication(c)
		if err != nil {
			return op.Answer{}, err
		}
		target = applicationTarget(&a)
	}
	c.Target(face.RefTarget(owner))
	c.Target(target)
	return op.Answer{Status: c.Op.Success}, nil
}
