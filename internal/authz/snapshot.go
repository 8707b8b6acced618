// Package authz decides who may do what, on which object, at which instant. Its Snapshot
// holds, in memory, all that a decision needs of one version of a tenant; everything not
// granted there is denied. Nothing here reads a clock or a database, and a decision
// allocates nothing.
package authz

import (
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A Version is a state of a tenant: the sequence number of its last write, within the
// incarnation that began when it was made, restored or reset.
type Version struct{ Incarnation, Seq int64 }

// Settings are a tenant's own choices that decisions depend on.
type Settings struct {
	Tenant guid.ID
	// GuestRole is what guests may do without holding anything: one of the three implicit
	// roles (authorizationPolicy.guestUserRoleId). Any other id is the restricted one.
	GuestRole guid.ID
}

// A Snapshot is one version of a tenant, as far as decisions need it. It never changes,
// so any number of goroutines may read it. Make another with Edit.
type Snapshot struct {
	version     Version
	settings    Settings
	traits      []trait   // of all actions
	member      *implicit // what members may do without holding anything
	guest       *implicit // what guests may
	objects     tree[object]
	ties        ties
	slots       tree[uint32] // a role's place in roles
	roles       []*role      // nil for a role that only schedules name
	restricted  tree[bool]   // the live restricted management units
	admins      tree[int32]  // principals with schedules for Global Administrator, and how many
	clients     tree[guid.ID]
	apps        tree[guid.ID]
	consents    tree[[]consent] // by client and principal
	consentKeys tree[guid.ID]   // the key in consents of a consent
	ended       tree[bool]      // sessions that ended while tokens of them may be about
}

// A consent lets a client act with scopes: for everyone, or for one principal.
type consent struct {
	id        guid.ID
	client    guid.ID
	resource  guid.ID
	principal guid.ID
	scopes    Scopes
}

// Empty is the snapshot of a tenant that has nothing but the built-in roles, all enabled,
// and so allows nothing to anybody.
func Empty() *Snapshot {
	e := (&Snapshot{traits: traits()}).Edit()
	e.snap.ties.set(0, none, e.maker)
	e.PutSettings(Settings{GuestRole: roledata.GuestUser})
	for _, r := range builtIn() {
		e.putRole(r)
	}
	return e.Publish(Version{})
}

// alive is an object that is not deleted.
func alive(id guid.ID, kind directory.Kind) directory.Object {
	return directory.Object{ID: id, Kind: kind, Deleted: when.Never}
}

// Version is the version that the snapshot is of.
func (s *Snapshot) Version() Version { return s.version }

// Settings are the tenant's choices.
func (s *Snapshot) Settings() Settings { return s.settings }

// Object is what is known of an object, soft-deleted ones included; false for an id that
// names none.
func (s *Snapshot) Object(id guid.ID) (Facts, bool) {
	f := s.facts(id)
	return f, f.Kind != directory.KindNone
}

// Objects is how many objects the snapshot knows.
func (s *Snapshot) Objects() int { return s.objects.len() }

// RestrictedUnits is how many live restricted management units there are.
func (s *Snapshot) RestrictedUnits() int { return s.restricted.len() }

// Client is the service principal of the application with this appId.
func (s *Snapshot) Client(appID guid.ID) (guid.ID, bool) { return s.clients.get(appID) }

// Ended reports whether the session with that id was ended, so that what it gave out is void.
func (s *Snapshot) Ended(session guid.ID) bool {
	ended, _ := s.ended.get(session)
	return ended
}

// object is what is known of id; of kind KindNone when nothing is.
func (s *Snapshot) object(id guid.ID) object {
	o, _ := s.objects.get(id)
	return o
}

// facts are those of id; of kind KindNone when nothing is known.
func (s *Snapshot) facts(id guid.ID) Facts { return s.object(id).Facts }

// links are the object's, never nil and not to be changed.
func (s *Snapshot) links(o object) *links { return s.ties.get(o.tie) }

// at is object for one that is known by its spot.
func (s *Snapshot) at(p *spot) object {
	if l := s.ties.get(p.tie); l != nil && l.id == p.id {
		return object{l.facts, p.tie}
	}
	return s.object(p.id)
}

// knows reports whether ref names something that is there, deleted or not.
func (s *Snapshot) knows(ref directory.Ref, o object) bool {
	switch ref.Kind {
	case directory.KindTenant:
		return s.covers(ref)
	case directory.KindRole:
		slot, found := s.slots.get(ref.ID)
		return found && s.roles[slot] != nil
	}
	return o.Kind != directory.KindNone && o.Kind == ref.Kind
}

// covers reports whether ref is this tenant, which a zero id also names.
func (s *Snapshot) covers(ref directory.Ref) bool {
	return ref.Kind == directory.KindTenant && (ref.ID.IsZero() || ref.ID == s.settings.Tenant)
}

// role is the role that a grant gives, nil when it confers nothing or is of a group.
func (s *Snapshot) role(g *grant) *role {
	if !g.ofRole() {
		return nil // its slot is among the ties
	}
	if r := s.roles[g.slot]; r != nil && r.enabled {
		return r
	}
	return nil
}

// implicit is what a user may do without holding anything.
func (s *Snapshot) implicit(f Facts) *implicit {
	if f.Flags.Has(Guest) {
		return s.guest
	}
	return s.member
}
