package store

import (
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// An Import is objects and what ties them together, all of it new to the tenant.
type Import struct {
	Users       []directory.User
	Groups      []directory.Group
	Units       []directory.Unit
	Memberships []directory.Membership
	UnitMembers []UnitMember
	Schedules   []pim.Schedule
}

// A UnitMember says that an object is in an administrative unit.
type UnitMember struct {
	Unit   guid.ID
	Member directory.Ref
}

// InsertMany adds what an import brings, some thousands of rows in one transaction, and
// asks the database nothing about most of them. An id or an address that another object
// has is a fault, before anything is written. What else must be unique (principal names,
// places, schedules) is left to the constraints: their error fails the transaction. What
// Decide would say of the schedules is for the caller to know.
func (tx *WriteTx) InsertMany(in Import) error {
	m := importing{tx: tx, tracks: map[guid.ID]bool{}}
	for _, part := range []func(*Import) error{m.fresh, m.users, m.groups, m.units, m.memberships, m.unitMembers, m.schedules} {
		if err := part(&in); err != nil {
			return err
		}
	}
	return nil
}

// An importing is an Import on its way into a tenant.
type importing struct {
	tx     *WriteTx
	tracks map[guid.ID]bool // whether the snapshot holds the members of a group or unit
}

// fresh refuses ids and addresses that are taken, in the tenant or in the import itself.
func (m *importing) fresh(in *Import) error {
	snap, seen := m.tx.Snap(), map[guid.ID]bool{}
	check := func(id guid.ID) error {
		if _, taken := snap.Object(id); taken || seen[id] {
			return conflict("id")
		}
		seen[id] = true
		return nil
	}
	for i := range in.Users {
		if err := check(in.Users[i].ID); err != nil {
			return err
		}
		if err := m.tx.uniqueAddresses(in.Users[i].ID, in.Users[i].Profile.ProxyAddresses); err != nil {
			return err
		}
	}
	for i := range in.Groups {
		if err := check(in.Groups[i].ID); err != nil {
			return err
		}
		if err := m.tx.uniqueGroup(&in.Groups[i]); err != nil {
			return err
		}
	}
	for i := range in.Units {
		if err := check(in.Units[i].ID); err != nil {
			return err
		}
	}
	return m.apart(in)
}

// apart refuses an import whose own objects share what only one may have.
func (m *importing) apart(in *Import) error {
	seen := map[string]bool{}
	take := func(what, value string) error {
		key := what + "\x00" + fold(value)
		if seen[key] {
			return conflict(what)
		}
		seen[key] = true
		return nil
	}
	for i := range in.Users {
		for _, address := range in.Users[i].Profile.ProxyAddresses {
			if err := take("proxyAddresses", address); err != nil {
				return err
			}
		}
	}
	for i := range in.Groups {
		if !in.Groups[i].MailEnabled {
			continue
		}
		if err := take("mailNickname", in.Groups[i].MailNickname); err != nil {
			return err
		}
	}
	return nil
}

// object writes the row of a new object. One that is there already breaks a constraint.
func (m *importing) object(facts func(*objectRow)) {
	var o objectRow
	facts(&o)
	m.tx.exec(insertObject, objectArgs(&o)...)
	m.tx.stage().PutObject(o.ID, o.facts())
	m.tx.changed(anObject, o.ID.String())
	m.tracks[o.ID] = o.Tracked
}

func (m *importing) users(in *Import) error {
	live := int64(0)
	for i := range in.Users {
		u := &in.Users[i]
		m.object(userFacts(u))
		m.tx.exec(insertUser, userArgs(u)...)
		m.lists(u.ID, userFamily.lists(u))
		live += flag(u.Deleted == when.Never)
	}
	m.counted(directory.KindUser.String(), live)
	return nil
}

func (m *importing) groups(in *Import) error {
	var live, assignable int64
	for i := range in.Groups {
		g := &in.Groups[i]
		m.object(groupFacts(g))
		m.tx.exec(insertGroup, groupArgs(g)...)
		m.lists(g.ID, groupFamily.lists(g))
		live += flag(g.Deleted == when.Never)
		assignable += flag(g.RoleAssignable && g.Deleted == when.Never)
	}
	m.counted(directory.KindGroup.String(), live)
	m.counted(roleAssignableTotal, assignable)
	return nil
}

func (m *importing) units(in *Import) error {
	live := int64(0)
	for i := range in.Units {
		u := &in.Units[i]
		m.object(unitFacts(u))
		m.tx.exec(insertUnit, unitArgs(u)...)
		m.lists(u.ID, unitFamily.lists(u))
		live += flag(u.Deleted == when.Never)
	}
	m.counted(directory.KindUnit.String(), live)
	return nil
}

// lists writes the properties with several values of a new object.
func (m *importing) lists(id guid.ID, all []valueList) {
	for _, l := range all {
		m.tx.addValues(id, l.property, l.values)
	}
}

func (m *importing) counted(total string, by int64) {
	if by != 0 {
		m.tx.count(total, by)
	}
}

// tracked is ReadTx.tracked, asked once for each group and unit.
func (m *importing) tracked(id guid.ID) (bool, error) {
	if tracked, known := m.tracks[id]; known {
		return tracked, nil
	}
	tracked, err := m.tx.tracked(id)
	m.tracks[id] = tracked
	return tracked, err
}

func (m *importing) memberships(in *Import) error {
	for _, p := range in.Memberships {
		tracked, err := m.tracked(p.Group)
		if err != nil {
			return err
		}
		m.tx.exec(insertMembership, p.ID, p.Group, int64(p.Relation), p.Member.ID, int64(p.Member.Kind), p.Since)
		m.tx.changed(aMembership, membershipName(p))
		if !tracked {
			continue
		}
		m.tx.stage().PutMembership(p)
		if err := m.tx.trackWithin(p); err != nil {
			return fmt.Errorf("import membership %s: %w", p.ID, err)
		}
		m.tracks[p.Member.ID] = true
	}
	return nil
}

func (m *importing) unitMembers(in *Import) error {
	for _, p := range in.UnitMembers {
		tracked, err := m.tracked(p.Unit)
		if err != nil {
			return err
		}
		m.tx.exec(insertUnitMember, p.Unit, p.Member.ID, int64(p.Member.Kind))
		if tracked {
			m.tx.stage().PutUnitMember(p.Unit, p.Member.ID)
		}
		m.tx.changed(aUnitMember, unitPlace{p.Unit, p.Member.ID}.String())
	}
	return nil
}

// schedules adds grants; each group and unit that they name is tracked from then on.
func (m *importing) schedules(in *Import) error {
	for i := range in.Schedules {
		s := &in.Schedules[i]
		for _, id := range []guid.ID{s.Principal, s.Target.Group, s.Target.Scope.ID} {
			if id.IsZero() || m.tracks[id] {
				continue
			}
			if err := m.tx.track(id); err != nil {
				return fmt.Errorf("import schedule %s: %w", s.ID, err)
			}
			m.tracks[id] = true // or is of a kind that has no members
		}
		m.tx.exec(insertSchedule, m.tx.scheduleArgs(s)...)
		m.tx.stage().PutSchedule(*s)
		m.tx.changed(aSchedule, scheduleName(*s))
	}
	return nil
}
