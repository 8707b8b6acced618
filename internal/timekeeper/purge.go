package timekeeper

import (
	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// purgeMost bounds how many deleted objects are removed in one transaction: each takes all
// with it that tied it to others.
const purgeMost = 16

// Deleted objects that nobody has restored within 30 days are gone for good.
var (
	purgeUsers = purge("deleted users", store.DeletedUsers, "user", "UserManagement",
		func(u *directory.User) directory.Object { return u.Object }, userTarget, (*store.WriteTx).PurgeUser)
	purgeGroups = purge("deleted groups", store.DeletedGroups, "group", "GroupManagement",
		func(g *directory.Group) directory.Object { return g.Object }, groupTarget, (*store.WriteTx).PurgeGroup)
	purgeApplications = purge("deleted applications", store.DeletedApplications, "application", "ApplicationManagement",
		func(a *directory.Application) directory.Object { return a.Object }, applicationTarget, (*store.WriteTx).PurgeApplication)
	purgePrincipals = purge("deleted service principals", store.DeletedServicePrincipals, "service principal", "ApplicationManagement",
		func(p *directory.ServicePrincipal) directory.Object { return p.Object }, principalTarget, (*store.WriteTx).PurgeServicePrincipal)
	purgeUnits = purge("deleted administrative units", store.DeletedUnits, "administrative unit", "AdministrativeUnit",
		func(u *directory.Unit) directory.Object { return u.Object }, unitTarget, (*store.WriteTx).PurgeUnit)
)

// purge is the chore of removing deleted objects of one kind.
func purge[T any](
	what string, table *store.Table[T], kind, category string,
	object func(*T) directory.Object, target func(*T) audit.Target, remove func(*store.WriteTx, guid.ID) error,
) chore {
	oldest := func(tx *store.ReadTx, most int) ([]T, error) {
		page, err := store.List(tx, table, store.ListQuery{Order: &store.Order{Column: table.Column("deleted")}, Limit: most})
		return page.Rows, err
	}
	next := func(tx *store.ReadTx) (when.Instant, error) {
		first, err := oldest(tx, 1)
		if err != nil || len(first) == 0 {
			return when.Never, err
		}
		return object(&first[0]).Deleted + keptFor, nil
	}
	do := func(tx *store.WriteTx, most int) (done int, err error) {
		all, err := oldest(&tx.ReadTx, min(most, purgeMost))
		if err != nil {
			return 0, err
		}
		for i := range all {
			o := object(&all[i])
			if o.Deleted+keptFor > tx.Now() {
				break
			}
			if err := remove(tx, o.ID); err != nil {
				return 0, err
			}
			tx.Record(audit.Record{
				Activity: "Hard Delete " + kind, Category: category, Service: "Core Directory", Type: "Delete",
				Operation: "purgeDeleted", Result: audit.Success, Correlation: o.ID, Actor: self,
				Targets: []audit.Target{target(&all[i])},
			})
			done++
		}
		return done, nil
	}
	return chore{what, next, do}
}
