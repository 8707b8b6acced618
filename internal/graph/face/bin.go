package face

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

// A Bin is one kind of deleted object: who may do what to it, and how it is done.
type Bin struct {
	Kind     directory.Kind
	Category string // of its audit activities
	Read     *authz.Rule
	Restore  *authz.Rule
	Purge    []*authz.Rule // to be met all

	list, show, revive, remove func(*op.Call) (op.Answer, error)
}

// restorable is how long a deleted object can be restored (behaviour.md §9).
const restorable = 30 * 24 * time.Hour

// Bins are the kinds of deleted object. A name that stands for none of them is refused as
// one of the first kind that the caller's permissions open.
type Bins []*Bin

// Operations are the operations on deleted objects (operations.md 5f). A list is of one
// kind: the path without a cast is none that is served.
func (bs Bins) Operations() op.Operations {
	restore := op.Activity{Name: "Restore directory object", Category: "DirectoryManagement", Type: "Restore", Service: "Core Directory"}
	purge := op.Activity{Name: "Hard delete directory object", Category: "DirectoryManagement", Type: "Delete", Service: "Core Directory"}
	read := func(b *Bin) []*authz.Rule { return []*authz.Rule{b.Read} }
	again := func(b *Bin) []*authz.Rule { return []*authz.Rule{b.Restore} }
	gone := func(b *Bin) []*authz.Rule { return b.Purge }
	list := op.Operations{
		{
			Name: "getDeletedItem", Summary: "Read one deleted object, whatever its type.",
			Method: "GET", Path: "/directory/deletedItems/{id}", Versions: op.Both, Success: 200, Entity: "directoryObject",
			Rule: bs.rule(read), Locate: bs.locate(read), Demands: bs.demands(read), Query: op.SingleOptions, Do: bs.of(func(b *Bin) Handler { return b.show }),
		},
		{
			Name: "restoreDeletedItem", Summary: "Restore a deleted object.", Action: true,
			Method: "POST", Path: "/directory/deletedItems/{id}/restore", Versions: op.Both, Success: 200, Entity: "directoryObject",
			Rule: bs.rule(again), Locate: bs.locate(again), Demands: bs.demands(again), Do: bs.of(func(b *Bin) Handler { return b.revive }),
			Writes: true, Activity: restore,
		},
		{
			Name: "purgeDeletedItem", Summary: "Delete a deleted object for good.",
			Method: "DELETE", Path: "/directory/deletedItems/{id}", Versions: op.Both, Success: 204,
			Rule: bs.rule(gone), Locate: bs.locate(gone), Demands: bs.demands(gone), Do: bs.of(func(b *Bin) Handler { return b.remove }),
			Writes: true, Activity: purge,
		},
	}
	for _, b := range bs {
		name := b.Kind.String()
		list = append(list, &op.Operation{
			Name: "listDeleted" + upperFirst(name) + "s", Summary: "List the deleted objects of type " + name + ".",
			Method: "GET", Path: "/directory/deletedItems/graph." + name, Versions: op.Both, Success: 200, Entity: name, Collection: true,
			Rule: b.Read, Query: op.ListOptions, Do: b.list,
		})
	}
	return list
}

// of is the handler of the kind of object that was found.
func (bs Bins) of(of func(*Bin) Handler) Handler {
	return func(c *op.Call) (op.Answer, error) {
		b := bs.find(c.Object.Kind)
		if b == nil {
			return op.Answer{}, c.NotFound(c.Param("id"))
		}
		return of(b)(c)
	}
}

func (bs Bins) find(kind directory.Kind) *Bin {
	if i := slices.IndexFunc(bs, func(b *Bin) bool { return b.Kind == kind }); i >= 0 {
		return bs[i]
	}
	return nil
}

// rule is the rule that lets in whoever has a permission for some kind; demands says
// what the kind itself asks for.
func (bs Bins) rule(of func(*Bin) []*authz.Rule) *authz.Rule {
	var rules []*authz.Rule
	for _, b := range bs {
		rules = append(rules, of(b)...)
	}
	return AnyOf(rules...)
}

// AnyOf is the rule that lets in whoever has the permissions for one of several: which of
// them is asked for, the object says.
func AnyOf(rules ...*authz.Rule) *authz.Rule {
	rule := authz.Rule{Ways: []authz.Way{authz.Anyone}}
	for _, r := range rules {
		rule.Delegated = AppendNew(rule.Delegated, r.Delegated...)
		rule.Application = AppendNew(rule.Application, r.Application...)
		rule.Reads = r.Reads
		if r.Group != authz.NotGroup { // what roles stand behind has a scope of its own
			rule.Delegated = AppendNew(rule.Delegated, "RoleManagement.ReadWrite.Directory")
			rule.Application = AppendNew(rule.Application, "RoleManagement.ReadWrite.Directory")
		}
	}
	return rule.Compile()
}

