package authz

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A model is a tenant as plain maps, with decisions as plain loops: slow, short, and
// sharing nothing with the snapshot but the catalogue of roles.
type model struct {
	objects   map[guid.ID]Facts
	schedules map[guid.ID]pim.Schedule
	places    map[guid.ID]directory.Membership
	units     map[[2]guid.ID]bool
	disabled  map[guid.ID]bool // roles
}

func (m *model) live(id guid.ID) bool {
	f, found := m.objects[id]
	return found && f.Flags&Deleted == 0
}

// inForce reports whether a schedule is in force at t, for all it stands on.
func (m *model) inForce(s pim.Schedule, t when.Instant) bool {
	if !s.Window.Covers(t) || s.Kind == pim.Eligible {
		return false
	}
	if s.Kind == pim.Assigned {
		return true
	}
	e, found := m.schedules[s.Via.Eligibility]
	if !found || e.Kind != pim.Eligible || !m.contains(e.Target, s.Target) || !e.Window.Covers(t) {
		return false
	}
	if s.Via.Membership.IsZero() {
		return e.Principal == s.Principal
	}
	p, found := m.places[s.Via.Membership]
	return found && p.Relation == directory.Member && p.Member.ID == s.Principal && p.Group == e.Principal &&
		m.live(p.Group) && m.objects[p.Group].Flags&RoleAssignable != 0
}

// contains reports whether an activation of inner can stand on an eligibility for outer: the
// same, the role in the whole tenant, or in a unit that inner's object is in.
func (m *model) contains(outer, inner pim.Target) bool {
	switch {
	case outer == inner:
		return true
	case outer.Role != inner.Role || outer.Group != inner.Group || inner.Role.IsZero():
		return false
	case outer.Scope.Kind == pim.ScopeTenant:
		return true
	}
	return outer.Scope.Kind == pim.ScopeUnit && inner.Scope.Kind == pim.ScopeObject &&
		m.live(outer.Scope.ID) && m.units[[2]guid.ID{outer.Scope.ID, inner.Scope.ID}]
}

// groups adds the live groups that id is in at t to found.
func (m *model) groups(id guid.ID, t when.Instant, found map[guid.ID]bool) {
	add := func(g guid.ID) {
		if m.live(g) && !found[g] {
			found[g] = true
			m.groups(g, t, found)
		}
	}
	for _, p := range m.places {
		if p.Member.ID == id && p.Relation == directory.Member {
			add(p.Group)
		}
	}
	for _, s := range m.schedules {
		if s.Principal == id && !s.Target.Group.IsZero() && s.Target.Relation == directory.Member && m.inForce(s, t) {
			add(s.Target.Group)
		}
	}
}

// roles are the roles that the subject has at t, with their scopes.
func (m *model) roles(subject guid.ID, t when.Instant) (out []pim.Target) {
	in := map[guid.ID]bool{}
	m.groups(subject, t, in)
	for _, s := range m.schedules {
		holder := s.Principal == subject || in[s.Principal] && m.objects[s.Principal].Flags&RoleAssignable != 0
		if holder && s.Target.Group.IsZero() && m.inForce(s, t) && !m.disabled[s.Target.Role] {
			out = append(out, s.Target)
		}
	}
	return out
}

// privilege adds all roles that id holds or could come to hold after t.
func (m *model) privilege(id guid.ID, t when.Instant, seen map[guid.ID]bool, roles map[guid.ID]bool) (group bool) {
	seen[id] = true
	var through []guid.ID
	for _, s := range m.schedules {
		switch {
		case s.Principal != id || s.Window.End <= t || s.Window.Empty():
		case s.Target.Group.IsZero():
			roles[s.Target.Role] = true
		default:
			through = append(through, s.Target.Group)
		}
	}
	for _, p := range m.places {
		if p.Member.ID == id {
			through = append(through, p.Group)
		}
	}
	for _, g := range through {
		group = group || m.objects[g].Flags&RoleAssignable != 0
		if !seen[g] {
			group = m.privilege(g, t, seen, roles) || group
		}
	}
	return group
}

