package apps

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/store"
)

// Scopes of deleted registrations and service principals (operations.md 5f).
var (
	readDeletedApps  = []string{"Application.Read.All"}
	writeDeletedApps = []string{"Application.ReadWrite.All"}
	writeOwnedApps   = []string{"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"}
)

// DeletedApplications are the registrations that can still be restored (operations.md 5f).
func DeletedApplications() *face.Bin {
	return face.Deleted(face.Bin{
		Kind: directory.KindApplication, Category: "ApplicationManagement",
		Read:    face.Reads(readDeletedApps, readDeletedApps, face.InDirectory("applications/standard/read")),
		Restore: face.Arms(writeDeletedApps, writeOwnedApps, face.InDirectory("deletedItems.applications/restore")),
		Purge:   []*authz.Rule{face.Writes(writeDeletedApps, writeOwnedApps, face.InDirectory("deletedItems.applications/delete", "deletedItems/delete"))},
	}, face.Remains[application]{
		Object: func(v *application) *directory.Object { return &v.Object },
		Entity: applicationEntity, Set: "applications", Table: store.DeletedApplications,
		Load: (*store.ReadTx).DeletedApplication, Restore: (*store.WriteTx).RestoreApplication, Purge: (*store.WriteTx).PurgeApplication,
		Target: func(a *application) audit.Target {
			return audit.Target{ID: a.ID.String(), Kind: audit.KindApplication, Name: a.DisplayName}
		},
	})
}

// DeletedPrincipals are the service principals that can still be restored (operations.md 5f).
func DeletedPrincipals() *face.Bin {
	return face.Deleted(face.Bin{
		Kind: directory.KindServicePrincipal, Category: "ApplicationManagement",
		Read:    face.Reads(readDeletedApps, readDeletedApps, face.InDirectory("servicePrincipals/standard/read")),
		Restore: face.Arms(writeDeletedApps, writeOwnedApps, face.InDirectory("deletedItems.applications/restore")),
		Purge:   []*authz.Rule{face.Writes(writeDeletedApps, writeOwnedApps, face.InDirectory("deletedItems.applications/delete", "deletedItems/delete"))},
	}, face.Remains[principal]{
		Object: func(v *principal) *directory.Object { return &v.Object },
		Entity: principalEntity, Set: "servicePrincipals", Table: store.DeletedServicePrincipals,
		Load: (*store.ReadTx).DeletedServicePrincipal, Restore: (*store.WriteTx).RestoreServicePrincipal, Purge: (*store.WriteTx).PurgeServicePrincipal,
		Target: clientTarget,
		Again: func(c *op.Call, p *principal) error {
			p.Generation++
			return c.W.UpdateServicePrincipal(*p)
		},
	})
}
