// Package roledata is the catalogue of built-in directory roles: what each may do, where
// it may be assigned, and whom its holder may touch. It is data with the few rules that
// give it a meaning (roles/notes.md): which action covers which (Set), and which target
// is within whose reach (Actor). Both are worked out once, at the first use, so that a
// decision is a bit test.
//
// What the package returns is shared and must not be changed.
package roledata

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"ephor/internal/guid"
)

//go:embed data/*.json
var files embed.FS

// A catalogue is everything that the files say, indexed.
type catalogue struct {
	roles      []Role
	index      map[guid.ID]int
	names      []string          // by Action
	actions    map[string]Action // by name
	covered    []Set             // by Action: itself and all that it covers
	privileged Set
	scopes     scopes
	tables     [tableCount]table
	exempt     []guid.ID // from the rule that a unit's administrator reaches no role
}

// load reads the catalogue at the first call. The files are part of the program, so a
// fault in them is one of the build's, and it panics.
var load = sync.OnceValue(func() *catalogue {
	var c catalogue
	c.readRoles()
	c.readActions()
	c.expandRoles()
	c.readScopes()
	c.readTables()
	return &c
})

// read decodes an embedded file. A member that v has no place for is a mistake in strict
// files; the others carry facts for readers and tests too.
func read(name string, strict bool, v any) {
	b, err := files.ReadFile("data/" + name)
	if err != nil {
		panic(fmt.Sprintf("roledata: %v", err))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		panic(fmt.Sprintf("roledata: read %s: %v", name, err))
	}
}
