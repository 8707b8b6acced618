package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// profileKeys are the columns by which a profile's properties are found.
var profileKeys = []struct {
	column string
	value  func(p *directory.Profile) string
}{
	{"mail_key", func(p *directory.Profile) string { return p.Mail }},
	{"employee_id_key", func(p *directory.Profile) string { return p.EmployeeID }},
	{"employee_type_key", func(p *directory.Profile) string { return p.EmployeeType }},
	{"given_name_key", func(p *directory.Profile) string { return p.GivenName }},
	{"surname_key", func(p *directory.Profile) string { return p.Surname }},
	{"job_title_key", func(p *directory.Profile) string { return p.JobTitle }},
	{"department_key", func(p *directory.Profile) string { return p.Department }},
	{"company_name_key", func(p *directory.Profile) string { return p.CompanyName }},
	{"mobile_phone_key", func(p *directory.Profile) string { return p.MobilePhone }},
	{"office_location_key", func(p *directory.Profile) string { return p.OfficeLocation }},
	{"street_address_key", func(p *directory.Profile) string { return p.StreetAddress }},
	{"city_key", func(p *directory.Profile) string { return p.City }},
	{"state_key", func(p *directory.Profile) string { return p.State }},
	{"postal_code_key", func(p *directory.Profile) string { return p.PostalCode }},
	{"country_key", func(p *directory.Profile) string { return p.Country }},
	{"preferred_language_key", func(p *directory.Profile) string { return p.PreferredLanguage }},
	{"usage_location_key", func(p *directory.Profile) string { return p.UsageLocation }},
	{"age_group_key", func(p *directory.Profile) string { return p.AgeGroup }},
	{"password_policies_key", func(p *directory.Profile) string { return p.PasswordPolicies }},
	{"immutable_id_key", func(p *directory.Profile) string { return p.ImmutableID }},
}

const userColumns = "id, display_name, upn, mail_nickname, enabled, user_type, profile, password_hash, force_change, force_change_mfa, password_changed_at, sessions_from, generation, created_at, deleted_at"

var insertUser, updateUser = userStatements()

func userStatements() (insert, update string) {
	columns := strings.Split(userColumns, ", ")[1:]
	columns = append(columns, "display_name_key", "upn_key", "mail_nickname_key", "user_type_key")
	for _, k := range profileKeys {
		columns = append(columns, k.column)
	}
	return insertInto("directory_user", append(columns, "id")...), updateOf("directory_user", columns...)
}

// userArgs are what both statements take.
func userArgs(u *directory.User) []any {
	p := u.Password
	args := []any{
		u.DisplayName, u.UPN, u.MailNickname, u.Enabled, u.Type, asJSON(u.Profile), p.Hash, p.ForceChange, p.ForceChangeMFA, p.Changed,
		u.SessionsFrom, u.Generation, u.Created, u.Deleted,
		fold(u.DisplayName), fold(u.UPN), fold(u.MailNickname), fold(u.Type),
	}
	for _, k := range profileKeys {
		args = append(args, fold(k.value(&u.Profile)))
	}
	return append(args, u.ID)
}

func scanUser(scan func(dest ...any) error) (directory.User, error) {
	var u directory.User
	u.Kind = directory.KindUser
	p := &u.Password
	err := scan(&u.ID, &u.DisplayName, &u.UPN, &u.MailNickname, &u.Enabled, &u.Type, jsonColumn{&u.Profile},
		&p.Hash, &p.ForceChange, &p.ForceChangeMFA, &p.Changed, &u.SessionsFrom, &u.Generation, &u.Created, &u.Deleted)
	return u, err
}

func userFacts(u *directory.User) func(*objectRow) {
	return func(o *objectRow) {
		o.ID, o.Kind, o.Enabled, o.Guest = u.ID, directory.KindUser, u.Enabled, strings.EqualFold(u.Type, "Guest")
		o.Generation, o.Deleted = u.Generation, u.Deleted
	}
}

