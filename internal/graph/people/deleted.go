package people

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/store"
)

// Scopes of deleted users, groups and units (operations.md 5f).
var (
	readDeletedUsers  = []string{"User.Read.All"}
	readDeletedGroups = []string{"Group.Read.All"}
	readDeletedUnits  = []string{"AdministrativeUnit.Read.All"}
	writeDeletedUnits = []string{"AdministrativeUnit.ReadWrite.All"}
)

// DeletedUsers are the users that can still be restored (operations.md 5f).
//
// Who was an administrator when deleted is one again when restored. So the sensitive table
// judges it by all that it held, which is kept as long as the object is.
func DeletedUsers() *face.Bin {
	// No role but Global Administrator has the action to purge a user, yet User
	// Administrator is named for it (operations.md, PURGE; notes.md, conflict): who makes,
	// keeps and deletes accounts, which the partners' deprecated roles do not all.
	purges := func(action string) *authz.Rule {
		return face.Reaches(sensitiveTable, deleteUsersUser, deleteUsers, face.InDirectory("deletedItems/delete", action))
	}
	return face.Deleted(face.Bin{
		Kind: directory.KindUser, Category: "UserManagement",
		Read:    face.Reads(readDeletedUsers, readDeletedUsers, face.InDirectory("deletedItems.users/restore", "users/restore")),
		Restore: face.Reaches(sensitiveTable, deleteUsersUser, deleteUsers, face.InDirectory("deletedItems.users/restore", "users/restore")),
		Purge:   []*authz.Rule{purges("users/delete"), purges("users/create"), purges("users/usageLocation/update")},
	}, face.Remains[user]{
		Object: func(v *user) *directory.Object { return &v.Object },
		Entity: userEntity, Set: "users", Table: store.DeletedUsers,
		Load: (*store.ReadTx).DeletedUser, Restore: (*store.WriteTx).RestoreUser, Purge: (*store.WriteTx).PurgeUser,
		Target: func(u *user) audit.Target { return userTarget(u, nil, nil) },
		// Tokens of the time before the deletion stay void.
		Again: func(c *op.Call, u *user) error {
			u.Generation, u.SessionsFrom = u.Generation+1, c.Now
			return c.W.UpdateUser(*u)
		},
	})
}

// DeletedGroups are the groups that can still be restored (operations.md 5f).
func DeletedGroups() *face.Bin {
	return face.Deleted(face.Bin{
		Kind: directory.KindGroup, Category: "GroupManagement",
		Read:    face.Reads(readDeletedGroups, readDeletedGroups, face.InDirectory("groups/standard/read")),
		Restore: face.Joins(deleteGroups, deleteGroups, face.InDirectory("deletedItems.groups/restore", "groups/restore")),
		Purge:   []*authz.Rule{face.Joins(deleteGroups, deleteGroups, face.InDirectory("deletedItems.groups/delete", "deletedItems/delete"))},
	}, face.Remains[group]{
		Object: func(v *group) *directory.Object { return &v.Object },
		Entity: groupEntity, Set: "groups", Table: store.DeletedGroups,
		Load: (*store.ReadTx).DeletedGroup, Restore: (*store.WriteTx).RestoreGroup, Purge: (*store.WriteTx).PurgeGroup,
		Target: func(g *group) audit.Target { return groupTarget(g, nil, nil) },
		Before: func(c *op.Call, g *group) error {
			if !g.RoleAssignable {
				return nil
			}
			return newAssignable(c, g)
		},
	})
}

// DeletedUnits are the administrative units that can still be restored (operations.md 5f).
func DeletedUnits() *face.Bin {
	change := authz.Rule{
		Delegated: writeDeletedUnits, Application: writeDeletedUnits, TenantOnly: true,
		Ways: []authz.Way{face.InDirectory("administrativeUnits/allProperties/allTasks")},
	}.Compile()
	return face.Deleted(face.Bin{
		Kind: directory.KindUnit, Category: "AdministrativeUnit",
		Read:    face.Reads(readDeletedUnits, readDeletedUnits, face.InDirectory("administrativeUnits/standard/read")),
		Restore: change, Purge: []*authz.Rule{change},
	}, face.Remains[unit]{
		Object: func(v *unit) *directory.Object { return &v.Object },
		Entity: unitEntity, Set: "administrativeUnits", Table: store.DeletedUnits,
		Load: (*store.ReadTx).DeletedUnit, Restore: (*store.WriteTx).RestoreUnit, Purge: (*store.WriteTx).PurgeUnit,
		Target: func(u *unit) audit.Target { return unitTarget(u, nil, nil) },
		Before: fewRestricted,
	})
}