func (m *model) can(subject guid.ID, action string, target guid.ID, t when.Instant) bool {
	who := m.objects[subject]
	if !m.live(subject) || who.Flags&Disabled != 0 || !m.live(target) {
		return false
	}
	if action == readUser || action == revoke && subject == target {
		return true
	}
	a, _ := roledata.ActionOf(md + action)
	held := map[guid.ID]bool{}
	group := m.privilege(target, t, map[guid.ID]bool{}, held)
	for _, r := range m.roles(subject, t) {
		def, _ := roledata.ByID(r.Role)
		tenant := r.Scope.Kind == pim.ScopeTenant
		gives := def.Own.Has(a) || tenant && def.Inherited.Has(a)
		covers := tenant || r.Scope.Kind == pim.ScopeObject && r.Scope.ID == target ||
			r.Scope.Kind == pim.ScopeUnit && m.live(r.Scope.ID) && m.units[[2]guid.ID{r.Scope.ID, target}]
		reaches := action == readUser || tenant || len(held) == 0 && !group
		if action == revoke {
			reaches = m.reaches(r, tenant, held, group)
		}
		if gives && covers && reaches {
			return true
		}
	}
	return false
}

func (m *model) reaches(r pim.Target, tenant bool, held map[guid.ID]bool, group bool) bool {
	if !tenant && r.Role != privAuthAdmin && (len(held) > 0 || group) {
		return false
	}
	kinds := roledata.Kinds(0)
	if group {
		kinds = roledata.RoleAssignableGroup
	}
	return roledata.Reach(roledata.PasswordReset, r.Role, slices.Collect(maps.Keys(held)), kinds)
}

// A pair is a model and a snapshot that are told the same.
type both struct {
	model
	edit *Edit
	now  when.Instant
}

var (
	cast      = names("user", 4)
	crews     = names("group", 4)
	areas     = names("unit", 2)
	castRoles = []guid.ID{helpdesk, userAdmin, globalAdmin, privAuthAdmin, dirReader, passwordAdmin}
)

func names(stem string, n int) (ids []guid.ID) {
	for i := range n {
		ids = append(ids, named(fmt.Sprint(stem, i)))
	}
	return ids
}

func newBoth() *both {
	b := &both{
		model: model{map[guid.ID]Facts{}, map[guid.ID]pim.Schedule{}, map[guid.ID]directory.Membership{}, map[[2]guid.ID]bool{}, map[guid.ID]bool{}},
		edit:  Empty().Edit(), now: noon,
	}
	for _, id := range slices.Concat(cast, crews, areas) {
		b.object(id, born(id))
	}
	return b
}

// born is what the object with the given id is at first. The last group is not role-assignable.
func born(id guid.ID) Facts {
	switch {
	case slices.Contains(cast, id):
		return Facts{Kind: directory.KindUser}
	case slices.Contains(areas, id):
		return Facts{Kind: directory.KindUnit}
	case id == crews[len(crews)-1]:
		return Facts{Kind: directory.KindGroup}
	}
	return Facts{Kind: directory.KindGroup, Flags: RoleAssignable}
}

func (b *both) object(id guid.ID, f Facts) {
	b.objects[id] = f
	b.edit.PutObject(id, f)
}