// userShelf keeps users, deleted ones included.
var userShelf = &shelf[directory.User]{
	table: "directory_user", columns: userColumns, row: scanUser,
	id:    func(u *directory.User) guid.ID { return u.ID },
	bytes: func(u *directory.User) int { return 2048 + len(strings.Join(u.Profile.ProxyAddresses, "")) },
}

// ownUser is u for whoever may change it: what is kept shares nothing with it.
func ownUser(u *directory.User) directory.User {
	own := *u
	for _, list := range []*[]string{&own.Profile.OtherMails, &own.Profile.ProxyAddresses, &own.Profile.BusinessPhones} {
		*list = slices.Clone(*list)
	}
	return own
}

// userOf is the user with that id that lives, or that does not.
func (tx *ReadTx) userOf(id guid.ID, live bool) (directory.User, bool, error) {
	k, found, err := userShelf.of(tx, id)
	if err != nil || !found || k.Row.Live() != live {
		return directory.User{}, false, err
	}
	return ownUser(&k.Row), true, nil
}

// user is the one user that a condition on a unique column finds.
func (tx *ReadTx) user(condition string, arg any) (directory.User, bool, error) {
	var u directory.User
	found := false
	err := tx.query("SELECT "+userColumns+" FROM directory_user WHERE "+condition, []any{arg}, func(scan func(dest ...any) error) (err error) {
		found = true
		u, err = scanUser(scan)
		return err
	})
	if err != nil {
		return directory.User{}, false, fmt.Errorf("load user: %w", err)
	}
	return u, found, nil
}

// User is the live user with that id.
func (tx *ReadTx) User(id guid.ID) (directory.User, bool, error) {
	return tx.userOf(id, true)
}

// UserByUPN is the live user with that user principal name, in any case.
func (tx *ReadTx) UserByUPN(upn string) (directory.User, bool, error) {
	return tx.user("upn_key = $1 AND deleted_at = "+never, fold(upn))
}

// DeletedUser is the soft-deleted user with that id.
func (tx *ReadTx) DeletedUser(id guid.ID) (directory.User, bool, error) {
	return tx.userOf(id, false)
}

// UsersOf are the live users among ids, at most a thousand, in the order of their ids.
func (tx *ReadTx) UsersOf(ids []guid.ID) ([]directory.User, error) {
	users, err := userShelf.those(tx, ids, func(u *directory.User) bool { return u.Live() }, ownUser)
	if err != nil {
		return nil, fmt.Errorf("load users: %w", err)
	}
	return users, nil
}

// uniqueUser refuses a user whose names another object has: the user principal name is one
// user's, deleted ones included, an address one live object's. A mail nickname is not:
// people in two domains may share it.
func (tx *WriteTx) uniqueUser(u *directory.User) error {
	other, found, err := tx.user("upn_key = $1", fold(u.UPN))
	if err != nil {
		return err
	}
	if found && other.ID != u.ID {
		return conflict("userPrincipalName")
	}
	return tx.uniqueAddresses(u.ID, u.Profile.ProxyAddresses)
}

func (tx *WriteTx) uniqueAddresses(id guid.ID, addresses []string) error {
	holder, err := tx.holder("proxyAddresses", addresses, id)
	if err != nil {
		return err
	}
	if !holder.IsZero() {
		return conflict("proxyAddresses")
	}
	return nil
}

// userFamily writes users.
var userFamily = &family[directory.User]{
	insert: insertUser, update: updateUser, args: userArgs, facts: userFacts, of: (*ReadTx).userOf,
	object: func(u *directory.User) *directory.Object { return &u.Object },
	lists: func(u *directory.User) []valueList {
		return []valueList{
			{"businessPhones", u.Profile.BusinessPhones},
			{"otherMails", u.Profile.OtherMails},
			{"proxyAddresses", u.Profile.ProxyAddresses},
			wordList(directory.KindUser, nameWords, u.DisplayName),
		}
	},
	leave:  func(_ *WriteTx, u *directory.User) { u.UPN = freed(u.ID, u.UPN) },
	revive: (*WriteTx).reviveUser,
	remove: func(tx *WriteTx, u *directory.User) {
		tx.exec("DELETE FROM directory_user WHERE id = $1", u.ID)
		tx.dropSignIns(u.ID)
	},
}

