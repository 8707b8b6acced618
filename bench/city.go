package main

import (
	"encoding/binary"
	"fmt"
	"time"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A city is a data set: users, one in ten of them with a grant, administrative units, and
// groups in groups that hold a role. It is the same at every run.
type city struct {
	users      int
	holders    int // users with a grant: one in ten
	activators int // users with eligibilities that the run activates
	units      int
	end        when.Instant // of the windows that end
}

const (
	groupPairs = 20 // groups that hold a role, each with another in it
	unitsMost  = 1000
	// rolesEach is how many eligibilities an activator has.
	rolesEach = 10
)

func newCity(users, activators int) *city {
	return &city{
		users: users, holders: users / 10, activators: min(activators, users/10), units: max(1, min(unitsMost, users/100)),
		end: when.Of(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)),
	}
}

// The sorts of id.
const (
	aUser byte = iota + 1
	aGroup
	aUnit
	aSchedule
	aRequest
	aPlace
)

// identity is the nth of so many ids of one sort. They look random, and are in the order
// of n, so that a table is filled from its beginning to its end.
func identity(sort byte, n, of int) guid.ID {
	var id guid.ID
	step := ^uint64(0)/uint64(of) - 1
	binary.BigEndian.PutUint64(id[:8], uint64(n)*step+mix(uint64(sort)<<56|uint64(n))%step)
	binary.BigEndian.PutUint64(id[8:], mix(uint64(sort)<<48|uint64(n)))
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// mix spreads the bits of x (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (c *city) user(n int) guid.ID { return identity(aUser, n, c.users) }
func (c *city) unit(n int) guid.ID { return identity(aUnit, n, c.units) }

// group is one of a pair: the outer holds the role, the inner is its member.
func (c *city) group(pair int, outer bool) guid.ID {
	n := 2 * pair
	if outer {
		n++
	}
	return identity(aGroup, n, 2*groupPairs)
}

// holder is the nth user with a grant, and activator the nth with eligibilities to activate.
func (c *city) holder(n int) int    { return 10 * n }
func (c *city) activator(n int) int { return 10*n + 1 }

var (
	given    = []string{"Ada", "Bela", "Cara", "Dov", "Edda", "Femi", "Gita", "Hugo", "Ines", "Jun", "Kofi", "Lena", "Mira", "Nils", "Omar", "Pia", "Quin", "Rosa", "Sven", "Tala"}
	surnames = []string{"Abel", "Brandt", "Costa", "Dietz", "Endo", "Frei", "Gallo", "Haas", "Ito", "Jonas", "Keller", "Lopez", "Marsh", "Novak", "Okoye", "Pohl", "Quist", "Reed", "Silva", "Tanaka"}
)

// departments are what a filtered page is asked for.
const departments = 50

func department(n int) string { return fmt.Sprintf("Department %02d", n%departments) }

func (c *city) account(n int) directory.User {
	r := mix(uint64(n))
	first, last := given[r%20], surnames[r>>8%20]
	name := fmt.Sprintf("u%07d", n)
	return directory.User{
		Object: directory.Object{ID: c.user(n), Kind: directory.KindUser, DisplayName: first + " " + last, Created: beginning, Deleted: when.Never},
		UPN:    name + "@contoso.com", MailNickname: name, Enabled: true, Type: "Member", SessionsFrom: beginning,
		Profile: directory.Profile{
			GivenName: first, Surname: last, JobTitle: "Engineer", Department: department(int(r >> 16 % departments)),
			Mail: name + "@contoso.com", EmployeeID: fmt.Sprint(n), OfficeLocation: "2/101", BusinessPhones: []string{"+1 555 0100"},
		},
		Password: directory.Password{Changed: beginning},
	}
}

// beginning is when everything in a city was made.
var beginning = when.Of(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))

// role is the id of the built-in role with that name, which there must be.
func role(name string) guid.ID {
	for i := range roledata.All() {
		if r := &roledata.All()[i]; r.DisplayName == name {
			return r.ID
		}
	}
	panic("bench: no role is called " + name)
}

var (
	helpdesk  = role("Helpdesk Administrator")
	userAdmin = role("User Administrator")
	// activated are the roles that activators are eligible for.
	activated = [rolesEach]guid.ID{
		helpdesk, userAdmin, role("Groups Administrator"), role("Application Administrator"), role("Security Reader"),
		role("Reports Reader"), role("Authentication Administrator"), role("Password Administrator"), role("Global Reader"), role("License Administrator"),
	}
)

