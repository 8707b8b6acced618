package authz

import (
	"sync"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// Holds reports whether a schedule of the principal is in force at now: its window is
// open, and all that it stands on is there.
func (s *Snapshot) Holds(principal, schedule guid.ID, now when.Instant) bool {
	o := s.object(principal)
	l := s.links(o)
	g := l.grant(schedule)
	if g == nil || !o.Live() || o.Kind != directory.KindGroup && !o.able() {
		return false
	}
	if g.ofRole() {
		if s.role(g) == nil || g.reach != inTenant && !s.object(g.at).Live() {
			return false
		}
	} else if group := s.object(g.at); !group.Live() {
		return false
	}
	return s.span(l, g, 0).Covers(now)
}

// HeldUntil is when time ends what the principal's schedule gives to who, which is the
// principal or a member of it: not after the eligibility that it stands on, nor after the
// memberships on the way. A schedule that the snapshot does not know has no end.
func (s *Snapshot) HeldUntil(who, principal, schedule guid.ID, now when.Instant) when.Instant {
	end := when.Never
	l := s.links(s.object(principal))
	if g := l.grant(schedule); g != nil && g.kind == pim.Eligible {
		end = g.window.End
	} else if g != nil {
		end = s.span(l, g, 0).End
	}
	if who == principal {
		return end
	}
	return min(end, s.memberUntil(who, principal, now))
}

// memberUntil is the last instant to which a membership of now goes on.
func (s *Snapshot) memberUntil(who, group guid.ID, now when.Instant) when.Instant {
	l := s.links(s.object(who))
	for i := range l.places {
		if p := &l.places[i]; p.group.id == group && p.relation == directory.Member {
			return when.Never
		}
	}
	end := now
	for i := range l.grants {
		if g := &l.grants[i]; g.reach == asMember && g.at == group {
			if w := s.span(l, g, 0); w.Covers(now) {
				end = max(end, w.End)
			}
		}
	}
	return end
}

// InGroup reports whether the principal is a member of a tracked group at now, by a
// standing place or by one that PIM gives for a time.
func (s *Snapshot) InGroup(principal, group guid.ID, now when.Instant) bool {
	return s.InPlace(principal, group, directory.Member, now)
}

// InPlace is InGroup for either place in the group.
func (s *Snapshot) InPlace(principal, group guid.ID, relation directory.Relation, now when.Instant) bool {
	give := asMember
	if relation == directory.Owner {
		give = asOwner
	}
	if g := s.object(group); !g.Live() {
		return false
	}
	l := s.links(s.object(principal))
	for i := range l.places {
		if p := &l.places[i]; p.group.id == group && p.relation == relation {
			return true
		}
	}
	for i := range l.grants {
		g := &l.grants[i]
		if g.reach == give && g.at == group && s.span(l, g, 0).Covers(now) {
			return true
		}
	}
	return false
}

// A reader is who may read objects of a kind: with one of the permissions, and, signed
// in, as a member, as a guest where guests may look things up, or by a role.
type reader struct {
	delegated, application Scopes
	guests                 bool
	way                    Way
}

// readers are the readers of single objects by kind (operations.md 1a and 5a to 5h).
var readers = sync.OnceValue(func() map[directory.Kind]*reader {
	of := func(action string, guests bool, both ...string) *reader {
		scopes := mustScopes(append(both, "Directory.Read.All", "Directory.ReadWrite.All"))
		return &reader{scopes, scopes, guests, Role("microsoft.directory/" + action)}
	}
	applications := of("applications/standard/read", false, "Application.Read.All", "Application.ReadWrite.All")
	principals := of("servicePrincipals/standard/read", false, "Application.Read.All", "Application.ReadWrite.All")
	for _, r := range []*reader{applications, principals} {
		r.application = r.application.Or(ownedOnly())
	}
	return map[directory.Kind]*reader{
		directory.KindUser: of("users/standard/read", true,
			"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All"),
		directory.KindGroup: of("groups/standard/read", true,
			"GroupMember.Read.All", "Group.Read.All", "Group.ReadBasic.All", "Group.ReadWrite.All"),
		directory.KindUnit: of("administrativeUnits/standard/read", false,
			"AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All"),
		directory.KindRole: of("roleDefinitions/standard/read", false,
			"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"),
		directory.KindApplication:      applications,
		directory.KindServicePrincipal: principals,
	}
})

// MayRead reports whether c may read objects of a kind, so that it may learn which do not
// exist. Who may not is told nothing but that it may not.
func (s *Snapshot) MayRead(c *Caller, kind directory.Kind, now when.Instant) bool {
	if c.Operator {
		return true
	}
	r, found := readers()[kind]
	if !found {
		return false
	}
	held, actor := s.permissions(c), s.object(c.Principal.ID)
	switch {
	case !actor.able():
		return false
	case c.AppOnly:
		return !held.And(r.application).Empty()
	case held.And(r.delegated).Empty() || actor.Kind != directory.KindUser:
		return false
	case !actor.Flags.Has(Guest) || r.guests && s.settings.GuestRole != roledata.RestrictedGuestUser:
		return true
	}
	j := judge{s: s, now: now, subject: c.Principal.ID, actor: actor, any: r.way.actions, global: true}
	j.resource.Kind = directory.KindTenant
	j.prepare(noTable, false)
	j.from(s.links(j.actor), always, nil)
	return j.allowed
}

// UserConsentable are the scopes that a user may consent to without an administrator.
func UserConsentable() Scopes {
	return mustScopes([]string{"openid", "profile", "email", "offline_access", "User.Read"})
}