func (b *both) schedule(t *rapid.T) {
	s := pim.Schedule{
		ID: named(fmt.Sprint("s", rapid.IntRange(0, 12).Draw(t, "id"))), Kind: pim.Kind(rapid.IntRange(0, 2).Draw(t, "kind")),
		Principal: rapid.SampledFrom(append(slices.Clone(cast), crews...)).Draw(t, "principal"),
	}
	start := b.now + when.Instant(rapid.IntRange(-20, 20).Draw(t, "start"))
	s.Window = when.Window{Start: start, End: start + when.Instant(rapid.IntRange(-1, 40).Draw(t, "length"))}
	if rapid.Bool().Draw(t, "open") {
		s.Window.End = when.Never
	}
	if rapid.IntRange(0, 3).Draw(t, "group") == 0 {
		s.Target.Group = rapid.SampledFrom(crews).Draw(t, "target")
		s.Target.Relation = rapid.SampledFrom([]directory.Relation{directory.Member, directory.Owner}).Draw(t, "relation")
	} else {
		s.Target.Role = rapid.SampledFrom(castRoles).Draw(t, "role")
		s.Target.Scope = b.scope(t)
	}
	if s.Kind == pim.Activated {
		b.stand(t, &s)
	}
	if old, found := b.schedules[s.ID]; found {
		b.edit.DropSchedule(old.Principal, old.ID)
	}
	b.schedules[s.ID] = s
	b.edit.PutSchedule(s)
}

// scope draws where a role is held: everywhere, in a unit, or on one of those that the
// questions are about.
func (b *both) scope(t *rapid.T) pim.Scope {
	switch rapid.IntRange(0, 4).Draw(t, "scope") {
	case 0, 1:
		return pim.Scope{Kind: pim.ScopeUnit, ID: rapid.SampledFrom(areas).Draw(t, "unit")}
	case 2:
		return pim.Scope{Kind: pim.ScopeObject, ID: rapid.SampledFrom(cast[:2]).Draw(t, "object")}
	}
	return pim.Scope{}
}

// stand gives an activation something to stand on, most often what it needs.
func (b *both) stand(t *rapid.T, s *pim.Schedule) {
	for _, id := range slices.SortedFunc(maps.Keys(b.schedules), guid.ID.Compare) {
		e := b.schedules[id]
		if e.Kind != pim.Eligible || id == s.ID || rapid.IntRange(0, 3).Draw(t, "pass over") == 0 {
			continue
		}
		s.Via.Eligibility, s.Target = e.ID, e.Target
		if !s.Target.Role.IsZero() && rapid.IntRange(0, 2).Draw(t, "elsewhere") == 0 {
			s.Target.Scope = b.scope(t)
		}
		for _, pid := range slices.SortedFunc(maps.Keys(b.places), guid.ID.Compare) {
			if p := b.places[pid]; p.Group == e.Principal && rapid.Bool().Draw(t, "by this place") {
				s.Via.Membership, s.Principal = p.ID, p.Member.ID
				return
			}
		}
		if rapid.Bool().Draw(t, "own") {
			s.Principal = e.Principal
		}
		return
	}
}