// grant is a schedule of the city, the nth.
func (c *city) grant(n int, kind pim.Kind, principal, role guid.ID) pim.Schedule {
	of := c.holders + c.activators*rolesEach + groupPairs
	return pim.Schedule{
		ID: identity(aSchedule, n, of), Kind: kind, Principal: principal, Target: pim.Target{Role: role},
		Window: when.Window{Start: beginning, End: c.end}, Created: beginning, Modified: when.Never,
		Expiration: pim.Expiration{Type: pim.AfterDateTime, End: c.end}, Request: identity(aRequest, n, of),
	}
}

// structure is the part of a city that the rest stands in: units, and pairs of groups of
// which the outer one holds a role.
func (c *city) structure() store.Import {
	var in store.Import
	for n := range c.units {
		in.Units = append(in.Units, directory.Unit{Object: directory.Object{
			ID: c.unit(n), Kind: directory.KindUnit, DisplayName: fmt.Sprintf("Unit %04d", n), Created: beginning, Deleted: when.Never,
		}})
	}
	for pair := range groupPairs {
		for _, outer := range []bool{false, true} {
			in.Groups = append(in.Groups, directory.Group{
				Object:       directory.Object{ID: c.group(pair, outer), Kind: directory.KindGroup, DisplayName: fmt.Sprintf("Group %02d", pair), Created: beginning, Deleted: when.Never},
				MailNickname: fmt.Sprintf("group%02d", pair), SecurityEnabled: true, RoleAssignable: true, Visibility: "Private", Renewed: beginning,
			})
		}
		inner := directory.Ref{ID: c.group(pair, false), Kind: directory.KindGroup}
		in.Memberships = append(in.Memberships, c.place(c.users+pair, c.group(pair, true), inner))
		in.Schedules = append(in.Schedules, c.grant(pair, pim.Assigned, c.group(pair, true), helpdesk))
	}
	return in
}

func (c *city) place(n int, group guid.ID, member directory.Ref) directory.Membership {
	return directory.Membership{ID: identity(aPlace, n, c.users+groupPairs), Group: group, Member: member, Since: beginning}
}

// part is the users from, up to and not including, to, with what they hold and are in.
func (c *city) part(from, to int) store.Import {
	var in store.Import
	for n := from; n < to; n++ {
		in.Users = append(in.Users, c.account(n))
		ref := directory.Ref{ID: c.user(n), Kind: directory.KindUser}
		if n%10 == 5 || n%10 == 0 && n/10%4 == 3 {
			in.UnitMembers = append(in.UnitMembers, store.UnitMember{Unit: c.unit(n / 10 % c.units), Member: ref})
		}
		switch h := n / 10; {
		case n == c.holder(h) && h < c.holders:
			c.inhabit(&in, h, ref)
		case n == c.activator(h) && h < c.activators:
			for i, role := range activated {
				in.Schedules = append(in.Schedules, c.grant(groupPairs+c.holders+h*rolesEach+i, pim.Eligible, ref.ID, role))
			}
		}
	}
	return in
}

// inhabit gives the nth holder a grant: of a unit, eligible, or of the whole tenant; and
// to some a place in a group, in a group that holds a role.
func (c *city) inhabit(in *store.Import, n int, who directory.Ref) {
	s := c.grant(groupPairs+n, pim.Assigned, who.ID, helpdesk)
	switch n % 4 {
	case 0:
		s.Kind, s.Target.Role = pim.Eligible, userAdmin
		in.Memberships = append(in.Memberships, c.place(n, c.group(n/4%groupPairs, false), who))
	case 1:
		s.Target.Scope = pim.Scope{Kind: pim.ScopeUnit, ID: c.unit(n % c.units)}
	case 2:
		s.Kind, s.Target.Role = pim.Eligible, userAdmin
	}
	in.Schedules = append(in.Schedules, s)
}

// A question is who may do what to whom.
type question struct {
	subject  guid.ID
	action   string
	resource guid.ID
}

// combinations is how many different questions a run asks.
const combinations = 10_000

var actions = []string{
	"microsoft.directory/users/invalidateAllRefreshTokens", "microsoft.directory/users/password/update",
	"microsoft.directory/users/standard/read", "microsoft.directory/users/basic/update",
}

// questions ask of holders, about anybody: some through groups in groups, some of a unit's
// members, some about people with privilege of their own.
func (c *city) questions() []question {
	all := make([]question, combinations)
	for i := range all {
		h := i * 7919 % c.holders
		action := i / 4 % len(actions) // holders of one sort are four apart
		target := i * 104_729 % c.users
		if h%4 == 1 && i/16%2 == 0 {
			target = (h%c.units*10 + 5) % c.users // in the holder's own unit
		}
		all[i] = question{c.user(c.holder(h)), actions[action], c.user(target)}
	}
	return all
}
