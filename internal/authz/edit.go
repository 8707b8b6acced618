package authz

import (
	"iter"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
)

// An Edit is a snapshot in the making. It copies each part that it changes once, however
// often it changes it; the snapshot that it came from stays as it is. It is not for
// concurrent use.
type Edit struct {
	snap     Snapshot
	maker    *token
	ownRoles bool // snap.roles may be changed in place
}

// Build begins a snapshot of a tenant with these objects, made at once; the rest is put
// into it as into any other.
func Build(objects iter.Seq2[guid.ID, Facts]) *Edit {
	e := Empty().Edit()
	e.snap.objects = plant(func(yield func(guid.ID, object) bool) {
		for id, f := range objects {
			if !yield(id, object{Facts: f}) {
				return
			}
			e.restrict(id, f)
		}
	}, e.maker)
	return e
}

// Edit begins a snapshot that starts as s.
func (s *Snapshot) Edit() *Edit { return &Edit{snap: *s, maker: new(token)} }

// View is the snapshot as edited so far, for judging what comes next. It is valid until
// the next change of the edit.
func (e *Edit) View() *Snapshot {
	view := e.snap
	return &view
}

// Publish is the snapshot as edited, as version v. The edit may go on from there.
func (e *Edit) Publish(v Version) *Snapshot {
	e.snap.version = v
	e.maker, e.ownRoles = new(token), false
	return e.View()
}

// PutSettings replaces the tenant's choices.
func (e *Edit) PutSettings(s Settings) {
	guest, found := implicits()[s.GuestRole]
	if !found {
		guest = implicits()[roledata.RestrictedGuestUser]
	}
	e.snap.settings, e.snap.member, e.snap.guest = s, implicits()[roledata.User], guest
}

// PutObject says what is known of an object. It must be told of every object of the
// tenant: an unknown one may do nothing, and nothing may be done to it.
func (e *Edit) PutObject(id guid.ID, f Facts) {
	was, _ := e.snap.objects.get(id)
	if f != was.Facts {
		e.snap.objects.set(id, object{f, was.tie}, e.maker)
		if was.tie != 0 {
			e.links(id).facts = f
		}
	}
	e.restrict(id, f)
}

// restrict keeps account of the restricted management units, of which most tenants have
// none, so that decisions need not look for them.
func (e *Edit) restrict(id guid.ID, f Facts) {
	if f.Kind == directory.KindUnit && f.Live() && f.Flags.Has(Restricted) {
		e.snap.restricted.set(id, true, e.maker)
	} else if e.snap.restricted.len() > 0 {
		e.snap.restricted.drop(id, e.maker)
	}
}

// DropObject forgets an object that is gone for good, and all ties of its own. Schedules,
// memberships and consents that name it confer nothing from then on, and are to be
// dropped as well.
func (e *Edit) DropObject(id guid.ID) {
	if n, _ := e.snap.objects.get(id); n.tie != 0 {
		e.snap.ties.drop(n.tie, e.maker)
	}
	e.snap.objects.drop(id, e.maker)
	e.snap.apps.drop(id, e.maker)
	e.restrict(id, Facts{})
}

// PutUnit is PutObject for an administrative unit.
func (e *Edit) PutUnit(u directory.Unit) {
	f := Facts{Kind: directory.KindUnit}
	if u.Restricted {
		f.Flags |= Restricted
	}
	if !u.Live() {
		f.Flags |= Deleted
	}
	e.PutObject(u.ID, f)
}

// links are the ties of an object, to be changed.
func (e *Edit) links(id guid.ID) *links {
	n, _ := e.snap.objects.get(id)
	if n.tie == 0 {
		l := none.copy(e.maker)
		l.id, l.facts = id, n.Facts
		if !id.IsZero() { // which names nothing
			n.tie = e.snap.ties.put(l, e.maker)
			e.snap.objects.set(id, n, e.maker)
		}
		return l
	}
	l := e.snap.ties.get(n.tie)
	if l.maker != e.maker {
		l = l.copy(e.maker)
		e.snap.ties.set(n.tie, l, e.maker)
	}
	return l
}

// tied are the ties of an object, to be taken away from; nil when it has none.
func (e *Edit) tied(id guid.ID) *links {
	if e.snap.object(id).tie == 0 {
		return nil
	}
	return e.links(id)
}

// PutUnitMember says that an object is in a unit.
func (e *Edit) PutUnitMember(unit, member guid.ID) {
	if l := e.links(member); !l.in(unit) {
		l.units = append(l.units, unit)
	}
}

// DropUnitMember says that an object is not in a unit.
func (e *Edit) DropUnitMember(unit, member guid.ID) {
	if l := e.tied(member); l != nil {
		l.units = without(l.units, unit)
	}
}

