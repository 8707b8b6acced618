package store

import (
	"ephor/internal/directory"
	"ephor/internal/guid"
)

// DeletedUnit is the soft-deleted administrative unit with that id.
func (tx *ReadTx) DeletedUnit(id guid.ID) (directory.Unit, bool, error) {
	return tx.unitOf(id, false)
}

// DeletedUnits are the administrative units that may still be restored. There are too few
// for an index by the time of deletion: they are sorted instead.
var DeletedUnits = &Table[directory.Unit]{
	From: "unit t", shelf: unitShelf, Scan: "t.deleted_at < " + never, ID: "t.id", Order: byID("t.id"), Row: scanUnit,
	Select: prefixed("t", unitColumns),
	Columns: map[string]Column{
		"id":           selective(required(idOf("t.id"))),
		"display_name": keyed("t.display_name_key"),
		"description":  keyed("t.description_key"),
		"restricted":   truthOf("t.restricted"),
		"deleted":      indexed(at("t.deleted_at")),
	},
}
