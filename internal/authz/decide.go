package authz

import (
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A Decision answers whether something may be done at one instant.
type Decision struct {
	Allowed bool
	Reason  Reason
	// Until is the next instant at which time alone can change the answer; when.Never if
	// none can.
	Until when.Instant
}

func deny(r Reason) Decision { return Decision{Reason: r, Until: when.Never} }

// Can decides whether subject, a user or service principal, may do action on resource at
// now. What a directory action does not express is not asked here: permissions of the
// client, policies of PIM, and who owns objects other than tracked groups.
func (s *Snapshot) Can(subject guid.ID, action roledata.Action, resource directory.Ref, now when.Instant) Decision {
	var j judge // filled where it lies: a literal would be made elsewhere and copied
	j.s, j.now, j.action, j.subject, j.resource = s, now, action, subject, resource
	j.actor, j.object = s.object(subject), s.object(resource.ID)
	if j.actor.Kind != directory.KindUser && j.actor.Kind != directory.KindServicePrincipal {
		return deny(UnknownSubject)
	}
	if !j.actor.able() {
		return deny(SubjectDisabled)
	}
	if int(action) >= len(s.traits) {
		return deny(UnknownAction)
	}
	t := &s.traits[action]
	if !s.knows(resource, j.object) || !among(t.kinds, resource.Kind) {
		return deny(UnknownResource)
	}
	if j.part = j.object.Part(); t.part != 0 && resource.Kind != directory.KindTenant && t.part&j.part == 0 {
		return deny(UnknownResource)
	}
	if j.object.Flags.Has(Deleted) && !t.revive {
		return deny(ResourceDeleted)
	}
	if t.table != noTable && resource.Kind == directory.KindTenant {
		return deny(TargetNeeded)
	}
	table := noTable
	if resource.Kind == directory.KindUser {
		table = t.table
	}
	j.prepare(table, !t.read)
	j.plain = t.plain
	return j.can(t)
}

// can decides once it is known what the question is about.
func (j *judge) can(t *trait) Decision {
	var behind backing
	if t.group != noGroup && j.resource.Kind == directory.KindGroup {
		behind = j.s.behind(j.resource.ID, j.object, j.now)
		switch roles := behind.guards&guardRoles != 0; {
		case t.group == assignable && !roles:
			return deny(UnknownResource)
		case t.group != assignable && roles:
			return Decision{Reason: GroupGuarded, Until: behind.until}
		}
		j.tenantOnly = t.group == joins && behind.guards&guardPlaces != 0
	}
	j.implicit()
	j.from(j.s.links(j.actor), always, nil)
	d := j.decision()
	if t.group == assignable && d.Allowed {
		d.Until = min(d.Until, behind.until)
	}
	if t.group != looks && behind.guards&guardApproval != 0 {
		d = d.and(j.granter(), GroupGuarded)
	}
	if t.app {
		if armed, until := j.s.armed(j.resource, j.object, j.now); armed {
			d = d.and(j.granter().or(until), ApplicationGuarded)
		}
	}
	return d
}

// or is c, if it refuses, for no longer than until.
func (d Decision) or(until when.Instant) Decision {
	if !d.Allowed {
		d.Until = min(d.Until, until)
	}
	return d
}

// and is d, if it allows, under the further condition c, which is refused for reason.
func (d Decision) and(c Decision, reason Reason) Decision {
	switch {
	case !d.Allowed:
		return d
	case !c.Allowed:
		return Decision{Reason: reason, Until: c.Until}
	}
	d.Until = min(d.Until, c.Until)
	return d
}

// granter decides whether the subject could grant any role: it manages PIM, or role
// assignments, everywhere (notes.md, Trap).
func (j *judge) granter() Decision {
	k := judge{s: j.s, now: j.now, subject: j.subject, actor: j.actor, any: granting()}
	k.resource.Kind = directory.KindTenant
	k.prepare(noTable, true)
	k.from(k.s.links(k.actor), always, nil)
	return k.decision()
}

// CouldGrantRoles reports whether subject could grant any role at now: what leads to roles is
// for those only who could.
func (s *Snapshot) CouldGrantRoles(subject guid.ID, now when.Instant) bool {
	actor := s.object(subject)
	if !actor.able() {
		return false
	}
	j := judge{s: s, now: now, subject: subject, actor: actor}
	return j.granter().Allowed
}
