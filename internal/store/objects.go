package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// The names of what changed, for other nodes and delta queries. An object's id is its own;
// what ties two objects names both, with a slash between. Changes of one version are
// followed in the order of these names, and an object's comes last: when it is gone, what
// tied it to others is gone already.
const (
	anObject    = "~object"
	aMembership = "membership"
	aUnitMember = "unitMember"
	aManager    = "manager"
	aSchedule   = "schedule"
	aRequest    = "request"
	aRole       = "role"
	aConsent    = "consent"
	aSession    = "session"
	aRoleGrant  = "roleGrant"
	aClient     = "client"
	aPolicy     = "policy"
	aSetting    = "setting"
	aSigningKey = "signingKey"
)

const objectColumns = "id, kind, enabled, guest, role_assignable, approver, restricted, tracked, variant, generation, deleted_at"

// An objectRow is what decisions ask about an object, whatever its kind.
type objectRow struct {
	ID             guid.ID
	Kind           directory.Kind
	Enabled        bool
	Guest          bool
	RoleAssignable bool
	Approver       bool
	Restricted     bool
	// Tracked groups and units have their members in the snapshot. Once tracked, always:
	// a snapshot that knows more than it must is right all the same.
	Tracked    bool
	Variant    bool // see authz.Variant
	Generation int64
	Deleted    when.Instant
}

// facts are the row as the snapshot holds it.
func (o objectRow) facts() authz.Facts {
	f := authz.Facts{Kind: o.Kind, Generation: uint32(o.Generation)}
	for _, flag := range []struct {
		set  bool
		flag authz.Flags
	}{
		{!o.Enabled, authz.Disabled},
		{o.Deleted != when.Never, authz.Deleted},
		{o.Guest, authz.Guest},
		{o.RoleAssignable, authz.RoleAssignable},
		{o.Approver, authz.Approver},
		{o.Restricted, authz.Restricted},
		{o.Variant, authz.Variant},
	} {
		if flag.set {
			f.Flags |= flag.flag
		}
	}
	return f
}

func scanObject(scan func(dest ...any) error) (objectRow, error) {
	var o objectRow
	err := scan(&o.ID, (*kindColumn)(&o.Kind), &o.Enabled, &o.Guest, &o.RoleAssignable, &o.Approver, &o.Restricted, &o.Tracked, &o.Variant, &o.Generation, &o.Deleted)
	return o, err
}

// object is the row of id, whether it lives or not.
func (tx *ReadTx) object(id guid.ID) (o objectRow, found bool, err error) {
	err = tx.query("SELECT "+objectColumns+" FROM object WHERE id = $1", []any{id}, func(scan func(dest ...any) error) error {
		found = true
		o, err = scanObject(scan)
		return err
	})
	if err != nil {
		return objectRow{}, false, fmt.Errorf("load object %s: %w", id, err)
	}
	return o, found, nil
}

// Object is the kind of the live object that id names, KindNone when it names none.
func (tx *ReadTx) Object(id guid.ID) (directory.Ref, error) {
	o, found, err := tx.object(id)
	if err != nil || !found || o.Deleted != when.Never {
		return directory.Ref{ID: id}, err
	}
	return directory.Ref{ID: id, Kind: o.Kind}, nil
}

// DeletedObject is the kind of the soft-deleted object that id names, KindNone when it
// names none.
func (tx *ReadTx) DeletedObject(id guid.ID) (directory.Ref, error) {
	o, found, err := tx.object(id)
	if err != nil || !found || o.Deleted == when.Never {
		return directory.Ref{ID: id}, err
	}
	return directory.Ref{ID: id, Kind: o.Kind}, nil
}

