package graph

import (
	"slices"
	"time"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// A bin is one kind of deleted object: who may do what to it, and how it is done.
type bin struct {
	kind     directory.Kind
	category string // of its audit activities
	read     *authz.Rule
	restore  *authz.Rule
	purge    []*authz.Rule // to be met all

	list, show, revive, remove func(*op.Call) (op.Answer, error)
}

// Scopes of deleted objects (operations.md 5f).
var (
	readDeletedUsers  = []string{"User.Read.All"}
	readDeletedGroups = []string{"Group.Read.All"}
	readDeletedApps   = []string{"Application.Read.All"}
	readDeletedUnits  = []string{"AdministrativeUnit.Read.All"}
	writeDeletedApps  = []string{"Application.ReadWrite.All"}
	writeOwnedApps    = []string{"Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"}
	writeDeletedUnits = []string{"AdministrativeUnit.ReadWrite.All"}
)

// restorable is how long a deleted object can be restored (behaviour.md §9).
const restorable = 30 * 24 * time.Hour

// bins are the kinds of deleted object. A name that stands for none of them is refused as
// one of the first kind that the caller's permissions open.
var bins = []*bin{deletedUsers(), deletedGroups(), deletedApplications(), deletedPrincipals(), deletedUnits()}

// inDirectory is the way of a role with any of the named actions below microsoft.directory.
func inDirectory(actions ...string) authz.Way {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = "microsoft.directory/" + a
	}
	return authz.Role(names...)
}

// Who was an administrator when deleted is one again when restored. So the sensitive table
// judges it by all that it held, which is kept as long as the object is.
func deletedUsers() *bin {
	// No role but Global Administrator has the action to purge a user, yet User
	// Administrator is named for it (operations.md, PURGE; notes.md, conflict): who makes,
	// keeps and deletes accounts, which the partners' deprecated roles do not all.
	purges := func(action string) *authz.Rule {
		return reaches(sensitiveTable, deleteUsersUser, deleteUsers, inDirectory("deletedItems/delete", action))
	}
	return deleted(bin{
		kind: directory.KindUser, category: "UserManagement",
		read:    reads(readDeletedUsers, readDeletedUsers, inDirectory("deletedItems.users/restore", "users/restore")),
		restore: reaches(sensitiveTable, deleteUsersUser, deleteUsers, inDirectory("deletedItems.users/restore", "users/restore")),
		purge:   []*authz.Rule{purges("users/delete"), purges("users/create"), purges("users/usageLocation/update")},
	}, remains[user]{
		object: func(v *user) *directory.Object { return &v.Object },
		entity: userEntity, set: "users", table: store.DeletedUsers,
		load: (*store.ReadTx).DeletedUser, restore: (*store.WriteTx).RestoreUser, purge: (*store.WriteTx).PurgeUser,
		target: func(u *user) audit.Target { return userTarget(u, nil, nil) },
		// Tokens of the time before the deletion stay void.
		again: func(c *op.Call, u *user) error {
			u.Generation, u.SessionsFrom = u.Generation+1, c.Now
			return c.W.UpdateUser(*u)
		},
	})
}

func deletedGroups() *bin {
	return deleted(bin{
		kind: directory.KindGroup, category: "GroupManagement",
		read:    reads(readDeletedGroups, readDeletedGroups, inDirectory("groups/standard/read")),
		restore: joins(deleteGroups, deleteGroups, inDirectory("deletedItems.groups/restore", "groups/restore")),
		purge:   []*authz.Rule{joins(deleteGroups, deleteGroups, inDirectory("deletedItems.groups/delete", "deletedItems/delete"))},
	}, remains[group]{
		object: func(v *group) *directory.Object { return &v.Object },
		entity: groupEntity, set: "groups", table: store.DeletedGroups,
		load: (*store.ReadTx).DeletedGroup, restore: (*store.WriteTx).RestoreGroup, purge: (*store.WriteTx).PurgeGroup,
		target: func(g *group) audit.Target { return groupTarget(g, nil, nil) },
		before: func(c *op.Call, g *group) error {
			if !g.RoleAssignable {
				return nil
			}
			return newAssignable(c, g)
		},
	})
}

