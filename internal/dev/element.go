package dev

import (
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
)

// An Element says of a tenant what a script needs to use it: what it was seeded with. What
// has been changed since is not shown.
type Element struct {
	TenantID guid.ID  `json:"tenantId"`
	Name     string   `json:"name"`
	Domain   string   `json:"domain"`
	Users    []Person `json:"users"`
	Clients  []Client `json:"clients"`
}

// A Person is a user who can sign in. Roles are those held, not those eligible for.
type Person struct {
	ID                guid.ID  `json:"id"`
	UserPrincipalName string   `json:"userPrincipalName"`
	Password          *string  `json:"password"` // null for an account without one
	Roles             []string `json:"roles"`    // display names
}

// A Client is a client of a seed.
type Client struct {
	AppID        guid.ID  `json:"appId"`
	DisplayName  string   `json:"displayName"`
	Kind         string   `json:"kind"`   // confidential, public or spa
	Secret       *string  `json:"secret"` // null for one without
	RedirectURIs []string `json:"redirectUris"`
}

// The kinds of client.
const (
	Confidential = "confidential"
	Public       = "public"
	SinglePage   = "spa"
)

// describe fills the plan's element, which still lacks the tenant's id and name. Who is
// Global Administrator comes first.
func (p *plan) describe(s *Seed) {
	p.element = Element{Domain: p.domains[0], Users: []Person{}, Clients: []Client{}}
	var others []Person
	for i, u := range p.users {
		person := Person{ID: u.ID, UserPrincipalName: u.UPN, Roles: []string{}}
		if s.Users[i].PasswordProfile.Password != "" {
			person.Password = &s.Users[i].PasswordProfile.Password
		}
		first := false
		for _, r := range p.requests {
			if role, known := roledata.ByID(r.ask.Target.Role); known && r.ask.Side == pim.Assignment && r.ask.Principal == u.ID {
				person.Roles = append(person.Roles, role.DisplayName)
				first = first || role.ID == roledata.GlobalAdministrator
			}
		}
		if first {
			p.element.Users = append(p.element.Users, person)
		} else {
			others = append(others, person)
		}
	}
	p.element.Users = append(p.element.Users, others...)
	for i := range *s.Applications {
		p.element.Clients = append(p.element.Clients, (*s.Applications)[i].client())
	}
}

// client is what is told of a.
func (a *Application) client() Client {
	c := Client{AppID: a.AppID, DisplayName: a.DisplayName, Kind: Confidential, RedirectURIs: []string{}}
	if len(a.PasswordCredentials) > 0 {
		c.Secret = &a.PasswordCredentials[0].SecretText
	}
	switch {
	case len(a.SPA.RedirectURIs) > 0:
		c.Kind = SinglePage
	case c.Secret == nil && (a.IsFallbackPublicClient || len(a.PublicClient.RedirectURIs) > 0):
		c.Kind = Public
	}
	for _, uris := range [][]string{a.Web.RedirectURIs, a.SPA.RedirectURIs, a.PublicClient.RedirectURIs} {
		c.RedirectURIs = append(c.RedirectURIs, uris...)
	}
	return c
}