// Objects are the live objects among ids, which are at most a thousand, in the order of
// their ids.
func (tx *ReadTx) Objects(ids []guid.ID) ([]directory.Ref, error) {
	var refs []directory.Ref
	err := tx.each("SELECT id, kind FROM object WHERE deleted_at = "+never+" AND id IN (", ids, ") ORDER BY id", func(scan func(dest ...any) error) error {
		var r directory.Ref
		err := scan(&r.ID, (*kindColumn)(&r.Kind))
		refs = append(refs, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load objects: %w", err)
	}
	return refs, nil
}

// DeletedBefore are objects that were soft-deleted before an instant, the longest dead
// first.
func (tx *ReadTx) DeletedBefore(before when.Instant, limit int) ([]directory.Ref, error) {
	var refs []directory.Ref
	err := tx.query("SELECT id, kind FROM object WHERE deleted_at < "+never+" AND deleted_at < $1 ORDER BY deleted_at, id LIMIT $2",
		[]any{before, int64(limit)}, func(scan func(dest ...any) error) error {
			var r directory.Ref
			err := scan(&r.ID, (*kindColumn)(&r.Kind))
			refs = append(refs, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load deleted objects: %w", err)
	}
	return refs, nil
}

// Purge removes a soft-deleted object for good, with all that ties it to others.
func (tx *WriteTx) Purge(ref directory.Ref) error {
	switch ref.Kind {
	case directory.KindUser:
		return tx.PurgeUser(ref.ID)
	case directory.KindGroup:
		return tx.PurgeGroup(ref.ID)
	case directory.KindApplication:
		return tx.PurgeApplication(ref.ID)
	case directory.KindServicePrincipal:
		return tx.PurgeServicePrincipal(ref.ID)
	case directory.KindUnit:
		return tx.PurgeUnit(ref.ID)
	}
	return fault.NotFound(ref.ID.String())
}

// each runs a query whose text has a list of ids between before and behind. No ids, no
// query. Ids that are asked for twice count once.
func (tx *ReadTx) each(before string, ids []guid.ID, behind string, row func(scan func(dest ...any) error) error) error {
	if len(ids) == 0 {
		return nil
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, guid.ID.Compare)
	ids = slices.Compact(ids)
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	places, args := list(args)
	return tx.query(before+places+behind, args, row)
}

var (
	putObject    = upsertInto("object", strings.Split(objectColumns, ", ")...)
	insertObject = insertInto("object", strings.Split(objectColumns, ", ")...)
)

func objectArgs(o *objectRow) []any {
	return []any{o.ID, int64(o.Kind), o.Enabled, o.Guest, o.RoleAssignable, o.Approver, o.Restricted, o.Tracked, o.Variant, o.Generation, o.Deleted}
}

// putObject writes the row and keeps the snapshot in step.
func (tx *WriteTx) putObject(o objectRow) {
	tx.exec(putObject, objectArgs(&o)...)
	tx.stage().PutObject(o.ID, o.facts())
	tx.changed(anObject, o.ID.String())
}

// newObject is putObject for an id that must be new.
func (tx *WriteTx) newObject(o objectRow) error {
	_, taken, err := tx.object(o.ID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("id")
	}
	tx.putObject(o)
	tx.count(o.Kind.String(), 1)
	return nil
}

// amend changes the row of an object that is there.
func (tx *WriteTx) amend(id guid.ID, change func(*objectRow)) error {
	o, found, err := tx.object(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(id.String())
	}
	before := o
	change(&o)
	if o == before {
		return nil
	}
	tx.putObject(o)
	if live, lived := o.Deleted == when.Never, before.Deleted == when.Never; live != lived {
		tx.count(o.Kind.String(), 2*flag(live)-1)
	}
	return nil
}

// dropObject removes the row of an object and all that ties it to others: for good.
func (tx *WriteTx) dropObject(id guid.ID) error {
	o, found, err := tx.object(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(id.String())
	}
	if err := tx.untie(id); err != nil {
		return err
	}
	tx.exec("DELETE FROM object_value WHERE object_id = $1", id)
	tx.exec("DELETE FROM object WHERE id = $1", id)
	if o.Deleted == when.Never {
		tx.count(o.Kind.String(), -1)
	}
	tx.stage().DropObject(id)
	tx.changed(anObject, id.String())
	return nil
}

// untie ends everything between an object and others: places in groups and units, windows,
// consents, permissions, managers, and the policies for places in it.
func (tx *WriteTx) untie(id guid.ID) error {
	for _, part := range []func(guid.ID) error{tx.dropPlaces, tx.dropUnitPlaces, tx.dropManagers, tx.dropSchedules, tx.dropConsents, tx.dropRoleGrants, tx.dropPolicies, tx.cancelWaiting} {
		if err := part(id); err != nil {
			return err
		}
	}
	return nil
}

// putValues makes values, folded, all that a property with several values has.
func (tx *WriteTx) putValues(id guid.ID, property string, values []string) {
	tx.exec("DELETE FROM object_value WHERE object_id = $1 AND property = $2", id, property)
	tx.addValues(id, property, values)
}

// addValues is putValues for an object that is new.
func (tx *WriteTx) addValues(id guid.ID, property string, values []string) {
	var seen []string
	for _, v := range values {
		key := fold(v)
		if slices.Contains(seen, key) {
			continue
		}
		seen = append(seen, key)
		tx.exec("INSERT INTO object_value (object_id, property, value_key) VALUES ($1, $2, $3)", id, property, key)
	}
}

// holder is who among live objects has one of the values in a property; the zero id when
// nobody but except has.
func (tx *ReadTx) holder(property string, values []string, except guid.ID) (guid.ID, error) {
	if len(values) == 0 {
		return guid.ID{}, nil
	}
	args := []any{property, except}
	for _, v := range values {
		args = append(args, fold(v))
	}
	var id guid.ID
	_, err := tx.one("SELECT v.object_id FROM object_value v JOIN object o ON o.id = v.object_id AND o.deleted_at = "+never+
		" WHERE v.property = $1 AND v.object_id <> $2 AND v.value_key IN ("+holes(3, len(values))+") ORDER BY v.object_id LIMIT 1", args, &id)
	if err != nil {
		return guid.ID{}, fmt.Errorf("look for the holder of %s: %w", property, err)
	}
	return id, nil
}

// conflict is the fault of a value that another object has (errors.md, 2).
func conflict(property string) *fault.Fault {
	message := "Another object with the same value for property " + property + " already exists."
	return fault.BadRequest("", "%s", message).
		With(fault.Detail{Code: "ObjectConflict", Message: message, Target: property}).
		With(fault.Detail{Code: "ConflictingObjects", Message: message, Target: property})
}

// A kindColumn is scanned from a BIGINT column that holds a kind of object.
type kindColumn directory.Kind

// Scan reads a kind that there is.
func (k *kindColumn) Scan(src any) error {
	n, ok := src.(int64)
	if !ok || n <= int64(directory.KindNone) || n > int64(directory.KindTenant) {
		return errColumn
	}
	*k = kindColumn(n)
	return nil
}
