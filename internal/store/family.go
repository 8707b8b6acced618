package store

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// A family is one kind of directory objects as the store writes it: what a row of it holds,
// and what deleting, restoring and removing one entails beyond what is the same for all.
type family[T any] struct {
	insert, update string                                        // statements that take args
	of             func(*ReadTx, guid.ID, bool) (T, bool, error) // the one with that id that lives, or that does not
	object         func(*T) *directory.Object
	args           func(*T) []any
	facts          func(*T) func(*objectRow)
	lists          func(*T) []valueList     // properties with several values, which are found by them
	leave          func(*WriteTx, *T)       // before one that is deleted is written
	revive         func(*WriteTx, *T) error // before one that is restored is; an error is why it cannot be
	remove         func(*WriteTx, *T)       // removes the rows of one that goes for good
}

// A valueList is what one property with several values has.
type valueList struct {
	property string
	values   []string
}

func (f *family[T]) listsOf(x *T) []valueList {
	if f.lists == nil {
		return nil
	}
	return f.lists(x)
}

// find is the object with that id that lives, or that does not; a fault when there is none.
func (f *family[T]) find(tx *WriteTx, id guid.ID, live bool) (T, error) {
	x, found, err := f.of(&tx.ReadTx, id, live)
	if err == nil && !found {
		err = fault.NotFound(id.String())
	}
	return x, err
}

// create adds an object whose id is new.
func (f *family[T]) create(tx *WriteTx, x *T) error {
	var o objectRow
	f.facts(x)(&o)
	if err := tx.newObject(o); err != nil {
		return err
	}
	tx.exec(f.insert, f.args(x)...)
	for _, l := range f.listsOf(x) {
		tx.addValues(o.ID, l.property, l.values)
	}
	return nil
}

// write puts now in the place of old.
func (f *family[T]) write(tx *WriteTx, old, now *T) error {
	id := f.object(now).ID
	tx.exec(f.update, f.args(now)...)
	before := f.listsOf(old)
	for i, l := range f.listsOf(now) {
		if !slices.Equal(l.values, before[i].values) {
			tx.putValues(id, l.property, l.values)
		}
	}
	tx.changed(anObject, id.String())
	return tx.amend(id, f.facts(now))
}

// alter is write for an object that must be there and live, before and after.
func (f *family[T]) alter(tx *WriteTx, now *T, allowed func(old *T) error) error {
	o := f.object(now)
	old, err := f.find(tx, o.ID, true)
	if err != nil {
		return err
	}
	if !o.Live() {
		return fault.NotFound(o.ID.String())
	}
	if err := allowed(&old); err != nil {
		return err
	}
	return f.write(tx, &old, now)
}

// delete marks the live object as deleted at an instant.
func (f *family[T]) delete(tx *WriteTx, id guid.ID, at when.Instant) error {
	x, err := f.find(tx, id, true)
	if err != nil {
		return err
	}
	old := x
	f.object(&x).Deleted = at
	if f.leave != nil {
		f.leave(tx, &x)
	}
	return f.write(tx, &old, &x)
}

// restore gives the deleted object back.
func (f *family[T]) restore(tx *WriteTx, id guid.ID) (T, error) {
	x, err := f.find(tx, id, false)
	if err != nil {
		return x, err
	}
	old := x
	f.object(&x).Deleted = when.Never
	if f.revive != nil {
		if err := f.revive(tx, &x); err != nil {
			return x, err
		}
	}
	return x, f.write(tx, &old, &x)
}

// purge removes the deleted object for good, with all that ties it to others.
func (f *family[T]) purge(tx *WriteTx, id guid.ID) error {
	x, err := f.find(tx, id, false)
	if err != nil {
		return err
	}
	f.remove(tx, &x)
	return tx.dropObject(id)
}
