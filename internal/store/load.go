package store

import (
	"fmt"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// loadSnapshot reads into edit all that decisions need of the tenant. What it keeps grows
// with the objects by a few bytes each, and else with what is active.
func loadSnapshot(c crew, edit *authz.Edit) error {
	if err := loadObjects(c, edit); err != nil {
		return fmt.Errorf("load objects: %w", err)
	}
	tx := c[0]
	settings, err := tx.authzSettings()
	if err != nil {
		return err
	}
	edit.PutSettings(settings)
	unproven, err := loadSchedules(c, edit)
	if err != nil {
		return fmt.Errorf("load schedules: %w", err)
	}
	tx.tenant.tell(unproven)
	for _, part := range []struct {
		what string
		load func(*ReadTx, *authz.Edit) error
	}{
		{"roles", loadRoles},
		{"clients", loadClients},
		{"memberships", loadMemberships},
		{"unit members", loadUnitMembers},
		{"consents", loadConsents},
		{"application permissions", loadRoleGrants},
		{"ended sessions", loadEnded},
	} {
		if err := part.load(tx, edit); err != nil {
			return fmt.Errorf("load %s: %w", part.what, err)
		}
	}
	return nil
}

// objectFacts is all that the snapshot keeps of an object, in as few columns as can be: at a
// million rows, each one more shows.
const objectFacts = "id, kind + 16 * (1 - enabled + 2 * guest + 4 * role_assignable + 8 * approver + 16 * restricted" +
	" + CASE WHEN deleted_at < " + never + " THEN 32 ELSE 0 END + 64 * variant) + 65536 * generation"

// factFlags are the flags in the order of objectFacts' bits.
var factFlags = [...]authz.Flags{authz.Disabled, authz.Guest, authz.RoleAssignable, authz.Approver, authz.Restricted, authz.Deleted, authz.Variant}

// An objectFact is one object of the snapshot.
type objectFact struct {
	id    guid.ID
	facts authz.Facts
}

// scanFact reads a row of objectFacts.
func scanFact(scan func(dest ...any) error) (o objectFact, err error) {
	var packed int64
	if err := scan(&o.id, &packed); err != nil {
		return o, err
	}
	if err := (*kindColumn)(&o.facts.Kind).Scan(packed & 15); err != nil {
		return o, err
	}
	for i, flag := range factFlags {
		if packed>>(4+i)&1 == 1 {
			o.facts.Flags |= flag
		}
	}
	o.facts.Generation = uint32(packed >> 16)
	return o, nil
}

// loadObjects makes the objects' tree at once, from the index that covers all it needs.
func loadObjects(c crew, edit *authz.Edit) (err error) {
	*edit = *authz.Build(func(yield func(guid.ID, authz.Facts) bool) {
		err = gather(c, "SELECT "+objectFacts+" FROM object WHERE id >= $1 AND id < $2 ORDER BY id", scanFact, func(o objectFact) {
			yield(o.id, o.facts)
		})
	})
	return err
}

func loadRoles(tx *ReadTx, edit *authz.Edit) error {
	return tx.query("SELECT "+roleColumns+" FROM role_definition ORDER BY id", nil, func(scan func(dest ...any) error) error {
		r, err := scanRole(scan)
		edit.PutRole(r)
		return err
	})
}

func loadClients(tx *ReadTx, edit *authz.Edit) error {
	err := tx.query("SELECT app_id, id FROM service_principal ORDER BY app_id", nil, func(scan func(dest ...any) error) error {
		var app, id guid.ID
		err := scan(&app, &id)
		edit.PutClient(app, id)
		return err
	})
	if err != nil {
		return err
	}
	return tx.query("SELECT app_id, id FROM application ORDER BY app_id", nil, func(scan func(dest ...any) error) error {
		var app, id guid.ID
		err := scan(&app, &id)
		edit.PutApplication(id, app)
		return err
	})
}

// windowColumns are what the snapshot keeps of a schedule.
const windowColumns = "id, kind, principal_id, role_id, directory_scope, app_scope, group_id, relation, start_at, end_at, via_eligibility, via_membership"

func scanWindow(scan func(dest ...any) error) (pim.Schedule, error) {
	var s pim.Schedule
	var kind int64
	var scope, app string
	err := scan(&s.ID, &kind, &s.Principal, &s.Target.Role, &scope, &app, &s.Target.Group, (*relationColumn)(&s.Target.Relation),
		&s.Window.Start, &s.Window.End, &s.Via.Eligibility, &s.Via.Membership)
	if err == nil {
		s.Kind, err = kindOf(kind)
	}
	if err == nil {
		s.Target.Scope, err = scopeOf(scope, app)
	}
	return s, err
}

func loadMemberships(tx *ReadTx, edit *authz.Edit) error {
	return tx.query("SELECT "+prefixed("m", membershipColumns)+" FROM object g JOIN membership m ON m.group_id = g.id WHERE g.tracked = 1 ORDER BY m.group_id, m.relation, m.member_id",
		nil, func(scan func(dest ...any) error) error {
			m, err := scanMembership(scan)
			if err == nil {
				edit.PutMembership(m)
			}
			return err
		})
}

func loadUnitMembers(tx *ReadTx, edit *authz.Edit) error {
	return tx.query("SELECT m.unit_id, m.member_id FROM object u JOIN unit_member m ON m.unit_id = u.id WHERE u.tracked = 1 ORDER BY m.unit_id, m.member_id",
		nil, func(scan func(dest ...any) error) error {
			var p unitPlace
			err := scan(&p.unit, &p.member)
			if err == nil {
				edit.PutUnitMember(p.unit, p.member)
			}
			return err
		})
}

func loadConsents(tx *ReadTx, edit *authz.Edit) error {
	return tx.query("SELECT "+consentColumns+" FROM consent ORDER BY id", nil, func(scan func(dest ...any) error) error {
		c, err := scanConsent(scan)
		if err == nil {
			edit.PutConsent(c)
		}
		return err
	})
}

func loadRoleGrants(tx *ReadTx, edit *authz.Edit) error {
	return tx.query("SELECT "+roleGrantColumns+" FROM role_grant ORDER BY id", nil, func(scan func(dest ...any) error) error {
		g, err := scanRoleGrant(scan)
		if err == nil {
			edit.PutRoleGrant(g)
		}
		return err
	})
}

// reloaders bring an edit up to date with one change that another node has made: they read
// what there is now, and put or drop it. What no decision needs has none.
var reloaders = map[string]func(tx *ReadTx, edit *authz.Edit, id string) error{
	anObject:    reloadObject,
	aMembership: reloadMembership,
	aUnitMember: reloadUnitMember,
	aSchedule:   reloadSchedule,
	aRole:       reloadRole,
	aConsent:    reloadConsent,
	aSession:    reloadSession,
	aRoleGrant:  reloadRoleGrant,
	aClient:     reloadClient,
	aSetting:    reloadSetting,
	aManager:    nil,
	aRequest:    nil,
	aPolicy:     nil,
	aSigningKey: nil,
	"clock":     nil,
}

// ids are the ids in a change's name; words among them are left zero.
func ids(name string, count int) ([]guid.ID, error) {
	parts := strings.Split(name, "/")
	if len(parts) != count {
		return nil, fmt.Errorf("change of %q: %w", name, errColumn)
	}
	out := make([]guid.ID, count)
	for i, p := range parts {
		out[i], _ = guid.Parse(p)
	}
	return out, nil
}

// reloadObject also reads what an application's object says of its appId, and the members
// of a group or unit that has come to be tracked.
func reloadObject(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 1)
	if err != nil {
		return err
	}
	id := list[0]
	o, found, err := tx.object(id)
	if err != nil {
		return err
	}
	if !found {
		edit.DropObject(id)
		return nil
	}
	edit.PutObject(id, o.facts())
	switch {
	case o.Kind == directory.KindApplication:
		var app guid.ID
		_, err := tx.one("SELECT app_id FROM application WHERE id = $1", []any{id}, &app)
		edit.PutApplication(id, app)
		return err
	case o.Tracked && o.Kind == directory.KindGroup:
		return reloadGroup(tx, edit, id)
	case o.Tracked && o.Kind == directory.KindUnit:
		return reloadUnit(tx, edit, id)
	}
	return nil
}