func deletedApplications() *bin {
	return deleted(bin{
		kind: directory.KindApplication, category: "ApplicationManagement",
		read:    reads(readDeletedApps, readDeletedApps, inDirectory("applications/standard/read")),
		restore: arms(writeDeletedApps, writeOwnedApps, inDirectory("deletedItems.applications/restore")),
		purge:   []*authz.Rule{writes(writeDeletedApps, writeOwnedApps, inDirectory("deletedItems.applications/delete", "deletedItems/delete"))},
	}, remains[application]{
		object: func(v *application) *directory.Object { return &v.Object },
		entity: applicationEntity, set: "applications", table: store.DeletedApplications,
		load: (*store.ReadTx).DeletedApplication, restore: (*store.WriteTx).RestoreApplication, purge: (*store.WriteTx).PurgeApplication,
		target: func(a *application) audit.Target {
			return audit.Target{ID: a.ID.String(), Kind: audit.KindApplication, Name: a.DisplayName}
		},
	})
}

func deletedPrincipals() *bin {
	return deleted(bin{
		kind: directory.KindServicePrincipal, category: "ApplicationManagement",
		read:    reads(readDeletedApps, readDeletedApps, inDirectory("servicePrincipals/standard/read")),
		restore: arms(writeDeletedApps, writeOwnedApps, inDirectory("deletedItems.applications/restore")),
		purge:   []*authz.Rule{writes(writeDeletedApps, writeOwnedApps, inDirectory("deletedItems.applications/delete", "deletedItems/delete"))},
	}, remains[principal]{
		object: func(v *principal) *directory.Object { return &v.Object },
		entity: principalEntity, set: "servicePrincipals", table: store.DeletedServicePrincipals,
		load: (*store.ReadTx).DeletedServicePrincipal, restore: (*store.WriteTx).RestoreServicePrincipal, purge: (*store.WriteTx).PurgeServicePrincipal,
		target: clientTarget,
		again: func(c *op.Call, p *principal) error {
			p.Generation++
			return c.W.UpdateServicePrincipal(*p)
		},
	})
}

func deletedUnits() *bin {
	change := authz.Rule{
		Delegated: writeDeletedUnits, Application: writeDeletedUnits, TenantOnly: true,
		Ways: []authz.Way{inDirectory("administrativeUnits/allProperties/allTasks")},
	}.Compile()
	return deleted(bin{
		kind: directory.KindUnit, category: "AdministrativeUnit",
		read:    reads(readDeletedUnits, readDeletedUnits, inDirectory("administrativeUnits/standard/read")),
		restore: change, purge: []*authz.Rule{change},
	}, remains[unit]{
		object: func(v *unit) *directory.Object { return &v.Object },
		entity: unitEntity, set: "administrativeUnits", table: store.DeletedUnits,
		load: (*store.ReadTx).DeletedUnit, restore: (*store.WriteTx).RestoreUnit, purge: (*store.WriteTx).PurgeUnit,
		target: func(u *unit) audit.Target {
			return audit.Target{ID: u.ID.String(), Kind: audit.KindOther, Name: u.DisplayName}
		},
	})
}

// arms is the rule of an operation on an application that could be used to act as it.
func arms(delegated, application []string, ways ...authz.Way) *authz.Rule {
	return authz.Rule{Delegated: delegated, Application: application, Ways: ways, Arms: true}.Compile()
}

