package authz

import (
	"sync"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
)

// tables is the number of the sensitive tables.
const tables = roledata.RestrictedMethodsRead + 1

// A role is a role definition made ready for decisions. It never changes.
type role struct {
	id        guid.ID
	enabled   bool
	own       roledata.Set       // what it gives at any scope
	inherited roledata.Set       // what it gives at tenant scope besides
	parts     []roledata.Partial // what it gives on some objects only, of custom roles
	mark      roledata.RoleSet
	reaches   [tables]roledata.Actor // whom a holder may touch, by table
	inUnit    [tables]roledata.Actor // the same for a holder at the scope of a unit
}

// gives reports whether the role, held at reach r, holds action a.
func (d *role) gives(a roledata.Action, r reach) bool {
	return d.own.Has(a) || r == inTenant && d.inherited.Has(a)
}

// roleOf makes def ready. What a built-in role may do comes from the catalogue: a
// definition with its id cannot change it, only disable it.
func roleOf(def directory.RoleDefinition) *role {
	d := &role{id: def.ID, enabled: def.Enabled && def.Live()}
	d.mark.Add(def.ID)
	if built, found := roledata.ByID(def.ID); found {
		d.own, d.inherited = built.Own, built.Inherited
	} else {
		d.own, _ = roledata.Expand(def.Actions)
		d.parts = roledata.Partials(def.Actions)
		for _, from := range def.Inherits {
			if parent, known := roledata.ByID(from); known {
				d.inherited.Union(&parent.Own)
			}
		}
	}
	for t := range tables {
		d.reaches[t] = *roledata.ActorOf(t, def.ID)
		d.inUnit[t] = d.reaches[t]
		if !roledata.ExemptInUnit(def.ID) {
			d.inUnit[t] = d.reaches[t].InUnit()
		}
	}
	return d
}

// builtIn is the built-in roles that can be assigned, all enabled. The implicit ones are
// held by everybody of a kind, and a schedule for one of them confers nothing.
var builtIn = sync.OnceValue(func() []*role {
	var out []*role
	for i := range roledata.All() {
		r := &roledata.All()[i]
		if r.Assignment != roledata.SystemAssigned {
			out = append(out, roleOf(directory.RoleDefinition{Object: alive(r.ID, directory.KindRole), Enabled: true}))
		}
	}
	return out
})

// An implicit role is what everybody of a kind may do without holding anything.
type implicit struct{ anywhere, self, owned roledata.Set }

func implicitOf(id guid.ID) *implicit {
	r, _ := roledata.ByID(id)
	i := &implicit{anywhere: r.Own}
	for _, c := range r.Conditional {
		switch c.Condition {
		case roledata.OnSelf:
			i.self.Union(&c.Own)
		case roledata.OnOwned:
			i.owned.Union(&c.Own)
		}
	}
	return i
}

// implicits are the three implicit roles by id.
var implicits = sync.OnceValue(func() map[guid.ID]*implicit {
	return map[guid.ID]*implicit{
		roledata.User:                implicitOf(roledata.User),
		roledata.GuestUser:           implicitOf(roledata.GuestUser),
		roledata.RestrictedGuestUser: implicitOf(roledata.RestrictedGuestUser),
	}
})