func (bs Bins) demands(of func(*Bin) []*authz.Rule) func(*op.Call) []*authz.Rule {
	return func(c *op.Call) []*authz.Rule {
		if b := bs.find(c.Object.Kind); b != nil {
			return of(b)
		}
		return nil
	}
}

// locate finds the deleted object that the path names. One of a kind that the
// caller's permissions do not open is as one that is not there.
func (bs Bins) locate(of func(*Bin) []*authz.Rule) func(*op.Call) (authz.Object, error) {
	return func(c *op.Call) (authz.Object, error) {
		id, ok := guid.Parse(c.Param("id"))
		f, known := c.Snap.Object(id)
		o := authz.Object{}
		for _, b := range bs {
			shut := func(r *authz.Rule) bool { return c.Snap.RequireScopes(c.Caller, r) != nil }
			if slices.ContainsFunc(of(b), shut) {
				continue
			}
			if ok && known && f.Kind == b.Kind && f.Flags.Has(authz.Deleted) {
				o.Ref = directory.Ref{ID: id, Kind: b.Kind}
				return o, nil
			}
			if o.Kind == directory.KindNone {
				o.Kind = b.Kind
			}
		}
		return o, op.Unknown(c.Param("id"))
	}
}

// Remains are what is left of deleted objects of type T, and how they are brought back.
type Remains[T any] struct {
	Entity  *edm.Entity[T]
	Set     string
	Table   *store.Table[T]
	Load    func(*store.ReadTx, guid.ID) (T, bool, error)
	Restore func(*store.WriteTx, guid.ID) (T, error)
	Purge   func(*store.WriteTx, guid.ID) error
	Object  func(*T) *directory.Object
	Target  func(*T) audit.Target
	Before  func(*op.Call, *T) error // judges whether it can come back; nil if it always can
	Again   func(*op.Call, *T) error // what coming back entails besides; nil for nothing
}

// Deleted completes a bin with what is done to its objects.
func Deleted[T any](b Bin, r Remains[T]) *Bin {
	list := &Resource[T]{Entity: r.Entity, Set: r.Set, Table: r.Table, Directory: true}
	b.list = list.List(nil)
	b.show = func(c *op.Call) (op.Answer, error) {
		v, err := r.find(c)
		if err != nil {
			return op.Answer{}, err
		}
		return writeObject(c, r.Entity, &v)
	}
	b.revive = func(c *op.Call) (op.Answer, error) { return r.reviveOne(c, &b) }
	b.remove = func(c *op.Call) (op.Answer, error) { return r.removeOne(c, &b) }
	return &b
}

// find is the deleted object that was located, if its time is not over: whether it has been
// purged by then does not matter.
func (r *Remains[T]) find(c *op.Call) (T, error) {
	v, ok, err := r.Load(c.Tx, c.Object.ID)
	if err == nil && (!ok || r.Object(&v).Deleted.Add(restorable) <= c.Now) {
		err = Gone(c, nil)
	}
	return v, err
}

func (r *Remains[T]) reviveOne(c *op.Call, b *Bin) (op.Answer, error) {
	v, err := r.find(c)
	if err != nil {
		return op.Answer{}, err
	}
	if r.Before != nil {
		if err := r.Before(c, &v); err != nil {
			return op.Answer{}, err
		}
	}
	if v, err = r.Restore(c.W, c.Object.ID); err != nil {
		return op.Answer{}, err
	}
	if r.Again != nil {
		if err := r.Again(c, &v); err != nil {
			return op.Answer{}, err
		}
	}
	b.record(c, "Restore ", r.Target(&v))
	return writeObject(c, r.Entity, &v)
}

func (r *Remains[T]) removeOne(c *op.Call, b *Bin) (op.Answer, error) {
	v, err := r.find(c)
	if err != nil {
		return op.Answer{}, err
	}
	if err := r.Purge(c.W, c.Object.ID); err != nil {
		return op.Answer{}, err
	}
	b.record(c, "Hard delete ", r.Target(&v))
	return op.Answer{Status: c.Op.Success}, nil
}

// record completes the audit record with the kind of object that it was.
func (b *Bin) record(c *op.Call, verb string, target audit.Target) {
	c.Record().Activity, c.Record().Category = verb+b.Kind.String(), b.Category
	c.Target(target)
}
