package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

const groupColumns = "id, display_name, description, classification, mail, mail_nickname, mail_enabled, security_enabled, types, role_assignable, visibility, preferred_language, theme, renewed_at, created_at, deleted_at"

var insertGroup, updateGroup = groupStatements()

func groupStatements() (insert, update string) {
	columns := strings.Split(groupColumns, ", ")[1:]
	columns = append(columns, "display_name_key", "description_key", "classification_key", "mail_key", "mail_nickname_key", "visibility_key")
	return insertInto("directory_group", append(columns, "id")...), updateOf("directory_group", columns...)
}

// groupArgs are what both statements take.
func groupArgs(g *directory.Group) []any {
	return []any{
		g.DisplayName, g.Description, g.Classification, g.Mail, g.MailNickname, g.MailEnabled, g.SecurityEnabled, asJSON(g.Types),
		g.RoleAssignable, g.Visibility, g.Language, g.Theme, g.Renewed, g.Created, g.Deleted,
		fold(g.DisplayName), fold(g.Description), fold(g.Classification), fold(g.Mail), fold(g.MailNickname), fold(g.Visibility), g.ID,
	}
}

func scanGroup(scan func(dest ...any) error) (directory.Group, error) {
	var g directory.Group
	g.Kind = directory.KindGroup
	err := scan(&g.ID, &g.DisplayName, &g.Description, &g.Classification, &g.Mail, &g.MailNickname, &g.MailEnabled, &g.SecurityEnabled,
		jsonColumn{&g.Types}, &g.RoleAssignable, &g.Visibility, &g.Language, &g.Theme, &g.Renewed, &g.Created, &g.Deleted)
	return g, err
}

// groupShelf keeps groups, deleted ones included.
var groupShelf = &shelf[directory.Group]{
	table: "directory_group", columns: groupColumns, row: scanGroup,
	id:    func(g *directory.Group) guid.ID { return g.ID },
	bytes: func(g *directory.Group) int { return 1024 + len(g.Description) },
}

// ownGroup is g for whoever may change it: what is kept shares nothing with it.
func ownGroup(g *directory.Group) directory.Group {
	own := *g
	own.Types = slices.Clone(own.Types)
	return own
}

// groupOf is the group with that id that lives, or that does not.
func (tx *ReadTx) groupOf(id guid.ID, live bool) (directory.Group, bool, error) {
	k, found, err := groupShelf.of(tx, id)
	if err != nil || !found || k.Row.Live() != live {
		return directory.Group{}, false, err
	}
	return ownGroup(&k.Row), true, nil
}

// Group is the live group with that id.
func (tx *ReadTx) Group(id guid.ID) (directory.Group, bool, error) { return tx.groupOf(id, true) }

// DeletedGroup is the soft-deleted group with that id.
func (tx *ReadTx) DeletedGroup(id guid.ID) (directory.Group, bool, error) {
	return tx.groupOf(id, false)
}

// GroupsOf are the live groups among ids, at most a thousand, in the order of their ids.
func (tx *ReadTx) GroupsOf(ids []guid.ID) ([]directory.Group, error) {
	groups, err := groupShelf.those(tx, ids, func(g *directory.Group) bool { return g.Live() }, ownGroup)
	if err != nil {
		return nil, fmt.Errorf("load groups: %w", err)
	}
	return groups, nil
}

// uniqueGroup refuses a group that receives mail under a nickname that another live one
// has. Groups that receive none may share theirs: clients give a dozen the same.
func (tx *WriteTx) uniqueGroup(g *directory.Group) error {
	if !g.MailEnabled {
		return nil
	}
	taken, err := tx.MailNicknameTaken(g.MailNickname, g.ID)
	if err == nil && taken {
		err = conflict("mailNickname")
	}
	return err
}

// MailNicknameTaken reports whether a live group other than the one called except receives mail
// under a nickname.
func (tx *ReadTx) MailNicknameTaken(nickname string, except guid.ID) (bool, error) {
	var other guid.ID
	taken, err := tx.one("SELECT id FROM directory_group WHERE mail_nickname_key = $1 AND mail_enabled = 1 AND id <> $2 AND deleted_at = "+never+" ORDER BY id LIMIT 1",
		[]any{fold(nickname), except}, &other)
	if err != nil {
		return false, fmt.Errorf("look for mail nickname: %w", err)
	}
	return taken, nil
}

// RoleAssignableGroups is how many live groups can hold directory roles.
func (tx *ReadTx) RoleAssignableGroups() (int64, error) { return tx.total(roleAssignableTotal) }

const roleAssignableTotal = "roleAssignableGroup"

func groupFacts(g *directory.Group) func(*objectRow) {
	return func(o *objectRow) {
		o.ID, o.Kind, o.Enabled, o.RoleAssignable, o.Deleted = g.ID, directory.KindGroup, true, g.RoleAssignable, g.Deleted
		o.Tracked, o.Variant = o.Tracked || g.RoleAssignable, g.Unified()
	}
}

// groupFamily writes groups.
var groupFamily = &family[directory.Group]{
	insert: insertGroup, update: updateGroup, args: groupArgs, facts: groupFacts, of: (*ReadTx).groupOf,
	object: func(g *directory.Group) *directory.Object { return &g.Object },
	lists: func(g *directory.Group) []valueList {
		return []valueList{{"groupTypes", g.Types}, wordList(directory.KindGroup, nameWords, g.DisplayName), wordList(directory.KindGroup, descriptionWords, g.Description)}
	},
	leave: func(tx *WriteTx, g *directory.Group) { tx.countRoleAssignable(g, -1) },
	revive: func(tx *WriteTx, g *directory.Group) error {
		tx.countRoleAssignable(g, 1)
		return tx.uniqueGroup(g)
	},
	remove: func(tx *WriteTx, g *directory.Group) { tx.exec("DELETE FROM directory_group WHERE id = $1", g.ID) },
}