func (b *both) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"schedule": b.schedule,
		"unschedule": func(t *rapid.T) {
			id := named(fmt.Sprint("s", rapid.IntRange(0, 12).Draw(t, "id")))
			b.edit.DropSchedule(b.schedules[id].Principal, id)
			delete(b.schedules, id)
		},
		"join": func(t *rapid.T) {
			m := directory.Membership{
				ID:       named(fmt.Sprint("m", rapid.IntRange(0, 1000).Draw(t, "id"))),
				Group:    rapid.SampledFrom(crews).Draw(t, "group"),
				Relation: rapid.SampledFrom([]directory.Relation{directory.Member, directory.Owner}).Draw(t, "relation"),
				Member:   directory.Ref{ID: rapid.SampledFrom(append(slices.Clone(cast), crews...)).Draw(t, "member")},
			}
			if _, taken := b.places[m.ID]; taken {
				return
			}
			maps.DeleteFunc(b.places, func(_ guid.ID, p directory.Membership) bool {
				return p.Group == m.Group && p.Relation == m.Relation && p.Member == m.Member
			})
			b.places[m.ID] = m
			b.edit.PutMembership(m)
		},
		"leave": func(t *rapid.T) {
			for _, id := range slices.SortedFunc(maps.Keys(b.places), guid.ID.Compare) {
				if rapid.IntRange(0, 4).Draw(t, "leave") == 0 {
					b.edit.DropMembership(b.places[id])
					delete(b.places, id)
				}
			}
		},
		"flag": func(t *rapid.T) {
			id := rapid.SampledFrom(slices.Concat(cast, crews, areas)).Draw(t, "object")
			f, found := b.objects[id]
			if !found {
				f = born(id)
			}
			f.Flags = f.Flags&RoleAssignable | rapid.SampledFrom([]Flags{0, 0, 0, Disabled, Deleted}).Draw(t, "flags")
			b.object(id, f)
		},
		"purge": func(t *rapid.T) {
			id := rapid.SampledFrom(slices.Concat(cast, crews, areas)).Draw(t, "object")
			b.edit.DropObject(id)
			delete(b.objects, id)
			maps.DeleteFunc(b.schedules, func(_ guid.ID, s pim.Schedule) bool { return s.Principal == id })
			maps.DeleteFunc(b.places, func(_ guid.ID, p directory.Membership) bool { return p.Member.ID == id })
			maps.DeleteFunc(b.units, func(in [2]guid.ID, _ bool) bool { return in[1] == id })
		},
		"unit": func(t *rapid.T) {
			unit, who := rapid.SampledFrom(areas).Draw(t, "unit"), rapid.SampledFrom(cast).Draw(t, "who")
			if b.units[[2]guid.ID{unit, who}] = rapid.Bool().Draw(t, "in"); b.units[[2]guid.ID{unit, who}] {
				b.edit.PutUnitMember(unit, who)
			} else {
				b.edit.DropUnitMember(unit, who)
			}
		},
		"role": func(t *rapid.T) {
			id := rapid.SampledFrom(castRoles).Draw(t, "role")
			b.disabled[id] = rapid.IntRange(0, 3).Draw(t, "disabled") == 0
			b.edit.PutRole(directory.RoleDefinition{Object: alive(id, directory.KindRole), Enabled: !b.disabled[id]})
		},
		"clock":   func(t *rapid.T) { b.now += when.Instant(rapid.IntRange(1, 10).Draw(t, "ticks")) },
		"publish": func(t *rapid.T) { b.edit = b.edit.Publish(Version{}).Edit() },
	}
}

func TestDecisionsAgreeWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := newBoth()
		actions := b.actions()
		actions[""] = func(t *rapid.T) { b.compare(t) }
		t.Repeat(actions)
	})
}

// compare asks both everything, now and at every instant at which a window opens or
// closes: they agree, and an answer holds until the instant that it names.
func (b *both) compare(t *rapid.T) {
	view := b.edit.View()
	edges := []when.Instant{b.now}
	for _, s := range b.schedules {
		edges = append(edges, s.Window.Start, s.Window.End)
	}
	slices.Sort(edges)
	for _, who := range cast {
		for _, action := range []string{revoke, readUser, "users/basic/update"} {
			for _, target := range cast[:2] {
				until, last := when.Instant(0), false
				for _, at := range edges {
					if at == when.Never {
						continue
					}
					a, _ := roledata.ActionOf(md + action)
					d := view.Can(who, a, directory.Ref{ID: target, Kind: directory.KindUser}, at)
					if want := b.can(who, action, target, at); d.Allowed != want {
						t.Fatalf("%s %s %s at %d: %v (%s), the model says %v", who, action, target, at, d.Allowed, d.Reason, want)
					}
					if at < until && d.Allowed != last {
						t.Fatalf("%s %s %s turned %v at %d, before %d", who, action, target, d.Allowed, at, until)
					}
					if d.Until <= at {
						t.Fatalf("%s %s %s at %d holds until %d", who, action, target, at, d.Until)
					}
					until, last = d.Until, d.Allowed
				}
			}
		}
	}
}