// deletedOperations are the operations on deleted objects (operations.md 5f). A list is of
// one kind: the path without a cast is none that is served.
func deletedOperations() op.Operations {
	restore := op.Activity{Name: "Restore directory object", Category: "DirectoryManagement", Type: "Restore", Service: "Core Directory"}
	purge := op.Activity{Name: "Hard delete directory object", Category: "DirectoryManagement", Type: "Delete", Service: "Core Directory"}
	read := func(b *bin) []*authz.Rule { return []*authz.Rule{b.read} }
	again := func(b *bin) []*authz.Rule { return []*authz.Rule{b.restore} }
	gone := func(b *bin) []*authz.Rule { return b.purge }
	list := op.Operations{
		{
			Name: "getDeletedItem", Summary: "Read one deleted object, whatever its type.",
			Method: "GET", Path: "/directory/deletedItems/{id}", Versions: op.Both, Success: 200, Entity: "directoryObject",
			Rule: anyBin(read), Locate: locateDeleted(read), Demands: binDemands(read), Query: op.SingleOptions, Do: inBin(func(b *bin) handler { return b.show }),
		},
		{
			Name: "restoreDeletedItem", Summary: "Restore a deleted object.", Action: true,
			Method: "POST", Path: "/directory/deletedItems/{id}/restore", Versions: op.Both, Success: 200, Entity: "directoryObject",
			Rule: anyBin(again), Locate: locateDeleted(again), Demands: binDemands(again), Do: inBin(func(b *bin) handler { return b.revive }),
			Writes: true, Activity: restore,
		},
		{
			Name: "purgeDeletedItem", Summary: "Delete a deleted object for good.",
			Method: "DELETE", Path: "/directory/deletedItems/{id}", Versions: op.Both, Success: 204,
			Rule: anyBin(gone), Locate: locateDeleted(gone), Demands: binDemands(gone), Do: inBin(func(b *bin) handler { return b.remove }),
			Writes: true, Activity: purge,
		},
	}
	for _, b := range bins {
		name := b.kind.String()
		list = append(list, &op.Operation{
			Name: "listDeleted" + upperFirst(name) + "s", Summary: "List the deleted objects of type " + name + ".",
			Method: "GET", Path: "/directory/deletedItems/graph." + name, Versions: op.Both, Success: 200, Entity: name, Collection: true,
			Rule: b.read, Query: op.ListOptions, Do: b.list,
		})
	}
	return list
}

type handler = func(*op.Call) (op.Answer, error)

// inBin is the handler of the kind of object that was found.
func inBin(of func(*bin) handler) handler {
	return func(c *op.Call) (op.Answer, error) {
		b := binOf(c.Object.Kind)
		if b == nil {
			return op.Answer{}, c.NotFound(c.Param("id"))
		}
		return of(b)(c)
	}
}

func binOf(kind directory.Kind) *bin {
	if i := slices.IndexFunc(bins, func(b *bin) bool { return b.kind == kind }); i >= 0 {
		return bins[i]
	}
	return nil
}

// anyBin is the rule that lets in whoever has a permission for some kind; binDemands says
// what the kind itself asks for.
func anyBin(of func(*bin) []*authz.Rule) *authz.Rule {
	rule := authz.Rule{Ways: []authz.Way{authz.Anyone}}
	for _, b := range bins {
		for _, r := range of(b) {
			rule.Delegated = appendNew(rule.Delegated, r.Delegated...)
			rule.Application = appendNew(rule.Application, r.Application...)
			rule.Reads = r.Reads
			if r.Group != authz.NotGroup { // what roles stand behind has a scope of its own
				rule.Delegated = appendNew(rule.Delegated, "RoleManagement.ReadWrite.Directory")
				rule.Application = appendNew(rule.Application, "RoleManagement.ReadWrite.Directory")
			}
		}
	}
	return rule.Compile()
}