// without is ids less one, in no particular order.
func without(ids []guid.ID, id guid.ID) []guid.ID {
	return slices.DeleteFunc(ids, func(other guid.ID) bool { return other == id })
}

// PutMembership says that a principal stands in a tracked group. It has one place of each
// relation there: a new one takes the old one's.
func (e *Edit) PutMembership(m directory.Membership) {
	e.leave(m, func(p place) bool {
		return p.id == m.ID || p.group.id == m.Group && p.relation == m.Relation
	})
	if m.Relation == directory.Member {
		g := e.links(m.Group).extend()
		g.members = append(g.members, m.Member.ID)
	}
	l := e.links(m.Member.ID)
	l.places = append(l.places, place{m.ID, e.spot(m.Group), m.Relation})
}

// spot is where the object with the given id is now.
func (e *Edit) spot(id guid.ID) spot {
	n, _ := e.snap.objects.get(id)
	return spot{id, n.tie}
}

// DropMembership takes a principal out of a tracked group. A place that it was given since,
// under another id, stays.
func (e *Edit) DropMembership(m directory.Membership) {
	e.leave(m, func(p place) bool { return p.id == m.ID })
}

// leave takes m's principal out of the places in m's group that match.
func (e *Edit) leave(m directory.Membership, match func(place) bool) {
	l := e.tied(m.Member.ID)
	if l == nil {
		return
	}
	n := len(l.places)
	l.places = slices.DeleteFunc(l.places, match)
	if len(l.places) == n || m.Relation != directory.Member {
		return
	}
	if g := e.tied(m.Group); g != nil {
		g.extend().members = without(g.extend().members, m.Member.ID)
	}
}

// PutSchedule adds a schedule, or replaces the one of its principal with its id.
func (e *Edit) PutSchedule(s pim.Schedule) {
	e.DropSchedule(s.Principal, s.ID)
	g := grant{id: s.ID, kind: s.Kind, window: s.Window}
	if s.Kind == pim.Activated {
		via := s.Via
		g.via = &via
	}
	if s.Target.Group.IsZero() {
		g.slot, g.at = e.slot(s.Target.Role), s.Target.Scope.ID
		g.reach = reaches[s.Target.Scope.Kind]
	} else {
		g.reach, g.at = asMember, s.Target.Group
		if s.Target.Relation == directory.Owner {
			g.reach = asOwner
		}
		e.links(g.at).extend().onto++
		g.slot = e.spot(g.at).tie
	}
	e.links(s.Principal).put(g)
	e.count(s.Principal, &g, 1)
}

// DropSchedule removes a schedule of a principal, if it is there.
func (e *Edit) DropSchedule(principal, id guid.ID) {
	l := e.tied(principal)
	if l == nil {
		return
	}
	g, found := l.drop(id)
	if !found {
		return
	}
	e.count(principal, &g, -1)
	if g.ofRole() {
		return
	}
	if group := e.tied(g.at); group != nil {
		group.extend().onto--
	}
}

// count keeps account of who has schedules for Global Administrator.
func (e *Edit) count(principal guid.ID, g *grant, by int32) {
	if !g.ofRole() || g.slot != e.slot(roledata.GlobalAdministrator) {
		return
	}
	n, _ := e.snap.admins.get(principal)
	if n += by; n > 0 {
		e.snap.admins.set(principal, n, e.maker)
	} else {
		e.snap.admins.drop(principal, e.maker)
	}
}

// slot is the place of a role, which it is given when first named.
func (e *Edit) slot(id guid.ID) uint32 {
	if slot, found := e.snap.slots.get(id); found {
		return slot
	}
	slot := uint32(len(e.snap.roles))
	e.snap.slots.set(id, slot, e.maker)
	e.snap.roles = append(e.mine(), nil)
	return slot
}

// mine is the list of roles, to be changed.
func (e *Edit) mine() []*role {
	if !e.ownRoles {
		e.snap.roles, e.ownRoles = slices.Clone(e.snap.roles), true
	}
	return e.snap.roles
}

// PutRole says what a role gives. A definition that is disabled or deleted gives nothing.
func (e *Edit) PutRole(def directory.RoleDefinition) {
	if r, built := roledata.ByID(def.ID); built && r.Assignment == roledata.SystemAssigned {
		return
	}
	e.putRole(roleOf(def))
}

func (e *Edit) putRole(r *role) {
	slot := e.slot(r.id)
	e.mine()[slot] = r
}

// DropRole forgets a custom role: schedules for it confer nothing.
func (e *Edit) DropRole(id guid.ID) {
	if slot, found := e.snap.slots.get(id); found {
		e.mine()[slot] = nil
	}
}
