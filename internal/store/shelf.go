package store

import (
	"fmt"
	"slices"

	"ephor/internal/authz"
	"ephor/internal/guid"
)

// A shelf is a table of objects whose rows are kept, by id. Whatever writes one of its rows
// notes that the object has changed.
type shelf[T any] struct {
	table, columns string
	row            func(scan func(dest ...any) error) (T, error)
	id             func(*T) guid.ID
	bytes          func(*T) int // about what a row takes in memory
}

// A view is what a transaction sees of its tenant's keeper: rows as they were at a version.
// What the transaction itself may have changed it does not see.
type view struct {
	keeper  *keeper
	version authz.Version
	changed func(guid.ID) bool // nil in a transaction that only reads
	frozen  func() bool        // reports whether what is read now is still that version; nil likewise
}

// touch adds the object that has changed, if it is one.
func (c change) touch(touched map[guid.ID]bool) {
	if c.entity != anObject {
		return
	}
	if id, ok := guid.Parse(c.id); ok {
		touched[id] = true
	}
}

func (v *view) find(id guid.ID) any {
	if v.keeper == nil || v.changed != nil && v.changed(id) {
		return nil
	}
	return v.keeper.find(id, v.version)
}

func (v *view) keep(id guid.ID, value any, bytes int) {
	if v.keeper != nil && (v.frozen == nil || v.frozen()) {
		v.keeper.keep(id, value, bytes, v.version)
	}
}

// of is the row of id, whether the object lives or not.
func (s *shelf[T]) of(tx *ReadTx, id guid.ID) (k *Kept[T], found bool, err error) {
	if k, found = tx.view.find(id).(*Kept[T]); found {
		return k, true, nil
	}
	err = tx.query("SELECT "+s.columns+" FROM "+s.table+" WHERE id = $1", []any{id}, func(scan func(dest ...any) error) error {
		found = true
		k, err = s.read(tx, scan)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("load from %s: %w", s.table, err)
	}
	return k, found, nil
}

// read reads a row, and keeps it.
func (s *shelf[T]) read(tx *ReadTx, scan func(dest ...any) error) (*Kept[T], error) {
	row, err := s.row(scan)
	if err != nil {
		return nil, err
	}
	k := &Kept[T]{Row: row}
	tx.view.keep(s.id(&k.Row), k, s.bytes(&k.Row))
	return k, nil
}

// all are the rows of ids, each in its place; nil where there is none.
func (s *shelf[T]) all(tx *ReadTx, ids []guid.ID) ([]*Kept[T], error) {
	rows := make([]*Kept[T], len(ids))
	var missing []guid.ID
	for i, id := range ids {
		var kept bool
		if rows[i], kept = tx.view.find(id).(*Kept[T]); !kept {
			missing = append(missing, id)
		}
	}
	found := make(map[guid.ID]*Kept[T], len(missing))
	for some := range slices.Chunk(missing, listed) {
		err := tx.each("SELECT "+s.columns+" FROM "+s.table+" WHERE id IN (", some, ") ORDER BY id", func(scan func(dest ...any) error) error {
			k, err := s.read(tx, scan)
			if err == nil {
				found[s.id(&k.Row)] = k
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("load from %s: %w", s.table, err)
		}
	}
	for i, id := range ids {
		if rows[i] == nil && len(found) > 0 {
			rows[i] = found[id]
		}
	}
	return rows, nil
}

// those are the rows of ids that meet a condition, by value, each once, in the order of
// their ids.
func (s *shelf[T]) those(tx *ReadTx, ids []guid.ID, fit func(*T) bool, copied func(*T) T) ([]T, error) {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, guid.ID.Compare)
	rows, err := s.all(tx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var out []T
	for _, k := range rows {
		if k != nil && fit(&k.Row) {
			out = append(out, copied(&k.Row))
		}
	}
	return out, nil
}