func appendNew(list []string, names ...string) []string {
	for _, name := range names {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

func binDemands(of func(*bin) []*authz.Rule) func(*op.Call) []*authz.Rule {
	return func(c *op.Call) []*authz.Rule {
		if b := binOf(c.Object.Kind); b != nil {
			return of(b)
		}
		return nil
	}
}

// locateDeleted finds the deleted object that the path names. One of a kind that the
// caller's permissions do not open is as one that is not there.
func locateDeleted(of func(*bin) []*authz.Rule) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		id, ok := guid.Parse(c.Param("id"))
		f, known := c.Snap.Object(id)
		o := authz.Object{}
		for _, b := range bins {
			shut := func(r *authz.Rule) bool { return c.Snap.RequireScopes(c.Caller, r) != nil }
			if slices.ContainsFunc(of(b), shut) {
				continue
			}
			if ok && known && f.Kind == b.kind && f.Flags.Has(authz.Deleted) {
				o.Ref = directory.Ref{ID: id, Kind: b.kind}
				return o, nil
			}
			if o.Kind == directory.KindNone {
				o.Kind = b.kind
			}
		}
		return o, op.Unknown(c.Param("id"))
	}
}

// remains are what is left of deleted objects of type T, and how they are brought back.
type remains[T any] struct {
	entity  *edm.Entity[T]
	set     string
	table   *store.Table[T]
	load    func(*store.ReadTx, guid.ID) (T, bool, error)
	restore func(*store.WriteTx, guid.ID) (T, error)
	purge   func(*store.WriteTx, guid.ID) error
	object  func(*T) *directory.Object
	target  func(*T) audit.Target
	before  func(*op.Call, *T) error // judges whether it can come back; nil if it always can
	again   func(*op.Call, *T) error // what coming back entails besides; nil for nothing
}

// deleted completes a bin with what is done to its objects.
func deleted[T any](b bin, r remains[T]) *bin {
	list := &resource[T]{entity: r.entity, set: r.set, table: r.table, directory: true}
	b.list = list.list(nil)
	b.show = func(c *op.Call) (op.Answer, error) {
		v, err := r.find(c)
		if err != nil {
			return op.Answer{}, err
		}
		return writeObject(c, r.entity, &v)
	}
	b.revive = func(c *op.Call) (op.Answer, error) { return r.reviveOne(c, &b) }
	b.remove = func(c *op.Call) (op.Answer, error) { return r.removeOne(c, &b) }
	return &b
}

// find is the deleted object that was located, if its time is not over: whether it has been
// purged by then does not matter.
func (r *remains[T]) find(c *op.Call) (T, error) {
	v, ok, err := r.load(c.Tx, c.Object.ID)
	if err == nil && (!ok || r.object(&v).Deleted.Add(restorable) <= c.Now) {
		err = gone(c, nil)
	}
	return v, err
}

func (r *remains[T]) reviveOne(c *op.Call, b *bin) (op.Answer, error) {
	v, err := r.find(c)
	if err != nil {
		return op.Answer{}, err
	}
	if r.before != nil {
		if err := r.before(c, &v); err != nil {
			return op.Answer{}, err
		}
	}
	if v, err = r.restore(c.W, c.Object.ID); err != nil {
		return op.Answer{}, err
	}
	if r.again != nil {
		if err := r.again(c, &v); err != nil {
			return op.Answer{}, err
		}
	}
	b.record(c, "Restore ", r.target(&v))
	return writeObject(c, r.entity, &v)
}

func (r *remains[T]) removeOne(c *op.Call, b *bin) (op.Answer, error) {
	v, err := r.find(c)
	if err != nil {
		return op.Answer{}, err
	}
	if err := r.purge(c.W, c.Object.ID); err != nil {
		return op.Answer{}, err
	}
	b.record(c, "Hard delete ", r.target(&v))
	return op.Answer{Status: c.Op.Success}, nil
}

// record completes the audit record with the kind of object that it was.
func (b *bin) record(c *op.Call, verb string, target audit.Target) {
	c.Record().Activity, c.Record().Category = verb+b.kind.String(), b.category
	c.Target(target)
}

// writeObject answers one object of a path that leads to several kinds, with its type.
func writeObject[T any](c *op.Call, e *edm.Entity[T], v *T) (op.Answer, error) {
	s, err := e.Select(c.Query.Select, false)
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	writeContext(c, &w, "directoryObjects", true)
	writeType(c, &w, e.TypeName())
	e.WriteMembers(&w, v, s)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

func upperFirst(s string) string { return string(s[0]-'a'+'A') + s[1:] }
