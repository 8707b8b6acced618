package face

import (
	"strings"

	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// What an object says of itself besides its properties depends on the metadata that the
// caller asked for: nothing, its type where that could be another, or, with full, always its
// type and the address by which it can be referred to (behaviour.md §2.10).

// directoryTypes is what the directory's own names of types begin with.
const directoryTypes = "Microsoft.DirectoryServices."

// directoryType is the directory's own name of a type.
func directoryType(name string) string { return directoryTypes + upperFirst(name) }

// WriteIdentity puts what v says of itself into the object that is open. typed is that its
// type is to be told without being asked for.
func WriteIdentity[T any](c *op.Call, w *edm.Writer, e *edm.Entity[T], v *T, typed bool) {
	if typed || c.Metadata == "full" {
		WriteType(c, w, e.TypeName())
	}
	if c.Metadata != "full" || e.Base != "directoryObject" {
		return
	}
	if p, ok := e.Property("id"); ok {
		writeAddress(c, w, e.Name, strings.Trim(text(p, v), `"`))
	}
}

// writeAddress puts @odata.id for a caller who asked for full metadata. What is part of
// another object, and so has no GUID, has no address of this form.
func writeAddress(c *op.Call, w *edm.Writer, name, id string) {
	if _, ok := guid.Parse(id); !ok || c.Metadata != "full" {
		return
	}
	w.Name("@odata.id")
	w.Str("https://" + graphHost + "/v2/" + c.Caller.Tenant.String() + "/directoryObjects/" + id + "/" + directoryType(name))
}

// WriteType puts @odata.type, unless the caller wants no metadata.
func WriteType(c *op.Call, w *edm.Writer, name string) {
	if c.Metadata == "none" {
		return
	}
	w.Name("@odata.type")
	w.Str(name)
}