func reloadGroup(tx *ReadTx, edit *authz.Edit, id guid.ID) error {
	places, err := tx.memberships("group_id = $1 ORDER BY relation, member_id", id)
	for _, m := range places {
		edit.PutMembership(m)
	}
	return err
}

func reloadUnit(tx *ReadTx, edit *authz.Edit, id guid.ID) error {
	members, err := tx.unitMembers("unit_id = $1", id)
	for _, p := range members {
		edit.PutUnitMember(p.unit, p.member)
	}
	return err
}

func reloadMembership(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 4)
	if err != nil {
		return err
	}
	all, err := tx.memberships("id = $1", list[3])
	if err != nil {
		return err
	}
	if len(all) == 0 {
		gone := directory.Membership{ID: list[3], Group: list[0], Member: directory.Ref{ID: list[2]}}
		if strings.Split(name, "/")[1] == directory.Owner.String() {
			gone.Relation = directory.Owner
		}
		edit.DropMembership(gone)
		return nil
	}
	tracked, err := tx.tracked(list[0])
	if tracked {
		edit.PutMembership(all[0])
	}
	return err
}

func reloadUnitMember(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 2)
	if err != nil {
		return err
	}
	all, err := tx.unitMembers("unit_id = $1 AND member_id = $2", list[0], list[1])
	if err != nil {
		return err
	}
	if len(all) == 0 {
		edit.DropUnitMember(list[0], list[1])
		return nil
	}
	tracked, err := tx.tracked(list[0])
	if tracked {
		edit.PutUnitMember(list[0], list[1])
	}
	return err
}

