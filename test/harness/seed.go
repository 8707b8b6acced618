package harness

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"

	"ephor/internal/authz"
	"ephor/internal/dev"
	"ephor/internal/guid"
	"ephor/internal/roledata"
)

// Domain is the domain of everybody's user principal name: NAME@house.example.
const Domain = "house.example"

// A Seed says who is in a tenant from the start. Names are unique over all kinds.
type Seed struct {
	People  []Person
	Groups  []Group
	Clients []Client
}

// A Person is a user. Roles are display names of built-in roles, held in the whole tenant
// and for good; Eligible are those that the person may activate.
type Person struct {
	Name            string
	Guest, Disabled bool
	Roles, Eligible []string
}

// A Group holds owners and members by name, and roles if it is Assignable.
type Group struct {
	Name            string
	Assignable      bool
	Owners, Members []string
	Roles, Eligible []string
}

// A Client is an application with its service principal: {NAME} is the service principal,
// {NAME.app} the registration. Permissions are its application permissions.
type Client struct {
	Name        string
	Permissions []string
	Roles       []string
}

// console is the client through which people act; everybody has consented to everything
// for it.
const console = "console"

// ID is the id of what a seed calls name, the same in every tenant.
func ID(name string) guid.ID {
	sum := sha256.Sum256([]byte("harness\x00" + name))
	id := guid.ID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// appID is the application id of the client called name.
func appID(name string) guid.ID { return ID(name + ".appId") }

// Role is the id of the built-in role with that display name. It panics on any other.
func Role(name string) guid.ID {
	for i := range roledata.All() {
		if r := &roledata.All()[i]; r.DisplayName == name {
			return r.ID
		}
	}
	panic("harness: no built-in role is called " + name)
}

// text is the seed as development's seeds are written, and what each name stands for.
func (s Seed) text(t testing.TB) (text string, ids map[string]guid.ID) {
	t.Helper()
	ids = map[string]guid.ID{}
	name := func(n string, id guid.ID) guid.ID {
		if _, twice := ids[n]; twice {
			t.Fatalf("the seed has two that are called %s", n)
		}
		ids[n] = id
		return id
	}
	var out dev.Seed
	for _, p := range s.People {
		enabled := !p.Disabled
		u := dev.User{ID: name(p.Name, ID(p.Name)), UserPrincipalName: p.Name + "@" + Domain, DisplayName: p.Name, AccountEnabled: &enabled}
		if p.Guest {
			u.UserType = "Guest"
		}
		out.Users = append(out.Users, u)
		grant(&out, u.ID, p.Roles, p.Eligible)
	}
	for _, g := range s.Groups {
		id := name(g.Name, ID(g.Name))
		out.Groups = append(out.Groups, dev.Group{
			ID: id, DisplayName: g.Name, MailNickname: g.Name, IsAssignableToRole: g.Assignable, Owners: addresses(g.Owners), Members: addresses(g.Members),
		})
		grant(&out, id, g.Roles, g.Eligible)
	}
	apps := []dev.Application{{
		ID: name(console+".app", ID(console+".app")), AppID: name(console+".appId", appID(console)), ServicePrincipalID: name(console, ID(console)), DisplayName: console,
		IsFallbackPublicClient: true, PublicClient: dev.Redirects{RedirectURIs: []string{"http://localhost"}}, DelegatedPermissions: authz.AllScopes().Names(),
	}}
	for _, c := range s.Clients {
		id := name(c.Name, ID(c.Name))
		apps = append(apps, dev.Application{
			ID: name(c.Name+".app", ID(c.Name+".app")), AppID: name(c.Name+".appId", appID(c.Name)), ServicePrincipalID: id, DisplayName: c.Name, ApplicationPermissions: c.Permissions,
		})
		grant(&out, id, c.Roles, nil)
	}
	out.Applications = &apps
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), ids
}

// grant adds roles, and eligibilities for some.
func grant(s *dev.Seed, id guid.ID, roles, eligible []string) {
	for _, r := range roles {
		s.RoleAssignments = append(s.RoleAssignments, dev.Grant{PrincipalID: id, RoleDefinitionID: Role(r)})
	}
	for _, r := range eligible {
		s.Eligibilities = append(s.Eligibilities, dev.Grant{PrincipalID: id, RoleDefinitionID: Role(r)})
	}
}

func addresses(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("https://graph.microsoft.com/v1.0/directoryObjects/%s", ID(n)))
	}
	return out
}