// InsertUser adds a user. A name that another has is a fault.
func (tx *WriteTx) InsertUser(u directory.User) error {
	if err := tx.uniqueUser(&u); err != nil {
		return err
	}
	return userFamily.create(tx, &u)
}

// UpdateUser puts u in the place of the live user with its id.
func (tx *WriteTx) UpdateUser(u directory.User) error {
	return userFamily.alter(tx, &u, func(*directory.User) error { return tx.uniqueUser(&u) })
}

// freed is a deleted user's principal name: the id goes in front, so that the name is
// free for another (behaviour.md, 9).
func freed(id guid.ID, upn string) string { return strings.ReplaceAll(id.String(), "-", "") + upn }

// DeleteUser marks the live user as deleted at an instant, and frees its name.
func (tx *WriteTx) DeleteUser(id guid.ID, at when.Instant) error {
	return userFamily.delete(tx, id, at)
}

// RestoreUser gives a deleted user back, under its own name if that is still free. An
// address that somebody else has by now is a fault.
func (tx *WriteTx) RestoreUser(id guid.ID) (directory.User, error) { return userFamily.restore(tx, id) }

// reviveUser gives u its own name back, and refuses one whose address another has.
func (tx *WriteTx) reviveUser(u *directory.User) error {
	if err := tx.uniqueAddresses(u.ID, u.Profile.ProxyAddresses); err != nil {
		return err
	}
	name, freed := strings.CutPrefix(u.UPN, freed(u.ID, ""))
	if !freed {
		return nil
	}
	_, taken, err := tx.user("upn_key = $1", fold(name))
	if err == nil && !taken {
		u.UPN = name
	}
	return err
}

// PurgeUser removes a deleted user for good, with everything that it held.
func (tx *WriteTx) PurgeUser(id guid.ID) error { return userFamily.purge(tx, id) }

// userTable is a list of users: the live ones, or the deleted.
func userTable(scan, total string) *Table[directory.User] {
	t := &Table[directory.User]{
		From: "directory_user u", shelf: userShelf, Scan: scan, ID: "u.id", Order: byID("u.id"), Total: total, Row: scanUser,
		Select: "u." + strings.ReplaceAll(userColumns, ", ", ", u."),
		Columns: map[string]Column{
			"id":                 selective(required(idOf("u.id"))),
			"display_name":       indexed(keyed("u.display_name_key")),
			"display_name words": wordsOf(directory.KindUser, nameWords, "u.id"),
			"upn":                selective(required(keyed("u.upn_key"))),
			"mail":               selective(keyed("u.mail_key")),
			"mail_nickname":      selective(keyed("u.mail_nickname_key")),
			"employee_id":        selective(keyed("u.employee_id_key")),
			"given_name":         indexed(keyed("u.given_name_key")),
			"surname":            indexed(keyed("u.surname_key")),
			"department":         indexed(keyed("u.department_key")),
			"user_type":          keyed("u.user_type_key"),
			"enabled":            truthOf("u.enabled"),
			"created":            indexed(at("u.created_at")),
			"deleted":            at("u.deleted_at"),
			"business_phones":    valuesOf("businessPhones", "u.id"),
			"other_mails":        valuesOf("otherMails", "u.id"),
			"proxy_addresses":    valuesOf("proxyAddresses", "u.id"),
			"sessions_from":      at("u.sessions_from"),
			"password_changed":   at("u.password_changed_at"),
		},
	}
	for _, k := range profileKeys {
		if name := strings.TrimSuffix(k.column, "_key"); t.Columns[name].SQL == "" {
			t.Columns[name] = keyed("u." + k.column)
		}
	}
	return t
}

// Users are the live users.
var Users = userTable("u.deleted_at = "+never, directory.KindUser.String())

// DeletedUsers are the users that may still be restored.
var DeletedUsers = onlyDeleted(userTable("u.deleted_at < "+never, ""))