func reloadSchedule(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 2)
	if err != nil {
		return err
	}
	c, found, err := tx.claim(list[1])
	if err != nil {
		return err
	}
	if found && !c.proven {
		tx.tenant.tell([]guid.ID{list[1]})
	}
	if found && c.proven {
		edit.PutSchedule(c.schedule)
	} else {
		edit.DropSchedule(list[0], list[1])
	}
	return nil
}

func reloadRole(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 1)
	if err != nil {
		return err
	}
	r, found, err := tx.Role(list[0])
	if err != nil {
		return err
	}
	if found {
		edit.PutRole(r)
	} else {
		edit.DropRole(list[0])
	}
	return nil
}

func reloadConsent(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 1)
	if err != nil {
		return err
	}
	c, found, err := tx.Consent(list[0])
	if err != nil {
		return err
	}
	if found {
		edit.PutConsent(c)
	} else {
		edit.DropConsent(list[0])
	}
	return nil
}

func reloadRoleGrant(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 2)
	if err != nil {
		return err
	}
	g, found, err := tx.RoleGrant(list[1])
	if err != nil {
		return err
	}
	if found {
		edit.PutRoleGrant(g)
	} else {
		edit.DropRoleGrant(directory.RoleGrant{ID: list[1], Principal: list[0]})
	}
	return nil
}

func reloadClient(tx *ReadTx, edit *authz.Edit, name string) error {
	list, err := ids(name, 1)
	if err != nil {
		return err
	}
	p, found, err := tx.servicePrincipal("app_id = $1", list[0])
	if err != nil {
		return err
	}
	if found {
		edit.PutClient(list[0], p.ID)
	} else {
		edit.DropClient(list[0])
	}
	return nil
}

func reloadSetting(tx *ReadTx, edit *authz.Edit, _ string) error {
	settings, err := tx.authzSettings()
	edit.PutSettings(settings)
	return err
}