func (tx *WriteTx) countRoleAssignable(g *directory.Group, by int64) {
	if g.RoleAssignable {
		tx.count(roleAssignableTotal, by)
	}
}

// InsertGroup adds a group without members. A nickname that another has is a fault.
func (tx *WriteTx) InsertGroup(g directory.Group) error {
	if err := tx.uniqueGroup(&g); err != nil {
		return err
	}
	tx.countRoleAssignable(&g, 1)
	return groupFamily.create(tx, &g)
}

// UpdateGroup puts g in the place of the live group with its id. Whether a group can hold
// roles never changes.
func (tx *WriteTx) UpdateGroup(g directory.Group) error {
	return groupFamily.alter(tx, &g, func(old *directory.Group) error {
		if g.RoleAssignable != old.RoleAssignable {
			return fault.BadRequest("isAssignableToRole", "The property 'isAssignableToRole' is fixed when the group is created.")
		}
		return tx.uniqueGroup(&g)
	})
}

// DeleteGroup marks the live group as deleted at an instant. Its members stay noted, and
// are so again when it is restored.
func (tx *WriteTx) DeleteGroup(id guid.ID, at when.Instant) error {
	return groupFamily.delete(tx, id, at)
}

// RestoreGroup gives a deleted group back. A nickname that another has by now is a fault.
func (tx *WriteTx) RestoreGroup(id guid.ID) (directory.Group, error) {
	return groupFamily.restore(tx, id)
}

// PurgeGroup removes a deleted group for good, with its members' places and everything
// that it held.
func (tx *WriteTx) PurgeGroup(id guid.ID) error { return groupFamily.purge(tx, id) }

// HiddenGroups are those among the live groups with the given ids, at most a few thousand,
// whose membership is hidden.
func (tx *ReadTx) HiddenGroups(ids []guid.ID) ([]guid.ID, error) {
	var hidden []guid.ID
	for some := range slices.Chunk(ids, manyPlaces) {
		err := tx.each("SELECT id FROM directory_group WHERE deleted_at = "+never+" AND visibility_key = 'hiddenmembership' AND id IN (", some, ") ORDER BY id", func(scan func(dest ...any) error) error {
			var id guid.ID
			err := scan(&id)
			hidden = append(hidden, id)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for hidden groups: %w", err)
		}
	}
	return hidden, nil
}

// MarkApprover notes whether some policy names the object as approver. A group that is one
// is tracked from then on.
func (tx *WriteTx) MarkApprover(id guid.ID, is bool) error {
	o, found, err := tx.object(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(id.String())
	}
	if is && o.Kind == directory.KindGroup {
		if err := tx.track(id); err != nil {
			return err
		}
	}
	return tx.amend(id, func(o *objectRow) { o.Approver = is })
}

// groupTable is a list of groups: the live ones, or the deleted.
func groupTable(scan, total string) *Table[directory.Group] {
	return &Table[directory.Group]{
		From: "directory_group g", shelf: groupShelf, Scan: scan, ID: "g.id", Order: byID("g.id"), Total: total, Row: scanGroup,
		Select: "g." + strings.ReplaceAll(groupColumns, ", ", ", g."),
		Columns: map[string]Column{
			"id":                 selective(required(idOf("g.id"))),
			"display_name":       indexed(keyed("g.display_name_key")),
			"display_name words": wordsOf(directory.KindGroup, nameWords, "g.id"),
			"description words":  wordsOf(directory.KindGroup, descriptionWords, "g.id"),
			"mail":               selective(keyed("g.mail_key")),
			"mail_nickname":      indexed(keyed("g.mail_nickname_key")),
			"created":            indexed(at("g.created_at")),
			"description":        keyed("g.description_key"),
			"classification":     keyed("g.classification_key"),
			"visibility":         keyed("g.visibility_key"),
			"mail_enabled":       truthOf("g.mail_enabled"),
			"security_enabled":   truthOf("g.security_enabled"),
			"role_assignable":    truthOf("g.role_assignable"),
			"renewed":            at("g.renewed_at"),
			"deleted":            at("g.deleted_at"),
			"types":              valuesOf("groupTypes", "g.id"),
		},
	}
}

// Groups are the live groups.
var Groups = groupTable("g.deleted_at = "+never, directory.KindGroup.String())

// DeletedGroups are the groups that may still be restored.
var DeletedGroups = onlyDeleted(groupTable("g.deleted_at < "+never, ""))

// onlyDeleted is a table of deleted objects: of the indexes there is one by id and one by
// the time of deletion.
func onlyDeleted[T any](t *Table[T]) *Table[T] {
	for name, c := range t.Columns {
		c.Indexed, c.Selective = name == "deleted" || name == "id", name == "id"
		t.Columns[name] = c
	}
	return t
}

// DeletedGroupsOwned are the deleted groups that the user {owner} owned.
var DeletedGroupsOwned = func() *Table[directory.Group] {
	t := *DeletedGroups
	t.From, t.Scan = "membership m JOIN directory_group g ON g.id = m.group_id", "m.member_id = {owner} AND m.relation = 1"
	t.Where, t.ID, t.Order = DeletedGroups.Scan, "m.group_id", byID("m.group_id")
	t.shelf, t.Columns = nil, map[string]Column{}
	for name, c := range DeletedGroups.Columns {
		c.Indexed, c.Selective = false, false
		t.Columns[name] = c
	}
	return &t
}()
